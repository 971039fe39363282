"""``Cargo.lock`` 1 to 4: Rust crates, with every edge and no kinds.

Rows without a ``source`` are workspace members and path dependencies: first-party. ``Cargo.toml`` beside the lock names
the project and tells the members' dev, build and optional dependencies apart; without it every edge is a runtime one.
A dependency is written ``name``, ``name version`` or ``name version (source)``, the shortest that is unique. Versions
1 and 2 keep the checksums in ``[metadata]``, the oldest the root in ``[root]``.

Source: The Cargo Book, "Cargo.toml vs Cargo.lock" and "The Manifest Format".
"""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from depfund._bulk import unhurried
from depfund.errors import ManifestError
from depfund.manifests import _decode, _purl
from depfund.manifests._build import Builder
from depfund.manifests._cargo_toml import Member, members
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]

PUBLIC = frozenset({"https://github.com/rust-lang/crates.io-index", "https://index.crates.io/"})
"""How locks write the public registry; any other is kept as the hint ``registry``."""


class Crate(msgspec.Struct):
    """A ``[[package]]`` row."""

    name: str
    version: str
    source: str | None = None
    dependencies: list[str] = []


class Lock(msgspec.Struct):
    """The part of the file that is read."""

    package: list[Crate] = []
    root: Crate | None = None
    version: int = 1


@unhurried()
def read(file: File) -> Graph:
    """The graph of a Cargo.lock. Raises :class:`~depfund.errors.ManifestError`."""
    lock = _decode.shape(_decode.toml(file), Lock, file)
    if not 1 <= lock.version <= 4:
        raise ManifestError(
            f"lock version {lock.version} is unknown; versions 1 to 4 are read.",
            file=file.path,
            where="version",
            hint="Write the lock with a Cargo that uses one of them.",
        )
    crates = [*([lock.root] if lock.root else []), *lock.package]
    manifests = members(file)
    foreign = {(crate.name, crate.version) for crate in crates if crate.source}
    build = Builder(file, "cargo-lock", edges=True, root=_root(crates, manifests))
    keys = _Keys()
    with Place(file) as place:
        for crate in place.rows("package", crates):
            keys.add(crate, _add(build, crate, foreign))
        for crate in crates:
            own = manifests.get(crate.name) if crate.source is None else None
            for text in crate.dependencies:
                target, name, version = keys.find(text)
                if target is None:
                    build.note("not_locked", text, f"{crate.name} requires {text}, which {file.path} does not hold.")
                else:
                    build.edge(keys.of(crate), target, own.kind(name, version) if own else "runtime")
    return build.graph()


class _Keys:
    """From the three ways a dependency is written to a purl."""

    def __init__(self) -> None:
        self.full: dict[tuple[str, str, str | None], str] = {}
        self.pinned: dict[tuple[str, str], str] = {}
        self.named: dict[str, tuple[str, str]] = {}

    def add(self, crate: Crate, purl: str) -> None:
        self.full[crate.name, crate.version, crate.source] = purl
        if crate.source is not None:  # a dependency names a repository without the commit
            self.full.setdefault((crate.name, crate.version, crate.source.partition("#")[0]), purl)
        if crate.source is None or (crate.name, crate.version) not in self.pinned:
            self.pinned[crate.name, crate.version] = purl
        self.named[crate.name] = (purl, crate.version)

    def of(self, crate: Crate) -> str:
        return self.full[crate.name, crate.version, crate.source]

    def find(self, text: str) -> tuple[str | None, str, str]:
        name, _, rest = text.partition(" ")
        if not rest:
            purl, version = self.named.get(name, (None, ""))
            return purl, name, version
        version, _, source = rest.partition(" ")
        found = self.full.get((name, version, source.strip("()"))) if source else None
        return found or self.pinned.get((name, version)), name, version


def _add(build: Builder, crate: Crate, foreign: set[tuple[str, str]]) -> str:
    if crate.source is None:
        # A member may carry name and version of a published crate that is locked too: two nodes, two purls.
        clash = (crate.name, crate.version) in foreign
        purl = _purl.make("generic" if clash else "cargo", crate.name, crate.version)
        return build.package(purl, crate.name, crate.version, "cargo", origin="path", first_party=True)
    purl = _purl.make("cargo", crate.name, crate.version)
    scheme, _, address = crate.source.partition("+")
    if scheme == "git":
        where = unquote(address.partition("#")[0].partition("?")[0])
        return build.package(purl, crate.name, crate.version, "cargo", origin="vcs", hints={"vcs": (where,)})
    hints = {} if address in PUBLIC else {"registry": (address or crate.source,)}
    return build.package(purl, crate.name, crate.version, "cargo", hints=hints)


def _root(crates: list[Crate], manifests: dict[str, Member]) -> str:
    """The package of the Cargo.toml beside; else the only local crate; else nothing."""
    for name, member in manifests.items():
        if member.top:
            return name
    own = [crate.name for crate in crates if crate.source is None]
    return own[0] if len(own) == 1 else ""
