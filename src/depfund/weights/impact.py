"""``impact``: credit by breakage: the stakes of the direct dependencies that break without the node.

w(v) ∝ Σ a(d) over the direct d with v ∈ cl(d): the marginal contribution to the grand coalition of the game of
:mod:`~depfund.weights.shapley`. Closures as bit sets, O(n·m/64).
"""

from __future__ import annotations

from fractions import Fraction

from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit
from depfund.weights._net import net_of, spread

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node."""
    net = net_of(ask.basis, ask.stakes)
    masks = [0] * len(net.keys)
    by_stake: dict[Fraction, int] = {}
    for bit, (node, stake) in enumerate(zip(net.direct, net.stakes, strict=True)):
        masks[node] |= 1 << bit
        by_stake[stake] = by_stake.get(stake, 0) | 1 << bit
    spread(net, masks)
    worth = [
        sum((stake * (mask & bits).bit_count() for stake, bits in by_stake.items()), Fraction(0)) for mask in masks
    ]
    return dict(zip(net.keys, to_unit(worth), strict=True))
