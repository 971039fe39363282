"""What unfundable nodes would keep, passed on: down to what they require, or up to what requires them.

Both need edge flows, so both are for ``flow`` and its presets only (allocation.md, section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import UsageError
from depfund.graph import components, reach
from depfund.model import Basis, Weights
from depfund.weights._cycles import visits
from depfund.weights._exact import to_unit
from depfund.weights._run import ask_of
from depfund.weights._table import PRESETS, WEIGHTINGS
from depfund.weights.flow import Rule, rule_of, walk

__all__ = ["is_flow", "passed_up", "question", "reflow"]


def is_flow(weights: Weights) -> bool:
    """Whether ``weights`` are a flow, with edges that carry something."""
    row = WEIGHTINGS.get(weights.weighting) or PRESETS.get(weights.weighting)
    return row is not None and row.module == "flow"


def question(weights: Weights, why: str) -> tuple[Basis, dict[str, int], Rule]:
    """The basis, the root's units by direct dependency, and the rule that made ``weights``."""
    if not is_flow(weights):
        raise UsageError(f"{why} needs edges that carry something: weigh with flow (or a preset of it).")
    if weights.basis is None:
        raise UsageError(f"{why} needs the graph that the weights were made on; weigh again instead of loading them.")
    ask = ask_of(weights.basis, weights.weighting, weights.parameters)
    return (
        weights.basis,
        dict(zip(ask.stakes, to_unit(list(ask.stakes.values())), strict=True)),
        rule_of(ask.parameters),
    )


def reflow(weights: Weights, transparent: set[str]) -> dict[str, int]:
    """The flow again, with keep 0 at each node of ``transparent`` that can reach one that is not.

    The others of ``transparent`` keep what reaches them (a closed cycle of them could do nothing else); the caller
    redistributes that. Integers that sum to 10^15, code point order. Raises
    :class:`~depfund.errors.UsageError` when the weights are not a flow.
    """
    basis, start, rule = question(weights, "pass_down")
    reached = reach(basis.direct, basis.requires)
    back: dict[str, list[str]] = {}
    for source, row in basis.requires.items():
        for target in row:
            back.setdefault(target, []).append(source)
    led = reach(reached - transparent, back)
    found = walk(start, basis.requires, rule, transparent=transparent & led & reached).kept
    return {key: found[key] for key in sorted(found) if found[key]}


def passed_up(weights: Weights, unfundable: set[str]) -> dict[str, int]:
    """What each node has after ``unfundable`` ones sent their kept part back along the edges it came by.

    It goes up in proportion to the edge flows until it meets a fundable node; what reaches the root is in no
    node's account, so the sum is 10^15 less that, and unfundable nodes have nothing. Raises
    :class:`~depfund.errors.UsageError` when the weights are not a flow.
    """
    basis, start, rule = question(weights, "pass_up")
    made = walk(start, basis.requires, rule, edges=True)
    came: dict[str, dict[str, int]] = {}
    for source, row in (made.edges or {}).items():
        for target, units in row.items():
            if target in unfundable:
                came.setdefault(target, {})[source] = units
    held = {key: units for key, units in made.kept.items() if key not in unfundable}
    up = {key: units for key, units in made.kept.items() if key in unfundable}
    steps = {node: [source for source in came.get(node, ()) if source in unfundable] for node in sorted(up)}
    for group in components(steps, steps):
        _send_up(group, up, held, came, start)
    return {key: held[key] for key in sorted(held) if held[key]}


def _send_up(
    group: list[str],
    up: dict[str, int],
    held: dict[str, int],
    came: Mapping[str, Mapping[str, int]],
    start: Mapping[str, int],
) -> None:
    """One component of unfundable nodes, from below: what it has goes to fundable nodes, further up, or the root."""
    into = {node: up[node] for node in group}
    whole = sum(into.values())
    total = {node: sum(came.get(node, {}).values()) + start.get(node, 0) for node in group}
    if not whole:
        return
    inside = set(group)
    inner = {
        node: {
            source: Fraction(units, total[node])
            for source, units in sorted(came.get(node, {}).items())
            if source in inside and total[node]
        }
        for node in group
    }
    leaving = {node: 1 - sum(inner[node].values(), Fraction(0)) for node in group}
    times = visits(into, inner, leaving) if len(group) > 1 else {group[0]: Fraction(into[group[0]])}
    places: list[str] = []
    shares: list[Fraction] = []
    for node in group:
        for source, units in sorted(came.get(node, {}).items()):
            if source not in inside:
                places.append(source)
                shares.append(times[node] * Fraction(units, total[node]))
        places.append("")
        shares.append(times[node] * Fraction(start.get(node, 0), total[node] or 1))
    for target, units in zip(places, to_unit(shares, whole), strict=True):
        if target in up:
            up[target] += units
        elif target:
            held[target] = held.get(target, 0) + units
