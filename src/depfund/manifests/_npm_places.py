"""node_modules as a lock describes it: places, what stands in them, and which place a name means.

A name means the nearest place, as Node resolves it: the package's own node_modules, then that of each folder above.
Places are relative paths (``node_modules/a/node_modules/b``, ``packages/member``); the project itself is ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Literal

import msgspec

from depfund.errors import ManifestError
from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder
from depfund.model import KINDS, Kind, Package

__all__ = ["RAW", "SCOPES", "Entry", "Places"]

Asked = Kind | Literal["peerOptional"]
_BITS: dict[Asked, int] = {**{kind: 1 << place for place, kind in enumerate(KINDS)}, "peerOptional": 2 | 4}
_SAID: dict[Asked, Kind] = {"peerOptional": "peer", **{kind: kind for kind in KINDS}}
SCOPES: tuple[tuple[Kind, ...], ...] = tuple(
    tuple(kind for place, kind in enumerate(KINDS) if bits >> place & 1) for bits in range(1 << len(KINDS))
)
"""The kinds behind each set of bits: bit 0 is the strongest kind."""

RAW = msgspec.Raw()
"""The default of a field that is skipped over, so that writing it again leaves it out."""

_HERE = "node_modules/"


class Entry(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """One place of ``packages``. What is only kept to know the whole entry is left undecoded."""

    name: str | None = None
    version: str | None = None
    resolved: str | bool | None = None
    link: bool | None = None
    dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None
    peer_dependencies: dict[str, str] | None = None
    peer_dependencies_meta: Any = None
    dev_dependencies: dict[str, str] | None = None
    funding: Any = None
    license: Any = None
    in_bundle: msgspec.Raw = RAW
    integrity: msgspec.Raw = RAW
    engines: msgspec.Raw = RAW
    bin: msgspec.Raw = RAW
    os: msgspec.Raw = RAW
    cpu: msgspec.Raw = RAW
    libc: msgspec.Raw = RAW
    deprecated: msgspec.Raw = RAW
    has_install_script: msgspec.Raw = RAW
    has_shrinkwrap: msgspec.Raw = RAW
    dev: msgspec.Raw = RAW
    optional: msgspec.Raw = RAW
    dev_optional: msgspec.Raw = RAW
    peer: msgspec.Raw = RAW
    extraneous: msgspec.Raw = RAW
    workspaces: msgspec.Raw = RAW
    bundle_dependencies: msgspec.Raw = RAW


class Places:
    """The places of one lock: what stands in each (``keys``), which are the project's own, which are links."""

    def __init__(
        self, builder: Builder, entries: Mapping[str, Entry], where: Callable[[str], str] = "packages[{!r}]".format
    ) -> None:
        self.builder = builder
        self.entries = entries
        self.where = where
        self.keys: dict[str, str] = {}
        self.own: dict[str, Entry] = {"": entries.get("") or Entry()}
        self.links: dict[str, str] = {}
        self.lost: list[tuple[str, str]] = []
        self.optional: set[str] | None = None
        """For version 1: the places flagged optional. What others require of them is an optional dependency."""
        for place, entry in entries.items():
            if place:
                self._see(place, entry)

    def _see(self, place: str, entry: Entry) -> None:
        file = self.builder.file
        at = place.rfind(_HERE)
        if at < 0 or (at and place[at - 1] != "/"):
            _npm.inside(file, place, self.where(place))
            self.own[place] = entry
            return
        resolved = entry.resolved
        if entry.link:
            if not isinstance(resolved, str):
                raise ManifestError(
                    "a link without a folder it leads to.", file=file.path, where=f"packages[{place!r}]"
                )
            where = f"{self.where(place)}.resolved"
            self.links[place] = _npm.inside(file, resolved.removeprefix("file:"), where)
            return
        if type(resolved) is str and resolved[:1] != "h" and _npm.origin(resolved) == "path":
            _npm.inside(file, resolved.removeprefix("file:"), f"{self.where(place)}.resolved")
            self.own[place] = entry
            return
        try:
            self.keys[place] = _npm.purl(entry.name or place[at + 13 :], entry.version)
        except ManifestError as error:
            raise error.under(self.where(place), file=file.path) from None

    def fill(self) -> None:
        """Put packages, edges and scopes into the builder.

        Scopes are those of the paths through places, so that a package in two places, one for development and one
        not, does not lend the kinds of one to what only the other requires.
        """
        rows = self._rows()
        builder, keys, own = self.builder, self.keys, self.own
        bits = _reach([rows[place] for place in own if place in rows], rows, own)
        self._packages(bits)
        requires = builder.requires
        for place, row in rows.items():
            if (source := keys.get(place)) is None:
                continue
            into = requires.get(source)
            if into is None:
                into = requires[source] = {}
            for target, kind in row.items():
                if (key := keys.get(target)) is not None and key != source:
                    said = _SAID[kind]
                    into[key] = said if key not in into else stronger(into[key], said)
        for place, entry in own.items():
            direct: dict[str, Kind] = {}
            for target, kind in rows.get(place, {}).items():
                if (key := keys.get(target)) is not None:
                    said = _SAID[kind]
                    direct[key] = said if key not in direct else stronger(direct[key], said)
            _npm.own(builder, (entry.name or place.rpartition(_HERE)[2]) if place else "", entry.version, direct)
        builder.labelled = True
        _npm.missing(builder, self.lost)

    def _packages(self, bits: Mapping[str, int]) -> None:
        scopes: dict[str, int] = {}
        for place, key in self.keys.items():
            scopes[key] = scopes.get(key, 0) | bits.get(place, 0)
        packages = self.builder.packages
        shared: dict[tuple[str, Any], dict[str, tuple[str, ...]]] = {}
        for place, key in self.keys.items():
            if key in packages:
                continue
            entry = self.entries[place]
            name = entry.name or place[place.rfind(_HERE) + 13 :]
            address = entry.resolved if type(entry.resolved) is str else None
            tail = -1 if address is None else address.find("/-/")
            plain = address is not None and tail > 0 and address.endswith(name, 0, tail)
            licence = entry.license
            if plain and address is not None and entry.funding is None and (licence is None or type(licence) is str):
                base = address[: tail - len(name) - 1]
                hints = shared.get((base, licence))
                if hints is None:
                    hints = shared[base, licence] = _npm.addresses(name, address) | _said(licence)
            else:
                hints = _npm.addresses(name, address) | _said(licence, entry.funding)
            packages[key] = Package(
                purl=key,
                name=name,
                version=entry.version,
                ecosystem="npm",
                scopes=SCOPES[scopes[key]],
                origin="registry" if plain else _npm.origin(address),
                hints=hints,
            )

    def _rows(self) -> dict[str, dict[str, Asked]]:
        """Every edge between places: each name looked up in the folders above its package, nearest first."""
        folders: dict[str, dict[str, str]] = {"": {}}
        for place in (*self.keys, *self.own):
            at = place.rfind(_HERE)
            if at >= 0:
                folders.setdefault(place[: at - 1] if at else "", {})[place[at + 13 :]] = place
        for place, target in self.links.items():
            at = place.rfind(_HERE)
            folders.setdefault(place[: at - 1] if at else "", {})[place[at + 13 :]] = target
        chains: dict[str, list[dict[str, str]]] = {}
        rows: dict[str, dict[str, Asked]] = {}
        own, links = self.own, self.links
        for place, entry in self.entries.items():
            needs, may, peers = entry.dependencies, entry.optional_dependencies, entry.peer_dependencies
            dev = entry.dev_dependencies if place in own else None
            if (needs is None and may is None and peers is None and dev is None) or place in links:
                continue
            at = place.rfind(_HERE)
            host = place if at < 0 or place in folders else place[: at - 1] if at else ""
            chain = chains.get(host)
            if chain is None:
                chain = chains[host] = _above(host, folders)
            row: dict[str, Asked] = {}
            if dev:
                _link(row, chain, dev, "dev")
            if peers:
                maybe = _maybe(entry.peer_dependencies_meta)
                _link(row, chain, [name for name in peers if name not in maybe], "peer")
                _link(row, chain, [name for name in peers if name in maybe], "peerOptional")
            if may:
                _link(row, chain, may, "optional")
                needs = needs and {name: needs[name] for name in needs if name not in may}
            if needs:
                for name in _link(row, chain, needs, "runtime"):
                    self.lost.append((place.rpartition(_HERE)[2] or "the project", name))
            if self.optional and place not in self.optional:
                row |= {
                    target: "optional" for target, kind in row.items() if kind == "runtime" and target in self.optional
                }
            row.pop(place, None)
            if row:
                rows[place] = row
        return rows


