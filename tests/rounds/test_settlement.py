"""Instalments and settlement: the laws of allocation.md, section 6."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import AllocationError, MoneyError
from depfund.rounds import instalments, settle

KEYS = st.sampled_from("abcdef")
AMOUNTS = st.dictionaries(KEYS, st.fractions(0, 5_000, max_denominator=997), max_size=6)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any))
def test_instalments_sum_exactly_and_every_prefix_is_within_one_unit(total: int, parts: list[int]) -> None:
    shares = [Fraction(part, sum(parts)) for part in parts]
    made = instalments(total, shares)
    assert sum(made) == total
    assert all(part >= 0 for part in made)
    for count in range(1, len(made) + 1):
        assert 0 <= total * sum(shares[:count]) - sum(made[:count]) < 1


def test_instalments_by_text_and_in_part() -> None:
    assert instalments(100_001, ["1/2", "1/2"]) == [50_000, 50_001]
    assert instalments(100, ["1/4"]) == [25]
    assert instalments(0, [1]) == [0]
    assert instalments(5, []) == []


@pytest.mark.parametrize("shares", [[0.5, 0.5], ["x"], ["1/0"], [-1, 2], [None], [True]])
def test_instalments_refuse_what_is_no_share(shares: list) -> None:
    with pytest.raises(MoneyError):
        instalments(10, shares)


def test_instalments_refuse_more_than_the_whole() -> None:
    with pytest.raises(AllocationError, match="sum to 5/4"):
        instalments(10, ["3/4", "1/2"])
    with pytest.raises(MoneyError):
        instalments(-1, [1])


@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.integers(0, 3_000), st.integers(1, 700))
def test_settling_conserves_and_keeps_the_bound(periods: list[dict[str, Fraction]], minimum: int, lot: int) -> None:
    balances: dict[str, Fraction] = {}
    paid_out, accrued = 0, Fraction(0)
    bound = lot * max(1, -(-minimum // lot))
    for shares in periods:
        paid, balances = settle(balances, shares, minimum, lot)
        accrued += sum(shares.values())
        paid_out += sum(paid.values())
        assert paid_out + sum(balances.values()) == accrued
        assert all(0 <= balance < bound for balance in balances.values())
        assert all(part % lot == 0 and (part == 0 or part >= minimum) for part in paid.values())


def test_a_small_share_arrives_after_enough_periods() -> None:
    balances: dict[str, Fraction] = {}
    payments = []
    for _ in range(6):
        paid, balances = settle(balances, {"a": Fraction(500, 3)}, {"a": 500}, {"a": 100})
        payments.append(paid["a"])
    assert payments == [0, 0, 500, 0, 0, 500]
    assert balances == {"a": 0}


@pytest.mark.parametrize(
    ("balances", "shares", "minimum", "lots"),
    [
        ({"a": 0.5}, {}, 0, 1),
        ({}, {"a": -1}, 0, 1),
        ({}, {"a": 1}, -1, 1),
        ({}, {"a": 1}, 0, 0),
        ({}, {"a": True}, 0, 1),
    ],
)
def test_settling_refuses(balances: dict, shares: dict, minimum: int, lots: int) -> None:
    with pytest.raises(MoneyError):
        settle(balances, shares, minimum, lots)


def test_what_is_not_named_has_lot_one_and_no_minimum() -> None:
    assert settle({"a": 3}, {"a": Fraction(1, 2)}, 0) == ({"a": 3}, {"a": Fraction(1, 2)})
    assert settle({}, {"a": 3}, {"b": 500}, {"b": 100}) == ({"a": 3}, {"a": Fraction(0)})
    assert settle({}, {"a": 3}, {}, {}) == ({"a": 3}, {"a": Fraction(0)})
    assert settle({}, {"a": Fraction(1, 3)}, {}, {}) == ({"a": 0}, {"a": Fraction(1, 3)})


@given(st.fractions("1/50", 500, max_denominator=60), st.integers(1, 2_000))
def test_with_a_constant_share_the_first_payment_comes_as_soon_as_it_can(share: Fraction, minimum: int) -> None:
    balances: dict[str, Fraction] = {}
    expected = -(-minimum // share)
    for period in range(1, int(expected) + 1):
        paid, balances = settle(balances, {"a": share}, minimum)
        assert (paid["a"] > 0) == (period == expected)


@given(st.lists(st.fractions(0, 900, max_denominator=101), min_size=1, max_size=30), st.integers(1, 50))
def test_the_long_run_is_exact(shares: list[Fraction], lot: int) -> None:
    balances: dict[str, Fraction] = {}
    total = 0
    for share in shares:
        paid, balances = settle(balances, {"a": share}, 0, lot)
        total += paid["a"]
    assert total == sum(shares) // lot * lot
