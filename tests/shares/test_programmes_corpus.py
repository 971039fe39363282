"""Every programme on a real lockfile: the laws hold and the rules bind, whatever the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import depfund
from depfund.graph import versionless
from depfund.model import Project
from depfund.money import Money
from depfund.shares.ballots import Ballots

FUNDS = Path(__file__).resolve().parents[2] / "examples" / "funds"


@pytest.fixture
def world(make: SimpleNamespace, shared: Path) -> tuple[depfund.Graph, depfund.Facts]:
    lock = shared / "corpus" / "uv-lock" / "hynek__svcs" / "uv.lock"
    if not lock.is_file():
        pytest.skip("the corpus does not hold this lockfile")
    graph = depfund.read(lock, lock=False)
    names = sorted({versionless(package.purl) for package in graph.packages if not package.first_party})
    projects = {}
    for at, purl in enumerate(names):
        owner = "acme" if at == 3 else f"team-{at // 2}"
        key = [] if at % 5 == 4 else [f"{'open_collective' if at % 3 else 'github'}:{owner}"]
        url = f"https://github.com/{owner}/{purl.rpartition('/')[2]}"
        projects[url] = Project(url=url, packages=(purl,), payees=tuple(key), licence="MIT", archived=at % 17 == 0)
    return graph, make.facts(projects)


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(each.name for each in FUNDS.iterdir() if each.is_dir()))
def test_programme(name: str, world: tuple[depfund.Graph, depfund.Facts]) -> None:
    graph, facts = world
    payees = {key: replace(payee, asks=Money(minor=2_500_000)) for key, payee in facts.payees.items()}
    facts = replace(facts, payees=payees)
    policy = depfund.Policy.load(FUNDS / name)
    if policy.votes is not None:
        names = [next(iter(project.packages)) for _, project in sorted(facts.projects.items())]
        text = "".join(f"voter-{at},{names[at]},{names[-at - 1]}\n" for at in range(min(9, len(names))))
        policy = replace(policy, ballots=Ballots.parse(text, policy.votes.method))
    budget = policy.budget()
    assert budget is not None
    weights = depfund.weigh(graph, policy.fund.weighting, facts=facts, **policy.parameters())
    plan = depfund.split(budget, weights, facts, policy=policy)
    assert (
        sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) + plan.fees.taken == budget.minor
    )
    assert plan.payments or name == "fellowship"
    assert not [payment.payee for payment in plan.payments if payment.payee.endswith(":acme")]
    assert depfund.Allocation.from_json(plan.to_json()) == plan
    if policy.grants is not None and policy.grants.count is not None:
        assert len(plan.payments) <= policy.grants.count
