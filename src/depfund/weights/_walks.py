"""The largest walks from the root to every node, all in one pass.

A walk is worth its direct dependency's stake times what each node on it passes on. Of the walks that end at a node only
the k largest can begin one of the k largest walks to a node below it, so k a node are carried along: components in
topological order, and inside one by the size of the walks (Dijkstra with k visits a node). O(k·m) beside the sorting.
A lattice of 2^n walks costs no more than a chain; each time around a cycle is a walk of its own.

Worth is kept in fixed point, 128 bits below a unit, of which the upper 64 count: walks that are worth the same are the
same here, too, and go by their nodes in code point order from the root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import pairwise

from depfund.graph import components
from depfund.weights.flow import Rule

__all__ = ["Walk", "largest"]

_BITS = 128
_NOISE = 64


class Walk(tuple[int, int, "Walk | None"]):
    """``(worth, last node, the walk before it)``; the larger one comes first."""

    __slots__ = ()

    def __lt__(self, other: Walk) -> bool:  # type: ignore[override]
        one, two = self[0] >> _NOISE, other[0] >> _NOISE
        return one > two if one != two else self.nodes() < other.nodes()

    def nodes(self) -> list[int]:
        """From the direct dependency on."""
        found: list[int] = []
        here: Walk | None = self
        while here is not None:
            found.append(here[1])
            here = here[2]
        found.reverse()
        return found

    def units(self) -> int:
        """Whole units; what fixed point has lost of them is made good."""
        return (self[0] + (1 << _NOISE)) >> _BITS


_walk: Callable[[tuple[int, int, Walk | None]], Walk] = partial(tuple.__new__, Walk)
Found = dict[int, list[Walk]]


def largest(start: Mapping[int, int], rows: Sequence[Sequence[int]], rule: Rule, k: int) -> Found:
    """By node the ``k`` walks that bring it most of ``start`` (units by node), in what stays of them at the node."""
    kept, passed = _parts(rule, rows)
    first = {node: [_walk((units << _BITS, node, None))] for node, units in start.items() if units}
    if rule.hops is not None:
        return _limited(first, rows, rule.hops, k, kept, passed)
    arrived: Found = {}
    waiting = first
    reached = dict(_reached(first, rows))
    for group in components(reached, reached):
        if len(group) == 1:
            (node,) = group
            found = {node: _foremost(waiting.pop(node, []), k)}
        else:
            found = _circle(group, waiting, reached, k, passed)
        arrived |= found
        for node, walks in found.items():
            _onward(walks, [target for target in reached[node] if target not in found], passed, waiting)
    return {node: [_kept(walk, *kept(node)) for walk in walks] for node, walks in arrived.items()}


Part = Callable[[int], tuple[int, int]]


def _parts(rule: Rule, rows: Sequence[Sequence[int]]) -> tuple[Part, Part]:
    """What a node keeps, and what it passes to each of its dependencies, as numerator and denominator."""
    table: dict[int, tuple[tuple[int, int], tuple[int, int]]] = {}
    for count in set(map(len, rows)):
        keep = rule.kept(count)
        each = (1 - keep) / (count or 1)
        table[count] = (keep.as_integer_ratio(), each.as_integer_ratio())
    return (lambda node: table[len(rows[node])][0]), (lambda node: table[len(rows[node])][1])


def _reached(first: Mapping[int, object], rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, Sequence[int]]]:
    seen = set(first)
    todo = list(seen)
    for node in todo:
        yield node, rows[node]
        for target in rows[node]:
            if target not in seen:
                seen.add(target)
                todo.append(target)


def _foremost(walks: list[Walk], k: int) -> list[Walk]:
    if len(walks) > 1:
        walks.sort(key=lambda walk: -(walk[0] >> _NOISE))
        if any(a[0] >> _NOISE == b[0] >> _NOISE for a, b in pairwise(walks[: k + 1])):
            walks.sort()
    return walks[:k]


def _onward(walks: list[Walk], targets: Sequence[int], passed: Part, waiting: Found) -> None:
    if not walks or not targets:
        return
    over, under = passed(walks[0][1])
    down = [(worth, walk) for walk in walks if (worth := walk[0] * over // under)]
    for target in targets:
        more = [_walk((worth, target, walk)) for worth, walk in down]
        if target in waiting:
            waiting[target] += more
        else:
            waiting[target] = more


def _circle(group: list[int], waiting: Found, rows: Mapping[int, Sequence[int]], k: int, passed: Part) -> Found:
    """One component of several nodes: the largest walk that is left ends at its node for good, up to k of them."""
    found: Found = {node: [] for node in group}
    heap = [walk for node in group for walk in waiting.pop(node, [])]
    heapify(heap)
    while heap:
        walk = heappop(heap)
        worth, node, _ = walk
        if len(found[node]) < k:
            found[node].append(walk)
            over, under = passed(node)
            if onward := worth * over // under:
                for target in rows[node]:
                    if target in found and len(found[target]) < k:
                        heappush(heap, _walk((onward, target, walk)))
    return found


def _limited(first: Found, rows: Sequence[Sequence[int]], hops: int, k: int, kept: Part, passed: Part) -> Found:
    """Walks of at most ``hops`` nodes, one length at a time; the longest keep everything at their end."""
    found: Found = {}
    layer = first
    for length in range(1, hops + 1):
        below: Found = {}
        for node, walks in layer.items():
            top = _foremost(walks, k)
            part = (1, 1) if length == hops else kept(node)
            found[node] = _foremost([*found.get(node, []), *(_kept(walk, *part) for walk in top)], k)
            _onward(top, rows[node], passed, below)
        layer = below
        if not layer:
            break
    return found


def _kept(walk: Walk, over: int, under: int) -> Walk:
    worth, node, before = walk
    return _walk((worth * over // under, node, before))
