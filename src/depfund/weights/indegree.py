"""``indegree``: how many reached packages, and the root, name the node as a dependency. O(n + m)."""

from __future__ import annotations

from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit
from depfund.weights._net import net_of

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    net = net_of(ask.basis, ask.stakes)
    counts = [0] * len(net.keys)
    for row in (net.direct, *net.requires):
        for target in row:
            counts[target] += 1
    return dict(zip(net.keys, to_unit(counts), strict=True))
