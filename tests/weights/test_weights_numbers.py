"""The numbered road gives what the named one gives: quotients, walks, levels; over random graphs with cycles."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from depfund import weights
from depfund.graph import basis, depths, levels, numbers
from depfund.model import Basis, Facts, Graph, Package, Project, Weights
from depfund.weights.flow import rule_of, walk

NAMES = ["a", "a-b", "b", "c", "d.e", "d", "f", "g10", "g9"]
PURLS = [f"pkg:npm/{name}@{version}" for name in NAMES for version in ("1.0", "2.0")]
EDGES = st.dictionaries(
    st.sampled_from(PURLS),
    st.dictionaries(st.sampled_from([*PURLS, "pkg:npm/unknown@1"]), st.sampled_from(["runtime", "dev"]), max_size=5),
    max_size=len(PURLS),
)
OWN = st.sets(st.sampled_from(PURLS), max_size=2)


def build(direct: dict[str, str], requires: dict[str, dict[str, str]], own: set[str]) -> Graph:
    packages = tuple(
        Package(purl=purl, name=purl[8:].partition("@")[0], ecosystem="npm", first_party=purl in own)
        for purl in sorted(PURLS)
    )
    return Graph(root="app", packages=packages, direct=direct, requires=requires)  # type: ignore[arg-type]


GRAPHS = st.builds(
    build,
    st.dictionaries(st.sampled_from(PURLS), st.sampled_from(["runtime", "dev"]), min_size=1, max_size=5),
    EDGES,
    OWN,
)
FACTS = Facts(projects={"https://example/x": Project(url="https://example/x", packages=("pkg:npm/a", "pkg:npm/g9"))})
KINDS = st.sampled_from([("runtime", "optional", "peer", "build", "dev"), ("runtime",), ("dev",)])
LEVELS = st.sampled_from(["version", "package", "project"])


@given(GRAPHS, LEVELS, KINDS)
def test_numbers_are_the_basis(graph: Graph, level: str, kinds: tuple[str, ...]) -> None:
    made = basis(graph, level, FACTS, kinds)  # type: ignore[arg-type]
    found = numbers(made)
    assert list(found.keys) == list(made.members) == sorted(made.members)
    assert {found.keys[i]: [found.keys[t] for t in row] for i, row in enumerate(found.rows) if row} == {
        source: list(row) for source, row in made.requires.items()
    }
    plain = Basis(level=made.level, members=made.members, direct=made.direct, requires=made.requires)
    again = numbers(plain)
    assert (again.keys, list(map(list, again.rows))) == (found.keys, list(map(list, found.rows)))
    assert {found.keys[node]: at for node, at in levels(found, made.direct).items()} == depths(
        made.direct, made.requires
    )


@given(
    GRAPHS,
    LEVELS,
    st.fractions(Fraction(1, 80), 1, max_denominator=80),
    st.none() | st.fractions(0, 1, max_denominator=9),
)
def test_the_stream_is_the_walk(graph: Graph, level: str, keep: Fraction, cut: Fraction | None) -> None:
    made = basis(graph, level)  # type: ignore[arg-type]
    if not made.direct:
        return
    parameters = {"keep": keep, "per_dependency": cut}
    found = weights.weigh(made, "flow", parameters)
    start = weights.weigh(made, "direct").values
    named = walk(start, made.requires, rule_of(parameters)).kept
    assert found.values == {key: named[key] for key in sorted(named) if named[key]}
    assert list(found.values) == sorted(found.values)


@given(GRAPHS, LEVELS)
def test_a_basis_made_later_is_a_basis(graph: Graph, level: str) -> None:
    made = basis(graph, level)  # type: ignore[arg-type]
    plain = Basis(level=made.level, members=made.members, direct=made.direct, requires=made.requires)
    assert basis(graph, level) == plain  # type: ignore[arg-type]
    assert copy.deepcopy(basis(graph, level)) == plain == pickle.loads(pickle.dumps(basis(graph, level)))  # type: ignore[arg-type]
    assert replace(basis(graph, level), level="version") == replace(plain, level="version")  # type: ignore[arg-type]
    weighed = weights.weigh(basis(graph, level), "equal")  # type: ignore[arg-type]
    assert Weights.from_json(weighed.to_json()) == weighed
    assert repr(basis(graph, level)) == repr(plain)  # type: ignore[arg-type]
