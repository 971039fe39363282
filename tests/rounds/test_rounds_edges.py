"""Opening, expiry, differences and books at their edges: equality, nothing, somebody else's round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from depfund.errors import ExportError, LedgerError
from depfund.model import Accrual, Allocation, Channel, FeeLine, Fees, Held, Payment
from depfund.money import Money
from depfund.rounds.books import plain, render, whole
from depfund.rounds.difference import Difference, difference
from depfund.rounds.events import Event
from depfund.rounds.expiry import expired, leaving
from depfund.rounds.opening import grants, instalments_due, opened, period_of
from depfund.rounds.replay import State, replay


def pay(payee: str, minor: int, *projects: str, road: str = "") -> Payment:
    platform, _, handle = road.partition(":")
    channel = Channel(platform=platform, handle=handle) if road else None
    return Payment(payee=payee, amount=Money(minor=minor), projects=projects, channel=channel)


def plan(budget: int, *payments: Payment, **more: Any) -> Allocation:
    return Allocation(budget=Money(minor=budget), payments=payments, **more)


def after(*steps: tuple[str, Mapping[str, Any]]) -> tuple[State, list[Event]]:
    state, events = State(), []
    for number, (kind, data) in enumerate(steps, 1):
        events.append(Event(number=number, kind=kind, at=f"2026-01-0{number}T00:00:00", data=data, hash=f"h{number}"))
    return replay(events, state), events


def rounds(*parts: tuple[str, str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Opened and closed at once: period, currency, accruals of the round, all below their minimum."""
    steps: list[tuple[str, Mapping[str, Any]]] = []
    for period, currency, accruals in parts:
        row = {"period": period, "currency": currency}
        least = dict.fromkeys(accruals, 10**6)
        steps.append(("opened", {**row, "budget": sum(accruals.values()), "accruals": accruals, "minimums": least}))
        steps.append(("closed", {**row, "paid": {}}))
    return steps


# opening


