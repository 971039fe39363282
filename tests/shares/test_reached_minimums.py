"""A share that is its minimum but for the last place of the weights has reached it."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import PolicyError
from depfund.model import Weights
from depfund.money import Money, apportion
from depfund.shares import split
from depfund.shares.policy import Policy

KEYS = [f"github:{name}" for name in "abcdefghijkl"]
AMOUNTS = st.lists(st.integers(1, 3000), min_size=1, max_size=12)


def shared_out(amounts: list[int], rules: str, *, ledger: bool = False, lot: int = 1) -> tuple[dict[str, int], dict]:
    values, _ = apportion(10**15, dict(zip(KEYS, amounts, strict=False)))
    budget = Money(minor=sum(amounts) * lot)
    plan = split(budget, Weights(weighting="manual", values=values), None, Policy.parse(rules), ledger=ledger)
    assert sum(p.amount.minor for p in plan.payments) == budget.minor - sum(held.minor for held in plan.held)
    return {p.payee: p.amount.minor for p in plan.payments}, {key: row.exact for key, row in plan.accruals.items()}


@given(AMOUNTS)
def test_who_gets_exactly_the_minimum_is_paid(amounts: list[int]) -> None:
    wanted = dict(zip(KEYS, amounts, strict=False))
    text = f'[limits]\nminimum = "{Fraction(min(amounts), 100) * 1.0:.2f} USD"'
    assert shared_out(amounts, text)[0] == wanted
    paid, accrued = shared_out(amounts, text, ledger=True)
    assert paid == wanted
    assert accrued == {key: str(part) for key, part in wanted.items()}


@given(AMOUNTS)
def test_and_so_with_lots(amounts: list[int]) -> None:
    text = f'[limits]\nlot = "1 USD"\nminimum = "{min(amounts)} USD"'
    wanted = {key: amount * 100 for key, amount in zip(KEYS, amounts, strict=False)}
    assert shared_out(amounts, text, lot=100)[0] == wanted


def test_a_third_of_15_is_5(make: SimpleNamespace) -> None:
    made = make.weights({"a": 1, "b": 1, "c": 1})
    first = make.channel("open_collective:c", minimum=Money(minor=500))
    payee = make.payee("open_collective:c", first, make.channel("github:c"))
    known = make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["open_collective:c"]}, payee)
    plan = make.run(15, made, known, '[limits]\nminimum = "5 USD"')
    assert make.paid(plan) == {"github:a": 500, "github:b": 500, "open_collective:c": 500}
    assert plan.payments[2].channel == first
    short = make.run("14.99", made, known, '[limits]\nminimum = "5 USD"')
    assert make.paid(short) == {"github:a": 750, "github:b": 749}


def test_what_really_is_below_the_minimum_stays_below(make: SimpleNamespace) -> None:
    plan = make.run(10, make.weights({"a": 50001, "b": 49999}), None, '[limits]\nminimum = "5 USD"')
    assert make.paid(plan) == {"a": 1000}


def test_a_minimum_above_the_cap_is_saved_for_within_the_horizon(make: SimpleNamespace) -> None:
    rules = '[limits]\nminimum = "50 USD"\nmaximum = "20 USD"\nhorizon = {}'
    plan = make.run(30, make.weights({"a": 2, "b": 1}), None, rules.format(3))
    assert make.held(plan) == {"a": 2000, "reserve": 1000}
    with pytest.raises(PolicyError, match="nobody could be paid"):
        Policy.parse(rules.format(2))
