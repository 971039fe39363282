"""Who brought a node its share: the exact split of w(v) by direct dependency, where the weighting is linear.

A[d][v] is what v would get from the stake of d alone; Σ_d A[d][v] = w(v) by linearity (allocation.md, section 8).
Flow and its presets, shapley over direct and direct are linear in the root's stakes; the others count nodes, and
no direct dependency brought anything there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from depfund.errors import UsageError
from depfund.graph import components, reach
from depfund.model import Basis, Weights
from depfund.weights._ask import Ask
from depfund.weights._exact import to_unit
from depfund.weights._run import ask_of, run
from depfund.weights._table import PRESETS, WEIGHTINGS
from depfund.weights.flow import Rows, Rule, keys_of, rule_of, walk
from depfund.weights.shapley import closures, sizes_of

__all__ = ["Attribution", "ByDirect", "basis_of", "by_direct", "is_linear", "without"]

_BITS = 40  # fixed point below a unit, so that rounding on the way does not show


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDirect:
    """``shares``: node → direct dependency → units, summing to the node's weight; ``linear`` False: none to split."""

    linear: bool
    shares: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_plain(self) -> dict[str, object]:
        """As JSON takes it."""
        return {"linear": self.linear, "shares": {key: dict(row) for key, row in self.shares.items()}}


def basis_of(weights: Weights) -> Basis:
    """The graph under ``weights``. Raises :class:`~depfund.errors.UsageError` when it was not kept."""
    if weights.basis is None:
        raise UsageError("an explanation needs the graph that the weights were made on; weigh again.")
    return weights.basis


def is_linear(weights: Weights) -> bool:
    """Whether ``weights`` are linear in the root's stakes, and so split exactly by direct dependency."""
    row = WEIGHTINGS.get(weights.weighting) or PRESETS.get(weights.weighting)
    return row is not None and row.linear and weights.parameters.get("over", "direct") == "direct"


def by_direct(weights: Weights, keys: Iterable[str] | None = None) -> ByDirect:
    """Split the weight of ``keys`` (all nodes by default) by direct dependency, to the unit."""
    basis = basis_of(weights)
    if not is_linear(weights):
        return ByDirect(linear=False)
    asked = set(weights.values) if keys is None else set(keys) & weights.values.keys()
    raw = _raw(ask_of(basis, weights.weighting, weights.parameters), weights.weighting, None if keys is None else asked)
    return ByDirect(linear=True, shares={key: _shared(raw.get(key, {}), weights.values[key]) for key in sorted(asked)})


def _shared(brought: Mapping[str, int], units: int) -> dict[str, int]:
    names = sorted(name for name, amount in brought.items() if amount)
    parts = to_unit([brought[name] for name in names], units)
    return {name: part for name, part in zip(names, parts, strict=True) if part}


class Attribution:
    """:func:`by_direct` of linear ``weights``, rounded node by node when asked."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    @cached_property
    def _brought(self) -> Mapping[str, Mapping[str, int]]:
        weights = self.weights
        return _raw(ask_of(basis_of(weights), weights.weighting, weights.parameters), weights.weighting, None)

    def of(self, node: str) -> dict[str, int]:
        """Direct dependency → units of ``node``; they sum to its weight."""
        return _shared(self._brought.get(node, {}), self.weights.values.get(node, 0))


def without(weights: Weights, direct: str) -> dict[str, int]:
    """The weights if ``direct`` were no direct dependency: (w − A[d]) / (1 − a(d)) where linear, else weighed again.

    Integers that sum to 10^15; empty when nothing else is reached.
    """
    basis = basis_of(weights)
    if direct not in basis.direct:
        raise UsageError(f"{direct} is no direct dependency here; `depfund graph` lists them.")
    if not is_linear(weights):
        rest = {key: kind for key, kind in basis.direct.items() if key != direct}
        smaller = Basis(level=basis.level, members=basis.members, direct=rest, requires=basis.requires)
        return dict(run(smaller, weights.weighting, weights.parameters, "").values)
    shares = by_direct(weights).shares
    left = {key: units - shares[key].get(direct, 0) for key, units in weights.values.items()}
    parts = to_unit(list(left.values()))
    return {key: part for key, part in zip(left, parts, strict=True) if part}


def _raw(ask: Ask, name: str, keys: set[str] | None) -> Mapping[str, Mapping[str, int]]:
    """Node → direct dependency → what it brings, in some fixed point."""
    basis = ask.basis
    row = WEIGHTINGS.get(name) or PRESETS[name]
    start = dict(zip(ask.stakes, to_unit(list(ask.stakes.values())), strict=True))
    if row.module == "direct":
        return {node: {node: units} for node, units in start.items()}
    found: dict[str, dict[str, int]] = {}
    if row.module == "shapley":
        sizes = sizes_of(ask, sorted(reach(basis.direct, basis.requires)))
        for node, stake in ask.stakes.items():
            for target, amount in closures(basis.requires, node, stake, sizes).items():
                found.setdefault(target, {})[node] = amount
        return found
    rule, rows = rule_of(ask.parameters), keys_of(basis.requires)
    if rule.hops is not None:
        for node, units in start.items():
            for target, amount in walk({node: units << _BITS}, rows, rule).kept.items():
                found.setdefault(target, {})[node] = amount
        return found
    return _vectors(start, rows, rule, keys)


def _vectors(
    start: Mapping[str, int], rows: Rows, rule: Rule, keys: set[str] | None
) -> Mapping[str, Mapping[str, int]]:
    """One pass in which every node holds what each direct dependency sent it."""
    inside = reach(start, rows)
    if keys is not None:
        back: dict[str, list[str]] = {}
        for source in inside:
            for target in rows.get(source, ()):
                back.setdefault(target, []).append(source)
        inside &= reach(keys, back)
    vectors: dict[str, dict[str, int]] = {node: {node: units << _BITS} for node, units in start.items() if units}
    nodes = sorted(inside)
    narrow = rows if keys is None else {node: [t for t in rows.get(node, ()) if t in inside] for node in nodes}
    for group in components(nodes, narrow):
        if len(group) > 1:
            _cycle(group, vectors, rows, rule)
            continue
        (node,) = group
        mine = vectors.get(node)
        row = rows.get(node)
        if not mine or not row:
            continue
        kept = rule.kept(len(row))
        over, under = kept.numerator, kept.denominator
        passed = {name: amount * (under - over) // (under * len(row)) for name, amount in mine.items()}
        vectors[node] = {name: amount * over // under for name, amount in mine.items()}
        if over != under:
            for target in row:
                if target in inside:
                    _add(vectors, target, passed)
    return vectors


def _add(vectors: dict[str, dict[str, int]], target: str, more: Mapping[str, int]) -> None:
    have = vectors.get(target)
    if have is None:
        vectors[target] = dict(more)
        return
    for name, amount in more.items():
        have[name] = have.get(name, 0) + amount


def _cycle(group: list[str], vectors: dict[str, dict[str, int]], rows: Rows, rule: Rule) -> None:
    inner = {node: rows[node] for node in group}
    came: dict[str, dict[str, int]] = {}
    for node in group:
        for name, amount in vectors.pop(node, {}).items():
            came.setdefault(name, {})[node] = amount
    for name, start in came.items():
        for node, amount in walk(start, inner, rule).kept.items():
            if amount:
                _add(vectors, node, {name: amount})
