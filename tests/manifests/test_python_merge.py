"""Several graphs as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from depfund.graph import stronger
from depfund.manifests import merge
from depfund.manifests._build import finish
from depfund.model import KINDS, Graph, Package, Source

names = st.sampled_from("abcdef")
kinds = st.sampled_from(KINDS)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    purls = sorted({f"pkg:pypi/{name}@1" for name in draw(st.lists(names, min_size=1))})
    chosen = st.sampled_from(purls)
    requires = draw(st.dictionaries(chosen, st.dictionaries(chosen, kinds, max_size=3), max_size=4))
    requires = {s: {t: k for t, k in row.items() if t != s} for s, row in requires.items()}
    packages = {p: Package(purl=p, name=p[9:-2], version="1", ecosystem="pypi") for p in purls}
    source = Source(path=draw(names), format="graph", sha256=draw(names), edges=True)
    return finish("x", packages, draw(st.dictionaries(chosen, kinds, max_size=3)), requires, (source,), [])


@given(st.lists(graphs(), min_size=1, max_size=4))
def test_a_merge_is_the_union(several: list[Graph]) -> None:
    one = merge(several, "all")
    assert one.root == "all"
    assert {p.purl for p in one.packages} == {p.purl for graph in several for p in graph.packages}
    assert set(one.direct) == {purl for graph in several for purl in graph.direct}
    for purl, kind in one.direct.items():
        strongest = None
        for graph in several:
            if purl in graph.direct:
                strongest = stronger(strongest, graph.direct[purl])
        assert kind == strongest
    edges = {(s, t) for graph in several for s, row in graph.requires.items() for t in row}
    assert {(s, t) for s, row in one.requires.items() for t in row} == edges
    for package in one.packages:
        stated = {kind for graph in several for p in graph.packages if p.purl == package.purl for kind in p.scopes}
        assert set(package.scopes) >= stated


@given(graphs())
def test_merging_with_itself_changes_nothing(graph: Graph) -> None:
    assert merge([graph, graph], graph.root) == graph
    assert merge([graph], graph.root) == graph


def test_what_is_ours_in_one_project_is_ours_in_all() -> None:
    ours = Package(purl="pkg:npm/lib@2", name="lib", version="2", ecosystem="npm", origin="path", first_party=True)
    dep = Package(purl="pkg:npm/dep@1", name="dep", version="1", ecosystem="npm")
    old = Package(purl="pkg:npm/lib@1", name="lib", version="1", ecosystem="npm")
    one = finish("a", {ours.purl: ours}, {}, {}, (), [])
    other = finish(
        "b", {old.purl: old, dep.purl: dep}, {old.purl: "runtime"}, {old.purl: {dep.purl: "runtime"}}, (), []
    )
    both = merge([one, other], "all")
    assert [p.purl for p in both.packages if p.first_party] == ["pkg:npm/lib@1", "pkg:npm/lib@2"]
    assert dict(both.direct) == {"pkg:npm/dep@1": "runtime"}
