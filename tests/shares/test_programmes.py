"""The programmes of examples/funds, against amounts computed by hand.

The example graph under flow, in 75ths: framework 15, router 5, template 4, escape 1, http 15, tls 5, pool 5, cli 20,
acme-log 5. Framework and router share a payee, template and escape another; tls has none; acme-log is our own.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from depfund.documents import loads
from depfund.model import UNIT, Allocation, Facts, Graph, Weights
from depfund.money import Money, apportion
from depfund.shares import split
from depfund.shares.policy import Policy

FUNDS = Path(__file__).resolve().parents[2] / "examples" / "funds"
FLOW = {
    "framework": 15,
    "router": 5,
    "template": 4,
    "escape": 1,
    "http": 15,
    "tls": 5,
    "pool": 5,
    "cli": 20,
    "acme-log": 5,
}


def weights_of(graph: Graph, facts: Facts, sizes: dict[str, int]) -> Weights:
    from depfund.graph import basis

    made = basis(graph, "project", facts)
    named = {purl.partition("/")[2].partition("@")[0]: node for node, purls in made.members.items() for purl in purls}
    values, _ = apportion(UNIT, {named[name]: size for name, size in sizes.items()})
    return Weights(weighting="flow", values=values, basis=made)


def count(ballots: list[Any], method: str) -> dict[str, int]:
    """Approval and one_each by the definition; borda gives m − 1 − position, as every ballot here ranks all."""
    found: dict[str, int] = {}
    for ballot in ballots:
        for at, name in enumerate(ballot):
            found[name] = found.get(name, 0) + (len(ballot) - 1 - at if method == "borda" else 1)
    return found


@pytest.fixture
def run(make: SimpleNamespace) -> Any:
    graph = loads((FUNDS / "graph.json").read_text(encoding="utf-8"), Graph)
    facts = loads((FUNDS / "facts.json").read_text(encoding="utf-8"), Facts)

    def programme(name: str, sizes: dict[str, int] = FLOW) -> Allocation:
        policy = Policy.load(FUNDS / name)
        budget = policy.budget()
        assert isinstance(budget, Money)
        plan = split(budget, weights_of(graph, facts, sizes), facts, policy, count=count)
        assert (
            sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) + plan.fees.taken
            == budget.minor
        )
        return plan

    return programme


def test_open_source_pledge(run: Any, make: SimpleNamespace) -> None:
    plan = run("open_source_pledge")
    # 600,000 cents over 65/75 of the weight: 20, 20, 15, 5 and 5 parts of 65.
    assert make.paid(plan) == {
        "github:cli-team": 184615,
        "github:pool-team": 46154,
        "github:templaters": 46154,
        "open_collective:framework": 184615,
        "open_collective:http-project": 138462,
    }
    found = make.codes(plan)
    assert found["eligibility.own"] == ["https://github.com/acme/log"]
    assert found["eligibility.staff"] == ["github:acme-engineer"]
    assert found["eligibility.no_channel"] == ["https://github.com/tls-project/tls"]
    assert "fund.bar" not in found


def test_the_pledge_warns_below_its_bar(run: Any, make: SimpleNamespace) -> None:
    policy = Policy.load(FUNDS / "open_source_pledge")
    plan = split(Money(minor=599_999), Weights(weighting="x", values={"a": UNIT}), None, policy)
    [note] = [note for note in plan.notes if note.code == "fund.bar"]
    assert "1,999.99 USD per developer" in note.message


def test_foss_contributor_fund(run: Any, make: SimpleNamespace) -> None:
    plan = run("foss_contributor_fund")
    # Votes: framework 4 (one of them misspelt), cli 3, http 3, tls 3 (nobody to pay), acme-log 2 (ours), pool 1.
    assert make.paid(plan) == dict.fromkeys(
        ["github:cli-team", "open_collective:framework", "open_collective:http-project"], 1_000_000
    )
    found = make.codes(plan)
    assert found["votes.unmatched"] == ["something-we-do-not-use"]
    assert found["votes.spelling"] == ["framwork"]
    [note] = [note for note in plan.notes if note.code == "votes.unmatched"]
    assert "ballots.csv, line 19" in note.message


def test_floss_fund(run: Any, make: SimpleNamespace) -> None:
    plan = run("floss_fund")
    # cli asks 12,000: 10,000; framework 60,000 less 5,000: 50,000; http 150,000: 100,000; pool 9,000: nothing fits.
    assert make.paid(plan) == {
        "github:cli-team": 500_000,
        "open_collective:framework": 2_500_000,
        "open_collective:http-project": 5_000_000,
    }
    assert make.held(plan) == {**make.paid(plan), "reserve": 4_000_000}
    assert {held.code for held in plan.held} == {"instalment", "grants"}
    assert make.codes(plan)["grants.cost"] == ["github:pool-team", "github:templaters"]


def test_fellowship(run: Any, make: SimpleNamespace) -> None:
    plan = run("fellowship")
    # Borda: pool 2+1+2, http 1+2+0, template 0+0+1. 12 × 8,000 and 6 × 7,000 of 150,000; one month each is paid now.
    assert make.paid(plan) == {"github:pool-team": 800_000, "open_collective:http-project": 700_000}
    assert make.held(plan) == {
        "github:pool-team": 8_800_000,
        "open_collective:http-project": 3_500_000,
        "reserve": 1_200_000,
    }
    [line] = plan.fees.lines
    assert (line.gross, line.fee, line.net) == (700_000, 70_000, 630_000)
    assert [bool(payment.conflict) for payment in plan.payments] == [False, True]


def test_corporate_mix(run: Any, make: SimpleNamespace) -> None:
    plan = run("corporate_mix")
    # 6,000 are left. Fundable weight in 40ths: framework 8, http 6, cli 8, templaters 2, pool 2 + 5 of the votes.
    # Templaters stay below 500 USD; of 29 parts then 165517.24, 124137.93, 165517.24, 144827.59 in cents.
    assert make.paid(plan) == {
        "github:cli-team": 165_500,
        "github:pool-team": 144_800,
        "open_collective:ecosystem-fund": 100_000,
        "open_collective:foundation": 300_000,
        "open_collective:framework": 165_518,
        "open_collective:http-project": 124_138,
    }
    assert make.held(plan) == {"reserve": 44}
    found = make.codes(plan)
    assert found["coverage.target"] == ["coverage"]
    assert found["limits.minimum"] == ["limits"]


def test_security_response(run: Any, make: SimpleNamespace) -> None:
    plan = run("security_response", dict.fromkeys(FLOW, 1))
    # Risk: template 3/2 + escape 9/4, pool 3, http 3, framework 1 + router 1, cli 1; tls 4 and nobody to pay.
    assert make.paid(plan) == dict.fromkeys(
        ["github:pool-team", "github:templaters", "open_collective:http-project"], 1_500_000
    )
    notes = {note.subject: note.message for note in plan.notes if note.code == "signals"}
    assert "weight times 3 by risk.csv: advisories 2, maintainers 1." in notes["https://github.com/pool-team/pool"]
    assert "clamped from 9/2" in notes["https://github.com/tls-project/tls"]


@pytest.mark.parametrize("name", sorted(each.name for each in FUNDS.iterdir() if each.is_dir()))
def test_each_programme_says_how_to_run_it(name: str) -> None:
    text = (FUNDS / name / "README.md").read_text(encoding="utf-8")
    assert f"--policy examples/funds/{name}/depfund.toml" in text
    assert Policy.parse(Policy.load(FUNDS / name).to_plain()).to_plain() == Policy.load(FUNDS / name).to_plain()
