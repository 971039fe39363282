"""Lists of more lines than anybody folds to a screen: columns in plain text, without the machinery for small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from depfund.exports._amounts import percent
from depfund.exports._safe import visible
from depfund.model import Facts

__all__ = ["MANY", "funding"]

MANY = 200
"""From so many rows on a list is set this way."""


def funding(rows: Sequence[Mapping[str, Any]], facts: Facts) -> str:
    """As :func:`depfund.exports.listings.funding`, each package on one line of any length."""
    cells = [("Package", "Payee", "Standing", "Sure", "Stated at")]
    paid = 0
    for row in rows:
        name = str(row.get("name") or row.get("purl") or "")
        keys = [str(key) for key in row.get("payees") or ()]
        if not keys:
            reason = row.get("reason") or facts.unresolved.get(str(row.get("purl", "")), "")
            cells.append((visible(name), "–", "unknown", "", visible(str(reason))))
            continue
        paid += 1
        payee = facts.payees.get(keys[0])
        channel = payee.channels[0] if payee and payee.channels else None
        cells.append(
            (
                visible(name),
                visible(keys[0] + (f" +{len(keys) - 1}" if len(keys) > 1 else "")),
                channel.standing if channel else "",
                percent(round(payee.confidence * 100), 100).replace(".0%", "%") if payee else "",
                visible(channel.evidence[0].where if channel and channel.evidence else ""),
            )
        )
    wide = [max(len(row[at]) for row in cells) for at in range(4)]
    lines = [
        f"{a:<{wide[0]}}   {b:<{wide[1]}}   {c:<{wide[2]}}   {d:>{wide[3]}}   {e}".rstrip() for a, b, c, d, e in cells
    ]
    lines.insert(1, "─" * (sum(wide) + 12 + len("Stated at")))
    return "\n".join([f"{paid} of {len(rows)} packages have a payee ({percent(paid, len(rows))})", "", *lines]) + "\n"
