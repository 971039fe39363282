"""Amounts of any size: exact and saved, or refused; never a number that cannot be written down again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import depfund
from depfund import DepfundError, Facts, Graph, Money, Package
from depfund.money import DIGITS, fraction

PURL = "pkg:pypi/a@1"
GRAPH = Graph(
    root="x", packages=(Package(purl=PURL, name="a", version="1", ecosystem="pypi"),), direct={PURL: "runtime"}
)


@settings(max_examples=40)
@given(st.integers(0, 10**300))
def test_any_budget_is_split_saved_and_loaded(minor: int) -> None:
    money = Money(minor=minor, currency="JPY")
    assert Money.parse(str(money)) == money
    plan = depfund.split(money, depfund.weigh(GRAPH), Facts())
    text = plan.to_json()
    assert depfund.Allocation.from_json(text).to_json() == text
    for form in ("table", "csv", "markdown", "html"):
        depfund.export(plan, form)


@pytest.mark.parametrize(
    "value", [10**2_000, Decimal("1E+999999999"), Decimal("1E-999999999"), "9" * 5_000, "0." + "0" * 5_000 + "1"]
)
def test_an_amount_without_end_is_refused_at_once(value: object) -> None:
    with pytest.raises(DepfundError) as caught:
        depfund.split(value, depfund.weigh(GRAPH), Facts())  # type: ignore[arg-type]
    assert len(str(caught.value)) < 2_000


@given(st.fractions())
def test_a_fraction_is_read_as_it_is_written(value) -> None:
    if len(str(value)) <= DIGITS:
        assert fraction(str(value)) == value


@pytest.mark.parametrize(
    "text", ["1e1001", "1e-99999", "1E+999999999999999999999", "1/0", "nan", "inf", "", "1" * 1_001]
)
def test_what_is_no_number_of_a_thousand_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"digits|zero|literal"):
        fraction(text)
