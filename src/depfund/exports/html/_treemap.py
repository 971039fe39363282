"""A squarified treemap: rectangles whose areas are proportional to their values, near to squares.

Bruls, Huizing and van Wijk, *Squarified Treemaps* (2000). Geometry is in floats; money never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Box", "squarify"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float


def squarify(values: Sequence[int], width: float, height: float) -> list[Box]:
    """One box per value, in the order given (largest first looks best); zero and negative values get empty boxes.

    The boxes tile ``width`` × ``height`` without overlap. O(n).
    """
    total = sum(value for value in values if value > 0)
    boxes = [Box(0.0, 0.0, 0.0, 0.0)] * len(values)
    if total <= 0 or width <= 0 or height <= 0:
        return boxes
    scale = width * height / total
    live = [(at, value * scale) for at, value in enumerate(values) if value > 0]
    x, y, w, h = 0.0, 0.0, float(width), float(height)
    start = 0
    while start < len(live):
        side = min(w, h)
        end, area = start + 1, live[start][1]
        low = high = area
        worst = _worst(area, low, high, side)
        while end < len(live):
            one = live[end][1]
            next_worst = _worst(area + one, min(low, one), max(high, one), side)
            if next_worst > worst:
                break
            area, low, high, worst = area + one, min(low, one), max(high, one), next_worst
            end += 1
        last = end == len(live)
        across = (min(h, w)) and area / side
        along = 0.0
        for at, one in live[start:end]:
            length = one / across if across else 0.0
            if w >= h:  # a column at the left edge, filled from the top
                boxes[at] = Box(x, y + along, w if last else across, length)
            else:
                boxes[at] = Box(x + along, y, length, h if last else across)
            along += length
        if w >= h:
            x, w = x + across, max(w - across, 0.0)
        else:
            y, h = y + across, max(h - across, 0.0)
        start = end
    return boxes


def _worst(area: float, low: float, high: float, side: float) -> float:
    """The worst aspect ratio in a row of boxes between ``low`` and ``high`` along ``side``."""
    square = side * side
    if not square or not area or not low:
        return float("inf")
    return max(square * high / (area * area), area * area / (square * low))
