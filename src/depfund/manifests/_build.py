"""Builder: what every reader fills and turns into a :class:`~depfund.model.Graph`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, Literal

from depfund.graph import owed, scopes, stronger
from depfund.manifests._file import File
from depfund.model import Graph, Kind, Note, Package, Source

__all__ = ["Builder", "fresh"]

_scopes = Package.__dict__["scopes"].__set__


class _Draft:
    """A Package before anybody sees it."""

    __slots__ = ("ecosystem", "first_party", "hints", "name", "origin", "project", "purl", "scopes", "version")


def fresh(
    purl: str,
    name: str,
    version: str | None,
    ecosystem: str,
    scopes: tuple[Kind, ...],
    origin: Literal["registry", "vcs", "url", "path"],
    first_party: bool,
    hints: Mapping[str, tuple[str, ...]],
) -> Package:
    """``Package(...)`` in a quarter of the time, for every package of every file.

    The __init__ of a frozen dataclass is slow; an unfrozen twin with the same slots may become one.
    """
    draft: Any = _Draft()
    draft.purl = purl
    draft.name = name
    draft.version = version
    draft.ecosystem = ecosystem
    draft.scopes = scopes
    draft.origin = origin
    draft.first_party = first_party
    draft.project = None
    draft.hints = hints
    draft.__class__ = Package
    return draft  # type: ignore[no-any-return]


class Builder:
    """Collects packages, edges and notes of one source, in any order, duplicates allowed.

    ``edges`` says whether the file records which package requires which; ``root`` is the project's name.
    """

    def __init__(self, file: File, format: str, *, edges: bool, root: str = "") -> None:
        self.file = file
        self.format = format
        self.edges = edges
        self.root = root
        self.packages: dict[str, Package] = {}
        self.directs: dict[str, Kind] = {}
        self.requires: dict[str, dict[str, Kind]] = {}
        self.notes: list[Note] = []
        self.labelled = False
        """Whether the packages have their scopes already: for files that know more about paths than the graph."""
        self.settled: Container[str] = ()
        """Packages whose rows are in order already and lead only to packages that are there."""

    def package(
        self,
        purl: str,
        name: str,
        version: str | None,
        ecosystem: str,
        *,
        origin: Literal["registry", "vcs", "url", "path"] = "registry",
        first_party: bool = False,
        scopes: tuple[Kind, ...] = (),
        hints: Mapping[str, tuple[str, ...]] | None = None,
    ) -> str:
        """Add a package; the first of several with one purl stays. Returns ``purl``.

        ``scopes`` only where the file states them and has no edges to derive them from.
        """
        if purl not in self.packages:
            self.packages[purl] = fresh(purl, name, version, ecosystem, scopes, origin, first_party, hints or {})
        return purl

    def direct(self, purl: str, kind: Kind = "runtime") -> None:
        """The root requires ``purl``."""
        self.directs[purl] = stronger(self.directs.get(purl), kind)

    def edge(self, source: str, target: str, kind: Kind = "runtime") -> None:
        """``source`` requires ``target``; a self-edge says nothing and is dropped."""
        if source != target:
            row = self.requires.get(source)
            if row is None:
                self.requires[source] = {target: kind}
            else:
                row[target] = stronger(row[target], kind) if target in row else kind

    def note(
        self, code: str, subject: str, message: str, level: Literal["info", "warning", "error"] = "warning"
    ) -> None:
        """A problem that does not stop the reading."""
        self.notes.append(Note(level=level, code=code, subject=subject, message=message))

    def graph(self) -> Graph:
        """Everything in canonical order, scopes computed, first-party packages contracted into ``direct``."""
        source = Source(path=self.file.path, format=self.format, sha256=self.file.sha256, edges=self.edges)
        if not self.edges:
            self.note(
                "no_edges",
                self.file.path,
                f"{self.file.path} does not record which package requires which: "
                "every weighting gives what equal gives on it.",
                "info",
            )
        return finish(
            self.root,
            self.packages,
            self.directs,
            self.requires,
            (source,),
            self.notes,
            labelled=self.labelled,
            settled=self.settled,
        )


def finish(
    root: str,
    packages: Mapping[str, Package],
    direct: Mapping[str, Kind],
    requires: Mapping[str, Mapping[str, Kind]],
    sources: tuple[Source, ...],
    notes: list[Note],
    *,
    labelled: bool = False,
    settled: Container[str] = (),
) -> Graph:
    """A canonical Graph: sorted, without edges to packages that are not there, scopes computed where they can be."""
    known: dict[str, Mapping[str, Kind]] = {}
    here = packages.__contains__
    for source in sorted(requires):
        if source in settled:
            known[source] = requires[source]
        elif source in packages:
            row = requires[source]
            targets = sorted(row) if len(row) > 1 else [*row]
            if targets != [*row] or not all(map(here, targets)):
                row = {target: row[target] for target in targets if target in packages}
            if row:
                known[source] = row
    ordered = tuple(packages[purl] for purl in sorted(packages))
    near: Mapping[str, Kind] = {purl: kind for purl, kind in direct.items() if purl in packages}
    far: Mapping[str, Mapping[str, Kind]] = known
    if own := {package.purl for package in ordered if package.first_party}:
        near = owed(Graph(root=root, packages=ordered, direct=near, requires=known))
        far = {source: row for source, row in known.items() if source not in own}  # paths end at first-party ones
    if not labelled:
        labels = scopes(near, far)
        for package in ordered:
            if not package.scopes and not package.first_party and (label := labels.get(package.purl)):
                _scopes(package, label)  # not handed out yet: saves a copy of every package
    return Graph(
        root=root,
        packages=ordered,
        direct={purl: near[purl] for purl in sorted(near)},
        requires=known,
        sources=sources,
        notes=tuple(sorted(set(notes), key=lambda note: (note.subject, note.code, note.message))),
    )
