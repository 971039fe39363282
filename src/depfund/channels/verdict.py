"""What a platform says about an address that somebody names."""

from __future__ import annotations

from dataclasses import dataclass

from depfund.channels.address import Address
from depfund.channels.platforms import PLATFORMS
from depfund.model import Standing
from depfund.money import Money

__all__ = ["Verdict", "declared", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The platform's answer about one address.

    ``address`` is the platform's own spelling (a collective may have a new slug). ``where`` and ``what`` are the
    evidence. ``failed`` names the service and its answer when it could not be asked; the standing is then declared.
    ``url`` is the page to pay on where the handle does not give it.
    ``kind`` is ``Organization`` or ``User`` for GitHub logins; ``states`` the logins that a collective calls its own.
    """

    address: Address
    standing: Standing = "declared"
    where: str = ""
    what: str = ""
    name: str = ""
    url: str = ""
    minimum: Money | None = None
    host: str | None = None
    fee: str | None = None
    kind: str = ""
    states: frozenset[str] = frozenset()
    failed: str = ""

    @property
    def payable(self) -> bool:
        """Whether money can go there as far as is known."""
        return self.standing in {"declared", "confirmed"}


def declared(address: Address, service: str = "", said: str = "") -> Verdict:
    """Nobody was asked, or ``service`` gave no usable answer."""
    failed = f"{service}: {said}" if service else ""
    return Verdict(address=address, failed=failed)


def refused(address: Address) -> Verdict:
    """A platform that takes no donation, whatever its page answers."""
    row = PLATFORMS[address.platform]
    standing: Standing = "gone" if address.platform == "community_bridge" else "not_enrolled"
    return Verdict(address=address, standing=standing, where=address.url, what=row.refuses)
