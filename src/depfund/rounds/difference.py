"""What changed between two rounds: the budget's effect and the weight's, per payee, an identity in integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from depfund.errors import LedgerError
from depfund.model import Allocation

__all__ = ["Row", "difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One payee: ``after − before == by_budget + by_weight``, in minor units."""

    payee: str
    status: Literal["joined", "left", "kept"]
    before: int
    after: int
    by_budget: int
    by_weight: int

    @property
    def change(self) -> int:
        """After minus before."""
        return self.after - self.before


def difference(old: Allocation, new: Allocation) -> list[Row]:
    """Rows for every payee of either plan: joined, left, then the largest change first.

    With shares w = x/B: Δx = (B′−B)(w+w′)/2 + (w′−w)(B+B′)/2 (allocation.md, section 9). The first is rounded half up
    to whole units, the second takes the rest. Raises :class:`~depfund.errors.LedgerError` for two currencies.
    """
    if old.budget.currency != new.budget.currency:
        raise LedgerError(
            f"the plans are in {old.budget.currency} and {new.budget.currency}; currencies are never mixed."
        )
    before, after = _sums(old), _sums(new)
    rows = []
    for payee in sorted({*before, *after}):
        one, other = before.get(payee, 0), after.get(payee, 0)
        shares = _share(one, old.budget.minor) + _share(other, new.budget.minor)
        exact = (new.budget.minor - old.budget.minor) * shares / 2
        by_budget = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
        status: Literal["joined", "left", "kept"] = "joined" if not one else "left" if not other else "kept"
        rows.append(
            Row(
                payee=payee,
                status=status,
                before=one,
                after=other,
                by_budget=by_budget,
                by_weight=other - one - by_budget,
            )
        )
    order = {"joined": 0, "left": 1, "kept": 2}
    return sorted(rows, key=lambda row: (order[row.status], -abs(row.change), row.payee))


def _sums(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    return {payee: minor for payee, minor in found.items() if minor}


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)
