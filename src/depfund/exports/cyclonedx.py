"""cyclonedx: the CycloneDX SBOM (JSON or XML) that was read, with funding references added; or a new one of the plan.

CycloneDX has no reference type for funding, so each link is an ``externalReferences`` entry of type ``other`` with
the comment ``funding: PLATFORM``, and a property ``depfund:funding:url``. Nothing else of the document changes.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund.documents import encode
from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._cyclonedx_xml import enrich
from depfund.exports._funding import References, references
from depfund.exports._safe import visible
from depfund.graph import versionless
from depfund.model import Allocation

__all__ = ["PROPERTY", "render"]

PROPERTY = "depfund:funding:url"


def render(plan: Allocation, context: Context) -> str:
    """The form that was read, JSON for a new one. Components are matched by purl, any version.

    Raises :class:`~depfund.errors.ExportError` when the context's source document is no CycloneDX document.
    """
    found = references(plan, context)
    if context.source_document is None:
        return _new(plan, context, found)
    if context.source_document.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return enrich(context.source_document, found, PROPERTY)
    document = plain(context.source_document, "CycloneDX")
    if document.get("bomFormat") != "CycloneDX" and "components" not in document:
        raise ExportError("the source document is no CycloneDX JSON: it has no bomFormat. Name the SBOM that was read.")
    todo: list[Any] = [document.get("metadata", {}), document]
    while todo:
        holder = todo.pop()
        if not isinstance(holder, dict):
            continue
        children = holder.get("components")
        todo += children if isinstance(children, list) else []
        todo += [holder["component"]] if "component" in holder else []
        if isinstance(holder.get("purl"), str):
            _enrich(holder, found.get(versionless(holder["purl"]), []))
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def plain(data: bytes, kind: str) -> dict[str, Any]:
    """The JSON object in ``data``, refused with the place when it is none."""
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ExportError(
            f"the source document is not JSON ({error}); enrich the {kind} document in its JSON form."
        ) from error
    if not isinstance(document, dict):
        raise ExportError(f"the source document holds no JSON object, so it is no {kind} document.")
    return document


def _enrich(component: dict[str, Any], links: list[tuple[str, str]]) -> None:
    if not links:
        return
    known = component.setdefault("externalReferences", [])
    named = component.setdefault("properties", [])
    urls = {
        one.get("url") for one in known if isinstance(one, dict) and str(one.get("comment", "")).startswith("funding:")
    }
    values = {one.get("value") for one in named if isinstance(one, dict) and one.get("name") == PROPERTY}
    for platform, url in links:
        if url not in urls:
            known.append({"type": "other", "url": url, "comment": f"funding: {visible(platform)}"})
        if url not in values:
            named.append({"name": PROPERTY, "value": url})


def _new(plan: Allocation, context: Context, found: References) -> str:
    """A CycloneDX 1.6 document of the graph, or of the packages that the plan names."""
    packages = (
        [(p.purl, p.name, p.version) for p in context.graph.packages if not p.first_party] if context.graph else []
    )
    if not packages:
        purls = {purl for payment in plan.payments for purl in payment.because if purl.startswith("pkg:")}
        if plan.weights.basis:
            purls |= {
                purl for members in plan.weights.basis.members.values() for purl in members if purl.startswith("pkg:")
            }
        packages = [(purl, *_named(purl)) for purl in sorted(purls)]
    components = []
    for purl, name, version in packages:
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": visible(purl),
            "name": visible(name),
            "purl": visible(purl),
        }
        if version:
            component["version"] = visible(version)
        _enrich(component, found.get(versionless(purl), []))
        components.append(component)
    edges = context.graph.requires if context.graph else {}
    known = {purl for purl, _, _ in packages}
    document: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    if edges:
        document["dependencies"] = [
            {"ref": purl, "dependsOn": sorted(known.intersection(edges.get(purl, ())))} for purl, _, _ in packages
        ]
    if context.generated:
        document["metadata"] = {"timestamp": context.generated}
    return encode(document)


def _named(purl: str) -> tuple[str, str | None]:
    from urllib.parse import unquote

    path, _, version = purl.partition("#")[0].partition("?")[0].partition("@")
    return unquote(path.rsplit("/", 1)[-1]), unquote(version) or None
