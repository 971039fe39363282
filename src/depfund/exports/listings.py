"""What the command line lists beside allocations: graphs, funding, weights, comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from depfund.exports._amounts import percent
from depfund.exports._paths import label
from depfund.exports._safe import dot
from depfund.exports._sensitivity import rows as compared
from depfund.exports.table import grid, paint, text
from depfund.model import UNIT, Facts, Graph, Weights

__all__ = ["comparison", "dot_graph", "funding", "graph", "weights"]


def graph(found: Graph, *, width: int | None = None, color: bool = False) -> str:
    """Packages with their kinds of paths and how many they require, the direct ones marked."""
    made = grid(
        ("Package", "left"),
        ("Version", "left"),
        ("Ecosystem", "left"),
        ("Scopes", "left"),
        ("Direct", "left"),
        ("Requires", "right"),
    )
    for package in found.packages:
        kind = found.direct.get(package.purl, "")
        made.add_row(
            text(package.name, "bold" if kind else ""),
            text(package.version or ""),
            text(package.ecosystem),
            text(", ".join(package.scopes)),
            text("ours" if package.first_party else kind),
            text(str(len(found.requires.get(package.purl, ())))),
        )
    edges = sum(len(row) for row in found.requires.values())
    flat = [source.path for source in found.sources if not source.edges]
    head = f"{found.root}: {len(found.packages)} packages, {len(found.direct)} direct, {edges} edges"
    parts: list[Table | Text] = [text(head, "bold")]
    parts += [text(f"{path} does not record which package requires which.") for path in flat]
    return paint([*parts, text(""), made], width=width, color=color)


def dot_graph(found: Graph) -> str:
    """The Graph in Graphviz' language, root in front, edges other than runtime dashed."""
    lines = [
        "digraph depfund {",
        "  rankdir=LR;",
        "  node [shape=box, style=rounded];",
        f"  root [label={dot(found.root)}];",
    ]
    for package in found.packages:
        shown = f"{package.name} {package.version}" if package.version else package.name
        lines.append(f"  {dot(package.purl)} [label={dot(shown)}];")
    for target, kind in found.direct.items():
        lines.append(f"  root -> {dot(target)}{_style(kind)};")
    for source, row in found.requires.items():
        lines += [f"  {dot(source)} -> {dot(target)}{_style(kind)};" for target, kind in row.items()]
    return "\n".join([*lines, "}"]) + "\n"


def _style(kind: str) -> str:
    return "" if kind == "runtime" else f" [style=dashed, label={dot(kind)}]"


def funding(rows: Sequence[Mapping[str, Any]], facts: Facts, *, width: int | None = None, color: bool = False) -> str:
    """One line per package: whom to pay, how, how sure, and where that is stated."""
    made = grid(("Package", "left"), ("Payee", "left"), ("Standing", "left"), ("Sure", "right"), ("Stated at", "left"))
    paid = 0
    for row in rows:
        keys = [str(key) for key in row.get("payees") or ()]
        payee = facts.payees.get(keys[0]) if keys else None
        channel = payee.channels[0] if payee and payee.channels else None
        paid += bool(keys)
        name = text(str(row.get("name") or row.get("purl") or ""), "bold" if row.get("direct") else "")
        if not keys:
            reason = row.get("reason") or facts.unresolved.get(str(row.get("purl", "")), "")
            made.add_row(name, text("–"), text("unknown", "yellow"), text(""), text(str(reason)))
            continue
        made.add_row(
            name,
            text(keys[0] + (f" +{len(keys) - 1}" if len(keys) > 1 else "")),
            text(channel.standing if channel else ""),
            text(percent(round(payee.confidence * 100), 100).replace(".0%", "%") if payee else ""),
            text(channel.evidence[0].where if channel and channel.evidence else ""),
        )
    head = f"{paid} of {len(rows)} packages have a payee ({percent(paid, len(rows))})"
    return paint([text(head, "bold"), text(""), made], width=width, color=color)


def weights(found: Weights, *, width: int | None = None, color: bool = False) -> str:
    """The weights as shares, largest first."""
    made = grid((f"{found.level.capitalize()}", "left"), ("Share", "right"), ("Units of 10^15", "right"))
    for key in sorted(found.values, key=lambda one: (-found.values[one], one)):
        value = found.values[key]
        made.add_row(
            text(label(key) if found.level != "version" else key), text(percent(value, UNIT)), text(str(value))
        )
    settings = ", ".join(f"{key} {value}" for key, value in sorted(found.parameters.items()))
    head = f"{found.weighting}{f' ({settings})' if settings else ''}: {len(found.values)} at the level {found.level}"
    return paint([text(head, "bold"), text(""), made], width=width, color=color)


def comparison(found: Mapping[str, Any], *, width: int | None = None, color: bool = False) -> str:
    """How much of the money each other weighting would move, with the rank correlation."""
    made = grid(("Weighting", "left"), ("Moves", "right"), ("Rank agreement (τ)", "right"))
    for row in compared(found):
        made.add_row(text(row.weighting, "bold"), text(row.moved), text(row.tau))
    base = found.get("base") or found.get("against")
    head = f"Switching from {base} moves this much of the money" if base else "Switching moves this much of the money"
    return paint([text(head, "bold"), text(""), made], width=width, color=color)
