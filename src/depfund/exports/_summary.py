"""The answer in numbers, once, so that terminal, Markdown and page say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from depfund.exports._amounts import figure, percent
from depfund.model import Allocation, Held, Note
from depfund.money import Money

__all__ = ["Coverage", "HeldGroup", "Summary", "coverage", "grouped", "sentence", "summary", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of what is used is paid for: counts, and the weight (of ``unit``) of the paid nodes."""

    packages: int
    all_packages: int
    direct: int
    all_direct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGroup:
    """Held amounts of one reason: ``items`` largest first."""

    reason: str
    minor: int
    items: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Sums in minor units; the largest payment first in :attr:`order` (indices into the plan's payments)."""

    paid: int
    held: int
    fees: int
    people: int
    coverage: Coverage
    order: tuple[int, ...]


def coverage(plan: Allocation) -> Coverage:
    """As the split counted them; else a package counts as covered when the project it belongs to is paid for."""
    packages, all_packages = _counted(plan, "packages")
    direct, all_direct = _counted(plan, "direct")
    if all_packages:
        return Coverage(packages=packages, all_packages=all_packages, direct=direct, all_direct=all_direct)
    basis = plan.weights.basis
    paid = {purl for payment in plan.payments if payment.amount.minor for purl in payment.because}
    if basis is None:
        return Coverage(packages=len(paid), all_packages=0, direct=0, all_direct=0)
    nodes = {key for key, members in basis.members.items() if key in paid or not paid.isdisjoint(members)}
    return Coverage(
        packages=sum(len(members) for key, members in basis.members.items() if key in nodes),
        all_packages=sum(len(members) for members in basis.members.values()),
        direct=sum(key in nodes for key in basis.direct),
        all_direct=len(basis.direct),
    )


def _counted(plan: Allocation, name: str) -> tuple[int, int]:
    """``(paid, all)`` of one line of the plan's coverage; zeros where it says nothing."""
    row = plan.coverage.get(name)
    paid, whole = (row.get("paid"), row.get("all")) if isinstance(row, Mapping) else (None, None)
    return (paid, whole) if isinstance(paid, int) and isinstance(whole, int) else (0, 0)


def summary(plan: Allocation) -> Summary:
    """The plan in numbers."""
    order = sorted(range(len(plan.payments)), key=lambda at: (-plan.payments[at].amount.minor, plan.payments[at].payee))
    return Summary(
        paid=sum(payment.amount.minor for payment in plan.payments),
        held=sum(item.minor for item in plan.held),
        fees=plan.fees.taken,
        people=len({payment.payee for payment in plan.payments}),
        coverage=coverage(plan),
        order=tuple(order),
    )


def sentence(plan: Allocation, found: Summary) -> str:
    """The answer in one sentence."""
    code = plan.budget.currency
    paid = Money(minor=found.paid, currency=code)
    text = f"{paid} of {plan.budget} goes to {found.people} {'payee' if found.people == 1 else 'payees'}"
    cover = found.coverage
    if cover.all_packages:
        text += (
            f", for {cover.packages} of {cover.all_packages} packages ({percent(cover.packages, cover.all_packages)})"
        )
    if cover.all_direct:
        text += f" and {cover.direct} of {cover.all_direct} direct dependencies"
    rest = [f"{figure(found.held, code)} {code} is held"] if found.held else []
    rest += [f"{figure(found.fees, code)} {code} are fees"] if found.fees else []
    return f"{text}; {', '.join(rest)}." if rest else text + "."


def grouped(held: tuple[Held, ...]) -> list[HeldGroup]:
    """Held amounts by reason, the largest sum first."""
    groups: dict[str, list[Held]] = {}
    for item in held:
        groups.setdefault(item.reason, []).append(item)
    made = [
        HeldGroup(
            reason=reason,
            minor=sum(item.minor for item in items),
            items=tuple(sorted(items, key=lambda item: (-item.minor, item.subject))),
        )
        for reason, items in groups.items()
    ]
    return sorted(made, key=lambda group: (-group.minor, group.reason))


def told(notes: Iterable[Note], each: int = 2) -> list[tuple[str, str]]:
    """``(level, message)`` of the notes, ``each`` of a kind with different messages, and how many more there are."""
    kinds: dict[tuple[str, str], list[Note]] = {}
    for note in notes:
        kinds.setdefault((note.level, note.code), []).append(note)
    found: list[tuple[str, str]] = []
    for (level, code), group in kinds.items():
        shown = list(dict.fromkeys(note.message for note in group))[:each]
        found += [(level, message) for message in shown]
        if len(group) > len(shown):
            found.append(
                (level, f"and {len(group) - len(shown)} more of this kind ({code}); the JSON form has them all.")
            )
    return found
