"""Weighing side by side with networkx's own PageRank (scipy inside) on the same graph, in one run.

``python benchmarks/weighting.py [NODES...]`` (2,000 and 10,000 by default) prints, for each size, the best processor
time of several rounds and its ratio to ``networkx.pagerank`` on a DiGraph that is already built. The whole call is
measured: the quotient graph and the weighting; for ``explained`` the split and an explanation of every payee too, for
``printed`` their texts with all paths.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import networkx as nx

from depfund import pipeline
from depfund.graph import networkx
from depfund.model import Graph, Package
from depfund.why import Explanation


def synthetic(count: int, seed: int = 1) -> Graph:
    """About 2.4 edges a node, hubs towards the root, √n direct dependencies, a small cycle in every thousand."""
    draw = random.Random(seed)
    purls = [f"pkg:npm/package-{place:07d}@1.{place % 7}.0" for place in range(count)]
    packages = tuple(
        Package(purl=purl, name=purl[8:23], version=purl[24:], ecosystem="npm", scopes=("runtime",)) for purl in purls
    )
    requires: dict[str, Any] = {}
    for place in range(count - 1):
        rest = count - place - 1
        wanted = min(int(draw.expovariate(1 / 2.4) + 0.5), rest)
        targets = {place + 1 + int(rest * draw.random() ** 2) for _ in range(wanted)}
        if place % 997 == 13:
            targets.add(place - 2)
        if targets:
            requires[purls[place]] = dict.fromkeys([purls[t] for t in sorted(targets)], "runtime")
    direct: dict[str, Any] = dict.fromkeys(purls[: max(2, int(count**0.5))], "runtime")
    return Graph(root="app", packages=packages, direct=direct, requires=requires)


def best(call: Callable[[], object], rounds: int) -> float:
    found = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def explained(graph: Graph) -> list[Explanation]:
    """Weigh, split, and an explanation of every payee; what one searches when it is read is not searched here."""
    made = pipeline.weigh(graph, "flow", level="package")
    plan = pipeline.split("1000000 EUR", made)
    return [pipeline.explain(plan, payment.payee) for payment in plan.payments]


def printed(graph: Graph) -> list[str]:
    """The same, with every path, attribution and closure searched and written out."""
    return [str(each) for each in explained(graph)]


def measure(count: int) -> None:
    graph = synthetic(count)
    digraph = networkx(graph.direct, graph.requires, "app")
    rounds = 9 if count <= 20_000 else 1
    peer = best(lambda: nx.pagerank(digraph), rounds)
    print(f"{count} nodes, {digraph.number_of_edges()} edges: networkx.pagerank {peer * 1e3:.1f} ms")
    cases: dict[str, Callable[[], object]] = {
        name: partial(pipeline.weigh, graph, name, level="package") for name in ("flow", "depth", "equal", "direct")
    }
    cases["flow by version"] = partial(pipeline.weigh, graph, "flow", level="version")
    if count <= 20_000:
        cases["explained"] = partial(explained, graph)
        cases["printed"] = partial(printed, graph)
    for name, call in cases.items():
        spent = best(call, 2 if name == "printed" else rounds)
        print(f"  {name:16} {spent * 1e3:9.1f} ms  {spent / peer:5.2f}x  {spent / count * 1e6:6.2f} us a node")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", nargs="*", type=int, default=[2000, 10000])
    for count in parser.parse_args().nodes:
        measure(count)
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
