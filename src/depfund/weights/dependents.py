"""``dependents``: how many reached packages need the node, itself included: |{u ∈ R: v ∈ cl(u)}|. O(n·m/64)."""

from __future__ import annotations

from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit
from depfund.weights._net import net_of, spread

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    net = net_of(ask.basis, ask.stakes)
    masks = [1 << node for node in range(len(net.keys))]
    spread(net, masks)
    return dict(zip(net.keys, to_unit([mask.bit_count() for mask in masks]), strict=True))
