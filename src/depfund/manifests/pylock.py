"""``pylock.toml`` (PEP 751), checked by ``packaging.pylock``.

Most writers leave ``packages.dependencies`` out: then there are no edges, and every package counts as direct, with
the kind its marker gives it (an extra is optional, a group that is not a default group is dev). Some write names or
times that the specification does not allow; these files are read all the same, with a note.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import shape, toml
from depfund.manifests._file import File
from depfund.manifests._python import Locked, normal, pypi, repository, unrequired, without_account
from depfund.model import Graph, Kind

__all__ = ["read"]


class Row(msgspec.Struct):
    """``[[packages]]``."""

    name: str
    version: str | None = None
    marker: str = ""
    index: str = ""
    dependencies: list[dict[str, Any]] = msgspec.field(default_factory=list)
    vcs: dict[str, Any] | None = None
    directory: dict[str, Any] | None = None
    archive: dict[str, Any] | None = None
    wheels: list[dict[str, Any]] = msgspec.field(default_factory=list)


class Lock(msgspec.Struct, rename="kebab"):
    """The part of the file that is read."""

    lock_version: str
    packages: list[Row]
    default_groups: list[str] = msgspec.field(default_factory=list)


_NAMED = re.compile(r"['\"]([^'\"]+)['\"]\s*\)*\s+in\s+(extras|dependency_groups)")


def read(file: File) -> Graph:
    """The graph of a ``pylock.toml``."""
    plain = toml(file)
    lock = shape(plain, Lock, file)
    if not re.fullmatch(r"1(\.\d+)?", lock.lock_version):
        raise ManifestError(
            f"lock version {lock.lock_version} is not known here.", file=file.path, where="lock-version"
        )
    edges = any(row.dependencies for row in lock.packages)
    builder = Builder(file, "pylock", edges=edges, root=file.here.name if file.here else "")
    locked = Locked()
    purls = []
    for place, row in enumerate(lock.packages):
        try:
            purls.append(_package(builder, row))
        except ManifestError as error:
            raise error.under(f"packages[{place}]") from error
        locked.add(normal(row.name), row.version, purls[-1])
    for row, purl in zip(lock.packages, purls, strict=True):
        for wish in row.dependencies:
            name, version = wish.get("name"), wish.get("version")
            if isinstance(name, str):
                targets = locked.find(normal(name), f"=={version}" if isinstance(version, str) else "")
                for target in targets:
                    builder.edge(purl, target)
    kinds = {purl: _kind(row.marker, lock.default_groups) for row, purl in zip(lock.packages, purls, strict=True)}
    for purl in unrequired(builder) if edges else purls:
        builder.direct(purl, kinds[purl])
    _check(builder, plain)
    return builder.graph()


def _package(builder: Builder, row: Row) -> str:
    purl = pypi(normal(row.name), row.version)
    if row.vcs is not None:
        url = str(row.vcs.get("url") or row.vcs.get("path") or "")
        hints = {"vcs": (without_account(url),), "repository": (repository(url),)} if "://" in url else {}
        return builder.package(purl, row.name, row.version, "pypi", origin="vcs", hints=hints)
    if row.directory is not None:
        return builder.package(purl, row.name, row.version, "pypi", origin="path", first_party=True)
    if row.archive is not None:
        url = str(row.archive.get("url") or "")
        kept = {"url": (without_account(url),)} if url else {}
        return builder.package(purl, row.name, row.version, "pypi", origin="url" if url else "path", hints=kept)
    found: dict[str, tuple[str, ...]] = {}
    if row.index:
        found["registry"] = (without_account(row.index),)
    wheel = next((str(wheel["url"]) for wheel in row.wheels if wheel.get("url")), "")
    if wheel:
        found["metadata"] = (f"{wheel}.metadata",)
    return builder.package(purl, row.name, row.version, "pypi", hints=found)


def _kind(marker: str, defaults: list[str]) -> Kind:
    named = _NAMED.findall(marker)
    groups = [name for name, table in named if table == "dependency_groups"]
    if not named or any(group in defaults for group in groups):
        return "runtime"
    return "dev" if groups else "optional"


def _check(builder: Builder, plain: dict[str, Any]) -> None:
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        Pylock.from_dict(plain)
    except (PylockValidationError, PylockUnsupportedVersionError, ValueError, TypeError) as error:
        builder.note(
            "not_to_specification",
            builder.file.path,
            f"{builder.file.path} departs from PEP 751 ({error}); its packages are read all the same.",
            "info",
        )
