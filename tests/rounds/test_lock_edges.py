"""The payee lock by example: what each change says, what facts add to a review, what an approval keeps."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from depfund.errors import LedgerError
from depfund.model import Accrual, Allocation, Channel, Evidence, Facts, Held, Payee, Payment, Project, Weights
from depfund.money import Money
from depfund.rounds.events import Event
from depfund.rounds.lock import Approval, Change, Lock, approve, hold_changes, review, withheld
from depfund.rounds.replay import replay

ALL = "`depfund payees review` lists all."
P, Q = "https://git.example/p", "https://git.example/q"


def pay(payee: str, minor: int, *projects: str, road: str | None = None, proof: str = "") -> Payment:
    platform, _, handle = (payee if road is None else road).partition(":")
    evidence = (Evidence(where="w", what=proof),) if proof else ()
    way = Channel(platform=platform, handle=handle, evidence=evidence) if handle else None
    return Payment(payee=payee, channel=way, amount=Money(minor=minor), projects=projects)


def plan(*payments: Payment, weight: Iterable[str] = (P, Q), **more: Any) -> Allocation:
    total = sum(payment.amount.minor for payment in payments) + sum(row.minor for row in more.get("held", ()))
    weights = Weights(weighting="flow", values=dict.fromkeys(weight, 1))
    return Allocation(budget=Money(minor=total), payments=payments, weights=weights, **more)


def lock(**projects: dict[str, tuple[str, ...]]) -> Lock:
    urls = {"p": P, "q": Q, "hand": "by hand"}
    return Lock(projects={urls[n]: {k: Approval(channels=c) for k, c in row.items()} for n, row in projects.items()})


def test_what_each_change_says() -> None:
    known = lock(p={"a": ("github:a", "liberapay:a"), "b": ("github:b",)})
    changes = review(
        known, plan(pay("a", 5, P, road="github:x"), pay("c", 3, P, road=""), pay("d", 1, Q, road="github:d"))
    )
    assert [str(one) for one in changes] == [
        f"{P}: a is to be paid over github:x; approved is github:a, liberapay:a.",
        f"{P}: b (approved over github:b) is not among its payees any more.",
        f"{P}: c over no channel was never approved; approved is a, b.",
        f"{Q}: d over github:d was never approved; approved is nobody.",
    ]
    assert [(one.kind, one.minor) for one in changes] == [
        ("changed channel", 5), ("vanished", 0), ("new payee", 3), ("new project", 1),
    ]  # fmt: skip


def test_what_is_paid_by_hand_is_approved_by_hand() -> None:
    made = plan(pay("github:a", 5), weight=())
    assert review(lock(p={"github:a": ("github:a",)}), made) == [
        Change(kind="new project", project="by hand", payee="github:a", after="github:a", minor=5)
    ]
    assert review(lock(hand={"github:a": ("github:a",)}), made) == []


def test_who_saves_is_held_or_unpaid_has_not_vanished() -> None:
    known = lock(p={"a": ("github:a",), "b": ("github:b",), "c": ("github:c",), "d": ("github:d",)})
    made = plan(
        pay("a", 5, P, road="github:a"),
        held=(Held(subject="b", minor=1, reason=""),),
        accruals={"a": Accrual(exact="5", channel="github:no", projects=(P,)),
                  "c": Accrual(exact="1", channel="github:c", projects=(P,))},
        coverage={"unpaid": {"d": {"minor": 1, "reason": ""}}},
    )  # fmt: skip
    assert review(known, made) == []
    assert [one.payee for one in review(known, plan(weight=(P,)))] == ["a", "b", "c", "d"]
    assert review(known, plan(weight=(Q,))) == []  # the project has left the graph, its payees have not vanished


def facts(*payees: str, channels: tuple[str, ...] = ("github:a",)) -> Facts:
    roads = tuple(Channel(platform=key.partition(":")[0], handle=key.partition(":")[2]) for key in channels)
    return Facts(
        projects={P: Project(url=P, payees=payees)}, payees={key: Payee(key=key, channels=roads) for key in payees}
    )


def test_facts_say_who_vanished() -> None:
    known, nothing = lock(p={"a": ("github:a", "")}, q={"z": ("github:z",)}), plan(weight=())
    assert review(known, nothing, facts("a")) == []
    assert review(known, nothing, facts("a", channels=("github:b", "github:a"))) == []
    assert [one.payee for one in review(known, nothing, facts("a", channels=("github:b",)))] == ["a"]
    assert [one.payee for one in review(known, nothing, facts("b"))] == ["a"]
    assert review(known, nothing, Facts()) == []
    handless = lock(p={"a": ("",)})
    assert review(handless, nothing, facts("a", channels=("github:b",))) == []


def test_what_is_held_says_why_and_how_much_more() -> None:
    known = lock(p={"a": ("github:a",), "gone": ("github:gone",)}, q={"b": ("github:b",)})
    two = plan(
        pay("a", 5, P, road="github:x"),
        pay("a", 6, P, road="github:y"),
        pay("b", 7, Q, road="github:b"),
        pay("a", 8, P, road="github:a"),
    )
    safe = hold_changes(two, known)
    assert [payment.payee for payment in safe.payments] == ["b"]
    first = f"not in the payee lock: {P}: a is to be paid over github:x; approved is github:a. And 2 more. {ALL}"
    assert [(row.subject, row.minor, row.code) for row in safe.held] == [
        ("a", 5, "lock"),
        ("a", 6, "lock"),
        ("a", 8, "lock"),
    ]
    assert {row.reason for row in safe.held} == {first}
    one = hold_changes(plan(pay("c", 5, Q, road="github:c"), pay("b", 7, Q, road="github:b")), known).held
    assert [row.reason for row in one] == [
        f"not in the payee lock: {Q}: c over github:c was never approved; approved is b. {ALL}"
    ]  # fmt: skip


def test_an_approval_keeps_what_is_still_used() -> None:
    known = Lock(
        projects={
            P: {
                "a": Approval(channels=("github:a", "liberapay:a"), evidence="e", approved="2026-01-01"),
                "z": Approval(channels=("github:z",)),
            }
        }
    )
    made = plan(
        pay("a", 5, P, road="github:a"), pay("a", 5, P, road="github:n", proof="line"), pay("b", 1, Q, road="github:b")
    )
    after = approve(known, made, on="2026-02-01", only=["a", "z"])
    assert after.projects.keys() == {P}
    assert after.projects[P].keys() == {"a"}
    assert after.projects[P]["a"].channels == ("github:a", "github:n")
    assert after.projects[P]["a"].approved == "2026-02-01"
    assert after.projects[P]["a"].evidence.startswith("sha256:")
    both = approve(after, made, on="2026-03-01")
    assert both.projects[P] == after.projects[P]
    assert both.projects[Q] == {
        "b": Approval(channels=("github:b",), evidence=both.projects[Q]["b"].evidence, approved="2026-03-01")
    }
    assert approve(lock(p={"a": ("github:a",)}), plan(weight=(P,)), on="2026-01-01").projects == {}
    with pytest.raises(LedgerError, match="nothing to approve for 'nobody'"):
        approve(known, made, on="2026-01-01", only=["a", "nobody"])


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "lock", "schema": 2, "projects": {}}',
        '{"kind": "ledger", "schema": 1, "projects": {}}',
        '{"kind": "lock", "schema": 1, "projects": []}',
        '{"kind": "lock", "schema": 1, "projects": {"p": {"a": {"channels": "github:a"}}}}',
        '{"kind": "lock", "schema": 1, "projects": {"p": {"a": {"channels": ["github:a", 1]}}}}',
        '{"kind": "lock", "schema": 1, "projects": {"p": {"a": {}}}}',
        "[]",
    ],
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LedgerError, match="payee lock"):
        Lock.parse(text)


def test_a_lock_is_its_text() -> None:
    known = Lock(projects={Q: {"a": Approval(channels=("github:a",), evidence="e", approved="2026-01-01")}})
    assert Lock.parse(known.to_json()) == known
    plain = Lock.parse('{"kind": "lock", "schema": 1, "projects": {"p": {"a": {"channels": []}}}}')
    assert plain.projects["p"]["a"] == Approval(channels=())


def test_whom_a_round_must_not_pay() -> None:
    data = {
        "period": "1", "currency": "USD", "budget": 9, "accruals": {"a": 4, "n": 1}, "fixed": {"f": 1, "s": 3},
        "named": ["u"],
        "channels": {"a": "github:a", "n": "github:n", "f": "github:f", "s": "github:s"},
        "projects": {"a": [P], "n": [Q], "s": [Q]},
    }  # fmt: skip
    state = replay([Event(number=1, kind="opened", at="", data=data, hash="")])
    this = state.round("1", "USD")
    good = {
        "p": {"a": ("github:a",), "u": ("github:u",)},
        "q": {"n": ("github:n",), "s": ("github:s",)},
        "hand": {"f": ("github:f",)},
    }
    # "u" has no part, nor a place of its own, so it is looked at by hand
    assert withheld(lock(**good), state, this) == ["u"]
    assert withheld(lock(**{**good, "hand": {"f": ("github:f",), "u": ("",)}}), state, this) == []
    good["hand"] = {"f": ("github:f",), "u": ("",)}
    assert withheld(lock(**{**good, "p": {**good["p"], "lost": ("github:lost",)}}), state, this) == ["a"]
    assert withheld(lock(**{**good, "q": {**good["q"], "lost": ("github:lost",)}}), state, this) == ["n", "s"]
    assert withheld(lock(**{**good, "hand": {"u": ("",)}}), state, this) == ["f"]
    state.balances["USD"] = {"saver": 3}  # type: ignore[dict-item]
    assert withheld(lock(**good), state, this) == ["saver"]
    assert withheld(Lock(), state, this) == ["a", "f", "n", "s", "saver", "u"]


def test_a_lock_is_for_its_owner_alone(tmp_path: Path) -> None:
    lock(p={"a": ("github:a",)}).save(tmp_path / "depfund.lock")
    assert stat.S_IMODE((tmp_path / "depfund.lock").stat().st_mode) == 0o600


def test_two_reasons_are_one_and_one_more() -> None:
    known = lock(p={"z": ("github:z",)}, q={"z": ("github:z",)})
    made = plan(pay("a", 5, P, Q, road="github:a"), held=(Held(subject="z", minor=1, reason=""),))
    assert [row.reason.count("And 1 more.") for row in hold_changes(made, known).held] == [0, 1]


def test_who_has_no_channel_is_approved_without_one() -> None:
    after = approve(Lock(), plan(pay("a", 5, P, road="")), on="2026-01-01")
    assert after.projects[P]["a"].channels == ("",)
    assert hold_changes(plan(pay("a", 6, P, road="")), after).held == ()
    saver = plan(accruals={"s": Accrual(exact="1", channel="github:s", projects=(P,))}, weight=())
    assert [(one.payee, one.minor) for one in review(Lock(), saver)] == [("s", 0)]


def test_facts_of_one_project_say_nothing_of_another() -> None:
    known = lock(p={"a": ("github:a",)}, q={"z": ("github:z",)})
    made = plan(pay("a", 5, P, road="github:a"), weight=(P, Q))
    assert review(known, made, facts("a")) == []
    assert [one.payee for one in review(known, made)] == ["z"]
