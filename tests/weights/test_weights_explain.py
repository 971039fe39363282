"""Passing on, accounts, attribution, paths, what hangs on a node; laws over random graphs, then examples."""

from __future__ import annotations

from fractions import Fraction
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import _why_search, weights
from depfund.errors import UsageError
from depfund.graph import reach
from depfund.model import UNIT, Basis, Weights
from depfund.weights import attribution, compare, explain
from depfund.weights.flow import rule_of

NODES = [f"n{place}" for place in range(8)]
ROWS = st.dictionaries(st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=4), max_size=8)
DIRECT = st.sets(st.sampled_from(NODES), min_size=1, max_size=3)
SOME = st.sets(st.sampled_from(NODES), max_size=6)
PARAMETERS = st.sampled_from(
    [{}, {"keep": "1/2", "per_dependency": None}, {"keep": "1/500", "per_dependency": None}, {"hops": 2}]
)
UNITS = 400


def build(direct: set[str] | str, rows: dict[str, set[str]] | dict[str, str]) -> Basis:
    nodes = sorted({*direct, *rows, *(t for row in rows.values() for t in row), *NODES})
    return Basis(
        level="package",
        members={node: (node,) for node in nodes},
        direct=dict.fromkeys(sorted(direct), "runtime"),
        requires={s: dict.fromkeys(sorted({*rows[s]} - {s}), "runtime") for s in sorted(rows) if {*rows[s]} - {s}},
    )


GRAPHS = st.builds(build, DIRECT, ROWS)
HUB = build("hs", {"h": "pqr"})


@given(GRAPHS, PARAMETERS)
def test_every_account_balances(basis: Basis, parameters: dict[str, object]) -> None:
    made = weights.weigh(basis, "flow", parameters)
    flows = explain.edge_flows(made)
    assert flows.kept == made.values
    assert sum(flows.start.values()) == UNIT
    for node in NODES:
        out = sum(flows.edges.get(node, {}).values())
        assert flows.inflow.get(node, 0) == flows.kept.get(node, 0) + out
        assert all(units > 0 for units in flows.edges.get(node, {}).values())


@given(GRAPHS)
def test_no_edge_carries_more_than_its_part(basis: Basis) -> None:
    flows = explain.edge_flows(weights.weigh(basis, "flow"))
    for source, row in flows.edges.items():
        assert max(row.values()) <= Fraction(1, 5) * flows.inflow[source] + UNITS


@given(GRAPHS, SOME)
def test_passing_down_and_up_conserve(basis: Basis, poor: set[str]) -> None:
    made = weights.weigh(basis, "flow")
    down = weights.reflow(made, poor)
    assert sum(down.values()) == UNIT
    back: dict[str, set[str]] = {}
    for source, row in basis.requires.items():
        for target in row:
            back.setdefault(target, set()).add(source)
    reached = reach(basis.direct, basis.requires)
    assert not (reach(reached - poor, back) & poor & down.keys())
    up = weights.passed_up(made, poor)
    assert not up.keys() & poor
    assert sum(up.values()) <= UNIT
    assert all(up[node] >= made.values[node] for node in up if node in made.values)
    if not poor & reached:
        assert up == made.values == down


@given(GRAPHS, SOME)
def test_passing_down_is_a_walk_that_keeps_nothing_there(basis: Basis, poor: set[str]) -> None:
    made = weights.weigh(basis, "flow")
    down = weights.reflow(made, poor)
    back: dict[str, set[str]] = {}
    for source, row in basis.requires.items():
        for target in row:
            back.setdefault(target, set()).add(source)
    reached = reach(basis.direct, basis.requires)
    clear = reach(reached - poor, back) & poor
    amount = {node: Fraction(0) for node in reached}
    layer = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    for _ in range(60):
        below: dict[str, Fraction] = {}
        for node, arrived in layer.items():
            row = basis.requires.get(node, {})
            keep = Fraction(0) if node in clear else max(Fraction(1, 2), 1 - Fraction(len(row), 5))
            amount[node] += arrived * keep
            for target in row:
                below[target] = below.get(target, Fraction(0)) + arrived * (1 - keep) / len(row)
        layer = {node: Fraction(int(part * 10**24), 10**24) for node, part in below.items()}
    left = sum(layer.values(), Fraction(0))
    assert all(abs(down.get(node, 0) - part * UNIT) <= UNITS + left * UNIT for node, part in amount.items())


@pytest.mark.parametrize("name", ["flow", "tea", "flossbank", "stackaid", "shapley", "direct"])
@given(basis=GRAPHS)
def test_attribution_sums_and_is_the_walk_of_one_stake(name: str, basis: Basis) -> None:
    made = weights.weigh(basis, name)
    found = explain.by_direct(made)
    assert found.linear
    assert {node: sum(row.values()) for node, row in found.shares.items()} == made.values
    for direct in basis.direct:
        alone = weights.weigh(basis, name, {"stakes": {direct: 1}}).values
        for node in NODES:
            wanted = Fraction(alone.get(node, 0), len(basis.direct))
            assert abs(found.shares.get(node, {}).get(direct, 0) - wanted) <= UNITS
    some = NODES[:2]
    few = explain.by_direct(made, some).shares
    for node in some:
        for direct in basis.direct:
            gap = few.get(node, {}).get(direct, 0) - found.shares.get(node, {}).get(direct, 0)
            assert abs(gap) <= UNITS


