"""What is searched for an explanation: walks and closures, prepared once for all nodes of one plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from depfund.graph import components, levels, numbers
from depfund.model import Weights
from depfund.weights.attribution import basis_of
from depfund.weights.explain import Paths, Ways

__all__ = ["WIDE", "Searched"]

WIDE = 1 << 14
"""Up to so many nodes the sets of all are made at once (32 MB at most); beyond, each is searched for by itself."""


class Searched:
    """Questions about single nodes of the graph under ``weights``; the same answers as in ``weights.explain``."""

    def __init__(self, weights: Weights) -> None:
        basis = basis_of(weights)
        self.ways = Ways(weights)
        self.made = numbers(basis)
        self.direct = frozenset(map(self.made.place, basis.direct))
        self.back: dict[int, list[int]] = {node: [] for node in levels(self.made, basis.direct)}
        for node in self.back:
            for target in self.made.rows[node]:
                self.back[target].append(node)

    def paths(self, node: str) -> Paths:
        """The largest walks that bring ``node`` its weight."""
        return self.ways.to(node)

    @cached_property
    def above(self) -> dict[int, int]:
        """By node the set of it and all that needs it, as bits."""
        rows = self.made.rows
        found = dict.fromkeys(self.back, 0)
        for group in components(self.back, {node: rows[node] for node in self.back}):
            bits = 0
            for node in group:
                bits |= found[node] | 1 << node
            for node in group:
                found[node] = bits
                for target in rows[node]:
                    found[target] |= bits
        return found

    def breaks(self, node: str) -> tuple[str, ...]:
        """What breaks without ``node``: what needs it, directly or not."""
        at = self.made.place(node)
        if at not in self.back:
            return ()
        if len(self.back) > WIDE:
            return self._names(sorted(_reach([at], self.back) - {at}))
        return self._names(_members(self.above[at] ^ 1 << at))

    def leaves(self, direct: str) -> tuple[str, ...]:
        """What leaves the lockfile with ``direct``: all below it but what something else leads to, too."""
        at, back = self.made.place(direct), self.back
        below = _reach([at], self.made.rows)
        led = [node for node in below if node != at and (node in self.direct or not below.issuperset(back[node]))]
        return self._names(sorted(below - (_reach(led, self.made.rows, {at}) - {at})))

    def _names(self, nodes: Iterable[int]) -> tuple[str, ...]:
        return tuple(map(self.made.keys.__getitem__, nodes))


def _members(bits: int) -> Iterator[int]:
    text = f"{bits:b}"[::-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


Steps = Mapping[int, Sequence[int]] | Sequence[Sequence[int]]


def _reach(starts: Iterable[int], steps: Steps, seen: Iterable[int] = ()) -> set[int]:
    found, front = set(seen), set(starts)
    while front:
        found |= front
        front = set(chain.from_iterable(map(steps.__getitem__, front))) - found
    return found
