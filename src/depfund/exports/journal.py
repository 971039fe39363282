"""ledger-csv, accounting: the double-entry journal as CSV and as JSON. Debits equal credits, entry by entry."""

from __future__ import annotations

from decimal import Decimal

from depfund.documents import encode
from depfund.exports._amounts import decimal
from depfund.exports._context import Context
from depfund.exports._postings import day, transactions
from depfund.exports._rows import sheet
from depfund.exports._safe import visible
from depfund.model import SCHEMA, Allocation

__all__ = ["HEADER", "render", "render_json"]

HEADER = ("date", "entry", "payee", "description", "account", "debit", "credit", "currency", "channel", "url")


def render(plan: Allocation, context: Context, *, date: str = "") -> str:
    """One row per posting, columns of :data:`HEADER`; ``entry`` numbers the transactions."""
    code = plan.budget.currency
    when = day(plan, context, date)
    rows: list[tuple[str | int | Decimal, ...]] = []
    for number, entry in enumerate(transactions(plan), 1):
        for account, minor in sorted(entry.postings.items()):
            debit: str | Decimal = decimal(minor, code) if minor >= 0 else ""
            credit: str | Decimal = decimal(-minor, code) if minor < 0 else ""
            more = entry.meta.get("channel", ""), entry.meta.get("url", "")
            rows.append((when, number, entry.payee, entry.text, account, debit, credit, code, *more))
    return sheet(HEADER, rows)


def render_json(plan: Allocation, context: Context, *, date: str = "") -> str:
    """``{"kind": "journal", "date", "currency", "entries": [{"payee", "text", "postings": {account: minor}, …}]}``."""
    return encode(
        {
            "schema": SCHEMA,
            "kind": "journal",
            "date": day(plan, context, date),
            "currency": plan.budget.currency,
            "entries": [
                {
                    "payee": visible(entry.payee),
                    "text": visible(entry.text),
                    "postings": dict(entry.postings),
                    "meta": {key: visible(value) for key, value in entry.meta.items() if value},
                }
                for entry in transactions(plan)
            ],
        }
    )
