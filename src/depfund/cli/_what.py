"""What do we use, and who makes it: graph, funding, resolve."""

from __future__ import annotations

import click

from depfund.cli import _common as c
from depfund.documents import dumps, encode, to_builtins
from depfund.errors import Incomplete
from depfund.model import Facts

__all__ = ["COMMANDS"]


@click.command()
@c.sources
@c.as_format
@c.choice("table", "json", "dot", default="table")
@click.option("--no-lock", is_flag=True, help="Read an unpinned manifest as written instead of locking it with uv.")
@c.offline
@c.output
@c.common
def graph(
    sources: tuple[str, ...],
    as_format: str | None,
    form: str,
    no_lock: bool,
    offline: bool,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """The dependency graph: packages, direct dependencies, who requires whom."""
    from depfund.exports import render_graph

    found = c.graph_of(sources, as_format, c.config_of(sources, offline=offline), lock=not no_lock)
    c.write(dumps(found) if form == "json" else render_graph(found, form), output)
    c.tell(found.notes, quiet=quiet)


@click.command()
@c.sources
@c.as_format
@c.choice("table", "json", default="table")
@c.facts_option
@click.option("--strict", is_flag=True, help="Exit with 9 when a direct dependency has no payee.")
@c.offline
@c.dry_run
@c.output
@c.common
def funding(
    sources: tuple[str, ...],
    as_format: str | None,
    form: str,
    facts_file: str | None,
    strict: bool,
    offline: bool,
    dry_run: bool,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Who can be paid, how, and on what evidence."""
    from depfund.exports import render_funding
    from depfund.pipeline import listing

    config = c.config_of(sources, offline=offline, dry_run=dry_run)
    found = c.graph_of(sources, as_format, config)
    facts = c.facts_of(facts_file, found, config, quiet=quiet, progress=not no_progress)
    if dry_run:
        return
    rows = listing(found, facts)
    if form == "json":
        c.write(encode({**to_builtins(facts), "packages": rows}), output)
    else:
        c.write(render_funding(rows, facts), output)
    c.tell([*found.notes, *facts.notes], quiet=quiet)
    gaps = [row["name"] for row in rows if row["direct"] and not row["payees"]]
    if strict and gaps:
        raise Incomplete(
            f"{len(gaps)} direct dependencies have no payee: {', '.join(gaps)}. "
            "Name one in a facts file (depfund resolve -o facts.json), or run without --strict."
        )


@click.command()
@c.sources
@c.as_format
@click.option(
    "--facts", "facts_file", metavar="FILE", help="A person's corrections: the payees it names come before those found."
)
@c.offline
@c.dry_run
@c.output
@c.common
def resolve(
    sources: tuple[str, ...],
    as_format: str | None,
    facts_file: str | None,
    offline: bool,
    dry_run: bool,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Look everything up once, into a facts file to review, correct and replay with --facts."""
    from depfund import pipeline

    config = c.config_of(sources, offline=offline, dry_run=dry_run)
    found = c.graph_of(sources, as_format, config)
    known: Facts | None = c.load(facts_file, Facts) if facts_file else None
    with c.reporter(quiet=quiet, progress=not no_progress, dry=dry_run) as report:
        facts = pipeline.resolve(found, config=config, reporter=report, known=known)
    if not dry_run:
        c.write(dumps(facts), output)
        c.tell([*found.notes, *facts.notes], quiet=quiet)


COMMANDS = (graph, funding, resolve)
