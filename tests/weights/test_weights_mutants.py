"""Small exact cases, each of which one wrong sign, limit or constant in a weighting would get wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from depfund import weights
from depfund.model import UNIT, Basis
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
