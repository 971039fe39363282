"""spdx: the SPDX SBOM that was read (2.2 and 2.3 as JSON or tag-value, 3.0 as JSON-LD), with funding references added.

SPDX 3 has the reference type ``funding``. SPDX 2 has none: there each link is an external reference of category
``OTHER`` and type ``funding``. Nothing else of the document changes.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._funding import References, references
from depfund.exports.cyclonedx import plain
from depfund.graph import versionless
from depfund.model import Allocation

__all__ = ["render"]

_TAG = re.compile(r"ExternalRef:\s*(?:PACKAGE[-_]MANAGER)\s+purl\s+(\S+)\s*$", re.IGNORECASE)


def render(plan: Allocation, context: Context) -> str:
    """The enriched document in the form that was read.

    Raises :class:`~depfund.errors.ExportError` without a source document, or when that is no SPDX.
    """
    data = context.source_document
    if data is None:
        raise ExportError(
            "spdx enriches the SPDX document that the plan was made from; give it as the source document."
        )
    found = references(plan, context)
    if b"SPDXVersion:" in data[:4096]:
        return _tag_value(data, found)
    document = plain(data, "SPDX")
    if isinstance(document.get("packages"), list):
        for package in document["packages"]:
            _two(package, found)
    elif isinstance(document.get("@graph"), list):
        for element in document["@graph"]:
            _three(element, found)
    else:
        raise ExportError(
            "the source document is no SPDX JSON: it has neither packages nor @graph. Name the SBOM that was read."
        )
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _two(package: Any, found: References) -> None:
    refs = package.get("externalRefs") if isinstance(package, dict) else None
    if not isinstance(refs, list):
        return
    known = {
        one.get("referenceLocator") for one in refs if isinstance(one, dict) and one.get("referenceType") == "funding"
    }
    for one in list(refs):
        if isinstance(one, dict) and one.get("referenceType") == "purl":
            for platform, url in found.get(versionless(str(one.get("referenceLocator", ""))), []):
                if url not in known:
                    known.add(url)
                    refs.append(
                        {
                            "referenceCategory": "OTHER",
                            "referenceType": "funding",
                            "referenceLocator": url,
                            "comment": platform,
                        }
                    )


def _three(element: Any, found: References) -> None:
    if not isinstance(element, dict):
        return
    purls = [element.get("software_packageUrl")]
    outer = element.get("externalIdentifier")
    purls += [
        one.get("identifier")
        for one in (outer if isinstance(outer, list) else [])
        if isinstance(one, dict) and one.get("externalIdentifierType") == "packageUrl"
    ]
    names = {versionless(purl) for purl in purls if isinstance(purl, str)}
    links = [link for name in sorted(names) for link in found.get(name, [])]
    if not links:
        return
    refs = element.setdefault("externalRef", [])
    known = {
        url
        for one in refs
        if isinstance(one, dict) and one.get("externalRefType") == "funding"
        for url in one.get("locator", [])
    }
    for platform, url in links:
        if url not in known:
            known.add(url)
            refs.append({"type": "ExternalRef", "externalRefType": "funding", "locator": [url], "comment": platform})


def _tag_value(data: bytes, found: References) -> str:
    text = data.decode("utf-8", errors="replace").splitlines()
    known: set[tuple[int, str]] = set()
    owner: list[int] = []
    for line in text:
        owner.append((owner[-1] if owner else 0) + line.startswith("PackageName:"))
        known.add((owner[-1], line.strip()))
    lines: list[str] = []
    for at, line in zip(owner, text, strict=True):
        lines.append(line)
        if match := _TAG.match(line.strip()):
            made = (f"ExternalRef: OTHER funding {url}" for _, url in found.get(versionless(match[1]), []))
            lines += [one for one in made if (at, one) not in known]
    return "\n".join(lines) + "\n"
