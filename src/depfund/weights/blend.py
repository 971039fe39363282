"""``blend``: a convex combination of other weightings, Σ c_i·w_i with Σ c_i = 1.

Keeps what its parts share of balance, null player and linearity, and their floors scaled. Costs what its parts cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from depfund.errors import UsageError
from depfund.weights._exact import flag, numbers, to_unit

__all__ = ["mixed", "parts_of"]


def parts_of(parameters: Mapping[str, object], known: Callable[[str], bool]) -> dict[str, Fraction]:
    """The coefficients by weighting: of ``parts``, and of parameters that are called like a weighting."""
    found = {} if flag(parameters.get("parts")) else numbers(parameters["parts"], "parts")
    for name, value in parameters.items():
        if name != "parts" and "." not in name and known(name):
            found |= numbers({name: value}, "the share")
    whole = sum(found.values(), Fraction(0))
    if not whole:
        raise UsageError("blend needs parts: the share of each weighting, such as flow=3/4, equal=1/4.")
    return {name: found[name] / whole for name in sorted(found)}


def mixed(parts: Mapping[str, Fraction], values: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Units of 10^15 by node, of the parts' own units."""
    keys = sorted({key for each in values.values() for key in each})
    total = [sum((share * values[name].get(key, 0) for name, share in parts.items()), Fraction(0)) for key in keys]
    return dict(zip(keys, to_unit(total), strict=True))
