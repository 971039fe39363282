"""Floors, caps, minimums and existing support: water-filling, exact.

Every function is pure. Inside, all amounts are whole numbers over one common denominator; a level is found on the
segment between two breakpoints, so nothing is iterative and nothing has a tolerance. Source: allocation.md 4.3–4.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from depfund.errors import AllocationError
from depfund.shares._exact import Number, each, number, scale, weights_of

__all__ = ["fill", "level", "longest", "prefix", "topup"]


def level(
    total: int, weights: Sequence[int], floors: Sequence[int], caps: Sequence[int | None]
) -> tuple[list[int], int, int]:
    """The parts ``clamp(L·w, floor, cap)`` that sum to ``total``, as ``(numerators, denominator, reserve)``.

    ``part = numerator / denominator``; ``reserve`` is a numerator too. Weight 0 gets its floor. Preconditions, not
    checked here: floor ≤ cap, ``sum(floors) <= total``. O(n log n).
    """
    # Below its first breakpoint a part is its floor, above its second its cap, between them L·w. The sum is then
    # constant + slope·L on each segment, and the segment that reaches the total holds the level.
    points: list[tuple[int, Fraction, bool, int]] = []
    constant, slope = 0, 0
    for at, weight in enumerate(weights):
        low, high = floors[at], caps[at]
        if not weight or high == low:
            constant += low
            continue
        if low:
            constant += low
            points.append(((low << 64) // weight, Fraction(low, weight), False, at))
        else:
            slope += weight
        if high is not None:
            points.append(((high << 64) // weight, Fraction(high, weight), True, at))
    points.sort()
    reached: Fraction | None = None
    for _, point, capped, at in points:
        if constant * point.denominator + slope * point.numerator >= total * point.denominator:
            reached = Fraction(total - constant, slope) if slope else point
            break
        if capped:
            constant += caps[at] or 0
            slope -= weights[at]
        else:
            constant -= floors[at]
            slope += weights[at]
    else:
        reached = Fraction(total - constant, slope) if slope else None
    if reached is None:
        # The level is beyond every breakpoint: whoever has a weight is at the cap, and the rest is reserve.
        parts = [
            low if not weight or high is None else high for weight, low, high in zip(weights, floors, caps, strict=True)
        ]
        return parts, 1, total - sum(parts)
    top, bottom = reached.numerator, reached.denominator
    parts = []
    for weight, low, high in zip(weights, floors, caps, strict=True):
        part = max(weight * top, low * bottom) if weight else low * bottom
        parts.append(part if high is None else min(part, high * bottom))
    return parts, bottom, 0


def longest(
    total: int,
    weights: Sequence[int],
    floors: Sequence[int],
    caps: Sequence[int | None],
    minimums: Sequence[int],
    costs: Sequence[int] | None = None,
    tolerance: int | None = None,
) -> list[int]:
    """Positions of the payees that are kept: the longest prefix of the ranking in which everyone reaches the minimum.

    The ranking is by weight/minimum, a minimum of 0 first, ties by position. ``costs`` are fixed amounts that a
    payee takes from the total beside its part. Whoever has a floor is kept whatever the ranking says. A prefix is
    feasible when ``sum(clamp(t·w, floor, cap)) + costs <= total`` at the level t at which its last one reaches its
    minimum; that sum grows with the prefix, so the longest is found by bisection. With ``tolerance`` a minimum is
    reached by what misses it by no more than that part of it. O(n log n).
    """
    enough = [least - least // tolerance if tolerance else least for least in minimums]
    spend = costs or [0] * len(weights)
    fixed = [at for at in range(len(weights)) if floors[at]]
    ranked = [
        at
        for at, weight in enumerate(weights)
        if weight and not floors[at] and (high := caps[at]) != 0 and (high is None or high >= enough[at])
    ]
    ranked.sort(key=lambda at: ((minimums[at] << 64) // weights[at], Fraction(minimums[at], weights[at]), at))

    def feasible(count: int) -> bool:
        last = ranked[count - 1]
        top, bottom = enough[last], weights[last]
        kept = fixed + ranked[:count]
        need = 0
        for at in kept:
            part, high = max(weights[at] * top, floors[at] * bottom), caps[at]
            need += (part if high is None else min(part, high * bottom)) + spend[at] * bottom
        return need <= total * bottom

    low, high = 0, len(ranked)
    while low < high:
        middle = (low + high + 1) // 2
        if feasible(middle):
            low = middle
        else:
            high = middle - 1
    return sorted(fixed + ranked[:low])


def _check(keys: Sequence[str], total: Number, low: Sequence[Number], high: Sequence[Number | None]) -> None:
    for key, floor, cap in zip(keys, low, high, strict=True):
        if cap is not None and floor > cap:
            raise AllocationError(
                f"the floor of {key!r} is {floor}, above its cap {cap}; lower one or raise the other."
            )
    if sum(low) > total:
        raise AllocationError(f"the floors sum to {sum(low)}, more than the total {total}; lower them.")


def fill(
    total: Number,
    weights: Mapping[str, Number],
    floors: Number | Mapping[str, Number] | None = None,
    caps: Number | Mapping[str, Number] | None = None,
) -> tuple[dict[str, Fraction], Fraction]:
    """Split ``total`` in proportion to ``weights`` between ``floors`` and ``caps``.

    Returns ``(parts, reserve)``: each part is ``clamp(L·w, floor, cap)`` for the one level L at which they sum to
    ``total``; where the caps cannot absorb it, the rest is ``reserve``. Weight 0 gets its floor. ``floors`` and
    ``caps`` are one number for all or mappings; a missing key has floor 0 and no cap. In the unit of ``total``;
    O(n log n).

    Raises :class:`~depfund.errors.AllocationError` for a floor above its cap, floors that sum to more than
    ``total``, and negatives; :class:`~depfund.errors.MoneyError` for floats. Source: allocation.md 4.3.
    """
    number(total, "the total")
    shares = weights_of(weights)
    keys = list(shares)
    low = [value or 0 for value in each(floors, keys, "floor").values()]
    high = list(each(caps, keys, "cap").values())
    _check(keys, total, low, high)
    common = scale([total], low, high)
    parts, bottom, rest = level(
        int(total * common),
        list(shares.values()),
        [int(value * common) for value in low],
        [None if value is None else int(value * common) for value in high],
    )
    whole = bottom * common
    return {key: Fraction(part, whole) for key, part in zip(keys, parts, strict=True)}, Fraction(rest, whole)


def prefix(
    total: Number,
    weights: Mapping[str, Number],
    minimum: Number | Mapping[str, Number],
    caps: Number | Mapping[str, Number] | None = None,
    horizon: int = 1,
) -> tuple[dict[str, Fraction], Fraction]:
    """Split ``total`` so that everybody gets nothing or at least ``minimum / horizon``.

    Returns ``(parts, reserve)``. Payees are ranked by weight/minimum (ties to the smaller key); the longest prefix
    of that ranking in which everyone reaches the minimum after water-filling is paid, the others get 0. Payees
    whose cap is below minimum/horizon are excluded first. ``horizon`` is the number of periods a share may be
    saved. Nobody is skipped in favour of a lower rank. O(n log n).

    Raises as :func:`fill`, and for a horizon below 1. Source: allocation.md 4.4.
    """
    number(total, "the total")
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise AllocationError(f"the horizon is {horizon!r}; it is a whole number of periods, 1 or more.")
    shares = weights_of(weights)
    keys = list(shares)
    least = [Fraction(value or 0) / horizon for value in each(minimum, keys, "minimum").values()]
    high = list(each(caps, keys, "cap").values())
    common = scale([total], least, high)
    whole = int(total * common)
    tops = [None if value is None else int(value * common) for value in high]
    sizes = list(shares.values())
    kept = longest(whole, sizes, [0] * len(keys), tops, [int(value * common) for value in least])
    parts, bottom, rest = level(whole, [sizes[at] for at in kept], [0] * len(kept), [tops[at] for at in kept])
    found = dict.fromkeys(keys, Fraction(0))
    for at, part in zip(kept, parts, strict=True):
        found[keys[at]] = Fraction(part, bottom * common)
    return found, Fraction(rest, bottom * common)


def topup(total: Number, weights: Mapping[str, Number], already: Mapping[str, Number]) -> dict[str, Fraction]:
    """Split ``total`` on top of what payees ``already`` receive, so that together they are in proportion.

    Solves ``sum(max(L·w, s)) = total + sum(s)`` and returns the differences ``max(L·w, s) - s``: who already
    receives more than the level gets 0, the parts sum to ``total`` (to 0 when all weights are 0). Support of
    somebody without a weight counts for nothing. Raises as :func:`fill`. Source: allocation.md 4.5.
    """
    number(total, "the total")
    support = {key: already[key] for key in weights if key in already}
    for key, value in support.items():
        number(value, f"the support of {key!r}")
    parts, _ = fill(total + sum(support.values()), weights, support)
    return {key: part - support.get(key, 0) for key, part in parts.items()}
