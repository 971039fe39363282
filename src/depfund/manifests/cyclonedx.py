"""CycloneDX 1.2 to 1.7, JSON and XML: components with edges where the document has ``dependencies``.

``metadata.component`` is the root; what it contains is first-party. Components may nest; copies of one purl are one
package. ``dependencies`` refer to components by ``bom-ref``; references to services and to nothing are left out with a
note. A component whose ``scope`` is optional or excluded, or that its tool marks as a development dependency, is
reached by edges of the kinds optional and dev. Without a ``dependencies`` section every component is direct; with one
that has no row for the root nothing is, and a note says so.

``externalReferences`` give the hints ``repository`` (vcs), ``homepage`` (website) and ``funding`` (a comment that
begins with that word). Source: the CycloneDX specification, JSON and XML schemas 1.2 to 1.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests import _decode
from depfund.manifests._build import Builder, fresh
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests._sbom import Identity, generic, identify
from depfund.model import Graph, Kind

__all__ = ["Bom", "Component", "Dependency", "Licence", "Metadata", "Named", "Reference", "Service", "read"]

VERSIONS = frozenset({"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})
SCOPES: dict[str | None, Kind] = {"optional": "optional", "excluded": "dev"}
_DEVELOPMENT = b"npm:package:development"
"""The property by which npm's tools mark what only development needs."""


_NONE = msgspec.Raw()


class Reference(msgspec.Struct, gc=False):
    """``externalReferences[]``."""

    type: str = ""
    url: str = ""
    comment: str | None = None


class Named(msgspec.Struct, gc=False):
    """``licenses[].license``."""

    id: str | None = None
    name: str | None = None


class Licence(msgspec.Struct, gc=False):
    """``licenses[]``."""

    license: Named | None = None
    expression: str | None = None


class Component(msgspec.Struct, gc=False, rename={"bom_ref": "bom-ref", "references": "externalReferences"}):
    """``components[]``."""

    name: str
    type: str | None = None
    bom_ref: str | None = None
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    scope: str | None = None
    licenses: list[Licence] | None = None
    references: list[Reference] | None = None
    properties: msgspec.Raw = _NONE
    components: list[Component] | None = None


class Service(msgspec.Struct, rename={"bom_ref": "bom-ref"}):
    """``services[]``."""

    bom_ref: str | None = None
    services: list[Service] | None = None


class Dependency(msgspec.Struct, gc=False, rename="camel"):
    """``dependencies[]``."""

    ref: str
    depends_on: list[str] | None = None


class Metadata(msgspec.Struct):
    """``metadata``."""

    component: Component | None = None


class Bom(msgspec.Struct, rename="camel"):
    """The part of the document that is read."""

    spec_version: str = ""
    bom_format: str = ""
    metadata: Metadata | None = None
    components: list[Component] | None = None
    services: list[Service] | None = None
    dependencies: list[Dependency] | None = None


@unhurried()
def read(file: File) -> Graph:
    """The graph of a CycloneDX document. Raises :class:`~depfund.errors.ManifestError`."""
    if file.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        from depfund.manifests._cyclonedx_xml import parse

        bom = parse(file)
    else:
        bom = _decode.json(file, Bom)
        if bom.bom_format != "CycloneDX":
            raise ManifestError("bomFormat is not CycloneDX.", file=file.path, where="bomFormat")
    if bom.spec_version not in VERSIONS:
        raise ManifestError(
            f"CycloneDX {bom.spec_version!r} is not read; {min(VERSIONS)} to {max(VERSIONS)} are.",
            file=file.path,
            where="specVersion",
        )
    return graph(bom, file)


def graph(bom: Bom, file: File) -> Graph:
    """The graph of a decoded document."""
    build = Builder(file, "cyclonedx", edges=bom.dependencies is not None)
    refs: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    root = bom.metadata.component if bom.metadata else None
    top = ""
    if root is not None and root.name:
        build.root = root.name
        with Place(file) as place:
            place.at = "metadata.component"
            top = _root(build, root, refs)
    with Place(file) as place:
        for component in place.rows("components", bom.components or []):
            _add(build, component, refs, kinds, top)
            if component.components:
                for each in _nested(component.components):
                    _add(build, each, refs, kinds, top)
    if bom.dependencies is None:
        for purl, package in build.packages.items():
            if not package.first_party:
                build.direct(purl, kinds.get(purl, "runtime"))
        return build.graph()
    _edges(build, bom, refs, kinds, top)
    if build.packages and not build.directs and not any(build.packages[p].first_party for p in build.requires):
        build.note("no_direct", file.path, f"{file.path} does not say what its root requires directly.")
    return build.graph()


