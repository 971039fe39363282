"""Place: where in a file a reader is, put on every ManifestError that leaves the block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self, TypeVar

from depfund.errors import ManifestError
from depfund.manifests._file import File

__all__ = ["Place"]

T = TypeVar("T")


class Place:
    """``with Place(file) as place: for row in place.rows("package", rows): …`` names ``package[7]`` in an error."""

    __slots__ = ("after", "at", "before", "file")

    def __init__(self, file: File) -> None:
        self.file = file
        self.before = self.after = ""
        self.at: int | str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ManifestError):
            error.under(f"{self.before}{self.at}{self.after}", file=self.file.path)

    def rows(self, name: str, rows: Iterable[T]) -> Iterator[T]:
        """Each row of a list; its place is ``name[number]``."""
        self.before, self.after = f"{name}[", "]"
        for self.at, row in enumerate(rows):
            yield row
        self.before = self.at = self.after = ""

    def keys(self, name: str, rows: Mapping[str, T]) -> Iterator[tuple[str, T]]:
        """Each pair of a mapping; its place is ``name.key``."""
        self.before = f"{name}." if name else ""
        yield from self.pairs(rows.items())
        self.before = self.at = self.after = ""

    def pairs(self, rows: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
        """Each pair; its place is the key."""
        for key, row in rows:
            self.at = key
            yield str(key), row

    def lines(self, text: str) -> Iterator[str]:
        """Each line; its place is ``line number``, counted from 1."""
        self.before = "line "
        for number, line in enumerate(text.split("\n"), 1):
            self.at = number
            yield line.removesuffix("\r")
        self.before = self.at = self.after = ""
