"""Opening from a plan, expiry, grants in parts, the payee lock, receipts, differences."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import LedgerError
from depfund.model import UNIT, Accrual, Allocation, Channel, Evidence, FeeLine, Fees, Held, Payment, Weights
from depfund.money import Money
from depfund.rounds.books import render
from depfund.rounds.difference import difference
from depfund.rounds.expiry import expired, leaving
from depfund.rounds.ledger import Ledger
from depfund.rounds.lock import Lock, approve, hold_changes, review, withheld
from depfund.rounds.opening import grants, instalments_due, opened
from depfund.rounds.reconcile import events, match, read

DATA = Path(__file__).parents[1] / "data" / "rounds"


def pay(payee: str, minor: int, *projects: str, channel: str = "", currency: str = "USD") -> Payment:
    platform, _, handle = (channel or payee).partition(":")
    evidence = (Evidence(where=f"https://git.example/{handle}/FUNDING.yml", what=f"{platform}: {handle}"),)
    way = Channel(platform=platform, handle=handle, evidence=evidence)
    return Payment(payee=payee, channel=way, amount=Money(minor=minor, currency=currency), projects=projects)


def plan(*payments: Payment, held: tuple[Held, ...] = (), weights: tuple[str, ...] = (), **more: object) -> Allocation:
    total = sum(p.amount.minor for p in payments) + sum(h.minor for h in held)
    values = dict.fromkeys(weights, UNIT // len(weights)) if weights else {}
    code = payments[0].amount.currency if payments else "USD"
    return Allocation(
        budget=Money(minor=total, currency=code),
        payments=payments,
        held=held,
        weights=Weights(weighting="flow", values=values),
        **more,  # type: ignore[arg-type]
    )


# opening


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**6), min_size=1),
    st.integers(0, 500),
    st.integers(0, 500),
)
def test_what_opens_a_round_is_the_budget(sizes: dict[str, int], held: int, fixed: int) -> None:
    whole, free = sum(sizes.values()), 1_000
    accruals = {key: Accrual(exact=str(Fraction(free * size, whole)), minimum=700) for key, size in sizes.items()}
    rows = (Held(subject="x", minor=held, reason="nobody", code="unfundable"),) if held else ()
    saved = Held(subject="a", minor=free, reason="saved", code="saving")
    found = opened(plan(pay("github:hand", fixed), held=(*rows, saved), accruals=accruals), "2026-01")
    assert sum(map(Fraction, found["accruals"].values())) == free
    assert (found["fixed"], found["held"]) == ({"github:hand": fixed}, held)
    assert found["holds"] == ({"x": held} if held else {})
    assert free + fixed + held == found["budget"]


def test_a_plan_without_accruals_accrues_its_payments_and_the_pools_fees() -> None:
    line = FeeLine(payee="github:a", platform="github", gross=110, fee=10, net=100)
    made = plan(pay("github:a", 100), pay("github:a", 50), held=(Held(subject="reserve", minor=5, reason=""),))
    made = replace(made, budget=Money(minor=165), fees=Fees(bearer="pool_bears", taken=10, lines=(line,)))
    found = opened(made, "2026-01")
    assert (found["accruals"], found["held"], found["budget"]) == ({"github:a": "160"}, 5, 165)


def test_saving_without_accruals_keeps_the_minimum_of_the_policy() -> None:
    held = (Held(subject="github:b", minor=300, reason="", code="saving"),)
    made = plan(pay("github:a", 700), held=held, policy={"limits": {"minimum": "5 USD"}})
    found = opened(made, "2026-01")
    assert (found["accruals"]["github:b"], found["minimums"]) == ("300", {"github:b": 500})


@pytest.mark.parametrize(("period", "carried"), [("", 0), ("a\nb", 0), ("x" * 41, 0), ("1", -1), ("1", 10**9)])
def test_a_round_that_cannot_be(period: str, carried: int) -> None:
    with pytest.raises(LedgerError):
        opened(plan(pay("github:a", 1)), period, carried=carried)


# expiry


def test_what_waits_too_long_returns_and_is_carried(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        held = (Held(subject="p", minor=40, reason="", code="unfundable"),)
        first = plan(held=held, accruals={"github:a": Accrual(exact="60", minimum=500)})
        ledger.append("opened", opened(replace(first, budget=Money(minor=100)), "1"))
        ledger.settle("1", "USD")
        for period in ("2", "3"):
            assert expired(ledger.state(), "USD", 2) == []
            ledger.append("opened", opened(plan(pay("github:b", 10)), period))
            ledger.settle(period, "USD")
        kinds = [kind for kind, _ in expired(ledger.state(), "USD", 2)]
        assert kinds == ["expired", "released"]
        ledger.append_all(expired(ledger.state(), "USD", 2))
        assert ledger.state().pool == {"USD": 100}
        assert expired(ledger.state(), "USD", 2) == []
        ledger.append("opened", opened(plan(pay("github:b", 110)), "4", carried=100))
        assert ledger.settle("4", "USD")[0].paid == {"github:b": 110}
        assert (ledger.state().pool, ledger.verify().rounds["4", "USD"].budget) == ({"USD": 0}, 10)
        with pytest.raises(LedgerError, match="1 or more"):
            expired(ledger.state(), "USD", 0)
        with pytest.raises(LedgerError, match="no balance to return"):
            leaving(ledger.state(), "github:a")


def test_who_leaves_returns_every_currency(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        for code in ("USD", "EUR"):
            one = replace(plan(), budget=Money(minor=7, currency=code), accruals={"a": Accrual(exact="7", minimum=99)})
            ledger.append("opened", opened(one, "1"))
            ledger.settle("1", code)
        ledger.append_all(leaving(ledger.state(), "a"))
        assert ledger.state().pool == {"USD": 7, "EUR": 7}
        assert not any(ledger.state().balances.values())


# grants


def test_instalments_are_paid_one_a_round_and_never_twice(tmp_path: Path) -> None:
    rows = tuple(
        Held(subject="github:a", minor=1_000 + at, reason=f"instalment {at} of 11 of a lump sum", code="instalment")
        for at in (10, 11, 2, 3, 4, 5, 6, 7, 8, 9)
    )
    made = plan(pay("github:a", 1_001), held=rows)
    with Ledger(tmp_path / "l") as ledger:
        ledger.append_all([("opened", opened(made, "0")), *(("granted", row) for row in grants(made, "0"))])
        assert ledger.settle("0", "USD")[0].paid == {"github:a": 1_001}
        for at in range(1, 11):
            due = instalments_due(ledger.state(), "USD")
            assert due == {"0 github:a": (at, "github:a", 1_001 + at)}
            data = opened(plan(pay("github:b", 5)), str(at), instalments=due)
            assert data["budget"] == 5
            ledger.append("opened", data)
            assert instalments_due(ledger.state(), "USD") == {}
            with pytest.raises(LedgerError, match="paid already, or by a round that is open"):
                ledger.append("opened", {**data, "period": "again"})
            assert ledger.settle(str(at), "USD")[0].paid == {"github:a": 1_001 + at, "github:b": 5}
        assert instalments_due(ledger.verify(), "USD") == {}


# lock

A, B = pay("github:a", 500, "https://git.example/p"), pay("open_collective:b", 300, "https://git.example/q")
GOOD = plan(A, B, weights=("https://git.example/p", "https://git.example/q"))


def test_what_was_approved_is_paid_and_the_lock_is_small_and_stable(tmp_path: Path) -> None:
    assert [one.kind for one in review(Lock(), GOOD)] == ["new project", "new project"]
    lock = approve(Lock(), GOOD, on="2026-01-01")
    lock.save(tmp_path / "depfund.lock")
    assert Lock.load(tmp_path / "depfund.lock") == lock
    assert [path.name for path in tmp_path.iterdir()] == ["depfund.lock"]
    assert review(lock, GOOD) == []
    assert hold_changes(GOOD, lock) == GOOD


@pytest.mark.parametrize(
    ("changed", "kind", "held"),
    [
        (pay("github:evil", 500, "https://git.example/p"), "new payee", {"github:evil": 500}),
        (pay("github:a", 500, "https://git.example/p", channel="github:evil"), "changed channel", {"github:a": 500}),
        (
            pay("open_collective:b", 500, "https://git.example/p"),
            "new payee",
            {"open_collective:b": 800},  # already approved elsewhere: that does not open another project's door
        ),
    ],
)
def test_a_hijacked_funding_file_redirects_nothing(changed: Payment, kind: str, held: dict[str, int]) -> None:
    lock = approve(Lock(), GOOD, on="2026-01-01")
    bad = plan(changed, B, weights=("https://git.example/p", "https://git.example/q"))
    assert kind in [one.kind for one in review(lock, bad)]
    safe = hold_changes(bad, lock)
    sums: dict[str, int] = {}
    for item in safe.held:
        sums[item.subject] = sums.get(item.subject, 0) + item.minor
        assert item.code == "lock"
    assert sums == held
    assert sum(p.amount.minor for p in safe.payments) + sum(sums.values()) == safe.budget.minor
    assert review(approve(lock, bad, on="2026-02-01"), bad) == []


def test_a_payee_that_vanished_holds_who_would_take_its_part() -> None:
    two = plan(A, pay("github:c", 10, "https://git.example/p"), weights=("https://git.example/p",))
    lock = approve(Lock(), two, on="2026-01-01")
    left = plan(A, weights=("https://git.example/p",))
    assert [(one.kind, one.payee) for one in review(lock, left)] == [("vanished", "github:c")]
    assert hold_changes(left, lock).payments == ()
    after = approve(lock, left, on="2026-02-01", only=["github:c"])
    assert hold_changes(left, after) == left
    with pytest.raises(LedgerError, match="nothing to approve"):
        approve(after, left, on="2026-02-01", only=["github:a"])


def test_the_ledger_saves_what_the_lock_does_not_allow_also_what_was_saved_before(tmp_path: Path) -> None:
    lock = approve(Lock(), GOOD, on="2026-01-01")
    saver = Accrual(exact="300", minimum=500, channel="github:s", projects=("https://git.example/s",))
    accruals = {"github:a": Accrual(exact="500", channel="github:a", projects=A.projects), "github:s": saver}
    made = replace(plan(A, held=(Held(subject="github:s", minor=300, reason="", code="saving"),)), accruals=accruals)
    assert [one.payee for one in review(lock, made)] == ["github:s"]
    with Ledger(tmp_path / "l") as ledger:
        for period in ("1", "2"):
            ledger.append("opened", opened(made, period))
            this = ledger.state().round(period, "USD")
            paid = ledger.settle(period, "USD", withheld=lambda s, this=this: withheld(lock, s, this))[0].paid
            assert paid == {"github:a": 500}
        lock = approve(lock, made, on="2026-03-01", only=["github:s"])
        ledger.append("opened", opened(made, "3"))
        this = ledger.state().round("3", "USD")
        paid = ledger.settle("3", "USD", withheld=withheld(lock, ledger.state(), this))[0].paid
        assert paid == {"github:a": 500, "github:s": 900}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lock-of-another-kind.lock", "no payee lock|shape"),
        ("lock-channels-no-list.lock", "list of channel keys"),
        ("lock-cut-off.lock", "not JSON"),
        ("nowhere.lock", "cannot be read"),
    ],
)
def test_broken_locks_are_named(name: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        Lock.load(DATA / name)


# receipts


def paid_round(tmp_path: Path, *payments: Payment) -> Ledger:
    ledger = Ledger(tmp_path / "l")
    ledger.append("opened", opened(plan(*payments), "1"))
    ledger.settle("1", "USD")
    return ledger


def test_prorated_sponsorships_go_back_to_the_balance_once(tmp_path: Path) -> None:
    with paid_round(
        tmp_path, pay("github:a-team", 5_000), pay("github:late", 100), pay("open_collective:b", 9)
    ) as book:
        this = book.state().round("1", "USD")
        kind, rows = read((DATA / "github-prorated.csv").read_text(), "USD")
        found = match(book.state(), this, rows, kind)
        seen = [(one.kind, one.payee, one.expected, one.actual) for one in found]
        assert kind == "github"
        assert seen == [
            ("different", "github:a-team", 5_000, 4_998),
            ("missing", "github:late", 100, 0),
            ("unknown", "stranger", 0, 500),
            ("unread", "github:a-team", 0, 0),
        ]
        book.append_all(events(this, found, missing=True))
        assert book.state().balances["USD"] == {"github:a-team": 2, "github:late": 100}
        again = match(book.state(), book.state().round("1", "USD"), rows, kind)
        assert events(this, again, missing=True) == []


def test_open_collective_and_banks(tmp_path: Path) -> None:
    with paid_round(tmp_path, pay("open_collective:b", 1_000), pay("foundation:foundation-x", 123_450)) as book:
        this = book.state().round("1", "USD")
        kind, rows = read((DATA / "open-collective-two-currencies.csv").read_text(), "USD")
        found = match(book.state(), this, rows, kind)
        assert [(one.kind, one.actual) for one in found] == [("unread", 0), ("matched", 1_000)]
        kind, rows = read((DATA / "bank-semicolon-decimal-comma.csv").read_text(), "USD")
        found = match(book.state(), this, rows, kind)
        assert [(one.kind, one.payee, one.lines) for one in found] == [
            ("unread", "Nobody", (3,)),
            ("matched", "foundation:foundation-x", (2,)),
        ]


@pytest.mark.parametrize(
    ("name", "words"), [("no-payee-column.csv", "no column for the payee"), ("empty.csv", "empty")]
)
def test_files_without_columns_are_refused(name: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        read((DATA / name).read_text(), "USD")


# differences

AMOUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**7), max_size=8)


@given(AMOUNTS, AMOUNTS, st.integers(0, 999), st.integers(0, 999))
def test_a_difference_is_an_identity(old: dict[str, int], new: dict[str, int], one: int, other: int) -> None:
    def of(parts: dict[str, int], rest: int) -> Allocation:
        held = (Held(subject="reserve", minor=rest, reason=""),)
        return plan(*(pay(key, minor) for key, minor in parts.items()), held=held)

    before, after = of(old, one), of(new, other)
    b, c = before.budget.minor, after.budget.minor
    rows = difference(before, after)
    assert {row.payee for row in rows} == {k for k in {*old, *new} if old.get(k) or new.get(k)}
    for row in rows:
        assert row.after - row.before == row.budget + row.weight == row.delta
        w, v = Fraction(row.before, b or 1), Fraction(row.after, c or 1)
        assert abs(row.budget - (c - b) * (w + v) / 2) <= Fraction(1, 2)
        assert abs(row.weight - (v - w) * (b + c) / 2) <= Fraction(1, 2)
    ranks = [("joined", "left", "stayed").index(row.standing) for row in rows]
    assert ranks == sorted(ranks)
    stayed = [abs(row.delta) for row in rows if row.standing == "stayed"]
    assert stayed == sorted(stayed, reverse=True)


def test_currencies_are_never_compared() -> None:
    with pytest.raises(LedgerError, match="never mixed"):
        difference(plan(pay("a", 1)), plan(pay("a", 1, currency="EUR")))


# books


def test_books_balance(tmp_path: Path) -> None:
    from beancount import loader

    with paid_round(tmp_path, pay("github:a", 5_000), pay("github:a-b", 70)) as book:
        state, found = book.verify(), book.events()
    entries, errors, _ = loader.load_string(render(state, found, "beancount"))
    assert errors == []
    assert sum(posting.units.number for entry in entries for posting in getattr(entry, "postings", ())) == 0
    assert "5000" in render(state, found, "csv")
    assert '"kind": "ledger"' in render(state, found, "json")
