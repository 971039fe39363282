"""round event …: what happens to a payee or a grant between rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from depfund.cli import _common as c
from depfund.money import Money

if TYPE_CHECKING:
    from depfund.rounds.ledger import Ledger

__all__ = ["book_of", "event", "ledger_option"]

ledger_option = click.option(
    "--ledger", default="depfund.ledger", show_default=True, metavar="FILE", help="The ledger."
)


def book_of(path: str) -> Ledger:
    """The ledger, which must be there."""
    from depfund.rounds.ledger import Ledger

    return Ledger(path, create=False)


@click.group()
def event() -> None:
    """What happens to a payee or a grant between rounds, written into the ledger."""


@event.command()
@click.argument("payee")
@click.argument("into")
@ledger_option
@c.common
def merge(payee: str, into: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """PAYEE is INTO from now on: two payees turned out to be one; its balance moves along."""
    _written(ledger, [("merged", {"payee": payee, "into": into})], quiet=quiet)


@event.command()
@click.argument("payee")
@click.argument("name")
@ledger_option
@c.common
def rename(payee: str, name: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """PAYEE is called NAME from now on; its balance moves along."""
    _written(ledger, [("renamed", {"payee": payee, "into": name})], quiet=quiet)


@event.command()
@click.argument("payee")
@ledger_option
@c.common
def leave(payee: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """PAYEE takes no part any more; what it has saved returns to the pool."""
    from depfund.rounds.expiry import leaving

    with book_of(ledger) as book:
        rows = leaving(book.state(), payee)
    _written(ledger, rows, quiet=quiet)


@event.command()
@click.argument("payee")
@click.argument("to")
@ledger_option
@c.common
def channel(payee: str, to: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """PAYEE is paid over the channel TO (platform:handle) from now on; the payee lock must allow it."""
    _written(ledger, [("channel_changed", {"payee": payee, "channel": to})], quiet=quiet)


@event.command()
@click.argument("payee")
@click.argument("amount")
@click.argument("becomes")
@ledger_option
@c.common
def convert(payee: str, amount: str, becomes: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """AMOUNT ("10 USD") of what PAYEE has saved BECOMES another amount ("9.20 EUR"): you state the rate."""
    one, other = Money.parse(amount), Money.parse(becomes)
    row = {"payee": payee, "currency": one.currency, "amount": str(one.minor)}
    _written(ledger, [("currency_changed", {**row, "to": other.currency, "becomes": str(other.minor)})], quiet=quiet)


@event.command()
@click.argument("grant")
@click.argument("part", type=click.IntRange(min=1))
@click.argument("state", type=click.Choice(["contracted", "paid"]))
@ledger_option
@c.common
def grant(grant: str, part: int, state: str, ledger: str, quiet: bool, no_progress: bool) -> None:
    """PART (from 1) of a GRANT, as `round show` names it, is contracted, or was paid outside of a round."""
    _written(ledger, [("grant_state", {"grant": grant, "part": part - 1, "state": state})], quiet=quiet)


def _written(ledger: str, rows: list[tuple[str, dict[str, Any]]], *, quiet: bool) -> None:
    with book_of(ledger) as book:
        for one in book.append_all(rows):
            if not quiet:
                c.complain(f"event {one.number}: {one.kind} {one.data.get('payee', one.data.get('grant', ''))}")
