"""What a ledger books of a round: exact shares that, with what is held and fixed, are the budget."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from depfund import Money, Policy, Weights
from depfund.model import UNIT
from depfund.money import apportion
from depfund.shares import split

RULES = [
    "",
    '[limits]\nminimum = "5 USD"',
    '[limits]\nminimum = "5 USD"\nmaximum = "30%"\nlot = "1 USD"',
    '[[fixed]]\npayee = "f"\namount = "10%"\n[limits]\nminimum = "2 USD"\nhorizon = 3',
]


@given(st.integers(0, 50_000), st.lists(st.integers(0, 99), min_size=1, max_size=8), st.sampled_from(RULES))
def test_accruals_held_and_fixed_are_the_budget(budget: int, sizes: list[int], rules: str) -> None:
    values, _ = apportion(UNIT, {f"n{at}": size for at, size in enumerate(sizes)})
    weights = Weights(weighting="manual", values={key: value for key, value in values.items() if value})
    plan = split(Money(minor=budget), weights, None, Policy.parse(rules), ledger=True)
    accrued = sum((Fraction(row.exact) for row in plan.accruals.values()), Fraction(0))
    fixed = sum(payment.amount.minor for payment in plan.payments if payment.payee not in plan.accruals)
    held = sum(row.minor for row in plan.held if row.code not in {"saving", "lots"})
    assert accrued + fixed + held == budget
    saved = {row.subject for row in plan.held if row.code == "saving"}
    assert saved <= plan.accruals.keys()


def test_without_a_ledger_nothing_is_booked() -> None:
    weights = Weights(weighting="manual", values={"a": UNIT})
    assert split(Money(minor=5), weights).accruals == {}


def test_a_whole_percentage_is_per_cent() -> None:
    from depfund.shares import gross

    assert gross(10_000, 3, 30) == gross(10_000, "3%", 30) == gross(10_000, Fraction(3, 100), 30) == (10_340, 340)


def test_a_channels_minimum_is_rounded_up_to_its_lot_and_no_further() -> None:
    from depfund.shares import channels

    parts, reserve = channels(2_000, {"x": 1, "y": 1}, lots={"x": 300}, minimums={"x": 301})
    assert parts["x"] == 900
    assert sum(parts.values()) + reserve == 2_000
    assert channels(1_100, {"x": 1, "y": 1}, lots={"x": 300}, minimums={"x": 301})[0] == {"x": 0, "y": 1_100}
