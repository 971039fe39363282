"""The flow's fast road: a walk over numbered nodes that asks for nothing but what each keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain

from depfund.graph import components

__all__ = ["stream"]

Circle = Callable[[list[int], list[int]], None]


def stream(
    start: Mapping[int, int],
    rows: Sequence[Sequence[int]],
    table: Mapping[int, tuple[int, int]],
    circle: Circle,
) -> list[int]:
    """What each node keeps of ``start`` (units by node); ``rows`` ascend.

    ``table`` maps a number of dependencies to the kept part (numerator, denominator). ``circle`` is given a component
    of several nodes and what every node holds, in place: it keeps its part and hands on the rest.
    """
    held, wait = [0] * len(rows), [0] * len(rows)
    for row in rows:
        for target in row:
            wait[target] += 1
    for node, units in start.items():
        held[node] += units
    done = _pass_on([node for node, count in enumerate(wait) if not count], held, wait, rows, table)
    if done == len(rows):
        return held
    ready: list[int] = []
    core = _core([node for node, count in enumerate(wait) if count], rows)
    for node in chain.from_iterable(core):
        wait[node] = -1  # these have their turn here, not when the last dependent is done
    for group in core:
        if len(group) > 1:
            circle(group, held)
        else:
            _step(group[0], held, rows, table)
        for node in group:
            for target in rows[node]:
                if wait[target] > 0:
                    wait[target] -= 1
                    if not wait[target]:
                        ready.append(target)
    _pass_on(ready, held, wait, rows, table)
    return held


def _pass_on(
    ready: list[int],
    held: list[int],
    wait: list[int],
    rows: Sequence[Sequence[int]],
    table: Mapping[int, tuple[int, int]],
) -> int:
    """Every node whose dependents are all done, in that order; how many those are."""
    more = ready.append
    for node in ready:
        row = rows[node]
        if not row:
            continue
        for target in row:
            wait[target] = left = wait[target] - 1
            if not left:
                more(target)
        amount = held[node]
        if amount:
            count = len(row)
            over, under = table[count]
            held[node] = kept = -(-amount * over // under)
            each, rest = divmod(amount - kept, count)
            if each:
                for target in row:
                    held[target] += each
            if rest:
                for target in row[:rest]:
                    held[target] += 1
    return len(ready)


def _step(node: int, held: list[int], rows: Sequence[Sequence[int]], table: Mapping[int, tuple[int, int]]) -> None:
    row, amount = rows[node], held[node]
    over, under = table[len(row)]
    held[node] = kept = -(-amount * over // under)
    each, rest = divmod(amount - kept, len(row))
    for place, target in enumerate(row):
        held[target] += each + (place < rest)


def _core(stuck: Collection[int], rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The components from which a cycle can be reached, in topological order; what only hangs below is left out."""
    back: dict[int, list[int]] = {node: [] for node in stuck}
    left = {}
    for node in stuck:
        row = rows[node]
        left[node] = len(row)
        for target in row:
            back[target].append(node)
    ends = [node for node, count in left.items() if not count]
    for node in ends:
        del left[node]
        for source in back[node]:
            left[source] -= 1
            if not left[source]:
                ends.append(source)
    inner = {node: [target for target in rows[node] if target in left] for node in left}
    return components(inner, inner)
