"""What a fund keeps: the ledger's events and its file, the payee lock, what platforms say was really paid."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from depfund.documents import encode
from depfund.rounds import books, reconcile
from depfund.rounds.events import GENESIS, chain, check
from depfund.rounds.expiry import expired
from depfund.rounds.ledger import Ledger
from depfund.rounds.lock import Lock
from depfund.rounds.opening import instalments_due
from depfund.rounds.replay import State, replay
from fuzzing.files import DATA, folder
from fuzzing.target import Sample, Target, Wrong, place

__all__ = ["TARGETS"]

FILES = DATA / "fuzz" / "files"

OPENED = {
    "period": "2026-01", "currency": "USD", "budget": 1000, "accruals": {"github:a": "1999/3", "github:b": "1001/3"},
    "minimums": {"github:a": 100}, "lots": {"github:b": 100}, "channels": {"github:a": "github:a"}, "expiry": 2,
    "projects": {"github:a": ["https://git.example/a/a"]}, "held": 0, "holds": {}, "fixed": {}, "named": ["github:a"],
    "plan": "sha256:0",
}  # fmt: skip
EVENTS: list[tuple[str, dict[str, object]]] = [
    ("opened", OPENED),
    (
        "granted",
        {"grant": "2026-01 github:c", "payee": "github:c", "currency": "USD", "parts": [50, 50], "first_in": ""},
    ),
    ("closed", {}),
    ("reconciled", {"period": "2026-01", "currency": "USD", "payee": "github:a", "expected": 666, "actual": 600}),
    ("channel_changed", {"payee": "github:a", "channel": "open_collective:a"}),
    ("renamed", {"payee": "github:b", "into": "github:bb"}),
    ("currency_changed", {"payee": "github:bb", "currency": "USD", "amount": "10", "to": "EUR", "becomes": "9"}),
    ("opened", {**OPENED, "period": "2026-02", "accruals": {"github:a": "900"}, "held": 100, "holds": {"x": 60}}),
    ("released", {"period": "2026-02", "currency": "USD", "subject": "x", "amount": 10}),
    ("expired", {"payee": "github:bb", "currency": "USD", "amount": "1"}),
]


@cache
def book() -> tuple[bytes, tuple[str, ...]]:
    """(the file of a ledger with a bit of everything, the bodies of its events)."""
    path = place() / "book"
    with Ledger(path) as ledger:
        for kind, data in EVENTS:
            if kind == "closed":
                ledger.settle("2026-01", "USD")
                continue
            ledger.append(kind, data)
        bodies = tuple(body for _, body, _ in ledger._rows(0))
        ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes(), bodies


def lines() -> list[Sample]:
    return [Sample("book", "\n".join(book()[1]).encode())]


def feed_events(sample: Sample, data: bytes) -> str:
    """Somebody who can write the file made the chain anew: whatever the events say, it is a state or refused."""
    rows, before = [], GENESIS
    for number, body in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        before = chain(before, body)
        rows.append((number, body, before))
    state = replay(check(rows, sample.name))
    use(state)
    return f"{state.number} {len(state.rounds)}"


def use(state: State) -> None:
    """Everything that is asked of a state can be asked, and money in it is not made."""
    books.plain(state)
    encode(books.plain(state))
    for form in ("csv", "beancount"):
        books.render(state, [], form)
    for currency in list(state.balances):
        expired(state, currency, 1)
        instalments_due(state, currency)
    for (period, currency), this in state.rounds.items():
        state.due((), period, currency)
        for form in reconcile.FORMS:
            reconcile.match(state, this, [], form)


@cache
def scratch() -> Path:
    return place()


def feed_file(sample: Sample, data: bytes) -> str:
    for old in scratch().iterdir():
        old.unlink()
    path = scratch() / "book"
    path.write_bytes(data)
    with Ledger(path) as ledger:
        state = ledger.verify()
        use(state)
        ledger.append("opened", {**OPENED, "period": "2030-01"})
        return str(state.number)


def feed_lock(sample: Sample, data: bytes) -> str:
    found = Lock.parse(data, name=sample.name)
    text = found.to_json()
    if Lock.parse(text).to_json() != text:
        raise Wrong("saved and loaded, it is another lock")
    return str(found.allows("https://git.example/a/a", "github:a", "github:a"))


@cache
def state() -> State:
    rows, before = [], GENESIS
    for number, body in enumerate(book()[1], 1):
        before = chain(before, body)
        rows.append((number, body, before))
    return replay(check(rows, "book"))


def feed_paid(sample: Sample, data: bytes) -> str:
    this = state().rounds["2026-01", "USD"]
    kinds = set()
    for form in (None, Path(sample.name).stem.removeprefix("paid-")):
        found, receipts = reconcile.read(data.decode("utf-8", "surrogateescape"), "USD", form, file=sample.name)
        matches = reconcile.match(state(), this, receipts, found)
        json.dumps(reconcile.events(this, matches, missing=True))
        kinds |= {one.kind for one in matches}
    return str(sorted(kinds))


TARGETS = [
    Target("ledger events", "lines", lines, feed_events, names=lambda _: ""),
    Target("ledger file", "bytes", lambda: [Sample("book", book()[0])], feed_file),
    Target("payee lock", "json", folder(FILES, "payee.lock"), feed_lock),
    Target("platform exports", "lines", folder(FILES, "paid-*.csv"), feed_paid),
]
