"""Data of the user's own about projects (maintainers, advisories, scorecard …), as clamped multipliers.

Whether few maintainers are a reason to pay more or less is the user's decision, so there is no default rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from depfund.errors import PolicyError
from depfund.model import Note
from depfund.shares._csv import number, rows
from depfund.shares._keys import Matcher

if TYPE_CHECKING:
    from depfund.shares.tables import Signals

__all__ = ["Data", "multipliers"]

_MATCH = {"match", "project", "package", "purl", "payee", "repository", "url", "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Rows of (what it is about, column → number). A blank cell is no number."""

    rows: tuple[tuple[str, Mapping[str, Fraction]], ...] = ()
    name: str = "signals"
    text: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, *, name: str = "signals") -> Data:
        """Read a CSV whose first column is ``match`` and whose others hold numbers.

        Raises :class:`~depfund.errors.PolicyError` with the line.
        """
        table = rows(text, name)
        if not table:
            return cls(name=name, text=text)
        head = [cell.lower() for cell in table[0][1]]
        if head[0] not in _MATCH:
            raise PolicyError(f"{name}, line {table[0][0]}: the first column is called {head[0]!r}; call it match.")
        found = []
        for line, cells in table[1:]:
            values = {
                column: number(cell, name, line)
                for column, cell in zip(head[1:], cells[1:], strict=False)
                if column and cell
            }
            found.append((cells[0], values))
        return cls(rows=tuple(found), name=name, text=text)


def multipliers(
    data: Data | None, signals: Signals, subjects: Mapping[str, Iterable[str]]
) -> tuple[dict[str, Fraction], list[Note]]:
    """The multiplier of each of ``subjects`` (key → spellings) that a row is about, with a note of its raw values.

    The rules whose condition holds multiply; without rules the column ``times`` is the multiplier. The product is
    clamped to ``signals.low`` … ``signals.high``. Missing data is 1.
    """
    if data is None or not data.rows:
        return {}, []
    columns = {column for _, values in data.rows for column in values}
    for at, rule in enumerate(signals.rules):
        if rule.column.lower() not in columns:
            raise PolicyError(f"signals.rules[{at}].column is {rule.column!r}, which {data.name} does not have.")
    if not signals.rules and "times" not in columns:
        raise PolicyError(f"{data.name} has no column times and the policy no signals.rules; add one of them.")
    matcher = Matcher(match for match, _ in data.rows)
    found: dict[str, Fraction] = {}
    notes: list[Note] = []
    for subject, spellings in subjects.items():
        row = matcher.first(spellings)
        if row is None:
            continue
        values = data.rows[row][1]
        times = _times(values, signals)
        found[subject] = max(signals.low, min(signals.high, times))
        raw = ", ".join(f"{column} {value}" for column, value in sorted(values.items()))
        clamped = f" (clamped from {times})" if times != found[subject] else ""
        message = f"weight times {found[subject]}{clamped} by {data.name}: {raw}."
        notes.append(Note(level="info", code="signals", subject=subject, message=message))
    return found, notes


def _times(values: Mapping[str, Fraction], signals: Signals) -> Fraction:
    if not signals.rules:
        return values.get("times", Fraction(1))
    product = Fraction(1)
    for rule in signals.rules:
        value = values.get(rule.column.lower())
        if value is None or (rule.at_least is not None and value < rule.at_least):
            continue
        if rule.at_most is None or value <= rule.at_most:
            product *= rule.times
    return product
