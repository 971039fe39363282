"""The ledger's events and their hash chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from depfund.errors import LedgerError

__all__ = ["GENESIS", "Event", "body_of", "chain", "check"]

GENESIS = hashlib.sha256(b"depfund ledger 1").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened: ``number`` from 1, ``kind``, ``at`` (ISO time), plain ``data``, ``hash`` in the chain."""

    number: int
    kind: str
    at: str
    data: Mapping[str, Any]
    hash: str


def body_of(number: int, kind: str, at: str, data: Mapping[str, Any]) -> str:
    """The event as canonical JSON: what is stored, and what is hashed."""
    plain = {"number": number, "kind": kind, "at": at, "data": data}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chain(before: str, body: str) -> str:
    """SHA-256 over the hash of the event before and this event's body."""
    return hashlib.sha256(f"{before}\n{body}".encode()).hexdigest()


def check(rows: Iterable[tuple[int, str, str]], file: str) -> list[Event]:
    """The events of ``(number, body, hash)`` rows. Raises LedgerError naming the first that was changed."""
    found: list[Event] = []
    before = GENESIS
    for expected, (number, body, stored) in enumerate(rows, 1):
        if number != expected:
            raise LedgerError(
                f"{file}: event {expected} is missing (the next is {number}). Restore a copy of the file."
            )
        if chain(before, body) != stored:
            raise LedgerError(
                f"{file}: event {number} was changed after it was written: its hash is not that of the chain. "
                "Restore a copy of the file; nothing after this event can be trusted."
            )
        plain = json.loads(body)
        found.append(Event(number=number, kind=plain["kind"], at=plain["at"], data=plain["data"], hash=stored))
        before = stored
    return found
