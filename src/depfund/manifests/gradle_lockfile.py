"""``gradle.lockfile`` (and ``buildscript-gradle.lockfile``, and one file per configuration of Gradle below 7).

Rows are ``group:name:version=configurations``; no edges, and nothing says what is direct, so every package is. The
configurations tell dev (``test…``), build (``classpath``, ``annotationProcessor``, ``compileOnly``, ``kapt``, ``ksp``,
lint) and runtime apart; a package in several has several scopes. One name may stand at several versions.

Source: Gradle User Manual, "Locking versions".
"""

from __future__ import annotations

import re

from depfund.errors import ManifestError
from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import KINDS, Graph, Kind

__all__ = ["read"]

_DEV = re.compile(r"test|benchmark|jmh|mock", re.IGNORECASE)
_BUILD = re.compile(
    r"^classpath$|annotationprocessor|compileonly|kapt|ksp|lint|plugin|tool|desugaring|checkstyle|pmd|spotbugs|detekt|ktlint|jacoco",
    re.IGNORECASE,
)


def kind_of(configuration: str) -> Kind:
    """The kind of a configuration, by its name."""
    if _DEV.search(configuration):
        return "dev"
    return "build" if _BUILD.search(configuration) else "runtime"


def read(file: File) -> Graph:
    """The packages of a Gradle lockfile. Raises :class:`~depfund.errors.ManifestError`."""
    build = Builder(file, "gradle-lockfile", edges=False)
    whole = file.name.removesuffix(".lockfile")
    kinds: dict[str, Kind] = {}
    found = False
    with Place(file) as place:
        for line in place.lines(file.text()):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            found = True
            name, equals, configurations = text.partition("=")
            if name == "empty" and equals:
                continue
            names = [each for each in configurations.split(",") if each] if equals else [whole]
            reached = {kinds.setdefault(each, kind_of(each)) for each in names}
            _add(build, name, reached or {"runtime"})
    if not found and b"Gradle" not in file.data:
        raise ManifestError("no row of a Gradle lockfile.", file=file.path)
    return build.graph()


def _add(build: Builder, text: str, reached: set[Kind]) -> None:
    parts = text.split(":")
    if len(parts) != 3 or not all(parts):
        raise ManifestError(f"{text[:80]!r} is not group:name:version.")
    group, name, version = parts
    purl = _purl.make("maven", name, version, namespace=group)
    scopes = tuple(kind for kind in KINDS if kind in reached)
    build.package(purl, f"{group}:{name}", version, "maven", scopes=scopes)
    build.direct(purl, scopes[0])
