"""Limits at their edges, and pools that bear fixed fees, to the unit."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from depfund.errors import AllocationError, MoneyError
from depfund.model import Basis, Project
from depfund.money import Money
from depfund.shares import channels, fees, fill, gross, lumps, prefix
from depfund.shares.charges import most
from depfund.shares.outcome import takes
from depfund.shares.policy import Policy


def test_who_is_at_the_minimum_or_at_a_cap_that_is_the_minimum_is_paid() -> None:
    assert prefix(15, {"a": 1, "b": 1, "c": 1}, 5) == ({"a": 5, "b": 5, "c": 5}, 0)
    assert prefix(12, {"a": 1, "b": 1}, 5, 5) == ({"a": 5, "b": 5}, 2)
    assert prefix(14, {"a": 1, "b": 1, "c": 1}, 5) == ({"a": 7, "b": 7, "c": 0}, 0)


def test_a_cap_of_nothing_and_floors_that_are_everything() -> None:
    assert fill(10, {"a": 1, "b": 1}, None, {"a": 0}) == ({"a": 0, "b": 10}, 0)
    assert fill(10, {"a": 1, "b": 1}, {"a": 10}) == ({"a": 10, "b": 0}, 0)
    assert fill(10, {"a": 0, "b": 1}, {"a": 3}, {"b": 4}) == ({"a": 3, "b": 4}, 3)


def test_fixed_fees_that_are_the_whole_budget() -> None:
    assert fees(6, {"a": 1, "b": 2, "c": 0}, 0, 3, "pool_bears") == ({"a": 3, "b": 3, "c": 0}, {"a": 0, "b": 0, "c": 0})
    with pytest.raises(AllocationError, match="need 20/3, more than the budget 6"):
        fees(6, {"a": 1, "b": 1}, Fraction(1, 10), 3, "pool_bears")
    assert most(97, "3%") == 100
    assert gross(0, "3%", 30) == (31, 31)


def test_lump_sums_as_far_as_the_budget_goes() -> None:
    scores = {"a": 3, "b": 2, "c": 1}
    assert lumps(scores, "top", 2, amount=5, budget=100) == ["a", "b"]
    assert lumps(scores, "top", 3, amount=5, budget=10) == ["a", "b"]
    assert lumps(scores, "top", amount=5, budget=14) == ["a", "b"]
    assert lumps(scores, "top", 1, amount=5) == ["a"]
    assert lumps([["a", "b"], ["b"]], "top", 2) == ["b", "a"]
    # a takes 5 of the first two purses of 8; what the first has left and all of the third's is b's cost.
    assert lumps([["a", "b"], ["a"], ["b"]], "equal_shares", costs={"a": 10, "b": 11}, budget=24) == ["a", "b"]


@pytest.mark.parametrize("bad", [True, Fraction(1, 2), 1.0, "1"])
def test_minor_units_and_counts_are_whole(bad: Any) -> None:
    with pytest.raises(MoneyError):
        gross(bad, "3%")
    with pytest.raises(MoneyError):
        gross(1, "3%", bad)
    with pytest.raises(MoneyError):
        channels(bad, {"a": 1})
    with pytest.raises(MoneyError):
        lumps({"a": 1}, "top", bad)


def test_a_tiny_budget_is_rounded_not_cut(make: SimpleNamespace) -> None:
    known = make.facts({name: [f"github:{name}"] for name in "abc"})
    plan = make.run("0.03", make.weights({"a": 6, "b": 1, "c": 1}), known)
    assert make.paid(plan) == {"github:a": 2, "github:b": 1}


def test_a_cap_is_rounded_down_and_a_minimum_up_to_the_lot(make: SimpleNamespace) -> None:
    rules = '[limits]\nlot = "1 USD"\nmaximum = "12.50 USD"\nminimum = "3.20 USD"'
    plan = make.run(30, make.weights({"a": 20, "b": 6, "c": 4}), None, rules)
    assert make.paid(plan) == {"a": 1200, "b": 1100, "c": 700}
    few = make.run(9, make.weights({"a": 5, "b": 4}), None, rules)
    assert make.paid(few) == {"a": 500, "b": 400}
    less = make.run("7.90", make.weights({"a": 41, "b": 38}), None, rules)
    assert (make.paid(less), make.held(less)) == ({"a": 700}, {"reserve": 90})


@pytest.mark.parametrize(("period", "most_"), [("month", 100), ("quarter", 300), ("year", 1200)])
def test_nobody_gets_more_than_it_asks_for(make: SimpleNamespace, period: str, most_: int) -> None:
    asks = make.payee("github:a", asks=Money(minor=1600), receives=Money(minor=400))
    full = make.payee("github:b", asks=Money(minor=1600), receives=Money(minor=1601))
    other = make.payee("github:c", asks=Money(minor=1200, currency="EUR"))
    open_ = make.payee("github:d", asks=Money(minor=3600))
    known = make.facts({name: [f"github:{name}"] for name in "abcd"}, asks, full, other, open_)
    rules = f'[fund]\nperiod = "{period}"\n[limits]\nasks = true\nmaximum = "20 USD"'
    plan = make.run(100, make.weights(dict.fromkeys("abcd", 1)), known, rules)
    paid = make.paid(plan)
    assert paid == {"github:a": most_, "github:c": 2000, "github:d": min(3 * most_, 2000)}


def test_floors_may_be_the_whole_budget_and_a_cap_may_be_the_floor(make: SimpleNamespace) -> None:
    rules = '[limits.payees.a]\nfloor = "6 USD"\nmaximum = "6 USD"\n[limits.payees.b]\nfloor = "4 USD"'
    assert make.paid(make.run(10, make.weights({"a": 1, "b": 1, "c": 1}), None, rules)) == {"a": 600, "b": 400}
    with pytest.raises(AllocationError, match=r"floors of limits\.payees sum to more"):
        make.run("9.99", make.weights({"a": 1, "b": 1}), None, rules)
    with pytest.raises(AllocationError, match=r"the floor of a is 6\.00 USD, above its cap 5\.00 USD"):
        make.run(
            10, make.weights({"a": 1, "b": 1}), None, '[limits]\nmaximum = "1/2"\n[limits.payees.a]\nfloor = "3/5"'
        )


def test_a_floor_stands_beside_minimums(make: SimpleNamespace) -> None:
    rules = '[limits]\nminimum = "3 USD"\n[limits.payees.z]\nfloor = "5 USD"'
    plan = make.run(20, make.weights({"a": 6, "b": 3, "c": 2, "z": 1}), None, rules)
    # The level is 15/11 of a unit of weight: c would get 2.73.
    assert make.paid(plan) == {"a": 1000, "b": 500, "z": 500}


def test_everybody_has_support_already(make: SimpleNamespace) -> None:
    rules = '[already]\na = "4 USD"\nb = "1 USD"'
    assert make.paid(make.run(5, make.weights({"a": 1, "b": 1}), None, rules)) == {"a": 100, "b": 400}


def test_who_is_left_out_has_a_reason(make: SimpleNamespace) -> None:
    rules = '[limits]\nminimum = "3 USD"\nhorizon = 2\n[limits.payees.c]\nmaximum = "1 USD"'
    plan = make.run(10, make.weights({"a": 8, "b": 1, "c": 1}), None, rules)
    found = {key: row["reason"] for key, row in plan.coverage["unpaid"].items()}
    assert found == {"b": "limits.minimum", "c": "limits.maximum"}
    capped = make.run(10, make.weights({"a": 8, "b": 2}), None, '[limits]\nmaximum = "1 USD"')
    assert make.held(capped) == {"reserve": 800}
    assert make.codes(capped)["limits.maximum"] == ["reserve"]
    nobody = make.run(1, make.weights({"a": 1}), None, '[limits]\nminimum = "3 USD"')
    assert (nobody.held[0].code, make.held(nobody)) == ("limits.minimum", {"reserve": 100})
    assert "limits.maximum" not in make.codes(nobody)
    assert nobody.coverage["unpaid"]["a"]["reason"] == "limits.minimum"
    rules = '[limits]\nminimum = "3 USD"\nmaximum = "3 USD"'
    third = make.run(8, make.weights({"a": 2, "b": 2, "c": 1}), None, rules)
    assert (make.paid(third), third.coverage["unpaid"]["c"]["reason"]) == ({"a": 300, "b": 300}, "limits.minimum")


def test_the_channel_that_takes_the_amount(make: SimpleNamespace) -> None:
    first, second = make.channel("open_collective:c", minimum=Money(minor=500)), make.channel("github:c")
    known = make.facts({"a": ["github:a"], "c": ["open_collective:c"]}, make.payee("open_collective:c", first, second))
    for budget, road in (("10", first), ("9.98", second)):
        plan = make.run(budget, make.weights({"a": 1, "c": 1}), known)
        assert plan.payments[1].channel == road
    rules = '[channels]\nlots = {open_collective = "1 USD"}\n[limits]\nmaximum = "12.50 USD"'
    plan = make.run(40, make.weights({"a": 1, "c": 1}), known, rules)
    # Whole dollars would not reach the cap that the other channel can.
    assert (plan.payments[1].amount.minor, plan.payments[1].channel) == (1250, second)
    plan = make.run(40, make.weights({"a": 1, "c": 1}), known, rules.replace("12.50", "12"))
    assert (plan.payments[1].amount.minor, plan.payments[1].channel) == (1200, first)


POOL = '[fees]\nbearer = "pool_bears"\ngithub = {percent = "10%", fixed = "0.30 USD"}\n'


def pool(make: SimpleNamespace, budget: str, weights: dict[str, int], rules: str = "") -> tuple[dict, dict, int]:
    keys = {name: f"{'github' if name in 'ab' else 'open_collective'}:{name}" for name in weights}
    plan = make.run(
        budget, make.weights(weights), make.facts({name: [key] for name, key in keys.items()}), POOL + rules
    )
    return make.paid(plan), make.held(plan), plan.fees.taken


def test_what_arrives_from_a_pool_that_bears_the_fees(make: SimpleNamespace) -> None:
    # Σ gross = (L + 30)·10/9 + (L + 30)·10/9 + L = 3000, so L = (3000 − 600/9)·9/29 = 910.34 and gross 1044.83…
    assert pool(make, "30", {"a": 1, "b": 1, "c": 1}) == (
        {"github:a": 910, "github:b": 910, "open_collective:c": 910}, {}, 270
    )  # fmt: skip


def test_caps_minimums_and_floors_of_a_pool_hold_for_what_arrives(make: SimpleNamespace) -> None:
    paid, held, taken = pool(make, "30", {"a": 1, "b": 1, "c": 1}, '[limits]\nmaximum = "8 USD"')
    assert (paid, held, taken) == ({"github:a": 800, "github:b": 800, "open_collective:c": 800}, {"reserve": 356}, 244)
    # The third would arrive with less than 3 USD, so it is left out and the others get its part.
    paid, held, taken = pool(make, "10", {"a": 4, "b": 2, "c": 4}, '[limits]\nminimum = "3 USD"')
    assert (set(paid), held, sum(paid.values()) + taken) == ({"github:a", "open_collective:c"}, {}, 1000)
    assert abs(paid["github:a"] - paid["open_collective:c"]) <= 1
    paid, held, taken = pool(make, "10", {"a": 1, "c": 9}, '[limits.payees."github:a"]\nfloor = "5 USD"')
    assert (paid, held, taken) == ({"github:a": 500, "open_collective:c": 411}, {}, 89)
    with pytest.raises(AllocationError, match="sum to more"):
        pool(make, "5.88", {"a": 1}, '[limits.payees."github:a"]\nfloor = "5 USD"')
    assert pool(make, "5.89", {"a": 1}, '[limits.payees."github:a"]\nfloor = "5 USD"') == ({"github:a": 500}, {}, 89)


def test_the_minimum_of_a_pool_is_reached_exactly_and_its_caps_keep_to_lots(make: SimpleNamespace) -> None:
    least = '[limits]\nminimum = "3 USD"'
    assert pool(make, "3.67", {"a": 1}, least) == ({"github:a": 300}, {}, 67)
    assert pool(make, "3.66", {"a": 1}, least) == ({}, {"reserve": 366}, 0)
    assert pool(make, "7.34", {"a": 1, "b": 1}, least) == ({"github:a": 300, "github:b": 300}, {}, 134)
    assert pool(make, "7.33", {"a": 1, "b": 1}, least) == ({"github:a": 630}, {}, 103)
    rules = '[limits]\nmaximum = "8 USD"\nlot = "1 USD"'
    assert pool(make, "30", {"a": 1}, rules) == ({"github:a": 780}, {"reserve": 2100}, 120)


def test_amounts_by_hand_arrive_whole_from_a_pool(make: SimpleNamespace) -> None:
    rules = '[[fixed]]\npayee = "github:a"\namount = "0 USD"\n[[fixed]]\npayee = "github:b"\namount = "9.70 USD"\n'
    keys = {"c": ["open_collective:c"], "a": ["github:a"], "b": ["github:b"]}
    plan = make.run(20, make.weights({"a": 1, "b": 1, "c": 1}), make.facts(keys), POOL + rules)
    assert make.paid(plan) == {"github:b": 970, "open_collective:c": 889}
    assert plan.fees.taken == 141
    flat = '[fees]\nbearer = "pool_bears"\ngithub = "10%"\n'
    plan = make.run(20, make.weights({"a": 1, "b": 1, "c": 1}), make.facts(keys), flat + rules)
    assert (make.paid(plan), plan.fees.taken) == ({"github:b": 970, "open_collective:c": 922}, 108)


def test_one_payee_over_two_channels_in_their_lots(make: SimpleNamespace) -> None:
    roads = (make.channel("open_collective:a"), make.channel("github:a"))
    known = make.facts({"p": ["open_collective:a"]}, make.payee("open_collective:a", *roads))
    rules = '[channels]\nlots = {github = "1 USD", liberapay = "3 USD"}\n'
    rules += '[channels.shares."open_collective:a"]\ngithub = "1/2"\nopen_collective = "1/2"'
    plan = make.run("10.50", make.weights({"p": 1}), known, rules)
    assert {p.channel.key: p.amount.minor for p in plan.payments} == {"open_collective:a": 525, "github:a": 500}
    assert [(row.code, row.minor) for row in plan.held] == [("channels", 25)]
    elsewhere = rules.replace('github = "1/2"', 'liberapay = "1/2"').replace(
        'open_collective = "1/2"', 'patreon = "1/2"'
    )
    plan = make.run("10.50", make.weights({"p": 1}), known, elsewhere)
    assert {p.channel.key: p.amount.minor for p in plan.payments} == {"open_collective:a": 1050}
    assert plan.held == ()


def test_a_channel_takes_the_larger_of_its_minimums(make: SimpleNamespace) -> None:
    policy = Policy.parse('[channels]\nminimums = {github = "5 USD"}')
    assert takes(make.channel("github:a", minimum=Money(minor=300)), policy, "USD") == 500
    assert takes(make.channel("github:a", minimum=Money(minor=700)), policy, "USD") == 700
    assert takes(make.channel("github:a", minimum=Money(minor=700)), policy, "EUR") == 0
    assert takes(make.channel("liberapay:a"), policy, "USD") == 0


def test_what_brought_an_amount_and_what_moved_it(make: SimpleNamespace) -> None:
    two = Project(url="p", packages=("pkg:x/a", "pkg:x/b"), payees=("github:a",))
    known = make.facts({"p": two, "q": ["github:a"], "r": []}, make.payee("foundation:f"))
    basis = Basis(
        level="project",
        members={"p": ("pkg:x/a", "pkg:x/b"), "q": ("pkg:x/q",), "r": ("pkg:x/r",)},
        direct={"p": "runtime", "r": "runtime"},
    )
    rules = '[unfundable]\npolicy = "fallback"\nfallback = "foundation:f"'
    plan = make.run(10, make.weights({"p": 2, "q": 2, "r": 1}, basis=basis), known, rules)
    mine, other = sorted(plan.payments, key=lambda payment: -payment.amount.minor)
    assert mine.because == {"pkg:x/a": 200, "pkg:x/b": 200, "pkg:x/q": 400}
    assert [(one.stage, one.minor) for one in mine.effects] == [("weight", 800)]
    assert [(one.stage, one.minor) for one in other.effects] == [("unfundable", 200)]
    assert plan.coverage["direct"] == {"all": 2, "resolved": 1, "payable": 1, "paid": 1}


def test_a_fee_that_is_all_there_is_needs_no_warning(make: SimpleNamespace) -> None:
    known, rules = make.facts({"a": ["github:a"]}), '[fees]\ngithub = {percent = "0%", fixed = "0.30 USD"}'
    for budget, warned in (("0.30", False), ("0.29", True)):
        plan = make.run(budget, make.weights({"a": 1}), known, rules)
        assert plan.fees.lines[0].net == 0
        assert ("fees" in make.codes(plan)) is warned
