"""``pdm.lock``: lock versions 3.1 to 4.5, and the older ones that have the same rows.

PDM writes one row for a package and one more for each set of extras asked for; the latter names the former and what
the extras add, as optional edges. Direct dependencies stand in the ``pyproject.toml`` beside it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape, toml
from depfund.manifests._file import File
from depfund.manifests._python import Locked, Wanted, normal, parse, pypi, repository, unrequired, without_account
from depfund.manifests.pyproject import declared
from depfund.model import Graph, Kind

__all__ = ["read"]


class Row(msgspec.Struct):
    """``[[package]]``. ``groups`` since 4.5."""

    name: str
    version: str | None = None
    extras: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    dependencies: list[str] | dict[str, Any] = msgspec.field(default_factory=list)
    git: str = ""
    hg: str = ""
    url: str = ""
    path: str = ""
    editable: bool = False


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    metadata: dict[str, Any]
    package: list[Row] = msgspec.field(default_factory=list)


@unhurried()
def read(file: File) -> Graph:
    """The graph of a ``pdm.lock``."""
    lock = shape(toml(file), Lock, file)
    version = str(lock.metadata.get("lock_version", "4"))
    if version.partition(".")[0] not in {"1", "2", "3", "4"}:
        raise ManifestError(f"lock version {version} is not known here.", file=file.path, where="metadata.lock_version")
    builder = Builder(file, "pdm-lock", edges=True)
    locked = Locked()
    purls = []
    for place, row in enumerate(lock.package):
        try:
            purls.append(_package(builder, row))
        except ManifestError as error:
            raise error.under(f"package[{place}]") from error
        locked.add(normal(row.name), row.version, purls[-1])
    for row, purl in zip(lock.package, purls, strict=True):
        for wanted in _wanted(row, builder):
            for target in locked.find(wanted.name, wanted.spec):
                builder.edge(purl, target, "optional" if row.extras or wanted.extra else "runtime")
    _direct(builder, file, locked, lock)
    return builder.graph()


def _package(builder: Builder, row: Row) -> str:
    purl = pypi(normal(row.name), row.version)
    if row.git or row.hg:
        hints = {"vcs": (without_account(row.git or row.hg),), "repository": (repository(row.git or row.hg),)}
        return builder.package(purl, row.name, row.version, "pypi", origin="vcs", hints=hints)
    if row.path:
        archive = row.path.endswith((".whl", ".zip", ".gz", ".bz2", ".xz"))
        return builder.package(purl, row.name, row.version, "pypi", origin="path", first_party=not archive)
    if row.url:
        return builder.package(purl, row.name, row.version, "pypi", origin="url", hints={"url": (row.url,)})
    return builder.package(purl, row.name, row.version, "pypi")


def _wanted(row: Row, builder: Builder) -> list[Wanted]:
    found = []
    if isinstance(row.dependencies, dict):
        return [Wanted(name=normal(name)) for name in row.dependencies]
    for text in row.dependencies:
        wanted = parse(text)
        if wanted is None:
            builder.note(
                "invalid_requirement", row.name, f"{row.name} requires {text[:200]!r}, which is no requirement."
            )
        else:
            found.append(wanted)
    return found


def _direct(builder: Builder, file: File, locked: Locked, lock: Lock) -> None:
    beside = file.sibling("pyproject.toml")
    if beside is not None:
        project = declared(beside)
        builder.root = project.name
        for kind, wanted in project.wanted:
            for target in locked.find(wanted.name, wanted.spec):
                builder.direct(target, kind)
        return
    kinds: dict[str, Kind] = {}
    for row in lock.package:
        dev = bool(row.groups) and "default" not in row.groups
        kinds[pypi(normal(row.name), row.version)] = "dev" if dev else "runtime"
    for purl in unrequired(builder):
        builder.direct(purl, kinds[purl])
    builder.note(
        "no_manifest",
        file.path,
        "no pyproject.toml beside this pdm.lock, and only that names the direct dependencies; packages that no other "
        "one requires are taken for them.",
    )
