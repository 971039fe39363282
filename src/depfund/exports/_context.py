"""What an export may ask beyond the allocation itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from depfund.errors import DepfundError
from depfund.model import Allocation, Facts, Graph

__all__ = ["Context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an export may ask beyond the plan. Everything is optional: without it the output says less.

    ``explain`` maps a payee or package to a plain mapping (``by_direct``: direct dependency → units, ``paths``);
    ``compare`` holds ``rows`` (``weighting``, ``moved``, ``tau``) and ``ranges`` (node → least and most of 10^15);
    ``previous`` is the earlier allocation for ``diff``; ``source_document`` the SBOM to enrich; ``generated`` a
    date or time to print (nothing is dated otherwise: the same plan gives the same bytes).
    """

    explain: Callable[[str], Mapping[str, Any]] | None = None
    compare: Mapping[str, Any] | None = None
    graph: Graph | None = None
    facts: Facts | None = None
    previous: Allocation | None = None
    source_document: bytes | None = None
    generated: str = ""

    def why(self, who: str) -> Mapping[str, Any]:
        """The explanation of ``who``, empty where there is none."""
        if self.explain is None:
            return {}
        try:
            return self.explain(who)
        except DepfundError:
            return {}
