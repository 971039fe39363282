"""``poetry.lock``: lock versions 1.0 to 2.1.

The file does not name the project nor what it requires directly: that stands in the ``pyproject.toml`` beside it.
An entry of ``[package.dependencies]`` that hangs on an extra is there because somebody asked for the extra; it is an
optional edge. The names under ``[package.extras]`` are only offers and no edges.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape, toml
from depfund.manifests._file import File
from depfund.manifests._python import Locked, normal, pypi, repository, unrequired, without_account
from depfund.manifests.pyproject import declared
from depfund.model import Graph, Kind

__all__ = ["read"]


class Origin(msgspec.Struct):
    """``[package.source]``; without it the package is from the public index."""

    type: str = ""
    url: str = ""
    resolved_reference: str = ""


class Row(msgspec.Struct):
    """``[[package]]``. ``category`` until 1.x, ``groups`` since 2.1."""

    name: str
    version: str
    category: str = "main"
    optional: bool = False
    groups: list[str] = msgspec.field(default_factory=list)
    dependencies: dict[str, Any] = msgspec.field(default_factory=dict)
    source: Origin = msgspec.field(default_factory=Origin)


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    metadata: dict[str, Any]
    package: list[Row] = msgspec.field(default_factory=list)


@unhurried()
def read(file: File) -> Graph:
    """The graph of a ``poetry.lock``; without a ``pyproject.toml`` beside it the roots are what nothing requires."""
    lock = shape(toml(file), Lock, file)
    version = str(lock.metadata.get("lock-version", "1.0"))
    if version.partition(".")[0] not in {"0", "1", "2"}:
        raise ManifestError(f"lock version {version} is not known here.", file=file.path, where="metadata.lock-version")
    builder = Builder(file, "poetry-lock", edges=True)
    locked = Locked()
    purls = []
    for place, row in enumerate(lock.package):
        try:
            purls.append(_package(builder, row))
        except ManifestError as error:
            raise error.under(f"package[{place}]") from error
        locked.add(normal(row.name), row.version, purls[-1])
    for row, purl in zip(lock.package, purls, strict=True):
        for name, wish in row.dependencies.items():
            for spec, extra in _wishes(wish):
                for target in locked.find(normal(name), spec):
                    builder.edge(purl, target, "optional" if extra else "runtime")
    beside = file.sibling("pyproject.toml")
    if beside is None:
        _guess(builder, lock.package, purls)
    else:
        project = declared(beside)
        builder.root = project.name
        for kind, wanted in project.wanted:
            for target in locked.find(wanted.name, wanted.spec):
                builder.direct(target, kind)
    return builder.graph()


def _package(builder: Builder, row: Row) -> str:
    purl = pypi(normal(row.name), row.version)
    match row.source.type:
        case "git" | "hg":
            hints = {"vcs": (without_account(row.source.url),), "repository": (repository(row.source.url),)}
            return builder.package(purl, row.name, row.version, "pypi", origin="vcs", hints=hints)
        case "directory":
            return builder.package(purl, row.name, row.version, "pypi", origin="path", first_party=True)
        case "file":
            return builder.package(purl, row.name, row.version, "pypi", origin="path")
        case "url":
            return builder.package(purl, row.name, row.version, "pypi", origin="url", hints={"url": (row.source.url,)})
    hints = {"registry": (without_account(row.source.url),)} if row.source.url else {}
    return builder.package(purl, row.name, row.version, "pypi", hints=hints)


def _wishes(wish: Any) -> list[tuple[str, bool]]:
    """``(constraint, for an extra)`` of a value of ``[package.dependencies]``: text, a table, or a list of these."""
    found = []
    for each in wish if isinstance(wish, list) else [wish]:
        if isinstance(each, dict):
            marker = str(each.get("markers", ""))
            conditional = "extra ==" in marker or "extra==" in marker or each.get("optional") is True
            found.append((str(each.get("version", "*")), conditional))
        else:
            found.append((str(each), False))
    return found


def _guess(builder: Builder, rows: list[Row], purls: list[str]) -> None:
    kinds: dict[str, Kind] = {}
    for row, purl in zip(rows, purls, strict=True):
        dev = row.category == "dev" or (bool(row.groups) and "main" not in row.groups)
        kinds[purl] = "dev" if dev else "optional" if row.optional else "runtime"
    for purl in unrequired(builder):
        builder.direct(purl, kinds[purl])
    builder.note(
        "no_manifest",
        builder.file.path,
        "no pyproject.toml beside this poetry.lock, and only that names the direct dependencies; packages that no "
        "other one requires are taken for them.",
    )
