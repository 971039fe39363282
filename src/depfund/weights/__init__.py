"""How much does each matter? A basis (quotient graph) in, integers that sum to exactly 10^15 out.

One file an idea. :data:`WEIGHTINGS` lists them; a callable of the user's own, or an entry point of the group
``depfund.weightings``, is asked in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from importlib import import_module
from typing import Any

from depfund.model import Basis, Graph, Weights
from depfund.weights._table import PRESETS, WEIGHTINGS, Row

__all__ = ["PRESETS", "WEIGHTINGS", "Row", "passed_up", "reflow", "votes", "weigh"]

Weighting = str | Callable[[Graph], Mapping[str, int | Fraction]]


def weigh(
    basis: Basis,
    weighting: Weighting = "flow",
    parameters: Mapping[str, object] | None = None,
    *,
    root: str = "",
) -> Weights:
    """How much each node of ``basis`` matters: integers that sum to 10^15 (empty when nothing is reached).

    ``weighting`` is a name of :data:`WEIGHTINGS` or :data:`PRESETS`, or a callable that is given the basis as a
    Graph and returns weights of 0 or more (int or Fraction) by its purls. ``parameters`` are the weighting's own and
    the modifiers ``stakes``, ``usage``, ``dev_share``; numbers are int, Fraction or text (``"1/2"``, ``"0.5"``).

    Raises :class:`~depfund.errors.UsageError` for unknown names and for values out of range.
    """
    from depfund.weights._run import run

    return run(basis, weighting, parameters or {}, root)


def votes(ballots: Any, method: str, **options: Any) -> dict[str, int | Fraction]:
    """Count ``ballots``: see :func:`depfund.weights.voting.votes`."""
    return import_module("depfund.weights.voting").votes(ballots, method, **options)  # type: ignore[no-any-return]


def reflow(weights: Weights, transparent: set[str]) -> dict[str, int]:
    """``pass_down``: the flow again with ``transparent`` nodes keeping nothing where they can pass it on.

    See :func:`depfund.weights.passing.reflow`.
    """
    return import_module("depfund.weights.passing").reflow(weights, transparent)  # type: ignore[no-any-return]


def passed_up(weights: Weights, unfundable: set[str]) -> dict[str, int]:
    """``pass_up``: what ``unfundable`` nodes keep goes back along the edges it came by.

    See :func:`depfund.weights.passing.passed_up`.
    """
    return import_module("depfund.weights.passing").passed_up(weights, unfundable)  # type: ignore[no-any-return]
