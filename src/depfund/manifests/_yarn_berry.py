"""``yarn.lock`` of Yarn 2 and later (berry): YAML, an entry a locator.

Keys are descriptors (``name@npm:^1.0.0``), ``resolution`` says what they are locked to. Workspaces are entries with the
version ``0.0.0-use.local``; which of their dependencies are for development stands in their package.json. A patched
package is the package. ``resolutions`` of the root's package.json turn one descriptor into another. Peer dependencies
are what the packages that require a package provide for it, as Yarn's virtual packages have it, ``@types`` twins
included. Metadata version 8 began to write ``npm:`` in front of ranges. Source: @yarnpkg/core.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from depfund._yaml import load
from depfund.errors import ManifestError
from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape
from depfund.manifests._file import File
from depfund.model import Graph, Kind

__all__ = ["read_berry"]

_OVERRIDE = re.compile(r"(?:(?P<parent>(?:@[^/@]+/)?[^/@]+)(?:@(?P<version>.+?))?/)?(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<range>.+))?\Z").match
_LOCAL = ("workspace:", "portal:", "link:", "file:", "exec:")


class Entry(msgspec.Struct, rename="camel", gc=False):
    """One entry of the lock."""

    version: str = ""
    resolution: str = ""
    dependencies: dict[str, str] = {}
    peer_dependencies: dict[str, str] = {}
    dependencies_meta: dict[str, Any] = {}
    peer_dependencies_meta: dict[str, Any] = {}


class Node:
    """An entry as it is resolved: its name, where it comes from, what it and its peers lead to."""

    __slots__ = ("entry", "key", "kinds", "name", "needs", "peers", "place", "reference")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name, self.reference = _npm.cut(entry.resolution)
        self.key = ""
        self.place: str | None = None
        self.needs: dict[str, Node] = {}
        self.kinds: dict[str, Kind] = {}
        self.peers: dict[str, set[Node | None]] = {}


def read_berry(file: File) -> Graph:
    """The graph of a berry lock. Raises ManifestError with file and place for what is broken or leads outside."""
    plain = load(file.data, file.path)
    if not isinstance(plain, dict):
        raise ManifestError("no mapping of entries.", file=file.path)
    plain.pop("__metadata", None)
    entries = shape(plain, dict[str, Entry], file)
    manifest = _npm.manifest(file.sibling("package.json"))
    builder = Builder(file, "yarn-lock", edges=True, root=(manifest.name if manifest else None) or "")
    index: dict[str, Node] = {}
    bound: dict[str, list[tuple[str, Node]]] = {}
    nodes: list[Node] = []
    for keys, entry in entries.items():
        node = _node(file, builder, keys, entry)
        nodes.append(node)
        for key in keys.split(", "):
            index[key] = node
            if "::" in key:
                bare, _, rest = key.partition("::")
                bound.setdefault(bare, []).append((unquote(rest), node))
    lost = _link(nodes, index, bound, _overrides(manifest))
    _peers(nodes)
    _fill(file, builder, nodes)
    _npm.missing(builder, lost)
    return _npm.unreached(builder)


def _node(file: File, builder: Builder, keys: str, entry: Entry) -> Node:
    node = Node(entry)
    reference = node.reference
    if not reference:
        raise ManifestError(f"the resolution {entry.resolution!r} has no reference.", file=file.path, where=keys)
    if reference.startswith(_LOCAL):
        path = reference.partition(":")[2].partition("::")[0].partition("#")[0]
        base = unquote(reference.partition("::locator=")[2]).rpartition("@workspace:")[2]
        node.place = _npm.inside(file, path, f"[{keys!r}].resolution", base if base != "." else "")
        return node
    try:
        node.key = _npm.purl(node.name, entry.version)
    except ManifestError as error:
        raise error.under(f"[{keys!r}]", file=file.path) from None
    if node.key not in builder.packages:
        archive = unquote(reference.partition("__archiveUrl=")[2].partition("&")[0])
        if reference.startswith(("npm:", "patch:")):
            hints = _npm.addresses(node.name, archive)
            builder.package(node.key, node.name, entry.version, "npm", hints=hints)
        else:
            kind = _npm.origin(reference)
            hints = {"vcs": (reference,)} if kind == "vcs" else {}
            builder.package(node.key, node.name, entry.version, "npm", origin=kind, hints=hints)
    return node


def _overrides(manifest: _npm.Manifest | None) -> dict[str, list[tuple[re.Match[str], str]]]:
    """The root's ``resolutions`` by the name they are about."""
    found: dict[str, list[tuple[re.Match[str], str]]] = {}
    for pattern, wanted in ((manifest.resolutions if manifest else None) or {}).items():
        if (match := _OVERRIDE(pattern.removeprefix("**/"))) is not None:
            found.setdefault(match["name"], []).append((match, wanted))
    return found


