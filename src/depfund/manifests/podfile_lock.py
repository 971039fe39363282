"""``Podfile.lock`` of CocoaPods: pods with edges and what the Podfile asks for.

A row is a pod or one of its subspecs (``SDWebImage/Core``, the purl's subpath); every row is a package. Pods of
``:path`` sources come out of a folder of the project, as React Native and Flutter plugins do: they keep their names,
with origin ``path`` and a note, since they are paid where they came from (npm, pub).

Source: CocoaPods Core, ``Pod::Lockfile``.
"""

from __future__ import annotations

import re
from typing import Any

from depfund import _yaml
from depfund.errors import ManifestError
from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]

_REPOSITORIES = ("git", "hg", "svn", "bzr")
_ROW = re.compile(r"([^\s(][^(]*?)(?:\s+\((.*)\))?\s*")


def read(file: File) -> Graph:
    """The graph of a Podfile.lock. Raises :class:`~depfund.errors.ManifestError`."""
    plain = _yaml.load(file.data, file.path)
    if not isinstance(plain, dict) or not plain.keys() & {"PODS", "DEPENDENCIES", "PODFILE CHECKSUM"}:
        raise ManifestError("no list of PODS; this is no Podfile.lock.", file=file.path, where="PODS")
    build = Builder(file, "podfile-lock", edges=True)
    outside = _outside(plain)
    purls: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    with Place(file) as place:
        for row in place.rows("PODS", _list(plain.get("PODS"), "PODS")):
            text, needs = next(iter(row.items())) if isinstance(row, dict) and len(row) == 1 else (row, [])
            name, version = _split(text)
            purls[name] = _add(build, name, version, outside)
            edges += [(name, _split(need)[0]) for need in _list(needs, "")]
    for source, target in edges:
        if target in purls:
            build.edge(purls[source], purls[target])
    with Place(file) as place:
        for row in place.rows("DEPENDENCIES", _list(plain.get("DEPENDENCIES"), "DEPENDENCIES")):
            name, _ = _split(row)
            if name in purls:
                build.direct(purls[name])
            else:
                build.note("not_locked", name, f"the Podfile asks for {name}, which {file.path} does not hold.")
    local = sum(package.origin == "path" for package in build.packages.values())
    if local:
        build.note(
            "path_pods",
            file.path,
            f"{local} pods of {file.path} are installed from folders; where a plugin of npm or pub brought them, "
            "they are paid through its own lockfile.",
            "info",
        )
    return build.graph()


def _list(value: Any, what: str) -> list[Any]:
    if value is None or value == "":
        return []
    if not isinstance(value, list):
        raise ManifestError("a list is due." if not what else f"{what} is a list.")
    return value


def _split(text: object) -> tuple[str, str]:
    match = _ROW.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ManifestError(f"{str(text)[:80]!r} is no name with a version in brackets.")
    return match[1], match[2] or ""


def _outside(plain: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Pods that come from elsewhere than the public specs: (option, value) by pod name."""
    found: dict[str, tuple[str, str]] = {}
    for repository, pods in _mapping(plain.get("SPEC REPOS")).items():
        if (
            "://" in repository
            and "github.com/CocoaPods/Specs" not in repository
            and "cdn.cocoapods.org" not in repository
        ):
            found.update(
                {pod: ("registry", repository) for pod in pods if isinstance(pod, str)}
                if isinstance(pods, list)
                else {}
            )
    for pod, options in _mapping(plain.get("EXTERNAL SOURCES")).items():
        for option, value in _mapping(options).items():
            key = option.lstrip(":")
            if key in {"path", *_REPOSITORIES, "http", "podspec"} and isinstance(value, str):
                found[pod] = (key, value)
                break
    return found


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else {}


def _add(build: Builder, row: str, version: str, outside: dict[str, tuple[str, str]]) -> str:
    pod, _, subspec = row.partition("/")
    purl = _purl.make("cocoapods", pod, version or None, subpath=subspec or None)
    how, value = outside.get(row) or outside.get(pod) or ("", "")
    if how == "path" or (how == "podspec" and "://" not in value):
        return build.package(purl, row, version or None, "cocoapods", origin="path")
    if how in _REPOSITORIES:
        return build.package(purl, row, version or None, "cocoapods", origin="vcs", hints={"vcs": (value,)})
    if how in {"http", "podspec"}:
        return build.package(purl, row, version or None, "cocoapods", origin="url", hints={"homepage": (value,)})
    hints = {"registry": (value,)} if how == "registry" else {}
    return build.package(purl, row, version or None, "cocoapods", hints=hints)
