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

from depfund.errors import ManifestError
from depfund.manifests import _decode
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests._sbom import generic, identify, links
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


class Ref(msgspec.Struct, rename="camel"):
    """``externalRefs[]``."""

    reference_type: str = ""
    reference_locator: str = ""
    reference_category: str = ""
    comment: str | None = None


class Package(
    msgspec.Struct,
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
    msgspec.Struct, rename={"left": "spdxElementId", "right": "relatedSpdxElement", "type": "relationshipType"}
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
    relations = [
        (row.right, row.left, known[0]) if known[1] else (row.left, row.right, known[0])
        for row in document.relationships or ()
        if (known := RELATIONS.get(row.type))
    ]
    build = Builder(file, "spdx", edges=bool(relations))
    roots, contents = _described(document, relations)
    refs: dict[str, str] = {}
    names: list[str] = []
    with Place(file) as place:
        for package in place.rows("packages", document.packages or ()):
            if package.id in roots:
                refs[package.id] = ""
                names.append(package.name)
            else:
                refs[package.id] = _add(build, package)
    build.root = names[0] if len(names) == 1 else (document.name or "")
    lost = 0
    for source, target, kind in relations:
        one, other = refs.get(source), refs.get(target)
        if one is None or other is None:
            lost += 1
        elif other and one:
            build.edge(one, other, kind)
        elif other:
            build.direct(other, kind)
    if lost:
        build.note("unknown_ref", file.path, f"{lost} relationships lead to no package of {file.path}.", "info")
    for element in contents:
        if refs.get(element):
            build.direct(refs[element])
    if not relations:
        for purl in build.packages:
            build.direct(purl)
    elif build.packages and not build.directs:
        build.note("no_direct", file.path, f"{file.path} does not say what its root requires directly.")
    return build.graph()


def _described(document: Document, relations: Iterable[tuple[str, str, Kind]]) -> tuple[set[str], list[str]]:
    """What the document is about: the ids of its roots, and of packages that it lists as mere contents."""
    found = dict.fromkeys(document.describes or ())
    for row in document.relationships or ():
        if row.type == "DESCRIBES" and row.left == document.id:
            found[row.right] = None
        elif row.type == "DESCRIBED_BY" and row.right == document.id:
            found[row.left] = None
    ids = {package.id for package in document.packages or ()}
    described = [each for each in found if each in ids]
    if len(described) <= 1:
        return set(described), []
    sources = {source for source, _, _ in relations}
    sources |= {row.left for row in document.relationships or () if row.type == "CONTAINS"}
    roots = {each for each in described if each in sources}
    return roots, [each for each in described if each not in roots]


def _add(build: Builder, package: Package) -> str:
    found = None
    funding: list[str] = []
    for ref in package.refs or ():
        if ref.reference_type == "purl" and found is None:
            found = identify(ref.reference_locator)
            if found is None:
                build.note("bad_purl", package.name, f"{ref.reference_locator!r} is no package URL.")
        elif (ref.comment or "").lower().startswith("funding") or ref.reference_type == "funding":
            funding.append(ref.reference_locator)
    if found is None:
        found = generic(package.name, package.version)
        build.note("no_purl", found.purl, f"{package.name} has no package URL; nobody can be looked up for it.")
    purl, name, version, ecosystem, origin, hints = found
    download = package.download or ""
    repository = download.removeprefix("git+").partition("@")[0] if download.startswith("git+") else None
    licence = package.declared if package.declared not in {None, "NOASSERTION", "NONE"} else package.concluded
    more = links(repository=repository, homepage=package.homepage, funding=funding, licence=licence)
    return build.package(
        purl, name, version or package.version, ecosystem, origin=origin, hints={**more, **hints} if more else hints
    )
