"""``package-lock.json`` and ``npm-shrinkwrap.json``, versions 1 to 3.

Versions 2 and 3 list the places of node_modules under ``packages``; version 1 nests them under ``dependencies``. A
name means the nearest place, as Node resolves it: the package's own node_modules, then each folder above. One package
in several places is one node. Peer dependencies are edges, optional ones too where they are installed; a name in both
``dependencies`` and ``optionalDependencies`` is optional. Workspaces, links and ``file:`` folders are first-party, an
alias is the package it stands for. Source: npm's documentation of package-lock.json; @npmcli/arborist reads it so.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import Builder, unhurried
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File
from depfund.manifests._npm_places import Entry, Places
from depfund.model import Graph

__all__ = ["Lock", "read"]


class Lock(msgspec.Struct, rename="camel"):
    """The file from version 2 on; version 2 repeats the tree of version 1 for old clients."""

    name: str | None = None
    packages: dict[str, Entry] | None = None


class Nested(msgspec.Struct, gc=False):
    """One package of version 1."""

    version: str | None = None
    resolved: str | bool | None = None
    requires: dict[str, str] | bool | None = None
    dependencies: dict[str, Nested] | None = None
    optional: bool = False


class Tree(msgspec.Struct):
    """The file as version 1 writes it."""

    name: str | None = None
    dependencies: dict[str, Nested] | None = None


@unhurried
def read(file: File) -> Graph:
    """The graph of an npm lock. Raises ManifestError with file and place for what is broken or leads outside."""
    builder = Builder(file, "package-lock", edges=True)
    lock = decode(file, Lock) if b'"packages"' in file.data else Lock()
    if lock.packages is None:
        places = _flat(file, builder)
    else:
        places = Places(builder, lock.packages)
        builder.root = places.own[""].name or lock.name or ""
    places.fill()
    return _npm.unreached(builder)


def _flat(file: File, builder: Builder) -> Places:
    """The nested packages of version 1 as places, and the project as package.json describes it."""
    tree = decode(file, Tree)
    if tree.dependencies is None:
        raise ManifestError(
            "neither `packages` nor `dependencies`; this is no package-lock.json.",
            file=file.path,
            hint="Write it again with `npm install --package-lock-only`.",
        )
    builder.root = tree.name or ""
    entries: dict[str, Entry] = {}
    optional: set[str] = set()
    todo: list[tuple[str, Mapping[str, Nested]]] = [("", tree.dependencies)]
    while todo:
        above, rows = todo.pop()
        for name, nested in rows.items():
            place = f"{above}node_modules/{name}"
            real, version = _npm.alias(name, nested.version or "")
            resolved = nested.resolved if isinstance(nested.resolved, str) else None
            if ":" in version:
                resolved, version = version, _npm.commit(version)
            entries[place] = Entry(
                name=real if real != name else None,
                version=version or None,
                resolved=resolved,
                dependencies=nested.requires if isinstance(nested.requires, dict) else None,
            )
            if nested.optional:
                optional.add(place)
            if nested.dependencies:
                todo.append((f"{place}/", nested.dependencies))
    places = Places(builder, {"": _root(file, builder), **entries})
    places.optional = optional
    return places


def _root(file: File, builder: Builder) -> Entry:
    """What the project asks for, as package.json beside has it; version 1 does not repeat it."""
    manifest = _npm.manifest(file.sibling("package.json"))
    if manifest is None:
        _npm.rootless(builder)
        return Entry()
    builder.root = manifest.name or builder.root
    return Entry(
        dependencies=manifest.dependencies,
        dev_dependencies=manifest.dev_dependencies,
        optional_dependencies=manifest.optional_dependencies,
        peer_dependencies=manifest.peer_dependencies,
        peer_dependencies_meta=manifest.peer_dependencies_meta,
    )
