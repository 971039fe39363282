"""``Package.resolved`` of the Swift Package Manager, versions 1 to 3: pins without edges.

The file does not say what is direct, so every pin is. The purl is made of the repository's address (host, owner,
name); the version is the pinned one, else the commit. Pins of a local folder are first-party.

Source: swift-package-manager, ``PinsStore`` (``ResolvedPackagesStore``).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _decode, _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]

_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)", re.ASCII)


class State(msgspec.Struct):
    """What a pin is fixed at."""

    version: str | None = None
    revision: str | None = None
    branch: str | None = None


class Pin(msgspec.Struct, rename="camel"):
    """A pin, in the words of any version."""

    state: State
    identity: str | None = None
    kind: str | None = None
    location: str | None = None
    package: str | None = None
    repository_url: str | None = msgspec.field(default=None, name="repositoryURL")


class Object(msgspec.Struct):
    """Version 1 has the pins one level down."""

    pins: list[Pin]


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    version: int
    pins: list[Pin] | None = None
    object: Any = None


def read(file: File) -> Graph:
    """The pins of a Package.resolved. Raises :class:`~depfund.errors.ManifestError`."""
    lock = _decode.json(file, Lock)
    if not 1 <= lock.version <= 3:
        raise ManifestError(f"version {lock.version} is unknown; 1 to 3 are read.", file=file.path, where="version")
    place = "pins"
    if lock.version == 1:
        pins, place = _decode.shape(lock.object or {}, Object, file).pins, "object.pins"
    elif lock.pins is None:
        raise ManifestError("no list of pins.", file=file.path, where="pins")
    else:
        pins = lock.pins
    build = Builder(file, "package-resolved", edges=False)
    with Place(file) as here:
        for pin in here.rows(place, pins):
            _add(build, pin)
    return build.graph()


def _add(build: Builder, pin: Pin) -> None:
    location = pin.location or pin.repository_url or ""
    name = pin.identity or pin.package or ""
    version = pin.state.version or pin.state.revision
    if pin.kind == "registry":
        scope, _, short = name.partition(".")
        purl = _purl.make("swift", short or scope, version, namespace=scope if short else None)
        build.direct(build.package(purl, name, version, "swift"))
        return
    parts = address(location)
    if parts is None:
        if not name:
            raise ManifestError("a pin with neither a name nor an address.")
        purl = _purl.make("swift", name, version)
        build.package(purl, name, version, "swift", origin="path", first_party=True)
        return
    host, path = parts
    namespace, _, short = path.rpartition("/")
    purl = _purl.make("swift", short, version, namespace=f"{host}/{namespace}" if namespace else host)
    hints = {"repository": (f"https://{host}/{path}",)}
    build.direct(build.package(purl, short, version, "swift", origin="vcs", hints=hints))


def address(location: str) -> tuple[str, str] | None:
    """Host and path of a repository, without ``.git``; None for a local folder."""
    if "://" in location:
        try:
            split = urlsplit(location)
            host, path = split.hostname or "", split.path
        except ValueError:
            return None
    elif (match := _SCP.fullmatch(location)) and not location.startswith(("/", ".")):
        host, path = match[1].lower(), match[2]
    else:
        return None
    path = path.strip("/").removesuffix(".git")
    return (host, path) if host and path and path.rpartition("/")[2] else None
