"""From a plan to the event that opens a round."""

from __future__ import annotations

import hashlib
from datetime import date
from fractions import Fraction
from typing import Any

from depfund.documents import dumps
from depfund.model import Allocation

__all__ = ["opened", "period_of"]

_SAVED = {"saving", "lots"}


def period_of(day: date, length: str) -> str:
    """The period that ``day`` is in: ``2026-11`` (month), ``2026-Q4`` (quarter), ``2026`` (year)."""
    if length == "year":
        return f"{day.year}"
    if length == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}-{day.month:02d}"


def opened(plan: Allocation, period: str, *, carried: Fraction | int = 0) -> dict[str, Any]:
    """The data of an ``opened`` event: exact accruals + fixed amounts + what is held == budget, ``carried`` included.

    A plan made for a ledger (``ledger=True``) states exact ``accruals``; of any other plan each payment accrues as it
    is, in whole units. ``carried`` is the part of the plan's budget that comes out of the ledger's pool.
    """
    fees: dict[str, int] = {}
    if plan.fees.bearer == "pool_bears":
        for line in plan.fees.lines:
            fees[line.payee] = fees.get(line.payee, 0) + line.fee
    sums: dict[str, int] = {}
    for payment in plan.payments:
        sums[payment.payee] = sums.get(payment.payee, 0) + payment.amount.minor
    spent = {payee: minor + fees.get(payee, 0) for payee, minor in sums.items()}
    if plan.accruals:
        accruals = {payee: row.exact for payee, row in plan.accruals.items()}
        fixed = {payee: minor for payee, minor in spent.items() if payee not in accruals}
        held = sum(row.minor for row in plan.held if row.code not in _SAVED)
    else:
        accruals = {payee: str(minor) for payee, minor in spent.items()}
        fixed, held = {}, sum(row.minor for row in plan.held)
    channels = {payment.payee: payment.channel.key for payment in plan.payments if payment.channel}
    return {
        "period": period,
        "currency": plan.budget.currency,
        "budget": int(plan.budget.minor - Fraction(carried)),
        "carried": str(carried),
        "accruals": accruals,
        "fixed": fixed,
        "held": held,
        "minimums": {payee: row.minimum for payee, row in plan.accruals.items() if row.minimum},
        "lots": {payee: row.lot for payee, row in plan.accruals.items() if row.lot > 1},
        "channels": channels,
        "plan": "sha256:" + hashlib.sha256(dumps(plan).encode()).hexdigest(),
    }