@pytest.mark.parametrize("name", ["flow", "stackaid", "shapley", "equal", "depth"])
@given(basis=GRAPHS)
def test_without_is_weighing_again(name: str, basis: Basis) -> None:
    made = weights.weigh(basis, name)
    for direct in basis.direct:
        rest = Basis(
            level=basis.level,
            members=basis.members,
            direct={node: kind for node, kind in basis.direct.items() if node != direct},
            requires=basis.requires,
        )
        again = weights.weigh(rest, name).values
        closed = explain.without(made, direct)
        assert closed.keys() == again.keys() or name != "equal"
        assert all(abs(closed.get(n, 0) - again.get(n, 0)) <= 4 * UNITS for n in closed.keys() | again.keys())


@given(GRAPHS, st.sampled_from([{}, {"hops": 3}]), st.sampled_from(NODES))
def test_paths_are_walks_and_sum_to_the_weight(basis: Basis, parameters: dict[str, object], node: str) -> None:
    made = weights.weigh(basis, "flow", parameters)
    found = explain.paths(made, node)
    total = sum(path.units for path in found.top) + found.others
    assert abs(total - made.values.get(node, 0)) <= UNITS
    assert [path.units for path in found.top] == sorted((path.units for path in found.top), reverse=True)
    for path in found.top:
        assert path.nodes[0] in basis.direct
        assert path.nodes[-1] == node
        assert all(b in basis.requires[a] for a, b in zip(path.nodes, path.nodes[1:], strict=False))
    if made.values.get(node, 0) > UNITS:
        assert found.top


@given(GRAPHS)
def test_the_three_best_paths_are_those_of_an_enumeration(basis: Basis) -> None:
    made = weights.weigh(basis, "flow", {"per_dependency": None})
    target = NODES[3]
    every: list[Fraction] = []
    todo = [(node, Fraction(1, len(basis.direct))) for node in basis.direct]
    for _ in range(8):
        below = []
        for node, units in todo:
            row = basis.requires.get(node, {})
            if node == target:
                every.append(units * (Fraction(1, 2) if row else 1))
            below += [(other, units / 2 / len(row)) for other in row]
        todo = below if len(below) < 3000 else []
    best = sorted(every, reverse=True)[:3]
    found = [path.units for path in explain.paths(made, target).top]
    if not todo:
        return
    assert all(abs(units - part * UNIT) <= 2 for units, part in zip(found, best, strict=False))


@given(GRAPHS, st.sampled_from([{}, {"keep": "1/3", "per_dependency": "1/7"}, {"hops": 2}, {"hops": 4}]))
def test_the_best_paths_are_exact_and_equal_ones_go_by_their_nodes(basis: Basis, parameters: dict[str, object]) -> None:
    made = weights.weigh(basis, "flow", parameters)
    flows, longest = explain.edge_flows(made), parameters.get("hops")
    rule = rule_of({"keep": "1/2", "per_dependency": "1/5", **parameters})
    every: dict[str, list[tuple[Fraction, tuple[str, ...]]]] = {}
    layer: list[tuple[Fraction, tuple[str, ...]]] = [(Fraction(units), (node,)) for node, units in flows.start.items()]
    for length in range(1, 7):
        below = []
        for worth, nodes in layer:
            row = basis.requires.get(nodes[-1], {})
            kept = Fraction(1) if length == longest else rule.kept(len(row))
            every.setdefault(nodes[-1], []).append((-worth * kept, nodes))
            below += [(worth * (1 - rule.kept(len(row))) / len(row), (*nodes, target)) for target in row]
        layer = below if length != longest else []
        if len(layer) > 4000:
            return
    if not layer:
        for node, found in explain.paths_to(made, NODES, 4).items():
            best = [(nodes, int(-worth)) for worth, nodes in sorted(every.get(node, []))[:4]]
            assert [(path.nodes, path.units) for path in found.top] == best


def test_a_path_of_whole_units_loses_none_to_a_twelfth_on_the_way() -> None:
    made = weights.weigh(build("a", {"a": "bcdefg", "b": "hi"}), "flow")
    assert explain.paths(made, "b").top[0].units == UNIT // 20


def test_walks_around_a_cycle_come_after_the_straight_one() -> None:
    made = weights.weigh(build("a", {"a": "b", "b": "ac"}), "flow")
    found = explain.paths(made, "c")
    assert [path.nodes for path in found.top] == [tuple("abc"), tuple("ababc"), tuple("abababc")]


def test_a_lattice_of_two_to_the_sixty_walks_is_explained_at_once() -> None:
    rows: dict[str, set[str]] = {}
    for level in range(60):
        for side in "xy":
            rows[f"{side}{level:02}"] = {f"x{level + 1:02}", f"y{level + 1:02}"}
    made = weights.weigh(build({"x00", "y00"}, rows), "flow", {"keep": "1/10", "per_dependency": None})
    found = explain.paths(made, "x30")
    assert len(found.top) == 3
    assert found.others > 0


