"""Counting votes exactly: approval, one vote each, Borda, quadratic voting, quadratic funding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import combinations
from math import isqrt
from typing import Any

from depfund.errors import UsageError
from depfund.weights._exact import weight

__all__ = ["METHODS", "root", "votes"]

Number = int | Fraction
_PLACES = 10**24
_PAIRS = 400


def votes(
    ballots: Iterable[Any] | Mapping[str, Any], method: str, *, candidates: Iterable[str] | None = None
) -> dict[str, Number]:
    """What ``ballots`` give to each candidate, by the formula of ``method``; proportions, not scaled to one.

    * ``approval``: one point from everybody who approves. Ballots are collections of candidates.
    * ``one_each``: one vote a voter, split equally over the approved: approving everything gains nothing.
    * ``borda``: m − 1 − position, of m candidates; the unranked share what is left equally. Ballots are lists, best
      first.
    * ``quadratic``: Σ √credits. Ballots map candidates to credits.
    * ``quadratic_funding``: (Σ √c)² − Σ c of the contributions c. Ballots map candidates to contributions.

    ``ballots`` is a list of ballots or a mapping of voter to ballot. ``candidates`` adds names that nobody voted
    for; with the ballots' own they are the m of Borda. Everybody counts once: repeated candidates on one ballot are
    one. Keys come in code point order. Roots of squares are exact; others are rounded down at 10⁻²⁴.

    Raises :class:`~depfund.errors.UsageError` for an unknown method, negative or inexact credits.

    >>> votes([["a", "b"], ["a"]], "one_each")
    {'a': Fraction(3, 2), 'b': Fraction(1, 2)}
    """
    if method not in METHODS:
        raise UsageError(f"{method!r} is no way to count votes; the methods are {', '.join(METHODS)}.")
    count, read = METHODS[method]
    cast = ballots.values() if isinstance(ballots, Mapping) else ballots
    read_ = [read(ballot) for ballot in cast]
    names = sorted({name for ballot in read_ for name in ballot} | set(candidates or ()))
    found = count(read_, names)
    return {name: _plain(found.get(name, 0)) for name in names}


def root(value: Number) -> Fraction:
    """√value: exact for squares of fractions, else rounded down at 10⁻²⁴."""
    exact = Fraction(value)
    over, under = isqrt(exact.numerator), isqrt(exact.denominator)
    if over * over == exact.numerator and under * under == exact.denominator:
        return Fraction(over, under)
    return Fraction(isqrt(exact.numerator * _PLACES * _PLACES // exact.denominator), _PLACES)


def _plain(value: Number) -> Number:
    return int(value) if value.denominator == 1 else Fraction(value)


def _names(ballot: Any) -> dict[str, Fraction]:
    if isinstance(ballot, str):
        return {ballot: Fraction(1)}
    if isinstance(ballot, Mapping):
        return {str(name): Fraction(1) for name, value in ballot.items() if value}
    if isinstance(ballot, (set, frozenset)):
        return {str(name): Fraction(1) for name in sorted(ballot, key=str)}
    try:
        return {str(name): Fraction(1) for name in ballot}
    except TypeError as error:
        raise UsageError(f"a ballot is {ballot!r}; it is a list of candidates.") from error


def _ranking(ballot: Any) -> dict[str, Fraction]:
    if isinstance(ballot, Mapping):  # candidate → rank, the smallest first
        ranks = {str(name): weight(rank, f"the rank of {name}") for name, rank in ballot.items()}
        return {name: ranks[name] for name in sorted(ranks, key=lambda one: (ranks[one], one))}
    if isinstance(ballot, (set, frozenset)):
        raise UsageError("a Borda ballot is a set; it is a list, the best candidate first.")
    return _names(ballot)


def _credits(ballot: Any) -> dict[str, Fraction]:
    if not isinstance(ballot, Mapping):
        raise UsageError(f"a ballot is {ballot!r}; this method needs credits: a mapping of candidate to number.")
    return {str(name): weight(value, f"the credits for {name}") for name, value in ballot.items()}


Cast = list[dict[str, Fraction]]


def _approval(cast: Cast, _names: list[str]) -> dict[str, Number]:
    return dict(Counter(name for ballot in cast for name in ballot))


def _one_each(cast: Cast, _names: list[str]) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for ballot in cast:
        for name in ballot:
            found[name] = found.get(name, 0) + Fraction(1, len(ballot))
    return found


def _borda(cast: Cast, names: list[str]) -> dict[str, Number]:
    found: dict[str, Number] = dict.fromkeys(names, 0)
    for ballot in cast:
        others = len(names) - len(ballot)
        for name in names:
            if name not in ballot:
                found[name] += Fraction(others - 1, 2)
        for place, name in enumerate(ballot):
            found[name] += len(names) - 1 - place
    return found


def _quadratic(cast: Cast, _names: list[str]) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for ballot in cast:
        for name, value in ballot.items():
            found[name] = found.get(name, 0) + root(value)
    return found


def _quadratic_funding(cast: Cast, _names: list[str]) -> dict[str, Number]:
    given: dict[str, Counter[Fraction]] = {}
    for ballot in cast:
        for name, value in ballot.items():
            given.setdefault(name, Counter())[value] += 1
    return {name: _match(values) for name, values in given.items()}


def _match(values: Counter[Fraction]) -> Number:
    """(Σ√c)² − Σc = Σ over ordered pairs of √(c·c'): so that √2·√8 is 4 exactly."""
    if len(values) > _PAIRS:
        total = sum((root(value) * times for value, times in values.items()), Fraction(0))
        return max(total * total - sum(value * times for value, times in values.items()), Fraction(0))
    same = sum((value * times * (times - 1) for value, times in values.items()), Fraction(0))
    pairs = combinations(sorted(values.items()), 2)
    return same + sum((2 * many * more * root(one * other) for (one, many), (other, more) in pairs), Fraction(0))


Count = Callable[[Cast, list[str]], dict[str, Number]]
METHODS: Mapping[str, tuple[Count, Callable[[Any], dict[str, Fraction]]]] = {
    "approval": (_approval, _names),
    "one_each": (_one_each, _names),
    "borda": (_borda, _ranking),
    "quadratic": (_quadratic, _credits),
    "quadratic_funding": (_quadratic_funding, _credits),
}
"""Ways to count: the formula, and how a ballot is read."""