def _nested(components: Iterable[Component]) -> Iterator[Component]:
    """Each component and what it contains, without recursion."""
    todo = list(components)[::-1]
    while todo:
        one = todo.pop()
        yield one
        if one.components:
            todo += one.components[::-1]


def _identity(build: Builder, component: Component) -> Identity:
    if component.purl:
        found = identify(component.purl)
        if found is not None:
            return found
        build.note("bad_purl", component.name, f"{component.purl!r} is no package URL; the name stands for it.")
    return generic(component.name, component.version, component.group)


def _root(build: Builder, root: Component, refs: dict[str, str]) -> str:
    """The root's purl; what it contains is first-party."""
    top = _identity(build, root)[0]
    if root.bom_ref:
        refs[root.bom_ref] = ""
    for part in _nested(root.components or []):
        purl, name, version, ecosystem, _, _ = _identity(build, part)
        build.package(purl, name, version, ecosystem, origin="path", first_party=True)
        if part.bom_ref:
            refs[part.bom_ref] = purl
    return top


def _add(build: Builder, component: Component, refs: dict[str, str], kinds: dict[str, Kind], top: str) -> None:
    found = identify(component.purl) if component.purl else None
    purl, name, version, ecosystem, origin, hints = found or _identity(build, component)
    ref = component.bom_ref
    if ref is not None and ref not in refs:
        refs[ref] = "" if purl == top else purl
    if purl == top:
        return
    if ecosystem == "generic" and not component.purl:
        build.note("no_purl", purl, f"{component.name} has no package URL; nobody can be looked up for it.")
    kind = SCOPES.get(scope) if (scope := component.scope) else None
    if (properties := component.properties) is not _NONE and _DEVELOPMENT in bytes(properties):
        kind = "dev"
    packages = build.packages
    if purl not in packages:
        if component.references or component.licenses:
            hints = _hints(component, hints)
        packages[purl] = fresh(purl, name, version, ecosystem, (), origin, False, hints)  # noqa: FBT003 - as positional as it is fast
        if kind is not None:
            kinds[purl] = kind
    elif kinds.get(purl, kind) != kind:
        # Of two copies of one version the one that is needed more decides.
        del kinds[purl]


def _hints(component: Component, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    hints = {**given}
    for reference in component.references or ():
        kind = reference.type
        if kind == "vcs":
            if "repository" not in hints:
                hints["repository"] = (reference.url,)
        elif kind == "website":
            if "homepage" not in hints:
                hints["homepage"] = (reference.url,)
        elif (comment := reference.comment) and comment.lower().startswith("funding"):
            hints["funding"] = (*hints.get("funding", ()), reference.url)
    if (rows := component.licenses) and (names := _licences(rows)):
        hints["licence"] = names
    return hints


def _licences(rows: list[Licence]) -> tuple[str, ...]:
    if len(rows) == 1 and (one := rows[0].license) and one.id:
        return (one.id,)
    found = [(row.license.id or row.license.name) if row.license else row.expression for row in rows]
    return tuple(name for name in found if name)


def _edges(build: Builder, bom: Bom, refs: dict[str, str], kinds: dict[str, Kind], top: str) -> None:
    services: set[str | None] = set()
    todo = list(bom.services or ())
    while todo:
        service = todo.pop()
        services.add(service.bom_ref)
        todo += service.services or ()
    if top:
        refs.setdefault(top, "")
    unknown: set[str] = set()
    find, rows = refs.get, build.requires
    for row in bom.dependencies or ():
        source = find(row.ref)
        if source is None:
            unknown.add(row.ref)
            continue
        for ref in row.depends_on or ():
            target = find(ref)
            if target is None:
                unknown.add(ref)
            elif target:
                kind: Kind = kinds.get(target, "runtime") if kinds else "runtime"
                if not source:
                    build.direct(target, kind)
                    continue
                if kind != "runtime" and kinds.get(source) == kind:
                    kind = "runtime"  # inside what only development needs an edge is what it would be elsewhere
                known = rows.get(source)
                if known is None or target in known or target == source:
                    build.edge(source, target, kind)
                else:
                    known[target] = kind
    lost = sorted(unknown - services)
    if lost:
        build.note(
            "unknown_ref",
            build.file.path,
            f"{len(lost)} references in dependencies lead to no component, the first is {lost[0]!r}.",
        )
    if unknown & services:
        build.note("services", build.file.path, "dependencies on services are left out.", "info")
