"""The ledger's events and their hash chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

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


class _Body(msgspec.Struct):
    number: int
    kind: str
    at: Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d\d-\d\dT[\d:.+Z-]*\Z")]
    data: dict[str, Any]


class _Data(msgspec.Struct):
    """The types of what events hold, whatever their kind; which of it a kind needs, its step in the replay says."""

    period: str = ""
    currency: str = ""
    payee: str = ""
    into: str = ""
    to: str = ""
    channel: str = ""
    subject: str = ""
    grant: str = ""
    plan: str = ""
    state: str = ""
    budget: int = 0
    held: int = 0
    expected: int = 0
    actual: int = 0
    part: int = 0
    expiry: int = 0
    amount: int | str = 0
    becomes: int | str = 0
    carried: int | str = 0
    accruals: dict[str, int | str] = {}
    minimums: dict[str, int] = {}
    lots: dict[str, int] = {}
    fixed: dict[str, int] = {}
    holds: dict[str, int] = {}
    paid: dict[str, int] = {}
    instalments: dict[str, int] = {}
    channels: dict[str, str] = {}
    projects: dict[str, list[str]] = {}
    named: list[str] = []
    withheld: list[str] = []
    parts: list[int] = []


_DECODER = msgspec.json.Decoder(_Body)


def body_of(number: int, kind: str, at: str, data: Mapping[str, Any]) -> str:
    """The event as canonical JSON: what is stored, and what is hashed.

    Raises LedgerError for data that could not be read back.
    """
    try:
        msgspec.convert(data, _Data)
    except msgspec.ValidationError as error:
        raise LedgerError(f"an event {kind!r} with that data cannot be written: {error}.") from error
    plain = {"number": number, "kind": kind, "at": at, "data": data}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chain(before: str, body: str) -> str:
    """SHA-256 over the hash of the event before and this event's body."""
    return hashlib.sha256(f"{before}\n{body}".encode()).hexdigest()


def check(rows: Iterable[tuple[int, str, str]], file: str, *, after: int = 0, before: str = GENESIS) -> list[Event]:
    """The events of ``(number, body, hash)`` rows that follow event ``after``, whose hash is ``before``.

    Raises LedgerError naming the first that was changed.
    """
    found: list[Event] = []
    for expected, (number, body, stored) in enumerate(rows, after + 1):
        if number != expected:
            raise LedgerError(
                f"{file}: event {expected} is missing (the next is {number}). Restore a copy of the file."
            )
        if chain(before, body) != stored:
            raise LedgerError(
                f"{file}: event {number} was changed after it was written: its hash is not that of the chain. "
                "Restore a copy of the file; nothing after this event can be trusted."
            )
        found.append(_event(number, body, stored, file))
        before = stored
    return found


def _event(number: int, body: str, stored: str, file: str) -> Event:
    """An event of a sound chain: whoever can write the file can also make its chain anew, around anything."""
    try:
        plain = _DECODER.decode(body)
        msgspec.convert(plain.data, _Data)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{file}: event {number} is no event: {error}. Restore a copy of the file.") from error
    if plain.number != number:
        raise LedgerError(f"{file}: event {number} calls itself {plain.number}. Restore a copy of the file.")
    return Event(number=number, kind=plain.kind, at=plain.at, data=plain.data, hash=stored)
