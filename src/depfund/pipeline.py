"""The road a budget takes: read → resolve → weigh → split → export. :func:`allocate` is these in a row.

Each step is one function over values that can be printed, saved, corrected and continued from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depfund import documents
from depfund._bulk import unhurried
from depfund.config import Config, Reporter
from depfund.errors import PolicyError, UsageError
from depfund.graph import basis as quotient
from depfund.graph import owed, versionless
from depfund.model import KINDS, Allocation, Facts, Graph, Level, Note, Weights
from depfund.money import Money
from depfund.reading import Source, read, read_all

if TYPE_CHECKING:
    from depfund.exports import Context
    from depfund.shares.policy import Policy
    from depfund.why import Comparison, Explanation

__all__ = [
    "aallocate",
    "allocate",
    "aresolve",
    "compare",
    "explain",
    "export",
    "listing",
    "read",
    "read_all",
    "resolve",
    "split",
    "weigh",
]

Weighting = str | Callable[[Graph], Mapping[str, int | Fraction]]
COMPARED = ("flow", "shapley", "equal", "direct")


def resolve(
    graph: Graph, *, config: Config | None = None, reporter: Reporter | None = None, known: Facts | None = None
) -> Facts:
    """Who makes each package and how they are paid: registries, repositories, funding files, platforms.

    Everything found carries evidence; everything not found says what was tried. Failed look-ups are notes, not errors.
    ``known`` are a person's corrections: the payees that they name for a project stand instead of those found.
    """
    from depfund import resolver

    return resolver.resolve(graph, config or Config.load(), reporter or Reporter(), known=known)


@unhurried()
def weigh(
    graph: Graph,
    weighting: Weighting = "flow",
    *,
    level: Level = "project",
    facts: Facts | None = None,
    **parameters: object,
) -> Weights:
    """How much each node of ``graph`` matters, in integers that sum to 10^15.

    ``level``: version (as locked), package or project (needs ``facts``, else each package is its own project).
    ``parameters`` are those of the weighting (int, Fraction or text such as ``"1/2"``), ``scopes`` (which kinds of
    edges count) and ``dev_share`` (the dev dependencies' part of the root's stake).

    Raises :class:`~depfund.errors.UsageError` for an unknown weighting, level or parameter.
    """
    from depfund import weights

    if level not in {"version", "package", "project"}:
        raise UsageError(f"{level!r} is no level; the levels are version, package and project.")
    include = _scopes(parameters.pop("scopes", KINDS))
    made = weights.weigh(quotient(graph, level, facts, include), weighting, parameters, root=graph.root)
    if graph.packages and not owed(graph):
        note = Note(
            level="warning",
            code="inferred_direct",
            subject=graph.root,
            message="the sources name no direct dependencies: the packages that nothing else requires stand for them. "
            "Read the manifest beside the lockfile to have the real ones.",
        )
        made = replace(made, notes=(*made.notes, note))
    if any(not source.edges for source in graph.sources):
        flat = ", ".join(source.path for source in graph.sources if not source.edges)
        note = Note(
            level="warning",
            code="flat_source",
            subject=flat,
            message=f"{flat} has no edges between packages; there every weighting gives what equal gives.",
        )
        made = replace(made, notes=(*made.notes, note))
    return made


def _scopes(value: object) -> tuple[Any, ...]:
    names = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    scopes = tuple(str(name).strip() for name in names)
    for name in scopes:
        if name not in KINDS:
            raise UsageError(f"{name!r} is no kind of edge; the kinds are {', '.join(KINDS)}.")
    return scopes


@unhurried()
def split(
    budget: Money | Decimal | int | str,
    weights: Weights,
    facts: Facts | None = None,
    *,
    policy: Policy | None = None,
    digests: Mapping[str, str] | None = None,
    ledger: bool = False,
) -> Allocation:
    """Exact amounts: payments + held + fees taken == budget, in whole minor units.

    Without ``facts`` every key of the weights is its own payee. With ``ledger`` small shares are saved up (12 periods
    unless the policy says otherwise) and ``accruals`` say what to book.

    Raises :class:`~depfund.errors.MoneyError` for a budget that is none and
    :class:`~depfund.errors.AllocationError` for constraints that no split can meet.
    """
    from depfund import shares
    from depfund import weights as room
    from depfund.shares.policy import Policy

    policy = policy or Policy()
    return shares.split(
        Money.parse(budget, policy.fund.currency),
        weights,
        facts,
        policy,
        reflow=lambda nodes: room.reflow(weights, nodes),
        passed_up=lambda nodes: room.passed_up(weights, nodes),
        count=room.votes,
        digests={"weights": documents.digest(weights), **(digests or {})},
        ledger=ledger,
    )


def allocate(
    budget: Money | Decimal | int | str | None,
    sources: Source | Sequence[Source],
    *,
    weighting: Weighting | None = None,
    policy: Policy | Source | None = None,
    facts: Facts | None = None,
    config: Config | None = None,
    reporter: Reporter | None = None,
) -> Allocation:
    """The whole road: read the ``sources``, resolve (unless ``facts`` are given), weigh, split.

    ``budget`` may be None when the policy states one. Without ``policy``, ``depfund.toml`` or ``[tool.depfund]``
    beside the first source is used where there is one.

    >>> import depfund
    >>> plan = depfund.allocate("10 USD", "tests/data/chain.graph.json", facts=depfund.Facts())
    >>> plan.budget, sum(held.minor for held in plan.held)
    (Money(minor=1000, currency='USD'), 1000)
    """
    config = config or Config.load(_folder(sources))
    rules = policy_for(policy, sources)
    graph = read_all(sources, config=config)
    return allocate_graph(
        budget,
        graph,
        weighting=weighting,
        policy=rules,
        facts=facts,
        config=config,
        reporter=reporter,
        parameters=with_usage({}, rules, sources),
    )


def with_usage(
    parameters: Mapping[str, object], policy: Policy, sources: Source | Sequence[Source]
) -> dict[str, object]:
    """``parameters``; where ``stakes`` is "usage" and ``usage`` unnamed, imports beside the sources are counted."""
    found = dict(parameters)
    stakes = found.get("stakes", policy.fund.parameters.get("stakes"))
    if stakes == "usage" and "usage" not in {**policy.fund.parameters, **found}:
        found["usage"] = str(_folder(sources))
    return found


def allocate_graph(
    budget: Money | Decimal | int | str | None,
    graph: Graph,
    *,
    policy: Policy,
    weighting: Weighting | None = None,
    facts: Facts | None = None,
    config: Config | None = None,
    reporter: Reporter | None = None,
    parameters: Mapping[str, object] | None = None,
    ledger: bool = False,
) -> Allocation:
    """:func:`allocate` from a Graph on."""
    amount = policy.budget() if budget is None else Money.parse(budget, policy.fund.currency)
    if amount is None:
        raise UsageError('no budget was given; name one (--budget "1000 USD") or state fund.budget in the policy file.')
    facts = facts if facts is not None else resolve(graph, config=config, reporter=reporter)
    weights = weigh(
        graph,
        weighting or policy.fund.weighting,
        level=policy.fund.level,
        facts=facts,
        **{**policy.parameters(named=weighting is None), **(parameters or {})},
    )
    digests = {
        "graph": documents.digest(graph),
        "facts": documents.digest(facts),
    }
    plan = split(amount, weights, facts, policy=policy, digests=digests, ledger=ledger)
    notes = {*graph.notes, *facts.notes, *weights.notes, *plan.notes}
    return replace(plan, notes=tuple(sorted(notes, key=lambda n: (n.level, n.code, n.subject, n.message))))


def export(plan: Allocation, format: str = "markdown", *, context: Context | None = None, **options: object) -> str:
    """``plan`` as text in one of the formats of ``depfund formats``. Raises ExportError for an unknown one."""
    from depfund import exports

    return exports.render(plan, format, context or context_of(plan), **options)


def context_of(plan: Allocation, *, graph: Graph | None = None, facts: Facts | None = None, **more: Any) -> Context:
    """What an export may ask beyond the plan: explanations and the comparison of weightings, made when asked for."""
    from depfund.exports import Context
    from depfund.why import explainer, sensitivity

    return Context(
        explain=explainer(plan).brief,
        compare=sensitivity(plan, COMPARED),
        graph=graph,
        facts=facts,
        **more,
    )


def explain(plan: Allocation, who: str) -> Explanation:
    """Why a package, project or payee gets what it gets: paths from the root, stages, evidence.

    ``who`` is a package name, a purl (any version), a project URL or a payee key in any spelling. Raises
    :class:`~depfund.errors.UsageError` when the plan does not know it.
    """
    return _explainer()(plan, who)


@cache
def _explainer() -> Callable[[Allocation, str], Explanation]:
    # An import statement in a function costs as much as a third of an explanation.
    from depfund import why

    return why.explain


def compare(
    graph: Graph, weightings: Sequence[Weighting] = COMPARED, *, level: Level = "project", facts: Facts | None = None
) -> Comparison:
    """How much money moves between weightings: total variation, rank correlation, each payee's range."""
    from depfund import why

    return why.compare([weigh(graph, weighting, level=level, facts=facts) for weighting in weightings])


