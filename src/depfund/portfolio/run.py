"""From a portfolio to an Allocation: find, look up once, weigh each file alone, add exactly, split once."""

from __future__ import annotations

import math
import tempfile
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from depfund import documents, pipeline, shares
from depfund import weights as room
from depfund.config import Config, Reporter
from depfund.errors import PolicyError, SourceError, UsageError
from depfund.graph import stronger
from depfund.model import Allocation, Basis, Facts, Graph, Note, Weights
from depfund.money import Money
from depfund.portfolio import charge, engine
from depfund.portfolio.discovery import Place, places
from depfund.portfolio.table import Entry, Portfolio
from depfund.portfolio.vectors import Job, Shelf, Task, Vector, gather, homes, keys_of, weigh_all
from depfund.shares.policy import Policy
from depfund.weights._exact import to_unit

__all__ = ["Member", "Organisation", "allocate_portfolio", "survey"]

Sources = str | Path | Portfolio | Sequence[str | Path]
BATCH = 4


@dataclass(slots=True, kw_only=True)
class Member:
    """A project in the sum; ``part`` is its share of the organisation.

    Its vector are ``nodes`` (numbers of :attr:`Organisation.names`) with ``sizes`` (integers over ``scale``).
    """

    name: str
    team: str
    part: Fraction
    ecosystems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    nodes: Sequence[int] = ()
    sizes: Sequence[int] = ()
    scale: int = 1


