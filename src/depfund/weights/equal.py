"""``equal``: every reached node the same, 1/n. O(n + m). What counts as a node (the level) decides everything."""

from __future__ import annotations

from depfund.graph import reach
from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    keys = sorted(reach(ask.basis.direct, ask.basis.requires))
    return dict(zip(keys, to_unit([1] * len(keys)), strict=True))
