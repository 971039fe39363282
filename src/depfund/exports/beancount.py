"""beancount: the plan as planned (``!``) transactions, with a balance assertion that proves that nothing was lost."""

from __future__ import annotations

import datetime as dt

from depfund.exports._amounts import plain
from depfund.exports._context import Context
from depfund.exports._postings import BUDGET, day, transactions
from depfund.exports._safe import beancount
from depfund.model import Allocation

__all__ = ["render"]


def render(plan: Allocation, context: Context, *, date: str = "") -> str:
    """Beancount 2 and 3 syntax. ``date`` (ISO) dates the transactions; see :func:`depfund.exports._postings.day`."""
    code = plan.budget.currency
    when = day(plan, context, date)
    found = transactions(plan)
    accounts = sorted({account for entry in found for account in entry.postings})
    lines = [
        "; Planned payments: change ! to * and the date when each is made.",
        f'option "operating_currency" "{code}"',
        "",
    ]
    lines += [f"{when} open {account} {code}" for account in accounts]
    for entry in found:
        lines += ["", f"{when} ! {beancount(entry.payee)} {beancount(entry.text)}"]
        lines += [f"  {key}: {beancount(value)}" for key, value in sorted(entry.meta.items()) if value]
        lines += [f"  {account}  {plain(minor, code)} {code}" for account, minor in sorted(entry.postings.items())]
    after = dt.date.fromisoformat(when) + dt.timedelta(days=1)
    lines += ["", f"{after.isoformat()} balance {BUDGET}  {plain(0, code)} {code}", ""]
    return "\n".join(lines)
