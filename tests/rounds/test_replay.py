"""Every event of the ledger: what it does, to the unit, and each way in which it cannot follow."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from depfund.errors import LedgerError
from depfund.rounds.events import Event
from depfund.rounds.replay import State, replay

Step = tuple[str, Mapping[str, Any]]


def after(*steps: Step, state: State | None = None) -> State:
    """The state after ``steps``; in their data USD is understood."""
    state = state or State()
    for kind, data in steps:
        plain = data if kind in {"merged", "channel_changed", "grant_state"} else {"currency": "USD", **data}
        replay([Event(number=state.number + 1, kind=kind, at="2026-01-01T00:00:00", data=plain, hash="h")], state)
    return state


def opened(period: str, accruals: Mapping[str, Any], **more: Any) -> Step:
    budget = sum(map(Fraction, accruals.values())) + sum(more.get("fixed", {}).values()) + more.get("held", 0)
    return "opened", {"period": period, "budget": int(budget), "accruals": dict(accruals), **more}


def closed(period: str, paid: Mapping[str, int], **more: Any) -> Step:
    return "closed", {"period": period, "paid": dict(paid), **more}


SAVED = (opened("1", {"a": 300, "b": 200}, minimums={"a": 900, "b": 900}), closed("1", {}))


def refused(words: str, *steps: Step) -> None:
    *before, last = steps
    state = after(*before)
    with pytest.raises(LedgerError, match=words):
        after(last, state=state)


# opened


@pytest.mark.parametrize(
    "more",
    [
        {"budget": 5, "accruals": {"a": 4}},
        {"budget": 5, "accruals": {"a": 6, "b": -1}},
        {"budget": 4, "accruals": {"a": 5}, "held": -1},
        {"budget": 5, "accruals": {"a": 4}, "held": 1, "holds": {"x": 2}},
        {"budget": 5, "accruals": {"a": 4}, "held": 1, "holds": {"x": -1, "y": 1}},
        {"budget": 5, "accruals": {"a": 6}, "fixed": {"b": -1}},
        {"budget": 5, "accruals": {"a": 4}, "carried": "-1"},
        {"budget": 5, "accruals": {"a": 6}, "carried": "1"},
        {"budget": 5, "accruals": {"a": True, "b": 4}},
        {"budget": 5, "accruals": {"a": 5.0}},
    ],
)
def test_a_round_that_does_not_add_up_is_refused(more: Mapping[str, Any]) -> None:
    refused("the round 1 |shape of its kind", ("opened", {"period": "1", **more}))


def test_what_opens_a_round_is_kept() -> None:
    state = after(
        opened(
            "1", {"a": "1/2", "b": "1/2"}, held=4, holds={"x": 4}, fixed={"f": 1}, minimums={"a": 3}, lots={"b": 2},
            channels={"a": "github:a"}, projects={"a": ["p"]}, named=["n"], expiry=2, plan="sha",
        )
    )  # fmt: skip
    this = state.round("1", "USD")
    assert (this.budget, this.held, this.holds, this.fixed) == (6, 4, {"x": 4}, {"f": 1})
    assert (this.accruals, this.named, this.expiry, this.plan) == (
        {"a": Fraction(1, 2), "b": Fraction(1, 2)},
        ("n",),
        2,
        "sha",
    )
    assert (this.status, this.opened, this.closed) == ("open", 1, 0)
    assert state.terms == {"USD": {"a": (3, 1), "b": (0, 2)}}
    assert state.origins == {"a": ("github:a", ("p",)), "b": ("", ()), "f": ("", ())}
    assert state.balances == {}
    assert state.pool == {"USD": 0}


def test_an_unknown_round_is_named_with_those_that_are_known() -> None:
    with pytest.raises(LedgerError, match=r"no round 2 in USD\. Opened: none\."):
        State().round("2", "USD")
    with pytest.raises(LedgerError, match=r"no round 1 in EUR\. Opened: 1 \(USD\)\."):
        after(opened("1", {"a": 1})).round("1", "EUR")


def test_a_later_round_keeps_what_it_does_not_say_of_a_payee() -> None:
    state = after(
        opened("1", {"a": 1}, channels={"a": "github:a"}, projects={"a": ["p"]}),
        opened("2", {"a": 1}),
        opened("3", {"a": 1}, channels={"a": "github:z"}),
    )
    assert state.origins == {"a": ("github:z", ("p",))}


# closed


def test_a_round_is_closed_with_what_it_gives_and_once() -> None:
    round_ = opened("1", {"a": "5/2", "b": 300, "c": "1/2"}, minimums={"b": 900})
    refused("not what its accruals", round_, closed("1", {"a": 3}))
    refused("not what its accruals", round_, closed("1", {"a": 2, "c": 0}))
    refused("closed before", round_, closed("1", {"a": 2}), closed("1", {}))
    state = after(round_, closed("1", {"a": 2}))
    assert state.balances == {"USD": {"a": Fraction(1, 2), "b": 300, "c": Fraction(1, 2)}}
    assert state.touched == {"USD": {"a": 2, "b": 2, "c": 2}}
    assert (state.round("1", "USD").status, state.round("1", "USD").closed) == ("closed", 2)


def test_a_balance_below_zero_is_worked_off_and_one_of_zero_is_gone() -> None:
    arrived = ("reconciled", {"period": "1", "payee": "a", "expected": 100, "actual": 150})
    state = after(opened("1", {"a": 100}), closed("1", {"a": 100}), arrived, opened("2", {"a": 50}))
    assert state.balances == {"USD": {"a": -50}}
    assert after(closed("2", {}), state=state).balances == {"USD": {}}


def test_who_is_withheld_saves_also_what_is_paid_by_hand() -> None:
    state = after(
        opened("1", {"a": 5, "b": 5}, fixed={"f": 7, "g": 2, "b": 1}, channels={"a": "github:a", "b": "github:b"}),
        closed("1", {"b": 5}, withheld=["a", "f"]),
    )
    assert state.balances == {"USD": {"a": 5, "f": 7}}
    assert state.round("1", "USD").paid == {"b": 6, "g": 2}
    assert state.round("1", "USD").withheld == ("a", "f")
    assert state.channels == {"b": "github:b"}


# reconciled


def test_what_arrived_is_booked_once_and_only_against_what_was_due() -> None:
    paid = (opened("1", {"a": 100}), closed("1", {"a": 100}))
    line = {"period": "1", "payee": "a", "expected": 100, "actual": 97}
    refused("not closed yet", paid[0], ("reconciled", line))
    refused("less than nothing", *paid, ("reconciled", {**line, "actual": -1}))
    refused("was to get 100", *paid, ("reconciled", {**line, "expected": 99}))
    refused("was to get 0", *paid, ("reconciled", {**line, "payee": "z", "expected": 1}))
    refused("reconciled in round 1 already", *paid, ("reconciled", line), ("reconciled", line))
    state = after(*paid, ("reconciled", line))
    assert (state.balances, state.round("1", "USD").actual) == ({"USD": {"a": 3}}, {"a": 97})
    state = after(*paid, ("reconciled", {**line, "actual": 0}))
    assert state.balances == {"USD": {"a": 100}}
    state = after(*paid, ("reconciled", {"period": "1", "payee": "z", "expected": 0, "actual": 4}))
    assert state.balances == {"USD": {"z": -4}}


# expired, left, released


@pytest.mark.parametrize("kind", ["expired", "left"])
def test_a_balance_returns_to_the_pool_whole_or_in_part(kind: str) -> None:
    for amount in ("0", "-1", "300.5", "301"):
        refused("no balance of", *SAVED, (kind, {"payee": "a", "amount": amount}))
    refused("no balance of", *SAVED, (kind, {"payee": "z", "amount": "1"}))
    state = after(*SAVED, (kind, {"payee": "a", "amount": "1/2"}))
    assert (state.balances["USD"]["a"], state.pool) == (Fraction(599, 2), {"USD": Fraction(1, 2)})
    state = after((kind, {"payee": "a", "amount": "599/2"}), state=state)
    assert (state.balances, state.pool) == ({"USD": {"b": 200}}, {"USD": 300})


def test_what_was_held_is_released_whole_or_in_part() -> None:
    held = opened("1", {"a": 1}, held=10, holds={"x": 7, "y": 3})
    for subject, amount in (("x", 0), ("x", 8), ("z", 1), ("x", -1)):
        refused("holds no", held, ("released", {"period": "1", "subject": subject, "amount": amount}))
    state = after(held, ("released", {"period": "1", "subject": "x", "amount": 1}))
    assert (state.round("1", "USD").holds, state.pool) == ({"x": 6, "y": 3}, {"USD": 1})
    state = after(("released", {"period": "1", "subject": "x", "amount": 6}), state=state)
    assert (state.round("1", "USD").holds, state.pool) == ({"x": 0, "y": 3}, {"USD": 7})


def test_the_pool_is_carried_as_far_as_it_reaches() -> None:
    returned = (*SAVED, ("left", {"payee": "a", "amount": "300"}))
    more = ("opened", {"period": "2", "budget": 10, "accruals": {"c": 311}, "carried": "301"})
    refused("the pool holds less", *returned, more)
    state = after(*returned, ("opened", {"period": "2", "budget": 10, "accruals": {"c": 310}, "carried": "300"}))
    assert state.pool == {"USD": 0}


# merged


def test_a_merged_payee_moves_with_all_it_has() -> None:
    state = after(
        opened("1", {"a": 300, "b": 200}, minimums={"a": 900, "b": 800}, lots={"a": 3},
               channels={"a": "github:a"}, projects={"a": ["p"]}),
        closed("1", {}),
        ("merged", {"payee": "a", "into": "n"}),
    )  # fmt: skip
    assert state.balances == {"USD": {"b": 200, "n": 300}}
    assert state.terms["USD"]["n"] == (900, 3)
    assert state.origins["n"] == ("github:a", ("p",))
    assert state.touched["USD"]["n"] == 3
    assert (state.name("a"), state.balance("a", "USD")) == ("n", 300)
    state = after(("merged", {"payee": "n", "into": "b"}), state=state)
    assert state.balances == {"USD": {"b": 500}}
    assert state.terms["USD"]["b"] == (800, 1)  # what is known of the payee itself stays
    assert state.origins["b"] == ("", ())
    assert (state.name("a"), state.balance("a", "EUR")) == ("b", 0)
    with pytest.raises(LedgerError, match="one payee already"):
        after(("merged", {"payee": "b", "into": "a"}), state=state)


def test_the_merger_of_somebody_without_anything_is_a_name_only() -> None:
    state = after(*SAVED, ("merged", {"payee": "x", "into": "y"}))
    assert state.balances == {"USD": {"a": 300, "b": 200}}
    assert "y" not in state.touched["USD"]
    assert "y" not in state.terms["USD"]
    assert "y" not in state.origins


# currency_changed, channel_changed


@pytest.mark.parametrize(("amount", "becomes"), [("0", "1"), ("-1", "1"), ("301", "1"), ("300", "-1"), ("601/2", "1")])
def test_a_change_of_currency_that_cannot_be(amount: str, becomes: str) -> None:
    refused(
        "to change",
        *SAVED,
        ("currency_changed", {"payee": "a", "amount": amount, "to": "EUR", "becomes": becomes}),
    )


@pytest.mark.parametrize(("amount", "left"), [("300", {"b": 200}), ("1/2", {"a": Fraction(599, 2), "b": 200})])
def test_a_change_of_currency(amount: str, left: dict[str, Fraction]) -> None:
    change = {"payee": "a", "amount": amount, "to": "EUR", "becomes": "250"}
    state = after(*SAVED, ("currency_changed", change))
    assert state.balances == {"USD": left, "EUR": {"a": 250}}
    assert state.touched["EUR"] == {"a": 3}
    state = after(*SAVED, ("currency_changed", {**change, "becomes": "0"}))
    assert not state.balances["EUR"]


def test_what_expires_in_a_currency_without_rounds_begins_its_pool() -> None:
    change = ("currency_changed", {"payee": "a", "amount": "300", "to": "EUR", "becomes": "250"})
    state = after(*SAVED, change, ("left", {"payee": "a", "currency": "EUR", "amount": "250"}))
    assert state.pool == {"USD": 0, "EUR": 250}


def test_a_new_channel_keeps_the_projects() -> None:
    state = after(
        opened("1", {"a": 1}, channels={"a": "github:a"}, projects={"a": ["p", "q"]}),
        ("channel_changed", {"payee": "a", "channel": "github:n"}),
        ("channel_changed", {"payee": "z", "channel": "github:z"}),
    )
    assert state.origins == {"a": ("github:n", ("p", "q")), "z": ("github:z", ())}
    assert state.channels == {"a": "github:n", "z": "github:z"}


# grants

GRANT = ("granted", {"grant": "g", "payee": "a", "parts": [10, 20, 0]})


@pytest.mark.parametrize("parts", [[True], [-1], ["1"], [1.0], [1, -1]])
def test_parts_of_a_grant_are_whole(parts: list[Any]) -> None:
    refused("whole minor units", ("granted", {"grant": "g", "payee": "a", "parts": parts}))


def test_a_grant_begins_announced_or_with_its_first_part_paid() -> None:
    assert [part["state"] for part in after(GRANT).grants["g"]["parts"]] == ["announced"] * 3
    first = after(("granted", {**GRANT[1], "first_in": "1"})).grants["g"]
    assert [part["state"] for part in first["parts"]] == ["paid", "announced", "announced"]
    assert (first["number"], first["payee"], first["currency"]) == (1, "a", "USD")
    refused("exists already", GRANT, GRANT)


def test_a_part_is_announced_then_contracted_then_paid() -> None:
    def to(part: int, name: str, grant: str = "g") -> Step:
        return "grant_state", {"grant": grant, "part": part, "state": name}

    state = after(GRANT, to(2, "contracted"), to(2, "paid"), to(0, "paid"))
    assert [part["state"] for part in state.grants["g"]["parts"]] == ["paid", "announced", "paid"]
    for step in (to(0, "announced"), to(0, "contracted"), to(0, "paid")):
        refused("is paid already", GRANT, to(0, "paid"), step)
    refused("is announced already", GRANT, to(1, "announced"))
    refused("no part 3 of a grant 'g'", GRANT, to(3, "paid"))
    refused("no part -1 of a grant 'g'", GRANT, to(-1, "paid"))
    refused("no part 0 of a grant 'h'", GRANT, to(0, "paid", "h"))
    refused("does not have the shape", GRANT, to(0, "lost"))


def test_a_round_pays_a_part_of_a_grant_once() -> None:
    def pays(period: str, part: int, minor: int, grant: str = "g", currency: str = "USD") -> Step:
        row = {"period": period, "budget": 0, "accruals": {}, "fixed": {"a": minor}, "instalments": {grant: part}}
        return "opened", {**row, "currency": currency}

    for wrong in (pays("1", -1, 0), pays("1", 3, 0), pays("1", 0, 10, "h"), pays("1", 0, 10, currency="EUR")):
        refused("there is no part", GRANT, wrong)
    refused("they must be equal", GRANT, pays("1", 0, 11))
    refused("by a round that is open", GRANT, pays("1", 0, 10), pays("2", 1, 20))
    state = after(GRANT, pays("1", 0, 10), closed("1", {}))
    assert [part["state"] for part in state.grants["g"]["parts"]] == ["paid", "announced", "announced"]
    assert state.round("1", "USD").paid == {"a": 10}
    assert after(pays("2", 2, 0), state=state).round("2", "USD").instalments == {"g": 2}
    refused("is paid already", GRANT, pays("1", 0, 10), closed("1", {}), pays("2", 0, 10))
