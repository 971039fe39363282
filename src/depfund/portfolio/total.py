"""The sum: vectors come in file by file, ``w_org = Σ ω_p·w_p`` comes out, in integers over one common denominator."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from depfund import documents
from depfund.config import Reporter
from depfund.errors import PolicyError, SourceError
from depfund.graph import stronger
from depfund.model import Basis, Note, Weights
from depfund.portfolio import engine
from depfund.portfolio.discovery import Place
from depfund.portfolio.shelf import Leaf, Names, Shelf
from depfund.portfolio.table import Portfolio
from depfund.portfolio.vectors import Job, Task, Vector, keys_of, weigh_all
from depfund.weights._exact import to_unit

__all__ = ["Adder", "Member", "Organisation", "leaves"]

BATCH = 4
"""How many files a worker is given at a time."""


@dataclass(kw_only=True)
class Member:
    """A project in the sum; ``part`` is its share of the organisation.

    Its vector are ``nodes`` (numbers of :attr:`Organisation.names`) with ``sizes`` (integers over ``scale``); ``via``
    are the :attr:`~depfund.portfolio.shelf.Leaf.via` of its files.
    """

    name: str
    team: str
    part: Fraction
    ecosystems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    nodes: Sequence[int] = ()
    sizes: Sequence[int] = ()
    scale: int = 1
    via: tuple[bytes, ...] = ()

    @cached_property
    def weights(self) -> dict[int, int]:
        """Node → size."""
        return dict(zip(self.nodes, self.sizes, strict=True))

    @cached_property
    def before(self) -> dict[int, int]:
        """Who requires each node that is not direct, on a shortest way from the root; the first file's word counts."""
        found: dict[int, int] = {}
        for data in reversed(self.via):
            pairs = array("I", data)
            half = len(pairs) // 2
            found.update(zip(pairs[:half], pairs[half:], strict=True))
        return found

    def way(self, node: int) -> list[int]:
        """From a direct dependency to ``node``."""
        found = [node]
        while (node := self.before.get(node, -1)) >= 0 and node not in found:
            found.append(node)
        return found[::-1]


