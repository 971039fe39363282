"""What happens over time: round open, close, show, reconcile …, and the payee lock."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from depfund.cli import _common as c
from depfund.cli._events import book_of, event, ledger_option
from depfund.cli._payees import lock_option, locked_payees, payees
from depfund.documents import encode
from depfund.errors import LedgerError, UsageError
from depfund.exports import visible
from depfund.model import Allocation
from depfund.money import Money

if TYPE_CHECKING:
    from depfund.rounds.replay import Round, State

__all__ = ["COMMANDS"]

period_option = click.option("--period", metavar="NAME", help="Such as 2026-11; default: the newest, or today's.")
currency_option = click.option("--currency", metavar="CODE", help="Where a period has rounds in several.")
FORMS = ("github", "open_collective", "bank")


@click.group("round")
def round_() -> None:
    """The ledger over time: small shares are saved until they can be paid, and nothing is paid twice."""


@round_.command("open")
@c.sources
@c.as_format
@ledger_option
@period_option
@c.budget
@c.weighting
@c.settings
@c.policy_option
@c.facts_option
@c.offline
@click.option("--no-carry", is_flag=True, help="Leave the pool alone: what expired or was left is not split again.")
@click.option("--no-instalments", is_flag=True, help="Pay no part of earlier grants in this round.")
@click.option("--expiry", type=int, metavar="ROUNDS", help="Default: the policy's unfundable.expiry.")
@click.option("--plan", "plan_file", metavar="FILE", help="Also save the allocation as JSON.")
@c.choice("table", "json", default="table")
@c.output
@c.common
def open_(
    sources: tuple[str, ...],
    as_format: str | None,
    ledger: str,
    period: str | None,
    budget: str | None,
    weighting: str | None,
    settings: tuple[str, ...],
    policy_file: str | None,
    facts_file: str | None,
    offline: bool,
    no_carry: bool,
    no_instalments: bool,
    expiry: int | None,
    plan_file: str | None,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Book a round: SOURCE is a saved allocation, or what `depfund allocate` takes."""
    from depfund import pipeline
    from depfund.rounds.books import round_plain
    from depfund.rounds.expiry import expired
    from depfund.rounds.ledger import Ledger
    from depfund.rounds.opening import grants, instalments_due, opened, period_of

    config = c.config_of(sources, offline=offline)
    policy = pipeline.policy_for(policy_file, sources)
    plan = _saved(sources)
    if plan is not None and budget is not None:
        raise UsageError("a saved allocation has its budget; leave --budget out, or name its sources instead.")
    own = None if plan is not None else policy.budget() if budget is None else Money.parse(budget, policy.fund.currency)
    currency = plan.budget.currency if plan is not None else own.currency if own is not None else policy.fund.currency
    name = period or period_of(config.clock().date(), policy.fund.period)
    with Ledger(ledger, clock=config.clock) as book:
        if (name, currency) in book.state().rounds:
            raise LedgerError(f"the round {name} in {currency} was opened before; nothing is booked twice.")
        age = expiry or policy.unfundable.expiry or 0
        returned = expired(book.state(), currency, age) if age else []
        book.append_all(returned)
        carried = 0
        if plan is None:
            found = c.graph_of(sources, as_format, config)
            facts = c.facts_of(facts_file, found, config, quiet=quiet, progress=not no_progress)
            pool = book.state().pool.get(currency, 0)
            if own is not None and not no_carry:
                carried = pool.numerator // pool.denominator
                own = Money(minor=own.minor + carried, currency=currency)
            plan = pipeline.allocate_graph(
                own,
                found,
                weighting=weighting,
                policy=policy,
                facts=facts,
                config=config,
                parameters=c.parameters(settings),
                ledger=True,
            )
        due = {} if no_instalments else instalments_due(book.state(), currency)
        data = opened(plan, name, carried=carried, instalments=due)
        book.append_all([("opened", data), *(("granted", row) for row in grants(plan, name))])
        this = book.state().round(name, currency)
    if plan_file:
        c.write(plan.to_json(), plan_file)
    text = encode({"schema": 1, "kind": "round", **round_plain(this)}) if form == "json" else _opened_text(this)
    c.write(text, output)
    c.tell(plan.notes, quiet=quiet)


def _saved(sources: tuple[str, ...]) -> Allocation | None:
    """The allocation that the one source is, if it is one."""
    if len(sources) != 1 or sources[0] == "-" or not Path(sources[0]).is_file():
        return None
    head = Path(sources[0]).read_bytes()
    if b'"kind": "allocation"' not in head and b'"kind":"allocation"' not in head:
        return None
    found: Allocation = c.load(sources[0], Allocation)
    return found


