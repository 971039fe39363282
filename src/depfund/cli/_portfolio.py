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
@c.choice("table", "json", "csv", default="table")
@c.output
@c.common
def report(plan_file: str, by: str, rule: str, form: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """What a plan costs each team, ecosystem or project: charge-back to the minor unit."""
    from depfund.portfolio.charge import report as made

    plan = c.load(plan_file, Allocation)
    rows = made(plan, by, rule=rule)
    if form == "json":
        plain = {"schema": 1, "kind": "report", "by": by, "rule": rule, "currency": plan.budget.currency, "rows": rows}
        c.write(encode(plain), output)
    else:
        c.write(_csv(rows, plan) if form == "csv" else _table(rows, plan, by), output)


def _cells(rows: list[dict[str, Any]], plan: Allocation) -> list[tuple[str, str, str]]:
    from depfund.money import Money

    def amount(minor: int) -> str:
        return str(Money(minor=minor, currency=plan.budget.currency))

    return [(str(row["name"]), amount(row["paid"]), amount(row.get("held", 0))) for row in rows]


def _table(rows: list[dict[str, Any]], plan: Allocation, by: str) -> str:
    from depfund.exports import visible

    cells = [(by, "paid", "held"), *_cells(rows, plan)]
    wide = [max(len(visible(row[at])) for row in cells) for at in range(3)]
    return "\n".join(f"{visible(a):<{wide[0]}}  {b:>{wide[1]}}  {h:>{wide[2]}}" for a, b, h in cells)


def _csv(rows: list[dict[str, Any]], plan: Allocation) -> str:
    import csv
    import io

    from depfund.exports._safe import cell

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["name", "paid", "held", "currency"])
    for row in rows:
        writer.writerow([cell(str(row["name"])), row["paid"], row.get("held", 0), plan.budget.currency])
    return text.getvalue()


COMMANDS = (portfolio, report)
