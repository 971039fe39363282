"""Who bears what: every payment split over the projects and teams that it is made for, by two rules.

*contribution*: project p bears ``ω_p·w_p(i)/w_org(i)`` of what payee i gets, its exact part. *shared*: what a payee
gets is one cost for all teams that use it, borne by the airport rule (Littlechild and Owen 1973; the Shapley value of
the cost game), which for equal needs is in equal parts. Source: allocation.md, section 9.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from depfund.errors import UsageError
from depfund.model import Allocation
from depfund.money import Money, apportion

if TYPE_CHECKING:
    from depfund.portfolio.total import Member, Organisation

__all__ = ["airport", "apart", "compared", "contributions", "report"]

NOBODY = "unassigned"
"""The team of projects that name none."""

LARGEST = 5
"""How many projects are named behind each payee."""


def airport(needs: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
    """What each user of a common facility bears of its cost ``max(needs)``: each step is shared by all who need it.

    The Shapley value of ``c(S) = max(needs[S])``; the parts sum to the largest need exactly.
    """
    order = sorted(needs, key=lambda name: (needs[name], name))
    parts: dict[str, Fraction] = {}
    reached, part = Fraction(0), Fraction(0)
    for at, name in enumerate(order):
        step = Fraction(needs[name]) - reached
        if step < 0:
            raise UsageError(f"the need of {name} is {needs[name]}; it is 0 or more.")
        part += step / (len(order) - at)
        reached = Fraction(needs[name])
        parts[name] = part
    return {name: parts[name] for name in sorted(parts)}


def contributions(plan: Allocation, found: Organisation) -> dict[str, Any]:
    """The charge-back of ``plan`` as plain values: ``projects`` with their totals, ``teams`` with both rules.

    ``payees`` says through which projects each is paid: the :data:`LARGEST` with their amounts and a shortest path,
    all others in one sum. Everything is in minor units and sums to the payments; what is held is charged by the
    projects' parts.
    """
    payees: dict[str, int] = {}
    feeds: dict[str, list[str]] = {}
    for payment in plan.payments:
        payees[payment.payee] = payees.get(payment.payee, 0) + payment.amount.minor
        for node in payment.projects:
            if payment.payee not in feeds.setdefault(node, []):
                feeds[node].append(payment.payee)
    number = {name: at for at, name in enumerate(found.names)}
    known = {number[node]: row for node, row in feeds.items() if node in number}
    fed: dict[str, list[int]] = {}
    for place, row in known.items():
        for payee in row:
            fed.setdefault(payee, []).append(place)
    return _charged(plan, found, payees, _needs(found, known, list(payees)), fed)


def _needs(found: Organisation, feeds: Mapping[int, list[str]], order: list[str]) -> dict[str, dict[int, int]]:
    """Payee → member → how much of the payee's weight is the member's, all over one denominator."""
    members = found.members
    common = math.lcm(*{len(row) for row in feeds.values()}) if feeds else 1
    at_ = {payee: at for at, payee in enumerate(order)}
    single = [-1] * len(found.names)  # most nodes have one payee; these are added without a loop
    several: dict[int, list[int]] = {}
    for place, row in feeds.items():
        if len(row) == 1:
            single[place] = at_[row[0]]
        else:
            several[place] = [at_[payee] for payee in row]
    scale = math.lcm(*(member.scale * member.part.denominator for member in members)) if members else 1
    needs: dict[str, dict[int, int]] = {payee: {} for payee in order}
    for at, member in enumerate(members):
        times = member.part.numerator * (scale // (member.scale * member.part.denominator))
        own = [0] * (len(order) + 1)  # the last takes what no payment came from
        for place, size in zip(member.nodes, member.sizes, strict=True):
            own[single[place]] += size
        own = [size * common for size in own]
        for place, size in zip(member.nodes, member.sizes, strict=True) if several else ():
            for payee in several.get(place, ()):
                own[payee] += size * (common // len(several[place]))
        for name, size in zip(order, own, strict=False):
            if size:
                needs[name][at] = times * size
    return needs


def _charged(
    plan: Allocation,
    found: Organisation,
    payees: Mapping[str, int],
    needs: Mapping[str, Mapping[int, int]],
    fed: Mapping[str, Sequence[int]],
) -> dict[str, Any]:
    members = found.members
    parts = _parts(members)
    totals = [0] * len(members)
    teams: dict[str, dict[str, dict[str, int]]] = {member.team or NOBODY: {} for member in members}
    through: dict[str, dict[str, Any]] = {}
    for payee in sorted(payees):
        minor = payees[payee]
        split = _split(minor, needs[payee] or dict(enumerate(parts)))  # paid by hand: all bear it
        users: dict[str, int] = {}
        for at, part in split.items():
            totals[at] += part
            team = members[at].team or NOBODY
            users[team] = users.get(team, 0) + part
        shared, _ = apportion(minor, dict(airport(dict.fromkeys(sorted(users), 1))))
        for team, part in users.items():
            if part or shared[team]:
                teams[team][payee] = {"contribution": part, "shared": shared[team]}
        through[payee] = _through(found, split, fed.get(payee, ()))
    rest = plan.budget.minor - sum(payees.values())
    held, _ = apportion(rest, {str(at): part for at, part in enumerate(parts)}) if parts else ({}, rest)
    return {
        "projects": [
            {
                "name": member.name,
                "team": member.team or NOBODY,
                "part": str(member.part),
                "ecosystems": list(member.ecosystems),
                "files": list(member.files),
                "paid": totals[at],
                "held": held[str(at)],
            }
            for at, member in enumerate(members)
        ],
        "teams": {team: dict(sorted(rows.items())) for team, rows in sorted(teams.items())},
        "payees": through,
    }


def _split(minor: int, sizes: Mapping[int, int]) -> dict[int, int]:
    """``minor`` by ``sizes`` of members; their numbers are in the order of their names, so ties go as by name."""
    parts, _ = apportion(minor, sizes)  # type: ignore[arg-type]
    return parts  # type: ignore[return-value]


def _through(found: Organisation, split: Mapping[int, int], nodes: Sequence[int]) -> dict[str, Any]:
    """The largest parts of ``split`` by project, each with a shortest path to what weighs most there of ``nodes``."""
    paid = sorted(((part, at) for at, part in split.items() if part), key=lambda pair: (-pair[0], pair[1]))
    rows = []
    for part, at in paid[:LARGEST]:
        member = found.members[at]
        here = [(-member.weights[node], found.names[node], node) for node in nodes if node in member.weights]
        path = [found.names[node] for node in member.way(min(here)[2])] if here else []
        rows.append({"name": member.name, "minor": part, "path": path})
    rest = paid[LARGEST:]
    return {"projects": rows, "others": {"projects": len(rest), "minor": sum(part for part, _ in rest)}}


def _parts(members: list[Member]) -> list[int]:
    common = math.lcm(*(member.part.denominator for member in members)) if members else 1
    return [member.part.numerator * (common // member.part.denominator) for member in members]


def apart(found: Organisation) -> dict[str, Fraction]:
    """For each project how far the organisation's weights move without it: total variation, exactly.

    ``w_org − w_without = ω/(1 − ω)·(w_p − w_org)``, so one pass over the project's own vector is enough. 1 for the
    only project.
    """
    values, unit = found.weights.values, found.weights.unit
    moved: dict[str, Fraction] = {}
    for member in found.members:
        if member.part == 1:
            moved[member.name] = Fraction(1)
            continue
        scale = unit * member.scale
        over = Fraction(0)
        for node, size in zip(member.nodes, member.sizes, strict=True):
            gap = size - values.get(found.names[node], 0) * member.scale
            over += max(gap, 0)
        moved[member.name] = member.part / (1 - member.part) * over / scale
    return moved


def report(plan: Allocation, by: str, *, rule: str = "contribution") -> list[dict[str, Any]]:
    """``plan`` by ``team``, ``ecosystem`` or ``project``: rows of name, minor units and the number of payees.

    Raises :class:`~depfund.errors.UsageError` where the plan was not made for a portfolio, and for unknown words.
    """
    if rule not in {"contribution", "shared"}:
        raise UsageError(f"{rule!r} is no rule of charge-back; the rules are contribution and shared.")
    if by == "ecosystem":
        return _by_ecosystem(plan)
    if by not in {"team", "project"}:
        raise UsageError(f"{by!r} is nothing to report by; it is team, ecosystem or project.")
    data = plan.coverage.get("portfolio")
    if not isinstance(data, Mapping):
        raise UsageError(f"the plan was made for one project, so there is no report by {by}; make it with portfolio.")
    if by == "project":
        if rule == "shared":
            raise UsageError("costs are shared among teams; report by team, or by project with rule contribution.")
        rows = [
            {
                "name": row["name"],
                "team": row["team"],
                "part": row["part"],
                "ecosystems": list(row["ecosystems"]),
                "paid": row["paid"],
                "held": row["held"],
            }
            for row in data["projects"]
        ]
    else:
        held: dict[str, int] = {}
        for row in data["projects"]:
            held[row["team"]] = held.get(row["team"], 0) + row["held"]
        rows = [
            {
                "name": team,
                "paid": sum(parts[rule] for parts in payees.values()),
                "held": held.get(team, 0),
                "payees": {payee: parts[rule] for payee, parts in payees.items() if parts[rule]},
            }
            for team, payees in data["teams"].items()
        ]
    return sorted(rows, key=lambda row: (-row["paid"], row["name"]))


def compared(
    rows: list[dict[str, Any]], earlier: list[dict[str, Any]], now: Money, then: Money
) -> list[dict[str, Any]]:
    """Two reports side by side: the rows of ``rows`` and of those who are gone, with ``previous`` and ``difference``.

    Raises :class:`~depfund.errors.UsageError` when the currencies differ.
    """
    if now.currency != then.currency:
        raise UsageError(f"the plans are in {then.currency} and {now.currency}; currencies are never mixed.")
    before = {row["name"]: row["paid"] for row in earlier}
    gone = [{"name": name, "paid": 0, "held": 0} for name in sorted(before.keys() - {row["name"] for row in rows})]
    return [
        {**row, "previous": before.get(row["name"], 0), "difference": row["paid"] - before.get(row["name"], 0)}
        for row in [*rows, *gone]
    ]


def _by_ecosystem(plan: Allocation) -> list[dict[str, Any]]:
    paid: dict[str, int] = {}
    payees: dict[str, dict[str, int]] = {}
    for payment in plan.payments:
        for purl, minor in payment.because.items():
            kind = purl.partition(":")[2].partition("/")[0] if purl.startswith("pkg:") else "other"
            paid[kind] = paid.get(kind, 0) + minor
            row = payees.setdefault(kind, {})
            row[payment.payee] = row.get(payment.payee, 0) + minor
    rows = [{"name": kind, "paid": paid[kind], "payees": dict(sorted(payees[kind].items()))} for kind in paid]
    return sorted(rows, key=lambda row: (-paid[str(row["name"])], str(row["name"])))
