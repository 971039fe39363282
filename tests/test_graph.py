"""Questions about a graph: scopes, contraction, quotients, components; laws against networkx."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from depfund import graph as g
from depfund.model import KINDS, Facts, Graph, Package, Project

NODES = [f"pkg:x/{letter}@1" for letter in "abcdefgh"]
EDGES = st.dictionaries(
    st.sampled_from(NODES), st.dictionaries(st.sampled_from(NODES), st.sampled_from(KINDS), max_size=4), max_size=8
)
DIRECT = st.dictionaries(st.sampled_from(NODES), st.sampled_from(KINDS), min_size=1, max_size=3)


def package(purl: str, **more: object) -> Package:
    return Package(purl=purl, name=purl[6:7], version="1", ecosystem="x", **more)  # type: ignore[arg-type]


@given(EDGES)
def test_components_are_those_of_networkx_in_topological_order(requires: dict[str, dict[str, str]]) -> None:
    digraph = nx.DiGraph()
    digraph.add_nodes_from(NODES)
    digraph.add_edges_from((source, target) for source, row in requires.items() for target in row)
    found = g.components(NODES, requires)
    assert {frozenset(group) for group in found} == {
        frozenset(group) for group in nx.strongly_connected_components(digraph)
    }
    place = {node: position for position, group in enumerate(found) for node in group}
    assert all(place[source] <= place[target] for source, target in digraph.edges)


@given(DIRECT, EDGES)
def test_scopes_mark_exactly_the_reached(direct: dict, requires: dict) -> None:
    labels = g.scopes(direct, requires)
    assert labels.keys() == g.reach(direct, requires)
    assert all(labels.values())


def test_scopes_say_which_paths_lead_there() -> None:
    a, b, c, d = NODES[:4]
    labels = g.scopes({a: "runtime", b: "dev"}, {a: {c: "runtime"}, b: {c: "runtime", d: "optional"}})
    assert labels[c] == ("runtime", "dev")
    assert labels[d] == ("optional", "dev")


def test_first_party_nodes_are_contracted_into_the_root() -> None:
    root, member, a, b = NODES[:4]
    graph = Graph(
        root="app",
        packages=(package(root, first_party=True), package(member, first_party=True), package(a), package(b)),
        requires={root: {member: "runtime"}, member: {a: "dev"}, a: {b: "runtime", member: "runtime"}},
    )
    assert g.contract(graph) == ({a: "dev"}, {a: {b: "runtime"}})


def test_the_quotient_merges_versions_and_projects() -> None:
    one, two, other = "pkg:x/a@1", "pkg:x/a@2", "pkg:x/b@1"
    graph = Graph(
        root="app",
        packages=tuple(package(purl) for purl in (one, two, other)),
        direct={one: "optional", two: "runtime"},
        requires={one: {two: "runtime", other: "dev"}, two: {other: "runtime"}},
    )
    quotient = g.basis(graph, "package")
    assert quotient.members == {"pkg:x/a": (one, two), "pkg:x/b": (other,)}
    assert quotient.direct == {"pkg:x/a": "runtime"}
    assert quotient.requires == {"pkg:x/a": {"pkg:x/b": "runtime"}}
    url = "https://github.com/o/r"
    facts = Facts(projects={url: Project(url=url, packages=("pkg:x/a", "pkg:x/b@1"))})
    merged = g.basis(graph, "project", facts)
    assert merged.members == {url: (one, two, other)}
    assert merged.requires == {}


@given(DIRECT, EDGES, st.sampled_from(NODES))
def test_what_leaves_with_a_node_is_what_only_it_leads_to(direct: dict, requires: dict, node: str) -> None:
    gone = g.dominated(node, direct, requires)
    kept = {k: {t: v for t, v in row.items() if t != node} for k, row in requires.items() if k != node}
    assert gone == g.reach(direct, requires) - g.reach([d for d in direct if d != node], kept)


def test_versionless() -> None:
    assert g.versionless("pkg:npm/%40a/b@1.0?x=y#s") == "pkg:npm/%40a/b"
    assert g.versionless("pkg:npm/a") == "pkg:npm/a"


def test_without_direct_dependencies_what_nothing_requires_stands_for_them() -> None:
    a, b, c, d = NODES[:4]
    graph = Graph(
        root="app",
        packages=tuple(map(package, (a, b, c, d))),
        requires={a: {b: "runtime"}, b: {a: "runtime", c: "dev"}},
    )
    assert g.basis(graph, "version").direct == {a: "runtime", b: "runtime", d: "runtime"}


def test_of_a_flat_source_every_package_counts_as_direct() -> None:
    from depfund.model import Source

    a, b = NODES[:2]
    flat = Source(path="go.mod", format="go-mod", sha256="", edges=False)
    graph = Graph(
        root="app", packages=(package(a), package(b, scopes=("dev",))), direct={a: "runtime"}, sources=(flat,)
    )
    assert g.basis(graph, "version").direct == {a: "runtime", b: "dev"}


def test_the_scope_filter_comes_before_everything() -> None:
    root, member, a = NODES[:3]
    graph = Graph(
        root="app",
        packages=(package(root, first_party=True), package(member, first_party=True), package(a)),
        direct={a: "runtime"},
        requires={root: {a: "runtime"}, member: {a: "dev"}},
    )
    assert g.basis(graph, include=["dev"]).direct == {"pkg:x/c": "dev"}
    assert g.basis(graph, include=["dev", "runtime"]).direct == {"pkg:x/c": "runtime"}
    assert g.basis(graph, include=["peer"]).direct == {}
