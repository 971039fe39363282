"""Packagist: the tagged versions of a package, in Composer's minified form (``composer/2.0``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.http import Answer
from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import objects, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask", "expand"]

SERVICE = "PACKAGIST_REPO"


def ask(want: Wanted, http: Http) -> Finding:
    """What the repository says about a package; one without tags is asked for by its branches."""
    name = want.full.lower()
    tried: list[str] = []
    for tail in (".json", "~dev.json"):
        answer = http.get(SERVICE, f"/p2/{quote(name)}{tail}", source=want.source)
        tried.append(f"{SERVICE}: {answer.said}")
        found = answer.json() if answer.ok else None
        if not isinstance(found, dict):
            return absent(want, answer, SERVICE)
        packages = found.get("packages")
        rows = packages.get(name) if isinstance(packages, dict) else None
        versions = expand(rows, minified=found.get("minified") == "composer/2.0")
        if versions:
            return _finding(want, versions, answer, tuple(tried))
    return Finding(purl=want.purl, exists=True, tried=tuple(tried))


def expand(rows: object, *, minified: bool = True) -> list[dict[str, object]]:
    """The whole rows of a minified list: each holds what differs from the row before, ``__unset`` removes a key."""
    whole: list[dict[str, object]] = []
    before: dict[str, object] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        merged = {**before, **row} if minified else dict(row)
        before = {key: value for key, value in merged.items() if value != "__unset"}
        whole.append(before)
    return whole


def _finding(want: Wanted, versions: list[dict[str, object]], answer: Answer, tried: tuple[str, ...]) -> Finding:
    latest = next((row for row in versions if _stable(row)), versions[0])
    locked = [row for row in versions if str(row.get("version")).removeprefix("v") in _plain(want.versions)]
    links = objects(latest.get("funding"), answer.url, answer.seen)
    known = {link.url for link in links}
    older = [link for row in locked for link in objects(row.get("funding"), answer.url, answer.seen)]
    support, source = latest.get("support"), latest.get("source")
    support = support if isinstance(support, Mapping) else {}
    source = source if isinstance(source, Mapping) else {}
    home, licences, authors = text(latest.get("homepage")), latest.get("license"), latest.get("authors")
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        links=links,
        older_links=tuple({link.url: link for link in older if link.url not in known}.values()),
        maintainers=tuple(
            Maintainer(name=name, role="author", where=answer.url)
            for row in (authors if isinstance(authors, list) else [])
            if isinstance(row, Mapping) and (name := text(row.get("name"), 100))
        ),
        licence=text(" OR ".join(map(str, licences)) if isinstance(licences, list) else licences, 100),
        status="deprecated" if latest.get("abandoned") else None,
        tried=tried,
    )
    candidates = [
        ("source", text(source.get("url")), True),
        ("support.source", text(support.get("source")), True),
        ("homepage", home, False),
        ("support.issues", text(support.get("issues")), False),
    ]
    return place(finding, candidates, answer)


def _stable(row: Mapping[str, object]) -> bool:
    version = str(row.get("version_normalized") or row.get("version")).lower()
    return not any(word in version for word in ("dev", "alpha", "beta", "rc"))


def _plain(versions: tuple[str, ...]) -> set[str]:
    return {version.removeprefix("v") for version in versions}
