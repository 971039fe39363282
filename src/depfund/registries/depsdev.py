"""deps.dev: where the code is, for thousands of locked versions in one request (data under CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from depfund.http import Answer
from depfund.registries._finding import Finding, Wanted, place, text
from depfund.registries._links import usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["SERVICE", "SYSTEMS", "bulk"]

SERVICE = "DEPSDEV"
BATCH = 1000
PAGES = 20
SYSTEMS = {
    "npm": "NPM",
    "pypi": "PYPI",
    "cargo": "CARGO",
    "gem": "RUBYGEMS",
    "golang": "GO",
    "nuget": "NUGET",
    "maven": "MAVEN",
}


def bulk(wants: Sequence[Wanted], http: Http) -> tuple[dict[str, Finding], dict[str, str]]:
    """(findings by versionless purl, why a purl has none). Only packages with a version can be asked for."""
    rows = sorted((want for want in wants if want.kind in SYSTEMS and want.versions), key=lambda want: want.purl)
    found: dict[str, Finding] = {}
    said: dict[str, str] = {}
    parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    for part in http.map(lambda each: _part(each, http), parts):
        found |= part[0]
        said |= part[1]
    return found, said


def _part(part: Sequence[Wanted], http: Http) -> tuple[dict[str, Finding], dict[str, str]]:
    keys = [
        {"versionKey": {"system": SYSTEMS[want.kind], "name": want.full, "version": want.versions[-1]}} for want in part
    ]
    wanted = {(SYSTEMS[want.kind], _folded(want.full)): want for want in part}
    found: dict[str, Finding] = {}
    token = ""
    answer = Answer(url="", error="not asked")
    for _ in range(PAGES):
        body: dict[str, object] = {"requests": keys}
        if token:
            body["pageToken"] = token
        answer = http.post(SERVICE, "/v3alpha/versionbatch", body)
        page = answer.json() if answer.ok else None
        if not isinstance(page, dict):
            break
        rows = page.get("responses")
        for row in rows if isinstance(rows, list) else []:
            version = row.get("version") if isinstance(row, dict) else None
            key = version.get("versionKey") if isinstance(version, dict) else None
            if isinstance(version, dict) and isinstance(key, dict):
                want = wanted.get((str(key.get("system")), _folded(str(key.get("name")))))
                if want is not None:
                    found[want.purl] = _finding(want, version, answer)
        token = str(page.get("nextPageToken") or "")
        if not token:
            break
    outcome = "not known" if answer.ok else answer.said
    return found, {want.purl: outcome for want in part if want.purl not in found}


def _folded(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _finding(want: Wanted, version: Mapping[str, object], answer: Answer) -> Finding:
    rows = version.get("links")
    links = {
        str(row.get("label")).upper(): text(row.get("url"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    }
    licences = version.get("licenses")
    state = version.get("projectStatus")
    status = state.get("status") if isinstance(state, dict) else None
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(links.get("HOMEPAGE")),
        licence=text(" OR ".join(map(str, licences)), 100) if isinstance(licences, list) else None,
        status=status if isinstance(status, str) and status in {"archived", "deprecated", "quarantined"} else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    if version.get("isDeprecated") is True and finding.status is None:
        finding = replace(finding, status="deprecated")
    related = version.get("relatedProjects")
    projects = [
        f"https://{key['id']}"
        for row in (related if isinstance(related, list) else [])
        if isinstance(row, dict)
        and row.get("relationType") == "SOURCE_REPO"
        and isinstance(key := row.get("projectKey"), dict)
        and isinstance(key.get("id"), str)
    ]
    candidates = [("SOURCE_REPO", links.get("SOURCE_REPO"), True)]
    candidates += [("relatedProjects", each, True) for each in projects]
    candidates += [("HOMEPAGE", links.get("HOMEPAGE"), False), ("ISSUE_TRACKER", links.get("ISSUE_TRACKER"), False)]
    return place(finding, candidates, answer)
