"""Questions about a Graph, in plain mappings; the only door to networkx.

Everything here is iterative (a lockfile may be a chain of 100,000) and ordered (sets never decide anything).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import Any, TypeVar, cast

from depfund._numbers import Numbers, levels, number
from depfund.model import KINDS, Basis, Facts, Graph, Kind, Level, Package

__all__ = [
    "Numbers",
    "ancestors",
    "as_graph",
    "basis",
    "components",
    "contract",
    "depths",
    "index",
    "key_of",
    "levels",
    "networkx",
    "numbers",
    "owed",
    "reach",
    "roots",
    "scopes",
    "stronger",
    "versionless",
]

N = TypeVar("N", str, int)
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def stronger(one: Kind | None, other: Kind) -> Kind:
    """Of two kinds of edge the one that counts when both join the same packages (:data:`~depfund.model.KINDS`)."""
    return other if one is None or _RANK[other] < _RANK[one] else one


def index(graph: Graph) -> dict[str, Package]:
    """The packages by purl."""
    return {package.purl: package for package in graph.packages}


def versionless(purl: str) -> str:
    """``purl`` without version, qualifiers and subpath: all locked versions of one name share it.

    A canonical purl holds ``@`` only in front of its version (a scope's is percent-encoded).
    """
    return purl.partition("?")[0].partition("#")[0].partition("@")[0]


def reach(starts: Iterable[str], steps: Mapping[str, Iterable[str]]) -> set[str]:
    """``starts`` and everything they lead to."""
    seen = set(starts)
    todo = list(seen)
    while todo:
        for target in steps.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def scopes(direct: Mapping[str, Kind], requires: Mapping[str, Mapping[str, Kind]]) -> dict[str, tuple[Kind, ...]]:
    """For each reached package the kinds of the paths that reach it, strongest first.

    A path has the kinds of its edges other than runtime; it is a runtime path when it has none. So ``("dev",)``
    is a package that only dev paths reach, ``("runtime", "dev")`` one that both do.
    """
    bits = {kind: 1 << place for place, kind in enumerate(KINDS)}
    masks = {target: bits[kind] for target, kind in direct.items()}
    todo, have = list(masks), masks.get
    while todo:
        node = todo.pop()
        row = requires.get(node)
        if row is None:
            continue
        mask = masks[node]
        beyond = mask & ~bits["runtime"]
        for target, kind in row.items():
            # A mask only grows, so a node is visited once for each kind at most.
            gain = mask if kind == "runtime" else beyond | bits[kind]
            known = have(target, 0)
            if known | gain != known:
                masks[target] = known | gain
                todo.append(target)
    labels = {mask: tuple(kind for kind in KINDS if mask & bits[kind]) for mask in set(masks.values())}
    return {purl: labels[mask] for purl, mask in masks.items()}


def owed(graph: Graph, include: Collection[Kind] = KINDS) -> dict[str, Kind]:
    """What the root requires: ``direct`` and what first-party packages require, without first-party packages.

    Edges of other kinds than ``include`` are left out before the stronger of two is taken.
    """
    own = {package.purl for package in graph.packages if package.first_party}
    direct: dict[str, Kind] = {}
    rows: list[Mapping[str, Kind]] = [graph.direct]
    rows += [graph.requires[purl] for purl in sorted(own) if purl in graph.requires]
    for row in rows:
        for target, kind in row.items():
            if target not in own and kind in include:
                direct[target] = stronger(direct.get(target), kind)
    return direct


def contract(graph: Graph) -> tuple[dict[str, Kind], dict[str, Mapping[str, Kind]]]:
    """``(direct, requires)`` without first-party nodes: what they require is direct, what requires them is dropped.

    An edge into a first-party package from a foreign one is dropped too: the root owes itself nothing.
    """
    own = {package.purl for package in graph.packages if package.first_party}
    apart = own.isdisjoint
    requires = {
        source: row
        if source not in row and apart(row)
        else {target: kind for target, kind in row.items() if target not in own and target != source}
        for source, row in graph.requires.items()
        if source not in own
    }
    return owed(graph), {source: row for source, row in requires.items() if row}


def roots(graph: Graph, requires: Mapping[str, Mapping[str, Kind]]) -> dict[str, Kind]:
    """Stand-ins for direct dependencies where the sources name none: the packages that no other one requires.

    Of a cycle that nothing else requires every member counts. Formats such as conda-lock and mix.lock, and locks
    whose manifest is not beside them, need this; weighing says so in a note.
    """
    nodes = [package.purl for package in graph.packages if not package.first_party]
    groups = components(nodes, requires)
    home = {node: number for number, group in enumerate(groups) for node in group}
    inner = {home[t] for source, row in requires.items() for t in row if t in home and home.get(source) != home[t]}
    return {node: "runtime" for number, group in enumerate(groups) if number not in inner for node in group}


def key_of(package: Package, level: Level, projects: Mapping[str, str]) -> str:
    """The node a package belongs to at ``level``; ``projects`` maps versionless purls to project URLs."""
    if level == "version":
        return package.purl
    name = versionless(package.purl)
    if level == "package":
        return name
    return projects.get(name) or package.project or name


def basis(
    graph: Graph,
    level: Level = "project",
    facts: Facts | None = None,
    include: Iterable[Kind] = KINDS,
) -> Basis:
    """The quotient of ``graph`` at ``level``: first-party contracted, other kinds of edges than ``include`` removed.

    Classes are merged, inner edges dropped, outer edges deduplicated by the stronger kind (allocation.md,
    section 1: condense, then weigh). Nodes are in code point order. Where a source records no edges, every package
    that no edge touches counts as direct: what it hangs on is not known, and leaving it out would say that nothing
    needs it.
    """
    kinds = frozenset(include)
    packages = [package for package in graph.packages if not package.first_party]
    purls = [package.purl for package in packages]
    keys = dict(zip(purls, _keys(packages, purls, level, facts), strict=True))
    direct = owed(graph, kinds)
    if not direct and not owed(graph):
        direct = roots(graph, contract(graph)[1])
    elif not all(source.edges for source in graph.sources):
        tied = {end for source, row in contract(graph)[1].items() for end in (source, *row)}
        flat = (package for package in packages if package.purl not in direct and package.purl not in tied)
        direct |= {package.purl: package.scopes[0] if package.scopes else "runtime" for package in flat}
    merged: dict[str, Kind] = {}
    for target, kind in direct.items():
        if kind in kinds and target in keys:
            merged[keys[target]] = stronger(merged.get(keys[target]), kind)
    made = number(graph.requires, keys, kinds)
    found = Basis(
        level=level,
        members=cast("Mapping[str, tuple[str, ...]]", partial(_members, keys)),
        direct={key: merged[key] for key in sorted(merged)},
        requires=cast("Mapping[str, Mapping[str, Kind]]", partial(_outer, graph, keys, kinds, made)),
    )
    object.__setattr__(found, "_kept", made)
    return found


def _keys(packages: list[Package], purls: list[str], level: Level, facts: Facts | None) -> list[str]:
    """:func:`key_of`, for all."""
    if level == "version":
        return purls
    marked = any(mark in purl for mark in "?#" for purl in purls)
    names = [versionless(purl) for purl in purls] if marked else [purl.partition("@")[0] for purl in purls]
    if level == "package":
        return names
    homes = {
        versionless(purl): url
        for url, project in sorted((facts.projects if facts else {}).items(), reverse=True)
        for purl in project.packages
    }
    if not homes:
        return [package.project or name for package, name in zip(packages, names, strict=True)]
    return [homes.get(name) or package.project or name for package, name in zip(packages, names, strict=True)]


def _members(keys: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for purl, key in keys.items():
        found.setdefault(key, []).append(purl)
    return {key: tuple(sorted(found[key])) if len(found[key]) > 1 else (found[key][0],) for key in sorted(found)}


def _outer(graph: Graph, keys: Mapping[str, str], kinds: Collection[Kind], made: Numbers) -> dict[str, dict[str, Kind]]:
    used = set(chain.from_iterable(row.values() for row in graph.requires.values()))
    if len(used) == 1:
        (kind,), name = used, made.keys.__getitem__
        return {made.keys[at]: dict.fromkeys(map(name, row), kind) for at, row in enumerate(made.rows) if row}
    return _condense(contract(graph)[1], keys, kinds)


def numbers(quotient: Basis) -> Numbers:
    """The numbers behind ``quotient``, every node that it names among them; without self-loops."""
    found: Numbers | None = getattr(quotient, "_kept", None)
    if found is None:
        named = {*quotient.members, *quotient.direct, *quotient.requires}
        named |= set(chain.from_iterable(quotient.requires.values()))
        found = number(quotient.requires, dict(zip(named, named, strict=True)), KINDS)
        object.__setattr__(quotient, "_kept", found)
    return found


def _condense(
    requires: Mapping[str, Mapping[str, Kind]], keys: Mapping[str, str], kinds: Collection[Kind]
) -> dict[str, dict[str, Kind]]:
    """``requires`` between the nodes that ``keys`` name, sources and rows in code point order."""
    if len(kinds) < len(KINDS) or not keys.keys() >= set(chain.from_iterable(requires.values())):
        requires = {
            source: {target: kind for target, kind in row.items() if kind in kinds and target in keys}
            for source, row in requires.items()
        }
    name = keys.__getitem__
    rows: dict[str, dict[str, Kind]] = {}
    mixed: set[str] = set()
    for source, row in requires.items():
        if source not in keys:
            continue
        one = keys[source]
        named = [*map(name, row)]
        if len(row) > 1:
            if named != sorted(named):
                mixed.add(one)
            into = dict(zip(named, row.values(), strict=True))
            if len(into) != len(row):
                into = _strongest(zip(named, row.values(), strict=True))
        else:
            into = dict(zip(named, row.values(), strict=True))
        if one in into:
            del into[one]
        if one in rows:
            into = _strongest([*rows[one].items(), *into.items()])
            mixed.add(one)
        rows[one] = into
    for one in mixed:
        rows[one] = dict(sorted(rows[one].items()))
    return {one: rows[one] for one in sorted(rows) if rows[one]}


def _strongest(pairs: Iterable[tuple[str, Kind]]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for target, kind in pairs:
        found[target] = stronger(found.get(target), kind)
    return found


def as_graph(quotient: Basis, root: str = "") -> Graph:
    """A Basis as a Graph whose purls are its nodes: what a weighting of the user's own is called with."""
    labels = scopes(quotient.direct, quotient.requires)
    packages = tuple(
        Package(purl=key, name=key.rsplit("/", 1)[-1], ecosystem="", scopes=labels.get(key, ()))
        for key in quotient.members
    )
    return Graph(root=root, packages=packages, direct=quotient.direct, requires=quotient.requires)


def depths(starts: Iterable[str], steps: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Fewest edges from the root to each reached node; the direct ones have 1."""
    found = dict.fromkeys(starts, 1)
    todo = deque(found)
    while todo:
        node = todo.popleft()
        for target in steps.get(node, ()):
            if target not in found:
                found[target] = found[node] + 1
                todo.append(target)
    return found


def ancestors(node: str, requires: Mapping[str, Iterable[str]]) -> set[str]:
    """Every node from which ``node`` can be reached, itself included: what breaks without it."""
    back: dict[str, list[str]] = {}
    for source, row in requires.items():
        for target in row:
            back.setdefault(target, []).append(source)
    return reach([node], back)


def networkx(direct: Mapping[str, Any], requires: Mapping[str, Iterable[str]], root: str = "") -> Any:
    """A ``networkx.DiGraph`` with ``root`` in front of the direct dependencies."""
    import networkx as nx

    digraph = nx.DiGraph()
    digraph.add_edges_from((root, target) for target in direct)
    digraph.add_edges_from((source, target) for source, row in requires.items() for target in row)
    return digraph


def components(nodes: Iterable[N], requires: Mapping[N, Iterable[N]]) -> list[list[N]]:
    """Strongly connected components in topological order (dependents before dependencies), sorted inside.

    Tarjan's algorithm (1972) without recursion.
    """
    order: dict[N, int] = {}
    low: dict[N, int] = {}
    open_: list[N] = []
    inside: set[N] = set()
    found: list[list[N]] = []
    for start in nodes:
        if start in order:
            continue
        order[start] = low[start] = len(order)
        open_.append(start)
        inside.add(start)
        work = [(start, iter(requires.get(start, ())))]
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in order:
                    order[target] = low[target] = len(order)
                    open_.append(target)
                    inside.add(target)
                    work.append((target, iter(requires.get(target, ()))))
                    break
                if target in inside:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    group = []
                    while True:
                        member = open_.pop()
                        inside.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    found.append(sorted(group))
    return found[::-1]


def dominated(by: str, direct: Iterable[str], requires: Mapping[str, Iterable[str]]) -> set[str]:
    """What leaves the lockfile with ``by``: every reached node that only paths through it reach, itself included."""
    without: Callable[[str], Iterable[str]] = lambda node: () if node == by else requires.get(node, ())  # noqa: E731
    kept = {node for node in direct if node != by}
    todo = list(kept)
    while todo:
        for target in without(todo.pop()):
            if target != by and target not in kept:
                kept.add(target)
                todo.append(target)
    return reach(direct, requires) - kept
