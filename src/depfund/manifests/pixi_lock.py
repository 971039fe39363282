"""``pixi.lock``, versions 4 to 7. A row names its kind until 5; since 6 its address is the key, with the name in it.

Packages and edges are the union over environments and platforms; an edge joins what one environment holds on one
platform. A PyPI package may be satisfied by conda's of the same name, or by one that says it is that (``purls``).
The direct dependencies stand in ``pixi.toml`` or ``pyproject.toml`` beside it; what a package made from source here is
built with (``build_packages``, ``host_packages``) hangs on that package by edges of the kind build.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund import _yaml
from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._conda import artifact, channel, dependency_name
from depfund.manifests._decode import shape, toml
from depfund.manifests._file import File
from depfund.manifests._purl import make
from depfund.manifests._python import normal, parse, repository, unrequired, without_account
from depfund.model import Graph, Kind

__all__ = ["read"]


class Row(msgspec.Struct):
    """A package."""

    kind: str = ""
    name: str = ""
    version: str = ""
    url: str = ""
    path: str = ""
    conda: str = ""
    conda_source: str = ""
    pypi: str = ""
    depends: list[str] | str = msgspec.field(default_factory=list)
    requires_dist: list[str] | str = msgspec.field(default_factory=list)
    purls: list[str] | str = msgspec.field(default_factory=list)
    build_packages: list[dict[str, Any]] | str = msgspec.field(default_factory=list)
    host_packages: list[dict[str, Any]] | str = msgspec.field(default_factory=list)
    license: str = ""


class Environment(msgspec.Struct):
    """The addresses of its packages by platform."""

    packages: dict[str, list[dict[str, Any]]] | str = msgspec.field(default_factory=dict)


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    version: str
    environments: dict[str, Environment] = msgspec.field(default_factory=dict)
    packages: list[Row] | str = msgspec.field(default_factory=list)


@unhurried()
def read(file: File) -> Graph:
    """The graph of a ``pixi.lock``."""
    lock = shape(_yaml.load(file.data, file.path), Lock, file)
    if lock.version not in {"1", "2", "3", "4", "5", "6", "7"}:
        raise ManifestError(f"version {lock.version} of pixi.lock is not known here.", file=file.path, where="version")
    builder = Builder(file, "pixi-lock", edges=True, root=file.here.name if file.here else "")
    rows = lock.packages if isinstance(lock.packages, list) else []
    purls: dict[str, list[tuple[Row, str]]] = {}
    everything = []
    for place, row in enumerate(rows):
        try:
            purl = _package(builder, row)
        except ManifestError as error:
            raise error.under(f"packages[{place}]") from error
        everything.append((row, purl))
        purls.setdefault(_address(row), []).append((row, purl))
    placed = False
    default: list[tuple[str, list[tuple[Row, str]]]] = []
    for name, environment in lock.environments.items():
        for references in environment.packages.values() if isinstance(environment.packages, dict) else ():
            inside = [pair for reference in references for pair in purls.get(_reference(reference), ())]
            _edges(builder, inside)
            default.append((name, inside))
            placed = placed or bool(inside)
    for row, purl in everything:
        for listed in (row.build_packages, row.host_packages):
            _built_with(builder, purl, [pair for each in listed for pair in purls.get(_reference(each), ())])
    if not placed:
        _edges(builder, everything)
        default.append(("default", everything))
    _direct(builder, file, default)
    return builder.graph()


def _address(row: Row) -> str:
    return row.conda or row.pypi or row.conda_source or row.url or row.path


def _reference(reference: dict[str, Any] | str) -> str:
    if isinstance(reference, str):
        return reference
    return next((value for value in reference.values() if isinstance(value, str)), "")


def _package(builder: Builder, row: Row) -> str:
    if row.pypi or row.kind == "pypi":
        return _pypi(builder, row)
    address = _address(row)
    if row.conda_source or not address.endswith((".conda", ".tar.bz2")):
        name = row.name or row.conda_source.partition("[")[0].strip() or address.rstrip("/").rpartition("/")[2]
        version = row.version or None
        return builder.package(make("conda", name, version), name, version, "conda", origin="path", first_party=True)
    found = (row.name, row.version) if row.name and row.version else artifact(address)
    if found is None:
        raise ManifestError(f"{address!r} is not named as conda packages are.", file=builder.file.path)
    hints: dict[str, tuple[str, ...]] = {"registry": (without_account(channel(address)),)}
    if row.license and row.license != "None":
        hints["licence"] = (row.license,)
    return builder.package(make("conda", *found), found[0], found[1], "conda", hints=hints)


def _pypi(builder: Builder, row: Row) -> str:
    address = _address(row)
    name, version = normal(row.name), row.version or None
    purl = make("pypi", name, version)
    if address.startswith(("git+", "hg+")):
        hints = {"vcs": (without_account(address),), "repository": (repository(address),)}
        return builder.package(purl, row.name, version, "pypi", origin="vcs", hints=hints)
    if "://" not in address:
        archive = address.endswith((".whl", ".gz", ".zip"))
        return builder.package(purl, row.name, version, "pypi", origin="path", first_party=not archive)
    hints = {"metadata": (f"{address}.metadata",)} if address.endswith(".whl") else {}
    return builder.package(purl, row.name, version, "pypi", hints=hints)


def _edges(builder: Builder, inside: list[tuple[Row, str]]) -> None:
    """Join what one environment holds on one platform."""
    conda: dict[str, str] = {}
    pypi: dict[str, str] = {}
    given: dict[str, str] = {}
    for row, purl in inside:
        package = builder.packages[purl]
        if package.ecosystem == "pypi":
            pypi[normal(package.name)] = purl
        else:
            conda[package.name] = purl
            for other in row.purls if isinstance(row.purls, list) else ():
                if other.startswith("pkg:pypi/"):
                    given[other[9:].partition("?")[0].partition("@")[0]] = purl
    for row, purl in inside:
        for text in row.depends if isinstance(row.depends, list) else ():
            if target := conda.get(dependency_name(text)):
                builder.edge(purl, target)
        for text in row.requires_dist if isinstance(row.requires_dist, list) else ():
            wanted = parse(text)
            if wanted is None:
                continue
            target = pypi.get(wanted.name) or conda.get(wanted.name) or given.get(wanted.name)
            if target:
                builder.edge(purl, target, "optional" if wanted.extra else "runtime")


def _built_with(builder: Builder, made: str, inside: list[tuple[Row, str]]) -> None:
    """``made`` requires what nothing else in the environment that builds it does."""
    _edges(builder, inside)
    names = {purl for _, purl in inside}
    wanted = {target for purl in names for target in builder.requires.get(purl, ())}
    for purl in sorted(names - wanted):
        builder.edge(made, purl, "build")


def _direct(builder: Builder, file: File, inside: list[tuple[str, list[tuple[Row, str]]]]) -> None:
    beside = file.sibling("pixi.toml") or file.sibling("pyproject.toml")
    try:
        wanted = _declared(builder, beside) if beside is not None else {}
    except ManifestError as error:
        wanted = {}
        builder.note("manifest_unreadable", file.path, str(error))
    for name, pairs in inside:
        for _, purl in pairs:
            package = builder.packages[purl]
            kind = wanted.get(
                (package.ecosystem, normal(package.name) if package.ecosystem == "pypi" else package.name)
            )
            if kind is not None:
                builder.direct(purl, kind if name == "default" or kind != "runtime" else "runtime")
    if builder.directs:
        return
    for purl in unrequired(builder):
        builder.direct(purl)
    builder.note(
        "no_manifest",
        file.path,
        "no pixi.toml beside this pixi.lock, and only that names the direct dependencies; packages that no other one "
        "requires are taken for them.",
    )


def _declared(builder: Builder, beside: File) -> dict[tuple[str, str], Kind]:
    """``(ecosystem, name)`` of everything the manifest names; what only features name is dev."""
    plain = toml(beside)
    top: Any = plain
    if beside.name == "pyproject.toml":
        top = (plain.get("tool") or {}).get("pixi") or {}
    found: dict[tuple[str, str], Kind] = {}
    if not isinstance(top, dict):
        return found
    workspace = top.get("workspace") or top.get("project") or plain.get("project") or {}
    if isinstance(workspace, dict) and isinstance(workspace.get("name"), str):
        builder.root = workspace["name"]
    if beside.name == "pyproject.toml":
        from depfund.manifests.pyproject import declared

        for kind, wanted in declared(beside).wanted:
            found.setdefault(("pypi", wanted.name), kind)
    features = top.get("feature") or {}
    tables: list[tuple[Any, Kind]] = [(top, "runtime")]
    tables += [(table, "dev") for table in features.values()] if isinstance(features, dict) else []
    for table, kind in tables:
        targets = table.get("target") or {} if isinstance(table, dict) else {}
        for each in (table, *(targets.values() if isinstance(targets, dict) else ())):
            _table(found, each, kind)
    return found


def _table(found: dict[tuple[str, str], Kind], table: Any, kind: Kind) -> None:
    if not isinstance(table, dict):
        return
    for key, ecosystem in (("dependencies", "conda"), ("host-dependencies", "conda"), ("pypi-dependencies", "pypi")):
        rows = table.get(key)
        for name in rows if isinstance(rows, dict) else ():
            found.setdefault((ecosystem, normal(name) if ecosystem == "pypi" else name), kind)
    builds = table.get("build-dependencies")
    for name in builds if isinstance(builds, dict) else ():
        found.setdefault(("conda", name), "build")
