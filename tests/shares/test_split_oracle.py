"""The whole split against the text of allocation.md, over small random graphs with cycles and random policies.

The graph is solved over fractions (by the ``make`` fixture), the toolbox has definitions of its own beside it; what is
checked here is how the stages of section 4.1 fit together, for every payee and everything held to less than one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import depfund
from depfund import Money, Policy, weights
from depfund.graph import reach
from depfund.model import Basis, Facts, Project
from depfund.shares import prefix

PAYEES = [f"github:{name}" for name in "uvw"] + ["open_collective:x"]
KEEP, EACH = Fraction(1, 2), Fraction(1, 5)


@dataclass(slots=True)
class World:
    """A graph, who is paid for each node, and a policy as plain data."""

    direct: tuple[str, ...] = ()
    edges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    budget: int = 0
    policy: dict[str, Any] = field(default_factory=dict)


def world(seed: int) -> World:
    dice = Random(seed)
    nodes = [f"https://code.example/o/{name}" for name in "abcdef"[: dice.randint(1, 6)]]
    made = World(direct=tuple(sorted(dice.sample(nodes, dice.randint(1, min(3, len(nodes)))))))
    for node in nodes:
        row = [other for other in nodes if other != node and dice.random() < 0.35]
        if row:
            made.edges[node] = tuple(row)
        made.owners[node] = tuple(dice.sample(PAYEES, dice.choice([0, 1, 1, 2])))
    made.budget = dice.choice([0, 1, 7, 100, 999, 12_345, 100_000])
    made.policy["unfundable"] = {"policy": dice.choice(["redistribute", "hold", "fallback", "pass_down", "pass_up"])}
    if made.policy["unfundable"]["policy"] == "fallback":
        made.policy["unfundable"]["fallback"] = "foundation:f"
    if dice.random() < 0.5:
        made.policy["boost"] = {dice.choice(nodes): dice.choice([0, 2, "1/3"]), dice.choice(PAYEES): "3/2"}
    if dice.random() < 0.4:
        onward = dice.choice(["redistribute", "pass_down"])
        onward = "redistribute" if made.policy["unfundable"]["policy"] == "pass_up" else onward
        made.policy["exclude"] = [{"match": dice.choice(nodes), "pass": onward}]
    if dice.random() < 0.3:
        made.policy["fixed"] = [{"payee": dice.choice(PAYEES), "amount": dice.choice(["10%", "1/3"])}]
    if dice.random() < 0.6:
        made.policy["limits"] = {"maximum": dice.choice(["1/2", "1/4", "100%"]), "horizon": dice.randint(1, 3)}
        made.policy["limits"]["minimum"] = f"{dice.choice([0, made.budget // 9, made.budget // 4]) / 100:.2f} USD"
    return made


def onto_payees(found: World, solve: Any) -> dict[str, Fraction]:
    """Weights of payees and of what is held, in proportion: graph, exclusions, boosts, unfundable, per payee."""
    boost = found.policy.get("boost", {})
    out = {name for name, times in boost.items() if times == 0}
    rows = found.policy.get("exclude", [])
    out |= {row["match"] for row in rows}
    onward = {row["match"] for row in rows if row["pass"] == "pass_down"}
    reached = reach(found.direct, found.edges)
    edges = {node: row for node, row in found.edges.items() if node in reached}

    def flow(through: set[str]) -> dict[str, Fraction]:
        able = {node for node in through & reached if reach([node], edges) - through}
        made: dict[str, Fraction] = solve(found.direct, edges, able)
        return {node: made[node] for node in reached}

    payees = {}
    for node in reached:
        first = [key for key in found.owners[node] if key.startswith("open_collective:")]
        payees[node] = first or list(found.owners[node])
    poor = {node for node in reached - out if not payees[node]}
    rule, values = found.policy["unfundable"]["policy"], flow(onward)
    if any(values[node] for node in poor):
        if rule == "pass_down":
            values = flow(onward | poor)
        elif rule == "pass_up":
            values = up(found, edges, values, poor)
    sums: dict[str, Fraction] = {}
    for node in sorted(reached - out):
        size = values[node] * Fraction(boost.get(node, 1))
        keys = payees[node]
        if node in poor:
            keys = {"hold": ["held " + node], "fallback": ["foundation:f"]}.get(rule, [])
        for key in keys:
            sums[key] = sums.get(key, Fraction(0)) + size / len(keys) * Fraction(boost.get(key, 1))
    return {key: size for key, size in sums.items() if size}


def up(
    found: World, edges: dict[str, tuple[str, ...]], kept: dict[str, Fraction], poor: set[str]
) -> dict[str, Fraction]:
    """What poor nodes keep goes back along the edges it came by: a walk, followed until next to nothing is left."""
    part = {node: max(KEEP, 1 - EACH * len(edges.get(node, ()))) if node in edges else Fraction(1) for node in kept}
    arrive = {node: kept[node] / part[node] for node in kept}
    back: dict[str, dict[str, Fraction]] = {node: {} for node in kept}
    for source, row in edges.items():
        for target in row:
            back[target][source] = arrive[source] * (1 - part[source]) / len(row) / arrive[target]
    rich, moving = {n: kept[n] for n in kept if n not in poor}, {n: kept[n] for n in poor}
    for _ in range(60):
        above: dict[str, Fraction] = {}
        for node, amount in moving.items():
            for source, share in back[node].items():
                into = above if source in poor else rich
                into[source] = into.get(source, Fraction(0)) + amount * share
        moving = {node: Fraction(int(amount * 10**24), 10**24) for node, amount in above.items()}
    return {**dict.fromkeys(poor, Fraction(0)), **rich}


def expected(found: World, sizes: dict[str, Fraction]) -> dict[str, Fraction]:
    """Exact minor units: fixed, then limits over what is not held."""
    budget, limits = found.budget, found.policy.get("limits", {})
    wanted: dict[str, Fraction] = {}
    for row in found.policy.get("fixed", ()):
        wanted[row["payee"]] = Fraction(int(budget * Fraction(row["amount"].replace("10%", "1/10"))))
    left = budget - sum(wanted.values())
    sizes = {key: size for key, size in sizes.items() if key not in wanted}
    whole = sum(sizes.values())
    mine = {key: size for key, size in sizes.items() if not key.startswith("held ")}
    total = left * sum(mine.values()) / whole if whole else Fraction(0)
    least, hold = Money.parse(limits.get("minimum", 0), "USD").minor, limits.get("horizon", 1)
    cap = int(budget * Fraction(limits.get("maximum", "1").replace("100%", "1")))
    parts, rest = prefix(total, mine, least, cap, hold)
    for key, part in parts.items():
        wanted[("saved " if hold > 1 and part < least else "") + key] = part
    wanted |= {key: left * size / whole for key, size in sizes.items() if key.startswith("held ")}
    wanted["reserve"] = rest if whole else Fraction(left)
    return wanted


@given(st.integers(0, 2**32))
def test_payments_and_what_is_held(make: SimpleNamespace, seed: int) -> None:
    found = world(seed)
    basis = Basis(
        level="project",
        members={node: (node,) for node in found.owners},
        direct=dict.fromkeys(found.direct, "runtime"),
        requires={source: dict.fromkeys(row, "runtime") for source, row in found.edges.items()},
    )
    facts = Facts(
        projects={node: Project(url=node, payees=keys) for node, keys in found.owners.items()},
        payees={key: make.payee(key) for key in (*PAYEES, "foundation:f")},
    )
    policy = Policy.parse(found.policy)
    plan = depfund.split(Money(minor=found.budget), weights.weigh(basis, "flow"), facts, policy=policy)
    got = {payment.payee: payment.amount.minor for payment in plan.payments}
    for row in plan.held:
        name = row.subject if row.subject == "reserve" else {"saving": "saved "}.get(row.code, "held ") + row.subject
        got[name] = got.get(name, 0) + row.minor
    wanted = expected(found, onto_payees(found, make.solve))
    assert sum(got.values()) == found.budget
    for key in got.keys() | wanted.keys():
        assert abs(got.get(key, 0) - wanted.get(key, 0)) < 1, (key, got, wanted)
