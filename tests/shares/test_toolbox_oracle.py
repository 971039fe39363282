"""The toolbox against definitions written down plainly: tried one by one, nothing clever."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from depfund import shares
from depfund.money import apportion
from depfund.shares.charges import most

Exact = int | Fraction
KEYS = st.sampled_from("abcdef")
SIZES = st.dictionaries(KEYS, st.integers(0, 9) | st.fractions(0, 9, max_denominator=7), min_size=1)
SOME = st.dictionaries(KEYS, st.integers(0, 60) | st.fractions(0, 60, max_denominator=3))
TOTAL = st.integers(0, 300)
BALLOTS = st.lists(st.lists(KEYS, unique=True, max_size=6), min_size=1, max_size=4)


def filled(
    total: Exact, weights: Mapping[str, Exact], floors: Mapping[str, Exact], caps: Mapping[str, Exact]
) -> tuple[dict[str, Fraction], Fraction]:
    """``clamp(L·w, floor, cap)`` at the L found between two neighbouring breakpoints."""

    def at(level: Fraction) -> dict[str, Fraction]:
        raw = {key: max(level * weight, Fraction(floors.get(key, 0))) for key, weight in weights.items()}
        return {
            key: min(part, Fraction(caps[key])) if key in caps and weights[key] else part for key, part in raw.items()
        }

    ends = {Fraction(limit) / weights[key] for row in (floors, caps) for key, limit in row.items() if weights.get(key)}
    points = sorted({Fraction(0), *ends})
    for low, high in zip(points, [*points[1:], points[-1] + 1], strict=True):
        least, most_ = sum(at(low).values()), sum(at(high).values())
        if least <= total and (total <= most_ or (high > points[-1] and most_ > least)):
            level = low if most_ == least else low + (total - least) * (high - low) / (most_ - least)
            return at(level), Fraction(0)
    return at(points[-1]), total - sum(at(points[-1]).values())


@given(TOTAL, SIZES, SOME, SOME)
def test_fill(total: int, weights: dict[str, Exact], floors: dict[str, Exact], caps: dict[str, Exact]) -> None:
    floors = {key: low for key, low in floors.items() if key in weights}
    caps = {key: max(high, floors.get(key, 0)) for key, high in caps.items() if key in weights}
    if sum(floors.values()) <= total:
        assert shares.fill(total, weights, floors, caps) == filled(total, weights, floors, caps)


@given(TOTAL, SIZES, SOME, SOME, st.integers(1, 3))
def test_prefix(
    total: int, weights: dict[str, Exact], least: dict[str, Exact], caps: dict[str, Exact], hold: int
) -> None:
    caps = {key: high for key, high in caps.items() if key in weights}
    need = {key: Fraction(least.get(key, 0)) / hold for key in weights}
    able = [key for key in sorted(weights) if weights[key] and caps.get(key, need[key]) >= need[key]]
    ranked = sorted(able, key=lambda key: Fraction(need[key]) / weights[key])
    nobody = dict.fromkeys(weights, Fraction(0))
    wanted: tuple[dict[str, Fraction], Exact] = (nobody, total)
    for count in range(1, len(ranked) + 1):
        kept = {key: weights[key] for key in ranked[:count]}
        parts, rest = filled(total, kept, {}, {key: caps[key] for key in kept if key in caps})
        if all(parts[key] >= need[key] for key in kept):
            wanted = ({**nobody, **parts}, rest)
    assert shares.prefix(total, weights, least, caps, hold) == wanted


@given(TOTAL, SIZES.filter(lambda sizes: any(sizes.values())), SOME)
def test_topup(total: int, weights: dict[str, Exact], already: dict[str, Exact]) -> None:
    already = {key: amount for key, amount in already.items() if key in weights}
    parts, _ = filled(total + sum(already.values()), weights, already, {})
    assert shares.topup(total, weights, already) == {key: part - already.get(key, 0) for key, part in parts.items()}


@given(
    st.integers(0, 500),
    st.fractions(0, "9/10", max_denominator=50),
    st.integers(0, 40),
    st.sampled_from(["half_up", "up", "down"]),
)
def test_gross_and_most(net: int, percent: Fraction, fixed: int, rounding: str) -> None:
    rounded = {"half_up": lambda x: floor(x + Fraction(1, 2)), "up": ceil, "down": floor}[rounding]

    def arrives(amount: int) -> int:
        return amount - rounded(amount * percent) - fixed

    smallest = next(amount for amount in range(20_000) if arrives(amount) >= net)
    assert shares.gross(net, percent, fixed, rounding) == (smallest, smallest - arrives(smallest))
    largest = most(net, percent, fixed, rounding)
    assert arrives(largest) <= net < arrives(largest + 1)


@given(TOTAL, SIZES, st.dictionaries(KEYS, st.fractions(0, "1/2", max_denominator=20)), SOME)
def test_fees_of_the_pool(
    budget: int, weights: dict[str, Exact], percent: dict[str, Fraction], fixed: dict[str, Exact]
) -> None:
    paid = {key for key, weight in weights.items() if weight}
    fixed = {key: Fraction(fixed.get(key, 0), 20) for key in weights}
    left = budget - sum(fixed[key] / (1 - percent.get(key, 0)) for key in paid)
    if left >= 0 and paid:
        gross, net = shares.fees(budget, weights, percent, fixed, "pool_bears")
        assert sum(gross.values()) == budget
        level = {net[key] / weights[key] for key in paid}
        assert len(level) == 1
        assert all(gross[key] * (1 - percent.get(key, 0)) - fixed[key] == net[key] for key in paid)
        assert not any(gross[key] or net[key] for key in weights if key not in paid)


@given(TOTAL, SIZES, st.dictionaries(KEYS, st.sampled_from([1, 5, 20]), max_size=6), SOME)
def test_channels(total: int, sizes: dict[str, Exact], lots: dict[str, int], least: dict[str, Exact]) -> None:
    need = {key: -(-Fraction(least.get(key, 0)) // lots.get(key, 1)) * lots.get(key, 1) for key in sizes}
    left = {key: size for key, size in sizes.items() if size}
    wanted = dict.fromkeys(sizes, 0), total
    while left:
        short = [key for key in left if total * Fraction(left[key]) / sum(left.values()) < need[key]]
        if not short:
            parts, rest = apportion(total, left, lots)
            wanted = {**wanted[0], **parts}, rest
            break
        least_ = min(left[key] for key in short)
        del left[max(key for key in short if left[key] == least_)]
    assert shares.channels(total, sizes, lots, least) == wanted


@given(st.dictionaries(KEYS, st.integers(0, 4)), st.dictionaries(KEYS, st.integers(1, 60)), st.integers(0, 150))
def test_greedy(scores: dict[str, int], costs: dict[str, int], budget: int) -> None:
    chosen: list[str] = []
    for key in sorted(scores, key=lambda key: (-scores[key], key)):
        if scores[key] and key in costs and costs[key] + sum(costs[other] for other in chosen) <= budget:
            chosen.append(key)
    assert shares.lumps(scores, "greedy", costs=costs, budget=budget) == chosen
    assert shares.lumps(scores, "greedy", 2, costs=costs, budget=budget) == chosen[:2]


@given(BALLOTS, st.dictionaries(KEYS, st.integers(1, 60), min_size=6), st.integers(0, 150))
def test_equal_shares(ballots: list[list[str]], costs: dict[str, int], budget: int) -> None:
    purses = [Fraction(budget, len(ballots)) for _ in ballots]
    chosen: list[str] = []

    def payment(key: str) -> Fraction | None:
        """The p with Σ min(purse, p) == cost over who approves: the last purse that is not emptied says which."""
        fans = [purse for purse, ballot in zip(purses, ballots, strict=True) if key in ballot]
        for emptied in sorted({Fraction(0), *fans}):
            poor = [purse for purse in fans if purse <= emptied]
            if len(poor) < len(fans):
                part = Fraction(costs[key] - sum(poor)) / (len(fans) - len(poor))
                if emptied <= part <= min(purse for purse in fans if purse > emptied):
                    return part
        return max(fans) if sum(fans) == costs[key] else None

    while True:
        prices = {key: payment(key) for ballot in ballots for key in ballot if key not in chosen}
        able = [(part / costs[key], key, part) for key, part in prices.items() if part is not None]
        if not able:
            break
        _, key, part = min(able)
        chosen.append(key)
        purses = [p - min(p, part) if key in ballot else p for p, ballot in zip(purses, ballots, strict=True)]
    assert shares.lumps(ballots, "equal_shares", costs=costs, budget=budget) == chosen
