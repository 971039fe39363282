"""Why a node weighs what it weighs: accounts of the edges, the largest paths, what hangs on it.

Everything here is a function of Weights (with their basis) that returns frozen values; ``to_plain`` gives JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush

from depfund.graph import ancestors, dominated, reach
from depfund.model import Basis, Weights
from depfund.weights._exact import FINE
from depfund.weights.attribution import ByDirect, basis_of, by_direct, is_linear, without
from depfund.weights.flow import Rows, Rule, keys_of, walk
from depfund.weights.passing import is_flow, question

__all__ = [
    "ByDirect",
    "Flows",
    "Path",
    "Paths",
    "Ways",
    "breaks",
    "by_direct",
    "edge_flows",
    "leaves",
    "paths",
    "paths_to",
    "without",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Double entry, in units of 10^15: at every node ``inflow == kept + what its edges carry away``.

    ``start`` is what the root gives to each direct dependency; ``edges`` maps source to target to units.
    """

    start: Mapping[str, int] = field(default_factory=dict)
    inflow: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    edges: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_plain(self) -> dict[str, object]:
        """As JSON takes it."""
        edges = {source: dict(row) for source, row in self.edges.items()}
        return {"start": dict(self.start), "inflow": dict(self.inflow), "kept": dict(self.kept), "edges": edges}


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A walk from a direct dependency to the node, and the ``units`` that take it and stay."""

    nodes: tuple[str, ...]
    units: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The largest walks to ``node`` and the units of ``others``; all sum to its weight.

    ``counted`` False: the weighting sends nothing along edges; the walks are the shortest ones, without units.
    """

    node: str
    counted: bool = True
    top: tuple[Path, ...] = ()
    others: int = 0

    def to_plain(self) -> dict[str, object]:
        """As JSON takes it."""
        top = [{"nodes": list(path.nodes), "units": path.units} for path in self.top]
        return {"node": self.node, "counted": self.counted, "top": top, "others": self.others}


def edge_flows(weights: Weights) -> Flows:
    """What each edge carries. Raises :class:`~depfund.errors.UsageError` when the weights are not a flow."""
    basis, start, rule = question(weights, "an account of the edges")
    made = walk(start, basis.requires, rule, edges=True)
    edges = {source: made.edges[source] for source in sorted(made.edges)} if made.edges else {}
    inflow = dict(start)
    for row in edges.values():
        for target, units in row.items():
            inflow[target] = inflow.get(target, 0) + units
    kept = {node: made.kept[node] for node in sorted(made.kept) if made.kept[node]}
    return Flows(start=start, inflow={node: inflow[node] for node in sorted(inflow)}, kept=kept, edges=edges)


def paths(weights: Weights, node: str, k: int = 3) -> Paths:
    """The ``k`` walks that bring ``node`` most, and all others in one sum."""
    return paths_to(weights, [node], k)[node]


def paths_to(weights: Weights, nodes: Iterable[str], k: int = 3) -> dict[str, Paths]:
    """:func:`paths` for many nodes; the search is prepared once.

    Best-first over products of edge shares, guided by the exact best way from the root to every node, so that a
    lattice of 2^n walks costs no more than a chain. Walks of cycles count each time around as a walk of its own.
    """
    ways = Ways(weights)
    return {node: ways.to(node, k) for node in nodes}


class Ways:
    """:func:`paths`, node by node; what every search needs is made once, when the first one needs it."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.rows = keys_of(basis_of(weights).requires)
        self.counted = is_flow(weights)

    @cached_property
    def back(self) -> dict[str, list[str]]:
        """Node → what requires it."""
        found: dict[str, list[str]] = {}
        for source, row in self.rows.items():
            for target in row:
                found.setdefault(target, []).append(source)
        return found

    @cached_property
    def flowing(self) -> tuple[Mapping[str, int], Rule, Mapping[str, int]]:
        """The root's stakes, the rule, and the best way to every node."""
        _, start, rule = question(self.weights, "a path")
        return start, rule, _best(start, self.rows, rule)

    def to(self, node: str, k: int = 3) -> Paths:
        """The ``k`` walks that bring ``node`` most."""
        if not self.counted:
            return _by_closure(self.weights, self.back, node, k)
        start, rule, best = self.flowing
        return _walks(self.weights, node, k, start, self.rows, rule, self.back, best)


