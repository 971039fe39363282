"""Money in whole minor units, and :func:`apportion`, which splits it exactly.

Nothing here knows floats: a budget is an ``int`` of minor units and an ISO 4217 code, weights are ``int`` or
:class:`~fractions.Fraction`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache

from depfund.errors import MoneyError

__all__ = ["Money", "apportion", "exponent", "fraction", "integers"]

_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_POWER = re.compile(r"[eE][-+]?([\d_]+)")

DIGITS = 1_000
"""Of a number: longer ones are no amounts, and a short text such as ``1e999999999`` must not become one."""


def fraction(text: str) -> Fraction:
    """``text`` (``"1/2"``, ``"0.25"``, ``"3"``) exactly. Raises ``ValueError``, and so for more than :data:`DIGITS`."""
    power = _POWER.search(text)
    if len(text) > DIGITS or (power and (len(power[1]) > 4 or int(power[1]) > DIGITS)):
        raise ValueError(f"a number of more than {DIGITS} digits")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError(f"{text!r} divides by zero") from None


@cache
def exponent(currency: str) -> int:
    """Decimal places of ``currency`` by ISO 4217 (JPY 0, USD 2, KWD 3).

    Raises :class:`~depfund.errors.MoneyError` for a code that ISO 4217 does not list or that has no minor unit
    (gold, testing codes).
    """
    from iso4217 import Currency

    try:
        places = Currency(currency).exponent
    except ValueError:
        places = None
    if places is None:
        raise MoneyError(
            f"{currency!r} is not a currency that ISO 4217 lists with a minor unit; write a code such as USD or EUR."
        )
    return int(places)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Money:
    """An amount: ``minor`` whole units (cents) of ``currency`` (ISO 4217)."""

    minor: int
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise MoneyError(f"minor units are whole numbers, not {self.minor!r}.")
        if self.minor.bit_length() > DIGITS:  # some three hundred digits: what a picture still takes as a float
            raise MoneyError(f"an amount of some {self.minor.bit_length() * 3 // 10} digits is none.")
        exponent(self.currency)

    @classmethod
    def parse(cls, value: Money | Decimal | float | str, currency: str = "USD") -> Money:
        """Read a budget: ``Money``, ``int``, ``Decimal``, ``"1,000.50 EUR"``, ``"EUR 1000"``.

        A plain number is in major units of ``currency``. A ``float`` is taken only when it is a whole number of
        minor units. Refused with :class:`~depfund.errors.MoneyError`: NaN, infinities, negatives, unknown
        currencies, more decimal places than the currency has.
        """
        if isinstance(value, Money):
            return value.checked()
        if isinstance(value, bool):
            raise MoneyError(f"{value!r} is not an amount.")
        if isinstance(value, str):
            return cls._read(value, currency)
        if isinstance(value, (int, float, Decimal)):
            return cls._number(value, currency)
        raise MoneyError(f"an amount is a number or a text such as '1000 USD', not {type(value).__name__}.")

    @classmethod
    def _number(cls, value: float | Decimal, currency: str) -> Money:
        if not (value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)):
            raise MoneyError(f"{value} is not an amount; write a number such as 1000.")
        if isinstance(value, Decimal) and abs(value.adjusted()) > DIGITS:
            raise MoneyError("a number of more than a thousand digits is no amount; write one such as 1000.")
        # The shortest decimal text of a float is what its author wrote: 0.1 is 10 cents, 0.105 is refused.
        exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
        minor = exact * 10 ** exponent(currency)
        if minor.denominator != 1:
            raise MoneyError(
                f"{value} {currency} has fractions of a minor unit; {currency} has {exponent(currency)} decimal places."
            )
        return cls(minor=int(minor), currency=currency).checked()

    @classmethod
    def _read(cls, text: str, currency: str) -> Money:
        words = text.split()
        codes = [word for word in words if _CODE.fullmatch(word)]
        numbers = [word for word in words if _NUMBER.fullmatch(word)]
        if len(numbers) != 1 or len(codes) > 1 or len(words) != len(numbers) + len(codes):
            if any(word.startswith("-") for word in words):
                raise MoneyError(f"{text!r} is negative; an amount is zero or more.")
            raise MoneyError(f"{text!r} is not an amount; write it as '1000 USD', 'EUR 1000' or '1,000.50 EUR'.")
        code = codes[0].upper() if codes else currency
        try:
            return cls._number(Decimal(numbers[0].replace(",", "")), code)
        except InvalidOperation as error:  # pragma: no cover - the pattern admits numbers only
            raise MoneyError(f"{text!r} is not an amount.") from error

    def checked(self) -> Money:
        """The amount itself, refused when negative."""
        if self.minor < 0:
            raise MoneyError(f"{self} is negative; an amount is zero or more.")
        return self

    def __str__(self) -> str:
        """``1,000.50 EUR``: every decimal place of the currency, thousands by comma, the code behind."""
        places = exponent(self.currency)
        sign, digits = ("-" if self.minor < 0 else ""), f"{abs(self.minor):0{places + 1}d}"
        whole, rest = (digits[:-places], digits[-places:]) if places else (digits, "")
        return f"{sign}{int(whole):,}{'.' + rest if rest else ''} {self.currency}"

    def decimal(self) -> Decimal:
        """The amount in major units, exactly, for spreadsheets and payment files."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))


