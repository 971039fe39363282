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
from depfund.manifests._build import Builder, fresh
from depfund.model import KINDS, Kind

__all__ = ["RAW", "SCOPES", "Entry", "Places"]

Asked = Kind | Literal["peerOptional"]
_BITS: dict[Asked, int] = {**{kind: 1 << place for place, kind in enumerate(KINDS)}, "peerOptional": 2 | 4}
_SAID: dict[Asked, Kind] = {"peerOptional": "peer", **{kind: kind for kind in KINDS}}
SCOPES: tuple[tuple[Kind, ...], ...] = tuple(
    tuple(kind for place, kind in enumerate(KINDS) if bits >> place & 1) for bits in range(1 << len(KINDS))
)
"""The kinds behind each set of bits: bit 0 is the strongest kind."""

RAW = msgspec.Raw()
"""No JSON: the default of a field that is decoded later."""

_HERE = "node_modules/"


class Entry(msgspec.Struct, rename="camel", gc=False):
    """One place of ``packages``."""

    name: str | None = None
    version: str | None = None
    resolved: str | bool | None = None
    link: bool | None = None
    dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None
    peer_dependencies: dict[str, str] | None = None
    peer_dependencies_meta: Any = None
    dev_dependencies: dict[str, str] | None = None
    funding: msgspec.Raw = RAW
    license: Any = None


class Places:
    """The places of one lock: what stands in each (``keys``), which are the project's own, which are links."""

    def __init__(
        self, builder: Builder, entries: Mapping[str, Entry], where: Callable[[str], str] = "packages[{!r}]".format
    ) -> None:
        self.builder = builder
        self.entries = entries
        self.where = where
        self.keys: dict[str, str] = {}
        self.names: dict[str, tuple[str, str]] = {}
        self.folders: dict[str, dict[str, str]] = {"": {}}
        self.own: dict[str, Entry] = {"": entries.get("") or Entry()}
        self.links: dict[str, str] = {}
        self.plain: set[str] = set()
        self.lost: list[tuple[str, str]] = []
        self.optional: set[str] | None = None
        """For version 1: the places flagged optional. What others require of them is an optional dependency."""
        self._see()

    def _see(self) -> None:
        """Sort the places into packages, own ones and links."""
        seen: list[str] = []
        names: list[str] = []
        versions: list[str | None] = []
        folders = self.folders
        top = folders[""]
        for place, entry in self.entries.items():
            at = place.rfind(_HERE)
            if at == 0:
                name = place[13:]
                top[name] = place
            elif at > 0 and place[at - 1] == "/":
                name = place[at + 13 :]
                host = place[: at - 1]
                if host in folders:
                    folders[host][name] = place
                else:
                    folders[host] = {name: place}
            else:
                if place:
                    _npm.inside(self.builder.file, place, self.where(place))
                    self.own[place] = entry
                continue
            resolved = entry.resolved
            if entry.link:
                self._link_to(place, resolved)
            elif type(resolved) is str and resolved[:1] != "h" and _npm.origin(resolved) == "path":
                where = f"{self.where(place)}.resolved"
                _npm.inside(self.builder.file, resolved.removeprefix("file:"), where)
                self.own[place] = entry
            else:
                seen.append(place)
                names.append(entry.name or name)
                versions.append(entry.version)
        made = _npm.purls(names, versions)
        if made is None:
            file, place_of = self.builder.file, self.where
            rows = zip(seen, names, versions, strict=True)
            made = [_npm.named(file, place_of(place), name, version) for place, name, version in rows]
        self.keys = dict(zip(seen, made, strict=True))
        self.names = dict(zip(made, zip(names, seen, strict=True), strict=True))
        for place, target in self.links.items():
            at = place.rfind(_HERE)
            folders[place[: at - 1] if at else ""][place[at + 13 :]] = target

    def _link_to(self, place: str, resolved: str | bool | None) -> None:
        where = f"{self.where(place)}.resolved"
        if not isinstance(resolved, str):
            raise ManifestError("a link without a folder it leads to.", file=self.builder.file.path, where=where)
        self.links[place] = _npm.inside(self.builder.file, resolved.removeprefix("file:"), where)

    def fill(self) -> None:
        """Put packages, edges and scopes into the builder.

        Scopes are those of the paths through places, so that a package in two places, one for development and one
        not, does not lend the kinds of one to what only the other requires.
        """
        rows = self._rows()
        builder, keys, own = self.builder, self.keys, self.own
        bits = _reach([rows[place] for place in own if place in rows], rows, own, self.plain)
        self._packages(bits)
        requires = builder.requires
        of = keys.__getitem__
        for place, row in rows.items():
            if (source := keys.get(place)) is None:
                continue
            into = requires.get(source)
            if into is None and place in self.plain:
                try:
                    into = dict.fromkeys(map(of, row), "runtime")
                except KeyError:
                    pass  # a place of the project's own
                else:
                    into.pop(source, None)
                    requires[source] = into
                    continue
                into = None
            if into is None:
                into = requires[source] = {}
            for target, kind in row.items():
                if (key := keys.get(target)) is not None and key != source:
                    said = _SAID[kind]
                    into[key] = said if key not in into else stronger(into[key], said)
        called = {target: place[place.rfind(_HERE) + 13 :] for place, target in self.links.items()}
        for place, entry in own.items():
            direct: dict[str, Kind] = {}
            for target, kind in rows.get(place, {}).items():
                if (key := keys.get(target)) is not None:
                    said = _SAID[kind]
                    direct[key] = said if key not in direct else stronger(direct[key], said)
            name = entry.name or called.get(place) or place.rpartition("/")[2]
            _npm.own(builder, name if place else "", entry.version, direct)
        builder.labelled = True
        _npm.missing(builder, self.lost)

    def _packages(self, bits: Mapping[str, int]) -> None:
        """A Package for each purl; hints that many share are one mapping."""
        scopes = dict.fromkeys(self.names, 0)
        of = self.keys.get
        for place, mine in bits.items():
            if (key := of(place)) is not None:
                scopes[key] |= mine
        packages, entries = self.builder.packages, self.entries
        shared: dict[Any, Mapping[str, tuple[str, ...]]] = {}
        base, size, own = "", 0, False
        for key, (name, place) in self.names.items():
            entry = entries[place]
            address, funding, licence = entry.resolved, entry.funding, entry.license
            if type(address) is not str:
                address = None
            origin: _npm.Origin = "registry"
            if address is None or not (size and address.startswith(base) and address.startswith(f"{name}/-/", size)):
                tail = -1 if address is None else address.find(f"/{name}/-/")
                if address is not None and tail > 0 and address.startswith("http"):
                    base, size = address[: tail + 1], tail + 1
                else:
                    origin = _npm.origin(address)
                    hints = _npm.addresses(name, address) | _said(licence, funding)
                    packages[key] = fresh(key, name, entry.version, "npm", SCOPES[scopes[key]], origin, own, hints)
                    continue
            about = licence if type(licence) is str else str(licence)
            if funding is not RAW:
                about += bytes(funding).decode()
            known = shared.get((base, about))
            if known is None:
                known = shared[base, about] = {"registry": (base[:-1],)} | _said(licence, funding)
            packages[key] = fresh(key, name, entry.version, "npm", SCOPES[scopes[key]], origin, own, known)

    def _rows(self) -> dict[str, dict[str, Asked]]:
        """Every edge between places: each name looked up in the folders above its package, nearest first."""
        folders, links, versions_1 = self.folders, self.links, self.optional is not None
        chains: dict[str, list[dict[str, str]]] = {}
        rows: dict[str, dict[str, Asked]] = {}
        for place, entry in self.entries.items():
            if place in links:
                continue
            at = -1 if place in folders else place.rfind(_HERE)
            host = place if at < 0 else place[: at - 1] if at else ""
            chain = chains.get(host)
            if chain is None:
                chain = chains[host] = _above(host, folders)
            needs = entry.dependencies
            if entry.peer_dependencies or entry.optional_dependencies or place in self.own or versions_1:
                if row := self._row(place, entry, chain):
                    rows[place] = row
            elif needs:
                try:
                    rows[place] = dict.fromkeys(map(chain[0].__getitem__, needs), "runtime")
                    self.plain.add(place)
                except KeyError:  # not all of them stand in the nearest folder
                    if row := self._row(place, entry, chain):
                        rows[place] = row
        return rows

    def _row(self, place: str, entry: Entry, chain: list[dict[str, str]]) -> dict[str, Asked]:
        """What one package asks for; npm repeats optional dependencies among the others."""
        row: dict[str, Asked] = {}
        needs, may, peers = entry.dependencies or {}, entry.optional_dependencies, entry.peer_dependencies
        if place in self.own and entry.dev_dependencies:
            _link(row, chain, entry.dev_dependencies, "dev")
        if peers:
            if maybe := _maybe(entry.peer_dependencies_meta):
                _link(row, chain, [name for name in peers if name in maybe], "peerOptional")
                peers = {name: "" for name in peers if name not in maybe}
            _link(row, chain, peers, "peer")
        if may:
            _link(row, chain, may, "optional")
            needs = {name: needs[name] for name in needs if name not in may}
        for name in _link(row, chain, needs, "runtime"):
            self.lost.append((place.rpartition(_HERE)[2] or "the project", name))
        if self.optional is not None and place not in self.optional:
            for target, kind in row.items():
                if kind == "runtime" and target in self.optional:
                    row[target] = "optional"
        row.pop(place, None)
        return row


