"""pub.dev: a package's pubspec, whose ``funding`` is a list of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.http import Answer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import Link, funding, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "PUBDEV"


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about the latest version of a package."""
    answer = http.get(SERVICE, f"/api/packages/{quote(want.name)}", source=want.source)
    found = answer.json() if answer.ok else None
    pubspec = _pubspec(found.get("latest")) if isinstance(found, dict) else None
    if not isinstance(found, dict) or pubspec is None:
        return absent(want, answer, SERVICE)
    links = _links(pubspec, answer)
    known = {link.url for link in links}
    rows = found.get("versions")
    older = [
        link
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and str(row.get("version")) in want.versions and (spec := _pubspec(row))
        for link in _links(spec, answer)
    ]
    home = text(pubspec.get("homepage"))
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        links=links,
        older_links=tuple({link.url: link for link in older if link.url not in known}.values()),
        status="deprecated" if found.get("isDiscontinued") is True else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    candidates = [
        ("repository", text(pubspec.get("repository")), True),
        ("homepage", home, False),
        ("issue_tracker", text(pubspec.get("issue_tracker")), False),
    ]
    return place(finding, candidates, answer)


def _pubspec(row: object) -> Mapping[str, object] | None:
    found = row.get("pubspec") if isinstance(row, dict) else None
    return found if isinstance(found, dict) else None


def _links(pubspec: Mapping[str, object], answer: Answer) -> tuple[Link, ...]:
    urls = pubspec.get("funding")
    return funding((("funding", url) for url in (urls if isinstance(urls, list) else [])), answer.url, answer.seen)
