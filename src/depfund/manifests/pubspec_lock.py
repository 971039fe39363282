"""``pubspec.lock`` of Dart and Flutter: packages without edges; the file itself says what is direct.

``direct main``, ``direct dev`` and ``direct overridden`` are direct; in a pub workspace that is true of the root's own
dependencies only, and the members' stand as transitive. Sources: ``hosted`` (registry), ``git``, ``path`` (first-party)
and ``sdk`` (Dart's or Flutter's own, not in any registry).

Source: Dart documentation, "Glossary: lockfile" and pub's ``lock_file.dart``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund import _yaml
from depfund.errors import ManifestError
from depfund.manifests import _decode, _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]

PUBLIC = frozenset({"https://pub.dev", "https://pub.dartlang.org", "https://pub.dartlang.org/", "https://pub.dev/"})
SDKS = {"flutter": "https://github.com/flutter/flutter", "dart": "https://github.com/dart-lang/sdk"}
"""Where the packages that come with an SDK are made."""


class Locked(msgspec.Struct):
    """A locked package."""

    dependency: str
    source: str
    version: str
    description: Any = None


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    packages: dict[str, Locked] | None = None


def read(file: File) -> Graph:
    """The graph of a pubspec.lock. Raises :class:`~depfund.errors.ManifestError`."""
    plain = _yaml.load(file.data, file.path)
    if not isinstance(plain, dict) or "packages" not in plain:
        raise ManifestError("no list of packages; this is no pubspec.lock.", file=file.path, where="packages")
    lock = _decode.shape({**plain, "packages": plain["packages"] or {}}, Lock, file)
    build = Builder(file, "pubspec-lock", edges=False, root=_root(file))
    with Place(file) as place:
        for name, row in place.keys("packages", lock.packages or {}):
            purl = _add(build, name, row)
            if row.dependency.startswith("direct"):
                build.direct(purl, "dev" if row.dependency == "direct dev" else "runtime")
    return build.graph()


def _root(file: File) -> str:
    beside = file.sibling("pubspec.yaml")
    plain = _yaml.load(beside.data, beside.path) if beside else None
    name = plain.get("name") if isinstance(plain, dict) else None
    return name if isinstance(name, str) else ""


def _add(build: Builder, name: str, row: Locked) -> str:
    purl = _purl.make("pub", name, row.version)
    given = row.description if isinstance(row.description, dict) else {}
    url = given.get("url")
    if row.source == "path":
        return build.package(purl, name, row.version, "pub", origin="path", first_party=True)
    if row.source == "git":
        hints = {"vcs": (url,)} if isinstance(url, str) else {}
        return build.package(purl, name, row.version, "pub", origin="vcs", hints=hints)
    if row.source == "sdk":
        repository = SDKS.get(row.description) if isinstance(row.description, str) else None
        hints = {"repository": (repository,)} if repository else {}
        build.note("sdk", purl, f"{name} comes with the SDK, not from a registry.", "info")
        return build.package(purl, name, row.version, "pub", origin="path", hints=hints)
    hints = {"registry": (url,)} if isinstance(url, str) and url not in PUBLIC else {}
    return build.package(purl, name, row.version, "pub", hints=hints)
