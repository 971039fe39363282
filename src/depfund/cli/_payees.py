"""The payee lock: payees review, approve, hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from depfund.cli import _common as c
from depfund.documents import encode
from depfund.errors import LedgerError
from depfund.model import Allocation, Facts

if TYPE_CHECKING:
    from depfund.rounds.lock import Lock

__all__ = ["lock_option", "locked_payees", "payees"]

lock_option = click.option("--lock", "lock_file", default="depfund.lock", show_default=True, metavar="FILE")


def locked_payees(path: str) -> Lock:
    """The payee lock, empty where there is none."""
    from depfund.rounds.lock import Lock

    return Lock.load(path) if Path(path).exists() else Lock()


@click.group()
def payees() -> None:
    """The payee lock: who a person has approved, for each project."""


@payees.command()
@click.argument("plan_file", metavar="PLAN")
@lock_option
@c.facts_option
@c.choice("table", "json", default="table")
@c.common
def review(plan_file: str, lock_file: str, facts_file: str | None, form: str, quiet: bool, no_progress: bool) -> None:
    """List new, changed and vanished payees of a saved allocation against the lock; exits 10 when there are any."""
    import msgspec

    from depfund.rounds.lock import review as compare

    facts = c.load(facts_file, Facts) if facts_file else None
    changes = compare(locked_payees(lock_file), c.load(plan_file, Allocation), facts)
    if form == "json":
        c.write(encode({"schema": 1, "kind": "review", "changes": msgspec.to_builtins(changes)}), None)
    else:
        for change in changes:
            c.say(f"{change.kind}: {change}")
    if changes:
        raise LedgerError(
            f"{len(changes)} changes wait for a person. `depfund payees approve {plan_file}` accepts them."
        )


@payees.command()
@click.argument("plan_file", metavar="PLAN")
@click.argument("who", nargs=-1, metavar="[PAYEE|PROJECT]...")
@lock_option
@c.facts_option
@c.common
def approve(
    plan_file: str, who: tuple[str, ...], lock_file: str, facts_file: str | None, quiet: bool, no_progress: bool
) -> None:
    """Write what `review` lists (all of it, or of those named) into the lock."""
    from depfund.rounds.lock import approve as accept
    from depfund.rounds.lock import review as compare

    plan: Allocation = c.load(plan_file, Allocation)
    facts = c.load(facts_file, Facts) if facts_file else None
    before = locked_payees(lock_file)
    today = c.config_of((plan_file,)).today()
    after = accept(before, plan, on=today, only=who or None, facts=facts)
    after.save(lock_file)
    if not quiet:
        rest = compare(after, plan, facts)
        done = len(compare(before, plan, facts)) - len(rest)
        c.complain(f"{done} changes approved in {lock_file}, {len(rest)} left.")


@payees.command()
@click.argument("plan_file", metavar="PLAN")
@lock_option
@c.facts_option
@c.output
@c.common
def hold(
    plan_file: str, lock_file: str, facts_file: str | None, output: str | None, quiet: bool, no_progress: bool
) -> None:
    """A saved allocation with what nobody approved moved to what is held."""
    from depfund.rounds.lock import hold_changes

    facts = c.load(facts_file, Facts) if facts_file else None
    c.write(hold_changes(c.load(plan_file, Allocation), locked_payees(lock_file), facts).to_json(), output)
