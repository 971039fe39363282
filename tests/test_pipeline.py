"""The road from source to plan, in Python."""

from __future__ import annotations

import asyncio
import json
from fractions import Fraction
from pathlib import Path

import pytest

import depfund
from depfund.errors import SourceError, UsageError

DATA = Path(__file__).parent / "data"
GRAPH = DATA / "chain.graph.json"


@pytest.fixture(name="facts")
def _facts() -> depfund.Facts:
    return depfund.Facts.from_json((DATA / "chain.facts.json").read_text())


def test_the_chain_by_hand(facts: depfund.Facts) -> None:
    """4/5, 4/25, 1/25 by flow; c cannot be paid, so a and b share in 5 : 1."""
    graph = depfund.read(GRAPH)
    weights = depfund.weigh(graph, "flow", facts=facts)
    assert weights.values == {
        "https://git.example/a/a": 8 * 10**14,
        "https://git.example/b/b": 16 * 10**13,
        "pkg:pypi/c": 4 * 10**13,
    }
    plan = depfund.split("60 USD", weights, facts)
    assert {payment.payee: payment.amount.minor for payment in plan.payments} == {
        "github:a-team": 5000,
        "open_collective:b": 1000,
    }
    held = depfund.split("60 USD", weights, facts, policy=depfund.Policy.parse('[unfundable]\npolicy = "hold"'))
    assert [(row.subject, row.minor) for row in held.held] == [("pkg:pypi/c", 240)]


def test_allocate_is_the_steps_in_a_row(facts: depfund.Facts) -> None:
    plan = depfund.allocate("60 USD", GRAPH, facts=facts)
    weights = depfund.weigh(depfund.read(GRAPH), facts=facts)
    assert plan.payments == depfund.split("60 USD", weights, facts).payments
    assert plan == depfund.Allocation.from_json(plan.to_json())
    assert plan.digests.keys() >= {"graph", "facts", "weights", "policy"}
    assert asyncio.run(depfund.aallocate("60 USD", [GRAPH], facts=facts)) == plan
    assert plan.to_json() == depfund.allocate("60 USD", str(GRAPH), facts=facts).to_json()


def test_a_weighting_of_ones_own(facts: depfund.Facts) -> None:
    def mine(graph: depfund.Graph) -> dict[str, Fraction]:
        return {package.purl: Fraction(1, 1 + len(graph.requires.get(package.purl, ()))) for package in graph.packages}

    weights = depfund.weigh(depfund.read(GRAPH), mine, facts=facts)
    assert weights.values["pkg:pypi/c"] == 5 * 10**14
    assert sum(weights.values.values()) == weights.unit == 10**15


def test_explanations_add_up(facts: depfund.Facts) -> None:
    plan = depfund.allocate("60 USD", GRAPH, facts=facts)
    why = depfund.explain(plan, "github:a-team")
    assert sum(effect.minor for effect in why.stages) == why.amount.minor == 5000
    assert "you → git.example/a/a → git.example/b/b" in str(depfund.explain(plan, "b"))
    assert depfund.explain(plan, "pkg:pypi/b@7").payees == ("open_collective:b",)
    plain = why.to_plain()
    assert json.loads(json.dumps(plain)) == plain
    with pytest.raises(UsageError, match="knows no package, project or payee 'zzz'"):
        depfund.explain(plan, "zzz")


def test_compare(facts: depfund.Facts) -> None:
    found = depfund.compare(depfund.read(GRAPH), ["flow", "equal"], facts=facts).to_plain()
    assert [row["weighting"] for row in found["rows"]] == ["flow", "equal"]  # type: ignore[attr-defined]


def test_a_manifest_is_read_as_written_without_lock(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\ndependencies = ["httpx>=0.28"]\n')
    graph = depfund.read(tmp_path, lock=False)
    assert [package.purl for package in graph.packages if not package.first_party] == ["pkg:pypi/httpx"]
    assert graph.direct == {"pkg:pypi/httpx": "runtime"}


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no lockfile"):
        depfund.read(tmp_path)
    with pytest.raises(SourceError, match="does not exist"):
        depfund.read(tmp_path / "uv.lock")
    with pytest.raises(UsageError, match="no source"):
        depfund.allocate("1 USD", [], facts=depfund.Facts())


@pytest.mark.parametrize("bad", [{"level": "galaxy"}, {"scopes": "nonsense"}, {"keep": "2"}, {"colour": "red"}])
def test_weigh_refuses(bad: dict) -> None:
    with pytest.raises(UsageError):
        depfund.weigh(depfund.read(GRAPH), "flow", **bad)
