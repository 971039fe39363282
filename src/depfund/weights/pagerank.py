"""``pagerank``: for comparison only. Global PageRank of the reached packages, the root left out.

With probability ``damping`` a surfer follows a dependency at random (from a package without any, to any package),
else he jumps to any package. Power iteration in plain Python floats (the same doubles in the same order on every
machine), rounded to integers at the end. Teleport gives every package something for nothing, which is what gets
farmed; and it measures visits, not what stays. Page, Brin, Motwani, Winograd (1998).
"""

from __future__ import annotations

from fractions import Fraction
from math import fsum

from depfund.errors import UsageError
from depfund.weights._ask import Ask
from depfund.weights._exact import share, to_unit, weight
from depfund.weights._net import net_of

__all__ = ["values"]

_ROUNDS = 10_000


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node; iterated until the ranks move by less than ``tolerance`` in sum."""
    damping = share(ask.parameters["damping"], "damping")
    if damping == 1:
        raise UsageError("damping is 1; it is 0 or more and below 1.")
    net = net_of(ask.basis, ask.stakes)
    count = len(net.keys)
    ranks = [1 / count] * count if count else []
    factor, least = float(damping), max(float(weight(ask.parameters["tolerance"], "tolerance")), 1e-15)
    sinks = [node for node, row in enumerate(net.requires) if not row]
    for _ in range(_ROUNDS):
        idle = fsum(ranks[node] for node in sinks)
        after = [(1 - factor + factor * idle) / count] * count if count else []
        for node, row in enumerate(net.requires):
            if row:
                part = factor * ranks[node] / len(row)
                for target in row:
                    after[target] += part
        moved = fsum(abs(a - b) for a, b in zip(after, ranks, strict=True))
        ranks = after
        if moved < least:
            break
    return dict(zip(net.keys, to_unit([int(Fraction(rank) * (1 << 80)) for rank in ranks]), strict=True))
