"""NuGet: the registration of a package ID, with the owners' sponsorship links, and the nuspec's repository.

``metadata.sponsorshipUrls`` of the registration index is an accepted design of 2026 (NuGet/Home, sponsorship-cli):
missing, null and empty all mean none. The registration names a project page only; the repository is in the nuspec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

from depfund.http import Answer
from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import funding, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "NUGET"


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about the latest version of a package."""
    name = quote(want.name.lower())
    answer = http.get(SERVICE, f"/v3/registration5-gz-semver2/{name}/index.json", source=want.source, expects="json")
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        return absent(want, answer, SERVICE)
    entry, number = _latest(found)
    more = found.get("metadata")
    urls = more.get("sponsorshipUrls") if isinstance(more, dict) else None
    authors = entry.get("authors")
    names = authors.split(",") if isinstance(authors, str) else authors if isinstance(authors, list) else []
    home = text(entry.get("projectUrl"))
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        links=funding((("funding", url) for url in (urls if isinstance(urls, list) else [])), answer.url, answer.seen),
        maintainers=tuple(
            Maintainer(name=who, role="author", where=answer.url) for each in names if (who := text(each, 100))
        ),
        licence=text(entry.get("licenseExpression"), 100),
        status="deprecated" if entry.get("deprecation") else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    finding = place(finding, [("projectUrl", home, False)], answer)
    if finding.repository or want.known:
        return finding
    version = number or (want.versions[-1] if want.versions else "")
    return _nuspec(finding, want, version, http) if version else finding


def _latest(found: Mapping[str, object]) -> tuple[Mapping[str, object], str]:
    """(the catalog entry of the newest version where the index holds it, its number)."""
    pages = found.get("items")
    page = pages[-1] if isinstance(pages, list) and pages and isinstance(pages[-1], dict) else {}
    leaves = page.get("items")
    rows = [leaf.get("catalogEntry") for leaf in leaves if isinstance(leaf, dict)] if isinstance(leaves, list) else []
    entries = [row for row in rows if isinstance(row, dict)]
    stable = [row for row in entries if "-" not in str(row.get("version")) and row.get("listed") is not False]
    if best := (stable or entries)[-1:]:
        return best[0], str(best[0].get("version") or "")
    return {}, str(page.get("upper") or "")


def _nuspec(finding: Finding, want: Wanted, version: str, http: Http) -> Finding:
    """The same with the repository that the nuspec names."""
    name, number = quote(want.name.lower()), quote(version.lower().partition("+")[0])
    path = f"/v3-flatcontainer/{name}/{number}/{name}.nuspec"
    answer = http.get(SERVICE, path, source=want.source, expects="xml")
    finding = replace(finding, tried=(*finding.tried, f"{SERVICE} nuspec: {answer.said}"))
    return _read(finding, answer) if answer.ok else finding


def _read(finding: Finding, answer: Answer) -> Finding:
    try:
        root = ET.fromstring(answer.body)  # noqa: S314 - judged well-formed and free of entities by http
    except ET.ParseError:
        return finding
    repository = next((each for each in root.iter() if each.tag.rpartition("}")[2] == "repository"), None)
    project = next((each for each in root.iter() if each.tag.rpartition("}")[2] == "projectUrl"), None)
    home = text(project.text) if project is not None else None
    candidates = [
        ("repository", repository.get("url") if repository is not None else None, True),
        ("projectUrl", home, False),
    ]
    return place(replace(finding, homepage=finding.homepage or usable(home)), candidates, answer)
