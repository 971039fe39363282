"""One payee's amount over its several channels. Source: allocation.md 7."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import AllocationError, MoneyError
from depfund.money import apportion
from depfund.shares._exact import Number, each, number, weights_of

__all__ = ["channels", "up"]


def up(amount: Number, lot: int) -> int:
    """``amount`` rounded up to a multiple of ``lot``: the smallest sendable amount that reaches a minimum."""
    return int(-(-amount // lot)) * lot


def channels(
    total: int,
    shares: Mapping[str, Number],
    lots: int | Mapping[str, int] | None = None,
    minimums: Number | Mapping[str, Number] | None = None,
) -> tuple[dict[str, int], int]:
    """Split one payee's ``total`` minor units over its channels in proportion to ``shares``.

    Returns ``(parts, reserve)`` with ``sum(parts) + reserve == total``. The smallest part that is below its
    channel's minimum (rounded up to the channel's lot) is dropped and the amount split again, until every part
    reaches its minimum (of equal parts the one with the larger key goes); then parts are rounded to lots by
    :func:`depfund.money.apportion`. What no channel can take is the reserve. O(n²) for n channels.

    Raises :class:`~depfund.errors.AllocationError` for negatives, :class:`~depfund.errors.MoneyError` for floats
    and lots below 1.
    """
    if isinstance(total, bool) or not isinstance(total, int):
        raise MoneyError(f"the total is {total!r}; it is a whole number of minor units.")
    number(total, "the total")
    left = weights_of(shares)
    parts = dict.fromkeys(left, 0)
    units = {key: lots if isinstance(lots, int) else (lots or {}).get(key, 1) for key in left}
    for key, unit in units.items():
        if unit < 1:
            raise AllocationError(f"the lot of {key!r} is {unit}; a lot is one minor unit or more.")
    least = {key: up(value or 0, units[key]) for key, value in each(minimums, left, "minimum").items()}
    left = {key: share for key, share in left.items() if share}
    while left:
        whole = sum(left.values())
        short = [key for key, share in left.items() if Fraction(total * share, whole) < least[key]]
        if not short:
            found, reserve = apportion(total, left, units)
            return {**parts, **found}, reserve
        # Keys are in code point order and max() takes the first of equals, so the order is reversed.
        del left[min(reversed(short), key=lambda key: left[key])]
    return parts, total
