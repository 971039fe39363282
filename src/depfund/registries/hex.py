"""Hex: a package's links (their labels are free text) and its owners."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import funding, kind_of, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["SCARCE", "ask"]

SERVICE = "HEX"
SCARCE = 90
"""Above so many packages the aggregator's bulk answer is taken: a hundred requests a minute is the registry's rule."""


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about a package."""
    answer = http.get(SERVICE, f"/api/packages/{quote(want.name)}", source=want.source)
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        return absent(want, answer, SERVICE)
    meta = found.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    links = meta.get("links")
    rows = [(str(label), url) for label, url in links.items()] if isinstance(links, dict) else []
    paid = funding(rows, answer.url, answer.seen)
    known = {link.url for link in paid}
    home = next((str(url) for label, url in rows if kind_of(label) == "home" or label.lower() == "website"), None)
    owners, licences = found.get("owners"), meta.get("licenses")
    retired, latest = found.get("retirements"), str(found.get("latest_stable_version") or found.get("latest_version"))
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        links=paid,
        maintainers=tuple(
            Maintainer(name=name, role="owner", where=answer.url)
            for row in (owners if isinstance(owners, list) else [])
            if isinstance(row, dict) and (name := text(row.get("username"), 100))
        ),
        licence=text(" OR ".join(map(str, licences)), 100) if isinstance(licences, list) else None,
        status="deprecated" if isinstance(retired, dict) and latest in retired else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    sources = [(label, str(url), True) for label, url in rows if kind_of(label) == "source"]
    others = [(label, str(url), False) for label, url in rows if str(url) not in known]
    return place(finding, [*sources, *others], answer)
