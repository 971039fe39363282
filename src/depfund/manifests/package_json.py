"""``package.json`` alone: what a project declares, not what it gets.

Names of ``dependencies``, ``devDependencies``, ``optionalDependencies`` and ``peerDependencies``, of the workspaces'
members too; an alias is the package it stands for. Ranges pin nothing: purls have no version and there are no edges.
Source: npm's documentation of package.json.
"""

from __future__ import annotations

from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.model import Graph, Kind

__all__ = ["read"]

_LOCAL = ("file:", "link:", "portal:", "workspace:", "./", "../", "~/", "/")


def read(file: File) -> Graph:
    """The graph of a package.json. Raises ManifestError with file and place for what is broken or leads outside."""
    top = _npm.manifest(file) or _npm.Manifest()
    builder = Builder(file, "package-json", edges=False, root=top.name or "")
    projects = [("", top), *_npm.members(file, top)]
    names = {project.name for _, project in projects}
    rows = [(project, _declared(file, builder, folder, project, names)) for folder, project in projects]
    for project, row in rows:
        _npm.own(builder, "" if project is top else project.name or "", project.version, row)
    if builder.packages:
        builder.note(
            "unpinned",
            file.path,
            f"{file.path} declares ranges and pins no versions, so indirect dependencies are not known. Lock it first: "
            "`npm install --package-lock-only` (or `pnpm install --lockfile-only`, `yarn install "
            "--mode=update-lockfile`, `bun install --lockfile-only`).",
        )
    return builder.graph()


def _declared(
    file: File, builder: Builder, folder: str, project: _npm.Manifest, names: set[str | None]
) -> dict[str, Kind]:
    """The packages one project asks for."""
    found: dict[str, Kind] = {}
    for asked, (wanted, kind) in project.wants().items():
        where = f"{folder}/package.json {asked}" if folder else asked
        if wanted.startswith(_LOCAL):
            if not wanted.startswith("workspace:"):
                _npm.inside(file, wanted.partition(":")[2] if ":" in wanted else wanted, where, folder)
            continue
        if asked in names:
            continue
        name, _ = _npm.alias(asked, wanted)
        key = _npm.named(file, where, name, None)
        place = "registry" if ":" not in wanted and "/" not in wanted else _npm.origin(_npm.spelled(wanted))
        hints = {"vcs": (_npm.spelled(wanted),)} if place == "vcs" else {}
        builder.package(key, name, None, "npm", origin=place, hints=hints)
        found[key] = stronger(found.get(key), kind)
    return found
