"""Small exact cases, each of which one wrong sign, limit or constant in a weighting would get wrong."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from depfund import weights
from depfund.errors import UsageError
from depfund.model import UNIT, Basis
from depfund.weights._cycles import even_out, visits
from depfund.weights._stakes import stakes_of
from depfund.weights.attribution import Attribution
from depfund.weights.explain import Path as Walk
from depfund.weights.explain import Paths, paths
from depfund.weights.usage import count


def build(direct: str, rows: dict[str, str], members: str | None = None) -> Basis:
    named = "".join(sorted({*direct, *rows, *"".join(rows.values())})) if members is None else members
    return Basis(
        level="package",
        members={node: (f"pkg:npm/{node}@1",) for node in named},
        direct=dict.fromkeys(sorted(direct), "runtime"),
        requires={source: dict.fromkeys(sorted(rows[source]), "runtime") for source in sorted(rows)},
    )


@pytest.mark.parametrize("name", ["indegree", "impact", "dependents", "pagerank", "shapley", "equal", "flow"])
def test_nodes_that_only_edges_name_count_as_any(name: str) -> None:
    rows = {"b": "d", "d": "c"}
    assert weights.weigh(build("ab", rows, ""), name).values == weights.weigh(build("ab", rows), name).values


@pytest.mark.parametrize("name", ["indegree", "impact", "dependents", "pagerank", "shapley", "equal", "flow"])
def test_the_unit_that_is_left_goes_to_the_smaller_key_in_any_order_of_members(name: str) -> None:
    third = UNIT // 3
    assert weights.weigh(build("abc", {}, "cba"), name).values == {"a": third + 1, "b": third, "c": third}


def test_a_closure_whose_sizes_are_all_nothing_is_split_equally() -> None:
    made = weights.weigh(build("ac", {"a": "b"}), "shapley", {"sizes": {"a": 0, "b": 0}})
    assert made.values == {"a": UNIT // 4, "b": UNIT // 4, "c": UNIT // 2}
    none = weights.weigh(build("a", {"a": "b"}), "shapley", {"sizes": {"a": 0, "b": 0}})
    assert none.values == {"a": UNIT // 2, "b": UNIT // 2}


def test_breakage_counts_each_stake_once() -> None:
    made = weights.weigh(build("ab", {"b": "c"}), "impact", {"stakes": {"a": 1, "b": 2}})
    assert made.values == {"a": UNIT // 5, "b": UNIT * 2 // 5, "c": UNIT * 2 // 5}


def test_depth_is_exact_four_levels_down() -> None:
    made = weights.weigh(build("a", {"a": "b", "b": "c", "c": "d"}), "depth", {"decay": "2/3"})
    assert made.values == {
        "a": 27 * UNIT // 65,
        "b": 18 * UNIT // 65 + 1,
        "c": 12 * UNIT // 65 + 1,
        "d": 8 * UNIT // 65,
    }


def test_a_match_of_next_to_nothing_is_never_below_it() -> None:
    gifts = [{"a": Fraction(1, 10**60 + place)} for place in range(401)]
    assert weights.votes(gifts, "quadratic_funding") == {"a": 0}


def test_imports_are_looked_for_in_python_files_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("import flask\n")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder.py" / "a.py").write_text("import yaml\n")
    assert count(tmp_path) == {"yaml": 1}
    assert count(tmp_path / "absent") == {}


def test_a_blend_of_ninths_has_no_unit_from_a_part_that_gives_none() -> None:
    made = weights.weigh(build("a", {"a": "b"}), "blend", {"parts": "direct=9, equal=1"})
    assert made.values == {"a": UNIT * 19 // 20, "b": UNIT // 20}


def test_between_two_cycles_a_node_keeps_its_part() -> None:
    made = weights.weigh(build("a", {"a": "b", "b": "ac", "c": "d", "d": "e", "e": "d"}), "flow")
    wanted = {
        "a": Fraction(5, 6),
        "b": Fraction(1, 8),
        "c": Fraction(1, 30),
        "d": Fraction(1, 144),
        "e": Fraction(1, 720),
    }
    assert sum(made.values.values()) == UNIT
    assert all(abs(made.values[node] - part * UNIT) < 9 for node, part in wanted.items())


@pytest.mark.parametrize("value", [3, ["a"], "a", "=1", True])
def test_what_is_no_pair_of_name_and_number_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="write name=number pairs"):
        weights.weigh(build("a", {}), "manual", {"values": value})


KINDS = Basis(
    level="package",
    members={node: (f"pkg:npm/{node}@1",) for node in "abc"},
    direct={"a": "runtime", "b": "dev", "c": "dev"},
)
ONLY_DEV = Basis(level="package", members={"b": ("pkg:npm/b@1",)}, direct={"b": "dev"})


@pytest.mark.parametrize("made", [KINDS, ONLY_DEV, build("ab", {})], ids=["both", "dev", "runtime"])
@pytest.mark.parametrize("stakes", ["equal", "usage", {"a": 3, "b": 1}])
@pytest.mark.parametrize("dev", [None, "1/4"])
def test_stakes_sum_to_one(made: Basis, stakes: object, dev: str | None) -> None:
    found, lost = stakes_of(made, {"stakes": stakes, "dev_share": dev})
    assert sum(found.values()) == 1
    assert list(found) == sorted(made.direct)
    assert lost == (["a"] if made is ONLY_DEV and isinstance(stakes, dict) else [])


def test_dev_dependencies_without_a_stake_share_their_part_equally() -> None:
    made = weights.weigh(KINDS, "direct", {"stakes": {"a": 1}, "dev_share": "1/4"})
    assert made.values == {"a": UNIT * 3 // 4, "b": UNIT // 8, "c": UNIT // 8}


@pytest.mark.parametrize(
    ("method", "ballots", "text"),
    [
        ("quadratic", [{"a": 4, "b": Fraction(1, 4)}], '[{"a": 4, "b": "1/4"}]'),
        ("approval", {"x": {"b", "a"}, "y": ("a",)}, '{"x": ["a", "b"], "y": ["a"]}'),
        (
            "approval",
            [{"a": True, "b": False}, {"a": None, "b": 0.5}],
            '[{"a": true, "b": false}, {"a": null, "b": "0.5"}]',
        ),
        ("approval", [{"a": 1, "b": Fraction(0)}, {"a": "", "b": 0.0}], '[{"a": 1, "b": 0}, {"a": "", "b": 0}]'),
    ],
)
def test_ballots_given_back_as_text_count_the_same(method: str, ballots: object, text: str) -> None:
    made = weights.weigh(build("ab", {}), "votes", {"ballots": ballots, "method": method})
    assert made.parameters["ballots"] == text
    assert weights.weigh(build("ab", {}), "votes", made.parameters).values == made.values


def test_a_cycle_of_two_is_solved_in_fractions() -> None:
    third = Fraction(1, 3)
    found = visits({"a": 1}, {"a": {"b": third}, "b": {"a": third}}, {"a": 1 - third, "b": 1 - third})
    assert found == {"a": Fraction(9, 8), "b": Fraction(3, 8)}


def test_units_that_rounding_left_go_round_by_the_shortest_way() -> None:
    surplus, flows = {"a": 3, "b": -1, "c": -2}, {"a": {"b": 5, "c": 0}, "b": {"c": 0}, "c": {"a": 1}}
    even_out(surplus, flows)
    assert surplus == {"a": 0, "b": 0, "c": 0}
    assert flows == {"a": {"b": 6, "c": 2}, "b": {"c": 0}, "c": {"a": 1}}
    surplus, flows = {"a": 2, "b": -1, "c": -1}, {"a": {"b": 0}, "b": {"c": 0}, "c": {"a": 0}}
    even_out(surplus, flows)
    assert (surplus, flows) == ({"a": 0, "b": 0, "c": 0}, {"a": {"b": 2}, "b": {"c": 1}, "c": {"a": 0}})


def test_what_rounds_to_nothing_was_brought_by_nobody() -> None:
    keys = [f"n{place:02}" for place in range(30)]
    rows = {one: {other: "runtime"} for one, other in pairwise(keys)}
    chain = Basis(level="package", members={key: (key,) for key in keys}, direct={keys[0]: "runtime"}, requires=rows)  # type: ignore[arg-type]
    brought = Attribution(weights.weigh(chain, "flow"))
    assert brought.of(keys[1]) == {keys[0]: UNIT * 4 // 25}
    assert brought.of(keys[25]) == {}


def test_a_ring_too_large_for_fractions_is_solved_to_seventy_digits() -> None:
    keys = [f"n{place:02}" for place in range(30)]
    third = Fraction(1, 3)
    inner = {key: {keys[(place + 1) % 30]: third} for place, key in enumerate(keys)}
    found = visits({keys[0]: 1}, inner, dict.fromkeys(keys, 1 - third))
    once = 1 / (1 - third**30)
    assert all(abs(found[key] - once * third**place) < Fraction(1, 10**70) for place, key in enumerate(keys))


def test_what_came_by_the_root_and_by_an_edge_goes_back_in_those_parts() -> None:
    made = weights.weigh(build("ab", {"a": "b"}), "flow")
    assert weights.passed_up(made, {"b"}) == {"a": UNIT // 2}


def test_parameters_say_modifiers_only_where_somebody_did() -> None:
    plain = {"hops": "none", "keep": "1/2", "per_dependency": "1/5"}
    assert weights.weigh(build("a", {}), "flow").parameters == plain
    assert weights.weigh(build("a", {}), "flow", {"dev_share": 0}).parameters == {**plain, "dev_share": "0"}


@pytest.mark.parametrize("name", ["equal", "tea.keep"])
def test_only_a_blend_takes_weightings_for_parameters(name: str) -> None:
    with pytest.raises(UsageError, match="takes no parameter"):
        weights.weigh(build("a", {}), "flow", {name: 1})


def test_a_function_may_give_nothing_to_a_node() -> None:
    assert weights.weigh(build("ab", {}), lambda _: {"a": 0, "b": 2}).values == {"b": UNIT}


@pytest.mark.parametrize("rows", [{"a": "c", "b": "d", "c": "m", "d": "m"}, {"a": "d", "b": "c", "c": "m", "d": "m"}])
def test_equal_walks_go_by_their_nodes_whichever_comes_first(rows: dict[str, str]) -> None:
    top = paths(weights.weigh(build("ab", rows), "flow"), "m").top
    assert [path.nodes for path in top] == [("a", rows["a"], "m"), ("b", rows["b"], "m")]


@pytest.mark.parametrize(("stakes", "first"), [({"a": 1, "b": 3}, "b"), ({"a": 3, "b": 1}, "a")])
def test_of_two_walks_the_larger_comes_first(stakes: dict[str, int], first: str) -> None:
    top = paths(weights.weigh(build("ab", {"a": "m", "b": "m"}), "flow", {"stakes": stakes}), "m").top
    assert (top[0].nodes[0], top[0].units, top[1].units) == (first, UNIT * 3 // 20, UNIT // 20)


def test_no_walk_and_no_others_where_there_are_none() -> None:
    made = weights.weigh(build("a", {"b": "c"}), "flow")
    assert paths(made, "c") == Paths(node="c")
    assert paths(made, "a") == Paths(node="a", top=(Walk(nodes=("a",), units=UNIT),))
    assert Paths(node="a").others == Walk(nodes=("a",)).units == 0
    counted = paths(weights.weigh(build("a", {"a": "b"}), "equal"), "b")
    assert counted == Paths(node="b", counted=False, top=(Walk(nodes=("a", "b")),))
