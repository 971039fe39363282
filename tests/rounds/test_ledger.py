"""The ledger: replay is the state, nothing is paid twice, tampering is named, a kill loses nothing reported."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depfund.errors import LedgerError
from depfund.rounds.ledger import Ledger

SHARES = st.dictionaries(st.sampled_from("abcd"), st.fractions(0, 2_000, max_denominator=97), max_size=4)


def opened(period: str, accruals: dict[str, Fraction | int], **more: object) -> dict[str, object]:
    """The data of an ``opened`` event; what is no whole unit is held."""
    total = sum(map(Fraction, accruals.values()), Fraction(0))
    budget = -(-total.numerator // total.denominator)
    shares = {payee: str(share) for payee, share in accruals.items()}
    if budget != total:
        shares["rest"] = str(budget - total)
    return {"period": period, "currency": "USD", "budget": budget, "accruals": shares, **more}


@settings(max_examples=25)
@given(st.lists(SHARES, min_size=1, max_size=6), st.integers(0, 1_500), st.integers(1, 300))
def test_money_is_conserved_and_bounded_and_replay_is_the_state(periods: list, minimum: int, lot: int) -> None:
    import tempfile

    bound = lot * max(1, -(-minimum // lot))
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l") as ledger:
        budgets = paid = 0
        for number, shares in enumerate(periods):
            names = {*shares, "rest"}
            data = opened(str(number), shares, minimums=dict.fromkeys(names, minimum), lots=dict.fromkeys(names, lot))
            ledger.append("opened", data)
            this, fresh = ledger.settle(str(number), "USD")
            assert fresh
            budgets += data["budget"]
            paid += sum(this.paid.values())
            balances = ledger.state().balances["USD"]
            assert paid + sum(balances.values()) == budgets
            assert all(0 <= balance < bound for balance in balances.values())
            assert all(part >= minimum and part % lot == 0 for part in this.paid.values())
        state = ledger.verify()
        assert (state.balances, state.head, state.rounds) == (
            ledger.state().balances,
            ledger.state().head,
            ledger.state().rounds,
        )


def test_closing_again_pays_nothing_and_says_so(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as one, Ledger(tmp_path / "l") as other:
        one.append("opened", opened("2026-01", {"a": 700}))
        assert other.settle("2026-01", "USD")[1] is True
        this, fresh = one.settle("2026-01", "USD")
        assert (this.paid, fresh) == ({"a": 700}, False)
        assert len(one.events()) == 2
        with pytest.raises(LedgerError, match="opened before"):
            one.append("opened", opened("2026-01", {"a": 1}))
        with pytest.raises(LedgerError, match="no round 2026-02 in USD"):
            one.settle("2026-02", "USD")


def test_withheld_payees_accrue_and_are_paid_later(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.append("opened", opened("1", {"a": 500, "b": 500}))
        assert ledger.settle("1", "USD", withheld=["a"])[0].paid == {"b": 500}
        ledger.append("opened", opened("2", {"a": 100}))
        assert ledger.settle("2", "USD")[0].paid == {"a": 600}


def test_what_arrived_less_goes_back_to_the_balance_and_what_arrived_more_is_an_advance(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.append("opened", opened("1", {"a": 200, "b": 300}))
        ledger.settle("1", "USD")
        ledger.append("reconciled", {"period": "1", "currency": "USD", "payee": "a", "expected": 200, "actual": 97})
        ledger.append("reconciled", {"period": "1", "currency": "USD", "payee": "b", "expected": 300, "actual": 350})
        assert ledger.state().balances["USD"] == {"a": 103, "b": -50}
        ledger.append("opened", opened("2", {"a": 100, "b": 30}))
        assert ledger.settle("2", "USD")[0].paid == {"a": 203}
        assert ledger.state().balances["USD"] == {"b": -20}


def test_merges_expiry_and_currencies_conserve(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.append("opened", opened("1", {"a": 90, "b": 20}, minimums={"a": 500, "b": 500, "c": 500}))
        ledger.settle("1", "USD")
        ledger.append("merged", {"payee": "a", "into": "c"})
        assert ledger.state().balances["USD"] == {"b": 20, "c": 90}
        assert ledger.state().balance("a", "USD") == 90
        ledger.append("expired", {"payee": "b", "currency": "USD", "amount": "20"})
        assert ledger.state().pool == {"USD": 20}
        ledger.append(
            "currency_changed", {"payee": "a", "currency": "USD", "amount": "40", "to": "EUR", "becomes": "37"}
        )
        assert ledger.state().balances == {"USD": {"c": 50}, "EUR": {"c": 37}}
        data = opened("2", {"c": 470}, carried="20")
        ledger.append("opened", {**data, "budget": 450})
        assert ledger.settle("2", "USD")[0].paid == {"c": 520}
        assert ledger.state().pool == {"USD": 0}


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (
            "opened",
            {"period": "1", "currency": "USD", "budget": 5, "accruals": {"a": "4"}},
            "accrues 4 of a budget of 5",
        ),
        ("opened", {"period": "1"}, "does not have the shape"),
        ("nonsense", {}, "does not know"),
        ("expired", {"payee": "a", "currency": "USD", "amount": "1"}, "no balance"),
        ("merged", {"payee": "a", "into": "a"}, "one payee already"),
    ],
)
def test_an_event_that_cannot_follow_is_not_written(tmp_path: Path, kind: str, data: dict, words: str) -> None:
    with Ledger(tmp_path / "l") as ledger:
        with pytest.raises(LedgerError, match=words):
            ledger.append(kind, data)
        assert ledger.events() == []
        ledger.append("opened", opened("1", {"a": 1}))


def test_tampering_is_detected_and_named(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with Ledger(path) as ledger:
        for number in range(4):
            ledger.append("opened", opened(str(number), {"a": 10 + number}))
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE events SET body = '{}'")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("DELETE FROM events")
    db.executescript("DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed")
    db.execute("UPDATE events SET body = replace(body, '12', '21') WHERE number = 3")
    db.commit()
    with pytest.raises(LedgerError, match="event 3 was changed"):
        Ledger(path)
    db.execute("DELETE FROM events WHERE number = 2")
    db.commit()
    with pytest.raises(LedgerError, match="event 2 is missing"):
        Ledger(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no ledger at all, but long enough to be looked at as a database file" * 20)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(tmp_path / "text")
    db = sqlite3.connect(tmp_path / "other")
    db.executescript("CREATE TABLE things (x)")
    db.close()
    with pytest.raises(LedgerError, match="another program"):
        Ledger(tmp_path / "other")
    with pytest.raises(LedgerError, match="does not exist"):
        Ledger(tmp_path / "nothing", create=False)
    with pytest.raises(LedgerError, match="cannot be made"):
        Ledger(tmp_path / "no" / "folder")


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.append("opened", opened("1", {"a": 1}))
        for name in os.listdir(tmp_path):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


WRITER = """
import sys
from depfund.rounds.ledger import Ledger
with Ledger(sys.argv[1]) as ledger:
    number = len(ledger.state().rounds)
    if number and ledger.state().rounds[(str(number - 1), "USD")].status == "open":
        number -= 1
    while True:
        if (str(number), "USD") not in ledger.state().rounds:
            ledger.append("opened", {"period": str(number), "currency": "USD", "budget": 100,
                                     "accruals": {"a": "70", "b": "30"}, "minimums": {"b": 50}})
            print(f"opened {number}", flush=True)
        this, fresh = ledger.settle(str(number), "USD")
        print(f"closed {number} {sum(this.paid.values())}", flush=True)
        number += 1
