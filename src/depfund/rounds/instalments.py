"""One amount in several parts, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from depfund.errors import AllocationError, MoneyError
from depfund.money import fraction

__all__ = ["instalments"]


def instalments(total: int, shares: Sequence[int | Fraction | str]) -> list[int]:
    """Split ``total`` minor units over ``shares`` of it, in order: differences of ``floor(total · cumulative share)``.

    Shares are fractions of the whole (``Fraction``, int or text such as ``"1/3"``) that sum to 1 at most. When they
    sum to 1 the parts sum to ``total``; every prefix is within one unit of its exact value, below it
    (allocation.md, section 6).

    Raises :class:`~depfund.errors.MoneyError` for a total or share that is no exact number, zero or more, and
    :class:`~depfund.errors.AllocationError` for shares above 1 together.

    >>> instalments(100, ["1/3", "1/3", "1/3"])
    [33, 33, 34]
    """
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise MoneyError(f"the total is {total!r}; it is a whole number of minor units, zero or more.")
    parts: list[int] = []
    cumulative, before = Fraction(0), 0
    for share in shares:
        cumulative += _share(share)
        if cumulative > 1:
            raise AllocationError(f"the shares sum to {cumulative} by now; instalments of one amount sum to 1 at most.")
        reached = total * cumulative.numerator // cumulative.denominator
        parts.append(reached - before)
        before = reached
    return parts


def _share(share: int | Fraction | str) -> Fraction:
    if isinstance(share, (bool, float)):
        raise MoneyError(f"a share is {share!r}; shares are int, Fraction or text such as '1/3', never float.")
    try:
        value = fraction(share) if isinstance(share, str) else Fraction(share)
    except (ValueError, TypeError) as error:
        raise MoneyError(f"a share is {share!r}; write it as '1/3'.") from error
    if value < 0:
        raise MoneyError(f"a share is {share}; shares are zero or more.")
    return value
