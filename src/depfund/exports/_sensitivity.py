"""The comparison of weightings, a plain mapping made in a room that this one does not import: read tolerantly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from depfund.exports._amounts import percent
from depfund.exports._paths import label
from depfund.exports._paths import who as named
from depfund.model import UNIT, Allocation

__all__ = ["Row", "ranges", "rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One other weighting: the share of the money it moves, and the rank correlation."""

    weighting: str
    moved: str
    tau: str


def rows(compare: Mapping[str, Any] | None) -> list[Row]:
    """The ``rows`` of a comparison."""
    found = compare.get("rows", ()) if compare else ()
    return [
        Row(
            weighting=str(row.get("weighting") or row.get("name") or ""),
            moved=str(row.get("moved", "")),
            tau="–" if row.get("tau") is None else str(row["tau"]),
        )
        for row in found
        if isinstance(row, Mapping)
    ]


def ranges(compare: Mapping[str, Any] | None, plan: Allocation) -> list[tuple[str, str, str]]:
    """``(payee or node, least, most)`` of the widest ranges over the weightings, as shares."""
    found = (compare.get("ranges") or compare.get("range") or {}) if compare else {}
    if not isinstance(found, Mapping):
        return []
    names = {payment.payee: named(payment) for payment in plan.payments}
    made = []
    for who, row in found.items():
        if isinstance(row, Mapping):
            low, high = row.get("min", row.get("least")), row.get("max", row.get("most"))
        elif isinstance(row, (list, tuple)) and len(row) == 2:
            low, high = row
        else:
            continue
        if isinstance(low, int) and isinstance(high, int) and high > low:
            made.append((high - low, names.get(who) or label(str(who)), percent(low, UNIT), percent(high, UNIT)))
    made.sort(key=lambda item: (-item[0], item[1]))
    return [(who, low, high) for _, who, low, high in made]
