"""pledge: the Open Source Pledge's member record (one JSON file) with this allocation as its annual report.

Fields as in the pledge's member schema: ``year`` is text, amounts are US dollars, only cash paid to maintainers and
foundations counts. The bar is 2,000 USD per full-time-equivalent developer and year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from depfund.documents import encode
from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._postings import day
from depfund.model import Allocation

__all__ = ["BAR", "render"]

BAR = 200_000
"""Minor units (US cents) per developer and year."""
_LATER = "https://replace-me.example/"


def render(
    plan: Allocation,
    context: Context,
    *,
    developers: float | None = None,
    name: str = "",
    url: str = "",
    report_url: str = "",
    date: str = "",
    paid: int | None = None,
) -> str:
    """The record. ``developers`` and ``name`` come from the policy's ``[fund]`` unless given.

    ``paid`` (minor units) replaces the plan's payments where the year's total is more than this plan. Addresses that
    are not given are placeholders on ``.example``, to be replaced before the record is sent in. Raises
    :class:`~depfund.errors.ExportError` when the plan is not in USD or nobody says how many developers there are.
    """
    if plan.budget.currency != "USD":
        raise ExportError(f"the pledge counts US dollars, this plan is in {plan.budget.currency}; split a USD budget.")
    fund = plan.policy.get("fund")
    fund = fund if isinstance(fund, Mapping) else {}
    heads = developers if developers is not None else fund.get("developers")
    if isinstance(heads, str) and re.fullmatch(r"\d+(?:\.\d+)?", heads):
        heads = float(heads) if "." in heads else int(heads)
    if not isinstance(heads, (int, float)) or isinstance(heads, bool) or heads <= 0:
        raise ExportError(
            "the pledge needs the number of developers; state fund.developers in the policy file, or give developers=."
        )
    member = name or str(fund.get("name") or "")
    cents = sum(payment.amount.minor for payment in plan.payments) if paid is None else paid
    when = day(plan, context, date)
    page = url or _LATER
    record: dict[str, Any] = {
        "id": re.sub(r"[^a-z0-9]+", "-", member.lower()).strip("-") or "replace-me",
        "role": "Member",
        "active": True,
        "name": member or "replace me",
        "description": f"We pay the maintainers of {len(plan.payments)} projects that we depend on.",
        "shortDescription": "We fund our dependencies.",
        "url": page,
        "joinDate": when,
        "annualReports": [
            {
                "url": report_url or page,
                "year": when[:4],
                "reportDate": when,
                "averageNumberOfDevs": heads,
                "usdAmountPaid": cents // 100 if cents % 100 == 0 else cents / 100,
            }
        ],
    }
    return encode(record)
