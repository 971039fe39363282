"""The ledger: one SQLite file of append-only events in a hash chain. Its state is their replay.

A write is one transaction (WAL, ``synchronous=FULL``): what was reported as written survives a kill at any moment, and
of two processes that write at once the second sees what the first wrote.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from depfund.errors import LedgerError
from depfund.rounds.events import GENESIS, Event, body_of, chain, check
from depfund.rounds.replay import Round, State, replay

__all__ = ["Ledger"]

APPLICATION = 0x64656670  # "defp"
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT;
CREATE TRIGGER IF NOT EXISTS events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS events_are_not_removed BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """``with Ledger("fund.ledger") as ledger:`` opens it, and makes it (mode 0600) where it is not there.

    Raises :class:`~depfund.errors.LedgerError` when the file is no ledger or an event was changed.
    """

    def __init__(self, path: Path | str, *, clock: Callable[[], datetime] = _now, create: bool = True) -> None:
        self.path = Path(path)
        self._clock = clock
        if not self.path.exists():
            if not create:
                raise LedgerError(f"{path} does not exist. `depfund round open --ledger {path}` begins one.")
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                pass  # another process made it meanwhile
            except OSError as error:
                raise LedgerError(f"{path} cannot be made: {error.strerror}. Check that its folder exists.") from error
        self._state = State()
        with self._sound():
            there = f"{self.path.absolute().as_uri()}?mode=rw"  # a link to nowhere is not followed to make a file
            self._db = sqlite3.connect(there, uri=True, isolation_level=None, timeout=30.0)
        try:
            with self._sound():
                self._prepare()
            self.state()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        """See that the file is a ledger; a new one becomes one."""
        self._db.execute("PRAGMA trusted_schema=OFF")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        mark = self._db.execute("PRAGMA application_id").fetchone()[0]
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        if (mark not in {0, APPLICATION}) or (mark == 0 and tables - {"events"}):
            raise LedgerError(f"{self.path} is a SQLite file of another program, not a ledger.")
        if "events" not in tables or mark == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id={APPLICATION}; COMMIT;")

    @contextlib.contextmanager
    def _sound(self) -> Iterator[None]:
        """What SQLite finds wrong with the file is a LedgerError that names it."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise LedgerError(
                f"{self.path} is not a ledger, is damaged or cannot be written: {error}. "
                "Check the disk, or restore a copy of the file."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def events(self) -> list[Event]:
        """Every event from the first, checked against the hash chain."""
        return check(self._rows(0), str(self.path))

    def verify(self) -> State:
        """Check every hash and replay every event afresh. Raises LedgerError naming the first that is wrong."""
        return replay(self.events())

    def state(self) -> State:
        """The state after the last event, other processes' included."""
        with self._sound():
            last = self._db.execute("SELECT COALESCE(MAX(number), 0) FROM events").fetchone()[0]
        if last < self._state.number or (last and not self._state.number):
            self._state = self.verify()
        elif last > self._state.number:
            self._state = self._catch_up()
        return self._state

    def _catch_up(self) -> State:
        known = self._state
        try:
            new = check(self._rows(known.number), str(self.path), after=known.number, before=known.head or GENESIS)
        except LedgerError:
            return self.verify()
        return replay(new, known)

    def _rows(self, after: int) -> list[tuple[int, str, str]]:
        with self._sound():
            found = self._db.execute("SELECT number, body, hash FROM events WHERE number > ? ORDER BY number", (after,))
            return [(int(number), str(body), str(stored)) for number, body, stored in found]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[State]:
        """The current state with the file locked; what is appended inside appears all at once, or not at all."""
        with self._sound():
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise LedgerError(
                    f"{self.path} is locked by another process: {error}. Try again when it is done."
                ) from error
        try:
            with self._sound():
                yield self.state()
                self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._state = State()  # it may be ahead of the file
            raise

    def _append(self, kind: str, data: Mapping[str, Any]) -> Event:
        state = self._state
        number, at = state.number + 1, self._clock().astimezone(UTC).isoformat(timespec="seconds")
        body = body_of(number, kind, at, data)
        event = Event(number=number, kind=kind, at=at, data=data, hash=chain(state.head or GENESIS, body))
        replay([event], state)
        self._db.execute("INSERT INTO events VALUES (?, ?, ?)", (number, body, event.hash))
        return event

    def append(self, kind: str, data: Mapping[str, Any]) -> Event:
        """Write one event; it is on the disk when this returns. Raises LedgerError when it cannot follow."""
        with self._writing():
            return self._append(kind, data)

    def append_all(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Event]:
        """Write several events in one transaction: all or none."""
        with self._writing():
            return [self._append(kind, data) for kind, data in events]

    def settle(
        self, period: str, currency: str, *, withheld: Iterable[str] | Callable[[State], Iterable[str]] = ()
    ) -> tuple[Round, bool]:
        """Close the round: pay what has grown large enough. ``(round, fresh)``; closing again pays nothing and says so.

        Payees in ``withheld`` (the payee lock names them, or a function of the state) accrue and are not paid.
        """
        with self._writing() as state:
            keep = sorted(set(withheld(state) if callable(withheld) else withheld))
            this = state.round(period, currency)
            if this.status == "closed":
                return this, False
            paid, _ = state.due(keep, period, currency)
            data = {"period": period, "currency": currency, "paid": dict(sorted(paid.items())), "withheld": keep}
            self._append("closed", data)
            return self._state.round(period, currency), True
