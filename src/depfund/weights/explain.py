"""Why a node weighs what it weighs: accounts of the edges, the largest paths, what hangs on it.

Everything here is a function of Weights (with their basis) that returns frozen values; ``to_plain`` gives JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from depfund.graph import ancestors, dominated, numbers, reach
from depfund.model import Basis, Weights
from depfund.weights._walks import Walk, largest
from depfund.weights.attribution import Attribution, ByDirect, basis_of, by_direct, is_linear, without
from depfund.weights.flow import keys_of, walk
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

    A lattice of 2^n walks costs no more than a chain. Walks of cycles count each time around as a walk of its own.
    """
    ways = Ways(weights)
    return {node: ways.to(node, k) for node in nodes}


class Ways:
    """:func:`paths`, node by node; what every search needs is made once, when the first one needs it."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.counted = is_flow(weights)
        self._walks: dict[int, Mapping[int, list[Walk]]] = {}

    @cached_property
    def back(self) -> dict[str, list[str]]:
        """Node → what requires it."""
        found: dict[str, list[str]] = {}
        for source, row in keys_of(basis_of(self.weights).requires).items():
            for target in row:
                found.setdefault(target, []).append(source)
        return found

    @cached_property
    def attribution(self) -> Attribution | None:
        """By direct dependency; None where the weighting is not linear."""
        return Attribution(self.weights) if is_linear(self.weights) else None

    def to(self, node: str, k: int = 3) -> Paths:
        """The ``k`` walks that bring ``node`` most."""
        return self._flowing(node, k) if self.counted else self._shortest(node, k)

    def _flowing(self, node: str, k: int) -> Paths:
        made = numbers(basis_of(self.weights))
        if k not in self._walks:
            _, start, rule = question(self.weights, "a path")
            self._walks[k] = largest({made.place(key): units for key, units in start.items()}, made.rows, rule, k)
        weight = self.weights.values.get(node, 0)
        found = self._walks[k].get(made.place(node), []) if weight else []
        name = made.keys.__getitem__
        top = tuple(
            [Path(nodes=tuple(map(name, walk.nodes())), units=units) for walk in found if (units := walk.units())]
        )
        return Paths(node=node, top=top, others=max(weight - sum([path.units for path in top]), 0))

    def _shortest(self, node: str, k: int) -> Paths:
        """For weightings without edge flows: the shortest walk from each direct dependency that needs the node."""
        direct = basis_of(self.weights).direct
        onward = {node: node}
        todo = [node]
        for here in todo:
            for source in sorted(self.back.get(here, ())):
                if source not in onward:
                    onward[source] = here
                    todo.append(source)
        shares = self.attribution.of(node) if self.attribution else {}
        known = sorted((d for d in direct if d in onward), key=lambda d: (-shares.get(d, 0), todo.index(d), d))
        top = []
        for first in known[:k]:
            nodes = [first]
            while nodes[-1] != node:
                nodes.append(onward[nodes[-1]])
            top.append(Path(nodes=tuple(nodes), units=shares.get(first, 0)))
        others = sum(shares.values()) - sum(path.units for path in top)
        return Paths(node=node, counted=self.attribution is not None, top=tuple(top), others=others)


def leaves(basis: Basis, direct: str) -> tuple[str, ...]:
    """What leaves the lockfile with ``direct``: the nodes that only paths through it reach, itself included."""
    return tuple(sorted(dominated(direct, basis.direct, basis.requires)))


def breaks(basis: Basis, node: str) -> tuple[str, ...]:
    """What breaks without ``node``: every reached node that needs it, directly or not."""
    return tuple(sorted((ancestors(node, basis.requires) & reach(basis.direct, basis.requires)) - {node}))
