"""``Cargo.toml`` files beside a Cargo.lock: whose they are and of what kind each dependency is.

Followed are workspace ``members`` (globs) and path dependencies, inside the project's folder only. A member outside is
an error; a path dependency outside is not, as the lock holds what it needs: only the kinds of its edges stay unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from depfund.errors import ManifestError
from depfund.manifests import _decode
from depfund.manifests._file import File
from depfund.model import KINDS, Kind

__all__ = ["Member", "members"]

TABLES: tuple[tuple[str, Kind], ...] = (
    ("dependencies", "runtime"),
    ("build-dependencies", "build"),
    ("build_dependencies", "build"),
    ("dev-dependencies", "dev"),
    ("dev_dependencies", "dev"),
)
_NUMBER = re.compile(r"(\^|~|=)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+][\w.+-]*)?", re.ASCII)


@dataclass(slots=True)
class Member:
    """A local crate: the kinds under which its Cargo.toml asks for each crate, with the requirement's text."""

    top: bool = False
    asks: dict[str, list[tuple[Kind, str]]] = field(default_factory=dict)

    def kind(self, name: str, version: str) -> Kind:
        """The strongest kind that asks for ``name`` at ``version``; runtime when nothing says."""
        rows = self.asks.get(name, [])
        fitting = [row for row in rows if len({kind for kind, _ in rows}) > 1 and _allows(row[1], version)] or rows
        kinds = {kind for kind, _ in fitting}
        return next((kind for kind in KINDS if kind in kinds), "runtime")


def members(file: File) -> dict[str, Member]:
    """Local crates by name, read from the Cargo.toml beside ``file`` and what it leads to. Empty without one.

    Raises :class:`~depfund.errors.ManifestError` for a broken Cargo.toml and for members outside the folder.
    """
    top = file.sibling("Cargo.toml")
    if top is None:
        return {}
    plain = _decode.toml(top)
    workspace = _table(plain, "workspace")
    shared = _table(workspace, "dependencies")
    found: dict[str, Member] = {}
    todo: deque[tuple[str, dict[str, Any], bool]] = deque([(".", plain, True)])
    seen = {"."}
    for reference in _paths(file, workspace, shared):
        _queue(file, reference, seen, todo)
    while todo:
        folder, tables, first = todo.popleft()
        name = _table(tables, "package").get("name") or _table(tables, "project").get("name")
        member = Member(top=first)
        for kind, rows in _dependencies(tables):
            for key, row in rows.items():
                _ask(member, kind, key, row, shared)
                if isinstance(row, dict) and isinstance(row.get("path"), str):
                    beside = posixpath.normpath(posixpath.join(folder, row["path"]))
                    if _inside(file, beside):
                        _queue(file, beside, seen, todo)
        if isinstance(name, str):
            found.setdefault(name, member)
    return found


def _inside(file: File, folder: str) -> bool:
    try:
        file.resolve(posixpath.join(folder, "Cargo.toml"))
    except ManifestError:
        return False
    return True


def _queue(file: File, folder: str, seen: set[str], todo: deque[tuple[str, dict[str, Any], bool]]) -> None:
    if folder in seen:
        return
    seen.add(folder)
    manifest = file.sibling(posixpath.join(folder, "Cargo.toml"))
    if manifest is not None:
        todo.append((folder, _decode.toml(manifest), False))


def _paths(file: File, workspace: dict[str, Any], shared: dict[str, Any]) -> list[str]:
    """Folders of the workspace's members and of its path dependencies."""
    found: list[str] = []
    for pattern in _texts(workspace.get("members")):
        if any(sign in pattern for sign in "*?["):
            base = posixpath.dirname(file.path.replace("\\", "/"))
            for each in file.glob(posixpath.join(pattern, "Cargo.toml")):
                folder = posixpath.dirname(each.path)
                found.append(posixpath.relpath(folder or ".", base or "."))
        else:
            file.resolve(pattern)
            found.append(posixpath.normpath(pattern))
    excluded = {posixpath.normpath(each) for each in _texts(workspace.get("exclude"))}
    found = [each for each in found if each not in excluded]
    for row in shared.values():
        if isinstance(row, dict) and isinstance(row.get("path"), str) and _inside(file, row["path"]):
            found.append(posixpath.normpath(row["path"]))
    return found


def _dependencies(tables: dict[str, Any]) -> list[tuple[Kind, dict[str, Any]]]:
    targets = [_table(_table(tables, "target"), key) for key in _table(tables, "target")]
    return [(kind, _table(place, key)) for place in (tables, *targets) for key, kind in TABLES if key in place]


def _ask(member: Member, kind: Kind, key: str, row: object, shared: dict[str, Any]) -> None:
    optional = isinstance(row, dict) and row.get("optional") is True
    if isinstance(row, dict) and row.get("workspace") is True:
        row = shared.get(key)
    name, wanted = key, row if isinstance(row, str) else ""
    if isinstance(row, dict):
        name = row["package"] if isinstance(row.get("package"), str) else key
        wanted = row["version"] if isinstance(row.get("version"), str) else ""
    if optional and kind == "runtime":
        kind = "optional"
    member.asks.setdefault(name, []).append((kind, wanted))


def _allows(wanted: str, version: str) -> bool:
    """Whether ``version`` is in a plain Cargo requirement; True for what is not plain."""
    match = _NUMBER.fullmatch(wanted.strip())
    if match is None:
        return True
    sign, parts = match[1] or "^", [int(part) for part in match.groups()[1:] if part is not None]
    have = [int(part) for part in re.findall(r"\d+", version.partition("+")[0].partition("-")[0])[:3]]
    if sign == "=" or not any(parts):
        return have[: len(parts)] == parts
    fixed = min(len(parts), 2) if sign == "~" else next(i for i, part in enumerate(parts) if part) + 1
    return have[:fixed] == parts[:fixed] and have >= parts


def _table(place: dict[str, Any], key: str) -> dict[str, Any]:
    found = place.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
