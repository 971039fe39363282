"""``direct``: the root's own stakes and nothing further, w = a. O(|D|). Only the user's own edges move money."""

from __future__ import annotations

from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    return dict(zip(ask.stakes, to_unit(list(ask.stakes.values())), strict=True))
