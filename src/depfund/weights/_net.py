"""The basis as numbered nodes: what every weighting but the flow's fast road works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from depfund.graph import components, reach
from depfund.model import Basis

__all__ = ["Net", "groups", "net_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """The reached part of a basis. Node ``i`` is ``keys[i]``; keys are in code point order, so is every row.

    ``direct`` are the numbers of the root's dependencies, ``requires[i]`` those of node ``i``, ``stakes`` the
    root's stake in each direct dependency (they sum to 1, in the order of ``direct``).
    """

    keys: tuple[str, ...]
    direct: tuple[int, ...]
    requires: Sequence[Sequence[int]]
    stakes: tuple[Fraction, ...]


def net_of(basis: Basis, stakes: Mapping[str, Fraction]) -> Net:
    """Number the reached nodes of ``basis``. Self-loops and edges to what is no node are dropped."""
    requires = basis.requires
    reached = reach(basis.direct, requires)
    keys = tuple(key for key in basis.members if key in reached)
    if len(keys) != len(reached):
        keys = tuple(reached)
    if any(map(str.__gt__, keys, keys[1:])):
        keys = tuple(sorted(keys))
    number = dict(zip(keys, range(len(keys)), strict=True))
    empty: tuple[int, ...] = ()
    rows: list[Sequence[int]] = []
    for place, key in enumerate(keys):
        row = requires.get(key)
        if not row:
            rows.append(empty)
            continue
        ids = [number[target] for target in row]
        ids.sort()
        if key in row:
            ids.remove(place)
        rows.append(ids)
    direct = sorted(basis.direct)
    return Net(
        keys=keys,
        direct=tuple(number[key] for key in direct),
        requires=rows,
        stakes=tuple(stakes[key] for key in direct),
    )


def groups(net: Net) -> list[list[int]]:
    """Strongly connected components as numbers, dependents before dependencies."""
    names = [str(place) for place in range(len(net.keys))]
    found = components(names, {names[i]: [names[t] for t in row] for i, row in enumerate(net.requires)})
    return [sorted(map(int, group)) for group in found]


def spread(net: Net, masks: list[int], join: Callable[[int, int], int] = int.__or__) -> None:
    """Push each node's set (bits) to what it requires, through cycles, in place."""
    for group in groups(net):
        merged = 0
        for node in group:
            merged = join(merged, masks[node])
        for node in group:
            masks[node] = merged
            for target in net.requires[node]:
                masks[target] = join(masks[target], merged)
