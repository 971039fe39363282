"""The toolbox: its laws over random inputs, then exact values, then what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import AllocationError, MoneyError
from depfund.money import apportion
from depfund.shares import channels, fees, fill, gross, lumps, prefix, topup

keys = st.text("abcdefg", min_size=1, max_size=2)
numbers = st.one_of(st.integers(0, 30), st.fractions(0, 30, max_denominator=7))
weightings = st.dictionaries(keys, numbers, max_size=7)


@st.composite
def bounded(draw: Any) -> tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]:
    weights = draw(weightings)
    floors, caps = {}, {}
    for key in weights:
        low, high = sorted((draw(numbers), draw(numbers)))
        if draw(st.booleans()):
            floors[key] = low
        if draw(st.booleans()):
            caps[key] = high
    return draw(numbers) + sum(floors.values()), weights, floors, caps


# Laws


@given(bounded())
def test_filled_parts_are_clamped_levels_that_sum_to_the_total(case: Any) -> None:
    total, weights, floors, caps = case
    parts, reserve = fill(total, weights, floors, caps)
    assert set(parts) == set(weights)
    assert sum(parts.values()) + reserve == total
    assert reserve >= 0
    for key, part in parts.items():
        assert part >= floors.get(key, 0)
        assert key not in caps or part <= caps[key]
        if not weights[key]:
            assert part == floors.get(key, 0)
    free = {parts[k] / weights[k] for k in parts if weights[k] and part_is_free(k, parts, floors, caps)}
    assert len(free) <= 1
    for level in free:
        assert not reserve
        for key, part in parts.items():
            if not weights[key] or floors.get(key, 0) == caps.get(key):
                continue
            if part == floors.get(key, 0):
                assert part / weights[key] >= level
            elif key in caps and part == caps[key]:
                assert part / weights[key] <= level
    if reserve:
        assert all(not weights[key] or parts[key] == caps.get(key) for key in parts)


def part_is_free(key: str, parts: dict[str, Fraction], floors: dict[str, Any], caps: dict[str, Any]) -> bool:
    return parts[key] > floors.get(key, 0) and (key not in caps or parts[key] < caps[key])


@given(bounded(), numbers)
def test_more_money_never_hurts(case: Any, more: Fraction) -> None:
    total, weights, floors, caps = case
    less, _ = fill(total, weights, floors, caps)
    after, _ = fill(total + more, weights, floors, caps)
    assert all(after[key] >= less[key] for key in less)


@given(bounded(), st.fractions(Fraction(1, 9), 9))
def test_only_proportions_of_weights_count(case: Any, times: Fraction) -> None:
    total, weights, floors, caps = case
    assert fill(total, weights, floors, caps) == fill(total, {k: w * times for k, w in weights.items()}, floors, caps)


@given(numbers, weightings, weightings)
def test_filling_again_with_the_result_changes_nothing(
    total: Fraction, weights: dict[str, Fraction], caps: dict[str, Fraction]
) -> None:
    parts, reserve = fill(total, weights, None, caps)
    assert fill(total - reserve, parts, None, caps) == (parts, 0)


@given(numbers, weightings, weightings, st.one_of(st.none(), weightings), st.integers(1, 4))
def test_prefix_is_removing_the_lowest_ranked_one_at_a_time(
    total: Fraction,
    weights: dict[str, Fraction],
    minimum: dict[str, Fraction],
    caps: dict[str, Fraction] | None,
    horizon: int,
) -> None:
    """The definition, slowly: drop whose cap is too low, rank, and take the last away until everyone reaches theirs."""
    parts, reserve = prefix(total, weights, minimum, caps, horizon)
    least = {key: Fraction(minimum.get(key, 0)) / horizon for key in weights}
    tops = caps or {}
    left = [k for k in weights if weights[k] and (k not in tops or (tops[k] >= least[k] and tops[k] > 0))]
    left.sort(key=lambda k: (0 if not least[k] else 1, -(Fraction(weights[k]) / least[k] if least[k] else 0), k))
    while True:
        expected, rest = fill(total, {k: weights[k] for k in left}, None, {k: tops[k] for k in left if k in tops})
        if all(expected[k] >= least[k] for k in left):
            break
        left.pop()
    assert parts == {k: expected.get(k, 0) for k in weights}
    assert reserve == rest


@given(numbers, weightings, weightings)
def test_topped_up_support_is_in_proportion(
    total: Fraction, weights: dict[str, Fraction], already: dict[str, Fraction]
) -> None:
    parts = topup(total, weights, already)
    assert all(part >= 0 for part in parts.values())
    assert sum(parts.values()) == (total if any(weights.values()) else 0)
    together = {key: parts[key] + already.get(key, 0) for key in parts}
    levels = {together[key] / weights[key] for key in parts if parts[key]}
    assert len(levels) <= 1
    for level in levels:
        assert all(parts[key] or not weights[key] or together[key] / weights[key] >= level for key in parts)


@given(
    st.integers(0, 5000),
    st.fractions(0, Fraction(9, 10), max_denominator=200),
    st.integers(0, 60),
    st.sampled_from(["half_up", "up", "down"]),
)
def test_gross_is_the_smallest_that_suffices(net: int, percent: Fraction, fixed: int, rounding: str) -> None:
    def fee(amount: int) -> int:
        exact = amount * percent
        return {"up": -(-exact // 1), "down": exact // 1, "half_up": (exact + Fraction(1, 2)) // 1}[rounding] + fixed

    amount, cost = gross(net, percent, fixed, rounding)
    assert cost == fee(amount)
    assert amount - fee(amount) >= net
    assert amount == 0 or amount - 1 - fee(amount - 1) < net


@given(numbers, weightings, st.fractions(0, Fraction(1, 2), max_denominator=20), st.integers(0, 2))
def test_who_bears_fees(budget: Fraction, weights: dict[str, Fraction], percent: Fraction, fixed: int) -> None:
    paid = [key for key in weights if weights[key]]
    sent, arrives = fees(budget, weights, percent, fixed, "payee_bears")
    assert sum(sent.values()) == (budget if paid else 0)
    assert all(arrives[k] == sent[k] * (1 - percent) - fixed for k in paid)
    need = len(paid) * fixed / (1 - percent)
    if need > budget:
        with pytest.raises(AllocationError, match="fixed fees"):
            fees(budget, weights, percent, fixed, "pool_bears")
        return
    sent, arrives = fees(budget, weights, percent, fixed, "pool_bears")
    assert sum(sent.values()) == (budget if paid else 0)
    assert len({arrives[k] / weights[k] for k in paid}) <= 1
    assert all(arrives[k] == sent[k] * (1 - percent) - fixed for k in paid)


@given(
    st.integers(0, 500),
    weightings,
    st.dictionaries(keys, st.integers(1, 20)),
    st.dictionaries(keys, st.integers(0, 60)),
)
def test_channels_reach_their_minimums(
    total: int, shares: dict[str, Fraction], lots: dict[str, int], minimums: dict[str, int]
) -> None:
    parts, reserve = channels(total, shares, lots, minimums)
    assert sum(parts.values()) + reserve == total
    for key, part in parts.items():
        assert part % lots.get(key, 1) == 0
        assert part == 0 or part >= minimums.get(key, 0)
        assert shares[key] or not part


@given(
    st.lists(st.sets(st.sampled_from("abcde")), max_size=6),
    st.integers(0, 40),
    st.lists(st.integers(1, 20), min_size=5, max_size=5),
)
def test_equal_shares_never_spends_more_than_there_is(ballots: list[set[str]], budget: int, prices: list[int]) -> None:
    costs = dict(zip("abcde", prices, strict=True))
    chosen = lumps(ballots, "equal_shares", costs=costs, budget=budget)
    assert sum(costs[key] for key in chosen) <= budget
    assert len(set(chosen)) == len(chosen)
    assert chosen == _equal_shares(ballots, costs, budget)


def _equal_shares(ballots: list[set[str]], costs: dict[str, int], budget: int) -> list[str]:
    """The method as the paper states it: the smallest rho with sum(min(purse, rho·utility)) = cost, by trial."""
    purses, chosen = [Fraction(budget, len(ballots)) for _ in ballots] if ballots else [], []
    while True:
        offers = []
        for key in sorted(set(costs) - set(chosen)):
            fans = [at for at, row in enumerate(ballots) if key in row]
            if fans and sum(purses[at] for at in fans) >= costs[key]:
                for size in range(1, len(fans) + 1):
                    poor = sorted(purses[at] for at in fans)[: len(fans) - size]
                    rho = Fraction(costs[key] - sum(poor)) / (size * costs[key])
                    if sum(min(purses[at], rho * costs[key]) for at in fans) == costs[key]:
                        offers.append((rho, key))
        if not offers:
            return chosen
        rho, key = min(offers)
        for at, row in enumerate(ballots):
            if key in row:
                purses[at] -= min(purses[at], rho * costs[key])
        chosen.append(key)


def test_apportioned_parts_agree_with_every_way_to_round() -> None:
    for total, *row in product(range(6), range(3), range(3), range(3)):
        weights = dict(zip("abc", row, strict=True))
        parts, reserve = apportion(total, weights)
        assert sum(parts.values()) + reserve == total
        if any(row):
            assert reserve == 0
            assert all(abs(parts[k] - Fraction(total * weights[k], sum(row))) < 1 for k in parts)


# Values


def test_fill_by_hand() -> None:
    assert fill(100, {"a": 1, "b": 2, "c": 7}, {"a": 20}, {"c": 50}) == ({"a": 20, "b": 30, "c": 50}, 0)
    assert fill(100, {"a": 1, "b": 1}, None, 30) == ({"a": 30, "b": 30}, 40)
    assert fill(10, {"a": 0, "b": 3}, {"a": 4}) == ({"a": 4, "b": 6}, 0)
    assert fill(10, {"a": 0}, {"a": 4}) == ({"a": 4}, 6)
    assert fill(Fraction(1, 3), {"a": Fraction(1, 7), "b": Fraction(2, 7)}) == (
        {"a": Fraction(1, 9), "b": Fraction(2, 9)},
        0,
    )
    assert fill(7, {}) == ({}, 7)
    assert fill(0, {"a": 1}) == ({"a": 0}, 0)
    # Freezing the floor and the cap at once would give 30, 25 and 45.
    assert fill(100, {"a": 1, "b": 4, "c": 5}, {"a": 30}, {"c": 45}) == (
        {"a": 30, "b": Fraction(280, 9), "c": Fraction(350, 9)},
        0,
    )


def test_prefix_by_hand() -> None:
    assert prefix(10, {"a": 5, "b": 3, "c": 2}, 3) == ({"a": Fraction(25, 4), "b": Fraction(15, 4), "c": 0}, 0)
    assert prefix(10, {"a": 5, "b": 3, "c": 2}, 3, horizon=2) == ({"a": 5, "b": 3, "c": 2}, 0)
    assert prefix(10, {"a": 5, "b": 5}, {"a": 6, "b": 6}) == ({"a": 10, "b": 0}, 0)
    assert prefix(10, {"a": 5, "b": 5}, 11) == ({"a": 0, "b": 0}, 10)
    assert prefix(10, {"a": 9, "b": 1}, 3, {"a": 2}) == ({"a": 0, "b": 10}, 0)
    assert prefix(10, {"a": 1, "b": 1}, 3, 4) == ({"a": 4, "b": 4}, 2)


def test_topup_by_hand() -> None:
    assert topup(30, {"a": 1, "b": 1, "c": 1}, {"a": 100, "b": 10}) == {"a": 0, "b": 10, "c": 20}
    assert topup(30, {"a": 2, "b": 1}, {}) == {"a": 20, "b": 10}


def test_gross_by_hand() -> None:
    assert gross(10000, Fraction(3, 100), 30) == (10340, 340)
    assert gross(10000, "3%", 30, "up") == (10341, 341)
    assert gross(100, 0) == (100, 0)
    assert gross(0, Fraction(1, 10)) == (0, 0)


def test_fees_by_hand() -> None:
    assert fees(100, {"a": 1, "b": 1}, {"a": "20%"}, {"b": 5}) == ({"a": 50, "b": 50}, {"a": 40, "b": 45})
    sent, arrives = fees(100, {"a": 1, "b": 1}, {"a": Fraction(1, 5)}, {"b": 10}, "pool_bears")
    assert (sent, arrives) == ({"a": 50, "b": 50}, {"a": 40, "b": 40})
    assert fees(100, {"a": 1, "b": 3}, Fraction(1, 5), 0, "on_top")[0] == {"a": Fraction(125, 4), "b": Fraction(375, 4)}


def test_channels_by_hand() -> None:
    assert channels(1000, {"x": 3, "y": 1}) == ({"x": 750, "y": 250}, 0)
    assert channels(1000, {"x": 3, "y": 1}, minimums={"y": 300}) == ({"x": 1000, "y": 0}, 0)
    assert channels(1050, {"x": 1, "y": 1}, {"x": 100, "y": 100}) == ({"x": 500, "y": 500}, 50)
    assert channels(90, {"x": 1, "y": 2, "z": 2}, minimums={"x": 20, "y": 46, "z": 40}) == (
        {"x": 0, "y": 0, "z": 90},
        0,
    )
    assert channels(10, {"x": 1}, None, 20) == ({"x": 0}, 10)


def test_lumps_by_hand() -> None:
    assert lumps({"a": 3, "b": 5, "c": 3, "d": 0}, "top", count=2) == ["b", "a"]
    assert lumps({"a": 3, "b": 5, "c": 3}, "top", amount=10, budget=25) == ["b", "a"]
    assert lumps([["a", "b"], ["b"], ["c", "b"]], "top", count=9) == ["b", "a", "c"]
    assert lumps({"a": 9, "b": 5, "c": 3}, "greedy", costs={"a": 6, "b": 5, "c": 4}, budget=10) == ["a", "c"]
    # Two voters hold 5 each: a costs 4 shared by two (price 1/2 a unit), b 3 for the second alone.
    assert lumps([["a"], ["a", "b"]], "equal_shares", costs={"a": 4, "b": 3}, budget=10) == ["a", "b"]
    assert lumps({"v": ["a"], "w": ["b"], "x": ["b"]}, "equal_shares", costs={"a": 4, "b": 4}, budget=9) == ["b"]
    assert lumps([], "equal_shares", costs={"a": 1}, budget=9) == []


# Refusals


def refused() -> Iterator[tuple[Callable[[], object], type[Exception], str]]:
    yield lambda: fill(1.0, {"a": 1}), MoneyError, "the total is 1.0"  # type: ignore[arg-type]
    yield lambda: fill(1, {"a": 0.5}), MoneyError, "the weight of 'a' is 0.5"  # type: ignore[dict-item]
    yield lambda: fill(1, {"a": float("nan")}), MoneyError, "never a float"  # type: ignore[dict-item]
    yield lambda: fill(-1, {"a": 1}), AllocationError, "zero or more"
    yield lambda: fill(1, {"a": -1}), AllocationError, "the weight of 'a' is -1"
    yield lambda: fill(9, {"a": 1}, {"a": 3}, {"a": 2}), AllocationError, "above its cap"
    yield lambda: fill(9, {"a": 1, "b": 1}, 5), AllocationError, "the floors sum to 10"
    yield lambda: prefix(9, {"a": 1}, 1, horizon=0), AllocationError, "horizon"
    yield lambda: prefix(9, {"a": 1}, -1), AllocationError, "the minimum is -1"
    yield lambda: topup(9, {"a": 1}, {"a": -1}), AllocationError, "the support of 'a'"
    yield lambda: gross(9, Fraction(1)), AllocationError, "a part of one"
    yield lambda: gross(9, 100), AllocationError, "a part of one"
    yield lambda: gross(9, "six"), MoneyError, "write it as '6%'"
    yield lambda: gross(9, 0, 0, "even"), AllocationError, "no rounding"
    yield lambda: gross(-9, 0), AllocationError, "zero or more"
    yield lambda: gross(9, 0.5), MoneyError, "never a float"  # type: ignore[arg-type]
    yield lambda: fees(9, {"a": 1}, 0, 0, "me"), AllocationError, "does not bear fees"
    yield lambda: channels(9, {"a": 1}, 0), AllocationError, "a lot is one minor unit"
    yield lambda: channels(-9, {"a": 1}), AllocationError, "zero or more"
    yield lambda: lumps({}, "best"), AllocationError, "the methods are"
    yield lambda: lumps({"a": 1}, "greedy", costs={"a": 1}), AllocationError, "needs a budget"
    yield lambda: lumps({"a": 1}, "greedy", costs={"a": 0}, budget=1), AllocationError, "cost of 'a' is 0"
    yield lambda: lumps({"a": 1}, "top"), AllocationError, "needs a count"
    yield lambda: lumps(["ab"], "equal_shares", costs=1, budget=1), AllocationError, "a ballot is 'ab'"


@pytest.mark.parametrize("case", list(refused()), ids=lambda case: case[2])
def test_refused(case: tuple[Callable[[], object], type[Exception], str]) -> None:
    call, error, message = case
    with pytest.raises(error, match=message):
        call()
