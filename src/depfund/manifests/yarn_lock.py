"""``yarn.lock``: classic (version 1) and berry (2 and later) share the name; this tells them apart."""

from __future__ import annotations

from depfund._bulk import unhurried
from depfund.manifests._file import File
from depfund.model import Graph

__all__ = ["read"]


@unhurried()
def read(file: File) -> Graph:
    """The graph of a yarn lock of any version. Raises ManifestError with file and place for what is broken."""
    if b"__metadata:" in file.data:
        from depfund.manifests._yarn_berry import read_berry

        return read_berry(file)
    from depfund.manifests._yarn_v1 import read_v1

    return read_v1(file)
