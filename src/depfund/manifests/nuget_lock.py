"""``packages.lock.json`` of NuGet: packages with edges, one graph per framework (and per framework and runtime).

``Direct`` rows are direct; ``Transitive`` and ``CentralTransitive`` are not; ``Project`` rows are project references:
first-party, so what they require is direct too. A dependency means the row of that name in the same framework, for a
runtime (``net8.0/linux-x64``) else in the framework itself. Names do not differ by case; the first spelling stays.

Source: NuGet documentation, "Locking dependencies", and NuGet.Client's ``PackagesLockFileFormat``.
"""

from __future__ import annotations

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _decode, _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]


class Row(msgspec.Struct):
    """A row of one framework."""

    type: str
    resolved: str | None = None
    dependencies: dict[str, str] | None = None


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    version: int
    dependencies: dict[str, dict[str, Row]]


def read(file: File) -> Graph:
    """The graph of a packages.lock.json. Raises :class:`~depfund.errors.ManifestError`."""
    lock = _decode.json(file, Lock)
    if not 1 <= lock.version <= 3:
        raise ManifestError(
            f"lock version {lock.version} is unknown; 1 to 3 are read.", file=file.path, where="version"
        )
    build = Builder(file, "nuget-lock", edges=True)
    spelling: dict[str, str] = {}
    nodes: dict[str, dict[str, str]] = {}
    for framework, rows in lock.dependencies.items():
        nodes[framework] = {}
        with Place(file) as place:
            for name, row in place.keys(f"dependencies.{framework}", rows):
                purl = _add(build, spelling.setdefault(name.lower(), name), row)
                nodes[framework][name.lower()] = purl
                if row.type == "Direct":
                    build.direct(purl)
    for framework, rows in lock.dependencies.items():
        own, base = nodes[framework], nodes.get(framework.partition("/")[0], {})
        for name, row in rows.items():
            for needed in row.dependencies or ():
                if target := own.get(needed.lower()) or base.get(needed.lower()):
                    build.edge(own[name.lower()], target)
    return build.graph()


def _add(build: Builder, name: str, row: Row) -> str:
    if row.type == "Project":
        return build.package(_purl.make("nuget", name), name, None, "nuget", origin="path", first_party=True)
    if not row.resolved:
        raise ManifestError(f"a row of type {row.type} without a resolved version.")
    return build.package(_purl.make("nuget", name, row.resolved), name, row.resolved, "nuget")
