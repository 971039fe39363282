"""``[grants]``: lump sums instead of a proportional split. Source: allocation.md 3.2 (14), anchors.md 2.18 and 2.19."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from depfund.model import Note
from depfund.money import Money
from depfund.shares import tables as t
from depfund.shares._spelling import PAYEE
from depfund.shares.eligible import Book, Standing
from depfund.shares.limits import Terms, spent
from depfund.shares.lump import lumps
from depfund.shares.policy import Policy

__all__ = ["award", "instalments", "rule_of"]


def award(
    total: int,
    scores: Mapping[str, int],
    terms: Mapping[str, Terms],
    book: Book,
    policy: Policy,
    cast: Iterable[Any],
    standings: Mapping[str, Standing],
    notes: list[Note],
) -> dict[str, int]:
    """The lump sum of each chosen payee in minor units; together no more than ``total``.

    ``scores`` are the payees' sizes after votes, boosts, eligibility and the unfundable policy; ``cast`` are the
    ballots as matched, for equal shares. Ties go to the smaller key.
    """
    rules = policy.grants or t.Grants()
    costs: dict[str, int] = {}
    for key in sorted(scores):
        cost, why = _cost(key, rules, terms[key], book)
        if cost:
            costs[key] = spent(cost, policy, book.channels(key)) if policy.fees.bearer == "pool_bears" else cost
        else:
            notes.append(Note(level="info", code="grants.cost", subject=key, message=f"{key} gets no lump sum: {why}."))
    if rules.method == "top":
        return _top(total, {key: scores[key] for key in costs}, costs, rules, policy, notes)
    if rules.method == "greedy":
        chosen = lumps({key: scores[key] for key in costs}, "greedy", costs=costs, budget=total, count=rules.count)
    else:
        chosen = lumps(_approvals(cast, standings), "equal_shares", costs=costs, budget=total)[: rules.count]
    return {key: costs[key] for key in chosen}


def _top(
    total: int, scores: Mapping[str, int], costs: Mapping[str, int], rules: t.Grants, policy: Policy, notes: list[Note]
) -> dict[str, int]:
    found: dict[str, int] = {}
    left = total
    for key in lumps(scores, "top", count=rules.count):
        if costs[key] > left:
            # Nobody is skipped in favour of a lower rank.
            money = Money(minor=left, currency=policy.fund.currency)
            message = f"the {money} that are left do not pay for {key}, so nobody after it is chosen."
            notes.append(Note(level="warning", code="grants.budget", subject=key, message=message))
            break
        found[key] = costs[key]
        left -= costs[key]
    return found


def _cost(key: str, rules: t.Grants, terms: Terms, book: Book) -> tuple[int, str]:
    named = next((cost for name, cost in rules.costs.items() if book.names.find(name) == key), None)
    if named is not None:
        cost = (named.cost if isinstance(named, t.Candidate) else named).minor
    elif rules.denominations:
        asks = book.payee(key).asks
        if asks is None and terms.cap is None:
            return 0, "what it asks for is not known, and grants.denominations go by that"
        tops = [top for top in (terms.cap, None if asks is None else asks.minor) if top is not None]
        fitting = [each.minor for each in rules.denominations if each.minor <= min(tops)]
        if not fitting:
            return 0, "it asks for less than the smallest of grants.denominations"
        cost = max(fitting)
    elif rules.amount is not None:
        cost = rules.amount.minor
    else:
        return 0, "grants.costs does not name it"
    if terms.cap is not None:
        cost = min(cost, terms.cap)
    if cost < terms.minimum:
        return 0, "its lump sum would be below its minimum"
    return cost, "it may get nothing"


def rule_of(key: str, rules: t.Grants, book: Book) -> int | tuple[Fraction, ...]:
    """In which parts ``key`` is paid: with ``monthly`` as many as its months, else what the policy says for all."""
    if not isinstance(rules.instalments, str):
        return rules.instalments
    named = next((cost for name, cost in rules.costs.items() if book.names.find(name) == key), None)
    return named.months if isinstance(named, t.Candidate) else 1


def _approvals(cast: Iterable[Any], standings: Mapping[str, Standing]) -> list[list[str]]:
    """Ballots over payees: who approves of a project approves of whoever is paid for it."""
    rows = []
    for ballot in cast:
        found: dict[str, None] = {}
        for name in ballot:
            standing = standings.get(name)
            if standing is not None and standing.state == "pays":
                found |= dict.fromkeys(standing.payees)
            elif standing is None and name.startswith(PAYEE):
                found[name.removeprefix(PAYEE)] = None
        rows.append(list(found))
    return rows


def instalments(amount: int, rule: int | tuple[Fraction, ...], lot: int = 1) -> list[int]:
    """``amount`` in parts: differences of ``floor(amount · cumulative share)``, so each prefix is within one lot."""
    shares = [Fraction(1, rule)] * rule if isinstance(rule, int) else list(rule)
    parts, sum_, before = [], Fraction(0), 0
    for share in shares:
        sum_ += share
        upto = amount if sum_ == 1 else int(amount * sum_ / lot) * lot
        parts.append(upto - before)
        before = upto
    return parts
