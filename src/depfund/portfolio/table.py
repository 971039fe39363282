"""``portfolio.toml``: which projects there are, what each weighs, and whose it is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from depfund.errors import MoneyError, PolicyError
from depfund.model import KINDS
from depfund.money import Money, fraction

__all__ = ["MEASURES", "TAGS", "Entry", "Portfolio"]

MEASURES = ("equal", "headcount", "revenue", "deployments")
"""What the weight of a project may be proportional to."""

TAGS: Mapping[str, Fraction] = {"production": Fraction(1), "staging": Fraction(1, 4)}
"""Factors of tags where the file states none; other tags change nothing."""

_KEYS = ("path", "glob", "git", "rev", "name", "weight", *MEASURES[1:], "tags", "team", "scopes", "fork", "archived")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ``[[project]]``: a ``path``, a ``glob`` or a ``git`` repository (read at ``rev``, no work tree needed).

    ``weight`` multiplies what the measure gives (``headcount``, ``revenue``, ``deployments``; 1 for equal) and the
    factors of ``tags``. All projects that one entry leads to have its weight each. ``found`` says that nobody listed
    it by name, so that forks, copies and duplicates are left out.
    """

    path: str = ""
    glob: str = ""
    git: str = ""
    rev: str = "HEAD"
    name: str = ""
    weight: Fraction = Fraction(1)
    headcount: Fraction | None = None
    revenue: Fraction | None = None
    deployments: Fraction | None = None
    tags: tuple[str, ...] = ()
    team: str = ""
    scopes: tuple[str, ...] | None = None
    fork: bool = False
    archived: bool = False
    weighted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """The entries, the ``measure`` their weights follow, the factors of ``tags``, and the ``folder`` paths start at."""

    entries: tuple[Entry, ...] = ()
    measure: str = "equal"
    tags: Mapping[str, Fraction] = field(default_factory=lambda: dict(TAGS))
    folder: Path = field(default_factory=Path)

    @classmethod
    def load(cls, path: Path | str) -> Portfolio:
        """Read a ``portfolio.toml``. Raises :class:`~depfund.errors.PolicyError` naming the file and the key."""
        file = Path(path)
        try:
            raw = tomllib.loads(file.read_text(encoding="utf-8-sig"), parse_float=str)
            return cls.parse(raw, file.parent)
        except OSError as error:
            raise PolicyError(f"{file} cannot be read: {error.strerror}. Name a portfolio file or a folder.") from error
        except (ValueError, RecursionError) as error:
            raise PolicyError(f"{file} is not TOML: {error}. Correct the place.") from error
        except PolicyError as error:
            raise PolicyError(f"{file}: {error}") from error

    @classmethod
    def parse(cls, raw: Mapping[str, Any], folder: Path | None = None) -> Portfolio:
        """A portfolio from plain mappings, checked."""
        _known(raw, ("project", "portfolio", "weight", "tags"), "")
        head = raw.get("portfolio", {})
        if not isinstance(head, Mapping):
            raise PolicyError("portfolio is a table: [portfolio].")
        _known(head, ("weight", "tags", "name"), "portfolio.")
        rows = raw.get("project", [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise PolicyError("project is a list of tables; write each as [[project]].")
        entries = tuple(_entry(row, f"project[{at}]") for at, row in enumerate(rows))
        stated = head.get("weight", raw.get("weight"))
        tags = head.get("tags", raw.get("tags", {}))
        if not isinstance(tags, Mapping):
            raise PolicyError('tags maps each tag to a factor, such as staging = "1/4".')
        factors = {str(tag): _number(value, f"tags.{tag}") for tag, value in tags.items()}
        return cls(
            entries=entries,
            measure=_measure(entries, stated),
            tags={**TAGS, **factors},
            folder=folder or Path(),
        )

    def weight_of(self, entry: Entry) -> Fraction:
        """The weight of one project of ``entry`` before all are divided by their sum."""
        base = Fraction(1) if self.measure == "equal" else getattr(entry, self.measure)
        if base is None:
            subject = entry.name or entry.path or entry.glob or entry.git
            raise PolicyError(
                f"the portfolio is weighted by {self.measure}, which {subject} does not state; "
                f"give it {self.measure}, or set weight to another of {', '.join(MEASURES)}."
            )
        weight: Fraction = base * entry.weight
        for tag in entry.tags:
            weight *= self.tags.get(tag, Fraction(1))
        return weight


def _measure(entries: tuple[Entry, ...], stated: object) -> str:
    used = [name for name in MEASURES[1:] if any(getattr(entry, name) is not None for entry in entries)]
    if stated is None:
        if len(used) > 1:
            raise PolicyError(
                f"the projects state {' and '.join(used)}; name the one that counts: weight = {used[0]!r}."
            )
        return used[0] if used else "equal"
    if stated not in MEASURES:
        raise PolicyError(f"weight is {stated!r}; it is one of {', '.join(MEASURES)}.")
    return str(stated)


def _entry(row: Mapping[str, Any], at: str) -> Entry:
    _known(row, _KEYS, f"{at}.")
    places = [name for name in ("path", "glob", "git") if name in row]
    if len(places) != 1:
        raise PolicyError(f"{at} needs exactly one of path, glob and git; it has {' and '.join(places) or 'none'}.")
    values: dict[str, Any] = {}
    for name, value in row.items():
        where = f"{at}.{name}"
        if name in {"path", "glob", "git", "rev", "name", "team"}:
            if not isinstance(value, str) or not value:
                raise PolicyError(f"{where} is {value!r}; it is text.")
            values[name] = value
        elif name == "weight":
            values |= _weight(value, where)
        elif name in MEASURES:
            values[name] = _number(value, where)
        elif name in {"tags", "scopes"}:
            values[name] = _texts(value, where)
        else:
            if not isinstance(value, bool):
                raise PolicyError(f"{where} is {value!r}; it is true or false.")
            values[name] = value
    if values.get("rev", "").startswith("-"):
        raise PolicyError(f"{at}.rev is {values['rev']!r}; a revision does not begin with a dash.")
    for scope in values.get("scopes", ()):
        if scope not in KINDS:
            raise PolicyError(f"{at}.scopes names {scope!r}; the kinds of edges are {', '.join(KINDS)}.")
    return Entry(**values, weighted=any(name in row for name in ("weight", *MEASURES)))


def _weight(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        _known(value, MEASURES[1:], f"{where}.")
        return {str(name): _number(each, f"{where}.{name}") for name, each in value.items()}
    return {} if value == "equal" else {"weight": _number(value, where)}


def _number(value: object, where: str) -> Fraction:
    if not isinstance(value, bool) and isinstance(value, (int, str)):
        try:
            found = fraction(value) if isinstance(value, str) else Fraction(value)
        except ValueError:
            try:
                found = Fraction(Money.parse(value).minor)
            except MoneyError:
                found = Fraction(-1)
        if found >= 0:
            return found
    raise PolicyError(f'{where} is {value!r}; it is a number of 0 or more, such as 12 or "1/4".')


def _texts(value: object, where: str) -> tuple[str, ...]:
    row = [value] if isinstance(value, str) else value
    if not isinstance(row, list) or not all(isinstance(each, str) for each in row):
        raise PolicyError(f"{where} is {value!r}; it is a list of words.")
    return tuple(row)


def _known(row: Mapping[str, Any], keys: tuple[str, ...], at: str) -> None:
    for name in row:
        if name not in keys:
            near = get_close_matches(str(name), keys, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(keys)}."
            raise PolicyError(f"{at}{name} is no key of a portfolio.{hint}")
