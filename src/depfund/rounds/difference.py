"""What changed between two rounds, as an identity in whole minor units. Source: allocation.md, section 9."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from depfund.errors import LedgerError
from depfund.model import Allocation

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One payee: ``after − before == budget + weight``, in minor units.

    ``budget`` is what the larger or smaller budget moved, ``weight`` what the payee's share of it moved.
    """

    payee: str
    before: int
    after: int
    budget: int
    weight: int
    standing: Literal["joined", "left", "stayed"]

    @property
    def delta(self) -> int:
        """After less before."""
        return self.after - self.before


def difference(old: Allocation, new: Allocation) -> list[Difference]:
    """Rows for everybody paid in either: joined first, then left, then the largest ``|delta|``; ties by key.

    With shares ``w = x/B`` of the budgets the exact effects are ``(B′−B)(w+w′)/2`` and ``(w′−w)(B+B′)/2``. The first
    is rounded half to even and the second takes the rest, so each is within half a unit of its exact value.

    Raises :class:`~depfund.errors.LedgerError` when the currencies differ.
    """
    if old.budget.currency != new.budget.currency:
        raise LedgerError(
            f"the plans are in {old.budget.currency} and {new.budget.currency}; currencies are never mixed."
        )
    before, after = _amounts(old), _amounts(new)
    b, c = old.budget.minor, new.budget.minor
    rows = []
    for payee in {*before, *after}:
        x, y = before.get(payee, 0), after.get(payee, 0)
        shares = (Fraction(x, b) if b else Fraction(0)) + (Fraction(y, c) if c else Fraction(0))
        effect = round((c - b) * shares / 2)
        standing: Literal["joined", "left", "stayed"] = "stayed" if x and y else "joined" if y else "left"
        row = Difference(payee=payee, before=x, after=y, budget=effect, weight=y - x - effect, standing=standing)
        rows.append(row)
    rank = {"joined": 0, "left": 1, "stayed": 2}
    return sorted(rows, key=lambda row: (rank[row.standing], -abs(row.delta), row.payee))


def _amounts(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        if payment.amount.minor:
            found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    return found
