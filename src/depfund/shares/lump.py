"""Lump sums: which candidates are chosen when money is given in fixed amounts. Source: allocation.md 3.2 (14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from depfund.errors import AllocationError, MoneyError
from depfund.shares._exact import Number, number

__all__ = ["METHODS", "lumps"]

METHODS = ("top", "greedy", "equal_shares")


def lumps(
    scores_or_ballots: Mapping[str, Any] | Iterable[Iterable[str]],
    method: str,
    count: int | None = None,
    amount: Number | None = None,
    costs: Mapping[str, Number] | Number | None = None,
    budget: Number | None = None,
) -> list[str]:
    """The keys that get a lump sum, in the order in which they are chosen; ties go to the smaller key.

    * ``top``: the ``count`` best scores; with ``amount`` and ``budget`` no more than the budget pays.
    * ``greedy``: by score, each whose cost still fits into what is left of ``budget``.
    * ``equal_shares``: the Method of Equal Shares over approval ballots with utility = cost, without completion:
      every voter holds ``budget / voters``; again and again the candidate is bought whose approvers can share its
      cost with the lowest maximal price per unit of utility (Peters, Pierczyński, Skowron 2021).

    Scores are a mapping of numbers; ballots are approvals, a list of iterables or a mapping by voter; ``top`` and
    ``greedy`` count ballots as approvals. Who has score 0 is never chosen. ``costs`` is one for all (also given as
    ``amount``) or a mapping, in which a candidate that is missing cannot be bought. Exact.

    Raises :class:`~depfund.errors.AllocationError` for an unknown method, a missing or negative number, a cost
    of 0; :class:`~depfund.errors.MoneyError` for floats.
    """
    if method not in METHODS:
        raise AllocationError(f"{method!r} chooses no lump sums; the methods are {', '.join(METHODS)}.")
    if budget is not None:
        number(budget, "the budget")
    if method == "equal_shares":
        ballots = _ballots(scores_or_ballots)
        return _equal_shares(
            ballots, _costs(costs if costs is not None else amount, _all(ballots)), _given(budget, "budget")
        )
    scores = _scores(scores_or_ballots)
    ranked = sorted((key for key, score in scores.items() if score), key=lambda key: (-scores[key], key))
    if method == "top":
        return ranked[: _count(count, amount, budget)]
    price = _costs(costs if costs is not None else amount, ranked)
    left, chosen = _given(budget, "budget"), []
    for key in ranked:
        if key in price and price[key] <= left:
            left -= price[key]
            chosen.append(key)
    return chosen[:count]


def _given(value: Number | None, what: str) -> Number:
    if value is None:
        raise AllocationError(f"this method of lump sums needs a {what}.")
    return number(value, f"the {what}")


def _count(count: int | None, amount: Number | None, budget: Number | None) -> int:
    affordable = None
    if amount is not None and budget is not None:
        if not number(amount, "the amount"):
            raise AllocationError("the amount of a lump sum is 0; it is more than that.")
        affordable = int(budget // amount)
    if count is None:
        if affordable is None:
            raise AllocationError("top needs a count, or an amount and a budget.")
        return affordable
    if isinstance(count, bool) or not isinstance(count, int):
        raise MoneyError(f"the count is {count!r}; it is a whole number.")
    number(count, "the count")
    return count if affordable is None else min(count, affordable)


def _ballots(given: Mapping[str, Any] | Iterable[Iterable[str]]) -> list[list[str]]:
    rows = [given[voter] for voter in sorted(given)] if isinstance(given, Mapping) else list(given)
    for row in rows:
        if isinstance(row, (str, int, Fraction)) or not isinstance(row, Iterable):
            raise AllocationError(f"a ballot is {row!r}; it is the list of the candidates that its voter approves of.")
    return [sorted(set(row)) for row in rows]


def _scores(given: Mapping[str, Any] | Iterable[Iterable[str]]) -> dict[str, Number]:
    if isinstance(given, Mapping) and all(isinstance(value, (int, float, Fraction)) for value in given.values()):
        return {key: number(value, f"the score of {key!r}") for key, value in given.items()}
    found: dict[str, Number] = {}
    for row in _ballots(given):
        for key in row:
            found[key] = found.get(key, 0) + 1
    return found


def _all(ballots: list[list[str]]) -> list[str]:
    return sorted({key for row in ballots for key in row})


def _costs(costs: Mapping[str, Number] | Number | None, keys: Iterable[str]) -> dict[str, Number]:
    if costs is None:
        raise AllocationError("this method of lump sums needs the costs, or one amount for all.")
    found = (
        {key: costs[key] for key in keys if key in costs} if isinstance(costs, Mapping) else dict.fromkeys(keys, costs)
    )
    for key, cost in found.items():
        if not number(cost, f"the cost of {key!r}"):
            raise AllocationError(f"the cost of {key!r} is 0; a lump sum is more than that.")
    return found


def _equal_shares(ballots: list[list[str]], costs: Mapping[str, Number], budget: Number) -> list[str]:
    if not ballots:
        return []
    purses = [Fraction(budget, len(ballots))] * len(ballots)
    fans = {key: [at for at, row in enumerate(ballots) if key in row] for key in sorted(costs)}
    chosen: list[str] = []
    while True:
        best: tuple[Fraction, str, Fraction] | None = None
        for key, voters in fans.items():
            price = _price(costs[key], sorted(purses[at] for at in voters))
            # With utility = cost the price per unit of utility is the largest payment over the cost.
            if price is not None and (best is None or (price / costs[key], key) < best[:2]):
                best = (price / costs[key], key, price)
        if best is None:
            return chosen
        _, key, price = best
        for at in fans.pop(key):
            purses[at] -= min(purses[at], price)
        chosen.append(key)


def _price(cost: Number, purses: list[Fraction]) -> Fraction | None:
    """The largest payment when voters share ``cost`` as equally as their purses (ascending) allow."""
    left = Fraction(cost)
    for at, purse in enumerate(purses):
        each_pays = left / (len(purses) - at)
        if purse >= each_pays:
            return each_pays
        left -= purse
    return None
