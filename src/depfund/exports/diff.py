"""diff: what changed between two allocations, as an identity in whole minor units.

For each payee ``after − before == budget effect + weight effect``. With shares s = x/B of the two budgets, the exact
budget effect is (B' − B)(s + s')/2 and the exact weight effect (s' − s)(B + B')/2; the first is rounded half to even,
the second takes the rest, so that the identity holds to the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from depfund.documents import encode
from depfund.errors import ExportError
from depfund.exports._amounts import figure, signed
from depfund.exports._context import Context
from depfund.exports._safe import markdown, visible
from depfund.model import SCHEMA, Allocation

__all__ = ["Change", "changes", "render", "render_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One payee's difference in minor units; ``standing`` is joined, left or stayed."""

    payee: str
    name: str
    before: int
    after: int
    budget: int
    weight: int
    standing: str


def changes(before: Allocation, after: Allocation) -> list[Change]:
    """Joined first, then left, then the largest absolute difference; ties by key.

    Raises :class:`~depfund.errors.ExportError` when the currencies differ.
    """
    if before.budget.currency != after.budget.currency:
        raise ExportError(
            f"the allocations are in {before.budget.currency} and {after.budget.currency}; currencies are never mixed."
        )
    old, new = _amounts(before), _amounts(after)
    names = {p.payee: p.name for plan in (before, after) for p in plan.payments}
    b, c = before.budget.minor, after.budget.minor
    made = []
    for payee in sorted({*old, *new}):
        x, y = old.get(payee, 0), new.get(payee, 0)
        share = (Fraction(x, b) if b else Fraction(0)) + (Fraction(y, c) if c else Fraction(0))
        effect = round((c - b) * share / 2)
        standing = "joined" if not x and y else "left" if x and not y else "stayed"
        made.append(
            Change(
                payee=payee,
                name=names[payee],
                before=x,
                after=y,
                budget=effect,
                weight=y - x - effect,
                standing=standing,
            )
        )
    rank = {"joined": 0, "left": 1, "stayed": 2}
    return sorted(made, key=lambda one: (rank[one.standing], -abs(one.after - one.before), one.payee))


def _amounts(plan: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    return found


def _previous(context: Context) -> Allocation:
    if context.previous is None:
        raise ExportError("a difference needs the earlier allocation; give it as the context's previous plan.")
    return context.previous


def render(plan: Allocation, context: Context) -> str:
    """Markdown: joined, left, then the largest differences."""
    before = _previous(context)
    found = changes(before, plan)
    code = plan.budget.currency
    moved = [one for one in found if one.after != one.before]
    joined, left = (sum(one.standing == word for one in found) for word in ("joined", "left"))
    said = (
        f"The budget was {markdown(str(before.budget))} and is {markdown(str(plan.budget))}. {joined} payees joined, "
    )
    said += f"{left} left, {len(moved) - joined - left} changed, {len(found) - len(moved)} kept their amount."
    lines = [
        "# What changed",
        "",
        said,
        "",
        f"| Payee | | Before, {code} | After | Difference | by budget | by weight |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for one in moved:
        cells = [figure(one.before, code), figure(one.after, code)]
        cells += [signed(value, code) for value in (one.after - one.before, one.budget, one.weight)]
        standing = "" if one.standing == "stayed" else one.standing
        label = f"{markdown(one.name)} ({markdown(one.payee)})" if one.name else markdown(one.payee)
        lines.append(f"| {label} | {standing} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def render_json(plan: Allocation, context: Context) -> str:
    """``{"kind": "difference", "before", "after", "currency", "payees": [{"payee", "before", "after", …}]}``."""
    before = _previous(context)
    return encode(
        {
            "schema": SCHEMA,
            "kind": "difference",
            "before": before.budget.minor,
            "after": plan.budget.minor,
            "currency": plan.budget.currency,
            "payees": [
                {"payee": visible(one.payee), "before": one.before, "after": one.after, "budget": one.budget,
                 "weight": one.weight, "standing": one.standing}
                for one in changes(before, plan)
            ],
        }
    )  # fmt: skip