@pytest.mark.parametrize(
    ("length", "names"),
    [
        ("month", ["2026-01", "2026-03", "2026-04", "2026-09", "2026-10", "2026-12"]),
        ("quarter", ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026-Q4"]),
        ("year", ["2026"] * 6),
    ],
)
def test_periods(length: str, names: list[str]) -> None:
    days = [date(2026, month, 28) for month in (1, 3, 4, 9, 10, 12)]
    assert [period_of(day, length) for day in days] == names


def test_a_period_of_forty_letters_and_a_budget_that_is_all_carried() -> None:
    found = opened(plan(7, pay("a", 7)), "x" * 40, carried=7)
    assert (found["period"], found["budget"], found["carried"]) == ("x" * 40, 0, "7")
    assert "carried" not in opened(plan(7, pay("a", 7)), "1")
    assert opened(plan(0), "1")["held"] == 0


@pytest.mark.parametrize("exact", ["1/2", "15/2", "8"])
def test_a_plan_that_does_not_add_up_opens_nothing(exact: str) -> None:
    with pytest.raises(LedgerError, match=f"accrues and pays {exact} minor units of a budget of 7"):
        opened(plan(7, accruals={"a": Accrual(exact=exact)}), "1")


def test_an_accrual_is_a_fraction() -> None:
    assert opened(plan(7, pay("b", 1), accruals={"a": Accrual(exact="3")}), "1")["held"] == 3
    with pytest.raises(LedgerError, match="no fraction"):
        opened(plan(7, accruals={"a": Accrual(exact="1/0")}), "1")


def test_what_a_plan_says_of_its_payees_is_in_the_event() -> None:
    accruals = {
        "a": Accrual(exact="3", minimum=2, lot=2, channel="github:old", projects=("p",)),
        "b": Accrual(exact="4"),
    }
    unpaid = {"unpaid": {"z": {"minor": 1}, "y": {"minor": 1}}}
    made = plan(
        9, pay("a", 3, "q", road="github:a"), pay("c", 1, road="github:c"), pay("c", 1, road="liberapay:c"),
        accruals=accruals, coverage=unpaid, policy={"unfundable": {"expiry": 3}},
    )  # fmt: skip
    found = opened(made, "1")
    assert (found["minimums"], found["lots"], found["fixed"]) == ({"a": 2}, {"a": 2}, {"c": 2})
    assert found["channels"] == {"a": "github:a", "c": "github:c"}
    assert found["projects"] == {"a": ["q"]}
    assert (found["named"], found["expiry"]) == (["y", "z"], 3)
    bare = opened(plan(1, pay("a", 1)), "1")
    assert not {"named", "expiry", "carried", "instalments"} & bare.keys()
    assert (bare["channels"], bare["projects"], bare["lots"]) == ({}, {}, {})


def test_the_pools_fees_accrue_with_their_payment_also_where_nothing_arrives() -> None:
    lines = tuple(FeeLine(payee=key, platform="github", gross=fee, fee=fee, net=0) for key, fee in (("a", 3), ("b", 2)))
    made = plan(10, pay("a", 5), fees=Fees(bearer="pool_bears", taken=5, lines=lines))
    assert opened(made, "1")["accruals"] == {"a": "8", "b": "2"}
    other = plan(5, pay("a", 5), fees=Fees(bearer="payee_bears", lines=lines))
    assert opened(other, "1")["accruals"] == {"a": "5"}


@pytest.mark.parametrize(
    ("limits", "least"),
    [
        ({"minimum": "5 USD", "payees": {"a": {"minimum": "7 USD"}}}, {"a": 700}),
        ({"minimum": "5 USD", "payees": {"b": {"minimum": "7 USD"}}}, {"a": 500}),
        ({"minimum": "5 USD", "payees": "no table"}, {"a": 500}),
        ({"minimum": "5 USD", "payees": {"a": "no table"}}, {"a": 500}),
        ({"minimum": "five"}, {}),
        ({}, {}),
        ("no table", {}),
    ],
)
def test_the_minimum_of_who_saves_is_that_of_the_policy(limits: Any, least: dict[str, int]) -> None:
    held = (Held(subject="a", minor=3, reason="", code="saving"), Held(subject="a", minor=1, reason="", code="saving"))
    found = opened(plan(4, held=held, policy={"limits": limits}), "1")
    assert (found["accruals"], found["minimums"]) == ({"a": "4"}, least)


def test_parts_of_a_lump_sum_are_a_grant_beside_other_payments() -> None:
    held = (
        Held(subject="a", minor=5, reason="instalment 2 of 2 of a lump sum", code="instalment"),
        Held(subject="a", minor=9, reason="instalment 2 of 2 of a lump sum", code="saving"),
    )
    made = plan(30, pay("a", 4), pay("b", 12), held=held)
    grant = {"grant": "1 a", "payee": "a", "currency": "USD", "parts": [4, 5], "first_in": "1"}
    assert grants(made, "1") == [grant]
    state, _ = after(("granted", grant), ("granted", {**grant, "grant": "euro", "currency": "EUR"}))
    assert instalments_due(state, "USD") == {"1 a": (1, "a", 5)}


# expiry

WAITED = rounds(("1", "USD", {"a": 5}), ("2", "USD", {"b": 5}), ("e", "EUR", {"c": 5}), ("3", "USD", {"b": 5}))


def test_a_balance_expires_after_so_many_closed_rounds_of_its_currency() -> None:
    state, _ = after(*WAITED)
    assert expired(state, "USD", 2) == [("expired", {"payee": "a", "currency": "USD", "amount": "5"})]
    assert expired(state, "USD", 3) == []
    assert expired(state, "EUR", 1) == []
    assert [data["payee"] for _, data in expired(state, "USD", 1)] == ["a"]
    still = {"period": "4", "currency": "USD", "budget": 1, "accruals": {"d": 1}}
    assert expired(after(*WAITED, ("opened", still))[0], "USD", 3) == []


@pytest.mark.parametrize("expiry", [0, -1, True, 1.5, "1"])
def test_an_expiry_is_a_number_of_rounds(expiry: Any) -> None:
    with pytest.raises(LedgerError, match="1 or more"):
        expired(State(), "USD", expiry)


def test_an_advance_does_not_expire_and_nobody_leaves_with_one() -> None:
    state, _ = after(
        ("opened", {"period": "1", "currency": "USD", "budget": 5, "accruals": {"a": 5}}),
        ("closed", {"period": "1", "currency": "USD", "paid": {"a": 5}}),
        ("reconciled", {"period": "1", "currency": "USD", "payee": "a", "expected": 5, "actual": 6}),
        *rounds(("2", "USD", {"b": 5}), ("3", "USD", {"b": 5})),
    )
    assert state.balances["USD"]["a"] == -1
    assert expired(state, "USD", 1) == []
    with pytest.raises(LedgerError, match="no balance to return"):
        leaving(state, "a")
    assert leaving(state, "b") == [("left", {"payee": "b", "currency": "USD", "amount": "10"})]


def test_a_balance_that_no_round_touched_counts_from_the_beginning() -> None:
    state, _ = after(*rounds(("1", "USD", {"b": 5})))
    state.balances["USD"]["a"] = Fraction(1)
    assert expired(state, "USD", 1) == [("expired", {"payee": "a", "currency": "USD", "amount": "1"})]


def test_what_a_round_held_is_released_when_its_time_is_over() -> None:
    held = {"period": "1", "currency": "USD", "budget": 9, "accruals": {}, "held": 9, "holds": {"x": 4, "w": 5, "v": 0}}
    steps = [("opened", held), ("closed", {"period": "1", "currency": "USD", "paid": {}})]
    assert expired(after(*steps)[0], "USD", 1) == []
    state, _ = after(*steps, *rounds(("2", "USD", {"b": 5})))
    found = expired(state, "USD", 1)
    assert [(kind, data["subject"], data["amount"]) for kind, data in found] == [
        ("released", "w", 5),
        ("released", "x", 4),
    ]
    assert expired(state, "EUR", 1) == []
    assert expired(after(steps[0], *rounds(("2", "USD", {"b": 5})))[0], "USD", 1) == []


# differences


def test_who_joined_left_and_stayed() -> None:
    old = plan(100, pay("left", 30), pay("less", 20), pay("less", 20), pay("same", 10))
    new = plan(200, pay("new", 50), pay("less", 50), pay("less", 10), pay("same", 20), pay("z", 0), pay("big", 60))
    assert difference(old, new) == [
        Difference(payee="big", before=0, after=60, budget=15, weight=45, standing="joined"),
        Difference(payee="new", before=0, after=50, budget=12, weight=38, standing="joined"),
        Difference(payee="left", before=30, after=0, budget=15, weight=-45, standing="left"),
        Difference(payee="less", before=40, after=60, budget=35, weight=-15, standing="stayed"),
        Difference(payee="same", before=10, after=20, budget=10, weight=0, standing="stayed"),
    ]


def test_from_and_to_a_budget_of_nothing() -> None:
    some = plan(10, pay("a", 10))
    assert difference(plan(0), some) == [
        Difference(payee="a", before=0, after=10, budget=5, weight=5, standing="joined")
    ]
    assert difference(some, plan(0)) == [
        Difference(payee="a", before=10, after=0, budget=-5, weight=-5, standing="left")
    ]


# books


def book() -> tuple[State, list[Event]]:
    return after(
        (
            "opened",
            {"period": '1"x', "currency": "USD", "budget": 310, "accruals": {"=a": 300}, "fixed": {"github:öcto": 10}},
        ),
        ("closed", {"period": '1"x', "currency": "USD", "paid": {"=a": 300}}),
        ("opened", {"period": "2", "currency": "JPY", "budget": 7, "accruals": {"a": 2}, "held": 5, "holds": {"x": 5}}),
        ("released", {"period": "2", "currency": "JPY", "subject": "x", "amount": 5}),
        ("closed", {"period": "2", "currency": "JPY", "paid": {"a": 2}}),
    )


def test_the_books_as_csv() -> None:
    lines = render(*book(), "csv").split("\r\n")
    assert lines == [
        "number,at,event,period,currency,payee,minor units,hash",
        '1,2026-01-01T00:00:00,opened,"1""x",USD,\'=a,300,h1',
        '1,2026-01-01T00:00:00,opened,"1""x",USD,github:öcto,10,h1',
        '2,2026-01-02T00:00:00,closed,"1""x",USD,\'=a,300,h2',
        "3,2026-01-03T00:00:00,opened,2,JPY,a,2,h3",
        "4,2026-01-04T00:00:00,released,2,JPY,,5,h4",
        "5,2026-01-05T00:00:00,closed,2,JPY,a,2,h5",
        "",
    ]
    nothing = ("closed", {"period": "1", "currency": "USD", "paid": {}})
    empty = after(("opened", {"period": "1", "currency": "USD", "budget": 0, "accruals": {}}), nothing)
    assert render(*empty, "csv").split("\r\n")[1:] == ["2,2026-01-02T00:00:00,closed,1,USD,,,h2", ""]


def test_the_books_as_json() -> None:
    state, events = book()
    text = render(state, events, "json")
    assert text == json.dumps(plain(state), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    found = json.loads(text)
    assert (found["schema"], found["kind"], found["events"], found["head"]) == (1, "ledger", 5, "h5")
    assert found["rounds"][1]["holds"] == {}
    assert (found["rounds"][0]["paid"], found["pool"]) == ({"=a": 300, "github:öcto": 10}, {"JPY": "5", "USD": "0"})
    assert '\n  "aliases": {},\n' in text
    assert "github:öcto" in text
    with pytest.raises(ExportError, match="the formats are json, csv, beancount"):
        render(state, events, "xml")


def test_the_books_as_beancount() -> None:
    assert render(*book(), "beancount").split("\n") == [
        "; depfund ledger, head h5",
        "2026-01-02 open Assets:OpenSourceFund",
        "2026-01-02 open Expenses:OpenSource:A",
        "2026-01-02 open Expenses:OpenSource:Github-Cto",
        "",
        '2026-01-02 * "depfund" "round 1 x"',
        "  Expenses:OpenSource:A  3.00 USD",
        "  Expenses:OpenSource:Github-Cto  0.10 USD",
        "  Assets:OpenSourceFund  -3.10 USD",
        "",
        '2026-01-05 * "depfund" "round 2"',
        "  Expenses:OpenSource:A  2 JPY",
        "  Assets:OpenSourceFund  -2 JPY",
        "",
    ]
    unnamed = after(
        ("opened", {"period": "1", "currency": "USD", "budget": 1, "accruals": {"é": 1}}),
        ("closed", {"period": "1", "currency": "USD", "paid": {"é": 1}}),
    )
    assert "  Expenses:OpenSource:Unknown  0.01 USD" in render(*unnamed, "beancount")
    assert whole(Fraction(7, 2)) == 3
