"""``votes``: what people voted for, counted by :func:`depfund.weights.votes`, for reached nodes. O(ballots)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from depfund.errors import UsageError
from depfund.graph import reach
from depfund.model import Note
from depfund.weights._ask import Ask
from depfund.weights._exact import flag, to_unit
from depfund.weights._stakes import matched
from depfund.weights.voting import votes

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node. A candidate may be a node's key, a purl (any version) or a package's name."""
    ballots: Any = ask.parameters["ballots"]
    if flag(ballots):
        raise UsageError("votes needs ballots: a list of what each person voted for.")
    if isinstance(ballots, str):
        try:
            ballots = json.loads(ballots)
        except ValueError as error:
            raise UsageError(f"ballots is {ballots!r}; write a list of ballots, or JSON of one.") from error
    if not isinstance(ballots, (Mapping, Iterable)):
        raise UsageError(f"ballots is {ballots!r}; it is a list of ballots, or a mapping of voter to ballot.")
    counted = votes(ballots, str(ask.parameters["method"]))
    keys = sorted(reach(ask.basis.direct, ask.basis.requires))
    found, lost = matched(ask.basis, {name: Fraction(value) for name, value in counted.items()}, keys)
    for name in lost:
        ask.notes.append(
            Note(
                level="warning",
                code="votes.unmatched",
                subject=name,
                message=f"{name} has votes but is not in the graph; they are left out.",
            )
        )
    return dict(zip(found, to_unit(list(found.values())), strict=True)) if any(found.values()) else {}
