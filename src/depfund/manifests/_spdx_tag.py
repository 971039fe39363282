"""SPDX 2 tag-value documents as the same :class:`~depfund.manifests.spdx.Document` that the JSON gives.

One ``Tag: value`` a line, long texts between ``<text>`` and ``</text>``. A ``PackageName`` opens a package, a
``FileName`` or snippet an element that is passed over. Source: SPDX 2.3, annex "Tag-Value".
"""

from __future__ import annotations

from collections.abc import Iterator

from depfund.errors import ManifestError
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests.spdx import Document, Package, Ref, Relationship

__all__ = ["parse"]

FIELDS = {
    "PackageVersion": "version",
    "PackageDownloadLocation": "download",
    "PackageHomePage": "homepage",
    "PackageLicenseDeclared": "declared",
    "PackageLicenseConcluded": "concluded",
}
OTHERS = frozenset({"FileName", "SnippetSPDXID", "LicenseID", "ExternalDocumentRef", "Reviewer", "Annotator"})
"""Tags that open an element that is no package."""


def parse(file: File) -> Document:
    """The document. Raises ManifestError with the line."""
    document = Document(packages=[], relationships=[], describes=[])
    package: Package | None = None
    element = "document"
    with Place(file) as place:
        for tag, value in _pairs(place, file.text()):
            if tag == "PackageName":
                package, element = Package(id="", name=value), "package"
                document.packages = document.packages or []
                document.packages.append(package)
            elif tag in OTHERS:
                element = "other"
            elif tag == "Relationship":
                _relate(document, value)
            elif element == "document":
                _head(document, tag, value)
            elif element == "package" and package is not None:
                _field(package, tag, value)
        if document.version is None:
            raise ManifestError("no SPDXVersion; this is no SPDX document.")
    for each in document.packages or []:
        each.id = each.id or f"SPDXRef-{each.name}"
    return document


def _pairs(place: Place, text: str) -> Iterator[tuple[str, str]]:
    """Tags with their values. Nothing here is quadratic: a long text is collected once."""
    tag, held = "", list[str]()
    for line in place.lines(text):
        if held:
            held.append(line)
            if "</text>" in line:
                yield tag, "\n".join(held).partition("<text>")[2].partition("</text>")[0]
                held = []
            continue
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        tag, colon, value = stripped.partition(":")
        if not colon:
            raise ManifestError(f"{stripped[:80]!r} is no 'Tag: value'.")
        tag, value = tag.strip(), value.strip()
        if value.startswith("<text>") and "</text>" not in value:
            held = [value]
        else:
            yield tag, value.removeprefix("<text>").removesuffix("</text>")
    if held:
        raise ManifestError(f"the <text> of {tag} is not closed.")


def _head(document: Document, tag: str, value: str) -> None:
    if tag == "SPDXVersion":
        if not value.startswith("SPDX-2."):
            raise ManifestError(f"SPDXVersion {value!r} is not read as tag-value; SPDX-2.2 and SPDX-2.3 are.")
        document.version = value
    elif tag == "DocumentName":
        document.name = value
    elif tag == "SPDXID":
        document.id = value


def _field(package: Package, tag: str, value: str) -> None:
    if tag == "SPDXID":
        package.id = value
    elif tag in FIELDS:
        setattr(package, FIELDS[tag], value)
    elif tag == "ExternalRef":
        words = value.split(None, 2)
        if len(words) != 3:
            raise ManifestError("an ExternalRef is a category, a type and a locator.")
        package.refs = package.refs or []
        package.refs.append(Ref(type=words[1], locator=words[2]))
    elif tag == "ExternalRefComment" and package.refs:
        package.refs[-1].comment = value


def _relate(document: Document, value: str) -> None:
    words = value.split()
    if len(words) < 3:
        raise ManifestError("a Relationship is an element, a type and an element.")
    document.relationships = document.relationships or []
    document.relationships.append(Relationship(left=words[0], type=words[1], right=words[2]))
