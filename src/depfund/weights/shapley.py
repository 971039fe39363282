"""``shapley``: credit by requirement. A direct dependency works only if its whole closure is there.

The game v(S) = Σ_d a(d)·[cl(d) ⊆ S] is a sum of unanimity games, so the Shapley value is
φ(v) = Σ_{d: v ∈ cl(d)} a(d)/|cl(d)|. With ``over="all"`` every reached package is a requirement of worth 1/n; with
``sizes`` (by node) shares inside a closure are ∝ size (Kalai, Samet 1987). Cycles and diamonds do not matter: only
sets count. Shapley (1953); Gilles, Owen, van den Brink (1992). O(Σ|cl|).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import UsageError
from depfund.graph import reach
from depfund.weights._ask import Ask
from depfund.weights._exact import FINE, common, flag, numbers, to_unit
from depfund.weights._stakes import matched

__all__ = ["closures", "sizes_of", "values"]

Rows = Mapping[str, Mapping[str, object]]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node. Raises :class:`~depfund.errors.UsageError` for another ``over``."""
    over = ask.parameters["over"]
    if over not in {"direct", "all"}:
        raise UsageError(f"over is {over!r}; it is direct or all.")
    keys = sorted(reach(ask.basis.direct, ask.basis.requires))
    starts = ask.stakes if over == "direct" else dict.fromkeys(keys, Fraction(1, len(keys) or 1))
    sizes = sizes_of(ask, keys)
    one = _one(ask.basis.requires, starts, sizes, len(keys))
    total = dict.fromkeys(keys, 0)
    for start, stake in starts.items():
        if stake:
            for node, part in closures(ask.basis.requires, start, stake, sizes, one).items():
                total[node] += part
    return dict(zip(keys, to_unit([total[key] for key in keys]), strict=True))


def _one(requires: Rows, starts: Mapping[str, Fraction], sizes: Mapping[str, Fraction] | None, count: int) -> int:
    """The fixed point in which every part is a whole number, where one below FINE is sure to be; else FINE."""
    one = common(stake.denominator for stake in starts.values())
    if sizes is None:
        one *= common(range(2, count + 1))
    else:
        insides = (reach([start], requires) for start in starts)
        wholes = (sum((sizes[node] for node in inside), Fraction(0)).numerator or len(inside) for inside in insides)
        one *= common(size.denominator for size in sizes.values()) * common(wholes)
    return min(one, FINE)


def closures(
    requires: Rows, start: str, stake: Fraction, sizes: Mapping[str, Fraction] | None, one: int = FINE
) -> dict[str, int]:
    """What ``start`` gives to each node of its closure, in the fixed point ``one``."""
    inside = reach([start], requires)
    amount = one * stake.numerator // stake.denominator
    if sizes is None:
        return dict.fromkeys(inside, amount // len(inside))
    whole = sum((sizes[node] for node in inside), Fraction(0))
    if not whole:
        return dict.fromkeys(inside, amount // len(inside))
    return {node: int(amount * sizes[node] / whole) for node in inside}


def sizes_of(ask: Ask, keys: list[str]) -> dict[str, Fraction] | None:
    """The sizes by node, 1 for those that have none; None when every size is 1."""
    if flag(ask.parameters["sizes"]):
        return None
    given, _ = matched(ask.basis, numbers(ask.parameters["sizes"], "sizes"), keys)
    return {key: given.get(key, Fraction(1)) for key in keys}
