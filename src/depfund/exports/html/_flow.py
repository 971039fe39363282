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

    ``margin`` is the room for labels on each side; bars of one side never overlap, and a bar's bands fill it exactly.
    """
    out = {key: sum(minor for (source, _), minor in flows.items() if source == key) for key in left}
    into = {key: sum(minor for (_, target), minor in flows.items() if target == key) for key in right}
    total = max(sum(into.values()), 1)
    count = max(len(left), len(right), 1)
    height = max(row * count, 120)
    gap = row * 0.62
    space = height - gap * count
    scale = space / total
    places_left = _stack(left, out, scale, height)
    places_right = _stack(right, into, scale, height)
    x0, x1 = float(margin), float(width - margin - bar)
    rank = {key: at for at, key in enumerate(right)}
    order = {key: at for at, key in enumerate(left)}
    used_left = {key: y for key, (y, _) in places_left.items()}
    used_right = {key: y for key, (y, _) in places_right.items()}
    starts: dict[tuple[str, str], float] = {}
    for source, target in sorted(flows, key=lambda pair: (order[pair[0]], rank[pair[1]])):
        starts[source, target] = used_left[source]
        used_left[source] += flows[source, target] * scale
    bands = []
    for source, target in sorted(flows, key=lambda pair: (rank[pair[1]], order[pair[0]])):
        minor = flows[source, target]
        thick = minor * scale
        ya, yb = starts[source, target], used_right[target]
        used_right[target] += thick
        bands.append(Band(source, target, minor, _band(x0 + bar, ya, x1, yb, thick)))
    return Flow(
        width=width,
        height=height,
        left=tuple(Bar(key, x0, y, h, out[key]) for key, (y, h) in places_left.items()),
        right=tuple(Bar(key, x1, y, h, into[key]) for key, (y, h) in places_right.items()),
        bands=tuple(bands),
    )


def _stack(keys: Sequence[str], sums: Mapping[str, int], scale: float, height: float) -> dict[str, tuple[float, float]]:
    """``key → (top, height)`` from the top, with equal gaps that use up the height."""
    used = sum(sums[key] for key in keys) * scale
    gap = (height - used) / max(len(keys), 1)
    places: dict[str, tuple[float, float]] = {}
    y = gap / 2
    for key in keys:
        high = sums[key] * scale
        places[key] = (y, high)
        y += high + gap
    return places


def _band(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    """The closed outline of a band whose edges leave and arrive level."""
    mid = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + thick:.1f}C{mid:.1f} {y1 + thick:.1f} {mid:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}Z"
    )
