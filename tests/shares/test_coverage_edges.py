"""What a plan says it covers, at the edges: nobody, half, exactly the goal."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("rich", "poor", "fundable", "words"),
    [
        (1, 1, "1/2", None),
        (499, 501, "499/1000", "49.9% of the weight only; unfundable.policy redistribute"),
        (1, 0, "1", None),
        (0, 1, "0", "0.0% of the weight only"),
    ],
)
def test_below_one_half_there_is_a_warning(
    make: SimpleNamespace, rich: int, poor: int, fundable: str, words: str | None
) -> None:
    known = make.facts({"a": ["github:a"], "b": []})
    plan = make.run(10, make.weights({"a": rich, "b": poor}), known)
    assert plan.coverage["fundable"] == fundable
    assert plan.coverage.get("uplift") == (str(1 / Fraction(fundable)) if rich else None)
    notes = [note.message for note in plan.notes if note.code == "coverage.low"]
    assert (words in notes[0]) if words else not notes


@pytest.mark.parametrize(("goal", "met"), [("75%", True), ("751/1000", False), ("74%", True), ("100%", False)])
def test_the_goal_of_coverage(make: SimpleNamespace, goal: str, met: bool) -> None:
    known = make.facts({"a": ["github:a"], "b": []})
    plan = make.run(10, make.weights({"a": 3, "b": 1}), known, f'[fund]\ncoverage = "{goal}"')
    notes = [note.message for note in plan.notes if note.code == "coverage.target"]
    assert not notes if met else notes == [
        f"the paid projects hold 75.0% of the weight, below fund.coverage {'75.1' if goal[0] == '7' else '100.0'}%."
    ]  # fmt: skip
    assert not [
        note
        for note in make.run(0, make.weights({}), known, f'[fund]\ncoverage = "{goal}"').notes
        if "coverage.t" in note.code
    ]


def test_counts_over_all_known_payable_and_paid(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": [], "c": ["github:c"], "e": ["github:e"]})
    rules = '[limits]\nminimum = "2 USD"\n[[exclude]]\nmatch = "e"'
    plan = make.run(10, make.weights({"a": 8, "b": 1, "c": 1, "d": 1, "e": 1}), known, rules)
    assert make.paid(plan) == {"github:a": 1000}
    assert plan.coverage["projects"] == {"all": 5, "resolved": 3, "payable": 2, "paid": 1}
    assert plan.coverage["packages"] == {"all": 5, "resolved": 3, "payable": 2, "paid": 1}
    assert plan.coverage["excluded"] == 1
    assert plan.coverage["payees"] == {"paid": 1, "all": 2}
    assert plan.coverage["unpaid"] == {"github:c": {"minor": 111, "reason": "limits.minimum"}}
    assert "direct" not in plan.coverage
    assert "excluded" not in make.run(10, make.weights({"a": 1}), known).coverage
