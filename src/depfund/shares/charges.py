"""What a platform takes: ``fee(g) = round(g·percent) + fixed``, and who bears it. Source: allocation.md 7."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import AllocationError, MoneyError
from depfund.shares._exact import Number, each, number, ratio, weights_of

__all__ = ["BEARERS", "ROUNDINGS", "fee", "fees", "gross", "most"]

ROUNDINGS = ("half_up", "up", "down")
BEARERS = ("payee_bears", "pool_bears", "on_top")


def fee(amount: int, percent: Number | str, fixed: int = 0, rounding: str = "half_up") -> int:
    """The fee on ``amount`` minor units: ``percent`` of it, rounded to a unit as the channel does, plus ``fixed``."""
    if rounding not in ROUNDINGS:
        raise AllocationError(f"{rounding!r} is no rounding; the roundings are {', '.join(ROUNDINGS)}.")
    part = ratio(percent, "the percentage")
    top, bottom = amount * part.numerator, part.denominator
    if rounding == "half_up":
        return (2 * top + bottom) // (2 * bottom) + fixed
    return (-(-top // bottom) if rounding == "up" else top // bottom) + fixed


def _whole(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise MoneyError(f"{what} is {value!r}; it is a whole number of minor units.")
    return int(number(value, what))


def gross(net: int, percent: Number | str, fixed: int = 0, rounding: str = "half_up") -> tuple[int, int]:
    """The smallest gross from which at least ``net`` arrives, and its fee: ``(gross, fee)`` in minor units.

    ``gross - fee(gross) >= net`` and ``gross - 1`` fails. ``percent`` is a part of one (``Fraction(3, 100)``,
    ``"3/100"``) or per cent (``"3%"``, the int ``3``); ``fixed`` is in minor units, ``rounding`` half_up, up or down.
    Dividing by 1 − percent alone can be a unit too many, so the answer is searched. O(log net).

    Raises :class:`~depfund.errors.AllocationError` for negatives, a percentage of 1 or more and an unknown
    rounding, :class:`~depfund.errors.MoneyError` for floats and fractions of a unit.
    """
    _whole(net, "the net amount")
    _whole(fixed, "the fixed fee")
    part = ratio(percent, "the percentage")
    # What arrives never falls as the gross rises, so the smallest gross that suffices can be bisected.
    low, high = 0, int((net + fixed + 2) / (1 - part)) + 2
    while low < high:
        middle = (low + high) // 2
        if middle - fee(middle, part, fixed, rounding) >= net:
            high = middle
        else:
            low = middle + 1
    return low, fee(low, part, fixed, rounding)


def most(net: int, percent: Number | str, fixed: int = 0, rounding: str = "half_up") -> int:
    """The largest gross from which no more than ``net`` arrives."""
    return gross(net + 1, percent, fixed, rounding)[0] - 1


def fees(
    budget: Number,
    weights: Mapping[str, Number],
    percent: Number | str | Mapping[str, Number | str],
    fixed: Number | Mapping[str, Number],
    bearer: str = "payee_bears",
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """What the payer spends and what arrives for each key, before rounding: ``(gross, net)``.

    ``percent`` (parts of one) and ``fixed`` are one for all or mappings, where a missing key has none.

    * ``payee_bears``: gross ∝ weights, the gross amounts sum to the budget, ``net = gross·(1 − p) − f``, which is
      below zero where the fee is larger than the share.
    * ``pool_bears``: net ∝ weights, the gross amounts sum to the budget: ``net = L·w`` with
      ``L = (B − Σ f/(1−p)) / Σ w/(1−p)``.
    * ``on_top``: net ∝ weights, the net amounts sum to the budget.

    Who has weight 0 is not paid and costs no fee. Raises :class:`~depfund.errors.AllocationError` when the fixed
    fees alone are more than the budget, and for an unknown bearer. Source: allocation.md 7.
    """
    number(budget, "the budget")
    if bearer not in BEARERS:
        raise AllocationError(f"{bearer!r} does not bear fees; the bearers are {', '.join(BEARERS)}.")
    shares = weights_of(weights)
    paid = [key for key, share in shares.items() if share]
    rates = {
        key: ratio(percent.get(key, 0) if isinstance(percent, Mapping) else percent, f"the percentage of {key!r}")
        for key in shares
    }
    flat = {key: Fraction(value or 0) for key, value in each(fixed, shares, "fixed fee").items()}
    sent, arrives = dict.fromkeys(shares, Fraction(0)), dict.fromkeys(shares, Fraction(0))
    if not paid:
        return sent, arrives
    if bearer == "pool_bears":
        left = budget - sum(flat[key] / (1 - rates[key]) for key in paid)
        if left < 0:
            raise AllocationError(
                f"the fixed fees need {budget - left}, more than the budget {budget}; pay fewer payees or raise it."
            )
        unit = Fraction(left) / sum(shares[key] / (1 - rates[key]) for key in paid)
    else:
        unit = Fraction(budget) / sum(shares.values())
    for key in paid:
        if bearer == "payee_bears":
            sent[key] = unit * shares[key]
            arrives[key] = sent[key] * (1 - rates[key]) - flat[key]
        else:
            arrives[key] = unit * shares[key]
            sent[key] = (arrives[key] + flat[key]) / (1 - rates[key])
    return sent, arrives
