"""The plan as double-entry bookkeeping: one transaction per payment, held amount and fee; every one sums to zero."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._entries import entries
from depfund.model import Allocation

__all__ = ["BUDGET", "Transaction", "day", "transactions"]

BUDGET = "Assets:OpenSource:Budget"
_HELD = "Assets:OpenSource:Held"
_FEES = "Expenses:OpenSource:Fees"
_PLAN = "Equity:OpenSource:Budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """``postings`` map accounts to minor units (debit +, credit −) and sum to zero."""

    payee: str
    text: str
    postings: Mapping[str, int]
    meta: Mapping[str, str] = field(default_factory=dict)


def account(platform: str) -> str:
    """``Expenses:OpenSource:OpenCollective`` for ``open_collective``: letters and digits only, as ledgers want."""
    words = re.findall(r"[A-Za-z0-9]+", platform)
    return "Expenses:OpenSource:" + ("".join(word[0].upper() + word[1:] for word in words) or "Unknown")


def transactions(plan: Allocation) -> list[Transaction]:
    """The budget set aside, then where every minor unit of it goes: the budget's account ends at zero."""
    fund = str(plan.policy.get("fund", {}).get("name") or "") if isinstance(plan.policy.get("fund"), Mapping) else ""
    total = plan.budget.minor
    made = [Transaction(payee=fund, text="budget set aside", postings={BUDGET: total, _PLAN: -total})]
    seen = 0
    for entry in entries(plan):
        amount = entry.payment.amount.minor
        meta = {"payee": entry.payment.payee}
        if entry.channel:
            meta |= {"channel": entry.channel.key, "url": entry.channel.url}
        if entry.fee:
            meta |= {"fee-minor": str(entry.fee), "net-minor": str(entry.net)}
        postings = {account(entry.platform): amount, BUDGET: -amount}
        if extra := entry.gross - amount:
            seen += extra
            pot = BUDGET if plan.fees.bearer == "pool_bears" else _PLAN
            postings |= {_FEES: extra, pot: postings.get(pot, 0) - extra}
        made.append(
            Transaction(payee=entry.payment.name or entry.payment.payee, text="payment", postings=postings, meta=meta)
        )
    apart = plan.fees.taken - (seen if plan.fees.bearer == "pool_bears" else 0)
    if apart:
        made.append(Transaction(payee=fund, text="fees", postings={_FEES: apart, BUDGET: -apart}))
    made += [
        Transaction(
            payee=item.subject,
            text=item.reason,
            postings={_HELD: item.minor, BUDGET: -item.minor},
            meta={"held": item.code},
        )
        for item in plan.held
    ]
    return made


def day(plan: Allocation, context: Context, date: str) -> str:
    """The journal's date: ``date``, the context's, or the last day on which evidence was seen.

    A plan has no date of its own; without any of the three it is 1970-01-01, to be replaced.
    """
    if date or context.generated:
        found = (date or context.generated)[:10]
        if not _is_day(found):
            raise ExportError(f"{found!r} is not a date; write it as 2026-01-31.")
        return found
    seen = [item.seen[:10] for p in plan.payments if p.channel for item in p.channel.evidence]
    return max((one for one in seen if _is_day(one)), default="1970-01-01")


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
