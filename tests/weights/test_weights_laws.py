"""Laws of every weighting over random graphs with cycles (allocation.md, section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import factorial

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from depfund import weights
from depfund.graph import reach
from depfund.model import UNIT, Basis

NODES = [f"n{place}" for place in range(9)]
ALL = ["flow", "equal", "direct", "depth", "shapley", "impact", "dependents", "indegree", "pagerank"]
PRESETS = ["stackaid", "flossbank", "drips", "tea", "three_levels"]
LINEAR = ["flow", "shapley", "direct", "stackaid", "flossbank", "tea"]
ROWS = st.dictionaries(st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=4), max_size=9)
DIRECT = st.sets(st.sampled_from(NODES), min_size=1, max_size=4)
KEEP = st.fractions(Fraction(1, 10), 1, max_denominator=12)
CUT = st.none() | st.fractions(0, 1, max_denominator=12)
UNITS = 400  # the integer flow's distance from the fractions, of 10^15, allowed below


def build(direct: set[str], rows: dict[str, set[str]], nodes: list[str] | None = None) -> Basis:
    return Basis(
        level="package",
        members={node: (node,) for node in sorted(nodes or NODES)},
        direct=dict.fromkeys(sorted(direct), "runtime"),
        requires={s: dict.fromkeys(sorted(rows[s] - {s}), "runtime") for s in sorted(rows) if rows[s] - {s}},
    )


GRAPHS = st.builds(build, DIRECT, ROWS)


def exact(
    basis: Basis,
    stakes: dict[str, Fraction],
    keep: Fraction | None,
    cut: Fraction | None,
    transparent: set[str] | None = None,
) -> dict[str, Fraction]:
    """Gaussian elimination over fractions: arrive = a + Pᵀ(I − K)·arrive."""
    nodes = sorted(reach(basis.direct, basis.requires))
    kept = {}
    for node in nodes:
        count = len(basis.requires.get(node, ()))
        least = Fraction(1, count + 1) if keep is None else keep
        kept[node] = Fraction(1) if not count else max(least, 1 - cut * count) if cut is not None else least
        if count and node in (transparent or ()):
            kept[node] = Fraction(0)
    rows = [[Fraction(int(a == b)) for b in nodes] + [stakes.get(a, Fraction(0))] for a in nodes]
    for place, node in enumerate(nodes):
        row = basis.requires.get(node, {})
        for target in row:
            rows[nodes.index(target)][place] -= (1 - kept[node]) / len(row)
    for i in range(len(nodes)):
        pivot = next(j for j in range(i, len(nodes)) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(nodes)):
            if j != i and rows[j][i]:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return {node: kept[node] * row[-1] for node, row in zip(nodes, rows, strict=True)}


def close(found: Mapping[str, int], wanted: Mapping[str, Fraction], within: int = UNITS) -> bool:
    gaps = [found.get(node, 0) - wanted.get(node, Fraction(0)) * UNIT for node in found.keys() | wanted.keys()]
    return all(abs(gap) <= within for gap in gaps)


@pytest.mark.parametrize("name", ALL + PRESETS)
@given(basis=GRAPHS)
def test_balance_and_null_player(name: str, basis: Basis) -> None:
    found = weights.weigh(basis, name).values
    assert sum(found.values()) == UNIT
    assert all(type(value) is int and value > 0 for value in found.values())
    assert found.keys() <= reach(basis.direct, basis.requires)


@given(GRAPHS, KEEP, CUT)
def test_flow_is_the_absorbing_walk(basis: Basis, keep: Fraction, cut: Fraction | None) -> None:
    found = weights.weigh(basis, "flow", {"keep": keep, "per_dependency": cut}).values
    stakes = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    assert close(found, exact(basis, stakes, keep, cut))


@given(GRAPHS, st.sampled_from(["1/1000", "1/100000", "equal"]))
def test_flow_with_little_kept_is_solved_not_followed(basis: Basis, keep: str) -> None:
    found = weights.weigh(basis, "flow", {"keep": keep, "per_dependency": None}).values
    stakes = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    assert close(found, exact(basis, stakes, None if keep == "equal" else Fraction(keep), None))


@pytest.mark.parametrize("name", ALL + PRESETS)
@given(basis=GRAPHS)
def test_anonymity_under_renaming_in_order(name: str, basis: Basis) -> None:
    renamed = Basis(
        level="package",
        members={f"z-{node}": (node,) for node in basis.members},
        direct={f"z-{node}": kind for node, kind in basis.direct.items()},
        requires={f"z-{s}": {f"z-{t}": kind for t, kind in row.items()} for s, row in basis.requires.items()},
    )
    once, twice = weights.weigh(basis, name).values, weights.weigh(renamed, name).values
    assert {f"z-{node}": value for node, value in once.items()} == twice


@pytest.mark.parametrize("name", [*ALL, *PRESETS])
@given(basis=GRAPHS, extra=ROWS)
def test_what_is_not_reached_changes_nothing(name: str, basis: Basis, extra: dict[str, set[str]]) -> None:
    far = {f"q{s}": {f"q{t}": "runtime" for t in sorted(row) if t != s} for s, row in sorted(extra.items())}
    far = {source: row for source, row in far.items() if row}
    bigger = Basis(
        level="package",
        members={**basis.members, **{f"q{node}": () for node in NODES}},
        direct=basis.direct,
        requires={**basis.requires, **far},  # type: ignore[dict-item]
    )
    assert weights.weigh(bigger, name).values == weights.weigh(basis, name).values


@given(GRAPHS, st.sampled_from(NODES), st.sampled_from(NODES))
def test_flow_is_local_and_a_dependent_never_hurts(basis: Basis, source: str, target: str) -> None:
    assume(source != target and target not in basis.requires.get(source, {}))
    rows = {node: set(row) for node, row in basis.requires.items()}
    rows.setdefault(source, set()).add(target)
    after = weights.weigh(build(set(basis.direct), rows), "flow").values
    before = weights.weigh(basis, "flow").values
    touched = reach([source], {node: sorted(row) for node, row in rows.items()})
    for node in NODES:
        if node not in touched:
            assert abs(after.get(node, 0) - before.get(node, 0)) <= UNITS
    assert after.get(target, 0) >= before.get(target, 0) - UNITS
    credit = weights.weigh(build(set(basis.direct), rows), "shapley").values
    assert credit.get(target, 0) >= weights.weigh(basis, "shapley").values.get(target, 0) - 1


@given(GRAPHS, KEEP, CUT)
def test_direct_floor(basis: Basis, keep: Fraction, cut: Fraction | None) -> None:
    found = weights.weigh(basis, "flow", {"keep": keep, "per_dependency": cut}).values
    assert all(found[node] >= keep * (UNIT // len(basis.direct)) for node in basis.direct)


@given(GRAPHS, st.sets(st.sampled_from(NODES), min_size=1, max_size=3), ROWS, KEEP)
def test_rewiring_ones_own_nodes_gains_at_most_one_over_keep(
    basis: Basis, mine: set[str], wishes: dict[str, set[str]], keep: Fraction
) -> None:
    rows = {node: set(row) for node, row in basis.requires.items()}
    for node in mine:
        rows[node] = wishes.get(node, set()) | ({f"sybil-{node}"} if len(wishes) % 2 else set())
    rows |= {f"sybil-{node}": set(mine) for node in mine}
    ours = mine | {f"sybil-{node}" for node in mine}
    ask = {"keep": keep, "per_dependency": None}
    before = weights.weigh(basis, "flow", ask).values
    after = weights.weigh(build(set(basis.direct), rows, [*NODES, *ours]), "flow", ask).values
    income = sum(before.get(node, 0) for node in mine)
    assert sum(after.get(node, 0) for node in ours) <= income / keep + UNITS


@pytest.mark.parametrize("name", LINEAR)
@given(basis=GRAPHS, shares=st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_linear_in_the_stakes(name: str, basis: Basis, shares: list[int]) -> None:
    stakes = dict(zip(basis.direct, shares, strict=False))
    assume(sum(stakes.values()))
    whole = weights.weigh(basis, name, {"stakes": stakes}).values
    alone = {node: weights.weigh(basis, name, {"stakes": {node: 1}}).values for node in stakes if stakes[node]}
    total = sum(stakes.values())
    mixed = {
        node: sum((Fraction(stakes[d] * alone[d].get(node, 0), total * UNIT) for d in alone), Fraction(0))
        for node in NODES
    }
    assert close(whole, mixed, 4 * UNITS)


@pytest.mark.parametrize("name", ["flow", "direct", "shapley", "impact"])
@given(basis=GRAPHS, shares=st.lists(st.integers(1, 5), min_size=4, max_size=4), factor=st.integers(2, 99))
def test_only_the_proportions_of_stakes_matter(name: str, basis: Basis, shares: list[int], factor: int) -> None:
    stakes = dict(zip(basis.direct, shares, strict=False))
    larger = {node: share * factor for node, share in stakes.items()}
    one, other = (weights.weigh(basis, name, {"stakes": each}).values for each in (stakes, larger))
    assert one == other


@given(st.builds(build, DIRECT, st.dictionaries(st.sampled_from(NODES[:6]), st.sets(st.sampled_from(NODES[:6])))))
def test_shapley_is_the_mean_over_all_orders(basis: Basis) -> None:
    nodes = sorted(reach(basis.direct, basis.requires))
    assume(len(nodes) <= 6)
    closures = {d: reach([d], basis.requires) for d in basis.direct}

    def worth(team: set[str]) -> int:
        return sum(closure <= team for closure in closures.values())

    count, wanted = len(nodes), dict.fromkeys(nodes, Fraction(0))
    for node in nodes:
        others = [other for other in nodes if other != node]
        for size in range(count):
            chance = Fraction(factorial(size) * factorial(count - size - 1), factorial(count))
            for team in combinations(others, size):
                wanted[node] += chance * (worth({*team, node}) - worth(set(team)))
    wanted = {node: value / len(closures) for node, value in wanted.items()}
    assert close(weights.weigh(basis, "shapley").values, wanted, 1)


@given(GRAPHS)
def test_shapley_treats_a_cycle_as_one(basis: Basis) -> None:
    found = weights.weigh(basis, "shapley").values
    digraph = nx.DiGraph([(source, target) for source, row in basis.requires.items() for target in row])
    for group in nx.strongly_connected_components(digraph):
        values = [found.get(node, 0) for node in group]
        assert max(values) - min(values) <= 1


@given(GRAPHS)
def test_special_cases(basis: Basis) -> None:
    direct = weights.weigh(basis, "direct").values
    assert weights.weigh(basis, "flow", {"keep": 1}).values == direct
    assert weights.weigh(basis, "flow", {"per_dependency": 0}).values == direct
    assert weights.weigh(basis, "flow", {"hops": 1}).values == direct
    assert weights.weigh(basis, "depth", {"decay": 0}).values == direct
    constant = weights.weigh(basis, "flow", {"per_dependency": None}).values
    assert weights.weigh(basis, "flow", {"per_dependency": 1}).values == constant
    equal = weights.weigh(basis, "equal").values
    assert weights.weigh(basis, "depth", {"decay": 1, "per": "node"}).values == equal
    assert weights.weigh(build(set(basis.direct), {}), "flow").values == direct


@given(GRAPHS)
def test_pagerank_is_that_of_networkx(basis: Basis) -> None:
    digraph = nx.DiGraph()
    reached = reach(basis.direct, basis.requires)
    digraph.add_nodes_from(sorted(reached))
    digraph.add_edges_from((s, t) for s, row in basis.requires.items() if s in reached for t in row)
    wanted = nx.pagerank(digraph, tol=1e-14, max_iter=10_000)
    found = weights.weigh(basis, "pagerank").values
    assert all(abs(found[node] / UNIT - rank) < 1e-9 for node, rank in wanted.items())


@given(GRAPHS, st.integers(0, 6), st.integers(0, 6))
def test_blend_is_convex(basis: Basis, one: int, other: int) -> None:
    assume(one + other)
    found = weights.weigh(basis, "blend", {"flow": one, "equal": other}).values
    flow, equal = weights.weigh(basis, "flow").values, weights.weigh(basis, "equal").values
    wanted = {
        node: Fraction(one * flow.get(node, 0) + other * equal.get(node, 0), (one + other) * UNIT) for node in NODES
    }
    assert close(found, wanted, 1)


@given(GRAPHS, st.integers(1, 5))
def test_hops_are_layers(basis: Basis, hops: int) -> None:
    found = weights.weigh(basis, "flow", {"hops": hops}).values
    kept = {n: max(Fraction(1, 2), 1 - Fraction(len(basis.requires.get(n, ())), 5)) for n in NODES}
    layer = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    wanted: dict[str, Fraction] = {}
    for step in range(1, hops + 1):
        below: dict[str, Fraction] = {}
        for node, amount in layer.items():
            row = basis.requires.get(node, {})
            keep = Fraction(1) if step == hops or not row else kept[node]
            wanted[node] = wanted.get(node, Fraction(0)) + amount * keep
            for target in row:
                below[target] = below.get(target, Fraction(0)) + amount * (1 - keep) / len(row)
        layer = below
    assert close(found, wanted)