@dataclass(slots=True, kw_only=True)
class Organisation:
    """The members by name, the sum as Weights, and what was said on the way."""

    members: list[Member] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    weights: Weights = field(default_factory=lambda: Weights(weighting="portfolio"))
    notes: tuple[Note, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    again: Callable[[str, set[str]], Mapping[str, int]] | None = None


def allocate_portfolio(
    budget: Money | Decimal | int | str | None,
    portfolio: Sources,
    *,
    weighting: str | Callable[[Graph], Mapping[str, int | Fraction]] | None = None,
    policy: Policy | str | Path | None = None,
    facts: Facts | None = None,
    config: Config | None = None,
    executor: Executor | str | None = None,
    reporter: Reporter | None = None,
    parameters: Mapping[str, object] | None = None,
    workers: int | None = None,
) -> Allocation:
    """One budget over many projects: ``portfolio`` is a ``portfolio.toml``, a folder, a list of sources, or a value.

    Each lockfile is weighed alone; a project's part is split equally over its ecosystems and over the files of each.
    The sum is exact, so that neither order, nor worker count, nor ``executor`` (see
    :func:`depfund.portfolio.engine.opened`) change a byte. Facts are looked up once for all packages. Charge-back by
    team and project is in ``coverage["portfolio"]`` of the result (``depfund report``).

    Raises as :func:`depfund.allocate` does, :class:`~depfund.errors.SourceError` when no project is found.
    """
    table = portfolio_of(portfolio)
    config = config or Config.load(table.folder)
    rules = pipeline.policy_for(policy, str(table.folder / "."))
    amount = rules.budget() if budget is None else Money.parse(budget, rules.fund.currency)
    if amount is None:
        raise UsageError('no budget was given; name one (--budget "1000 USD") or state fund.budget in the policy file.')
    with tempfile.TemporaryDirectory(prefix="depfund-") as scratch:
        found, facts = survey(
            table,
            weighting=weighting or rules.fund.weighting,
            level=rules.fund.level,
            parameters={**rules.parameters(named=weighting is None), **(parameters or {})},
            facts=facts,
            config=config,
            executor=executor,
            reporter=reporter,
            workers=workers,
            scratch=Path(scratch),
        )
        return _split(amount, found, facts, rules)


def portfolio_of(source: Sources) -> Portfolio:
    """Whatever names a portfolio, as one."""
    if isinstance(source, Portfolio):
        return source
    rows = [source] if isinstance(source, (str, Path)) else list(source)
    if not rows:
        raise UsageError("no portfolio was named; give a portfolio.toml, a folder or a list of sources.")
    if len(rows) == 1:
        path = Path(rows[0])
        if (path / "portfolio.toml").is_file():
            return Portfolio.load(path / "portfolio.toml")
        if path.suffix == ".toml" and (path.name.endswith("portfolio.toml") or _lists_projects(path)):
            return Portfolio.load(path)
    entries = []
    for row in rows:
        text = str(row)
        wild = any(sign in text for sign in "*?[") and not Path(text).exists()
        entries.append(Entry(glob=text) if wild else Entry(path=text))
    return Portfolio(entries=tuple(entries))


def _lists_projects(path: Path) -> bool:
    try:
        return b"\n[[project]]" in b"\n" + path.read_bytes() and path.name not in {"pyproject.toml", "pylock.toml"}
    except OSError:
        return False


def survey(
    portfolio: Portfolio,
    *,
    weighting: Any = "flow",
    level: str = "project",
    parameters: Mapping[str, object] | None = None,
    facts: Facts | None = None,
    config: Config | None = None,
    executor: Executor | str | None = None,
    reporter: Reporter | None = None,
    workers: int | None = None,
    scratch: Path,
) -> tuple[Organisation, Facts]:
    """Everything up to the split: the organisation's weights and the facts. ``scratch`` is an empty folder."""
    config = config or Config.load(portfolio.folder)
    report = reporter or Reporter()
    notes: list[Note] = []
    found = places(portfolio, scratch, notes)
    if callable(weighting) and executor is None:
        executor = "inline"  # a function of the user's own need not travel
    tasks = [[_task(place, path) for path in place.files] for place in found]
    with engine.opened(executor, sum(map(len, tasks)), workers) as runner:
        if facts is None:
            facts = pipeline.resolve(_union(tasks, runner, config), config=config, reporter=reporter)
        job = Job(
            weighting=weighting,
            level=level,
            parameters=dict(parameters or {}),
            homes=homes(facts),
            offline=config.offline,
        )
        adder = _Adder(portfolio, found, tasks, notes)
        shelf = Shelf(config.cache_dir)
        adder.run(job, runner, shelf, report)
    made = adder.organisation(job)
    made.again = lambda kind, nodes: _once_more(portfolio, found, tasks, job, kind, nodes, (executor, workers), shelf)
    return made, facts


def _task(place: Place, path: Path) -> Task:
    shown = path.relative_to(place.root).as_posix() if path.is_relative_to(place.root) else path.name
    single = place.files == (path,) and Path(place.name).name == path.name
    return Task(
        path=str(path.resolve()),
        shown=place.name if single else f"{place.name}/{shown}",
        top=str(place.root.resolve()),
        scopes=place.entry.scopes,
    )


def _union(tasks: Iterable[list[Task]], runner: Executor, config: Config) -> Graph:
    """The packages of all projects, each once: asked for together. Never weighed."""
    files = [task for row in tasks for task in row]
    packages: dict[str, Any] = {}
    direct: dict[str, Any] = {}
    batches = [(tuple(files[at : at + BATCH]), config.offline) for at in range(0, len(files), BATCH)]
    for _, packed in engine.each(runner, gather, batches):
        charge.merge(packed, packages, direct)
    return Graph(root="portfolio", packages=tuple(packages[purl] for purl in sorted(packages)), direct=direct)


class _Adder:
    """Vectors come in file by file; each project's is complete when its last file is in."""

    def __init__(self, portfolio: Portfolio, found: list[Place], tasks: list[list[Task]], notes: list[Note]) -> None:
        self.portfolio, self.found, self.tasks, self.notes = portfolio, found, tasks, notes
        self.index: dict[str, int] = {}
        self.pairs: set[str] = set()
        self.direct: dict[str, Any] = {}
        self.rows: dict[tuple[int, int], tuple[str, array[int], array[int]]] = {}

    def run(self, job: Job, runner: Executor, shelf: Shelf, report: Reporter) -> None:
        files = [(at, inner, task) for at, row in enumerate(self.tasks) for inner, task in enumerate(row)]
        report.start("weigh", len(files))
        todo: list[tuple[int, int, Task, str]] = []
        for (at, inner, task), key in zip(files, keys_of([task for _, _, task in files], job), strict=True):
            vector = shelf.find(key, task)
            if vector is None:
                todo.append((at, inner, task, key))
            else:
                self.add(at, inner, vector)
                report.advance("weigh")
        groups = [todo[at : at + BATCH] for at in range(0, len(todo), BATCH)]
        for at, packed in engine.each(runner, weigh_all, [(tuple(row[2] for row in rows), job) for rows in groups]):
            for (place, inner, _, key), data in zip(groups[at], packed, strict=True):
                vector = msgspec.msgpack.decode(data, type=Vector)
                if vector.lasting:
                    shelf.keep(key, data)
                self.add(place, inner, vector)
                report.advance("weigh")
        report.finish("weigh")

    def add(self, at: int, inner: int, vector: Vector) -> None:
        self.notes += vector.notes
        number = self.index
        for key in vector.values.keys() - number.keys():
            number[key] = len(number)
        nodes = array("q", map(number.__getitem__, vector.values))
        self.rows[at, inner] = (vector.ecosystem, nodes, array("q", vector.values.values()))
        self.pairs.update(vector.members)
        for key, kind in vector.direct.items():
            self.direct[key] = stronger(self.direct.get(key), kind)  # type: ignore[arg-type]

    def organisation(self, job: Job) -> Organisation:
        members = [each for at, place in enumerate(self.found) if (each := self._member(at, place)) is not None]
        whole = sum((member.part for member in members), Fraction(0))
        if not whole:
            broken = [note.message for note in self.notes if note.code == "unreadable"]
            if broken and not any(nodes for _, nodes, _ in self.rows.values()):
                raise SourceError(broken[0])
            if members:
                raise PolicyError("the weights of all projects are 0; nobody's dependencies would be paid for.")
        for member in members:
            member.part /= whole
        names = list(self.index)
        values = _sum(members, names)
        purls: dict[str, list[str]] = {}
        for pair in sorted(self.pairs):
            key, _, purl = pair.partition("\0")
            purls.setdefault(key, []).append(purl)
        parameters = {name: str(value) for name, value in job.parameters.items()}
        named = getattr(job.weighting, "__name__", str(job.weighting))
        basis = Basis(
            level=job.level,  # type: ignore[arg-type]
            members={key: tuple(sorted(purls[key])) for key in sorted(purls)},
            direct={key: self.direct[key] for key in sorted(self.direct)},
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
        rows = [self.rows[at, inner] for inner in range(len(self.tasks[at])) if self.rows[at, inner][2]]
        if not rows:
            message = f"{place.name} uses no package of others; it has no part in the sum."
            self.notes.append(Note(level="warning", code="left_out.empty", subject=place.name, message=message))
            return None
        kinds: dict[str, int] = {}
        for kind, _, _ in rows:
            kinds[kind] = kinds.get(kind, 0) + 1
        scale = math.lcm(*(len(kinds) * count for count in kinds.values()))
        if len(rows) == 1:
            nodes, sizes = rows[0][1], rows[0][2]
        else:
            total: dict[int, int] = {}
            for kind, own, values in rows:
                factor = scale // (len(kinds) * kinds[kind])
                for node, value in zip(own, values, strict=True):
                    total[node] = total.get(node, 0) + factor * value
            nodes, sizes = array("q", total), list(total.values())  # type: ignore[assignment]
        return Member(
            name=place.name,
            team=place.entry.team,
            part=self.portfolio.weight_of(place.entry),
            ecosystems=tuple(sorted(kinds)),
            files=tuple(task.shown for task in self.tasks[at]),
            nodes=nodes,
            sizes=sizes,
            scale=scale,
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


def _once_more(
    portfolio: Portfolio,
    found: list[Place],
    tasks: list[list[Task]],
    job: Job,
    kind: str,
    nodes: set[str],
    where: tuple[Executor | str | None, int | None],
    shelf: Shelf,
) -> Mapping[str, int]:
    """The sum with the money of ``nodes`` passed on inside each lockfile: linear, so project by project."""
    adder = _Adder(portfolio, found, tasks, [])
    asked = replace(job, again=kind, nodes=frozenset(nodes))  # type: ignore[arg-type]
    with engine.opened(where[0], sum(map(len, tasks)), where[1]) as runner:
        adder.run(asked, runner, shelf, Reporter())
    return adder.organisation(asked).weights.values


def _split(budget: Money, found: Organisation, facts: Facts, policy: Policy) -> Allocation:
    again = found.again
    digest = documents.digest
    plan = shares.split(
        budget,
        found.weights,
        facts,
        policy,
        reflow=(lambda nodes: again("reflow", nodes)) if again else None,
        passed_up=(lambda nodes: again("passed_up", nodes)) if again else None,
        count=room.votes,
        digests={
            "facts": digest(documents.to_builtins(facts)),
            "weights": digest(documents.to_builtins(found.weights)),
            **found.digests,
        },
    )
    notes = {*found.notes, *facts.notes, *plan.notes}
    return replace(
        plan,
        coverage={**plan.coverage, "portfolio": charge.contributions(plan, found)},
        notes=tuple(sorted(notes, key=lambda n: (n.level, n.code, n.subject, n.message))),
    )
