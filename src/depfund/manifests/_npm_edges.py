"""What the places of node_modules lead to: edges between packages, and the kinds of the paths that reach each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, repeat
from typing import Any

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import fresh
from depfund.manifests._npm_places import NOWHERE, RAW, Entry, Folder, Nested, Places
from depfund.model import KINDS, Kind

__all__ = ["fill"]

_RUNTIME, _OPTIONAL, _PEER, _, _DEV = (1 << place for place in range(len(KINDS)))
_MAYBE = _OPTIONAL | _PEER
"""An optional peer: the edge is a peer's, a path through it is of both kinds."""
_SAID: dict[int, Kind] = {_RUNTIME: "runtime", _OPTIONAL: "optional", _PEER: "peer", _MAYBE: "peer", _DEV: "dev"}
_SCOPES: tuple[tuple[Kind, ...], ...] = tuple(
    tuple(kind for place, kind in enumerate(KINDS) if bits >> place & 1) for bits in range(1 << len(KINDS))
)
"""The kinds behind each set of bits: bit 0 is the strongest kind."""

Row = list[int] | dict[int, int]
"""The places that one leads to; with the bits of their kinds, unless all are runtime."""


def fill(places: Places) -> None:
    """Put packages, edges and scopes into the builder.

    Scopes are those of the paths through places, so that a package in two places, one for development and one not,
    does not lend the kinds of one to what only the other requires.
    """
    builder = places.builder
    purls = _purls(places)
    last = dict(zip(purls, range(len(purls)), strict=True))
    again: dict[str, list[int]] = {}
    for number, purl in enumerate(purls):
        if last[purl] != number:
            again.setdefault(purl, []).append(number)
    purls += [""] * (len(places.own) + 1)  # first-party; the last is for NOWHERE
    rows, mine = _rows(places)
    _packages(places, last, again, _reach(rows, mine))
    requires, of = builder.requires, purls.__getitem__
    for purl, number in last.items():
        row = rows[number]
        if purl in again and (others := [rows[other] for other in again[purl] if rows[other] != row]):
            row = _together([row, *others])
        if row and (into := _edges(row, of, purl)):
            requires[purl] = into
    for project, row in zip(places.own, mine, strict=True):
        _npm.own(builder, project.name, project.entry.version, _edges(row, of, ""))
    builder.settled = last
    builder.labelled = True


def _packages(places: Places, last: Mapping[str, int], again: Mapping[str, list[int]], bits: list[int]) -> None:
    """A package for each purl, as its last place has it; ``again`` are the other places of a purl."""
    packages, entries, names, real = places.builder.packages, places.entries, places.names, places.real
    hints, own = _Hints(), False
    for purl, number in last.items():
        entry, scope = entries[number], bits[number]
        if purl in again:
            for other in again[purl]:
                scope |= bits[other]
        name = real.get(number) or names[number]
        origin, said = hints.of(entry, name)
        packages[purl] = fresh(purl, name, entry.version, "npm", _SCOPES[scope], origin, own, said)


def _edges(row: Row, of: Callable[[int], str], source: str) -> dict[str, Kind]:
    """The purls of a row, sorted; of two edges to one the stronger. None to ``source`` or to what is first-party."""
    found: dict[str, Kind] = dict.fromkeys(sorted(map(of, row)), "runtime")
    if type(row) is dict:
        if len(found) < len(row):
            row = {target: row[target] for target in sorted(row, key=row.__getitem__, reverse=True)}
        for target, bits in row.items():
            found[of(target)] = _SAID[bits]
    found.pop(source, None)
    found.pop("", None)
    return found


def _purls(places: Places) -> list[str]:
    """The purl of each package."""
    names = places.names.copy()
    for number, name in places.real.items():
        names[number] = name
    versions = [entry.version for entry in places.entries]
    try:
        return _npm.purls(names, versions)
    except ManifestError:
        for number, (name, version) in enumerate(zip(names, versions, strict=True)):
            try:
                _npm.purl(name, version)
            except ManifestError as error:
                where = places.where(places.place(number))
                raise error.under(where, file=places.builder.file.path) from None
        raise


def _rows(places: Places) -> tuple[list[Row], list[dict[int, int]]]:
    """What the packages ask for, and what the project's own places do: each name looked up, nearest first.

    The first list has empty rows at the end for the numbers of the project's own places, where paths do not go on.
    """
    nothing: list[int] = []
    rows: list[Row] = []
    lost: list[tuple[str, str]] = []
    for entry, look, name in zip(places.entries, places.looks, places.names, strict=True):
        row: Row = nothing
        if entry.peer_dependencies or entry.optional_dependencies:
            row = _row(entry, look)
            row.pop(len(rows), None)
        elif type(entry.dependencies) is dict:
            row = [*map(look.__getitem__, entry.dependencies)]
        rows.append(row)
        if NOWHERE in row:
            lost += _lost(entry, look, name)
    mine: list[dict[int, int]] = []
    for number, own in enumerate(places.own, len(rows)):
        needs = dict.fromkeys(map(own.look.__getitem__, own.entry.dev_dependencies or ()), _DEV)
        needs |= _row(own.entry, own.look)
        needs.pop(number, None)
        mine.append(needs)
        if NOWHERE in needs:
            lost += _lost(own.entry, own.look, own.place or "the project")
    _npm.missing(places.builder, lost)
    if places.optional:
        _flagged(rows, places.optional)
        _flagged(mine, places.optional, len(rows))
    return rows + [nothing] * (len(mine) + 1), mine


