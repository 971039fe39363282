"""``equal``: every reached node the same, 1/n. O(n + m). What counts as a node (the level) decides everything."""

from __future__ import annotations

from depfund.graph import levels, numbers
from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    made = numbers(ask.basis)
    keys = [made.keys[node] for node in sorted(levels(made, ask.basis.direct))]
    return dict(zip(keys, to_unit([1] * len(keys)), strict=True))
