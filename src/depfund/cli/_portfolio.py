"""The whole organisation: portfolio, report."""

from __future__ import annotations

from typing import Any

import click

from depfund.cli import _common as c
from depfund.documents import dumps, encode
from depfund.model import Allocation

__all__ = ["COMMANDS"]


@click.command()
@c.sources
@c.budget
@c.weighting
@c.settings
@c.policy_option
@c.facts_option
@c.offline
@click.option(
    "--without", multiple=True, metavar="PROJECT", help="What would be paid if this project were gone; may be repeated."
)
@click.option("--executor", metavar="WHERE", help="process (default), inline, or dask://HOST:PORT (extra dask).")
@click.option("--workers", type=click.IntRange(1), help="Processes of the pool; default: one a core.")
@click.option("--format", "form", default="table", show_default=True, metavar="FORMAT", help="See `depfund formats`.")
@c.output
@click.option("--plan", "plan_file", metavar="FILE", help="Also save the allocation as JSON, for report and explain.")
@c.common
def portfolio(
    sources: tuple[str, ...],
    budget: str | None,
    weighting: str | None,
    settings: tuple[str, ...],
    policy_file: str | None,
    facts_file: str | None,
    offline: bool,
    without: tuple[str, ...],
    executor: str | None,
    workers: int | None,
    form: str,
    output: str | None,
    plan_file: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Split a budget over all projects of an organisation: a portfolio.toml, folders, globs, repositories."""
    from depfund import exports, pipeline
    from depfund.model import Facts
    from depfund.portfolio import allocate_portfolio

    config = c.config_of(sources, offline=offline)
    with c.reporter(quiet=quiet, progress=not no_progress) as report:
        plan = allocate_portfolio(
            budget,
            sources,
            weighting=weighting,
            policy=policy_file,
            facts=c.load(facts_file, Facts) if facts_file else None,
            config=config,
            executor=executor,
            reporter=report,
            parameters=c.parameters(settings),
            workers=workers,
            without=without,
        )
    if plan_file:
        c.write(dumps(plan), plan_file)
    context = pipeline.context_of(plan)
    if exports.is_folder(form):
        exports.write_all(plan, form, output or form, context)
    else:
        c.write(dumps(plan) if form == "json" else pipeline.export(plan, form, context=context), output)
    c.tell(plan.notes, quiet=quiet or form == "table")


@click.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--by", type=click.Choice(["team", "ecosystem", "project"]), default="team", show_default=True)
@click.option(
    "--rule",
    type=click.Choice(["contribution", "shared"]),
    default="contribution",
    show_default=True,
    help="contribution: each team bears what its own projects weigh; shared: users of a payee bear it alike.",
)
@click.option("--previous", "previous_file", metavar="PLAN", help="An earlier allocation: also what each paid then.")
@c.choice("table", "json", "csv", default="table")
@c.output
@c.common
def report(
    plan_file: str,
    by: str,
    rule: str,
    previous_file: str | None,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """What a plan costs each team, ecosystem or project: charge-back to the minor unit.

    Payee by payee, `depfund export PLAN --format diff --previous PLAN` compares two plans.
    """
    from depfund.portfolio.charge import compared
    from depfund.portfolio.charge import report as made

    plan = c.load(plan_file, Allocation)
    rows = made(plan, by, rule=rule)
    if previous_file:
        earlier = c.load(previous_file, Allocation)
        rows = compared(rows, made(earlier, by, rule=rule), plan.budget, earlier.budget)
    if form == "json":
        plain = {"schema": 1, "kind": "report", "by": by, "rule": rule, "currency": plan.budget.currency, "rows": rows}
        c.write(encode(plain), output)
    else:
        names = ["paid", "held", *(["previous", "difference"] if previous_file else [])]
        c.write(_csv(rows, plan, names) if form == "csv" else _table(rows, plan, by, names), output)


def _table(rows: list[dict[str, Any]], plan: Allocation, by: str, names: list[str]) -> str:
    from depfund.exports import visible
    from depfund.money import Money

    def amount(minor: int) -> str:
        return ("-" if minor < 0 else "") + str(Money(minor=abs(minor), currency=plan.budget.currency))

    cells = [[by, *names]]
    cells += [[visible(str(row["name"])), *(amount(row.get(name, 0)) for name in names)] for row in rows]
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [[f"{row[0]:<{wide[0]}}", *map(str.rjust, row[1:], wide[1:])] for row in cells]
    return "\n".join("  ".join(line) for line in lines)


def _csv(rows: list[dict[str, Any]], plan: Allocation, names: list[str]) -> str:
    import csv
    import io

    from depfund.exports._safe import cell

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["name", *names, "currency"])
    for row in rows:
        writer.writerow([cell(str(row["name"])), *(row.get(name, 0) for name in names), plan.budget.currency])
    return text.getvalue()


COMMANDS = (portfolio, report)
