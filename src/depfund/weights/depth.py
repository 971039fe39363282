"""``depth``: by the fewest edges d from the root, decaying by λ a level. O(n + m).

Per node, w ∝ λ^(d−1); per level, each level gets a share ∝ λ^(d−1) and splits it equally. ``max_depth`` cuts
what is deeper. The two differ a lot where one level has many more nodes than another (allocation.md, 3.2.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import UsageError
from depfund.graph import levels, numbers
from depfund.weights._ask import Ask
from depfund.weights._exact import FINE, common, flag, share, to_unit, whole

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node. Raises :class:`~depfund.errors.UsageError` for parameters out of range."""
    decay = share(ask.parameters["decay"], "decay")
    deepest = None if flag(ask.parameters["max_depth"]) else whole(ask.parameters["max_depth"], "max_depth")
    per = ask.parameters["per"]
    if per not in {"node", "level"}:
        raise UsageError(f"per is {per!r}; it is node or level.")
    made = numbers(ask.basis)
    found = levels(made, ask.basis.direct)
    if deepest is not None:
        found = {node: level for node, level in found.items() if level <= deepest}
    nodes = sorted(found)
    keys = [made.keys[node] for node in nodes]
    sizes = Counter(found.values())
    worth, rest = {}, _one(decay, sizes)
    for level in sorted(sizes):
        worth[level] = rest if per == "node" else rest // sizes[level]
        rest = rest * decay.numerator // decay.denominator
    return dict(zip(keys, to_unit([worth[found[node]] for node in nodes]), strict=True))


def _one(decay: Fraction, sizes: Mapping[int, int]) -> int:
    """What the first level has: such that every node's part is a whole number, unless that takes too many digits."""
    powers = (decay.denominator**step for step in range(1, max(sizes, default=1)))
    return min(common(powers, FINE * FINE) * common(sizes.values()), FINE * FINE)
