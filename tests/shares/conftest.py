"""Small worlds for the split: facts from a table of payees, and an exact flow to pass weight down and up with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from depfund.model import UNIT, Allocation, Basis, Channel, Facts, Payee, Project, Weights
from depfund.money import Money, apportion
from depfund.shares import split
from depfund.shares.policy import Policy

KEEP, EACH = Fraction(1, 2), Fraction(1, 5)


def channel(key: str, **more: Any) -> Channel:
    platform, _, handle = key.partition(":")
    return Channel(platform=platform, handle=handle, **{"standing": "confirmed", **more})


def payee(key: str, *channels: Channel, **more: Any) -> Payee:
    return Payee(key=key, channels=channels or (channel(key),), **more)


def facts(projects: Mapping[str, Any], *payees: Payee, unresolved: Mapping[str, str] | None = None) -> Facts:
    """``projects``: url → payee keys, or a Project. Payees that are not given are made from their keys."""
    rows = {
        url: row if isinstance(row, Project) else Project(url=url, packages=(url,), payees=tuple(row))
        for url, row in projects.items()
    }
    known = {each.key: each for each in payees}
    for row in rows.values():
        for key in row.payees:
            known.setdefault(key, payee(key))
    return Facts(projects=rows, payees=known, unresolved=unresolved or {})


def weights(values: Mapping[str, int], **more: Any) -> Weights:
    """Weights in proportion to ``values``."""
    parts, _ = apportion(UNIT, values)
    return Weights(weighting=more.pop("weighting", "flow"), values=parts, **more)


def solve(
    direct: tuple[str, ...],
    edges: Mapping[str, tuple[str, ...]],
    through: set[str],
    stakes: Mapping[str, Fraction] | None = None,
) -> dict[str, Fraction]:
    """Flow with keep 1/2 and 1/5 per dependency, by Gauss over fractions; nodes of ``through`` keep nothing."""
    nodes = sorted({*direct, *edges, *(t for row in edges.values() for t in row)})
    keep = {n: max(KEEP, 1 - EACH * len(edges.get(n, ()))) if n not in through else Fraction(0) for n in nodes}
    at = {n: i for i, n in enumerate(nodes)}
    rows = [[Fraction(int(i == j)) for j in range(len(nodes))] + [Fraction(0)] for i in range(len(nodes))]
    for n in direct:
        rows[at[n]][-1] += (stakes or {}).get(n, Fraction(1, len(direct)))
    for source, targets in edges.items():
        for target in targets:
            rows[at[target]][at[source]] -= (1 - keep[source]) / len(targets)
    for i in range(len(rows)):
        pivot = next(j for j in range(i, len(rows)) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for j in range(len(rows)):
            if j != i and rows[j][i]:
                rows[j] = [x - rows[j][i] * y for x, y in zip(rows[j], rows[i], strict=True)]
    return {n: keep[n] * rows[at[n]][-1] for n in nodes}


def integers(values: Mapping[str, Fraction]) -> dict[str, int]:
    return apportion(UNIT, values)[0]


class World:
    """A graph with its flow weights, for splits that pass weight down or up."""

    def __init__(self, direct: tuple[str, ...], edges: Mapping[str, tuple[str, ...]]) -> None:
        self.direct, self.edges = direct, dict(edges)
        self.exact = solve(direct, edges, set())
        basis = Basis(
            level="project",
            members={node: (node,) for node in self.exact},
            direct=dict.fromkeys(direct, "runtime"),
            requires={source: dict.fromkeys(row, "runtime") for source, row in edges.items()},
        )
        self.weights = Weights(weighting="flow", values=integers(self.exact), basis=basis)

    def reflow(self, nodes: set[str]) -> dict[str, int]:
        through = {node for node in nodes if self._reaches(node, nodes)}
        return integers(solve(self.direct, self.edges, through))

    def _reaches(self, node: str, nodes: set[str]) -> bool:
        seen, todo = {node}, [node]
        while todo:
            for target in self.edges.get(todo.pop(), ()):
                if target not in nodes:
                    return True
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return False


def run(budget: str | int, made: Weights, known: Facts | None = None, policy: str = "", **more: Any) -> Allocation:
    rules = Policy.parse(policy)
    money = Money.parse(budget, rules.fund.currency)
    plan = split(money, made, known, rules, **more)
    assert sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) + plan.fees.taken == money.minor
    for payment in plan.payments:
        assert sum(payment.because.values()) == payment.amount.minor == sum(e.minor for e in payment.effects)
        assert payment.amount.minor > 0
    assert Allocation.from_json(plan.to_json()) == plan
    return plan


def paid(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    return found


def held(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in plan.held:
        found[row.subject] = found.get(row.subject, 0) + row.minor
    return found


def codes(plan: Allocation) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for note in plan.notes:
        found.setdefault(note.code, []).append(note.subject)
    return found


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    helpers: dict[str, Callable[..., Any]] = {
        "channel": channel,
        "payee": payee,
        "facts": facts,
        "weights": weights,
        "World": World,
        "solve": solve,
        "run": run,
        "paid": paid,
        "held": held,
        "codes": codes,
    }
    return SimpleNamespace(**helpers)
