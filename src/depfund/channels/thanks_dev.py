"""thanks.dev: whether a maintainer has a profile there.

The service publishes no reference; ``GET /v1/profile/gh/LOGIN`` answers 200 or 404 (`../shared/spec/apis.md` 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.channels.address import Address
from depfund.channels.verdict import Verdict, declared

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["check"]


def check(addresses: Iterable[Address], http: Http) -> dict[Address, Verdict]:
    """The verdict on each ``u/gh/LOGIN``."""
    wanted = sorted(set(addresses), key=lambda address: address.rank)

    def one(address: Address) -> Verdict:
        profile = address.handle.removeprefix("u/")
        answer = http.get("THANKS_DEV", f"/v1/profile/{quote(profile)}")
        if answer.missing:
            return Verdict(address=address, standing="gone", where=address.url, what="no such profile")
        if not answer.ok:
            return declared(address, "thanks.dev", answer.said)
        return Verdict(address=address, standing="confirmed", where=address.url, what="profile found")

    return dict(zip(wanted, http.map(one, wanted), strict=True))
