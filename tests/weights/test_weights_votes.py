"""Counting votes: laws, then examples; the weighting on top; usage counts; the errors."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import weights
from depfund.errors import UsageError
from depfund.model import UNIT, Basis
from depfund.weights import PRESETS, WEIGHTINGS
from depfund.weights.usage import count, of_packages

NAMES = st.sampled_from("abcde")
LISTS = st.lists(st.lists(NAMES, unique=True, max_size=5), max_size=6)
CREDITS = st.lists(st.dictionaries(NAMES, st.integers(0, 100), max_size=5), max_size=6)
BASIS = Basis(level="package", members={n: (n,) for n in "ab"}, direct={"a": "runtime"}, requires={"a": {"b": "dev"}})


@given(LISTS)
def test_points_are_conserved(ballots: list[list[str]]) -> None:
    names = {name for ballot in ballots for name in ballot}
    assert sum(weights.votes(ballots, "approval").values()) == sum(map(len, ballots))
    assert sum(weights.votes(ballots, "one_each").values()) == sum(map(bool, ballots))
    assert sum(weights.votes(ballots, "borda").values()) == len(ballots) * len(names) * (len(names) - 1) // 2


@given(LISTS)
def test_voters_may_have_names_and_sets_for_lists(ballots: list[list[str]]) -> None:
    named = {str(place): set(ballot) for place, ballot in enumerate(ballots)}
    assert weights.votes(named, "approval") == weights.votes(ballots, "approval")


@given(CREDITS)
def test_roots_of_squares_are_exact(ballots: list[dict[str, int]]) -> None:
    squares = [{name: value * value for name, value in ballot.items()} for ballot in ballots]
    sums = weights.votes(squares, "quadratic")
    for name in sums:
        roots = [ballot[name] for ballot in ballots if name in ballot]
        assert sums[name] == sum(roots)
    match = weights.votes(squares, "quadratic_funding")
    for name, value in match.items():
        roots = [ballot[name] for ballot in ballots if name in ballot]
        assert value == sum(roots) ** 2 - sum(root * root for root in roots)


@given(CREDITS)
def test_other_roots_are_close(ballots: list[dict[str, int]]) -> None:
    match = weights.votes(ballots, "quadratic_funding")
    for name, value in match.items():
        sums = [ballot[name] for ballot in ballots if name in ballot]
        wanted = Fraction(sum(isqrt(c * 10**30) for c in sums) ** 2, 10**30) - sum(sums)
        assert abs(value - wanted) < Fraction(1, 10**9)


def test_examples() -> None:
    ballots = [["a", "b"], ["a"], ["c", "b"]]
    assert weights.votes(ballots, "approval") == {"a": 2, "b": 2, "c": 1}
    assert weights.votes(ballots, "one_each") == {"a": Fraction(3, 2), "b": 1, "c": Fraction(1, 2)}
    assert weights.votes(ballots, "borda") == {"a": 4, "b": Fraction(5, 2), "c": Fraction(5, 2)}
    gifts = [{"a": 2, "b": 9}, {"a": 8}, {"b": 16}]
    assert weights.votes(gifts, "quadratic")["b"] == 7
    assert weights.votes(gifts, "quadratic_funding") == {"a": 8, "b": 24}
    assert weights.votes([], "approval", candidates=["z"]) == {"z": 0}


@pytest.mark.parametrize(
    ("ballots", "method", "says"),
    [
        ([["a"]], "plurality", "no way to count"),
        ([["a"]], "quadratic", "needs credits"),
        ([{"a": -1}], "quadratic", "0 or more"),
        ([{"a": float("nan")}], "quadratic", "exact number"),
        ([{"a", "b"}], "borda", "is a set"),
        ([3], "approval", "list of candidates"),
    ],
)
def test_broken_ballots(ballots: list[object], method: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        weights.votes(ballots, method)


def test_the_weighting_counts_and_notes_strangers() -> None:
    found = weights.weigh(BASIS, "votes", {"ballots": [["a", "zz"], ["a", "b"], ["b"]], "method": "one_each"})
    assert found.values == {"a": UNIT * 2 // 5, "b": UNIT * 3 // 5}
    assert [note.subject for note in found.notes] == ["zz"]
    again = weights.weigh(BASIS, "votes", found.parameters)
    assert again.values == found.values


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("flwo", {}, "Did you mean flow"),
        ("flow", {"kep": 1}, "Did you mean keep"),
        ("flow", {"keep": 0}, "above 0"),
        ("flow", {"keep": "3/2"}, "at most 1"),
        ("flow", {"keep": float("nan")}, "exact number"),
        ("flow", {"hops": "1/2"}, "whole number"),
        ("flow", {"dev_share": 2}, "at most 1"),
        ("flow", {"stakes": {"a": -1}}, "0 or more"),
        ("depth", {"per": "tree"}, "node or level"),
        ("shapley", {"over": "some"}, "direct or all"),
        ("pagerank", {"damping": 1}, "below 1"),
        ("manual", {}, "needs values"),
        ("votes", {}, "needs ballots"),
        ("blend", {}, "needs parts"),
        ("blend", {"parts": "nothing=1"}, "is no weighting"),
        ("blend", {"parts": "blend=1"}, "part of itself"),
    ],
)
def test_refusals_say_what_is_known(name: str, parameters: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        weights.weigh(BASIS, name, parameters)


@pytest.mark.parametrize("value", [0.5, -1, True, float("nan")])
def test_a_callable_returns_exact_numbers(value: object) -> None:
    with pytest.raises(UsageError, match="an int or a Fraction"):
        weights.weigh(BASIS, lambda graph: {"a": value})  # type: ignore[dict-item]


def test_parameters_given_back_as_text_mean_the_same() -> None:
    asks: list[tuple[str, dict[str, object]]] = [
        ("flow", {"keep": "equal"}),
        ("flow", {"keep": Fraction(1, 3), "stakes": {"a": 2}, "hops": 3}),
        ("shapley", {"sizes": {"a": "0.5", "b": 3}}),
        ("blend", {"flow": 1, "equal": "1/2", "flow.keep": 1}),
        ("manual", {"values": {"a": 1, "b": 2}}),
        *((name, {}) for name in PRESETS),
    ]
    for name, ask in asks:
        made = weights.weigh(BASIS, name, ask)
        assert weights.weigh(BASIS, name, made.parameters).values == made.values


def test_every_row_of_the_table_is_a_module() -> None:
    assert all(row.title and row.module for row in [*WEIGHTINGS.values(), *PRESETS.values()])
    assert not WEIGHTINGS.keys() & PRESETS.keys()


def test_imports_are_counted_not_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os, yaml\nfrom requests.adapters import x\nfrom . import y\nraise SystemExit\n"
    )
    (tmp_path / "b.py").write_text("def f():\n    import requests\n")
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "c.py").write_text("import flask\n")
    assert count(tmp_path) == {"requests": 2, "yaml": 1}
    assert of_packages(count(tmp_path)) == {"pyyaml": 1, "requests": 2}
    basis = Basis(
        level="package",
        members={"pkg:pypi/requests": (), "pkg:pypi/x": ()},
        direct={"pkg:pypi/requests": "runtime", "pkg:pypi/x": "runtime"},
    )
    made = weights.weigh(basis, "direct", {"stakes": "usage", "usage": str(tmp_path)})
    assert made.parameters["usage"] == "pyyaml=1, requests=2"
    assert weights.weigh(basis, "direct", made.parameters).values == made.values


@pytest.mark.parametrize(
    ("credits", "root"),
    [
        (Fraction(4, 9), Fraction(2, 3)),
        (Fraction(4, 3), Fraction(isqrt(4 * 10**48 // 3), 10**24)),
        (Fraction(3, 4), Fraction(isqrt(3 * 10**48 // 4), 10**24)),
        (2, Fraction(isqrt(2 * 10**48), 10**24)),
        ("1/4", Fraction(1, 2)),
        (0, 0),
    ],
)
def test_roots_of_fractions_are_exact_or_rounded_down_at_24_places(credits: object, root: Fraction) -> None:
    assert weights.votes([{"a": credits}], "quadratic") == {"a": root}
    assert weights.votes([{"a": credits}], "quadratic_funding") == {"a": 0}


@pytest.mark.parametrize("count_", [400, 401])
def test_many_different_contributions_match_as_few_do(count_: int) -> None:
    found = weights.votes([{"a": place**2} for place in range(1, count_ + 1)], "quadratic_funding")
    assert found == {"a": sum(range(count_ + 1)) ** 2 - sum(place**2 for place in range(count_ + 1))}
    twice = weights.votes([{"a": place**2} for place in range(1, count_ + 1)] * 2, "quadratic_funding")
    assert twice == {"a": 4 * sum(range(count_ + 1)) ** 2 - 2 * sum(place**2 for place in range(count_ + 1))}


def test_who_is_written_beside_nothing_has_no_vote() -> None:
    assert weights.votes([{"a": 1, "b": 0}, {"b": True, "c": ""}], "approval") == {"a": 1, "b": 1}
    assert weights.votes(["a", ["a", "b"]], "one_each") == {"a": Fraction(3, 2), "b": Fraction(1, 2)}
    assert weights.votes([{"a": 2, "b": 1, "c": 1}], "borda") == {"a": 0, "b": 2, "c": 1}
