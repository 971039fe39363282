"""The split behind the real weightings: passing down and up, votes, and the whole road in one call."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import depfund
from depfund.model import Graph, Package
from depfund.shares.ballots import Ballots

POLICY = '[unfundable]\npolicy = "{}"'


def graph(edges: dict[str, list[str]], *direct: str) -> Graph:
    names = sorted({*direct, *edges, *(name for row in edges.values() for name in row)})
    purl = "pkg:pypi/{}@1".format
    return Graph(
        root="root",
        packages=tuple(Package(purl=purl(n), name=n, version="1", ecosystem="pypi") for n in names),
        direct={purl(n): "runtime" for n in direct},
        requires={purl(n): {purl(t): "runtime" for t in row} for n, row in edges.items()},
    )


def amounts(plan: depfund.Allocation) -> dict[str, int]:
    return {payment.payee.partition(":")[2]: payment.amount.minor for payment in plan.payments}


def run(made: Graph, known: Any, policy: str, budget: str = "36 USD") -> depfund.Allocation:
    weights = depfund.weigh(made, facts=known)
    return depfund.split(budget, weights, known, policy=depfund.Policy.parse(policy))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("redistribute", {"p": 400, "q": 400, "r": 400, "s": 2400}),
        ("pass_down", {"p": 600, "q": 600, "r": 600, "s": 1800}),
        ("pass_up", {"p": 400, "q": 400, "r": 400, "s": 2400}),
    ],
)
def test_an_unfundable_hub(make: SimpleNamespace, policy: str, expected: dict[str, int]) -> None:
    made = graph({"hub": ["p", "q", "r"]}, "hub", "s")
    known = make.facts({"pkg:pypi/hub": [], **{f"pkg:pypi/{n}": [f"github:{n}"] for n in "pqrs"}})
    assert amounts(run(made, known, POLICY.format(policy))) == expected


def test_pass_up_stops_at_the_first_fundable(make: SimpleNamespace) -> None:
    # a keeps 4/5, b would keep 4/25, c 1/25: what b and c keep goes back to a.
    made = graph({"a": ["b"], "b": ["c"], "s": []}, "a", "s")
    known = make.facts({"pkg:pypi/a": ["github:a"], "pkg:pypi/b": [], "pkg:pypi/c": [], "pkg:pypi/s": ["github:s"]})
    assert amounts(run(made, known, POLICY.format("pass_up"))) == {"a": 1800, "s": 1800}
    assert amounts(run(made, known, POLICY.format("redistribute"))) == {"a": 1600, "s": 2000}


def test_pass_down_through_an_unfundable_cycle(make: SimpleNamespace) -> None:
    made = graph({"x": ["y"], "y": ["x", "p"]}, "x", "s")
    known = make.facts({"pkg:pypi/x": [], "pkg:pypi/y": [], "pkg:pypi/p": ["github:p"], "pkg:pypi/s": ["github:s"]})
    assert amounts(run(made, known, POLICY.format("pass_down"))) == {"p": 1800, "s": 1800}


def test_an_excluded_hub_passes_down_while_the_rest_is_redistributed(make: SimpleNamespace) -> None:
    made = graph({"hub": ["p", "q"]}, "hub", "s", "t")
    known = make.facts(
        {
            "pkg:pypi/hub": ["github:h"],
            "pkg:pypi/p": ["github:p"],
            "pkg:pypi/q": [],
            "pkg:pypi/s": ["github:s"],
            "pkg:pypi/t": [],
        }
    )
    rules = '[[exclude]]\nmatch = "pkg:pypi/hub"\npass = "pass_down"'
    # hub's third goes half to p and half to q; q and t have nobody, so 1/6 and 1/3 become 1 and 2 of 3.
    assert amounts(run(made, known, rules)) == {"p": 1200, "s": 2400}


def test_pass_down_needs_a_flow(make: SimpleNamespace) -> None:
    made = graph({"hub": ["p"]}, "hub")
    known = make.facts({"pkg:pypi/hub": [], "pkg:pypi/p": ["github:p"]})
    weights = depfund.weigh(made, "equal", facts=known)
    with pytest.raises(depfund.PolicyError, match=r"unfundable\.policy: pass_down and pass_up are defined for flow"):
        depfund.split("1 USD", weights, known, policy=depfund.Policy.parse(POLICY.format("pass_down")))


def test_votes_are_blended_into_the_weights(make: SimpleNamespace) -> None:
    made = graph({}, "a", "b", "c")
    known = make.facts({f"pkg:pypi/{n}": [f"github:{n}"] for n in "abc"})
    rules = depfund.Policy.parse('[votes]\nmethod = "quadratic"\nshare = "1/2"')
    ballots = Ballots.parse("voter,candidate,credits\nx,a,9\ny,github:c,1\ny,d,4\n", "quadratic")
    from depfund import shares
    from depfund import weights as room

    plan = shares.split(
        depfund.Money(minor=2400), depfund.weigh(made, facts=known), known, rules, count=room.votes, ballots=ballots
    )
    # Half by the graph, 400 each; half by roots 3 : 1.
    assert amounts(plan) == {"a": 1300, "b": 400, "c": 700}
    assert {p.payee: dict(p.because) for p in plan.payments}["github:c"] == {"pkg:pypi/c@1": 400, "policy:votes": 300}
    assert [note.subject for note in plan.notes if note.code == "votes.unmatched"] == ["d"]


@pytest.mark.parametrize(
    "name",
    ["open_source_pledge", "foss_contributor_fund", "floss_fund", "fellowship", "corporate_mix", "security_response"],
)
def test_each_programme_runs_from_the_graph(name: str) -> None:
    funds = Path(__file__).resolve().parents[2] / "examples" / "funds"
    from depfund.documents import loads

    known = loads((funds / "facts.json").read_text(encoding="utf-8"), depfund.Facts)
    plan = depfund.allocate(None, funds / "graph.json", policy=funds / name / "depfund.toml", facts=known)
    readme = (funds / name / "README.md").read_text(encoding="utf-8")
    for payment in plan.payments:
        assert payment.payee in readme or payment.payee.partition(":")[2].partition("-")[0] in readme
    if name == "open_source_pledge":
        assert all(f"| {p.payee} | {p.amount} |" in readme for p in plan.payments)
