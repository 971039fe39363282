"""One lockfile, one exact vector: the work that is done for each file, wherever the executor runs it.

A vector depends on the bytes of its lockfile, on the neighbours its reader asked for, on which packages make up which
project, on the parameters and on the version of depfund. It is kept under the digest of these; the neighbours are
asked again before it is used.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from depfund import __version__, documents, pipeline
from depfund import weights as room
from depfund.config import Config
from depfund.errors import SourceError
from depfund.graph import stronger, versionless
from depfund.manifests import File, open_file
from depfund.model import Basis, Facts, Graph, Note, Package, Project
from depfund.portfolio._names import writable
from depfund.reading import read_tolerant

__all__ = ["Job", "Task", "Vector", "gather_all", "homes", "keys_of", "union", "weigh_all"]

Again = Literal["", "reflow", "passed_up"]


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """What one lockfile gives: its node weights, summing to 10^15 or empty, and what they stand for.

    ``members`` pairs each node with each of its purls, a NUL between them. ``via`` names for each node that is not
    direct who requires it on a shortest way from the root. ``asked`` are the neighbours its reader asked for, relative
    to its folder, with their digests.
    """

    ecosystem: str = ""
    values: dict[str, int]
    members: tuple[str, ...] = ()
    direct: dict[str, str]
    via: dict[str, str] = {}
    notes: tuple[Note, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    lasting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file to read: ``path`` on disk, ``shown`` to people, inside the project at ``top``."""

    path: str
    shown: str
    top: str
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all tasks share.

    ``homes`` are the facts a weighting needs, packed; ``again`` asks for the weights once more with the money of
    ``nodes`` passed on.
    """

    weighting: Any = "flow"
    level: str = "project"
    parameters: Mapping[str, object] = field(default_factory=dict)
    homes: bytes = b""
    offline: bool = False
    again: Again = ""
    nodes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched(File):
    """A file that remembers which neighbours were asked for."""

    base: str = ""
    asked: dict[str, str] = field(default_factory=dict, compare=False)

    def sibling(self, reference: str) -> File | None:
        found = File.sibling(self, reference)
        target = os.path.normpath(os.path.join(str(self.here), reference))  # noqa: PTH118 - links stay as they are
        self.asked[os.path.relpath(target, self.base)] = found.sha256 if found else ""
        return self._also(found) if found else None

    def glob(self, pattern: str) -> list[File]:
        found = File.glob(self, pattern)
        listed = [f"{os.path.relpath(str(each.here), self.base)}/{each.name}" for each in found]
        self.asked[f"{os.path.relpath(str(self.here), self.base)}?{pattern}"] = "\n".join(listed)
        for name, each in zip(listed, found, strict=True):
            self.asked[name] = each.sha256
        return [self._also(each) for each in found]

    def _also(self, file: File) -> _Watched:
        return _Watched(path=file.path, data=file.data, here=file.here, top=file.top, base=self.base, asked=self.asked)


def homes(facts: Facts) -> bytes:
    """Which packages make up which project: all that a weighting asks of the facts, packed small."""
    rows = {url: project.packages for url, project in sorted(facts.projects.items())}
    return zlib.compress(msgspec.msgpack.encode(rows), 1)


@lru_cache(maxsize=2)
def _homes(packed: bytes) -> dict[str, str]:
    rows = msgspec.msgpack.decode(zlib.decompress(packed), type=dict[str, tuple[str, ...]]) if packed else {}
    return {versionless(purl): url for url, purls in sorted(rows.items(), reverse=True) for purl in purls}


def _facts(packed: bytes, graph: Graph) -> Facts:
    """The part of the facts that this graph can ask for."""
    known = _homes(packed)
    rows: dict[str, list[str]] = {}
    for name in {versionless(package.purl) for package in graph.packages}:
        if (url := known.get(name)) is not None:
            rows.setdefault(url, []).append(name)
    return Facts(projects={url: Project(url=url, packages=tuple(names)) for url, names in rows.items()})


def weigh_all(tasks: tuple[Task, ...], job: Job) -> list[bytes]:
    """The vectors of ``tasks``, each packed: small to send between processes. Runs on the executor."""
    encode = msgspec.msgpack.Encoder(order="deterministic").encode
    return [encode(_guarded(task, job, _vector)) for task in tasks]


def _guarded(task: Task, job: Job, make: Callable[[Task, Job], Vector]) -> Vector:
    """A file that cannot be read is an empty vector with a note: one broken lockfile stops no organisation."""
    try:
        return make(task, job)
    except SourceError as error:
        note = Note(level="error", code="unreadable", subject=task.shown, message=f"{error} It is left out.")
        return Vector(values={}, direct={}, notes=(note,), lasting=False)


def gather_all(tasks: tuple[Task, ...], job: Job) -> list[bytes]:
    """The packages of ``tasks``, to look facts up for: vectors whose nodes are packages as JSON."""
    encode = msgspec.msgpack.Encoder(order="deterministic").encode
    return [encode(_guarded(task, job, _gathered)) for task in tasks]


def _gathered(task: Task, job: Job) -> Vector:
    graph, watched = _read(task, job.offline)
    encode = msgspec.json.Encoder(order="sorted").encode
    rows = {encode(package).decode(): 0 for package in graph.packages}
    return _vector_of(graph, watched, (), values=rows, direct=dict(graph.direct))


def union(texts: Iterable[str], pairs: Iterable[str]) -> Graph:
    """The packages of all projects, each once, from what :func:`gather_all` gave. Never weighed.

    Of several words about one package those of a file that does not own it count, then the smaller text.
    """
    decode = msgspec.json.Decoder(Package).decode
    packages: dict[str, Package] = {}
    for text in sorted(texts):
        package = decode(text)
        known = packages.get(package.purl)
        if known is None or (known.first_party and not package.first_party):
            packages[package.purl] = package
    direct: dict[str, Any] = {}
    for pair in sorted(pairs):
        kind, _, purl = pair.partition("\0")
        direct[purl] = stronger(direct.get(purl), kind)  # type: ignore[arg-type]
    return Graph(root="portfolio", packages=tuple(packages[purl] for purl in sorted(packages)), direct=direct)


def _read(task: Task, offline: bool) -> tuple[Graph, _Watched]:
    file = open_file(Path(task.path), top=Path(task.top), shown=task.shown)
    watched = _Watched(path=file.path, data=file.data, here=file.here, top=file.top, base=str(file.here))
    config = Config.load(Path(task.top), offline=offline) if offline else Config.load(Path(task.top))
    return read_tolerant(watched, config), watched


def _vector(task: Task, job: Job) -> Vector:
    graph, watched = _read(task, job.offline)
    own = {"scopes": list(task.scopes)} if task.scopes is not None else {}
    made = pipeline.weigh(
        graph,
        job.weighting,
        level=job.level,  # type: ignore[arg-type]
        facts=_facts(job.homes, graph),
        **{**job.parameters, **own},
    )
    basis = made.basis
    if basis is None:
        raise SourceError(f"{task.shown}: the weighting kept no graph.")
    values: Mapping[str, int] = made.values
    if job.again and made.values:
        nodes = set(job.nodes) & basis.members.keys()
        values = room.reflow(made, nodes) if job.again == "reflow" else room.passed_up(made, nodes)
    kinds = Counter(package.ecosystem for package in graph.packages if not package.first_party)
    return _vector_of(
        graph,
        watched,
        made.notes,
        ecosystem=min(kinds, key=lambda kind: (-kinds[kind], kind)) if kinds else "",
        values=dict(values),
        members=tuple(f"{key}\0{purl}" for key, purls in basis.members.items() for purl in purls),
        direct=dict(basis.direct),
        via=_via(basis),
    )


def _vector_of(graph: Graph, watched: _Watched, notes: Iterable[Note], **fields: Any) -> Vector:
    """A vector with what every one says of its file; one that uv made a lock for is not kept."""
    said = {note for note in (*graph.notes, *notes) if note.level != "info"}
    locked = any(source.format != graph.sources[0].format for source in graph.sources)
    return Vector(
        **fields,
        notes=tuple(sorted(said, key=lambda n: (n.level, n.code, n.subject, n.message))),
        asked=tuple(sorted((writable(name), writable(digest)) for name, digest in watched.asked.items())),
        lasting=not locked and not any(note.code == "not_locked" for note in said),
    )


def _via(basis: Basis) -> dict[str, str]:
    """Who requires each node on a shortest way from the root; of several the smallest key by code point."""
    before: dict[str, str] = dict.fromkeys(basis.direct, "")
    reached = sorted(before)
    while reached:
        step: list[str] = []
        for node in reached:
            for target in basis.requires.get(node, ()):
                if target not in before:
                    before[target] = node
                    step.append(target)
        reached = sorted(step)
    return {node: parent for node, parent in before.items() if parent}


def keys_of(tasks: Sequence[Task], job: Job) -> list[str]:
    """The digests vectors are kept under; empty where nothing may be kept (a callable, files behind a parameter)."""
    if callable(job.weighting) or "usage" in job.parameters:
        return [""] * len(tasks)
    common: list[object] = [__version__, str(job.weighting), job.level, job.again, sorted(job.nodes), job.offline]
    common += [sorted([name, str(value)] for name, value in job.parameters.items())]
    start = hashlib.sha256(documents.encode(common).encode() + hashlib.sha256(job.homes).digest())

    def key(task: Task) -> str:
        digest = start.copy()
        try:
            data = Path(task.path).read_bytes()
        except OSError:
            return ""  # said when it is read
        digest.update(documents.encode([task.shown, task.scopes, len(data)]).encode())
        digest.update(data)
        return digest.hexdigest()

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # reading and hashing let other threads run
        return list(pool.map(key, tasks))
