"""Money and apportion: laws first."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import Money
from depfund.errors import MoneyError
from depfund.money import apportion, exponent

KEYS = st.text("abcdefghij", min_size=1, max_size=3)
WEIGHTS = st.dictionaries(
    KEYS, st.one_of(st.integers(0, 10**15), st.fractions(0, 100, max_denominator=997)), max_size=12
)
TOTALS = st.integers(0, 10**9)


@given(TOTALS, WEIGHTS, st.integers(1, 700))
def test_parts_and_reserve_are_the_total_and_lots_hold(
    total: int, weights: dict[str, int | Fraction], lot: int
) -> None:
    parts, reserve = apportion(total, weights, lot)
    assert sum(parts.values()) + reserve == total
    assert parts.keys() == weights.keys()
    assert all(part >= 0 and part % lot == 0 for part in parts.values())
    assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)
    if any(weights.values()):
        assert reserve < lot


@given(TOTALS, WEIGHTS)
def test_quota(total: int, weights: dict[str, int | Fraction]) -> None:
    whole = sum(weights.values())
    if whole:
        parts, reserve = apportion(total, weights)
        assert reserve == 0
        assert all(abs(parts[key] - Fraction(total) * weight / whole) < 1 for key, weight in weights.items())


@given(TOTALS, WEIGHTS, st.dictionaries(KEYS, st.integers(1, 500)))
def test_mixed_lots(total: int, weights: dict[str, int | Fraction], lots: dict[str, int]) -> None:
    parts, reserve = apportion(total, weights, lots)
    whole = sum(weights.values())
    assert sum(parts.values()) + reserve == total
    for key, part in parts.items():
        lot = lots.get(key, 1)
        assert part % lot == 0
        if whole:
            exact = Fraction(total) * weights[key] / whole
            assert exact - lot < part < exact + lot
    if whole:
        assert reserve < max(lots.get(key, 1) for key in weights)


@given(TOTALS, WEIGHTS, st.fractions(Fraction(1, 50), 50))
def test_scaling_and_order_change_nothing(total: int, weights: dict[str, int | Fraction], factor: Fraction) -> None:
    scaled = {key: weight * factor for key, weight in reversed(weights.items())}
    assert apportion(total, scaled) == apportion(total, weights)


def test_ties_go_to_the_smaller_key_by_code_point() -> None:
    assert apportion(2, {"b": 1, "a": 1, "B": 1}) == ({"B": 1, "a": 1, "b": 0}, 0)


def test_a_lot_that_does_not_fit_is_passed_over() -> None:
    assert apportion(150, {"a": 1, "b": 1, "c": 1}, {"a": 100, "b": 100, "c": 1}) == ({"a": 100, "b": 0, "c": 50}, 0)


def test_without_any_weight_everything_is_reserve() -> None:
    assert apportion(7, {"a": 0}) == ({"a": 0}, 7)
    assert apportion(7, {}) == ({}, 7)


def test_remainders_are_compared_in_lots() -> None:
    # b lacks a fifth of its lot, a four tenths of its own, though in units a's remainder is the larger.
    assert apportion(10, {"a": 6, "b": 4}, {"a": 10, "b": 5}) == ({"a": 0, "b": 5}, 5)


@pytest.mark.parametrize(
    ("total", "weights", "lots"),
    [
        (-1, {"a": 1}, 1),
        (1.5, {"a": 1}, 1),
        (True, {"a": 1}, 1),
        (1, {"a": -1}, 1),
        (1, {"a": 0.5}, 1),
        (1, {"a": 1}, 0),
    ],
)
def test_apportion_refuses(total: int, weights: dict[str, int], lots: int) -> None:
    with pytest.raises(MoneyError):
        apportion(total, weights, lots)


@pytest.mark.parametrize(
    ("value", "minor", "currency"),
    [
        ("1,000.50 EUR", 100_050, "EUR"),
        ("EUR 1000", 100_000, "EUR"),
        ("eur 0.05", 5, "EUR"),
        ("1000", 100_000, "USD"),
        (1000, 100_000, "USD"),
        (Decimal("0.01"), 1, "USD"),
        (12.34, 1_234, "USD"),
        ("1000 JPY", 1_000, "JPY"),
        ("1.234 KWD", 1_234, "KWD"),
        ("0 USD", 0, "USD"),
    ],
)
def test_amounts_that_are_read(value: str | Decimal | float, minor: int, currency: str) -> None:
    assert Money.parse(value) == Money(minor=minor, currency=currency)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nan",
        "NaN USD",
        "inf",
        "-1",
        "-1 USD",
        "1e3 XYZ",
        "1e3",
        "5 XYZ",
        "10 XAU",
        "1.005 USD",
        "1.5 JPY",
        "1,00 EUR",
        "1 2 USD",
        "1 USD EUR",
        "$5",
        "5USD x",
        0.105,
        float("nan"),
        float("inf"),
        -1,
        Decimal("NaN"),
        Decimal(-1),
        True,
        None,
        "١٠ USD",
    ],
)
def test_amounts_that_are_refused(value: object) -> None:
    with pytest.raises(MoneyError) as caught:
        Money.parse(value)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4


@given(st.integers(0, 10**18), st.sampled_from(["USD", "JPY", "KWD", "EUR"]))
def test_text_and_back(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    assert Money.parse(str(money)) == money
    assert Money.parse(money.decimal(), currency) == money


def test_exponents() -> None:
    assert [exponent(code) for code in ("JPY", "USD", "KWD")] == [0, 2, 3]
    with pytest.raises(MoneyError, match="'usd' is not a currency"):
        exponent("usd")
    assert str(Money(minor=-105)) == "-1.05 USD"
    with pytest.raises(MoneyError):
        Money(minor=1.0)  # type: ignore[arg-type]


def test_a_negative_text_is_called_negative() -> None:
    with pytest.raises(MoneyError, match="'-5 USD' is negative"):
        Money.parse("-5 USD")
    with pytest.raises(MoneyError, match="'five USD' is not an amount"):
        Money.parse("five USD")
