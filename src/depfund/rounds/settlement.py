"""One period of the ledger: accrue exactly, pay what has grown large enough."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.errors import MoneyError

__all__ = ["settle"]

Exact = int | Fraction


def settle(
    balances: Mapping[str, Exact],
    shares: Mapping[str, Exact],
    minimum: int | Mapping[str, int],
    lots: int | Mapping[str, int] = 1,
) -> tuple[dict[str, int], dict[str, Fraction]]:
    """Add each payee's exact share to its balance and pay ``lot · ⌊balance / lot⌋`` where that is ``≥ minimum``.

    ``balances`` and ``shares`` are in minor units, as int or ``Fraction``; ``minimum`` and ``lots`` are one int for
    all or a mapping (a missing key has minimum 0 and lot 1). Returns ``(paid, balances)`` with a key for every payee
    of either mapping, ``paid`` 0 where nothing is due. Conserves the sum exactly; afterwards
    ``0 ≤ balance < lot · max(1, ⌈minimum / lot⌉)``.

    Source: deficit round robin (Shreedhar and Varghese 1995); allocation.md, section 6. Raises
    :class:`~depfund.errors.MoneyError` for floats, negative balances or shares, lots below 1.
    """
    paid: dict[str, int] = {}
    left: dict[str, Fraction] = {}
    for key in sorted({*balances, *shares}):
        balance = _exact(balances.get(key, 0), key) + _exact(shares.get(key, 0), key)
        least = minimum if isinstance(minimum, int) else minimum.get(key, 0)
        lot = lots if isinstance(lots, int) else lots.get(key, 1)
        if isinstance(lot, bool) or not isinstance(lot, int) or lot < 1:
            raise MoneyError(f"the lot of {key!r} is {lot!r}; a lot is one minor unit or more.")
        if isinstance(least, bool) or not isinstance(least, int) or least < 0:
            raise MoneyError(f"the minimum of {key!r} is {least!r}; it is whole minor units, zero or more.")
        due = balance.numerator // (balance.denominator * lot) * lot
        paid[key] = due if due >= least else 0
        left[key] = balance - paid[key]
    return paid, left


def _exact(value: Exact, key: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise MoneyError(f"{key!r} has {value!r}; balances and shares are int or Fraction, never float.")
    if value < 0:
        raise MoneyError(f"{key!r} has {value}; balances and shares are zero or more.")
    return Fraction(value)