def listing(graph: Graph, facts: Facts) -> list[dict[str, Any]]:
    """One row a package: whether it is direct, its project, payees and channels, or why there are none.

    What the lockfile itself says of funding (``hints``) is in ``links``, also for packages without facts.
    """
    homes = {versionless(purl): url for url, project in facts.projects.items() for purl in project.packages}
    rows: list[dict[str, Any]] = []
    for package in graph.packages:
        if package.first_party:
            continue
        name = versionless(package.purl)
        project = facts.projects.get(homes.get(name, ""))
        payees = [key for key in (project.payees if project else ()) if key in facts.payees]
        channels = [channel for key in payees for channel in facts.payees[key].channels]
        rows.append(
            {
                "purl": package.purl,
                "name": package.name,
                "version": package.version,
                "ecosystem": package.ecosystem,
                "direct": package.purl in graph.direct,
                "scopes": list(package.scopes),
                "project": project.url if project else package.project,
                "payees": payees,
                "payable": any(channel.payable for channel in channels),
                "channels": [{"key": c.key, "url": c.url, "standing": c.standing} for c in channels],
                "links": list(package.hints.get("funding", ())),
                "reason": facts.unresolved.get(name) or facts.unresolved.get(package.purl),
            }
        )
    return rows


async def aresolve(
    graph: Graph, *, config: Config | None = None, reporter: Reporter | None = None, known: Facts | None = None
) -> Facts:
    """:func:`resolve`, awaitable: the work runs in a thread."""
    import asyncio  # half the modules that a listing loads; whoever awaits has it already

    return await asyncio.to_thread(resolve, graph, config=config, reporter=reporter, known=known)


async def aallocate(
    budget: Money | Decimal | int | str | None, sources: Source | Sequence[Source], **options: Any
) -> Allocation:
    """:func:`allocate`, awaitable: the work runs in a thread."""
    import asyncio

    return await asyncio.to_thread(allocate, budget, sources, **options)


def _folder(sources: Source | Sequence[Source]) -> Path:
    first = sources if isinstance(sources, (str, Path)) else next(iter(sources), ".")
    path = Path(str(first))
    return path if path.is_dir() else path.parent


def policy_for(policy: Policy | Source | None, sources: Source | Sequence[Source]) -> Policy:
    from depfund.shares.policy import Policy

    if isinstance(policy, Policy):
        return policy
    if policy is not None:
        return Policy.load(policy)
    folder = _folder(sources)
    for name in ("depfund.toml", "pyproject.toml"):
        path = folder / name
        if path.is_file():
            try:
                return Policy.load(path, confined=True)
            except PolicyError:
                if name == "depfund.toml" or b"[tool.depfund" in path.read_bytes():
                    raise
    return Policy()
