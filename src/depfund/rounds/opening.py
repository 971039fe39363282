"""A plan as the event that opens its round, and grants in parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from depfund.documents import digest, dumps
from depfund.errors import LedgerError, MoneyError
from depfund.model import Allocation
from depfund.money import Money, fraction
from depfund.rounds.replay import State

__all__ = ["grants", "instalments_due", "opened", "period_of"]

_PART = re.compile(r"instalment (\d+) of")


def period_of(day: date, length: str) -> str:
    """The period that ``day`` is in: ``2026-11`` (month), ``2026-Q4`` (quarter), ``2026`` (year)."""
    if length == "year":
        return f"{day.year}"
    if length == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}-{day.month:02d}"


def opened(
    plan: Allocation, period: str, *, carried: int = 0, instalments: Mapping[str, tuple[int, str, int]] | None = None
) -> dict[str, Any]:
    """The data of the ``opened`` event: exact accruals, fixed payments and what is held; together the budget.

    A plan that was split for a ledger (``ledger=True``) brings its exact ``accruals``; of another one each payment
    accrues in whole units. ``carried`` minor units of the plan's budget come from the ledger's pool.
    ``instalments`` are parts of earlier grants that this round pays as well: grant → (part, payee, minor units), from
    :func:`instalments_due`. Fees that the pool bears accrue with the payment that they belong to.

    Raises :class:`~depfund.errors.LedgerError` when the plan does not add up or carries more than its budget.
    """
    if not period.strip() or not period.isprintable() or len(period) > 40:
        raise LedgerError(f"{period!r} is no period; write it as 2026-03, 2026-Q1 or 2026.")
    if not 0 <= carried <= plan.budget.minor:
        raise LedgerError(f"{carried} minor units cannot be carried into a budget of {plan.budget}.")
    spent = _spent(plan)
    accruals, minimums, lots = _accruals(plan, spent)
    fixed = {payee: minor for payee, minor in spent.items() if payee not in accruals}
    held = plan.budget.minor - sum(accruals.values()) - sum(fixed.values())
    if held.denominator != 1 or held < 0:
        raise LedgerError(
            f"the plan accrues and pays {plan.budget.minor - held} minor units of a budget of {plan.budget.minor}. "
            "Make the plan again with this version of depfund."
        )
    for _, payee, minor in (instalments or {}).values():
        fixed[payee] = fixed.get(payee, 0) + minor
    channels = {payee: row.channel for payee, row in plan.accruals.items() if row.channel}
    channels |= {p.payee: p.channel.key for p in reversed(plan.payments) if p.channel is not None}
    projects = {payee: list(row.projects) for payee, row in plan.accruals.items() if row.projects}
    projects |= {p.payee: list(p.projects) for p in plan.payments if p.projects}
    data: dict[str, Any] = {
        "period": period,
        "currency": plan.budget.currency,
        "budget": plan.budget.minor - carried,
        "accruals": {payee: str(share) for payee, share in sorted(accruals.items())},
        "minimums": minimums,
        "lots": lots,
        "fixed": dict(sorted(fixed.items())),
        "held": int(held),
        "holds": _holds(plan),
        "channels": channels,
        "projects": projects,
        "plan": digest(dumps(plan)),
    }
    if carried:
        data["carried"] = str(carried)
    if instalments:
        data["instalments"] = {grant: part for grant, (part, _, _) in sorted(instalments.items())}
    if unpaid := sorted(plan.coverage.get("unpaid", ())):
        data["named"] = unpaid
    rules = plan.policy.get("unfundable", {})
    if isinstance(rules, Mapping) and rules.get("expiry"):
        data["expiry"] = rules["expiry"]
    return data


def _spent(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    if plan.fees.bearer == "pool_bears":
        for line in plan.fees.lines:
            found[line.payee] = found.get(line.payee, 0) + line.fee
    return found


def _accruals(plan: Allocation, spent: Mapping[str, int]) -> tuple[dict[str, Fraction], dict[str, int], dict[str, int]]:
    if plan.accruals:
        try:
            shares = {payee: fraction(row.exact) for payee, row in plan.accruals.items()}
        except ValueError as error:
            raise LedgerError(f"an accrual of the plan is no fraction: {error}.") from error
        minimums = {payee: row.minimum for payee, row in sorted(plan.accruals.items()) if row.minimum}
        return shares, minimums, {payee: row.lot for payee, row in sorted(plan.accruals.items()) if row.lot != 1}
    found = {payee: Fraction(minor) for payee, minor in spent.items()}
    minimums = {}
    for item in plan.held:
        if item.code == "saving":
            found[item.subject] = found.get(item.subject, Fraction(0)) + item.minor
            minimums[item.subject] = _least(plan, item.subject)
    return found, {payee: least for payee, least in sorted(minimums.items()) if least}, {}


def _least(plan: Allocation, payee: str) -> int:
    """The minimum that the plan's policy states for ``payee``."""
    limits = plan.policy.get("limits", {})
    if not isinstance(limits, Mapping):
        return 0
    own = limits.get("payees", {})
    row = own.get(payee, {}) if isinstance(own, Mapping) else {}
    text = (row.get("minimum") if isinstance(row, Mapping) else None) or limits.get("minimum") or 0
    try:
        return Money.parse(text, plan.budget.currency).minor
    except MoneyError:
        return 0


def _holds(plan: Allocation) -> dict[str, int]:
    """What is held for projects that nobody can be paid for, and may expire: subject → minor units."""
    found: dict[str, int] = {}
    for item in plan.held:
        if item.code == "unfundable" and item.subject != "reserve":
            found[item.subject] = found.get(item.subject, 0) + item.minor
    return dict(sorted(found.items()))


def grants(plan: Allocation, period: str) -> list[dict[str, Any]]:
    """The data of a ``granted`` event for every lump sum that the plan pays in instalments; the first is this round's.

    What comes later is held by the round, and paid by those that :func:`instalments_due` is asked for.
    """
    later: dict[str, dict[int, int]] = {}
    for item in plan.held:
        if item.code == "instalment" and (number := _PART.match(item.reason)):
            later.setdefault(item.subject, {})[int(number[1])] = item.minor
    made = []
    for payee in sorted(later):
        first = sum(p.amount.minor for p in plan.payments if p.payee == payee)
        parts = [first, *(later[payee][number] for number in sorted(later[payee]))]
        grant = {"grant": f"{period} {payee}", "payee": payee, "currency": plan.budget.currency}
        made.append({**grant, "parts": parts, "first_in": period})
    return made


def instalments_due(state: State, currency: str) -> dict[str, tuple[int, str, int]]:
    """The next part of every grant in ``currency`` that is not paid yet: grant → (part, payee, minor units)."""
    busy = {grant for this in state.rounds.values() if this.status == "open" for grant in this.instalments}
    found: dict[str, tuple[int, str, int]] = {}
    for grant, row in sorted(state.grants.items()):
        if row["currency"] != currency or grant in busy:
            continue
        for at, part in enumerate(row["parts"]):
            if part["state"] != "paid":
                found[grant] = (at, state.name(row["payee"]), part["minor"])
                break
    return found
