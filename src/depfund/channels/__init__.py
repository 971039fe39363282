"""How are they paid? A project's claims in, payees with channels out. One file per platform that can be asked.

``address`` spells, ``funding_yml`` and ``funding_json`` read, ``trust`` says whom to believe, ``payees`` merges. The
table names the module whose ``check`` asks about addresses of a platform; GitHub's two are called by the resolver
itself, since one request there answers for a repository, its owner and its funding file together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from depfund.channels.address import Address
from depfund.channels.verdict import Verdict

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["CHANNELS", "Check", "checker"]

CHANNELS: dict[str, str] = {
    "github": "github",  # with a token; github_raw without
    "open_collective": "open_collective",
    "thanks_dev": "thanks_dev",
    "liberapay": "pages",
    "ko_fi": "pages",
    "patreon": "pages",
    "buy_me_a_coffee": "pages",
    "polar": "pages",
    "issuehunt": "pages",
    "lfx_crowdfunding": "pages",
    "community_bridge": "pages",
    "tidelift": "pages",
    "custom": "pages",
    "funding_json": "manifests",
    "foundation": "foundations",
}
"""The module of each platform."""

Check = Callable[[Iterable[Address], "Http"], dict[Address, Verdict]]


def checker(platform: str) -> Check | None:
    """The function that asks about addresses of ``platform``; None where a survey or data answers."""
    module = import_module(f"{__name__}.{CHANNELS[platform]}")
    check: Check | None = getattr(module, "check", None)
    return check
