"""RubyGems.org: the latest version of a gem, with its ``funding_uri``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import funding, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["SCARCE", "ask"]

SERVICE = "RUBYGEMS"
SCARCE = 300
"""Above so many gems the aggregator's bulk answer is taken: ten requests a second is the registry's rule."""


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about a gem."""
    answer = http.get(SERVICE, f"/api/v1/gems/{quote(want.name)}.json", source=want.source)
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        return absent(want, answer, SERVICE)
    more = found.get("metadata")
    more = more if isinstance(more, dict) else {}

    def field(key: str) -> str | None:
        return text(found.get(key)) or text(more.get(key))

    licences = found.get("licenses")
    authors = text(found.get("authors"), 500)
    rows = [("funding", field("funding_uri"))] + [
        (key.removesuffix("_uri"), value)
        for key, value in more.items()
        if key not in {"funding_uri", "source_code_uri"}
    ]
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(field("homepage_uri")),
        links=funding(rows, answer.url, answer.seen),
        maintainers=tuple(
            Maintainer(name=name.strip(), role="author", where=answer.url)
            for name in (authors or "").split(",")
            if name.strip()
        ),
        licence=text(" OR ".join(map(str, licences)), 100) if isinstance(licences, list) else None,
        status="yanked" if found.get("yanked") is True else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    candidates = [
        ("source_code_uri", field("source_code_uri"), True),
        ("homepage_uri", field("homepage_uri"), False),
        ("bug_tracker_uri", field("bug_tracker_uri"), False),
        ("changelog_uri", field("changelog_uri"), False),
    ]
    return place(finding, candidates, answer)