def _reach(
    starts: Iterable[Mapping[str, Asked]],
    rows: Mapping[str, Mapping[str, Asked]],
    own: Container[str],
    plain: Container[str],
) -> dict[str, int]:
    """For each place the kinds of the paths that reach it from the project's own, as bits of ``SCOPES``."""
    bits: dict[str, int] = {}
    for row in starts:
        for target, kind in row.items():
            if target not in own:
                bits[target] = bits.get(target, 0) | _BITS[kind]
    todo = list(bits)
    get = bits.get
    nothing: dict[str, Asked] = {}
    while todo:
        place = todo.pop()
        mine = bits[place]
        if place in plain:
            for target in rows[place]:
                old = get(target, 0)
                if mine | old != old and target not in own:
                    bits[target] = mine | old
                    todo.append(target)
            continue
        for target, kind in rows.get(place, nothing).items():
            new = mine if kind == "runtime" else mine & ~1 | _BITS[kind]
            old = bits.get(target, 0)
            if new | old != old and target not in own:
                bits[target] = new | old
                todo.append(target)
    return bits


def _said(licence: Any, said: msgspec.Raw) -> dict[str, tuple[str, ...]]:
    """The hints ``licence`` and ``funding``; npm takes an address, an object with ``url``, or a list of those."""
    funding = msgspec.json.decode(said) if said is not RAW else None
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
