"""Vectors on disk: every name once, a vector as numbers of names, all in one SQLite file.

A portfolio of a thousand lockfiles names the same few thousand packages again and again. Kept by number, an unchanged
vector is four arrays that are read as they lie; nothing is decoded, hashed or compared name by name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from depfund import __version__
from depfund.model import Note
from depfund.portfolio.vectors import Task, Vector

__all__ = ["Leaf", "Names", "Shelf"]

_MANY = 128
"""How many vectors wait in memory until they are written together."""
_PATIENCE = 5.0
_SHAPE = zlib.crc32(f"1 {__version__} {sys.byteorder} {array('I').itemsize}".encode()) & 0x7FFFFFFF
"""What wrote the file: another version, or another machine's numbers, start it anew."""
_TABLES = """
CREATE TABLE IF NOT EXISTS names (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, leaf BLOB NOT NULL);
"""


class Names(dict[str, int]):
    """Texts by number, in the order in which they came: ``names[text]`` gives a new text the next number."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number

    def numbers(self, texts: Iterable[str]) -> array[int]:
        """The numbers of ``texts``."""
        return array("I", map(self.__getitem__, texts))


class Leaf(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A :class:`~depfund.portfolio.vectors.Vector` in numbers of names; arrays as the machine holds them.

    ``nodes`` with their ``sizes`` are the values. ``members`` are pairs of node and purl, ``direct`` pairs of kind and
    node, each pair one name with a NUL inside. ``via`` are nodes, then as many that require them.
    """

    ecosystem: str
    nodes: bytes
    sizes: bytes
    members: bytes
    direct: bytes
    via: bytes
    notes: tuple[Note, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, vector: Vector, names: Names) -> Leaf:
        """``vector`` by the numbers of ``names``, which learn what is new."""
        return cls(
            ecosystem=vector.ecosystem,
            nodes=names.numbers(vector.values).tobytes(),
            sizes=array("q", vector.values.values()).tobytes(),
            members=names.numbers(vector.members).tobytes(),
            direct=names.numbers(f"{kind}\0{node}" for node, kind in vector.direct.items()).tobytes(),
            via=names.numbers((*vector.via, *vector.via.values())).tobytes(),
            notes=vector.notes,
            asked=vector.asked,
        )


class Shelf:
    """The file and its :attr:`names`. Without a folder, or where the file cannot be used, nothing is kept.

    Two processes may read at once. When another one has added names meanwhile, what it wrote stands, and this one
    keeps nothing more: a cache may be missed, never mixed up.
    """

    def __init__(self, folder: Path | None, name: str = "vectors") -> None:
        self.file = folder / f"{name}.sqlite" if folder else None
        self.names = Names()
        self.stored = 0
        self.waiting: list[tuple[str, bytes]] = []

    def find(self, keys: Sequence[str], tasks: Sequence[Task]) -> Iterator[Leaf | None]:
        """For each task the leaf under its key, where the neighbours that were asked for are still what they were.

        The file is read at once and closed, each leaf decoded when its turn comes and then let go.
        """
        rows: dict[str, bytes] = {}
        with self._opened() as file:
            if file is not None:
                self._learn(file)
                for key in keys:
                    found = file.execute("SELECT leaf FROM vectors WHERE key = ?", (key,)).fetchone()
                    if found is not None:
                        rows[key] = found[0]
        if self.file is None:  # it broke on the way
            rows = {}
        decode = msgspec.msgpack.Decoder(Leaf).decode
        return (_sound(decode, rows.pop(key, None), task) for key, task in zip(keys, tasks, strict=True))

    def _learn(self, file: sqlite3.Connection) -> None:
        new = [
            row[0] for row in file.execute("SELECT name FROM names WHERE number >= ? ORDER BY number", (self.stored,))
        ]
        if new and len(self.names) > self.stored:
            raise sqlite3.OperationalError("other names have these numbers here")
        self.names.update(zip(new, range(self.stored, self.stored + len(new)), strict=True))
        self.stored = len(self.names) if new else self.stored

    def keep(self, key: str, leaf: Leaf) -> None:
        """Store ``leaf``, with others, when enough of them wait or at :meth:`flush`."""
        if self.file is not None and key:
            data = msgspec.msgpack.encode(leaf)
            self.waiting.append((key, zlib.crc32(data).to_bytes(4, "big") + data))
            if len(self.waiting) >= _MANY:
                self.flush()

    def flush(self) -> None:
        """Write what waits, all or nothing; a full, locked or read-only disk is no error."""
        if not self.waiting:
            return
        with self._opened() as file:
            if file is not None:
                file.execute("BEGIN IMMEDIATE")
                if file.execute("SELECT coalesce(max(number) + 1, 0) FROM names").fetchone()[0] != self.stored:
                    raise sqlite3.OperationalError("another process has written meanwhile")
                fresh = list(self.names)[self.stored :]
                file.executemany("INSERT INTO names VALUES (?, ?)", enumerate(fresh, self.stored))
                file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", self.waiting)
                file.execute("COMMIT")
                self.stored = len(self.names)
        self.waiting.clear()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection | None]:
        """The file, closed afterwards: no connection may be open when a pool forks. A broken file is begun anew."""
        if self.file is None:
            yield None
            return
        try:
            file = _connected(self.file)
        except (OSError, sqlite3.Error):
            self.file = None
            yield None
            return
        try:
            yield file
        except (OSError, sqlite3.Error, UnicodeError) as error:
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self.file.unlink(missing_ok=True)
            self.file = None
        finally:
            file.close()


def _sound(decode: Callable[[memoryview], Leaf], data: bytes | None, task: Task) -> Leaf | None:
    """The leaf in ``data`` if it is whole and no neighbour has changed."""
    if data is None or zlib.crc32(memoryview(data)[4:]).to_bytes(4, "big") != data[:4]:
        return None
    leaf = decode(memoryview(data)[4:])
    folder = Path(task.path).parent
    return leaf if all(_same(folder, *each) for each in leaf.asked) else None


def _same(folder: Path, name: str, digest: str) -> bool:
    base, sign, pattern = name.partition("?")
    if sign:
        found = (each for each in (folder / base).glob(pattern) if each.is_file())
        listed = sorted(os.path.relpath(each, folder) for each in found if "node_modules" not in each.parts)
        return listed == sorted(os.path.normpath(each) for each in digest.split("\n") if each)
    try:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    except OSError:
        return not digest


def _connected(path: Path) -> sqlite3.Connection:
    """The database at ``path``, readable by its owner alone; what is broken or of another version is begun anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _ready(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        path.unlink(missing_ok=True)
        return _ready(path)


def _ready(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        shape = file.execute("PRAGMA user_version").fetchone()[0]
        if shape == 0:
            file.executescript(f"{_TABLES} PRAGMA user_version = {_SHAPE};")
            shape = _SHAPE
    except sqlite3.Error:
        file.close()
        raise
    if shape != _SHAPE:
        file.close()
        raise sqlite3.DatabaseError(f"{path} was written by another version.")
    return file
