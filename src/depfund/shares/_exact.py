"""What the toolbox takes: whole numbers and fractions, never floats, never negative."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from depfund.errors import AllocationError, MoneyError
from depfund.money import fraction

__all__ = ["Number", "each", "number", "ratio", "scale", "weights_of"]

Number = int | Fraction


def number(value: object, what: str) -> Number:
    """``value``, refused when it is a float or negative."""
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise MoneyError(f"{what} is {value!r}; it is an int or a Fraction, never a float.")
    if value < 0:
        raise AllocationError(f"{what} is {value}; it is zero or more.")
    return value


def each(values: Number | Mapping[str, Number] | None, keys: Iterable[str], what: str) -> dict[str, Number | None]:
    """One checked value a key: ``values`` is one for all, or a mapping in which a missing key has None."""
    if values is None:
        return dict.fromkeys(keys)
    if not isinstance(values, Mapping):
        return dict.fromkeys(keys, number(values, f"the {what}"))
    found = {key: values.get(key) for key in keys}
    return {key: None if value is None else number(value, f"the {what} of {key!r}") for key, value in found.items()}


def scale(*rows: Iterable[Number | None]) -> int:
    """The smallest whole number that makes all numbers of ``rows`` whole."""
    return math.lcm(*{value.denominator for row in rows for value in row if value is not None})


def weights_of(weights: Mapping[str, Number]) -> dict[str, int]:
    """The same proportions as whole numbers, in code point order of their keys."""
    checked = {key: number(weights[key], f"the weight of {key!r}") for key in sorted(weights)}
    common = scale(checked.values())
    return {key: int(weight * common) for key, weight in checked.items()}


def ratio(value: object, what: str) -> Fraction:
    """A percentage as a part of one: ``"6%"``, ``"3/50"``, ``Fraction(6, 100)``; a whole number is per cent: ``6``."""
    if isinstance(value, str):
        text = value.strip()
        try:
            found = fraction(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
        except ValueError as error:
            raise MoneyError(f"{what} is {value!r}; write it as '6%', '3/50' or Fraction(6, 100).") from error
    else:
        found = Fraction(number(value, what))
        if type(value) is int:
            found /= 100
    if not 0 <= found < 1:
        raise AllocationError(f"{what} is {found}; it is a part of one, so 6% is '6%', 6 or Fraction(6, 100).")
    return found