def leaves(basis: Basis, direct: str) -> tuple[str, ...]:
    """What leaves the lockfile with ``direct``: the nodes that only paths through it reach, itself included."""
    return tuple(sorted(dominated(direct, basis.direct, basis.requires)))


def breaks(basis: Basis, node: str) -> tuple[str, ...]:
    """What breaks without ``node``: every reached node that needs it, directly or not."""
    return tuple(sorted((ancestors(node, basis.requires) & reach(basis.direct, basis.requires)) - {node}))


def _passed(rule: Rule, count: int) -> tuple[int, int]:
    """What each of ``count`` dependencies is passed, as numerator and denominator."""
    part = (1 - rule.kept(count)) / count if count else rule.kept(0) * 0
    return part.numerator, part.denominator


def _best(start: Mapping[str, int], rows: Rows, rule: Rule) -> dict[str, int]:
    """The largest product of shares on any walk from the root to each node (Dijkstra)."""
    found: dict[str, int] = {}
    heap: list[tuple[int, str]] = []
    for node, units in start.items():
        heappush(heap, (-units * (FINE // 10**15), node))
    while heap:
        negative, node = heappop(heap)
        if node in found or not negative:
            continue
        found[node] = -negative
        row = rows.get(node, ())
        over, under = _passed(rule, len(row))
        share = -negative * over // under
        if share:
            for target in row:
                if target not in found:
                    heappush(heap, (-share, target))
    return found


def _walks(
    weights: Weights,
    node: str,
    k: int,
    start: Mapping[str, int],
    rows: Rows,
    rule: Rule,
    back: Mapping[str, list[str]],
    best: Mapping[str, int],
) -> Paths:
    """A* backwards from ``node``: ``tail`` is what the walk so far keeps of a unit at its first node."""
    weight = weights.values.get(node, 0)
    top: list[Path] = []
    if weight and node in best:
        kept = rule.kept(len(rows.get(node, ())))
        limit = rule.hops or 0
        heap: list[tuple[int, tuple[str, ...], int, bool]] = []
        for length_ends in (True, False) if limit else (False,):
            tail = FINE if length_ends else FINE * kept.numerator // kept.denominator
            heappush(heap, (-(best[node] * tail // FINE), (node,), tail, length_ends))
        while heap and len(top) < k:
            negative, nodes, tail, last = heappop(heap)
            if not negative:
                break
            first = nodes[0]
            if first == "":
                top.append(Path(nodes=nodes[1:], units=-negative * 10**15 // FINE))
                continue
            # A walk of exactly the last hop keeps everything at its end, a shorter one the node's part.
            done = (len(nodes) == limit) is last if limit else True
            if done and first in start:
                whole = start[first] * (FINE // 10**15) * tail // FINE
                heappush(heap, (-whole, ("", *nodes), tail, last))
            if limit and len(nodes) >= (limit if last else limit - 1):
                continue
            for source in back.get(first, ()):
                if source in best:
                    over, under = _passed(rule, len(rows[source]))
                    onward = tail * over // under
                    if onward:
                        heappush(heap, (-(best[source] * onward // FINE), (source, *nodes), onward, last))
    top = [path for path in top if path.units]
    return Paths(node=node, top=tuple(top), others=max(weight - sum(path.units for path in top), 0))


def _by_closure(weights: Weights, back: Mapping[str, list[str]], node: str, k: int) -> Paths:
    """For weightings without edge flows: the shortest walk from each direct dependency that needs the node."""
    basis = basis_of(weights)
    onward = {node: node}
    todo = [node]
    for here in todo:
        for source in sorted(back.get(here, ())):
            if source not in onward:
                onward[source] = here
                todo.append(source)
    linear = is_linear(weights)
    shares = by_direct(weights, [node]).shares.get(node, {}) if linear else {}
    known = sorted((d for d in basis.direct if d in onward), key=lambda d: (-shares.get(d, 0), todo.index(d), d))
    top = []
    for direct in known[:k]:
        nodes = [direct]
        while nodes[-1] != node:
            nodes.append(onward[nodes[-1]])
        top.append(Path(nodes=tuple(nodes), units=shares.get(direct, 0)))
    others = sum(shares.values()) - sum(path.units for path in top)
    return Paths(node=node, counted=linear, top=tuple(top), others=others)
