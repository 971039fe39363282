"""Comparing weightings: against pairs counted one by one, and what cannot be compared."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import weights
from depfund.errors import UsageError
from depfund.model import UNIT, Basis, Weights
from depfund.weights.compare import compare, kendall, total_variation

SIZES = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 4))


def sign(value: int) -> int:
    return (value > 0) - (value < 0)


@given(SIZES, SIZES)
def test_kendall_counts_pairs(one: dict[str, int], other: dict[str, int]) -> None:
    pairs = [(one.get(a, 0) - one.get(b, 0), other.get(a, 0) - other.get(b, 0)) for a, b in combinations("abcdefg", 2)]
    apart = sum(bool(x) for x, _ in pairs) * sum(bool(y) for _, y in pairs)
    found = kendall(one, other, "abcdefg")
    if not apart:
        assert found is None
    else:
        assert found is not None
        score = sum(sign(x) * sign(y) for x, y in pairs)
        assert abs(float(found) - score / apart**0.5) <= 0.00005001


def test_a_single_node_has_no_rank() -> None:
    assert kendall({"a": 1}, {"a": 2}, "a") is None
    assert kendall({}, {}, "") is None
    assert kendall({"a": 2, "b": 1}, {"a": 5, "b": 3}, "ab") == "1"
    assert kendall({"a": 2, "b": 1}, {"a": 3, "b": 5}, "ab") == "-1"


def test_the_part_of_the_money_that_moves() -> None:
    assert total_variation({"a": UNIT}, {"b": UNIT}) == 1
    assert total_variation({"a": UNIT}, {"a": UNIT // 4, "b": 3 * UNIT // 4}) == Fraction(3, 4)
    assert total_variation({"a": UNIT}, {"a": UNIT}) == 0


def test_reached_nodes_without_weight_count_where_the_graph_is_known() -> None:
    basis = Basis(
        level="package",
        members={node: (node,) for node in "abcz"},
        direct={"a": "runtime"},
        requires={"a": {"b": "runtime"}, "b": {"c": "runtime"}, "z": {"a": "runtime"}},
    )
    found = compare([weights.weigh(basis, "direct"), weights.weigh(basis, "equal")])
    third = UNIT // 3
    assert dict(found.ranges) == {"a": (third + 1, UNIT), "b": (0, third), "c": (0, third)}
    assert found.to_plain()["rows"] == [
        {"weighting": "direct", "moved": "0.0%", "moved_exact": "0", "tau": "1"},
        {"weighting": "equal", "moved": "66.7%", "moved_exact": str(Fraction(2 * third, UNIT)), "tau": None},
    ]
    bare = compare([Weights(weighting="manual", values={"x": UNIT})])
    assert (dict(bare.ranges), bare.rows[0].tau) == ({"x": (UNIT, UNIT)}, None)


def test_what_cannot_be_compared() -> None:
    one, other = Weights(weighting="flow", level="project"), Weights(weighting="flow", level="package")
    with pytest.raises(UsageError, match="different levels"):
        compare([one, one, other])
    with pytest.raises(UsageError, match="nothing to compare"):
        compare([])
    assert len(compare([one, one]).rows) == 2
