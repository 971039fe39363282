"""SPDX 3.0 JSON-LD as the same :class:`~depfund.manifests.spdx.Document` that SPDX 2 gives.

Elements lie flat in ``@graph`` and name each other by ``spdxId``; relationships are elements too. The root is the
``rootElement`` of the document, through its SBOM. A ``scope`` of development, test or build on a relationship decides
the edge's kind. ``externalRef`` of the types vcs and funding become hints.
"""

from __future__ import annotations

from typing import Any

from depfund.errors import ManifestError
from depfund.manifests import _decode
from depfund.manifests._file import File
from depfund.manifests.spdx import Document, Package, Ref, Relationship

__all__ = ["parse"]

RELATIONS = {
    "dependsOn": "DEPENDS_ON",
    "hasOptionalDependency": "OPTIONAL_DEPENDENCY_OF",
    "hasProvidedDependency": "PROVIDED_DEPENDENCY_OF",
    "hasPrerequisite": "HAS_PREREQUISITE",
    "contains": "CONTAINS",
}
"""Types of relationship, as SPDX 2 names them; the ``*_OF`` are turned round."""

SCOPES = {"development": "DEV_DEPENDENCY_OF", "test": "TEST_DEPENDENCY_OF", "build": "BUILD_DEPENDENCY_OF"}


def parse(file: File) -> Document:
    """The document. Raises ManifestError."""
    plain = _decode.json(file, dict[str, Any])
    rows = plain.get("@graph", [plain])
    if not isinstance(rows, list):
        raise ManifestError("@graph is a list of elements.", file=file.path, where="@graph")
    elements = [_plain(row) for row in rows if isinstance(row, dict)]
    document = Document(version="SPDX-3.0", packages=[], relationships=[], describes=_roots(elements))
    licences = {_id(e): _text(e.get("simplelicensing_licenseExpression")) for e in elements}
    packages: dict[str, Package] = {}
    for element in elements:
        if _type(element) == "software_Package":
            packages[_id(element)] = _package(element)
        elif _type(element) == "SpdxDocument":
            document.name = _text(element.get("name"))
    for element in elements:
        if _type(element) not in {"Relationship", "LifecycleScopedRelationship"}:
            continue
        left, kind = _ref(element.get("from")), _text(element.get("relationshipType")) or ""
        for right in map(_ref, _list(element.get("to"))):
            if kind in {"hasDeclaredLicense", "hasConcludedLicense"}:
                if left in packages and kind == "hasDeclaredLicense":
                    packages[left].declared = licences.get(right)
            elif kind in RELATIONS:
                document.relationships = document.relationships or []
                document.relationships.append(_relation(element, left, RELATIONS[kind], right))
    document.packages = list(packages.values())
    return document


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Keys without the prefixes and signs that other writers of JSON-LD leave in."""
    return {key.removeprefix("@").removeprefix("core:").replace("software:", "software_"): row[key] for key in row}


def _type(element: dict[str, Any]) -> str:
    return _text(element.get("type")) or ""


def _id(element: dict[str, Any]) -> str:
    return _text(element.get("spdxId")) or _text(element.get("id")) or ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _ref(value: object) -> str:
    """An element is named by its id, or stands there itself."""
    return _id(_plain(value)) if isinstance(value, dict) else _text(value) or ""


def _roots(elements: list[dict[str, Any]]) -> list[str]:
    by_id = {_id(element): element for element in elements}
    found: dict[str, None] = {}
    todo = [_ref(each) for e in elements if _type(e) == "SpdxDocument" for each in _list(e.get("rootElement"))]
    seen: set[str] = set()
    while todo:
        one = todo.pop(0)
        if one in seen:
            continue
        seen.add(one)
        inner = by_id.get(one, {}).get("rootElement")
        if inner:
            todo += [_ref(each) for each in _list(inner)]
        else:
            found[one] = None
    return list(found)


def _package(element: dict[str, Any]) -> Package:
    package = Package(
        id=_id(element),
        name=_text(element.get("name")) or "",
        version=_text(element.get("software_packageVersion")),
        download=_text(element.get("software_downloadLocation")),
        homepage=_text(element.get("software_homePage")),
        refs=[],
    )
    refs = [Ref(type="purl", locator=purl)] if (purl := _text(element.get("software_packageUrl"))) else []
    identifiers = map(_inner, _list(element.get("externalIdentifier")))
    refs += [
        Ref(type="purl", locator=text)
        for each in identifiers
        if _text(each.get("externalIdentifierType")) in {"packageUrl", "purl"}
        and (text := _text(each.get("identifier")))
    ]
    for each in map(_inner, _list(element.get("externalRef"))):
        places = [text for text in _list(each.get("locator")) if isinstance(text, str)]
        if each.get("externalRefType") == "funding":
            refs += [Ref(type="funding", locator=place) for place in places]
        elif each.get("externalRefType") == "vcs" and places:
            package.download = places[0] if places[0].startswith("git+") else f"git+{places[0]}"
    package.refs = refs
    return package


def _inner(value: object) -> dict[str, Any]:
    return _plain(value) if isinstance(value, dict) else {}


def _relation(element: dict[str, Any], left: str, kind: str, right: str) -> Relationship:
    if kind == "DEPENDS_ON":
        kind = SCOPES.get(_text(element.get("scope")) or "", kind)
    if kind.endswith("_OF"):
        left, right = right, left
    return Relationship(left=left, type=kind, right=right)