@round_.command()
@ledger_option
@period_option
@currency_option
@lock_option
@c.choice("table", "json", default="table")
@c.output
@c.common
def close(
    ledger: str,
    period: str | None,
    currency: str | None,
    lock_file: str,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Pay what has grown large enough; closing again pays nothing and says so.

    Where a payee lock is, payees with a channel that nobody approved save their share instead.
    """
    from depfund.rounds.books import round_plain
    from depfund.rounds.lock import withheld

    with book_of(ledger) as book:
        this = _chosen(book.state(), period, currency)
        asked = this
        locked = locked_payees(lock_file) if Path(lock_file).exists() else None
        this, fresh = book.settle(
            this.period,
            this.currency,
            withheld=lambda state: withheld(locked, state, asked) if locked is not None else (),
        )
        head = book.state().head
    text = (
        encode({"schema": 1, "kind": "round", "fresh": fresh, **round_plain(this)})
        if form == "json"
        else _round_text(this)
    )
    c.write(text, output)
    if quiet:
        return
    if locked is None:
        c.complain(f"warning: there is no payee lock {lock_file}; `depfund payees approve PLAN` writes one.")
    if not fresh:
        c.complain(f"round {this.period} was closed already (event {this.closed}); nothing was paid again.")
    for payee in this.withheld:
        c.complain(
            f"withheld: {payee}; not approved in {lock_file}; its share is saved. `depfund payees review` shows it."
        )
    c.complain(f"keep the head of the chain elsewhere: {head}")


@round_.command()
@ledger_option
@period_option
@c.choice("table", "json", default="table")
@c.output
@c.common
def show(ledger: str, period: str | None, form: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """The rounds, balances and the pool; with --period one round."""
    from depfund.rounds.books import plain, round_plain

    with book_of(ledger) as book:
        state = book.state()
    if period is not None:
        rounds = [this for (name, _), this in state.rounds.items() if name == period]
        if not rounds:
            state.round(period, "any currency")
        document: dict[str, Any] = {"schema": 1, "kind": "rounds", "rounds": [round_plain(this) for this in rounds]}
        c.write(encode(document) if form == "json" else "\n".join(map(_round_text, rounds)), output)
        return
    c.write(encode(plain(state)) if form == "json" else _state_text(state), output)


@round_.command()
@click.argument("file", metavar="FILE")
@ledger_option
@period_option
@currency_option
@click.option("--as", "as_form", type=click.Choice(FORMS), help="Default: known by its columns.")
@click.option("--missing-is-zero", is_flag=True, help="Who is due there and not in the file got nothing.")
@c.choice("table", "json", default="table")
@c.output
@c.common
def reconcile(
    file: str,
    ledger: str,
    period: str | None,
    currency: str | None,
    as_form: Literal["github", "open_collective", "bank"] | None,
    missing_is_zero: bool,
    form: str,
    output: str | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Book what was really paid, from GitHub's, Open Collective's or a bank's CSV; differences go to the balances."""
    import msgspec

    from depfund.rounds.reconcile import events, match, read

    try:
        text = c.read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LedgerError(f"{file} is not UTF-8 text; save it as CSV in UTF-8.") from error
    with book_of(ledger) as book:
        state = book.state()
        this = _chosen(state, period, currency, closed=True)
        kind, receipts = read(text, this.currency, as_form, file=file)
        found = match(state, this, receipts, kind)
        book.append_all(new := events(this, found, missing=missing_is_zero))
    if form == "json":
        rows = msgspec.to_builtins(found)
        head = {"period": this.period, "currency": this.currency, "booked": len(new)}
        c.write(encode({"schema": 1, "kind": "reconciliation", "form": kind, **head, "rows": rows}), output)
    else:
        lines = []
        for row in found:
            due, got = (Money(minor=minor, currency=this.currency) for minor in (row.expected, row.actual))
            at = f" (line {', '.join(map(str, row.lines))})" if row.lines else ""
            said = f": {row.reason}" if row.reason else ""
            lines.append(f"{row.kind:<10} {visible(row.payee):<40} due {due}, paid {got}{at}{visible(said)}\n")
        c.write("".join(lines), output)
    if not quiet:
        c.complain(f"{len(new)} payments booked in round {this.period} as read from {kind}.")


@round_.command()
@ledger_option
@click.option("--head", metavar="HASH", help="The head of the chain as you kept it; the ledger must hold it.")
@c.common
def verify(ledger: str, head: str | None, quiet: bool, no_progress: bool) -> None:
    """Check every hash and replay every event; the first that was changed is named."""
    with book_of(ledger) as book:
        events = book.events()
        state = book.verify()
    if head and head not in {event.hash for event in events}:
        raise LedgerError(f"{ledger} does not hold the head {head}: events were removed or rewritten. Restore a copy.")
    c.say(f"{ledger}: {state.number} events, chain intact, head {state.head}")


@round_.command()
@ledger_option
@click.option("--after", "periods", type=int, required=True, help="Closed rounds without a share or payment.")
@click.option("--currency", default="USD", show_default=True)
@c.common
def expire(ledger: str, periods: int, currency: str, quiet: bool, no_progress: bool) -> None:
    """Return what has waited for that many rounds to the pool; the next round splits it again."""
    from depfund.rounds.expiry import expired

    with book_of(ledger) as book:
        rows = expired(book.state(), currency, periods)
        book.append_all(rows)
    for kind, row in rows:
        who = row.get("payee") or f"{row['subject']} (round {row['period']})"
        c.say(f"{kind} {who}: {row['amount']} minor units of {currency}")


@round_.command("export")
@ledger_option
@click.option("--format", "form", type=click.Choice(["json", "csv", "beancount"]), default="json", show_default=True)
@c.output
@c.common
def export_(ledger: str, form: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """The ledger as JSON (the state), CSV (the events) or Beancount (closed rounds)."""
    from depfund.rounds.books import render

    with book_of(ledger) as book:
        c.write(render(book.verify(), book.events(), form), output)


@round_.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@c.choice("table", "json", default="table")
@c.common
def diff(old: str, new: str, form: str, quiet: bool, no_progress: bool) -> None:
    """What changed between two saved allocations: the budget's effect and the weight's, per payee."""
    import msgspec

    from depfund.rounds.difference import difference

    plan = c.load(new, Allocation)
    rows = difference(c.load(old, Allocation), plan)
    if form == "json":
        c.write(encode({"schema": 1, "kind": "difference", "rows": msgspec.to_builtins(rows)}), None)
        return
    code = plan.budget.currency
    for row in rows:
        change, budget, weight = (Money(minor=m, currency=code) for m in (row.delta, row.budget, row.weight))
        c.say(f"{row.standing:<7} {row.payee:<40} {change}  (budget {budget}, weight {weight})")


def _chosen(state: State, period: str | None, currency: str | None, *, closed: bool = False) -> Round:
    """The round that is meant: as named, else the newest (of those still open, or closed ones)."""
    found = [this for (name, code), this in state.rounds.items() if period in {None, name} and currency in {None, code}]
    if period is None:
        wanted = "closed" if closed else "open"
        found = [this for this in found if this.status == wanted][-1:] or found[-1:]
    if not found:
        return state.round(period or "any", currency or "any currency")
    if len(found) > 1:
        raise LedgerError(f"round {period} exists in {', '.join(t.currency for t in found)}; add --currency.")
    return found[0]


def _opened_text(this: Round) -> str:
    code = this.currency
    total = sum(this.accruals.values(), start=Fraction(0))
    shares = Money(minor=total.numerator // total.denominator, currency=code)
    by_hand = Money(minor=sum(this.fixed.values()), currency=code)
    return (
        f"round {this.period} opened with {Money(minor=this.budget, currency=code)}: {shares} of shares for "
        f"{len(this.accruals)} payees, {by_hand} fixed, {Money(minor=this.held, currency=code)} held\n"
    )


def _round_text(this: Round) -> str:
    lines = [f"round {this.period}, {this.status}: budget {Money(minor=this.budget, currency=this.currency)}"]
    for payee, minor in sorted(this.paid.items(), key=lambda item: (-item[1], item[0])):
        actual = f", arrived {Money(minor=this.actual[payee], currency=this.currency)}" if payee in this.actual else ""
        lines.append(f"  {Money(minor=minor, currency=this.currency)!s:>16}  {payee}{actual}")
    lines.append(f"  {Money(minor=sum(this.paid.values()), currency=this.currency)!s:>16}  paid")
    return "\n".join(map(visible, lines)) + "\n"


def _state_text(state: State) -> str:
    from depfund.rounds.books import whole

    lines = [f"{state.number} events, head {state.head}"]
    for this in state.rounds.values():
        paid = Money(minor=sum(this.paid.values()), currency=this.currency)
        lines.append(f"round {this.period} ({this.currency}): {this.status}, paid {paid}")
    for code, rows in state.balances.items():
        total = (
            Money(minor=whole(sum(rows.values(), start=rows[next(iter(rows))] * 0)), currency=code) if rows else None
        )
        lines.append(f"saved in {code}: {total or 0} for {len(rows)} payees")
        lines += [f"  {Money(minor=whole(balance), currency=code)!s:>16}  {payee}" for payee, balance in rows.items()]
    lines += [f"pool: {Money(minor=whole(amount), currency=code)}" for code, amount in state.pool.items() if amount]
    return "\n".join(map(visible, lines)) + "\n"


round_.add_command(event)

COMMANDS = (round_, payees)
