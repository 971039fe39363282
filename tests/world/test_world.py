"""The resolver against the world server: who is found, at what cost, and what failures change.

Small numbers for every day; ``DEPFUND_WORLD_COUNT=1000`` and ``DEPFUND_WORLD_SEEDS=1,2,3`` run the full bars.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from depfund import documents
from depfund.model import Facts
from depfund.resolver import resolve

pytestmark = pytest.mark.world

COUNT = int(os.environ.get("DEPFUND_WORLD_COUNT", "40"))
SEEDS = [int(seed) for seed in os.environ.get("DEPFUND_WORLD_SEEDS", "11").split(",")]
ECOSYSTEMS = ("pypi", "npm", "cargo", "gem", "composer", "golang", "nuget", "hex", "pub", "maven", "conda")
FAULTS = (
    "*:429=1@0.04,*:502@0.04,*:503=1@0.03,*:reset@0.04,*:truncate@0.03,*:slow=200@0.02,"
    "github_graphql:partial@0.1,github_graphql:badjson@0.05,npm:garbage@0.04"
)


def requests(stats: dict[str, Any], family: str) -> int:
    return sum(
        row["requests"] for key, row in stats["services"].items() if key == family or key.startswith(family + "_")
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
def test_every_payee_is_found_and_no_other(start: Any, tmp_path: Path, ecosystem: str, seed: int) -> None:
    world = start(seed)
    graph = world.graph(ecosystem, COUNT)
    score = world.score(graph, resolve(graph, world.config(tmp_path)))
    assert score.precision >= 0.999, score.wrong
    assert score.recall >= 0.99, score.missed
    assert not score.split
    stats = world.stats()
    assert not stats.get("canary_hits")
    assert not stats.get("policy")


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
def test_without_a_token_nobody_wrong_is_paid(start: Any, tmp_path: Path, ecosystem: str) -> None:
    world = start(SEEDS[0])
    graph = world.graph(ecosystem, COUNT, skip=COUNT)
    facts = resolve(graph, world.config(tmp_path, token=None))
    score = world.score(graph, facts)
    assert not score.wrong
    assert score.right
    assert "no_token" in {note.code for note in facts.notes}
    assert requests(world.stats(), "github_graphql") == 0


def test_a_token_that_github_refuses_is_no_token(start: Any, tmp_path: Path) -> None:
    world = start(SEEDS[0])
    graph = world.graph("npm", 20)
    facts = resolve(graph, world.config(tmp_path, token="bad"))
    assert not world.score(graph, facts).wrong
    assert "github_refused" in {note.code for note in facts.notes}
    assert "bad" not in {word for note in facts.notes for word in note.message.split()}


def test_few_requests_and_none_the_second_time(start: Any, tmp_path: Path) -> None:
    world = start(SEEDS[0])
    graph = world.graph("npm", 3 * COUNT)
    first = resolve(graph, world.config(tmp_path))
    stats = world.stats()
    assert requests(stats, "npm") <= len(graph.packages)
    assert requests(stats, "github") <= 15
    assert requests(stats, "ecosystems") <= 15
    world.reset()
    again = resolve(graph, world.config(tmp_path))
    assert sum(row["requests"] for row in world.stats()["services"].values()) == 0
    assert documents.dumps(again) == documents.dumps(first)


@pytest.mark.parametrize("ecosystem", ["npm", "pypi"])
def test_failures_that_a_retry_cures_change_nothing(start: Any, tmp_path: Path, ecosystem: str) -> None:
    world = start(SEEDS[0])
    graph = world.graph(ecosystem, COUNT, skip=2 * COUNT)
    calm = resolve(graph, world.config(tmp_path / "calm"))
    world.reset(FAULTS)
    rough = resolve(graph, world.config(tmp_path / "rough"))
    assert documents.dumps(rough) == documents.dumps(calm)


@pytest.mark.parametrize(
    ("service", "named"),
    [("npm", "NPM"), ("opencollective", "Open Collective"), ("thanks_dev", "thanks.dev"), ("github_graphql", "GitHub")],
)
def test_a_service_that_is_down_is_named(start: Any, tmp_path: Path, service: str, named: str) -> None:
    world = start(SEEDS[0])
    graph = world.graph("npm", 40)
    whole = resolve(graph, world.config(tmp_path / "whole"))
    world.reset(f"{service}:500")
    facts = resolve(graph, world.config(tmp_path / "part", patience=4.0))
    assert any(named in f"{note.subject} {note.message}" for note in facts.notes), service
    if service in {"opencollective", "thanks_dev"}:
        assert _channels(whole) <= _channels(facts)


def _channels(facts: Facts) -> set[str]:
    return {channel.key for payee in facts.payees.values() for channel in payee.channels if channel.payable}


def test_the_order_of_packages_decides_nothing(start: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    world = start(SEEDS[0])
    graph = world.graph("gem", 30)
    other = replace(graph, packages=tuple(reversed(graph.packages)))
    one = resolve(graph, world.config(tmp_path / "one"))
    two = resolve(other, world.config(tmp_path / "two", connections=2))
    assert documents.dumps(one) == documents.dumps(two)
