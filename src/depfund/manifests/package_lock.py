"""``package-lock.json`` and ``npm-shrinkwrap.json``, versions 1 to 3.

Versions 2 and 3 list the places of node_modules under ``packages``; version 1 nests them under ``dependencies``. A
name means the nearest place, as Node resolves it: the package's own node_modules, then each folder above. One package
in several places is one node. Peer dependencies are edges, optional ones too where they are installed; a name in both
``dependencies`` and ``optionalDependencies`` is optional. Workspaces, links and ``file:`` folders are first-party, an
alias is the package it stands for. What the project itself asks for stands in package.json beside, where there is one.
Source: npm's documentation of package-lock.json; @npmcli/arborist reads it so.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File
from depfund.manifests._npm_edges import fill
from depfund.manifests._npm_places import Entry, Nested, Places
from depfund.model import Graph

__all__ = ["Lock", "read"]


class Lock(msgspec.Struct, rename="camel"):
    """The file from version 2 on; version 2 repeats the tree of version 1 for old clients."""

    name: str | None = None
    packages: dict[str, Entry] | None = None


class Tree(msgspec.Struct):
    """The file as version 1 writes it; a project without dependencies has only its version."""

    name: str | None = None
    version: Any = msgspec.field(name="lockfileVersion", default=None)
    dependencies: dict[str, Nested] | None = None


@unhurried()
def read(file: File) -> Graph:
    """The graph of an npm lock. Raises ManifestError with file and place for what is broken or leads outside."""
    builder = Builder(file, "package-lock", edges=True)
    places = Places(builder)
    lock = decode(file, Lock) if b'"packages"' in file.data else Lock()
    if lock.packages is None:
        _tree(file, builder, places)
    else:
        _current(file, lock.packages)
        places.flat(lock.packages)
        builder.root = places.own[0].entry.name or lock.name or ""
    fill(places)
    return _npm.unreached(builder)


def _tree(file: File, builder: Builder, places: Places) -> None:
    """The nested packages of version 1, and the project as package.json describes it."""
    tree = decode(file, Tree)
    if tree.dependencies is None and tree.version != 1:
        raise ManifestError(
            "neither `packages` nor `dependencies`; this is no package-lock.json.",
            file=file.path,
            hint="Write it again with `npm install --package-lock-only`.",
        )
    builder.root = tree.name or ""
    places.nested(tree.dependencies or {}, _root(file, builder))


def _current(file: File, packages: dict[str, Entry]) -> None:
    """Put in what package.json beside asks for, as npm does: the lock's own copy of it may be older."""
    try:
        manifest = _npm.manifest(file.sibling("package.json"))
    except ManifestError:
        return
    if manifest is not None and "" in packages:
        name = manifest.name or packages[""].name
        packages[""] = msgspec.structs.replace(_asked(manifest), name=name, version=packages[""].version)


def _root(file: File, builder: Builder) -> Entry:
    """What the project asks for, as package.json beside has it; version 1 does not repeat it."""
    manifest = _npm.manifest(file.sibling("package.json"))
    if manifest is None:
        _npm.rootless(builder)
        return Entry()
    builder.root = manifest.name or builder.root
    return _asked(manifest)


def _asked(manifest: _npm.Manifest) -> Entry:
    return Entry(
        dependencies=manifest.dependencies,
        dev_dependencies=manifest.dev_dependencies,
        optional_dependencies=manifest.optional_dependencies,
        peer_dependencies=manifest.peer_dependencies,
        peer_dependencies_meta=manifest.peer_dependencies_meta,
    )
