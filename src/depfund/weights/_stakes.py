"""The root's stake in each direct dependency: equal, by usage, or as given; the dev dependencies' part apart.

Σ stakes = 1. Every weighting that is linear in the stakes (direct, flow, shapley over direct, impact) starts here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from depfund.graph import versionless
from depfund.model import Basis
from depfund.weights._exact import flag, number, numbers, share

__all__ = ["STAKES", "matched", "stakes_of"]

STAKES: Mapping[str, object] = {"stakes": "equal", "usage": None, "dev_share": None}
"""Modifier parameters that every weighting takes, with their defaults."""


def stakes_of(basis: Basis, parameters: Mapping[str, object]) -> tuple[dict[str, Fraction], list[str]]:
    """``(stakes, unmatched)`` of the direct dependencies of ``basis``, in code point order.

    ``stakes``: ``"equal"``, ``"usage"`` (with ``usage``: counts by purl, key, package or import name; each
    count + 1, so that what is used without an import keeps something), or a mapping of weights. ``dev_share``
    is the part of the whole that goes to the dev dependencies (all of it when there are no others, none when
    there are none). ``unmatched`` are names of the mapping that mean no direct dependency.

    Raises :class:`~depfund.errors.UsageError`.
    """
    rule, keys = parameters.get("stakes"), sorted(basis.direct)
    unmatched: list[str] = []
    even = False
    if rule == "usage":
        given = {} if flag(parameters.get("usage")) else numbers(parameters["usage"], "usage")
        counts, unmatched = matched(basis, given, keys)
        raw = {key: counts.get(key, Fraction(0)) + 1 for key in keys}
    elif flag(rule) or rule == "equal":
        raw, even = {}, True
    else:
        given, unmatched = matched(basis, numbers(rule, "stakes"), keys)
        raw = {key: given.get(key, Fraction(0)) for key in keys}
    sides = [keys]
    parts = [Fraction(1)]
    if not flag(parameters.get("dev_share")):
        dev = share(parameters["dev_share"], "dev_share")
        sides = [[k for k in keys if basis.direct[k] != "dev"], [k for k in keys if basis.direct[k] == "dev"]]
        parts = [1 - dev, dev] if all(sides) else [Fraction(1), Fraction(1)]
    found: dict[str, Fraction] = {}
    for part, side in zip(parts, sides, strict=True):
        if even:
            found |= dict.fromkeys(side, part / (len(side) or 1))
            continue
        whole = sum((raw[key] for key in side), Fraction(0))
        for key in side:
            found[key] = part * (raw[key] / whole if whole else Fraction(1, len(side)))
    return {key: found[key] for key in keys}, unmatched


def matched(basis: Basis, given: Mapping[str, Fraction], keys: Iterable[str]) -> tuple[dict[str, Fraction], list[str]]:
    """``given`` by node: a name may be a node's key, a purl of it (any version), or a package's name.

    Names that mean one node add up. Returns what matched and, sorted, the names that did not.
    """
    names: dict[str, str] = {}
    for key in keys:
        for purl in basis.members.get(key, ()):
            plain = versionless(purl)
            for name in (plain.partition("/")[2].replace("%40", "@"), plain.rsplit("/", 1)[-1]):
                for spelling in (name, _folded(name)):
                    names.setdefault(spelling, key)
    for key in keys:
        for purl in basis.members.get(key, ()):
            names[versionless(purl)] = key
            names[purl] = key
    names |= {key: key for key in keys}
    found: dict[str, Fraction] = {}
    lost: list[str] = []
    for name in sorted(given):
        key = names.get(name) or names.get(versionless(name)) or names.get(_folded(name)) or ""
        if key:
            found[key] = found.get(key, Fraction(0)) + number(given[name], name)
        else:
            lost.append(name)
    return found, lost


def _folded(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
