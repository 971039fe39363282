"""What users write, checked by mypy (strict) and pyrefly: this file is read, never run."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import assert_type

import depfund
from depfund import (
    Allocation,
    Channel,
    Config,
    DepfundError,
    Facts,
    Graph,
    Held,
    ManifestError,
    Money,
    Note,
    Payee,
    Payment,
    Policy,
    Project,
    Reporter,
    Weights,
)
from depfund.money import apportion
from depfund.rounds import instalments, settle
from depfund.shares import channels, fees, fill, gross, prefix, topup


def by_length(graph: Graph) -> Mapping[str, int | Fraction]:
    return {package.purl: Fraction(1, len(package.purl)) for package in graph.packages}


class Heard(Reporter):
    def address(self, method: str, url: str) -> None:
        assert_type(url, str)


def the_road() -> None:
    graph = depfund.read("uv.lock", lock=False)
    assert_type(graph, Graph)
    facts = depfund.resolve(graph, config=Config(offline=True), reporter=Heard())
    assert_type(facts, Facts)
    weights = depfund.weigh(graph, "flow", level="package", facts=facts, keep="1/2", per_dependency=Fraction(1, 5))
    assert_type(weights, Weights)
    plan = depfund.split(Decimal(1000), weights, facts, policy=Policy.load(Path("depfund.toml")))
    assert_type(plan, Allocation)
    assert_type(depfund.export(plan, "markdown"), str)
    assert_type(str(depfund.explain(plan, "urllib3")), str)
    depfund.compare(graph, ["flow", by_length], facts=facts)
    assert_type(depfund.allocate("1000 EUR", ["uv.lock", Path("package-lock.json")], weighting=by_length), Allocation)
    assert_type(depfund.allocate(None, "uv.lock", policy="depfund.toml"), Allocation)


async def awaitable() -> None:
    graph = depfund.read("uv.lock")
    assert_type(await depfund.aresolve(graph), Facts)
    assert_type(await depfund.aallocate(1000, "uv.lock", facts=Facts()), Allocation)


def the_values(plan: Allocation, facts: Facts, graph: Graph) -> None:
    assert_type(plan.payments, tuple[Payment, ...])
    assert_type(plan.payments[0].amount, Money)
    assert_type(plan.payments[0].channel, Channel | None)
    assert_type(plan.payments[0].because, Mapping[str, int])
    assert_type(plan.held, tuple[Held, ...])
    assert_type(plan.notes, tuple[Note, ...])
    assert_type(facts.payees, Mapping[str, Payee])
    assert_type(facts.projects, Mapping[str, Project])
    assert_type(Allocation.from_json(plan.to_json()), Allocation)
    assert_type(Graph.from_json(b"{}"), Graph)
    assert_type(graph.packages[0].version, str | None)


def the_toolbox() -> None:
    assert_type(apportion(100, {"a": 1, "b": Fraction(1, 3)}, lots=5), tuple[dict[str, int], int])
    assert_type(instalments(100, [Fraction(1, 2), Fraction(1, 2)]), list[int])
    parts, reserve = fill(100, {"a": 1}, caps={"a": 50})
    assert_type(parts["a"] + reserve, Fraction)
    prefix(100, {"a": 1}, 10)
    topup(100, {"a": 1}, {"a": 5})
    assert_type(gross(100, Fraction(6, 100)), tuple[int, int])
    fees(100, {"a": 1}, {"a": Fraction(6, 100)}, {"a": 0}, "pool_bears")
    channels(100, {"a": 1})
    settle({"a": 0}, {"a": Fraction(1, 2)}, 500)


def the_errors() -> None:
    try:
        depfund.read("uv.lock")
    except ManifestError as error:
        assert_type(error.where, str)
        assert_type(error.exit_code, int)
    except DepfundError as error:
        assert_type(error.exit_code, int)
