"""SPDX 2.2 and 2.3 (JSON and tag-value), SPDX 3.0 (JSON-LD), and GitHub's SBOM export (``{"sbom": …}``).

The root is what the document describes; relationships that state a dependency are edges, in whichever direction they
are written (:data:`RELATIONS`). ``CONTAINS``, links and files are none. Without any such relationship the document has
no edges and every package is direct. A document that describes several packages has several roots; described packages
that require nothing, beside others, are contents and direct. The key is the purl of ``externalRefs``; a package
without one is ``pkg:generic``.

Source: SPDX specification 2.3, clauses 7 and 11; SPDX 3.0.1, Core and Software.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests import _decode
from depfund.manifests._build import Builder, fresh
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests._sbom import Identity, generic, identify, repository
from depfund.model import Graph, Kind

__all__ = ["RELATIONS", "Document", "Package", "Ref", "Relationship", "graph", "read"]

RELATIONS: dict[str, tuple[Kind, bool]] = {
    "DEPENDS_ON": ("runtime", False),
    "DEPENDENCY_OF": ("runtime", True),
    "RUNTIME_DEPENDENCY_OF": ("runtime", True),
    "OPTIONAL_DEPENDENCY_OF": ("optional", True),
    "PROVIDED_DEPENDENCY_OF": ("build", True),
    "BUILD_DEPENDENCY_OF": ("build", True),
    "DEV_DEPENDENCY_OF": ("dev", True),
    "TEST_DEPENDENCY_OF": ("dev", True),
    "HAS_PREREQUISITE": ("peer", False),
    "PREREQUISITE_FOR": ("peer", True),
}
"""Relationships that are dependencies: the kind of the edge, and whether the one on the left is the one required."""

_DOCUMENT = "SPDXRef-DOCUMENT"
_ABOUT = frozenset({"DESCRIBES", "DESCRIBED_BY"})
_SILENT = frozenset({"", "NOASSERTION", "NONE"})


class Ref(msgspec.Struct, gc=False, rename={"type": "referenceType", "locator": "referenceLocator"}):
    """``externalRefs[]``."""

    type: str = ""
    locator: str = ""
    comment: str | None = None


class Package(
    msgspec.Struct,
    gc=False,
    rename={
        "id": "SPDXID",
        "version": "versionInfo",
        "refs": "externalRefs",
        "download": "downloadLocation",
        "declared": "licenseDeclared",
        "concluded": "licenseConcluded",
    },
):
    """``packages[]``."""

    id: str
    name: str = ""
    version: str | None = None
    refs: list[Ref] | None = None
    download: str | None = None
    homepage: str | None = None
    declared: str | None = None
    concluded: str | None = None


class Relationship(
    msgspec.Struct,
    gc=False,
    rename={"left": "spdxElementId", "right": "relatedSpdxElement", "type": "relationshipType"},
):
    """``relationships[]``."""

    left: str
    type: str
    right: str


class Document(msgspec.Struct, rename={"version": "spdxVersion", "describes": "documentDescribes", "id": "SPDXID"}):
    """The part of the document that is read."""

    version: str | None = None
    id: str = _DOCUMENT
    name: str | None = None
    describes: list[str] | None = None
    packages: list[Package] | None = None
    relationships: list[Relationship] | None = None
    sbom: msgspec.Raw = msgspec.Raw()
    graph: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="@graph")
    context: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="@context")


class Wrapped(msgspec.Struct):
    """GitHub's export."""

    sbom: Document


@unhurried()
def read(file: File) -> Graph:
    """The graph of an SPDX document. Raises :class:`~depfund.errors.ManifestError`."""
    if file.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"{", b"["}:
        from depfund.manifests._spdx_tag import parse

        return graph(parse(file), file)
    document = _decode.json(file, Document)
    if bytes(document.sbom):
        document = _decode.json(file, Wrapped).sbom
    elif bytes(document.graph) or bytes(document.context):
        from depfund.manifests._spdx3 import parse as parse3

        document = parse3(file)
    if not (document.version or "").startswith(("SPDX-2.", "SPDX-3.")):
        raise ManifestError(
            f"spdxVersion {document.version!r} is not read; SPDX-2.2, SPDX-2.3 and SPDX 3.0 are.",
            file=file.path,
            where="spdxVersion",
        )
    return graph(document, file)


