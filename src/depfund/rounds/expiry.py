"""Balances that have not moved for long go back to the pool, as events, never silently."""

from __future__ import annotations

from typing import Any

from depfund.rounds.replay import State

__all__ = ["expired", "leaving"]


def expired(state: State, currency: str, periods: int) -> list[dict[str, Any]]:
    """Data of ``expired`` events: balances above zero that were not touched in the last ``periods`` closed rounds."""
    closed = sorted(this.closed for this in state.rounds.values() if this.currency == currency and this.closed)
    if len(closed) < periods or periods < 1:
        return []
    since = closed[-periods]
    touched = state.touched.get(currency, {})
    return [
        {"payee": payee, "currency": currency, "amount": str(balance), "reason": f"not moved for {periods} rounds"}
        for payee, balance in sorted(state.balances.get(currency, {}).items())
        if balance > 0 and touched.get(payee, 0) < since
    ]


def leaving(state: State, payee: str) -> list[dict[str, Any]]:
    """Data of ``left`` events: everything ``payee`` has saved, in every currency, goes to the pool."""
    found = []
    for currency in sorted(state.balances):
        balance = state.balance(payee, currency)
        if balance > 0:
            found.append({"payee": state.name(payee), "currency": currency, "amount": str(balance), "reason": "left"})
    return found
