"""``bun.lock``: JSON with trailing commas and comments; keys of ``packages`` are paths as in node_modules.

``"a/b": ["b@1.0.0", registry, {dependencies, optionalDependencies, peerDependencies, optionalPeers}, integrity]`` is
the place of ``b`` in the node_modules of ``a``. A name means the nearest place. Aliases stand under their own name with
the real one in the first element. ``bun.lockb``, the older binary form, is not read:
``bun install --save-text-lockfile`` writes this one. Source: bun's documentation of the text lockfile.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File
from depfund.manifests._npm_edges import fill
from depfund.manifests._npm_places import Entry, Places
from depfund.model import Graph

__all__ = ["read", "strict"]

_LOOSE = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?>\s+|//[^\n]*|/\*.*?\*/)*+[}\]])', re.DOTALL)
_LOCAL = ("workspace:", "file:", "link:", "root:")


class Needs(msgspec.Struct, rename="camel", gc=False):
    """What a workspace or a package asks for."""

    name: str | None = None
    version: str | None = None
    dependencies: dict[str, str] | None = None
    dev_dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None
    peer_dependencies: dict[str, str] | None = None
    optional_peers: list[str] = []


class Lock(msgspec.Struct, rename="camel"):
    """The file."""

    lockfile_version: int = 0
    workspaces: dict[str, Needs] = {}
    packages: dict[str, list[Any]] = {}


def strict(text: str) -> str:
    """``text`` as JSON: comments and trailing commas outside of strings become spaces, so that places stay."""
    return _LOOSE.sub(lambda found: found[0] if found[0][0] == '"' else re.sub(r"\S", " ", found[0]), text)


def read(file: File) -> Graph:
    """The graph of a text bun lock. Raises ManifestError with file and place for what is broken or leads outside."""
    lock = decode(replace(file, data=strict(file.text()).encode()), Lock)
    if "" not in lock.workspaces:
        raise ManifestError("no project under `workspaces`.", file=file.path, where="workspaces")
    top = lock.workspaces[""]
    builder = Builder(file, "bun-lock", edges=True, root=top.name or "")
    names: dict[str, str] = {}
    entries = {folder: _entry(needs) for folder, needs in lock.workspaces.items()}
    for key, row in lock.packages.items():
        place = _place(file, key)
        names[place] = key
        entry = _package(file, key, row)
        if entry.link:  # what a member keeps to itself is keyed under its name, not under its folder
            folder = str(entry.resolved)
            own = entries.pop(folder, entry) if folder else entry
            own.name, own.link, own.resolved = entry.name, None, f"file:{folder}"
            entry = own
        entries[place] = entry
    places = Places(builder, lambda place: f"packages[{names.get(place, place)!r}]")
    places.flat(entries)
    fill(places)
    return _npm.unreached(builder)


def _entry(needs: Needs) -> Entry:
    meta = {name: {"optional": True} for name in needs.optional_peers}
    return Entry(
        name=needs.name,
        version=needs.version,
        dependencies=needs.dependencies,
        dev_dependencies=needs.dev_dependencies,
        optional_dependencies=needs.optional_dependencies,
        peer_dependencies=needs.peer_dependencies,
        peer_dependencies_meta=meta,
    )


def _package(file: File, key: str, row: list[Any]) -> Entry:
    """One row: ``[name@version, registry, needs, integrity]``; other sources leave the registry out."""
    where = f"packages[{key!r}]"
    if not row or not isinstance(row[0], str):
        raise ManifestError("no `name@version` in front.", file=file.path, where=where)
    name, reference = _npm.cut(row[0])
    try:
        needs = msgspec.convert(next((part for part in row[1:] if isinstance(part, dict)), {}), Needs)
    except msgspec.ValidationError as error:
        raise ManifestError(f"{error}.", file=file.path, where=where) from error
    entry = _entry(needs)
    entry.name = name
    if reference.startswith(_LOCAL):
        entry.link, entry.resolved = True, reference.partition(":")[2]
        return entry
    if ":" in reference or "/" in reference:
        entry.resolved, entry.version = reference, _npm.commit(reference) or None
        return entry
    entry.version = reference
    if isinstance(row[1] if len(row) > 1 else None, str) and row[1].startswith("http"):
        entry.resolved = f"{row[1].rstrip('/')}/{name}/-/" if "/-/" not in row[1] else row[1]
    return entry


def _place(file: File, key: str) -> str:
    """``a/@b/c/d`` as a path of node_modules."""
    parts = key.split("/")
    names: list[str] = []
    while parts:
        part = parts.pop(0)
        if part.startswith("@") and parts:
            part = f"{part}/{parts.pop(0)}"
        if not part or part in {".", ".."}:
            raise ManifestError("no path of package names.", file=file.path, where=f"packages[{key!r}]")
        names.append(part)
    return "/".join(f"node_modules/{name}" for name in names)