def _link(
    nodes: list[Node],
    index: dict[str, Node],
    bound: dict[str, list[tuple[str, Node]]],
    overrides: dict[str, list[tuple[re.Match[str], str]]],
) -> list[tuple[str, str]]:
    """Look every dependency up. Returns those that stand nowhere."""
    lost: list[tuple[str, str]] = []
    for node in nodes:
        entry = node.entry
        meta = entry.dependencies_meta
        for name, wanted in entry.dependencies.items():
            for match, other in overrides.get(name, ()):
                if (match["range"] or wanted).removeprefix("npm:") != wanted.removeprefix("npm:"):
                    continue
                if (match["parent"] or node.name) == node.name and (match["version"] or entry.version) in {
                    entry.version,
                    node.reference,
                    f"npm:{entry.version}",
                }:
                    wanted = other  # noqa: PLW2901 - what resolutions do
            target = index.get(f"{name}@{wanted}") or index.get(f"{name}@npm:{wanted}")
            if target is None:
                found = bound.get(f"{name}@{wanted}") or bound.get(f"{name}@npm:{wanted}") or []
                near = [other for rest, other in found if rest.endswith(f"locator={entry.resolution}")]
                target = (near or [other for _, other in found] or [None])[0]
            if target is None:
                lost.append((node.key or node.name, f"{name}@{wanted}"))
                continue
            node.needs[name] = target
            row = meta.get(name)
            node.kinds[name] = "optional" if isinstance(row, dict) and row.get("optional") == "true" else "runtime"
    return lost


def _peers(nodes: list[Node]) -> None:
    """For each peer of each package, what the packages that require it provide; None where one provides nothing.

    A package provides what it requires, what is provided to itself, and itself.
    """
    for node in nodes:
        entry = node.entry
        for name in entry.peer_dependencies:
            node.peers[name] = set()
        for name in entry.peer_dependencies:
            if not name.startswith("@types/"):
                twin = f"@types/{name.removeprefix('@').replace('/', '__')}"
                if twin not in entry.dependencies and twin not in entry.peer_dependencies_meta:
                    node.peers.setdefault(twin, set())
    todo: list[tuple[Node, str, Node | None]] = []
    passing: dict[tuple[int, str], list[Node]] = {}
    for node in nodes:
        if node.place is not None:
            todo += [(node, name, None) for name in node.peers]
        for target in node.needs.values():
            for name in target.peers:
                if name in node.peers:
                    passing.setdefault((id(node), name), []).append(target)
                elif name in node.needs:
                    todo.append((target, name, node.needs[name]))
                else:
                    todo.append((target, name, node if name == node.name else None))
    while todo:
        node, name, given = todo.pop()
        if given is None:
            given = node.needs.get(name)
        if given not in node.peers[name]:
            node.peers[name].add(given)
            todo += [(target, name, given) for target in passing.get((id(node), name), ())]


def _fill(file: File, builder: Builder, nodes: list[Node]) -> None:
    local: list[tuple[Node, dict[str, Kind]]] = []
    for node in nodes:
        if node.place is not None:
            local.append((node, _project(file, node)))
            continue
        source = node.key
        for target, kind in _edges(node):
            if target.key:
                builder.edge(source, target.key, kind)
    for node, kinds in local:
        rows: dict[str, Kind] = {}
        for target, kind in _edges(node, kinds):
            if target.key:
                rows[target.key] = stronger(rows.get(target.key), kind)
        version = node.entry.version if node.entry.version != "0.0.0-use.local" else None
        _npm.own(builder, node.name if node.place != "." else "", version, rows)


def _project(file: File, node: Node) -> dict[str, Kind]:
    """The kinds of a project's dependencies as its package.json has them."""
    if node.place is None:
        return {}
    manifest = _npm.manifest(file.sibling(f"{node.place}/package.json"))
    if manifest is None:
        return {}
    if manifest.version:
        node.entry.version = manifest.version
    return {name: kind for name, (_, kind) in manifest.wants().items()}


def _edges(node: Node, kinds: dict[str, Kind] | None = None) -> Iterator[tuple[Node, Kind]]:
    for name, target in node.needs.items():
        if name not in node.peers or target in node.peers[name]:
            kind = (kinds or {}).get(name, "runtime")
            yield target, node.kinds[name] if kind == "peer" or kind == "runtime" else kind
    for name, given in node.peers.items():
        for target in given:
            if target is not None and target is not node.needs.get(name):
                yield target, "peer"
