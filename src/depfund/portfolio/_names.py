"""What a file name says."""

from __future__ import annotations

from depfund.manifests._recognise import by_name

__all__ = ["recognise_name"]


def recognise_name(name: str) -> str:
    """The ecosystem of the format that a file of this name has (``any`` for SBOMs), empty for other files."""
    row = by_name(name)
    return row.ecosystem if row else ""