def graph(document: Document, file: File) -> Graph:
    """The graph of a decoded document."""
    relations = document.relationships or []
    build = Builder(file, "spdx", edges=False)
    roots, contents = _described(document, relations)
    refs: dict[str, str] = {}
    names: list[str] = []
    shared: dict[str, dict[str, tuple[str, ...]]] = {}
    with Place(file) as place:
        for package in place.rows("packages", document.packages or ()):
            if package.id in roots:
                refs[package.id] = ""
                names.append(package.name)
            else:
                refs[package.id] = _add(build, package, shared)
    build.root = names[0] if len(names) == 1 else (document.name or "")
    _relate(build, relations, refs)
    for element in contents:
        if refs.get(element):
            build.direct(refs[element])
    if not build.edges:
        for purl in build.packages:
            build.direct(purl)
    elif build.packages and not build.directs:
        build.note("no_direct", file.path, f"{file.path} does not say what its root requires directly.")
    return build.graph()


def _relate(build: Builder, relations: Iterable[Relationship], refs: dict[str, str]) -> None:
    lost = found = 0
    rows = build.requires
    for one in relations:
        try:
            kind, turned = RELATIONS[one.type]
        except KeyError:
            continue
        found += 1
        try:
            if turned:
                source, target = refs[one.right], refs[one.left]
            else:
                source, target = refs[one.left], refs[one.right]
        except KeyError:
            lost += 1
            continue
        if not target:
            continue  # nothing is owed to the root
        if not source:
            build.direct(target, kind)
        elif (row := rows.get(source)) is None or target in row or target == source:
            build.edge(source, target, kind)
        else:
            row[target] = kind
    build.edges = found > 0
    if lost:
        path = build.file.path
        build.note("unknown_ref", path, f"{lost} relationships lead to no package of {path}.", "info")


def _described(document: Document, relations: Iterable[Relationship]) -> tuple[set[str], list[str]]:
    """What the document is about: the ids of its roots, and of packages that it lists as mere contents."""
    found = dict.fromkeys(document.describes or ())
    for row in [row for row in relations if row.type in _ABOUT]:
        if row.type == "DESCRIBES" and row.left == document.id:
            found[row.right] = None
        elif row.type == "DESCRIBED_BY" and row.right == document.id:
            found[row.left] = None
    if len(found) > 1:
        ids = {package.id for package in document.packages or ()}
        found = {each: None for each in found if each in ids}
    if len(found) <= 1:
        return set(found), []
    sources = {row.left for row in relations if row.type == "CONTAINS"}
    for row in relations:
        if sense := RELATIONS.get(row.type):
            sources.add(row.right if sense[1] else row.left)
    roots = {each for each in found if each in sources}
    return roots, [each for each in found if each not in roots]


def _identity(build: Builder, package: Package, hints: dict[str, tuple[str, ...]]) -> Identity:
    """The package's identity; ``hints`` take what its references say of funding."""
    found: Identity | None = None
    for ref in package.refs or ():
        if ref.type == "purl" and found is None:
            found = identify(ref.locator)
            if found is None:
                build.note("bad_purl", package.name, f"{ref.locator!r} is no package URL.")
        elif ref.type == "funding" or (ref.comment and ref.comment.lower().startswith("funding")):
            hints["funding"] = (*hints.get("funding", ()), ref.locator)
    if found is None:
        found = generic(package.name, package.version)
        build.note("no_purl", found[0], f"{package.name} has no package URL; nobody can be looked up for it.")
    return found


def _add(build: Builder, package: Package, shared: dict[str, dict[str, tuple[str, ...]]]) -> str:
    """The package's purl; of several with one purl the first stays. ``shared`` are hints that name but a licence."""
    refs = package.refs
    found = identify(refs[0].locator) if refs and len(refs) == 1 and refs[0].type == "purl" else None
    more: dict[str, tuple[str, ...]] = {}
    purl, name, version, ecosystem, origin, hints = found or _identity(build, package, more)
    packages = build.packages
    if purl in packages:
        return purl
    if (page := package.homepage) and page not in _SILENT:
        more["homepage"] = (page,)
    if (source := package.download) and source[:4] == "git+":
        more["repository"] = (repository(source[4:]),)
    licence = package.declared
    if licence is None or licence in _SILENT:
        licence = package.concluded
    if licence and licence not in _SILENT:
        if not more and not hints:
            more = shared.get(licence) or shared.setdefault(licence, {"licence": (licence,)})
        else:
            more["licence"] = (licence,)
    if hints:
        more |= hints
    packages[purl] = fresh(purl, name, version or package.version, ecosystem, (), origin, False, more)  # noqa: FBT003 - as positional as it is fast
    return purl
