"""held: what is paid to nobody now, and why: the plan's own, and what the payout files could not take."""

from __future__ import annotations

from decimal import Decimal

from depfund.exports._amounts import decimal
from depfund.exports._context import Context
from depfund.exports._routes import sheets
from depfund.exports._rows import sheet
from depfund.model import Allocation, Held

__all__ = ["HEADER", "render", "rows", "text"]

HEADER = ("subject", "amount", "currency", "stage", "code", "reason")


def render(plan: Allocation, context: Context) -> str:  # noqa: ARG001
    """Columns of :data:`HEADER`; ``stage`` is split (in the plan) or the payout format that could not take it."""
    left = {name: list(made.held) for name, made in sheets(plan).items()}
    return text(plan, left)


def text(plan: Allocation, left: dict[str, list[Held]]) -> str:
    """The CSV of the plan's held money and of ``left``, per format."""
    return sheet(HEADER, rows(plan, left))


def rows(plan: Allocation, left: dict[str, list[Held]]) -> list[tuple[str | Decimal, ...]]:
    """One row per held amount."""
    code = plan.budget.currency
    staged = [("split", item) for item in plan.held]
    staged += [(name, item) for name, items in left.items() for item in items]
    return [(item.subject, decimal(item.minor, code), code, stage, item.code, item.reason) for stage, item in staged]
