"""The cache on disk: hishel's SQLite, private to its owner, shared by processes, never a reason to fail."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import hishel
import httpx
from hishel.httpx import CacheTransport

from depfund.http.silent import NAME

__all__ = ["NAME", "cached"]


def cached(below: httpx.BaseTransport, folder: Path | None, *, offline: bool) -> tuple[httpx.BaseTransport, str | None]:
    """(``below`` behind the cache in ``folder``, why there is no cache or None).

    Offline, what is in the cache is an answer however old it is. A cache file that is broken is started anew.
    """
    if folder is None:
        return below, None
    path = folder / NAME
    try:
        _ready(path)
    except (OSError, sqlite3.Error) as error:
        return below, f"the cache {path.name} cannot be used ({error.__class__.__name__}); every address was asked anew"
    log = logging.getLogger("hishel")
    if not log.handlers:  # a cache that cannot write is a miss, not a traceback on somebody's terminal
        log.addHandler(logging.NullHandler())
    options = hishel.CacheOptions(shared=False, supported_methods=["GET"], allow_stale=offline)
    storage = hishel.SqliteStorage(database_path=path)
    return CacheTransport(below, storage=storage, rfc=options), None


def _ready(path: Path) -> None:
    """Make the file, readable by its owner alone, and see that it is a database that can be written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make(path)
    path.chmod(0o600)
    try:
        _probe(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        path.unlink()
        _make(path)
        _probe(path)


def _make(path: Path) -> None:
    """The file, where it is not there; a link in its place is not followed."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))


def _probe(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()
