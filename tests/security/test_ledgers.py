"""Ledgers that somebody else could write to: whatever is in the file is a state or a refusal in one paragraph."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from depfund.errors import LedgerError
from depfund.rounds.events import GENESIS, chain, check
from depfund.rounds.ledger import Ledger
from depfund.rounds.lock import Lock
from depfund.rounds.replay import replay

OPENED = {"period": "2026-01", "currency": "USD", "budget": 900, "accruals": {"github:a": "900"}}


def body(data: object, **more: object) -> str:
    return json.dumps({"number": 1, "kind": "opened", "at": "2026-01-01T00:00:00+00:00", "data": data, **more})


BODIES = {
    "no JSON": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "no data": '{"number": 1, "kind": "opened", "at": "2026-01-01T00:00:00Z"}',
    "data is a list": body([]),
    "another number": body(OPENED, number=2),
    "a kind of tomorrow": body(OPENED, kind="tomorrow"),
    "a time with a line break": body(OPENED, at="2026\n; option"),
    "an endless fraction": body({**OPENED, "accruals": {"github:a": "1e999999999"}}),
    "accruals are a list": body({**OPENED, "accruals": ["900"]}),
    "a share is a float": body({**OPENED, "accruals": {"github:a": 900.0}}),
    "a payee is a number": body({"payee": 1, "into": 2}, kind="merged"),
    "a payee is null": body({"payee": None, "into": "x"}, kind="renamed"),
    "half a character": body({**OPENED, "accruals": {"\ud800": "900"}}),
    "divides by zero": body({**OPENED, "accruals": {"github:a": "900/0"}}),
    "less than nothing": body({**OPENED, "accruals": {"github:a": "1000", "github:b": "-100"}}),
}


@pytest.mark.parametrize("what", BODIES)
def test_an_event_in_a_chain_made_anew_is_refused(what: str, tmp_path: Path) -> None:
    text = BODIES[what]
    with pytest.raises(LedgerError):
        replay(check([(1, text, chain(GENESIS, text))], "book"))
    with Ledger(tmp_path / "book") as book:
        book._db.execute("INSERT INTO events VALUES (1, ?, ?)", (text, chain(GENESIS, text)))
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "book")


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with Ledger(tmp_path / "book") as book:
        with pytest.raises(LedgerError, match="cannot be written"):
            book.append("opened", {**OPENED, "expiry": "soon"})
        assert book.events() == []


@pytest.mark.parametrize("at", [0, 20, 60, 100, 2_000, 4_096, 5_000, 8_200])
def test_a_damaged_file_is_named(at: int, tmp_path: Path) -> None:
    path = tmp_path / "book"
    with Ledger(path) as book:
        book.append("opened", OPENED)
        book._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[at : at + 200] = b"\xff" * len(data[at : at + 200])
    path.write_bytes(data)
    try:
        with Ledger(path) as book:
            book.verify()
            book.append("opened", {**OPENED, "period": "2026-02"})
    except LedgerError as error:
        assert "book" in str(error)  # noqa: PT017 - some bytes hold nothing


def test_a_view_that_is_called_like_the_table_is_no_ledger(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "book") as db:
        db.execute("CREATE VIEW events AS SELECT 1 AS number, load_extension('x') AS body, '' AS hash")
        db.execute("PRAGMA application_id=1684367472")
    db.close()
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "book")


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    with Ledger(tmp_path / "book") as book:
        book.append("opened", OPENED)
        pages = book._db.execute("PRAGMA page_count").fetchone()[0]
        book._db.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(LedgerError, match="full"):
            book.append("renamed", {"payee": "github:a", "into": "x" * 100_000})
        assert len(book.events()) == 1
        assert book.state().number == 1


def test_a_link_to_nowhere_is_not_followed_to_make_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "book").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "book")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"kind": "lock", "schema": 1, "projects": []}', "[" * 100_000, b"\xff",
     '{"kind": "lock", "schema": 1, "projects": {"a": {"b": {"channels": ["\\ud800"]}}}}',
     '{"kind": "lock", "schema": 1, "projects": {"a": {"b": {"channels": "github:a"}}}}'],
)  # fmt: skip
def test_a_payee_lock_that_is_none_is_refused(text: str | bytes) -> None:
    with pytest.raises(LedgerError):
        Lock.parse(text)


def test_names_in_the_books_are_inert(tmp_path: Path) -> None:
    from depfund.rounds import books

    evil = " =cmd|'/C calc'!A0\r\n\x1b[31m\u202e\" \n2026-01-01 open Assets:Mine"
    with Ledger(tmp_path / "book") as book:
        book.append("opened", {**OPENED, "period": evil, "accruals": {evil: "900"}})
        book.settle(evil, "USD")
        state, events = book.verify(), book.events()
    table = books.render(state, events, "csv")
    assert "\x1b" not in table
    assert "\u202e" not in table
    for row in csv.reader(io.StringIO(table, newline="")):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row), row
    text = books.render(state, events, "beancount")
    assert "\x1b" not in text
    assert not any(line.startswith("2026-01-01 open Assets:Mine") for line in text.splitlines())
    json.loads(books.render(state, events, "json"))
