"""A quotient graph as numbers: what a weighting walks over; :mod:`depfund.graph` makes them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import eq, ne

from depfund.model import KINDS, Kind

__all__ = ["Numbers", "levels", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A basis as numbers: node ``i`` is ``keys[i]`` (code point order), ``rows[i]`` what it requires, ascending."""

    keys: Sequence[str]
    rows: Sequence[Sequence[int]]

    def place(self, key: str) -> int:
        """The number of a node. O(log n): few are asked for, and a table of a million names is slow to make."""
        return bisect_left(self.keys, key)


def levels(made: Numbers, direct: Iterable[str]) -> dict[int, int]:
    """Fewest edges from the root to each reached node, by number; the direct ones have 1."""
    rows = made.rows
    todo = [made.place(key) for key in direct]
    found = dict.fromkeys(todo, 1)
    level = 1
    while todo:
        level += 1
        near = dict.fromkeys(chain.from_iterable(map(rows.__getitem__, todo)))
        todo = [node for node in near if node not in found]
        found |= dict.fromkeys(todo, level)
    return found


def number(requires: Mapping[str, Mapping[str, Kind]], keys: Mapping[str, str], kinds: Collection[Kind]) -> Numbers:
    """The quotient of ``requires`` by ``keys`` (purl → node): merged, without self-loops and other kinds of edges."""
    ordered = sorted(keys.values())
    merged = any(map(eq, ordered, islice(ordered, 1, None)))
    if merged or any(map(ne, ordered, keys.values())):
        ordered = sorted(set(ordered)) if merged else ordered
        places = dict(zip(ordered, range(len(ordered)), strict=True))
        at = dict(zip(keys, map(places.__getitem__, keys.values()), strict=True))
    else:
        at = dict(zip(keys, range(len(ordered)), strict=True))
    some = len(kinds) < len(KINDS)
    empty: tuple[int, ...] = ()
    rows: list[Sequence[int]] = [empty] * len(ordered)
    place, find = at.get, at.__getitem__
    for source, row in requires.items():
        here = place(source)
        if here is None:
            continue
        try:
            onward = (
                sorted(at[target] for target, kind in row.items() if kind in kinds) if some else sorted(map(find, row))
            )
        except KeyError:
            onward = sorted(at[target] for target, kind in row.items() if kind in kinds and target in at)
        if merged:
            onward = sorted({*rows[here], *onward} - {here})
        elif here in onward:
            onward.remove(here)
        if onward:
            rows[here] = onward
    return Numbers(keys=ordered, rows=rows)
