"""crates.io: one request a second, for those who say who they are. It knows no funding, only where the code is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["SCARCE", "ask"]

SERVICE = "CRATES"
SCARCE = 10
"""Above so many crates the aggregators' bulk answers are taken: at one a second the registry would take minutes."""


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about a crate."""
    answer = http.get(SERVICE, f"/api/v1/crates/{quote(want.name)}?include=default_version", source=want.source)
    found = answer.json() if answer.ok else None
    crate = found.get("crate") if isinstance(found, dict) else None
    if not isinstance(crate, dict):
        return absent(want, answer, SERVICE)
    home = text(crate.get("homepage"))
    versions = found.get("versions") if isinstance(found, dict) else None
    latest = next((row for row in versions if isinstance(row, dict)), {}) if isinstance(versions, list) else {}
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        licence=text(latest.get("license"), 100),
        status="yanked" if crate.get("yanked") is True else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    return place(finding, [("repository", text(crate.get("repository")), True), ("homepage", home, False)], answer)