def _row(entry: Entry | Nested, look: Folder) -> dict[int, int]:
    """What one place asks for; the stronger kinds come last, over the weaker ones."""
    needs, may, peers = entry.dependencies, entry.optional_dependencies, entry.peer_dependencies
    find = look.__getitem__
    row: dict[int, int] = {}
    if peers:
        row = dict.fromkeys(map(find, peers), _PEER)
        for name in _maybe(entry.peer_dependencies_meta):
            if name in peers:
                row[find(name)] = _MAYBE
    if may:
        row |= dict.fromkeys(map(find, may), _OPTIONAL)
    if type(needs) is dict:
        for name in needs:
            if not may or name not in may:  # npm repeats them here
                row[find(name)] = _RUNTIME
    return row


def _lost(entry: Entry | Nested, look: Folder, name: str) -> list[tuple[str, str]]:
    """What a place requires and no folder has; peers and optional dependencies may be absent."""
    needs, may = entry.dependencies, entry.optional_dependencies or ()
    if type(needs) is not dict:
        return []
    return [(name, wanted) for wanted in needs if wanted not in may and look[wanted] == NOWHERE]


def _flagged(rows: list[Any], optional: AbstractSet[int], start: int = 0) -> None:
    """Turn what a place that is not flagged optional requires of one that is into an optional dependency."""
    for number, row in enumerate(rows, start):
        if number in optional or optional.isdisjoint(row):
            continue
        if type(row) is list:
            rows[number - start] = {target: _OPTIONAL if target in optional else _RUNTIME for target in row}
        else:
            rows[number - start] = row | {
                target: _OPTIONAL for target, bits in row.items() if bits == _RUNTIME and target in optional
            }


def _maybe(meta: Any) -> Collection[str]:
    """The peers that ``peerDependenciesMeta`` calls optional."""
    if not isinstance(meta, dict):
        return ()
    return {name for name, row in meta.items() if isinstance(row, dict) and row.get("optional") is True}


def _reach(rows: Sequence[Row], starts: list[dict[int, int]]) -> list[int]:
    """For each place the kinds of the paths that reach it from the project's own, as bits of ``_SCOPES``."""
    bits = [0] * len(rows)
    for start in starts:
        for target, kind in start.items():
            bits[target] |= kind
    todo = [number for number, mine in enumerate(bits) if mine]
    while todo:
        number = todo.pop()
        mine = bits[number]
        row = rows[number]
        if type(row) is list:
            for target in row:
                old = bits[target]
                if mine | old != old:
                    bits[target] = mine | old
                    todo.append(target)
        else:
            beyond = mine & ~_RUNTIME
            for target, kind in row.items():  # type: ignore[union-attr]
                new = mine if kind == _RUNTIME else beyond | kind
                old = bits[target]
                if new | old != old:
                    bits[target] = new | old
                    todo.append(target)
    return bits


def _together(rows: list[Row]) -> Row:
    """The rows of a package that stands in several places, in one."""
    if all(type(row) is list for row in rows):
        return [*chain.from_iterable(rows)]
    found: dict[int, int] = {}
    for row in rows:
        for target, bits in row.items() if isinstance(row, dict) else zip(row, repeat(_RUNTIME)):
            if bits < found.get(target, bits + 1):
                found[target] = bits
    return found


class _Hints:
    """What the file says of a package beyond the graph; what many share is one mapping."""

    def __init__(self) -> None:
        self.shared: dict[str, dict[Any, Mapping[str, tuple[str, ...]]]] = {}
        self.base = "no address"
        self.known = self.shared[self.base] = {}

    def of(self, entry: Entry | Nested, name: str) -> tuple[_npm.Origin, Mapping[str, tuple[str, ...]]]:
        """Where the package comes from, and its hints; most come from where the one before came from."""
        address, about = entry.resolved, entry.license
        if type(address) is not str:
            return "registry", said(about, entry.funding)
        if about is not None and type(about) is not str:
            return _npm.origin(address), _npm.addresses(name, address) | said(about, entry.funding)
        if entry.funding is not RAW:
            about = (about, bytes(entry.funding))
        if not address.startswith(f"{self.base}/{name}/-/"):
            tail = address.find(f"/{name}/-/")
            if tail < 0 or not address.startswith("http"):
                return _npm.origin(address), _npm.addresses(name, address) | said(entry.license, entry.funding)
            self.base = address[:tail]
            self.known = self.shared.setdefault(self.base, {})
        if (known := self.known.get(about)) is None:
            known = self.known[about] = {"registry": (self.base,)} | said(entry.license, entry.funding)
        return "registry", known


def said(licence: Any, raw: msgspec.Raw) -> dict[str, tuple[str, ...]]:
    """The hints ``licence`` and ``funding``; npm takes an address, an object with ``url``, or a list of those."""
    funding = msgspec.json.decode(raw) if raw is not RAW else None
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
