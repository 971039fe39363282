"""``uv.lock``: uv's lockfile, version 1, revisions 0 to 3 (also of a script: ``NAME.py.lock``).

Members (``editable``, ``virtual``, ``directory``) are first-party; the project at ``.`` is the root. Extras are
optional edges, dependency groups dev edges. Where uv locks several versions of one name it says in each edge which
one it means. Overrides stand in ``[manifest]`` and are in the edges already.
"""

from __future__ import annotations

import re

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape, toml
from depfund.manifests._file import File
from depfund.manifests._purl import make
from depfund.manifests._python import Locked, normal, repository, without_account
from depfund.model import Graph, Kind

__all__ = ["read"]


class Dependency(msgspec.Struct):
    """An edge. ``version`` and ``source`` are there when the name has several locked versions."""

    name: str
    version: str | None = None
    specifier: str = ""
    source: dict[str, str] | str | None = None


class Artifact(msgspec.Struct):
    """A wheel or source archive; ``url`` is absent for local indexes."""

    url: str = ""


class Row(msgspec.Struct, rename="kebab"):
    """``[[package]]``."""

    name: str
    version: str | None = None
    source: dict[str, str] | str = msgspec.field(default_factory=dict)
    dependencies: list[Dependency] = msgspec.field(default_factory=list)
    optional_dependencies: dict[str, list[Dependency]] = msgspec.field(default_factory=dict)
    dev_dependencies: dict[str, list[Dependency]] = msgspec.field(default_factory=dict)
    wheels: list[Artifact] = msgspec.field(default_factory=list)


class Manifest(msgspec.Struct, rename="kebab"):
    """``[manifest]``: members, and what a root without ``[project]`` or a script requires."""

    members: list[str] = msgspec.field(default_factory=list)
    requirements: list[Dependency] = msgspec.field(default_factory=list)
    dependency_groups: dict[str, list[Dependency]] = msgspec.field(default_factory=dict)


class Lock(msgspec.Struct):
    """The part of the file that is read; ``distribution`` is the name of ``package`` before uv 0.4."""

    version: int
    package: list[Row] = msgspec.field(default_factory=list)
    distribution: list[Row] = msgspec.field(default_factory=list)
    manifest: Manifest = msgspec.field(default_factory=Manifest)


_OLD_SOURCE = re.compile(r"(registry|git|direct|url|path|directory|editable|virtual)\+(.*)", re.DOTALL)
_LOCAL = ("editable", "virtual", "directory")


@unhurried()
def read(file: File) -> Graph:
    """The graph of a ``uv.lock``. Raises ManifestError for a version that uv has not written yet."""
    lock = shape(toml(file), Lock, file)
    if lock.version != 1:
        raise ManifestError(
            f"version {lock.version} of uv.lock is not known here (only 1 is).",
            file=file.path,
            where="version",
            hint="Update depfund, or lock with a uv that writes version 1.",
        )
    builder = Builder(file, "uv-lock", edges=True)
    rows = lock.package + lock.distribution
    purls: list[str | None] = []
    locked = Locked()
    roots: set[str] = set()
    registries: dict[str, tuple[str]] = {}
    for place, row in enumerate(rows):
        try:
            purl = _package(builder, row, registries)
        except ManifestError as error:
            raise error.under(f"package[{place}]") from error
        purls.append(purl)
        if purl is None:
            roots.add(row.name)
            builder.root = builder.root or row.name
        else:
            locked.add(row.name, row.version, purl)
    exact: dict[tuple[str, str], str] = {}
    for row, purl in zip(rows, purls, strict=True):
        if purl:  # a package whose version is dynamic is told from others of its name by its source
            exact[row.name, row.version or str(row.source)] = purl
    for row, purl in zip(rows, purls, strict=True):
        for kind, dependencies in _edges(row):
            for dependency in dependencies:
                name = dependency.name
                which = dependency.version or (str(dependency.source) if dependency.source else "")
                named = exact.get((name, which)) if which else None
                for target in (named,) if named else locked.find(name):
                    if purl is None:
                        builder.direct(target, kind)
                    else:
                        builder.edge(purl, target, kind)
    _root(builder, lock.manifest, locked, file)
    if not roots and not lock.manifest.members and not lock.manifest.requirements and rows and not builder.directs:
        _members_only(builder)
    return builder.graph()


def _package(builder: Builder, row: Row, registries: dict[str, tuple[str]]) -> str | None:
    """Add the row and return its purl; None for the project at ``.``, which is the root itself."""
    source = _source(row.source)
    name = normal(row.name)
    purl = make("pypi", name, row.version)
    if (registry := source.get("registry")) is not None:
        hints = {"registry": registries.setdefault(registry, (without_account(registry),))}
        url = next((wheel.url for wheel in row.wheels if wheel.url), "")
        if url:
            hints["metadata"] = (f"{url}.metadata",)
        return builder.package(purl, row.name, row.version, "pypi", hints=hints)
    for local in _LOCAL:
        if local in source:
            if source[local] in {".", ""} and not builder.root:
                return None
            return builder.package(purl, row.name, row.version, "pypi", origin="path", first_party=True)
    if (git := source.get("git")) is not None:
        plain = {"vcs": (without_account(git),), "repository": (repository(git),)}
        return builder.package(purl, row.name, row.version, "pypi", origin="vcs", hints=plain)
    if "path" in source:
        return builder.package(purl, row.name, row.version, "pypi", origin="path")
    url = source.get("url") or source.get("direct") or ""
    return builder.package(purl, row.name, row.version, "pypi", origin="url", hints={"url": (url,)} if url else None)


def _source(source: dict[str, str] | str) -> dict[str, str]:
    if isinstance(source, dict):
        return source
    match = _OLD_SOURCE.fullmatch(source)
    return {match[1]: match[2]} if match else {}


def _edges(row: Row) -> list[tuple[Kind, list[Dependency]]]:
    edges: list[tuple[Kind, list[Dependency]]] = [("runtime", row.dependencies)]
    edges += [("optional", group) for group in row.optional_dependencies.values()]
    edges += [("dev", group) for group in row.dev_dependencies.values()]
    return edges


def _root(builder: Builder, manifest: Manifest, locked: Locked, file: File) -> None:
    """What a root without a package row requires: a script's requirements, a workspace's own groups."""
    rows: list[tuple[Kind, list[Dependency]]] = [("runtime", manifest.requirements)]
    rows += [("dev", group) for group in manifest.dependency_groups.values()]
    for kind, dependencies in rows:
        for dependency in dependencies:
            for target in locked.find(normal(dependency.name), dependency.specifier):
                builder.direct(target, kind)
    if not builder.root and file.here is not None:
        builder.root = file.here.name


def _members_only(builder: Builder) -> None:
    """Without a root, members are where the graph starts; without members, what nothing requires."""
    if any(package.first_party for package in builder.packages.values()):
        return
    from depfund.manifests._python import unrequired

    for purl in unrequired(builder):
        builder.direct(purl)
    builder.note(
        "no_root", builder.file.path, "no project in this lock; packages that nothing requires are taken as direct."
    )
