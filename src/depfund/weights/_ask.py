"""What a weighting is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from depfund.model import Basis, Note

__all__ = ["Ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The quotient graph, the root's stakes in its direct dependencies (Σ = 1, code point order), parameters.

    ``parameters`` are complete (defaults filled in) and as given: each weighting reads its own. ``notes`` is where
    a weighting says what the reader of the result should know.
    """

    basis: Basis
    stakes: Mapping[str, Fraction]
    parameters: Mapping[str, object] = field(default_factory=dict)
    root: str = ""
    notes: list[Note] = field(default_factory=list)
