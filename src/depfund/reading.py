"""Sources to one Graph: a file, a folder, several of them, locked by uv where nothing pins them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from depfund.config import Config
from depfund.errors import LockingError, SourceError, UsageError
from depfund.model import Graph, Note

if TYPE_CHECKING:
    from depfund.manifests import File

__all__ = ["read", "read_all", "read_tolerant"]

Source = str | Path


def read(
    source: Source | File,
    *,
    format: str | None = None,
    lock: bool = True,
    config: Config | None = None,
) -> Graph:
    """What ``source`` (a lockfile, manifest, SBOM, graph document or folder) uses.

    ``format`` names the reader where the file's name and content do not. An unpinned Python manifest is locked by
    ``uv`` in a scratch folder first; with ``lock=False``, or offline, it is returned as written: purls without
    versions, no edges, a note. Never touches the network itself.

    Raises :class:`~depfund.errors.SourceError` and its branches.
    """
    from depfund.manifests import File, merge, open_file, search

    if isinstance(source, File):
        return _one(source, format, lock=lock, config=config)
    path = Path(source)
    if not path.is_dir():
        return _one(open_file(path), format, lock=lock, config=config)
    found = search(path)
    if not found:
        raise SourceError(
            f"{path} holds no lockfile, manifest or SBOM that depfund reads. `depfund formats` lists what it reads."
        )
    top = path.resolve()
    graphs = [_one(open_file(each, top=top, shown=str(each)), format, lock=lock, config=config) for each in found]
    return merge(graphs, top.name) if len(graphs) > 1 else graphs[0]


def read_all(
    sources: Source | File | Iterable[Source | File],
    *,
    format: str | None = None,
    lock: bool = True,
    config: Config | None = None,
) -> Graph:
    """One Graph of several sources: each read by :func:`read`, then merged."""
    from depfund.manifests import File, merge

    if isinstance(sources, (str, Path, File)):
        return read(sources, format=format, lock=lock, config=config)
    graphs = [read(source, format=format, lock=lock, config=config) for source in sources]
    if not graphs:
        raise UsageError("no source was named; give a lockfile, a manifest, an SBOM or a folder.")
    return merge(graphs, graphs[0].root) if len(graphs) > 1 else graphs[0]


def _one(file: File, format: str | None, *, lock: bool, config: Config | None) -> Graph:
    """Without ``config`` the environment's is loaded for what may be locked: nothing else needs one."""
    from depfund.manifests import lock_file, lockable, read_file

    graph = read_file(file, format)
    if lock and lockable(graph):
        config = config or Config.load()
        if not config.offline:
            return lock_file(file, graph, config.environ)
    return graph


def read_tolerant(file: File, config: Config) -> Graph:
    """The Graph of one file among many: a manifest that uv cannot lock is read as written, with a note."""
    try:
        return _one(file, None, lock=True, config=config)
    except LockingError as error:
        graph = _one(file, None, lock=False, config=config)
        note = Note(level="warning", code="not_locked", subject=file.path, message=str(error))
        return replace(graph, notes=(*graph.notes, note))
