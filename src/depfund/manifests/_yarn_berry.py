"""``yarn.lock`` of Yarn 2 and later (berry): YAML, an entry a locator.

Keys are descriptors (``name@npm:^1.0.0``), ``resolution`` says what they are locked to. Workspaces are entries with the
version ``0.0.0-use.local``; which of their dependencies are for development stands in their package.json. A patched
package is the package. ``resolutions`` of the root's package.json turn one descriptor into another, and package
extensions, Yarn's own and those of .yarnrc.yml, add dependencies that the entries do not show. What a peer dependency
resolves to is not in the file and no edge. Metadata version 8 began to write ``npm:`` in front of ranges. Source:
@yarnpkg/core; ``yarn info --all --recursive`` says the same.
"""

from __future__ import annotations

import re
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

_OVERRIDE = re.compile(
    r"(?:(?P<parent>(?:@[^/@]+/)?[^/@]+)(?:@(?P<version>.+?))?/)?(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<range>.+))?\Z"
).match
_BASE = re.compile(r"\blocator=[^:]*@workspace:([^:#&]+)").search
"""The folder of the workspace that a path starts from, among the bindings behind ``::``."""
_LOCAL = ("workspace:", "portal:", "link:", "file:", "exec:")


_EXTENSIONS: dict[str, dict[str, str]] = {
    "@babel/parser": {"@babel/types": "^7.8.3"},
    "@pm2/agent@<1": {"debug": "*"},
    "cacheable-lookup@<5": {"@types/keyv": "^3.1.1"},
    "got@<11": {"@types/keyv": "^3.1.1", "@types/responselike": "^1.0.0"},
    "jss-plugin-rule-value-function@<11": {"tiny-warning": "^1.0.2"},
    "material-table@<3": {"@babel/runtime": "^7.11.2"},
    "react-bootstrap-table2-paginator": {"classnames": "^2.2.6"},
    "typescript-language-server": {"vscode-jsonrpc": "^5.0.1", "vscode-languageserver-protocol": "^3.15.0"},
    "useragent@<3": {"request": "^2.88.0", "semver": "5.5.x", "yamlparser": "0.0.x"},
}
"""Dependencies that Yarn adds to careless packages (@yarnpkg/extensions), by name and first major version without."""


class Entry(msgspec.Struct, rename="camel", gc=False):
    """One entry of the lock."""

    version: str = ""
    resolution: str = ""
    dependencies: dict[str, str] = {}
    dependencies_meta: dict[str, Any] = {}


class Node:
    """An entry as it is resolved: its name, where it comes from, what it leads to."""

    __slots__ = ("entry", "key", "name", "needs", "place", "reference")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name, self.reference = _npm.cut(entry.resolution)
        self.key = ""
        self.place: str | None = None
        self.needs: dict[str, tuple[Node, Kind]] = {}


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
    _extend(file, nodes, index)
    lost = _link(nodes, index, bound, _overrides(manifest))
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
        place = _BASE(unquote(reference.partition("::")[2]))
        node.place = _npm.inside(file, path, f"[{keys!r}].resolution", place[1] if place else "")
        return node
    node.key = _npm.named(file, f"[{keys!r}]", node.name, entry.version)
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


def _extend(file: File, nodes: list[Node], index: dict[str, Node]) -> None:
    """Add the dependencies of package extensions where the lock holds what they ask for."""
    added = dict(_EXTENSIONS)
    if (settings := file.sibling(".yarnrc.yml")) is not None:
        plain = load(settings.data, settings.path)
        rows = plain.get("packageExtensions") if isinstance(plain, dict) else None
        for pattern, row in (rows if isinstance(rows, dict) else {}).items():
            needs = row.get("dependencies") if isinstance(row, dict) else None
            if isinstance(needs, dict):
                added[pattern] = {name: wanted for name, wanted in needs.items() if isinstance(wanted, str)}
    by_name: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for pattern, needs in added.items():
        name, range_ = _npm.cut(pattern)
        by_name.setdefault(name, []).append((range_, needs))
    for node in nodes:
        for range_, needs in by_name.get(node.name, ()):
            major = node.entry.version.partition(".")[0]
            if range_[:1] == "<" and range_[1:].isdigit() and (not major.isdigit() or int(major) >= int(range_[1:])):
                continue
            for name, wanted in needs.items():
                if name not in node.entry.dependencies and (
                    f"{name}@{wanted}" in index or f"{name}@npm:{wanted}" in index
                ):
                    node.entry.dependencies[name] = wanted


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
                    wanted = other
            target = index.get(f"{name}@{wanted}") or index.get(f"{name}@npm:{wanted}")
            if target is None:
                found = bound.get(f"{name}@{wanted}") or bound.get(f"{name}@npm:{wanted}") or []
                near = [other for rest, other in found if rest.endswith(f"locator={entry.resolution}")]
                target = next(iter(near or [other for _, other in found]), None)
            if target is None:
                lost.append((node.key or node.name, f"{name}@{wanted}"))
                continue
            row = meta.get(name)
            node.needs[name] = (
                target,
                "optional" if isinstance(row, dict) and row.get("optional") == "true" else "runtime",
            )
    return lost


def _fill(file: File, builder: Builder, nodes: list[Node]) -> None:
    for node in nodes:
        if node.place is None:
            for target, kind in node.needs.values():
                if target.key:
                    builder.edge(node.key, target.key, kind)
    for node in nodes:
        if node.place is None:
            continue
        kinds = _project(file, node)
        rows: dict[str, Kind] = {}
        for name, (target, kind) in node.needs.items():
            if target.key:
                said = kinds.get(name, kind) if kind == "runtime" else kind
                rows[target.key] = stronger(rows.get(target.key), "runtime" if said == "peer" else said)
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
