"""From a portfolio to an Allocation: find, look up once, weigh each file alone, add exactly, split once."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from depfund import documents, pipeline, shares
from depfund import weights as room
from depfund.config import Config, Reporter
from depfund.errors import UsageError
from depfund.model import Allocation, Facts, Graph, Note
from depfund.money import Money
from depfund.portfolio import charge, engine
from depfund.portfolio._names import writable
from depfund.portfolio.discovery import Place, places
from depfund.portfolio.shelf import Shelf
from depfund.portfolio.table import Entry, Portfolio
from depfund.portfolio.total import Adder, Organisation, leaves
from depfund.portfolio.vectors import Job, Task, gather_all, homes, union
from depfund.shares.policy import Policy

__all__ = ["allocate_portfolio", "portfolio_of", "survey"]

Sources = str | Path | Portfolio | Sequence[str | Path]


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
    without: Collection[str] = (),
) -> Allocation:
    """One budget over many projects: ``portfolio`` is a ``portfolio.toml``, a folder, a list of sources, or a value.

    Each lockfile is weighed alone; a project's part is split equally over its ecosystems and over the files of each.
    The sum is exact, so that neither order, nor worker count, nor ``executor`` (see
    :func:`depfund.portfolio.engine.opened`) change a byte. Facts are looked up once for all packages. Charge-back by
    team and project is in ``coverage["portfolio"]`` of the result (``depfund report``). ``without`` leaves out projects
    by the names that the result gives them: what would be paid if they were gone.

    Raises as :func:`depfund.allocate` does, :class:`~depfund.errors.SourceError` when no project is found and
    :class:`~depfund.errors.UsageError` when ``without`` names none.
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
            without=without,
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
    without: Collection[str] = (),
    scratch: Path,
) -> tuple[Organisation, Facts]:
    """Everything up to the split: the organisation's weights and the facts. ``scratch`` is an empty folder."""
    config = config or Config.load(portfolio.folder)
    report = reporter or Reporter()
    notes: list[Note] = []
    found = _others(places(portfolio, scratch, notes), without, notes)
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
        adder = Adder(portfolio, found, tasks, notes)
        shelf = Shelf(config.cache_dir)
        adder.run(job, runner, shelf, report)
    made = adder.organisation(job)
    made.again = lambda kind, nodes: _once_more(portfolio, found, tasks, job, kind, nodes, (executor, workers), shelf)
    return made, facts


def _others(found: list[Place], without: Collection[str], notes: list[Note]) -> list[Place]:
    """The projects but those that were asked to be left out."""
    names = {place.name for place in found}
    for name in sorted(without):
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else "`depfund report PLAN --by project` lists their names."
            raise UsageError(f"the portfolio has no project {name!r} to leave out. {hint}")
        notes.append(
            Note(level="warning", code="left_out.asked", subject=name, message=f"{name} is left out as asked.")
        )
    rest = [place for place in found if place.name not in without]
    if not rest:
        raise UsageError("every project was asked to be left out; there is nothing to split over.")
    return rest


def _task(place: Place, path: Path) -> Task:
    shown = path.relative_to(place.root).as_posix() if path.is_relative_to(place.root) else path.name
    single = place.files == (path,) and Path(place.name).name == path.name
    return Task(
        path=str(path.resolve()),
        shown=writable(place.name if single else f"{place.name}/{shown}"),
        top=str(place.root.resolve()),
        scopes=place.entry.scopes,
    )


def _union(tasks: Iterable[list[Task]], runner: Executor, config: Config) -> Graph:
    """The packages of all projects: asked for together. Only changed lockfiles are read again."""
    shelf = Shelf(config.cache_dir, "packages")
    texts: set[int] = set()
    pairs: set[int] = set()
    job = Job(weighting="packages", offline=config.offline)
    for _, leaf in leaves(gather_all, [task for row in tasks for task in row], job, runner, shelf):
        texts.update(array("I", leaf.nodes))
        pairs.update(array("I", leaf.direct))
    names = list(shelf.names)
    return union(map(names.__getitem__, texts), map(names.__getitem__, pairs))


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
    adder = Adder(portfolio, found, tasks, [])
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