def _reach(
    starts: Iterable[Mapping[str, Asked]], rows: Mapping[str, Mapping[str, Asked]], own: Container[str]
) -> dict[str, int]:
    """For each place the kinds of the paths that reach it from the project's own, as bits of ``SCOPES``."""
    bits: dict[str, int] = {}
    for row in starts:
        for target, kind in row.items():
            if target not in own:
                bits[target] = bits.get(target, 0) | _BITS[kind]
    todo = list(bits)
    nothing: dict[str, Asked] = {}
    while todo:
        place = todo.pop()
        mine = bits[place]
        for target, kind in rows.get(place, nothing).items():
            new = mine if kind == "runtime" else mine & ~1 | _BITS[kind]
            old = bits.get(target, 0)
            if new | old != old and target not in own:
                bits[target] = new | old
                todo.append(target)
    return bits


def _said(licence: Any, funding: Any = None) -> dict[str, tuple[str, ...]]:
    """The hints ``licence`` and ``funding``; npm takes an address, an object with ``url``, or a list of those."""
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(licence, dict):
        licence = licence.get("type")
    if isinstance(licence, str):
        found["licence"] = (licence,)
    rows = funding if isinstance(funding, list) else [funding]
    urls = [row.get("url") if isinstance(row, dict) else row for row in rows]
    if kept := tuple(dict.fromkeys(url for url in urls if isinstance(url, str))):
        found["funding"] = kept
    return found


def _maybe(meta: Any) -> set[str]:
    """The peers that ``peerDependenciesMeta`` calls optional."""
    if not isinstance(meta, dict):
        return set()
    return {name for name, row in meta.items() if isinstance(row, dict) and row.get("optional") is True}


def _above(host: str, folders: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """The folders in which a package at ``host`` looks, nearest first."""
    found = []
    while True:
        if host in folders:
            found.append(folders[host])
        if not host:
            return found
        host = host.rpartition("/")[0]


def _link(row: dict[str, Asked], chain: list[dict[str, str]], names: Iterable[str], kind: Asked) -> list[str]:
    """Add what ``names`` mean to ``row``; the stronger kind stays. Returns the names that stand nowhere."""
    lost = []
    for name in names:
        for folder in chain:
            place = folder.get(name)
            if place is not None:
                if place not in row or _BITS[row[place]] > _BITS[kind]:
                    row[place] = kind
                break
        else:
            lost.append(name)
    return lost
