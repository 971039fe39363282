"""One pom.xml with its parents and modules inside the project's folder, and its properties put in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from depfund.errors import ManifestError
from depfund.manifests import _xml
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests._xml import Element

__all__ = ["Dependency", "Project", "load", "modules"]

PARENTS = 32
"""Longer lines of parents are refused, circles among them."""

LONGEST = 1000
"""Longer texts are cut: properties that multiply each other stay small."""

_PROPERTY = re.compile(r"\$\{([^${}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A ``<dependency>``; empty ``scope`` and None where it is not said."""

    group: str
    artifact: str
    version: str | None = None
    scope: str = ""
    optional: bool = False


@dataclass(slots=True, kw_only=True)
class Project:
    """A pom: its element, its coordinates and the parent that was found inside the folder."""

    file: File
    element: Element
    group: str = ""
    artifact: str = ""
    version: str = ""
    parent: Project | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def line(self) -> list[Project]:
        """The parents, nearest first."""
        found: list[Project] = []
        above = self.parent
        while above is not None:
            found.append(above)
            above = above.parent
        return found

    def text(self, value: str | None) -> str | None:
        """``value`` with its properties put in, as far as they are known; bounded, so circles end."""
        if value is None:
            return None
        value = value[:LONGEST]
        for _ in range(8):
            new = _PROPERTY.sub(lambda match: self.properties.get(match[1].strip(), match[0])[:LONGEST], value)
            if new == value:
                break
            value = new[:LONGEST]
        return value

    def managed(
        self, known: Mapping[tuple[str, str], Project], seen: set[tuple[str, str]]
    ) -> dict[tuple[str, str], Dependency]:
        """``dependencyManagement``: its own, its parents', then what it imports of the poms ``known`` here."""
        found: dict[tuple[str, str], Dependency] = {}
        imports: list[tuple[str, str]] = []
        for project in (self, *self.line()):
            for one in self.rows(project, "dependencyManagement", "dependencies"):
                if one.scope == "import":
                    imports.append((one.group, one.artifact))
                else:
                    found.setdefault((one.group, one.artifact), one)
        for key in imports:
            if key in known and key not in seen:
                seen.add(key)
                found = known[key].managed(known, seen) | found
        return found

    def dependencies(self, known: Mapping[tuple[str, str], Project]) -> list[Dependency]:
        """Its dependencies and those it inherits, versions and scopes completed from ``dependencyManagement``."""
        line = [self, *self.line()]
        managed = self.managed(known, set())
        found: dict[tuple[str, str], Dependency] = {}
        for project in line:
            for one in self.rows(project, "dependencies"):
                key = (one.group, one.artifact)
                said = managed.get(key)
                if said is not None:
                    one = replace(one, version=one.version or said.version, scope=one.scope or said.scope)
                found.setdefault(key, one)
        return [replace(one, scope=one.scope or "compile") for one in found.values()]

    def rows(self, project: Project, *path: str) -> Iterator[Dependency]:
        """The dependencies at a place of this pom or a parent, always with this one's properties."""
        found = project.element.first(*path)
        with Place(project.file) as place:
            for row in place.rows(".".join(path), found.all("dependency") if found else []):
                yield self.read(row)

    def read(self, row: Element) -> Dependency:
        """A row with this project's properties. Raises ManifestError when it names nothing."""
        group, artifact = self.text(row.value("groupId")), self.text(row.value("artifactId"))
        if not group or not artifact:
            raise ManifestError("a dependency without groupId or artifactId.")
        return Dependency(
            group=group,
            artifact=artifact,
            version=self.text(row.value("version")),
            scope=self.text(row.value("scope")) or "",
            optional=self.text(row.value("optional")) == "true",
        )


def load(file: File, depth: int = 0) -> Project:
    """The pom with its parents. Raises ManifestError for broken XML and for what is no pom."""
    element = _xml.parse(file)
    if element.name != "project":
        raise ManifestError("the root element is not a Maven project.", file=file.path, where=f"<{element.name}>")
    project = Project(file=file, element=element)
    inherits = element.first("parent")
    if inherits is not None:
        project.parent = _parent(file, inherits, depth)
    properties: dict[str, str] = dict(project.parent.properties) if project.parent else {}
    own = element.first("properties")
    properties |= {each.name: each.text.strip() for each in own.children} if own else {}
    given = {key: element.value(key) or (inherits.value(key) if inherits else None) for key in ("groupId", "version")}
    given["artifactId"] = element.value("artifactId")
    for key, value in given.items():
        for prefix in ("project.", "pom.", ""):
            properties[f"{prefix}{key}"] = value or ""
    for key in ("groupId", "artifactId", "version"):
        if inherits is not None and (value := inherits.value(key)):
            properties[f"project.parent.{key}"] = value
    project.properties = properties
    project.group = project.text(given["groupId"]) or ""
    project.artifact = project.text(given["artifactId"]) or ""
    project.version = project.text(given["version"]) or ""
    return project


def _parent(file: File, inherits: Element, depth: int) -> Project | None:
    place = inherits.first("relativePath")
    reference = (place.text.strip() if place else "../pom.xml") or None
    if reference is None:
        return None
    if depth >= PARENTS:
        raise ManifestError(f"a line of more than {PARENTS} parents.", file=file.path, where="parent")
    try:
        found = file.sibling(reference) or file.sibling(posixpath.join(reference, "pom.xml"))
    except ManifestError:
        return None  # a parent outside the folder is as unknown as one in a registry
    if found is None:
        return None
    parent = load(found, depth + 1)
    # Maven takes the file only when it is the parent that is named.
    return parent if parent.artifact == inherits.value("artifactId") else None


def modules(top: Project) -> list[Project]:
    """The poms of its ``modules`` and of theirs, each once, inside the folder.

    Raises ManifestError for a module outside of it.
    """
    found: list[Project] = []
    seen = {posixpath.normpath(top.file.path)}
    todo = [top]
    while todo:
        project = todo.pop()
        listed = project.element.first("modules")
        for module in listed.all("module") if listed else ():
            reference = module.text.strip()
            below = project.file.sibling(reference) or project.file.sibling(posixpath.join(reference, "pom.xml"))
            if below is not None and posixpath.normpath(below.path) not in seen:
                seen.add(posixpath.normpath(below.path))
                one = load(below)
                found.append(one)
                todo.append(one)
    return found
