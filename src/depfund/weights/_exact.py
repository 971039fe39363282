"""Parameters as exact numbers, and exact numbers as integers that sum to the unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from numbers import Rational

from depfund.errors import UsageError
from depfund.model import UNIT
from depfund.money import fraction

__all__ = ["FINE", "common", "flag", "number", "numbers", "pairs", "share", "to_unit", "weight", "whole"]

FINE = UNIT << 128
"""The fixed point in which sums of fractions with many denominators are made; its last place is 3·10⁻⁵⁴."""


def common(denominators: Iterable[int], most: int = FINE) -> int:
    """The fixed point for fractions with these ``denominators``: a multiple of all, so that sums are exact.

    ``most`` where that would be larger. Exact sums make equal proportions equal, so that ties go by key.
    """
    found = 1
    for each in denominators:
        found = math.lcm(found, each)
        if found > most:
            return most
    return found


def number(value: object, what: str) -> Fraction:
    """``value`` (int, Fraction, Decimal, or text such as ``"1/2"``, ``"0.5"``, ``"50%"``) exactly.

    A float stands for its shortest decimal text. Raises :class:`~depfund.errors.UsageError`.
    """
    if not isinstance(value, bool):
        if isinstance(value, Rational):
            return Fraction(value)
        text = str(value).strip()
        try:
            return fraction(text.removesuffix("%").rstrip()) / (100 if text.endswith("%") else 1)
        except ValueError:
            pass
    raise UsageError(f"{what} is {value!r}; write an exact number such as 1/2, 0.5 or 3.")


def share(value: object, what: str, *, least: int = 0) -> Fraction:
    """A number from 0 (or, with ``least=1``, above 0) to 1."""
    found = number(value, what)
    if not 0 <= found <= 1 or (least and not found):
        raise UsageError(f"{what} is {value}; it is {'above 0' if least else '0 or more'} and at most 1.")
    return found


def weight(value: object, what: str) -> Fraction:
    """A number of 0 or more."""
    found = number(value, what)
    if found < 0:
        raise UsageError(f"{what} is {value}; it is 0 or more.")
    return found


def whole(value: object, what: str) -> int:
    """A whole number of 1 or more."""
    found = number(value, what)
    if found.denominator != 1 or found < 1:
        raise UsageError(f"{what} is {value}; it is a whole number, 1 or more.")
    return int(found)


def flag(value: object) -> bool:
    """Whether ``value`` says that the parameter is off: None, ``""``, ``"none"``."""
    return value is None or (isinstance(value, str) and value.strip().lower() in {"", "none", "off"})


def pairs(value: object, what: str) -> dict[str, object]:
    """A mapping, or its text ``"name=1/2, other=3"`` (from a command line), as a dict."""
    if isinstance(value, Mapping):
        return {str(key): value[key] for key in sorted(value, key=str)}
    if isinstance(value, str) and value.strip():
        parts = [part.strip().rpartition("=") for part in value.replace(";", ",").split(",") if part.strip()]
        if all(sign and name.strip() for name, sign, _ in parts):
            return {name.strip(): number.strip() for name, _, number in parts}
    raise UsageError(f"{what} is {value!r}; write name=number pairs such as 'requests=2, flask=1'.")


def numbers(value: object, what: str) -> dict[str, Fraction]:
    """:func:`pairs` with checked numbers of 0 or more."""
    return {name: weight(each, f"{what} of {name}") for name, each in pairs(value, what).items()}


def _scaled(values: Sequence[int | Fraction]) -> list[int]:
    common = math.lcm(*{value.denominator for value in values})
    if common == 1:
        return [int(value) for value in values]
    return [value.numerator * (common // value.denominator) for value in values]


def to_unit(values: Sequence[int | Fraction], total: int = UNIT) -> list[int]:
    """Proportions as integers that sum to exactly ``total``, by largest remainder, ties to the earlier place.

    All zero when the proportions are. O(n log n), and O(n) where few values are distinct.
    """
    parts = values if all(type(value) is int for value in values) else _scaled(values)
    whole_ = sum(parts)
    if not whole_:
        return [0] * len(parts)
    cells = {value: divmod(int(value) * total, int(whole_)) for value in set(parts)}
    found = [cells[value][0] for value in parts]
    left = total - sum(found)
    if left:
        for place in _foremost(parts, lambda value: cells[value][1], left):  # type: ignore[arg-type]
            found[place] += 1
    return found


def _foremost(parts: Sequence[int], rest: Callable[[int], int], count: int) -> Iterable[int]:
    """The ``count`` places with the largest rest, earlier places first among equals."""
    rests = list(map(rest, parts))
    ranked = sorted(set(rests), reverse=True)
    if len(ranked) * 8 < len(rests):
        sizes: dict[int, int] = {}
        for one in rests:
            sizes[one] = sizes.get(one, 0) + 1
        for one in ranked:
            if count < sizes[one]:
                break
            count -= sizes[one]
            sizes[one] = -1
        found = []
        for place, value in enumerate(rests):
            if sizes[value] < 0:
                found.append(place)
            elif value == one and count:
                found.append(place)
                count -= 1
        return found
    return sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:count]
