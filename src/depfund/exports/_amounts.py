"""Amounts and shares as text: the currency's minor units, one way of writing a percentage."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from depfund.money import Money, exponent

__all__ = ["decimal", "figure", "percent", "plain", "signed"]


@cache
def _places(currency: str) -> int:
    return exponent(currency)


def figure(minor: int, currency: str) -> str:
    """``1,000.50``: thousands by comma, every decimal place of the currency, no code."""
    return str(Money(minor=minor, currency=currency)).rpartition(" ")[0]


def signed(minor: int, currency: str) -> str:
    """:func:`figure` with its sign, for differences; ``0.00`` has none."""
    return ("+" if minor > 0 else "") + figure(minor, currency)


def plain(minor: int, currency: str) -> str:
    """``1000.50``: what payment forms and CSV readers take."""
    places = _places(currency)
    digits = f"{abs(minor):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return "-" + text if minor < 0 else text


def decimal(minor: int, currency: str) -> Decimal:
    """The amount in major units, exactly."""
    return Decimal(minor).scaleb(-_places(currency))


def percent(part: int, whole: int) -> str:
    """``12.3%``, rounded half up in integers; ``<0.1%`` for what would round to nothing, ``–`` of nothing."""
    if whole == 0:
        return "–"
    tenths = (abs(part) * 2000 + whole) // (2 * whole)
    if part and not tenths:
        return "<0.1%"
    return f"{'-' if part < 0 else ''}{tenths // 10}.{tenths % 10}%"
