"""ecosyste.ms: a second opinion on every package, a hundred purls a request (data under CC BY-SA 4.0).

It mirrors what the registries say, with delay: a name it has not met is left out of the answer. Only what it took
from the registry is read here; funding it took from repositories is the channels' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from packageurl import PackageURL

from depfund.http import Answer
from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, place, text
from depfund.registries._links import Link, funding, objects, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["BATCH", "SERVICE", "bulk"]

SERVICE = "ECOSYSTEMS_PACKAGES"
BATCH = 100
_STATUS = {
    "deprecated": "deprecated",
    "removed": "removed",
    "unpublished": "removed",
    "archived": "archived",
    "yanked": "yanked",
}


def bulk(wants: Sequence[Wanted], http: Http) -> tuple[dict[str, Finding], dict[str, str]]:
    """(findings by versionless purl, why a purl has none: it is not known there, or the request failed)."""
    found, said = _round(wants, http, again=False)
    # a name that was unknown is fetched by the service because it was asked for: once more is worth a request
    fresh = [want for want in wants if said.get(want.purl) == "not known"]
    if fresh:
        more, said_now = _round(fresh, http, again=True)
        found |= more
        said = {**{purl: why for purl, why in said.items() if purl not in more}, **said_now}
    return found, said


def _round(wants: Sequence[Wanted], http: Http, *, again: bool) -> tuple[dict[str, Finding], dict[str, str]]:
    rows = sorted(wants, key=lambda want: want.purl)
    parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    found: dict[str, Finding] = {}
    said: dict[str, str] = {}

    def ask(part: Sequence[Wanted]) -> tuple[Sequence[Wanted], Answer]:
        body: dict[str, object] = {"purls": [want.purl for want in part]}
        return part, http.post(SERVICE, "/packages/bulk_lookup", {**body, "again": True} if again else body)

    for part, answer in http.map(ask, parts):
        records = answer.json() if answer.ok else None
        by_purl = _by_purl(records if isinstance(records, list) else [])
        for want in part:
            record = by_purl.get(_folded(want.purl))
            if record is not None:
                found[want.purl] = _finding(want, record, answer)
            else:
                said[want.purl] = "not known" if isinstance(records, list) else answer.said
    return found, said


def _folded(purl: str) -> str:
    return purl.lower().replace("%40", "@").replace("_", "-")


def _by_purl(records: Iterable[object]) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("purl"), str):
            continue
        try:
            parts = PackageURL.from_string(record["purl"])
            key = PackageURL(parts.type, parts.namespace, parts.name).to_string()
        except ValueError:
            continue
        found.setdefault(_folded(key), record)
    return found


def _finding(want: Wanted, record: Mapping[str, object], answer: Answer) -> Finding:
    people, status = record.get("maintainers"), str(record.get("status"))
    home = text(record.get("homepage"))
    finding = Finding(
        purl=want.purl,
        exists=None if status in {"removed", "unpublished"} else True,
        homepage=usable(home),
        links=_links(record.get("metadata"), answer),
        maintainers=tuple(
            Maintainer(name=name, role=text(row.get("role"), 50) or "", where=answer.url)
            for row in (people if isinstance(people, list) else [])
            if isinstance(row, dict) and (name := text(row.get("login"), 100) or text(row.get("name"), 100))
        ),
        licence=text(record.get("licenses"), 100),
        status=_STATUS.get(status),
        tried=(f"{SERVICE}: {answer.said}",),
    )
    return place(
        finding, [("repository_url", text(record.get("repository_url")), True), ("homepage", home, False)], answer
    )


def _links(metadata: object, answer: Answer) -> tuple[Link, ...]:
    """What the registry's own metadata said: npm's and Composer's ``funding``, ``funding_uri``, labelled links."""
    if not isinstance(metadata, dict):
        return ()
    found = [*objects(metadata.get("funding"), answer.url, answer.seen)]
    found += objects(metadata.get("funding_uri"), answer.url, answer.seen)
    for key in ("project_urls", "links"):
        rows = metadata.get(key)
        if isinstance(rows, dict):
            found += funding(((str(label), url) for label, url in rows.items()), answer.url, answer.seen)
    return tuple({link.url: link for link in found}.values())
