"""``conda-lock.yml`` of conda-lock, version 1: one row per manager, name and platform.

Packages and edges are the union over the platforms. A pip row may require conda's packages (python itself), and the
reverse. Direct dependencies stand in the source files that the lock names.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund import _yaml
from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._conda import channel
from depfund.manifests._decode import shape
from depfund.manifests._file import File
from depfund.manifests._purl import make
from depfund.manifests._python import normal, unrequired, without_account
from depfund.manifests.conda_env import declared
from depfund.model import Graph, Kind

__all__ = ["read"]


class Row(msgspec.Struct):
    """A package on one platform. ``category`` until 2.x, ``categories`` since."""

    name: str
    version: str
    manager: str = "conda"
    platform: str = ""
    dependencies: dict[str, Any] | str = msgspec.field(default_factory=dict)
    url: str = ""
    category: str = ""
    categories: list[str] = msgspec.field(default_factory=list)


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    package: list[Row]
    version: str = "1"
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)


@unhurried()
def read(file: File) -> Graph:
    """The graph of a ``conda-lock.yml``."""
    lock = shape(_yaml.load(file.data, file.path), Lock, file)
    if lock.version != "1":
        raise ManifestError(
            f"version {lock.version} of conda-lock.yml is not known here.", file=file.path, where="version"
        )
    builder = Builder(file, "conda-lock", edges=True)
    rows = lock.package
    names: dict[tuple[str, str], dict[str, str]] = {}
    kinds: dict[str, Kind] = {}
    made: dict[tuple[str, str, str], str] = {}
    channels: dict[str, dict[str, tuple[str, ...]]] = {}
    purls = []
    for place, row in enumerate(rows):
        key = (row.manager, row.name, row.version)
        purl = made.get(key)
        if purl is None:
            try:
                purl = made[key] = _package(builder, row, channels)
            except ManifestError as error:
                raise error.under(f"package[{place}]") from error
            kinds[purl] = _kind(row)
        purls.append(purl)
        names.setdefault((row.platform, row.manager), {})[_name(row.name, row.manager)] = purl
    for row, purl in zip(rows, purls, strict=True):
        if not isinstance(row.dependencies, dict):
            continue
        own = names[row.platform, row.manager]
        into = builder.requires.setdefault(purl, {})
        for wanted in row.dependencies:
            target = own.get(wanted) or _elsewhere(names, row, wanted)
            if target is not None and target != purl:
                into[target] = "runtime"
    _direct(builder, file, lock, names, kinds)
    return builder.graph()


def _name(name: str, manager: str) -> str:
    return normal(name) if manager == "pip" else name


def _elsewhere(names: dict[tuple[str, str], dict[str, str]], row: Row, wanted: str) -> str | None:
    """Under its PEP 503 name, or installed by the other manager."""
    if row.manager == "pip":
        pip, conda = names[row.platform, "pip"], names.get((row.platform, "conda"), {})
        return pip.get(normal(wanted)) or conda.get(wanted) or conda.get(normal(wanted))
    return names.get((row.platform, "pip"), {}).get(normal(wanted))


def _package(builder: Builder, row: Row, channels: dict[str, dict[str, tuple[str, ...]]]) -> str:
    if row.manager == "pip":
        name = normal(row.name)
        return builder.package(make("pypi", name, row.version), row.name, row.version, "pypi")
    base = channel(row.url)
    hints = channels.get(base)
    if hints is None:
        hints = channels[base] = {"registry": (without_account(base),)} if base else {}
    return builder.package(make("conda", row.name, row.version), row.name, row.version, "conda", hints=hints)


def _kind(row: Row) -> Kind:
    categories = row.categories or [row.category or "main"]
    return "runtime" if "main" in categories else "dev" if {"dev", "test"} & set(categories) else "optional"


def _direct(
    builder: Builder,
    file: File,
    lock: Lock,
    names: dict[tuple[str, str], dict[str, str]],
    kinds: dict[str, Kind],
) -> None:
    sources = lock.metadata.get("sources")
    read_any = False
    for source in sources if isinstance(sources, list) else []:
        beside = None
        if isinstance(source, str) and source.endswith((".yml", ".yaml")):
            try:
                beside = file.sibling(source)
            except ManifestError as error:
                builder.note("not_followed", file.path, str(error))
        if beside is None:
            continue
        read_any = True
        environment = declared(beside)
        builder.root = builder.root or environment.name
        for manager, name in environment.names:
            for (_, other), row in names.items():
                if other == manager and (purl := row.get(_name(name, manager))):
                    builder.direct(purl, kinds[purl])
    if read_any and builder.directs:
        return
    for purl in unrequired(builder):
        builder.direct(purl, kinds[purl])
    builder.note(
        "no_manifest",
        file.path,
        "the environment file this lock was made from is not beside it, and only that names the direct dependencies; "
        "packages that no other one requires are taken for them.",
    )
