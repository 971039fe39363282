"""``deno.lock``, versions 2 to 5: packages of npm and of JSR.

Version 2 keeps ``npm.specifiers`` and ``npm.packages``, version 3 both under ``packages``, versions 4 and 5 at the top.
A dependency is named with its version, or, from version 4 on, by its name alone where one version is locked. Suffixes
``_peer@1`` are cut off. ``workspace`` (version 3 and later) says what the project asks for; version 2 does not: its
specifiers are those of every module. JSR packages have purls of the type ``jsr``. Imports by address (``remote``) have
no identity: a note counts them.
Source: Deno's deno_lockfile crate.
"""

from __future__ import annotations

from typing import Any

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File
from depfund.model import Graph

__all__ = ["read"]


class Locked(msgspec.Struct, rename="camel", gc=False):
    """A package: ``dependencies`` maps names to ``name@version`` (to version 3) or lists them."""

    dependencies: dict[str, str] | list[str] = []
    optional_dependencies: dict[str, str] | list[str] = []


class Section(msgspec.Struct, rename="camel"):
    """``npm`` of version 2 or ``packages`` of version 3."""

    specifiers: dict[str, str] = {}
    packages: dict[str, Locked] = {}
    npm: dict[str, Locked] = {}
    jsr: dict[str, Locked] = {}


class Needs(msgspec.Struct, rename="camel"):
    """What a project asks for, in deno.json and in package.json; ``members`` are those of the workspace."""

    dependencies: list[str] = []
    package_json: Needs | None = None
    members: dict[str, Needs] = {}


class Lock(msgspec.Struct, rename="camel"):
    """The file from version 4 on; ``npm`` is a Section in version 2."""

    version: str = ""
    specifiers: dict[str, str] = {}
    packages: Section | None = None
    npm: dict[str, Any] = {}
    jsr: dict[str, Locked] = {}
    remote: dict[str, str] = {}
    workspace: Needs | None = None


def read(file: File) -> Graph:
    """The graph of a deno lock. Raises ManifestError with file and place for what is broken."""
    lock = decode(file, Lock)
    builder = Builder(file, "deno-lock", edges=True)
    if lock.version not in {"2", "3", "4", "5"}:
        raise ManifestError(f"version {lock.version!r}; versions 2 to 5 are read.", file=file.path, where="version")
    try:
        if lock.version == "2":
            section = msgspec.convert(lock.npm, Section)
            npm, jsr = section.packages, {}
            specifiers = {f"npm:{asked}": f"npm:{got}" for asked, got in section.specifiers.items()}
        elif lock.version == "3":
            section = lock.packages or Section()
            npm, jsr, specifiers = section.npm, section.jsr, section.specifiers
        else:
            npm, jsr = msgspec.convert(lock.npm, dict[str, Locked]), lock.jsr
            specifiers = {asked: got if ":" in got else _asked(asked, got) for asked, got in lock.specifiers.items()}
    except msgspec.ValidationError as error:
        raise ManifestError(f"{error}.", file=file.path, where="npm") from error
    nodes = _nodes(file, builder, npm, jsr)
    names: dict[str, set[str]] = {}
    for node, purl in nodes.items():
        names.setdefault(node[: node.find("@", 5)], set()).add(purl)
    asked: dict[str, set[str]] = {}
    for specifier, got in specifiers.items():
        if got in nodes:
            asked.setdefault(specifier[: max(0, specifier.find("@", 5)) or None], set()).add(nodes[got])
    names |= {name: found for name, found in asked.items() if len(names.get(name, ())) > 1}
    _edges(builder, {"npm": npm, "jsr": jsr}, nodes, specifiers, names)
    _roots(builder, lock, nodes, specifiers)
    if lock.remote:
        builder.note(
            "remote",
            file.path,
            f"{len(lock.remote)} files are imported by address; what project they belong to is not in {file.path}.",
            "info",
        )
    return _npm.unreached(builder)


def _asked(specifier: str, version: str) -> str:
    """Version 4 and later: ``jsr:@std/path@1`` → ``1.0.9`` stands for ``jsr:@std/path@1.0.9``."""
    at = specifier.find("@", 5)
    return f"{specifier if at < 0 else specifier[:at]}@{version}"


def _nodes(file: File, builder: Builder, npm: dict[str, Locked], jsr: dict[str, Locked]) -> dict[str, str]:
    """The packages by ``npm:name@version_peers`` and ``jsr:name@version``."""
    nodes: dict[str, str] = {}
    for kind, rows in (("npm", npm), ("jsr", jsr)):
        for key in rows:
            name, version = _npm.cut(key)
            version = version.partition("_")[0]
            where = f"{kind}[{key!r}]"
            if not name or not version:
                raise ManifestError("no `name@version`.", file=file.path, where=where)
            purl = _npm.named(file, where, name, version)
            if kind == "jsr":
                purl = purl.replace("pkg:npm/", "pkg:jsr/", 1)
            nodes[f"{kind}:{key}"] = builder.package(purl, name, version, kind)
    return nodes


def _edges(
    builder: Builder,
    tables: dict[str, dict[str, Locked]],
    nodes: dict[str, str],
    specifiers: dict[str, str],
    names: dict[str, set[str]],
) -> None:
    lost: list[tuple[str, str]] = []
    for own, rows in tables.items():
        for key, row in rows.items():
            source = nodes[f"{own}:{key}"]
            for table, kind in ((row.dependencies, "runtime"), (row.optional_dependencies, "optional")):
                for asked in table.values() if isinstance(table, dict) else table:
                    target = _target(asked, own, nodes, specifiers, names)
                    if target is None:
                        lost.append((source, asked))
                    else:
                        builder.edge(source, target, kind)  # type: ignore[arg-type]
    _npm.missing(builder, lost)


def _target(
    asked: str, own: str, nodes: dict[str, str], specifiers: dict[str, str], names: dict[str, set[str]]
) -> str | None:
    """What a dependency means: a locked key, a specifier, an alias (``name@npm:real@1``), or the one version.

    ``names`` has for each name the locked versions, or those that specifiers ask for where several are locked.
    """
    full = asked if asked.startswith(("npm:", "jsr:")) else f"{own}:{asked}"
    for found in (full, specifiers.get(full, "")):
        if found in nodes:
            return nodes[found]
    _, wanted = _npm.cut(asked)
    if wanted.startswith("npm:"):
        return _target(wanted, own, nodes, specifiers, names)
    alone = names.get(full, set())
    return next(iter(alone)) if len(alone) == 1 else None


def _roots(builder: Builder, lock: Lock, nodes: dict[str, str], specifiers: dict[str, str]) -> None:
    """The direct dependencies. What a workspace asks for and the lock lacks is a member of it: deno locks no links."""
    todo = [lock.workspace] if lock.workspace else []
    while todo:
        needs = todo.pop()
        todo += needs.members.values()
        if needs.package_json is not None:
            todo.append(needs.package_json)
        for asked in needs.dependencies:
            if (target := nodes.get(specifiers.get(asked, asked))) is not None:
                builder.direct(target)
