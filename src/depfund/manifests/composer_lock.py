"""``composer.lock``: PHP packages with edges; ``composer.json`` beside it says what is direct.

``packages-dev`` are reached by dev dependencies only. ``php``, ``ext-*``, ``lib-*`` and Composer's own names are no
packages. A required name that no package has but exactly one locked package ``provide``s or ``replace``s is an edge to
that package, but for the platform's names. ``require-dev`` of a dependency counts for nothing. Packages of a ``path``
repository keep their names, with origin ``path``.

Source: Composer documentation, "The lock file" and "The composer.json schema".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _decode, _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph, Kind

__all__ = ["read"]

PLATFORM = ("php", "hhvm", "composer", "composer-plugin-api", "composer-runtime-api")
"""Names that mean the interpreter or Composer; so do those with one of these starts: ``ext-``, ``lib-``, ``php-``."""

PUBLIC = "packagist.org"


class Remote(msgspec.Struct):
    """``source`` and ``dist``."""

    type: str | None = None
    url: str | None = None


class Funding(msgspec.Struct):
    """A row of ``funding``."""

    type: str | None = None
    url: str | None = None


class Locked(msgspec.Struct, rename="kebab"):
    """A locked package. PHP writes an empty mapping as ``[]``."""

    name: str
    version: str
    source: Remote | None = None
    dist: Remote | None = None
    require: dict[str, str] | list[Any] = {}
    provide: dict[str, str] | list[Any] = {}
    replace: dict[str, str] | list[Any] = {}
    notification_url: str | None = None
    license: list[str] | str | None = None
    homepage: str | None = None
    funding: list[Funding] | None = None


class Lock(msgspec.Struct, rename="kebab"):
    """The part of the file that is read."""

    packages: list[Locked] | None = None
    packages_dev: list[Locked] | None = None


class Manifest(msgspec.Struct, rename="kebab"):
    """composer.json."""

    name: str | None = None
    require: dict[str, str] | list[Any] = {}
    require_dev: dict[str, str] | list[Any] = {}


def read(file: File) -> Graph:
    """The graph of a composer.lock. Raises :class:`~depfund.errors.ManifestError`."""
    lock = _decode.json(file, Lock)
    if lock.packages is None:
        raise ManifestError("no list of packages; this is no composer.lock.", file=file.path, where="packages")
    beside = file.sibling("composer.json")
    manifest = _decode.json(beside, Manifest) if beside else None
    build = Builder(file, "composer-lock", edges=True, root=(manifest.name or "") if manifest else "")
    sections = (("packages", "runtime", lock.packages), ("packages-dev", "dev", lock.packages_dev or []))
    purls: dict[str, str] = {}
    rows: list[tuple[str, Locked]] = []
    for section, kind, packages in sections:
        with Place(file) as place:
            for row in place.rows(section, packages):
                # With composer.json the paths say more than the section; but dev stays dev.
                known: tuple[Kind, ...] = ("dev",) if kind == "dev" else () if manifest else ("runtime",)
                purl = _add(build, row, known)
                purls[row.name.lower()] = purl
                rows.append((purl, row))
    stand = _stand_ins(rows)
    for purl, row in rows:
        for name in row.require:
            if target := _find(name, purls, stand):
                build.edge(purl, target)
    if manifest is None:
        build.note(
            "no_direct", file.path, f"no composer.json beside {file.path}: what is direct is not known.", "warning"
        )
        return build.graph()
    for wanted, how in ((manifest.require, "runtime"), (manifest.require_dev, "dev")):
        for name in wanted:
            if target := _find(name, purls, stand):
                build.direct(target, "dev" if how == "dev" else "runtime")
            elif not _platform(name):
                build.note("not_locked", name, f"composer.json requires {name}, which {file.path} does not hold.")
    return build.graph()


def _platform(name: str) -> bool:
    name = name.lower()
    return name in PLATFORM or ("/" not in name and name.startswith(("ext-", "lib-", "php-")))


def _stand_ins(rows: list[tuple[str, Locked]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for purl, row in rows:
        for name in (*row.provide, *row.replace):
            if isinstance(name, str) and not _platform(name):
                found.setdefault(name.lower(), set()).add(purl)
    return found


def _find(name: object, purls: dict[str, str], stand: dict[str, set[str]]) -> str | None:
    if not isinstance(name, str):
        return None
    name = name.lower()
    if name in purls:
        return purls[name]
    others = stand.get(name, ())
    return next(iter(others)) if len(others) == 1 else None


def _add(build: Builder, row: Locked, scopes: tuple[Kind, ...]) -> str:
    vendor, _, short = row.name.rpartition("/")
    purl = _purl.make("composer", short, row.version, namespace=vendor or None)
    hints: dict[str, tuple[str, ...]] = {}
    repository = row.source.url if row.source and row.source.url else None
    local = "path" in {each.type for each in (row.dist, row.source) if each}
    if repository and not local:
        hints["repository"] = (repository,)
    if row.homepage:
        hints["homepage"] = (row.homepage,)
    if links := tuple(each.url for each in row.funding or () if each.url):
        hints["funding"] = links
    if row.license:
        hints["licence"] = (row.license,) if isinstance(row.license, str) else tuple(row.license)
    if local:
        build.note("path_package", purl, f"{row.name} is installed from a folder of the project.", "info")
        return build.package(purl, row.name, row.version, "composer", origin="path", scopes=scopes, hints=hints)
    if row.notification_url is None and repository:
        hints["vcs"] = (repository,)
        return build.package(purl, row.name, row.version, "composer", origin="vcs", scopes=scopes, hints=hints)
    if registry := _registry(row.notification_url or ""):
        hints["registry"] = (registry,)
    return build.package(purl, row.name, row.version, "composer", scopes=scopes, hints=hints)


def _registry(notified: str) -> str | None:
    """The base address of a repository that is not the public one, by the address it wants installations told to."""
    try:
        split = urlsplit(notified)
        host = split.hostname
    except ValueError:
        return None
    return f"{split.scheme}://{split.netloc}" if host and host not in {PUBLIC, f"repo.{PUBLIC}"} else None
