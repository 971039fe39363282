"""Ballots: CSV as people and form tools write it, in; one vote per person and candidate, out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from depfund.errors import PolicyError
from depfund.model import Note
from depfund.shares._csv import number, rows

__all__ = ["Ballots"]

_VOTERS = {"voter", "voters", "employee", "email", "e-mail", "member", "person", "user", "who", "ballot", "contributor"}
_CANDIDATES = {
    "candidate",
    "project",
    "package",
    "payee",
    "nominee",
    "nomination",
    "choice",
    "vote",
    "repository",
    "choices",
}
_NUMBERS = {"credits", "credit", "contribution", "amount", "points", "score", "votes"}
_RANKS = {"rank", "place", "position", "preference"}
_MARK = re.compile(r"(?:x|yes|y|true|no|n|false|-|✓|✔|\d+(?:\.\d+)?)?", re.IGNORECASE)
_ENTRY = re.compile(
    r"(?:.*\b)?(?:choice|vote|rank|candidate|project|package|preference|nominee|first|second|third)\b.*|#?\d*"
)
_NO = {"", "0", "no", "n", "false", "-"}
COUNTED = {"quadratic", "quadratic_funding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """What people voted: ``votes`` maps each voter to (candidate as written, number or None) in their order.

    ``lines`` are the lines of the file on which a candidate was named.
    """

    method: str = "approval"
    votes: Mapping[str, tuple[tuple[str, Fraction | None], ...]] = field(default_factory=dict)
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    name: str = "ballots"
    text: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, method: str = "approval", *, name: str = "ballots") -> Ballots:
        """Read a CSV of ballots in one of three forms.

        * one vote a row: ``voter,candidate`` and, where the method needs it, ``credits``/``contribution`` or ``rank``;
        * one voter a row: ``voter,first,second,…`` (with a number: ``urllib3=9``);
        * a matrix: ``voter`` and one column a candidate, with marks or numbers in it.

        Without a header the first column is the voter and the others are candidates. A cell may hold several
        candidates separated by ``;`` or ``|``. Raises :class:`~depfund.errors.PolicyError` with the line.
        """
        table = rows(text, name)
        found = _Reader(method, name)
        if table:
            head = [cell.lower() for cell in table[0][1]]
            if head[0] in _VOTERS or any(cell in _CANDIDATES for cell in head):
                found.headed(head, table[0][1], table[1:])
            else:
                found.wide(table, 0, range(1, max(len(cells) for _, cells in table)))
        return cls(
            method=method,
            votes={voter: tuple(found.votes[voter]) for voter in sorted(found.votes)},
            lines={word: tuple(found.lines[word]) for word in sorted(found.lines)},
            name=name,
            text=text,
        )

    def matched(self, find: Callable[[str], tuple[str | None, str]]) -> tuple[Any, list[Note]]:
        """The ballots over matched candidates, in the shape their method counts, and a note for every doubt.

        ``find`` gives the candidate that a spelling means (or None) and a remark. A list in the order of the
        voters: of lists, or of mappings candidate → number for quadratic and quadratic_funding.
        """
        known: dict[str, str | None] = {}
        notes: list[Note] = []
        for word, lines in self.lines.items():
            known[word], remark = find(word)
            if remark:
                code = "votes.spelling" if known[word] is not None else "votes.unmatched"
                where = f"{self.name}, line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
                notes.append(Note(level="warning", code=code, subject=word, message=f"{where}: {remark}"))
        ballots: list[Any] = []
        for votes in self.votes.values():
            row = [(target, value) for word, value in votes if (target := known[word]) is not None]
            if self.method in COUNTED:
                sums: dict[str, Fraction] = {}
                for target, value in row:
                    sums[target] = sums.get(target, Fraction(0)) + (value or 0)
                ballots.append({target: int(v) if v.denominator == 1 else v for target, v in sorted(sums.items())})
            else:
                ballots.append(list(dict.fromkeys(target for target, _ in row)))
        return ballots, notes


class _Reader:
    def __init__(self, method: str, name: str) -> None:
        self.method, self.name = method, name
        self.votes: dict[str, list[tuple[str, Fraction | None]]] = {}
        self.lines: dict[str, list[int]] = {}

    def headed(self, head: list[str], shown: list[str], table: list[tuple[int, list[str]]]) -> None:
        voter = next((at for at, cell in enumerate(head) if cell in _VOTERS), None)
        if voter is None:
            voter = next((at for at, cell in enumerate(head) if cell in {"name", "id"}), None)
        if voter is None:
            raise PolicyError(f"{self.name}, line 1: no column names the voter; call one of them voter.")
        named = [at for at, cell in enumerate(head) if cell in _CANDIDATES]
        value = next((at for at, cell in enumerate(head) if cell in _NUMBERS), None)
        rank = next((at for at, cell in enumerate(head) if cell in _RANKS), None)
        others = [at for at in range(len(head)) if at != voter]
        if len(named) == 1 and (len(others) == 1 or value is not None or rank is not None):
            self.long(table, voter, named[0], value, rank)
        elif all(_MARK.fullmatch(_cell(cells, at)) for _, cells in table for at in others):
            self.matrix(table, voter, {at: shown[at] for at in others if shown[at]})
        else:
            entries = [at for at in others if at in named or _ENTRY.fullmatch(head[at])]
            self.wide(table, voter, entries or others)

    def long(
        self, table: list[tuple[int, list[str]]], voter: int, candidate: int, value: int | None, rank: int | None
    ) -> None:
        ordered: list[tuple[Fraction, int, list[str]]] = []
        for line, cells in table:
            place = (
                number(_cell(cells, rank), self.name, line) if rank is not None and _cell(cells, rank) else Fraction(0)
            )
            ordered.append((place, line, cells))
        for _, line, cells in sorted(ordered, key=lambda row: row[:2]):
            amount = number(_cell(cells, value), self.name, line) if value is not None and _cell(cells, value) else None
            self.add(line, _cell(cells, voter), _cell(cells, candidate), amount)

    def wide(self, table: list[tuple[int, list[str]]], voter: int, columns: range | list[int]) -> None:
        for line, cells in table:
            self.votes.setdefault(_cell(cells, voter), [])
            for at in columns:
                self.add(line, _cell(cells, voter), _cell(cells, at), None)

    def matrix(self, table: list[tuple[int, list[str]]], voter: int, names: Mapping[int, str]) -> None:
        for line, cells in table:
            self.votes.setdefault(_cell(cells, voter), [])
            marks = [(at, _cell(cells, at)) for at in names if _cell(cells, at).lower() not in _NO]
            if self.method == "borda":
                marks.sort(key=lambda mark: (number(mark[1], self.name, line), mark[0]))
            for at, mark in marks:
                amount = number(mark, self.name, line) if self.method in COUNTED else None
                self.add(line, _cell(cells, voter), names[at], amount)

    def add(self, line: int, voter: str, text: str, value: Fraction | None) -> None:
        if not voter:
            raise PolicyError(f"{self.name}, line {line}: the voter is missing; every vote is somebody's.")
        mine = self.votes.setdefault(voter, [])
        for part in re.split(r"[;|]", text):
            word, mark, amount = part.strip(), "", ""
            if value is None and self.method in COUNTED and "=" in word:
                word, mark, amount = (piece.strip() for piece in word.rpartition("="))
            if not word:
                continue
            given = number(amount, self.name, line) if mark else value
            if given is None and self.method in COUNTED:
                raise PolicyError(
                    f"{self.name}, line {line}: {word} has no number; the method {self.method} counts credits."
                )
            mine.append((word, given))
            self.lines.setdefault(word, []).append(line)


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""
