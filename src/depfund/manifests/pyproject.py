"""``pyproject.toml`` as declared: PEP 621, PEP 735 groups, and the tables of Poetry, PDM, uv and Hatch.

Names without versions and no edges: what a project asks for, before anything is locked. Build requirements are not
counted: they are how the project is made, not what it uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from packaging.utils import canonicalize_name

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import toml
from depfund.manifests._file import File
from depfund.manifests._python import Wanted, normal, parse, pypi, repository, without_account
from depfund.model import Graph, Kind

__all__ = ["Declared", "declare", "declared", "read"]


@dataclass(slots=True)
class Declared:
    """What a manifest asks for: kind and requirement, in the order of the file; ``odd`` is what could not be read."""

    name: str = ""
    wanted: list[tuple[Kind, Wanted]] = field(default_factory=list)
    dynamic: tuple[str, ...] = ()
    odd: list[str] = field(default_factory=list)

    def add(self, kind: Kind, rows: Any, place: str, file: File) -> None:
        """Requirement strings under ``place``."""
        if not isinstance(rows, list):
            raise ManifestError("a list of requirements is expected here.", file=file.path, where=place)
        for row in rows:
            wanted = parse(row) if isinstance(row, str) else None
            if wanted is None:
                self.odd.append(f"{place}: {row!r}")
            else:
                self.wanted.append((kind, wanted))


def read(file: File) -> Graph:
    """The declared dependencies, with a note ``unpinned``; ``depfund.read`` locks them with uv unless told not to."""
    project = declared(file)
    builder = Builder(file, "pyproject", edges=False, root=project.name or (file.here.name if file.here else ""))
    declare(builder, project)
    if {"dependencies", "optional-dependencies"} & set(project.dynamic):
        builder.note(
            "dynamic",
            file.path,
            f"{file.path} fills {', '.join(sorted(project.dynamic))} while it is built (project.dynamic); what it then "
            "requires cannot be read from the file. Lock the project with its own tool and read the lock.",
        )
    return builder.graph()


def declare(builder: Builder, project: Declared) -> None:
    """Put the declared packages and the notes about them into ``builder``."""
    for kind, wanted in sorted(project.wanted, key=lambda row: not row[1].url):  # where it comes from, if anywhere said
        builder.direct(_package(builder, wanted, own=wanted.name == normal(project.name or "-")), kind)
    for odd in project.odd:
        builder.note("invalid_requirement", builder.file.path, f"{odd[:200]} is no requirement; it is left out.")
    if project.wanted:
        builder.note(
            "unpinned",
            builder.file.path,
            f"{builder.file.path} names packages without versions, nor what these require; `uv lock` finds both.",
            "info",
        )


def _package(builder: Builder, wanted: Wanted, *, own: bool) -> str:
    purl = pypi(wanted.name)
    if own:  # `name[extra]` in its own extras: the project asks for more of itself
        return builder.package(purl, wanted.name, None, "pypi", origin="path", first_party=True)
    url = wanted.url
    if url.startswith(("git+", "hg+", "svn+", "bzr+")):
        hints = {"vcs": (without_account(url),), "repository": (repository(url),)}
        return builder.package(purl, wanted.name, None, "pypi", origin="vcs", hints=hints)
    if url.startswith(("file:", ".", "/")):
        archive = url.endswith((".whl", ".zip", ".gz", ".bz2", ".xz"))
        return builder.package(purl, wanted.name, None, "pypi", origin="path", first_party=not archive)
    if url:
        return builder.package(purl, wanted.name, None, "pypi", origin="url", hints={"url": (url,)})
    return builder.package(purl, wanted.name, None, "pypi")


def declared(file: File) -> Declared:
    """Everything ``file`` asks for. Raises ManifestError with the place of what has a wrong type."""
    data = toml(file)
    tools = _table(data, "tool", file)
    project = _table(data, "project", file)
    poetry = _table(tools, "poetry", file, "tool.")
    found = Declared(name=str(project.get("name") or poetry.get("name") or ""))
    dynamic = project.get("dynamic", [])
    found.dynamic = tuple(str(each) for each in dynamic) if isinstance(dynamic, list) else ()
    found.add("runtime", project.get("dependencies", []), "project.dependencies", file)
    _setuptools(found, _table(tools, "setuptools", file, "tool."), file)
    for extra, rows in _table(project, "optional-dependencies", file, "project.").items():
        found.add("optional", rows, f"project.optional-dependencies.{extra}", file)
    _groups(found, _table(data, "dependency-groups", file), file)
    _tools(found, tools, file)
    _poetry(found, poetry, file)
    _sources(found, _table(_table(tools, "uv", file, "tool."), "sources", file, "tool.uv."))
    return found


def _setuptools(found: Declared, setuptools: dict[str, Any], file: File) -> None:
    """Dynamic dependencies that setuptools takes from files are static after all."""
    dynamic = _table(setuptools, "dynamic", file, "tool.setuptools.")
    place = "tool.setuptools.dynamic"
    main = dynamic.get("dependencies")
    if "dependencies" in found.dynamic and isinstance(main, dict):
        found.add("runtime", _of_files(main, file), f"{place}.dependencies", file)
        found.dynamic = tuple(name for name in found.dynamic if name != "dependencies")
    extras = dynamic.get("optional-dependencies")
    if "optional-dependencies" in found.dynamic and isinstance(extras, dict):
        for extra, value in extras.items():
            if isinstance(value, dict):
                found.add("optional", _of_files(value, file), f"{place}.optional-dependencies.{extra}", file)
        found.dynamic = tuple(name for name in found.dynamic if name != "optional-dependencies")


def _of_files(value: dict[str, Any], file: File) -> list[str]:
    """The requirements in the files that ``{file = [...]}`` names; setuptools takes no options there."""
    names = value.get("file", [])
    found: list[str] = []
    for name in [names] if isinstance(names, str) else names if isinstance(names, list) else []:
        beside = file.sibling(str(name))
        lines = beside.text().splitlines() if beside is not None else []
        found += [line.partition(" #")[0].strip() for line in lines]
    return [row for row in found if row and not row.startswith(("#", "-"))]


def _table(data: dict[str, Any], key: str, file: File, under: str = "") -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise ManifestError("a table is expected here.", file=file.path, where=f"{under}{key}")
    return table


def _groups(found: Declared, groups: dict[str, Any], file: File) -> None:
    """PEP 735. Every group is read, so an ``include-group`` adds nothing; it must name a group all the same."""
    names = {normal(name) for name in groups}
    for name, rows in groups.items():
        place = f"dependency-groups.{name}"
        if not isinstance(rows, list):
            raise ManifestError("a list is expected here (PEP 735).", file=file.path, where=place)
        strings = []
        for row in rows:
            if isinstance(row, dict) and isinstance(included := row.get("include-group"), str):
                if canonicalize_name(included) not in names:
                    found.odd.append(f"{place}: the included group {included!r} does not exist and")
            else:
                strings.append(row)
        found.add("dev", strings, place, file)


def _tools(found: Declared, tools: dict[str, Any], file: File) -> None:
    """Development dependencies as PDM, uv and Hatch knew them before PEP 735."""
    pdm = _table(tools, "pdm", file, "tool.")
    for group, rows in _table(pdm, "dev-dependencies", file, "tool.pdm.").items():
        strings = [_editable(row) for row in rows] if isinstance(rows, list) else rows
        found.add("dev", strings, f"tool.pdm.dev-dependencies.{group}", file)
    uv = _table(tools, "uv", file, "tool.")
    found.add("dev", uv.get("dev-dependencies", []), "tool.uv.dev-dependencies", file)


def _sources(found: Declared, sources: dict[str, Any]) -> None:
    """Where ``[tool.uv.sources]`` takes a package from: a repository, an address, a path or the workspace."""
    urls: dict[str, str] = {}
    for name, source in sources.items():
        row = source[0] if isinstance(source, list) and source else source
        if not isinstance(row, dict):
            continue
        if "git" in row:
            urls[normal(name)] = f"git+{row['git']}"
        elif "path" in row or row.get("workspace") is True:
            urls[normal(name)] = f"file:{row.get('path', name)}"
        elif "url" in row:
            urls[normal(name)] = str(row["url"])
    if urls:
        found.wanted = [(kind, replace(each, url=each.url or urls.get(each.name, ""))) for kind, each in found.wanted]


def _editable(row: Any) -> Any:
    """``-e file:///${PROJECT_ROOT}/sub#egg=name`` is how PDM writes an editable requirement."""
    if isinstance(row, str) and row.startswith("-e ") and "#egg=" in row:
        url, _, egg = row[3:].strip().partition("#egg=")
        return f"{egg.partition('&')[0]} @ {url}"
    return row


