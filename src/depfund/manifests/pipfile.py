"""``Pipfile``: pipenv's manifest, as declared."""

from __future__ import annotations

from dataclasses import dataclass, field

from depfund.manifests._build import Builder
from depfund.manifests._decode import toml
from depfund.manifests._file import File
from depfund.manifests._python import Wanted, normal
from depfund.manifests.pyproject import Declared, declare
from depfund.model import Graph, Kind

__all__ = ["Sections", "declared", "read"]

_NOT_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv"})
_LOCKED_AS = {"packages": "default", "dev-packages": "develop"}


@dataclass(slots=True)
class Sections:
    """What a Pipfile asks for: ``(section of the lock, kind, requirement)``."""

    sections: list[tuple[str, Kind, Wanted]] = field(default_factory=list)


def read(file: File) -> Graph:
    """The declared dependencies, with a note ``unpinned``."""
    builder = Builder(file, "pipfile", edges=False, root=file.here.name if file.here else "")
    declare(builder, Declared(wanted=[(kind, wanted) for _, kind, wanted in declared(file).sections]))
    return builder.graph()


def declared(file: File) -> Sections:
    """Packages, dev-packages and custom categories."""
    found = Sections()
    for table, rows in toml(file).items():
        if table in _NOT_PACKAGES or not isinstance(rows, dict):
            continue
        section = _LOCKED_AS.get(table, table)
        kind: Kind = "runtime" if section == "default" else "dev"
        for name, value in rows.items():
            row = value if isinstance(value, dict) else {"version": value}
            url = f"git+{row['git']}" if "git" in row else str(row.get("file") or row.get("path") or "")
            spec = str(row.get("version", "*"))
            found.sections.append((section, kind, Wanted(name=normal(name), spec="" if spec == "*" else spec, url=url)))
    return found
