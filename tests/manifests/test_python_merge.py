"""Several graphs as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from depfund.graph import roots, stronger
from depfund.manifests import merge
from depfund.manifests._build import finish
from depfund.model import KINDS, Graph, Kind, Package, Source
from depfund.pipeline import weigh

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
    named = any(graph.direct for graph in several)
    rows = [graph.direct or (roots(graph, graph.requires) if named else {}) for graph in several]
    assert set(one.direct) == {purl for row in rows for purl in row}
    for purl, kind in one.direct.items():
        strongest = None
        for row in rows:
            if purl in row:
                strongest = stronger(strongest, row[purl])
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


def a_source(path: str, *, edges: bool) -> Source:
    return Source(path=path, format="graph", sha256=path, edges=edges)


def some(*purls: str) -> dict[str, Package]:
    return {p: Package(purl=p, name=p[8:-2], version="1", ecosystem="npm") for p in purls}


APP = finish(
    "app",
    some("pkg:npm/a@1", "pkg:npm/b@1"),
    {"pkg:npm/a@1": "runtime"},
    {"pkg:npm/a@1": {"pkg:npm/b@1": "runtime"}},
    (a_source("app.lock", edges=True),),
    [],
)


def test_a_lock_without_direct_dependencies_is_not_lost_beside_one_that_has_them() -> None:
    edges: dict[str, dict[str, Kind]] = {"pkg:npm/c@1": {"pkg:npm/d@1": "runtime"}}
    bare = finish("", some("pkg:npm/c@1", "pkg:npm/d@1"), {}, edges, (a_source("bare.lock", edges=True),), [])
    both = merge([APP, bare], "all")
    assert dict(both.direct) == {"pkg:npm/a@1": "runtime", "pkg:npm/c@1": "runtime"}
    assert [note.subject for note in both.notes if note.code == "inferred_direct"] == ["bare.lock"]
    assert set(weigh(both, "equal").values) == {"pkg:npm/a", "pkg:npm/b", "pkg:npm/c", "pkg:npm/d"}
    assert not merge([bare], "bare").direct, "by itself the graph says what the file says"


def test_a_list_without_edges_is_not_lost_beside_a_lock_with_them() -> None:
    listed = some("pkg:npm/b@1", "pkg:npm/x@1", "pkg:npm/y@1")
    flat = finish("", listed, {"pkg:npm/x@1": "runtime"}, {}, (a_source("flat.txt", edges=False),), [])
    both = merge([APP, flat], "all")
    assert "pkg:npm/y@1" not in both.direct, "it is not: the file says so"
    weights = weigh(both, "direct").values
    assert set(weights) == {"pkg:npm/a", "pkg:npm/x", "pkg:npm/y"}, "b hangs on a"


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
