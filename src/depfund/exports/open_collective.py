"""open-collective: a worklist with prefilled contribution links.

Open Collective has no upload of contributions for donors; its donation page takes the amount (in currency units),
the interval and the contributing organisation in the address (its documentation, "Postback and prefilled links").
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from depfund.errors import ExportError
from depfund.exports._amounts import decimal, plain
from depfund.exports._context import Context
from depfund.exports._entries import Entry, Sheet, entries
from depfund.exports.worklist import build
from depfund.model import Allocation

__all__ = ["HEADER", "donate", "render", "sheet"]

HEADER = ("payee", "name", "slug", "host", "amount", "currency", "fee", "net", "link")
_INTERVALS = ("", "month", "year")


def render(plan: Allocation, context: Context, *, interval: str = "", contribute_as: str = "") -> str:  # noqa: ARG001
    """Columns of :data:`HEADER`; ``interval`` (month, year; default once), ``contribute_as`` (your own slug)."""
    if interval not in _INTERVALS:
        raise ExportError(f"interval {interval!r} is unknown; it is month, year or empty for once.")
    found = [entry for entry in entries(plan) if entry.platform == "open_collective"]
    return sheet(found, plan.budget.currency, interval=interval, contribute_as=contribute_as).text


def sheet(found: Sequence[Entry], currency: str, *, interval: str = "", contribute_as: str = "") -> Sheet:
    """One row per collective, with the link that opens its donation page filled in."""

    def row(entry: Entry) -> Sequence[object]:
        channel = entry.channel
        slug = channel.handle if channel else ""
        url = donate(slug, plain(entry.gross, currency), interval=interval, contribute_as=contribute_as)
        return (
            entry.payment.payee, entry.payment.name, slug, (channel.host or "") if channel else "",
            decimal(entry.gross, currency), currency, decimal(entry.fee, currency), decimal(entry.net, currency), url,
        )  # fmt: skip

    return build(found, currency, HEADER, row, "open-collective")


def donate(slug: str, amount: str, *, interval: str = "", contribute_as: str = "") -> str:
    """The prefilled donation link of ``slug``."""
    query = {"interval": interval, "amount": amount, "contributeAs": contribute_as}
    return f"https://opencollective.com/{quote(slug, safe='')}/donate?" + urlencode(
        {k: v for k, v in query.items() if v}
    )