"""
KILLS = int(os.environ.get("DEPFUND_KILLS", "12"))


def test_killed_at_any_moment_nothing_reported_is_lost_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    path, reported = tmp_path / "l", []
    for kill in range(KILLS):
        if kill % 50 == 0:
            path, reported = tmp_path / f"l{kill}", []  # a young ledger is opened faster: more kills in less time
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        text = process.stdout.readline()  # it has started to write
        time.sleep((kill * 7919 % 97) / 1_000)
        process.send_signal(signal.SIGKILL)
        text += process.stdout.read()
        process.stdout.close()
        process.wait()
        # A line that the kill tore is no report.
        reported += [line.strip() for line in text.splitlines(keepends=True) if line.endswith("\n")]
        with Ledger(path) as ledger:
            state = ledger.verify()
            done = {f"opened {period}" for period, _ in state.rounds}
            done |= {f"closed {p} {sum(r.paid.values())}" for (p, _), r in state.rounds.items() if r.status == "closed"}
            assert {line for line in reported if line} <= done
            closed = sum(sum(r.paid.values()) for r in state.rounds.values())
            budgets = sum(r.budget for r in state.rounds.values() if r.status == "closed")
            assert closed + sum(state.balances.get("USD", {}).values()) == budgets


def test_two_processes_closing_the_same_round_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with Ledger(path) as ledger:
        ledger.append("opened", opened("1", {"a": 700}))
    code = "import sys; from depfund.rounds.ledger import Ledger; print(Ledger(sys.argv[1]).settle('1', 'USD')[1])"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    answers = sorted(run.communicate()[0].strip() for run in runs)
    assert answers == ["False", "False", "False", "True"]
