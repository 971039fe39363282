"""csv: every cent of the budget as rows: payments, what was held, fees taken. The amounts sum to the budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from depfund.exports._amounts import decimal
from depfund.exports._context import Context
from depfund.exports._entries import entries
from depfund.exports._rows import sheet
from depfund.model import Allocation

__all__ = ["HEADER", "render"]

HEADER = (
    "kind", "payee", "name", "amount", "currency", "gross", "fee", "net",
    "platform", "handle", "url", "standing", "confidence", "packages", "reason",
)  # fmt: skip


def render(plan: Allocation, context: Context) -> str:  # noqa: ARG001
    """Columns of :data:`HEADER`; ``kind`` is payment, held or fees; ``packages`` are purls with a space between."""
    return sheet(HEADER, _rows(plan))


def _rows(plan: Allocation) -> Iterator[tuple[str | int | Decimal, ...]]:
    code = plan.budget.currency
    for entry in entries(plan):
        payment, channel = entry.payment, entry.channel
        yield (
            "payment", payment.payee, payment.name, decimal(payment.amount.minor, code), code,
            decimal(entry.gross, code), decimal(entry.fee, code), decimal(entry.net, code),
            channel.platform if channel else "", channel.handle if channel else "", channel.url if channel else "",
            channel.standing if channel else "", Decimal(round(payment.confidence * 100)).scaleb(-2),
            " ".join(payment.because), (payment.conflict and f"conflict of interest: {payment.conflict}") or "",
        )  # fmt: skip
    for item in plan.held:
        amount = decimal(item.minor, code)
        yield ("held", item.subject, "", amount, code, amount, "", "", "", "", "", "", "", "", item.reason)
    if plan.fees.taken:
        taken = decimal(plan.fees.taken, code)
        yield ("fees", "", "", taken, code, taken, taken, "", "", "", "", "", "", "", "fees taken from the budget")
