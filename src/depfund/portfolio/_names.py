"""What a file name says."""

from __future__ import annotations

from depfund.manifests._recognise import by_name

__all__ = ["recognise_name", "writable"]


def recognise_name(name: str) -> str:
    """The ecosystem of the format that a file of this name has (``any`` for SBOMs), empty for other files."""
    row = by_name(name)
    return row.ecosystem if row else ""


def writable(name: str) -> str:
    """``name`` as any document can hold it: bytes of a path that are no UTF-8 become escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
