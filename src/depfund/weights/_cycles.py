"""Cycles, solved: how often an absorbing random walk visits each node of one strongly connected component.

State reduction after Grassmann, Taksar and Heyman (1985): nodes are eliminated one by one and nothing is ever
subtracted, so the relative error does not grow. Fractions for small components; for large ones decimals of 80
digits, whose result is the same on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

__all__ = ["even_out", "visits"]

_SMALL = 24
_DIGITS = 80


def visits(
    into: Mapping[str, int], inner: Mapping[str, Mapping[str, Fraction]], leaving: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """What arrives at each node in total, when ``into`` comes from outside.

    ``inner[u][v]`` is the part of ``u`` that goes to ``v`` inside the component, ``leaving[u]`` the part that is
    kept or leaves; a node's parts sum to 1, and from every node something leaves in the end. Exact up to 24
    nodes, to 80 digits beyond. O(n·d²) for n nodes of degree d after fill-in.
    """
    if len(inner) <= _SMALL:
        return _reduce(into, inner, leaving, Fraction)
    with localcontext() as context:
        context.prec = _DIGITS
        found = _reduce(into, inner, leaving, lambda part: Decimal(part.numerator) / Decimal(part.denominator))
    return {node: Fraction(amount) for node, amount in found.items()}


def _reduce(
    into: Mapping[str, int],
    inner: Mapping[str, Mapping[str, Fraction]],
    leaving: Mapping[str, Fraction],
    make: Callable[[Fraction], Any],
) -> dict[str, Any]:
    out = {node: {t: make(part) for t, part in row.items()} for node, row in inner.items()}
    gone = {node: make(part) for node, part in leaving.items()}
    back: dict[str, set[str]] = {node: set() for node in out}
    for node, row in out.items():
        for target in row:
            back[target].add(node)
    have = {node: make(Fraction(into.get(node, 0))) for node in out}
    stack = []
    for node in sorted(out, key=lambda name: (len(out[name]) * len(back[name]), name)):
        row = out.pop(node)
        row.pop(node, None)
        away = sum(row.values(), gone[node])
        column = {source: out[source].pop(node) for source in sorted(back.pop(node)) if source in out}
        for target, part in row.items():
            back[target].discard(node)
            have[target] += have[node] * part / away
        for source, part in column.items():
            step = part / away
            gone[source] += step * gone[node]
            for target, onward in row.items():
                out[source][target] = out[source].get(target, 0) + step * onward
                back[target].add(source)
        stack.append((node, have[node], away, column))
    found: dict[str, Any] = {}
    for node, start, away, column in reversed(stack):
        found[node] = sum((part * found[source] for source, part in column.items()), start) / away
    return found


def even_out(surplus: dict[str, int], flows: dict[str, dict[str, int]]) -> None:
    """Add whole units to ``flows`` of one component, in place, until nobody has a surplus or a deficit.

    ``surplus`` is what arrived less what was kept or sent, node by node; it sums to 0. Each unit takes a shortest
    path, smaller keys first, so only a few units move: rounding left them.
    """
    for node in sorted(name for name, amount in surplus.items() if amount > 0):
        while surplus[node] > 0:
            came = {node: node}
            todo = deque([node])
            while todo and surplus[here := todo.popleft()] >= 0:
                for target in flows[here]:
                    if target not in came:
                        came[target] = here
                        todo.append(target)
            amount = min(surplus[node], -surplus[here])
            surplus[node] -= amount
            surplus[here] += amount
            while here != node:
                flows[came[here]][here] += amount
                here = came[here]
