"""The flow picture: bands from direct dependencies (left) to payees (right), as cubic paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Band", "Bar", "Flow", "lay"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A node: its bar, the baseline of its label, and the amount through it."""

    key: str
    x: float
    y: float
    h: float
    minor: int


@dataclass(frozen=True, slots=True)
class Band:
    """A band from ``source`` to ``target``: the outline as an SVG path."""

    source: str
    target: str
    minor: int
    path: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The picture in its own units."""

    width: int
    height: int
    left: tuple[Bar, ...]
    right: tuple[Bar, ...]
    bands: tuple[Band, ...]


def lay(
    flows: Mapping[tuple[str, str], int],
    left: Sequence[str],
    right: Sequence[str],
    *,
    width: int,
    margin: int,
    row: int = 34,
    bar: int = 8,
) -> Flow:
    """Lay out ``flows`` (source, target) → minor units; ``left`` and ``right`` give the order from the top.

    ``margin`` is the room for labels on each side, ``row`` the height that a label needs. Bars and labels of one side
    never overlap, and a bar's bands fill it exactly.
    """
    out = {key: sum(minor for (source, _), minor in flows.items() if source == key) for key in left}
    into = {key: sum(minor for (_, target), minor in flows.items() if target == key) for key in right}
    scale = row * max(len(left), len(right), 4) * 0.7 / max(sum(into.values()), 1)
    high = max(_needs(out, scale, row), _needs(into, scale, row))
    tops_left, tops_right = _stack(out, scale, row, high), _stack(into, scale, row, high)
    x0, x1 = float(margin), float(width - margin - bar)
    rank = {key: at for at, key in enumerate(right)}
    order = {key: at for at, key in enumerate(left)}
    used_left, used_right = dict(tops_left), dict(tops_right)
    starts: dict[tuple[str, str], float] = {}
    for source, target in sorted(flows, key=lambda pair: (order[pair[0]], rank[pair[1]])):
        starts[source, target] = used_left[source]
        used_left[source] += flows[source, target] * scale
    bands = []
    for source, target in sorted(flows, key=lambda pair: (rank[pair[1]], order[pair[0]])):
        thick = flows[source, target] * scale
        path = _band(x0 + bar, starts[source, target], x1, used_right[target], thick)
        used_right[target] += thick
        bands.append(Band(source, target, flows[source, target], path))
    return Flow(
        width=width,
        height=round(high),
        left=tuple(Bar(key, x0, tops_left[key], out[key] * scale, out[key]) for key in left),
        right=tuple(Bar(key, x1, tops_right[key], into[key] * scale, into[key]) for key in right),
        bands=tuple(bands),
    )


def _needs(sums: Mapping[str, int], scale: float, row: int) -> float:
    """The height of one side: each bar or its label, whichever is taller, and a gap."""
    return sum(max(minor * scale + 8, row) for minor in sums.values())


def _stack(sums: Mapping[str, int], scale: float, row: int, high: float) -> dict[str, float]:
    """The top of each bar, centred in its slot; what the other side is taller by goes between the slots."""
    spare = (high - _needs(sums, scale, row)) / max(len(sums), 1)
    places: dict[str, float] = {}
    y = 0.0
    for key, minor in sums.items():
        slot = max(minor * scale + 8, row) + spare
        places[key] = y + (slot - minor * scale) / 2
        y += slot
    return places


def _band(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    """The closed outline of a band whose edges leave and arrive level."""
    mid = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + thick:.1f}C{mid:.1f} {y1 + thick:.1f} {mid:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}Z"
    )