@dataclass(slots=True, kw_only=True)
class Organisation:
    """The members by name, the sum as Weights, and what was said on the way."""

    members: list[Member] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    weights: Weights = field(default_factory=lambda: Weights(weighting="portfolio"))
    notes: tuple[Note, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    again: Callable[[str, set[str]], Mapping[str, int]] | None = None


def leaves(
    work: Callable[[tuple[Task, ...], Job], list[bytes]],
    tasks: Sequence[Task],
    job: Job,
    runner: Executor,
    shelf: Shelf,
) -> Iterator[tuple[int, Leaf]]:
    """(place, leaf) of every task: from ``shelf``, or by ``work`` on ``runner`` and then kept."""
    keys = keys_of(tasks, job)
    todo: list[int] = []
    for number, leaf in enumerate(shelf.find(keys, tasks)):
        if leaf is None:
            todo.append(number)
        else:
            yield number, leaf
    groups = [todo[at : at + BATCH] for at in range(0, len(todo), BATCH)]
    batches = [(tuple(tasks[number] for number in group), job) for group in groups]
    try:
        for at, packed in engine.each(runner, work, batches):
            for number, data in zip(groups[at], packed, strict=True):
                vector = msgspec.msgpack.decode(data, type=Vector)
                leaf = Leaf.of(vector, shelf.names)
                if vector.lasting:
                    shelf.keep(keys[number], leaf)
                yield number, leaf
    finally:
        shelf.flush()


class _Row(NamedTuple):
    kind: str
    nodes: array[int]
    sizes: array[int]
    via: bytes


class Adder:
    """Each project's vector is complete when its last file is in."""

    def __init__(self, portfolio: Portfolio, found: list[Place], tasks: list[list[Task]], notes: list[Note]) -> None:
        self.portfolio, self.found, self.tasks, self.notes = portfolio, found, tasks, notes
        self.names = Names()
        self.members: set[int] = set()
        self.direct: set[int] = set()
        self.rows: dict[tuple[int, int], _Row] = {}

    def run(self, job: Job, runner: Executor, shelf: Shelf, report: Reporter) -> None:
        """Take every vector from ``shelf`` or weigh its file on ``runner``."""
        self.names = shelf.names
        places = [(at, inner) for at, row in enumerate(self.tasks) for inner in range(len(row))]
        report.start("weigh", len(places))
        for number, leaf in leaves(weigh_all, [task for row in self.tasks for task in row], job, runner, shelf):
            self.add(places[number], leaf)
            report.advance("weigh")
        report.finish("weigh")

    def add(self, place: tuple[int, int], leaf: Leaf) -> None:
        """One file's vector."""
        self.notes += leaf.notes
        self.members.update(array("I", leaf.members))
        self.direct.update(array("I", leaf.direct))
        self.rows[place] = _Row(leaf.ecosystem, array("I", leaf.nodes), array("q", leaf.sizes), leaf.via)

    def organisation(self, job: Job) -> Organisation:
        """The sum of all. Raises SourceError where nothing could be read, PolicyError where all weights are 0."""
        members = [each for at, place in enumerate(self.found) if (each := self._member(at, place)) is not None]
        whole = sum((member.part for member in members), Fraction(0))
        if not whole:
            broken = [note.message for note in self.notes if note.code == "unreadable"]
            if broken and not any(row.nodes for row in self.rows.values()):
                raise SourceError(broken[0])
            if members:
                raise PolicyError("the weights of all projects are 0; nobody's dependencies would be paid for.")
        for member in members:
            member.part /= whole
        names = list(self.names)
        values = _sum(members, names)
        purls: dict[str, list[str]] = {}
        for pair in sorted(map(names.__getitem__, self.members)):
            key, _, purl = pair.partition("\0")
            purls.setdefault(key, []).append(purl)
        direct: dict[str, Any] = {}
        for pair in sorted(map(names.__getitem__, self.direct)):
            kind, _, key = pair.partition("\0")
            direct[key] = stronger(direct.get(key), kind)  # type: ignore[arg-type]
        parameters = {name: str(value) for name, value in job.parameters.items()}
        named = getattr(job.weighting, "__name__", str(job.weighting))
        basis = Basis(
            level=job.level,  # type: ignore[arg-type]
            members={key: tuple(sorted(purls[key])) for key in sorted(purls)},
            direct=dict(sorted(direct.items())),
        )
        made = Weights(
            weighting="portfolio",
            parameters={**parameters, "of": named, "weight": self.portfolio.measure},
            level=basis.level,
            values=values,
            basis=basis,
        )
        notes = sorted(set(self.notes), key=lambda n: (n.level, n.code, n.subject, n.message))
        plain = [[member.name, str(member.part), list(member.files)] for member in members]
        return Organisation(
            members=members,
            names=names,
            weights=made,
            notes=tuple(notes),
            digests={"portfolio": documents.digest({"members": plain})},
        )

    def _member(self, at: int, place: Place) -> Member | None:
        """The project's vector: its ecosystems count alike, and so do the files of each."""
        rows = [row for inner in range(len(self.tasks[at])) if (row := self.rows[at, inner]).sizes]
        if not rows:
            message = f"{place.name} uses no package of others; it has no part in the sum."
            self.notes.append(Note(level="warning", code="left_out.empty", subject=place.name, message=message))
            return None
        kinds: dict[str, int] = {}
        for row in rows:
            kinds[row.kind] = kinds.get(row.kind, 0) + 1
        scale = math.lcm(*(len(kinds) * count for count in kinds.values()))
        if len(rows) == 1:
            nodes, sizes = rows[0].nodes, rows[0].sizes
        else:
            total: dict[int, int] = {}
            for row in rows:
                factor = scale // (len(kinds) * kinds[row.kind])
                for node, value in zip(row.nodes, row.sizes, strict=True):
                    total[node] = total.get(node, 0) + factor * value
            nodes, sizes = array("I", total), list(total.values())  # type: ignore[assignment]
        return Member(
            name=place.name,
            team=place.entry.team,
            part=self.portfolio.weight_of(place.entry),
            ecosystems=tuple(sorted(kinds)),
            files=tuple(task.shown for task in self.tasks[at]),
            nodes=nodes,
            sizes=sizes,
            scale=scale,
            via=tuple(row.via for row in rows),
        )


def _sum(members: list[Member], names: list[str]) -> dict[str, int]:
    """``Σ ω_p·w_p`` in integers over one common denominator, then to the unit: no order can change it."""
    factors = [member.part / member.scale for member in members]
    common = math.lcm(*(factor.denominator for factor in factors)) if factors else 1
    total = [0] * len(names)
    for member, factor in zip(members, factors, strict=True):
        times = factor.numerator * (common // factor.denominator)
        for node, size in zip(member.nodes, member.sizes, strict=True):
            total[node] += times * size
    order = sorted((name, size) for name, size in zip(names, total, strict=True) if size)
    parts = to_unit([size for _, size in order])
    return {name: part for (name, _), part in zip(order, parts, strict=True) if part}
