"""How much money moves between weightings, and how differently they rank.

Total variation first ("switching to X moves 38% of the money"), then Kendall's τ-b, then each node's range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import groupby

from depfund.errors import UsageError
from depfund.graph import reach
from depfund.model import UNIT, Weights

__all__ = ["Comparison", "Row", "compare", "kendall", "total_variation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One weighting against the first: ``moved`` is the part of the money, ``tau`` None where one side is all ties."""

    weighting: str
    moved: Fraction
    tau: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``rows`` in the order asked; ``ranges``: node → (least, most) units of 10^15 over the weightings."""

    rows: tuple[Row, ...]
    ranges: Mapping[str, tuple[int, int]]

    def to_plain(self) -> dict[str, object]:
        """As JSON takes it: ``moved`` as a percentage with one decimal and as the exact fraction."""
        rows = [
            {
                "weighting": row.weighting,
                "moved": f"{_tenths(row.moved)}%",
                "moved_exact": str(row.moved),
                "tau": row.tau,
            }
            for row in self.rows
        ]
        return {"rows": rows, "ranges": {key: list(pair) for key, pair in self.ranges.items()}}


def compare(weights: Sequence[Weights]) -> Comparison:
    """Compare each of ``weights`` with the first. All are on one level of one graph."""
    if not weights:
        raise UsageError("nothing to compare; name at least one weighting.")
    if len({one.level for one in weights}) > 1:
        raise UsageError("weights of different levels have different nodes; compare them on one level.")
    keys = sorted({key for one in weights for key in one.values} | _reached(weights))
    first = weights[0].values
    rows = tuple(
        Row(
            weighting=one.weighting,
            moved=total_variation(first, one.values),
            tau=kendall(_shown(first), _shown(one.values), keys),
        )
        for one in weights
    )
    found = [[one.values.get(key, 0) for one in weights] for key in keys]
    return Comparison(rows=rows, ranges={key: (min(row), max(row)) for key, row in zip(keys, found, strict=True)})


def total_variation(one: Mapping[str, int], other: Mapping[str, int]) -> Fraction:
    """½ Σ |w − w'| of 10^15 units: the part of the money that goes elsewhere."""
    return Fraction(sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys()), 2 * UNIT)


def kendall(one: Mapping[str, int], other: Mapping[str, int], keys: Sequence[str]) -> str | None:
    """Kendall's τ-b over ``keys``, with four decimals; None where either side has nothing but ties.

    Discordant pairs are counted with a Fenwick tree, O(n log n). Knight (1966).
    """
    pairs = sorted((one.get(key, 0), other.get(key, 0)) for key in keys)
    total = len(pairs) * (len(pairs) - 1) // 2
    ties_x, ties_y, both = (_ties(column) for column in ((x for x, _ in pairs), (y for _, y in pairs), pairs))
    if ties_x == total or ties_y == total:
        return None
    score = total - ties_x - ties_y + both - 2 * _discordant(pairs)
    with localcontext() as context:
        context.prec = 60
        tau = Decimal(score) / (Decimal(total - ties_x) * Decimal(total - ties_y)).sqrt()
        return str(tau.quantize(Decimal("0.0001")).normalize() + 0)


def _shown(values: Mapping[str, int]) -> dict[str, int]:
    """To twelve decimals: below them equal weights differ by the unit that rounding gave to the smaller key."""
    return {key: (value + 500) // 1000 for key, value in values.items()}


def _ties(values: object) -> int:
    return sum(times * (times - 1) // 2 for times in Counter(values).values())  # type: ignore[call-overload]


def _discordant(pairs: Sequence[tuple[int, int]]) -> int:
    """Pairs with a smaller x and a larger y."""
    ranks = {value: place for place, value in enumerate(sorted({y for _, y in pairs}), 1)}
    tree = [0] * (len(ranks) + 1)
    found = seen = 0
    for _, same in groupby(pairs, key=lambda pair: pair[0]):
        group = [ranks[y] for _, y in same]
        for place in group:
            below = 0
            while place:
                below += tree[place]
                place &= place - 1
            found += seen - below
        for place in group:
            while place < len(tree):
                tree[place] += 1
                place += place & -place
        seen += len(group)
    return found


def _reached(weights: Sequence[Weights]) -> set[str]:
    basis = weights[0].basis
    return reach(basis.direct, basis.requires) if basis else set()


def _tenths(value: Fraction) -> str:
    tenths = (value.numerator * 2000 + value.denominator) // (2 * value.denominator)
    return f"{tenths // 10}.{tenths % 10}"
