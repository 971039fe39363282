"""``pnpm-lock.yaml``: lockfile versions 5, 6 and 9.

Importers are the projects, packages are keyed by a dependency path: ``/name/1.0.0_peers`` in version 5,
``/name@1.0.0(peers)`` in 6, ``name@1.0.0(peers)`` under ``snapshots`` in 9. A package is one node whatever peers it was
installed with; the peers it got are among its dependencies, as pnpm writes them. ``link:`` and ``file:`` folders are
first-party. pnpm 11 writes a document about itself in front: the last document is the project's. Source: pnpm's
lockfile specification and @pnpm/dependency-path.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund._bulk import unhurried
from depfund._yaml import load_all
from depfund.errors import ManifestError
from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape
from depfund.manifests._file import File
from depfund.model import Graph, Kind

__all__ = ["read"]

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("dependencies", "runtime"),
    ("dev_dependencies", "dev"),
    ("optional_dependencies", "optional"),
)


class Importer(msgspec.Struct, rename="camel", gc=False):
    """A project: what it asks for, as ``name: reference`` or ``name: {specifier, version}``."""

    dependencies: dict[str, Any] = {}
    dev_dependencies: dict[str, Any] = {}
    optional_dependencies: dict[str, Any] = {}


class Locked(msgspec.Struct, rename="camel", gc=False):
    """A row of ``packages`` or ``snapshots``."""

    name: str | None = None
    version: str | None = None
    resolution: dict[str, Any] = {}
    dependencies: dict[str, str] = {}
    optional_dependencies: dict[str, str] = {}


class Lock(Importer, rename="camel"):
    """The file; a project without workspace stands at its top."""

    lockfile_version: str = ""
    importers: dict[str, Importer] | None = None
    packages: dict[str, Locked] | None = None
    snapshots: dict[str, Locked] | None = None


@unhurried()
def read(file: File) -> Graph:
    """The graph of a pnpm lock. Raises ManifestError with file and place for what is broken or leads outside."""
    documents = load_all(file.data, file.path)
    lock = shape(documents[-1] if documents else {}, Lock, file)
    major = lock.lockfile_version.partition(".")[0]
    if not major.isdigit() or not 5 <= int(major) <= 9:
        raise ManifestError(
            f"lockfileVersion {lock.lockfile_version!r}; versions 5 to 9 are read.",
            file=file.path,
            where="lockfileVersion",
            hint="Write it again with a current pnpm.",
        )
    importers = {".": lock} if lock.importers is None else lock.importers
    return _Reader(file, int(major), lock).graph(importers)


class _Reader:
    """One reading: which node a dependency path is (None for first-party ones), by version of the lock."""

    def __init__(self, file: File, major: int, lock: Lock) -> None:
        self.file = file
        self.major = major
        self.packages = lock.packages or {}
        self.rows = (lock.snapshots if major >= 9 and lock.snapshots is not None else lock.packages) or {}
        top = _npm.beside(file, "")
        self.builder = Builder(file, "pnpm-lock", edges=True, root=(top.name if top else None) or "")
        self.keys: dict[str, str | None] = {}
        self.local: list[tuple[str, Locked]] = []
        self.lost: list[tuple[str, str]] = []

    def graph(self, importers: dict[str, Importer] | dict[str, Lock]) -> Graph:
        builder = self.builder
        for path in self.rows:
            self._see(path)
        for path, row in self.rows.items():
            if (source := self.keys[path]) is not None:
                for table, kind in ((row.dependencies, "runtime"), (row.optional_dependencies, "optional")):
                    for name, reference in table.items():
                        if target := self._target(name, reference, path, ""):
                            builder.edge(source, target, kind)  # type: ignore[arg-type]
        for path, mine in self.local:
            ours: dict[str, Kind] = {}
            for name, reference in (mine.dependencies | mine.optional_dependencies).items():
                if target := self._target(name, reference, path, ""):
                    ours[target] = "optional" if name in mine.optional_dependencies else "runtime"
            said = self.packages.get(path.partition("(")[0], mine)
            called = mine.name or said.name or (_npm.cut(path)[0] if self.major >= 9 else "")
            _npm.own(builder, called, mine.version or said.version, ours)
        for folder, importer in importers.items():
            _npm.inside(self.file, folder, f"importers[{folder!r}]")
            asked: dict[str, Kind] = {}
            for field, kind in _KINDS:
                for name, row in getattr(importer, field).items():
                    found = row.get("version") if isinstance(row, dict) else row  # a dict in versions 6 and later
                    if isinstance(found, str) and (target := self._target(name, found, folder, folder)):
                        asked[target] = stronger(asked.get(target), kind)
            manifest = _npm.beside(self.file, folder) if folder != "." else None
            _npm.own(
                builder, (manifest.name if manifest else None) or "", manifest.version if manifest else None, asked
            )
        _npm.missing(builder, self.lost)
        return _npm.unreached(builder)

    def _see(self, path: str) -> None:
        """Add the package at a dependency path."""
        bare = path.partition("(")[0]
        row = self.packages.get(bare) or self.packages.get(path) or self.rows[path]
        resolution = row.resolution
        folder = resolution.get("directory")
        tarball = resolution.get("tarball")
        where = f"packages[{path!r}]"
        if isinstance(folder, str) or (isinstance(tarball, str) and tarball.startswith("file:")):
            reference = folder if isinstance(folder, str) else str(tarball).removeprefix("file:")
            _npm.inside(self.file, reference, where)
            self.keys[path] = None
            self.local.append((path, self.rows[path]))
            return
        name, version = self._cut(bare)
        name, version = row.name or name, row.version or version
        if not name or not version:
            raise ManifestError(f"no name or version in {path!r}.", file=self.file.path, where=where)
        key = self.keys[path] = _npm.named(self.file, where, name, version)
        if key in self.builder.packages:
            return
        if isinstance(repo := resolution.get("repo"), str):
            vcs = {"vcs": (f"{repo}#{resolution.get('commit', '')}",)}
            self.builder.package(key, name, version, "npm", origin="vcs", hints=vcs)
        elif isinstance(tarball, str):
            hints, kind = _npm.addresses(name, tarball), _npm.origin(tarball)
            self.builder.package(key, name, version, "npm", origin=kind, hints=hints)
        else:
            self.builder.package(key, name, version, "npm")

    def _cut(self, path: str) -> tuple[str, str]:
        """Name and version in a dependency path; a registry's host may stand in front of the slash."""
        if self.major >= 9:
            name, reference = _npm.cut(path)
            return name, reference
        path = path[path.find("/") + 1 :]
        if self.major >= 6:
            return _npm.cut(path)
        name, _, version = path.rpartition("/")
        return name, version.partition("_")[0]

    def _target(self, name: str, reference: str, source: str, base: str) -> str | None:
        """The purl that ``name: reference`` means; None for what is first-party."""
        if reference.startswith("link:"):
            _npm.inside(self.file, reference[5:], f"[{source!r}].{name}", base)
            return None
        for path in self._paths(name, reference):
            if path in self.keys:
                return self.keys[path]
        self.lost.append((source, f"{name}@{reference}"))
        return None

    def _paths(self, name: str, reference: str) -> tuple[str, ...]:
        if self.major >= 9:
            return f"{name}@{reference}", reference
        if self.major >= 6:
            return f"/{name}@{reference}", reference, f"/{reference}"
        return f"/{name}/{reference}", reference, f"/{reference}"
