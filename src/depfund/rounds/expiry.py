"""What waited too long goes back to the pool: an event each, never silently. Source: allocation.md, section 6."""

from __future__ import annotations

from typing import Any

from depfund.errors import LedgerError
from depfund.rounds.replay import State

__all__ = ["expired", "leaving"]


def expired(state: State, currency: str, expiry: int) -> list[tuple[str, dict[str, Any]]]:
    """Events ``(kind, data)`` for what is older than ``expiry`` closed rounds in ``currency``.

    ``expired`` for the balance of a payee that had no share and no payment for that long (a balance that reached its
    minimum was paid when the round closed), ``released`` for what a round held for a project that nobody could be
    paid for. Append them with :meth:`~depfund.rounds.ledger.Ledger.append_all`; the pool can then be carried into
    the next round. Raises :class:`~depfund.errors.LedgerError` for an expiry below one round.
    """
    if isinstance(expiry, bool) or not isinstance(expiry, int) or expiry < 1:
        raise LedgerError(f"the expiry is {expiry!r}; it is a whole number of rounds, 1 or more.")
    closed = [this.closed for this in state.rounds.values() if this.currency == currency and this.status == "closed"]
    touched = state.touched.get(currency, {})
    found: list[tuple[str, dict[str, Any]]] = []
    for payee, balance in sorted(state.balances.get(currency, {}).items()):
        since = touched.get(payee, 0)
        if balance > 0 and sum(number > since for number in closed) >= expiry:
            found.append(("expired", {"payee": payee, "currency": currency, "amount": str(balance)}))
    for this in state.rounds.values():
        if this.currency != currency or this.status != "closed":
            continue
        if sum(number > this.closed for number in closed) < expiry:
            continue
        for subject, minor in sorted(this.holds.items()):
            if minor:
                data = {"period": this.period, "currency": currency, "subject": subject, "amount": minor}
                found.append(("released", data))
    return found


def leaving(state: State, payee: str) -> list[tuple[str, dict[str, Any]]]:
    """``left`` events that return everything ``payee`` has saved, in every currency, to the pool.

    Raises :class:`~depfund.errors.LedgerError` when it has saved nothing.
    """
    name = state.name(payee)
    found = [
        ("left", {"payee": name, "currency": currency, "amount": str(balances[name])})
        for currency, balances in sorted(state.balances.items())
        if balances.get(name, 0) > 0
    ]
    if not found:
        raise LedgerError(f"{payee} has no balance to return. `depfund round show` lists who has.")
    return found