def test_the_unfundable_hub() -> None:
    made = weights.weigh(HUB, "flow")
    sixth = UNIT // 6
    assert weights.reflow(made, {"h"}) == {"p": sixth + 1, "q": sixth + 1, "r": sixth, "s": UNIT // 2}
    assert weights.passed_up(made, {"h"}) == {node: made.values[node] for node in "pqrs"}
    up = weights.passed_up(made, {"p"})
    assert up["h"] == made.values["h"] + made.values["p"]


def test_a_closed_cycle_of_unfundable_nodes_keeps_what_it_has() -> None:
    basis = build("ad", {"a": "b", "b": "a"})
    made = weights.weigh(basis, "flow")
    assert weights.reflow(made, {"a", "b"}) == made.values
    assert weights.passed_up(made, {"a", "b"}) == {"d": UNIT // 2}


def test_an_open_cycle_of_unfundable_nodes_passes_everything_on() -> None:
    made = weights.weigh(build("a", {"a": "b", "b": "ac"}), "flow")
    assert weights.reflow(made, {"a", "b"}) == {"c": UNIT}


def test_a_large_unfundable_component_is_solved_in_decimals() -> None:
    ring = {f"r{i:03}": {f"r{(i + 1) % 60:03}", f"r{(i + 7) % 60:03}"} for i in range(60)}
    ring["r005"] = {"r006", "out"}
    made = weights.weigh(build({"r000"}, ring), "flow")
    assert weights.reflow(made, set(ring)) == {"out": UNIT}


def test_counting_weightings_say_that_they_have_no_edges() -> None:
    made = weights.weigh(HUB, "equal")
    assert not explain.by_direct(made).linear
    assert not explain.paths(made, "p").counted
    assert explain.paths(made, "p").top[0].nodes == ("h", "p")
    for call in (explain.edge_flows, lambda w: weights.reflow(w, {"h"}), lambda w: weights.passed_up(w, {"h"})):
        with pytest.raises(UsageError, match="weigh with flow"):
            call(made)


def test_what_leaves_and_what_breaks_are_not_the_same() -> None:
    basis = build("ab", {"a": "cd", "b": "d", "d": "e"})
    assert explain.leaves(basis, "a") == ("a", "c")
    assert explain.breaks(basis, "d") == ("a", "b")


@pytest.mark.parametrize("wide", [0, _why_search.WIDE])
@given(basis=GRAPHS)
def test_what_is_searched_for_many_is_what_is_searched_for_one(wide: int, basis: Basis) -> None:
    searched = _why_search.Searched(weights.weigh(basis, "flow"))
    with mock.patch.object(_why_search, "WIDE", wide):
        for node in reach(basis.direct, basis.requires):
            assert searched.breaks(node) == explain.breaks(basis, node)
        for node in basis.direct:
            assert searched.leaves(node) == explain.leaves(basis, node)
    assert all(searched.breaks(node) == () for node in {*NODES} - reach(basis.direct, basis.requires))


def test_weights_without_their_graph_say_so() -> None:
    loaded = Weights(weighting="flow", values={"a": UNIT})
    with pytest.raises(UsageError, match="weigh again"):
        attribution.by_direct(loaded)


@given(GRAPHS)
def test_a_weighting_moves_nothing_against_itself(basis: Basis) -> None:
    made = weights.weigh(basis, "flow")
    found = compare.compare([made, made, weights.weigh(basis, "equal")])
    assert found.rows[1].moved == 0
    assert found.rows[1].tau in {None, "1"}
    assert found.rows[2].tau is None
    assert 0 <= found.rows[2].moved < 1
    assert all(least <= most for least, most in found.ranges.values())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30))
def test_kendall_counts_pairs(pairs: list[tuple[int, int]]) -> None:
    keys = [str(place) for place in range(len(pairs))]
    one = {key: x for key, (x, _) in zip(keys, pairs, strict=True)}
    other = {key: y for key, (_, y) in zip(keys, pairs, strict=True)}
    score = sides_x = sides_y = 0
    for i, (x, y) in enumerate(pairs):
        for u, v in pairs[:i]:
            score += ((x > u) - (x < u)) * ((y > v) - (y < v))
            sides_x += x != u
            sides_y += y != v
    found = compare.kendall(one, other, keys)
    if not sides_x or not sides_y:
        assert found is None
    else:
        assert found is not None
        assert abs(float(found) - score / (sides_x * sides_y) ** 0.5) <= 0.00005001


def test_switching_is_measured_in_money() -> None:
    found = compare.compare([weights.weigh(HUB, "flow"), weights.weigh(HUB, "direct")])
    assert abs(found.rows[1].moved - Fraction(1, 4)) < Fraction(1, 10**12)
    assert found.to_plain()["rows"][1]["moved"] == "25.0%"  # type: ignore[index]
