"""Who gets how much, and why: allocate, weigh, compare, explain, export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from depfund.cli import _common as c
from depfund.documents import dumps, encode
from depfund.model import Allocation, Level
from depfund.money import Money

__all__ = ["COMMANDS"]


@click.command()
@c.sources
@c.as_format
@c.budget
@c.weighting
@c.settings
@c.policy_option
@c.facts_option
@c.offline
@c.dry_run
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    metavar="FORMAT",
    help="table, json, html … (`depfund formats`).",
)
@c.output
@click.option("--plan", "plan_file", metavar="FILE", help="Also save the allocation as JSON, for explain and export.")
@c.common
def allocate(
    sources: tuple[str, ...],
    as_format: str | None,
    budget: str | None,
    weighting: str | None,
    settings: tuple[str, ...],
    policy_file: str | None,
    facts_file: str | None,
    offline: bool,
    dry_run: bool,
    form: str,
    output: str | None,
    plan_file: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Split a budget over everything the sources use."""
    from depfund import pipeline

    config = c.config_of(sources, offline=offline, dry_run=dry_run)
    policy = pipeline.policy_for(policy_file, sources)
    if budget is not None:
        Money.parse(budget, policy.fund.currency)  # a budget that is none is refused before anything is looked up
    found = c.graph_of(sources, as_format, config)
    facts = c.facts_of(facts_file, found, config, quiet=quiet, progress=not no_progress)
    if dry_run:
        return
    plan = pipeline.allocate_graph(
        budget,
        found,
        weighting=weighting,
        policy=policy,
        facts=facts,
        config=config,
        parameters=pipeline.with_usage(c.parameters(settings), policy, sources),
    )
    if plan_file:
        c.write(dumps(plan), plan_file)
    _export(plan, form, output, quiet=quiet, graph=found, facts=facts)
    c.tell(plan.notes, quiet=quiet or form == "table")


def _export(
    plan: Allocation,
    form: str,
    output: str | None,
    *,
    quiet: bool,
    options: Mapping[str, str] | None = None,
    **context: Any,
) -> None:
    """Write ``plan`` as ``form``; what a payout file cannot take is said on standard error, never dropped silently."""
    from depfund import exports, pipeline

    around = pipeline.context_of(plan, **context)
    if exports.is_folder(form):
        paths = exports.write_all(plan, form, output or form, around)
        if not quiet:
            c.complain(f"wrote {len(paths)} files to {output or form}.")
        return
    text = dumps(plan) if form == "json" else pipeline.export(plan, form, context=around, **(options or {}))
    c.write(text, output)
    left = exports.held(plan, form)
    if left and not quiet:
        for row in left[:10]:
            amount = Money(minor=row.minor, currency=plan.budget.currency)
            c.complain(f"not in this file: {amount} for {row.subject}, {row.reason}")
        if len(left) > 10:
            c.complain(f"and {len(left) - 10} more; --format held lists them all.")


@click.command()
@c.sources
@c.as_format
@click.option("--weighting", "-w", default="flow", show_default=True, metavar="NAME", help="See `depfund weightings`.")
@c.settings
@c.level
@c.facts_option
@c.offline
@c.choice("json", "table", default="json")
@c.output
@c.common
def weigh(
    sources: tuple[str, ...],
    as_format: str | None,
    weighting: str,
    settings: tuple[str, ...],
    level: Level,
    facts_file: str | None,
    offline: bool,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """How much each version, package or project matters, in integers that sum to 10^15.

    Nothing is looked up: without --facts every package is its own project.
    """
    from depfund import pipeline
    from depfund.exports import render_weights
    from depfund.model import Facts

    found = c.graph_of(sources, as_format, c.config_of(sources, offline=offline))
    facts = c.load(facts_file, Facts) if facts_file else None
    made = pipeline.weigh(found, weighting, level=level, facts=facts, **c.parameters(settings))
    c.write(dumps(made) if form == "json" else render_weights(made), output)
    c.tell(made.notes, quiet=quiet)


@click.command()
@c.sources
@c.as_format
@click.option(
    "--weighting", "-w", "weightings", multiple=True, metavar="NAME", help="May be repeated; default: four of them."
)
@c.level
@c.facts_option
@c.offline
@c.choice("table", "json", default="table")
@c.output
@c.common
def compare(
    sources: tuple[str, ...],
    as_format: str | None,
    weightings: tuple[str, ...],
    level: Level,
    facts_file: str | None,
    offline: bool,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """How much money moves between weightings, so that nobody takes one formula for the truth."""
    from depfund import pipeline
    from depfund.exports import render_comparison
    from depfund.model import Facts

    found = c.graph_of(sources, as_format, c.config_of(sources, offline=offline))
    facts = c.load(facts_file, Facts) if facts_file else None
    made = pipeline.compare(found, weightings or pipeline.COMPARED, level=level, facts=facts).to_plain()
    c.write(encode(made) if form == "json" else render_comparison(made), output)
    c.tell(found.notes, quiet=quiet)


@click.command()
@click.argument("plan_file", metavar="PLAN")
@click.argument("who", metavar="PACKAGE|PAYEE")
@c.choice("table", "json", default="table")
@c.output
@c.common
def explain(plan_file: str, who: str, form: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """Why this amount: paths from the root, what each stage moved, the evidence."""
    from depfund import pipeline

    found = pipeline.explain(c.load(plan_file, Allocation), who)
    c.write(encode(found.to_plain()) if form == "json" else str(found), output)


@click.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--format", "form", required=True, metavar="NAME", help="See `depfund formats`.")
@click.option("--previous", "previous_file", metavar="PLAN", help="diff: the earlier allocation.")
@click.option("--sbom", "sbom_file", metavar="FILE", help="cyclonedx, spdx: the document to enrich.")
@click.option(
    "--set", "options", multiple=True, metavar="KEY=VALUE", help="An option of the format, such as date=2026-11-30."
)
@c.output
@c.common
def export(
    plan_file: str,
    form: str,
    previous_file: str | None,
    sbom_file: str | None,
    options: tuple[str, ...],
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Write a payout or report file from a saved allocation."""
    context: dict[str, Any] = {}
    if previous_file:
        context["previous"] = c.load(previous_file, Allocation)
    if sbom_file:
        context["source_document"] = c.read_bytes(sbom_file)
    _export(c.load(plan_file, Allocation), form, output, quiet=quiet, options=c.parameters(options), **context)


COMMANDS = (allocate, weigh, compare, explain, export)