def _poetry(found: Declared, poetry: dict[str, Any], file: File) -> None:
    main = _table(poetry, "dependencies", file, "tool.poetry.")
    stated = {wanted.name for kind, wanted in found.wanted if kind in {"runtime", "optional"}}
    _rows(found, "runtime", main, "tool.poetry.dependencies", stated)
    _rows(found, "dev", _table(poetry, "dev-dependencies", file, "tool.poetry."), "tool.poetry.dev-dependencies", set())
    for name, group in _table(poetry, "group", file, "tool.poetry.").items():
        if isinstance(group, dict):
            rows = _table(group, "dependencies", file, f"tool.poetry.group.{name}.")
            _rows(found, "dev", rows, f"tool.poetry.group.{name}.dependencies", set())


def _rows(found: Declared, kind: Kind, rows: dict[str, Any], place: str, stated: set[str]) -> None:
    """``stated``: names PEP 621 lists already; Poetry's table then only says where they come from."""
    for key, value in rows.items():
        name = normal(key)
        if name == "python" or name in stated:
            continue
        for each in value if isinstance(value, list) else [value]:
            row = each if isinstance(each, dict) else {"version": each}
            url = str(row.get("url", ""))
            if "git" in row:
                url = f"git+{row['git']}"
            elif "path" in row:
                url = f"file:{row['path']}"
            wanted = parse(key)
            if wanted is None:
                found.odd.append(f"{place}: {key!r}")
                continue
            version = row.get("version", "*")
            actual: Kind = "optional" if kind == "runtime" and row.get("optional") is True else kind
            spec = version if isinstance(version, str) else "*"
            found.wanted.append((actual, Wanted(name=name, spec=spec, url=url, marker=str(row.get("markers", "")))))