def integers(weights: Mapping[str, int | Fraction]) -> dict[str, int]:
    """The same proportions as whole numbers. Refuses floats and negatives with :class:`~depfund.errors.MoneyError`."""
    if set(map(type, weights.values())) <= {int} and min(weights.values(), default=0) >= 0:
        return dict(weights)  # type: ignore[arg-type]
    for key, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, Fraction)):
            raise MoneyError(f"the weight of {key!r} is {weight!r}; weights are int or Fraction, never float.")
        if weight < 0:
            raise MoneyError(f"the weight of {key!r} is {weight}; weights are zero or more.")
    common = math.lcm(*{weight.denominator for weight in weights.values()})
    return {key: weight.numerator * (common // weight.denominator) for key, weight in weights.items()}


def apportion(
    total: int, weights: Mapping[str, int | Fraction], lots: int | Mapping[str, int] = 1
) -> tuple[dict[str, int], int]:
    """Split ``total`` minor units in proportion to ``weights`` by largest remainder (Hamilton).

    Returns ``(parts, reserve)`` with ``sum(parts) + reserve == total``. Each part is a multiple of its payee's lot
    (``lots``: one for all, or a mapping; a missing key has lot 1): the exact share rounded down to the lot, and at
    most one lot more, handed out by the largest remainder in lots while it fits, ties to the smaller key by code
    point. Weight 0 gets 0. What no lot can take is the reserve, less than the largest lot.

    O(n log n), exact for any size. Raises :class:`~depfund.errors.MoneyError` for a negative or fractional total,
    negative or float weights, lots below 1. Source: Balinski and Young, *Fair Representation* (1982).
    """
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise MoneyError(f"the total is {total!r}; it is a whole number of minor units, zero or more.")
    shares = integers(weights)
    whole = sum(shares.values())
    parts = dict.fromkeys(sorted(shares), 0)
    if whole == 0:
        return parts, total
    left = total
    rest: list[tuple[Fraction | int, str, int]] = []
    for key in parts:
        lot = lots if isinstance(lots, int) else lots.get(key, 1)
        if lot < 1:
            raise MoneyError(f"the lot of {key!r} is {lot}; a lot is one minor unit or more.")
        count, over = divmod(total * shares[key], whole * lot)
        parts[key] = count * lot
        left -= count * lot
        if over:
            # All remainders are compared over the common denominator whole·lot.
            rest.append((-over if isinstance(lots, int) else Fraction(-over, lot), key, lot))
    if left:
        rest.sort()
        for _, key, lot in rest:
            if lot <= left:
                parts[key] += lot
                left -= lot
            if not left:
                break
    return parts, left
