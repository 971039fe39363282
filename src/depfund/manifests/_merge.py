"""Several graphs as one: what a folder of projects, or a list of sources, uses together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from depfund.graph import contract, owed, roots, stronger, versionless
from depfund.manifests._build import finish
from depfund.model import KINDS, Graph, Kind, Note, Package, Source

__all__ = ["merge"]


def merge(graphs: Iterable[Graph], root: str) -> Graph:
    """The union of packages, edges, direct dependencies, sources and notes.

    A package that is first-party in one graph is so in all, in every version: what one project of ours publishes and
    another uses is still ours. A package in several graphs has the kinds of all paths that reach it. Beside graphs
    that name their direct dependencies, those that name none (conda-lock, mix.lock) have what nothing else in them
    requires stand for theirs, with a note: else nothing would lead to their packages any more.
    """
    graphs = list(graphs)
    if any(map(owed, graphs)):
        graphs = [graph if owed(graph) else _rooted(graph) for graph in graphs]
    own = {versionless(p.purl) for graph in graphs for p in graph.packages if p.first_party}
    packages: dict[str, Package] = {}
    direct: dict[str, Kind] = {}
    requires: dict[str, dict[str, Kind]] = {}
    sources: dict[tuple[str, str], Source] = {}
    notes: list[Note] = []
    for graph in graphs:
        for package in graph.packages:
            packages[package.purl] = _joined(packages.get(package.purl), package)
        for purl, kind in graph.direct.items():
            direct[purl] = stronger(direct.get(purl), kind)
        for source, row in graph.requires.items():
            into = requires.setdefault(source, {})
            for target, kind in row.items():
                into[target] = stronger(into.get(target), kind)
        sources.update({(source.path, source.sha256): source for source in graph.sources})
        notes += graph.notes
    for purl, package in packages.items():
        if not package.first_party and versionless(purl) in own:
            packages[purl] = replace(package, first_party=True, scopes=())
    return finish(root, packages, direct, requires, tuple(sources[key] for key in sorted(sources)), notes)


def _rooted(graph: Graph) -> Graph:
    found = roots(graph, contract(graph)[1])
    if not found or not all(source.edges for source in graph.sources):
        return graph
    shown = ", ".join(source.path for source in graph.sources)
    note = Note(
        level="warning",
        code="inferred_direct",
        subject=shown,
        message=f"{shown} names no direct dependencies: the {len(found)} packages that nothing else in it requires "
        "stand for them. Read the manifest beside it to have the real ones.",
    )
    return replace(graph, direct=found, notes=(*graph.notes, note))


def _joined(one: Package | None, other: Package) -> Package:
    if one is None or one == other:
        return other
    kinds = {*one.scopes, *other.scopes}
    return replace(
        one,
        scopes=tuple(kind for kind in KINDS if kind in kinds),
        first_party=one.first_party or other.first_party,
        project=one.project or other.project,
        hints={**other.hints, **one.hints},
    )
