"""Order of Go module versions: semantic versioning 2.0.0 with the ``v`` in front."""

from __future__ import annotations

__all__ = ["order"]


def order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """A sort key. Build metadata (``+incompatible``) does not count; a pre-release comes before its release."""
    core, _, pre = version.removeprefix("v").partition("+")[0].partition("-")
    numbers = tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in core.split("."))
    parts = tuple(
        (not part.isdigit(), int(part) if part.isascii() and part.isdigit() else 0, part)
        for part in (pre.split(".") if pre else [])
    )
    return numbers, not pre, parts
