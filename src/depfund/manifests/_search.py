"""A folder as a source: its lockfiles, manifests and SBOMs, each project once.

Ignored files (``.gitignore`` at every level, also above the folder up to its checkout, and ``.git/info/exclude``),
installed, vendored and built things are left out; symbolic links are not followed. In one folder a lock beats the
manifest beside it; a manifest of a workspace that a lock above covers is not counted again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pathspec

from depfund.errors import DepfundError, SourceError
from depfund.manifests import Format
from depfund.manifests._file import checkout, open_file
from depfund.manifests._recognise import by_content, by_name

__all__ = ["SKIPPED", "search"]

SKIPPED = frozenset({
    *("node_modules", "bower_components", "jspm_packages", "vendor", "vendored", "_vendor", "third_party"),
    *("thirdparty", "external", "venv", "env", "virtualenv", "site-packages", "__pycache__", "__pypackages__"),
    *("dist", "build", "target", "out", "Pods", "Carthage", "DerivedData", "Godeps", "elm-stuff", "coverage"),
})  # fmt: skip
"""Folders of what others made and of what a build did. Those whose names begin with a dot are left out too."""

_BROAD = re.compile(r"\.(?:lockfile|pom|jsonld|spdx)$|spdx|cyclonedx", re.IGNORECASE)
_UV_MEMBER = re.compile(r"source = \{ (?:editable|virtual|directory) = \"([^\"\n]+)\" \}")
_GO_USE = re.compile(r"^[ \t]*(?:use[ \t]+)?(\./[^\s)]*|\.)[ \t\r]*$", re.MULTILINE)
_DECLARES = {
    "pyproject": re.compile(
        rb"^[ \t]*\[(?:project|dependency-groups|tool\.(?:poetry|pdm\.dev-dependencies|uv))\b", re.MULTILINE
    ),
    "setup-cfg": re.compile(
        rb"^[ \t]*(?:install_requires|setup_requires|tests_require|\[options\.extras_require\])", re.MULTILINE
    ),
    "package-json": re.compile(rb'"(?:dependencies|devDependencies|optionalDependencies|peerDependencies)"\s*:'),
}


@dataclass(slots=True)
class _Project:
    """A folder: its files with their formats."""

    files: list[tuple[Path, Format]] = field(default_factory=list)


def search(folder: Path) -> list[Path]:
    """The files to read in ``folder``, sorted. Raises SourceError for what is no folder or cannot be listed."""
    top = folder.resolve()
    if not top.is_dir():
        raise SourceError(f"{folder} is not a folder. Name a folder, a lockfile, a manifest or an SBOM.")
    projects: dict[PurePosixPath, _Project] = {}
    for path in _walk(top):
        relative = PurePosixPath(path.relative_to(top).as_posix())
        row = by_name(str(relative))
        if row is None or not _worth(path, row):
            continue
        at = relative.parent.parent if relative.parent.name in {"requirements", "vendor"} else relative.parent
        projects.setdefault(at, _Project()).files.append((path, row))
    covered = _covered(projects)
    found = [path for at, project in projects.items() for path in _chosen(project, covered.get(at, set()))]
    return [folder / path.relative_to(top) for path in sorted(found)]


def _walk(top: Path) -> Iterable[Path]:
    """Every file that is neither ignored nor installed, vendored or built."""
    root = checkout(top)
    rules = _inherited(root, top)
    todo: list[tuple[Path, list[tuple[Path, pathspec.GitIgnoreSpec]]]] = [(top, rules)]
    while todo:
        here, rules = todo.pop()
        own = _rules(here / ".gitignore")
        rules = [*rules, (here, own)] if own is not None else rules
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if here == top:
                raise SourceError(f"{top} cannot be listed: {error.strerror}.") from error
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            path = here / entry.name
            if entry.is_symlink() or _ignored(path, entry.is_dir(), rules):
                continue
            if entry.is_file():
                yield path
            elif entry.name == "vendor" and "go.mod" not in names and (path / "modules.txt").is_file():
                yield path / "modules.txt"
            elif entry.is_dir() and not _skipped(path, names):
                todo.append((path, rules))


def _skipped(path: Path, beside: set[str]) -> bool:
    name = path.name
    if name.startswith(".") or name in SKIPPED or name.endswith((".egg-info", ".dist-info")):
        return True
    return (name == "deps" and "mix.exs" in beside) or (path / "pyvenv.cfg").exists()


def _inherited(root: Path, top: Path) -> list[tuple[Path, pathspec.GitIgnoreSpec]]:
    """The rules of the checkout and of the folders between it and ``top``."""
    chain = [root]
    for part in top.relative_to(root).parts:
        chain.append(chain[-1] / part)
    found = [(root, _rules(root / ".git" / "info" / "exclude"))]
    found += [(folder, _rules(folder / ".gitignore")) for folder in chain[:-1]]
    return [(folder, spec) for folder, spec in found if spec is not None]


def _rules(path: Path) -> pathspec.GitIgnoreSpec | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError):
        return None  # git, too, goes on without a file it cannot read


def _ignored(path: Path, folder: bool, rules: list[tuple[Path, pathspec.GitIgnoreSpec]]) -> bool:
    """Whether the last rule that speaks of ``path`` ignores it; deeper files speak later."""
    for base, spec in reversed(rules):
        relative = path.relative_to(base).as_posix() + ("/" if folder else "")
        verdict = spec.check_file(relative).include
        if verdict is not None:
            return bool(verdict)
    return False


def _worth(path: Path, row: Format) -> bool:
    """Whether the file says anything: not empty, of the format its name only suggests, and naming dependencies."""
    try:
        if path.stat().st_size == 0:
            return False
        if (pattern := _DECLARES.get(row.name)) is not None:
            return pattern.search(path.read_bytes()) is not None
        if _BROAD.search(f"{path.parent.name}/{path.name}"):
            seen = by_content(open_file(path))
            return seen is not None and seen.name == row.name
    except (OSError, DepfundError):
        return False
    return True


def _chosen(project: _Project, covered: set[str]) -> list[Path]:
    """What one folder contributes. ``covered``: ecosystems whose manifests a lock above accounts for."""
    chosen: list[Path] = []
    groups: dict[str, list[tuple[Path, Format]]] = {}
    for path, row in project.files:
        groups.setdefault(row.ecosystem, []).append((path, row))
    pixi = any(row.name == "pixi-lock" for _, row in project.files)
    for ecosystem, files in groups.items():
        if ecosystem == "any" and len(groups) > 1:
            continue  # an SBOM or graph of the same project
        best = min(row.rank for _, row in files)
        if best > 1 and (ecosystem in covered or (pixi and ecosystem == "pypi")):
            continue
        first = next(row for _, row in sorted(files, key=lambda each: _order(each[1])) if row.rank == best)
        chosen += _same(ecosystem, [path for path, row in files if row.name == first.name])
    return chosen


def _order(row: Format) -> int:
    from depfund.manifests import FORMATS

    return FORMATS.index(row) if row in FORMATS else len(FORMATS)


def _same(ecosystem: str, paths: list[Path]) -> list[Path]:
    """Of several files of one format in one folder those that do not say the same again."""
    names = {path.name: path for path in paths}
    if ecosystem == "golang":
        for name in ("go.work", "go.mod", "go.sum", "modules.txt"):
            if name in names:
                return [names[name]]
    if ecosystem == "any":
        return sorted(paths)[:1]
    if "npm-shrinkwrap.json" in names and "package-lock.json" in names:
        paths = [path for path in paths if path.name != "package-lock.json"]  # npm reads the shrinkwrap alone
    if "environment.yml" in names and "environment.yaml" in names:
        paths = [path for path in paths if path.name != "environment.yaml"]
    if ecosystem == "pypi" and any(path.suffix in {".txt", ".in"} for path in paths):
        compiled = {path.with_suffix("") for path in paths if path.suffix == ".txt"}
        paths = [path for path in paths if path.suffix != ".in" or path.with_suffix("") not in compiled]
        wanted = [path for path in paths if "constraints" not in path.name]
        paths = wanted or paths
    return paths


def _covered(projects: dict[PurePosixPath, _Project]) -> dict[PurePosixPath, set[str]]:
    """For each folder the ecosystems whose manifests belong to a workspace that a lock above it covers."""
    found: dict[PurePosixPath, set[str]] = {}
    for at, project in projects.items():
        for path, row in project.files:
            for ecosystem, member in _members(path, row, at, projects):
                if member != at:
                    found.setdefault(member, set()).add(ecosystem)
    return found


def _members(
    path: Path, row: Format, at: PurePosixPath, projects: dict[PurePosixPath, _Project]
) -> Iterable[tuple[str, PurePosixPath]]:
    if row.name == "uv-lock":
        for member in _UV_MEMBER.findall(path.read_text(encoding="utf-8", errors="replace")):
            yield "pypi", PurePosixPath(os.path.normpath(at / member))
    elif path.name == "go.work":
        for member in _GO_USE.findall(path.read_text(encoding="utf-8", errors="replace")):
            yield "golang", PurePosixPath(os.path.normpath(at / member))
    elif row.ecosystem == "npm" and row.rank == 1:
        wanted = [_glob(glob) for glob in _workspaces(path.parent)]
        for other in projects:
            if other.is_relative_to(at) and other != at:
                inside = other.relative_to(at).as_posix()
                if any(pattern.fullmatch(inside) for pattern in wanted):
                    yield "npm", other


def _workspaces(folder: Path) -> list[str]:
    """The workspace globs of npm, yarn and bun (package.json) and of pnpm."""
    import msgspec

    from depfund import _yaml

    globs: list[object] = []
    try:
        spaces = msgspec.json.decode((folder / "package.json").read_bytes(), type=dict[str, object]).get("workspaces")
        globs += (
            (spaces.get("packages") or []) if isinstance(spaces, dict) else spaces if isinstance(spaces, list) else []
        )
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    try:
        pnpm = _yaml.load((folder / "pnpm-workspace.yaml").read_bytes(), "pnpm-workspace.yaml")
        globs += (pnpm.get("packages") or []) if isinstance(pnpm, dict) else []
    except (OSError, DepfundError, TypeError):
        pass
    return [glob for glob in globs if isinstance(glob, str) and not glob.startswith("!")]


def _glob(glob: str) -> re.Pattern[str]:
    plain = glob.strip().removeprefix("./").rstrip("/")
    parts = re.split(r"(\*\*/?|\*|\?)", plain)
    table = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(table.get(part, re.escape(part)) for part in parts))
