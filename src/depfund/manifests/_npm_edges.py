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
from depfund.manifests._npm_places import RAW, Entry, Folder, Nested, Places
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
    count = len(purls)
    purls += [""] * (len(places.own) + 1)  # first-party, and what links lead to that is not there
    rows, mine = _rows(places)
    bits = _reach(rows, mine)
    last = dict(zip(purls[:count], range(count), strict=True))
    again: dict[str, list[int]] = {}
    if len(last) < count:
        for number, purl in enumerate(purls[:count]):
            if last[purl] != number:
                again.setdefault(purl, []).append(number)
    hints, own = _Hints(), False
    of = purls.__getitem__
    packages, requires = builder.packages, builder.requires
    entries, names, real = places.entries, places.names, places.real
    for purl in sorted(last):
        number = last[purl]
        entry, row, scope = entries[number], rows[number], bits[number]
        if purl in again:
            for other in again[purl]:
                scope |= bits[other]
            row = _together([row, *(rows[other] for other in again[purl])])
        name = real.get(number) or names[number]
        origin, said = hints.of(entry, name)
        packages[purl] = fresh(purl, name, entry.version, "npm", _SCOPES[scope], origin, own, said)
        if row:
            into = _edges(row, of)
            into.pop(purl, None)
            into.pop("", None)
            if into:
                requires[purl] = into
    for project, row in zip(places.own, mine, strict=True):
        direct = _edges(row, of)
        direct.pop("", None)
        _npm.own(builder, project.name, project.entry.version, direct)
    builder.settled = last
    builder.labelled = True


def _edges(row: Row, of: Callable[[int], str]) -> dict[str, Kind]:
    """The purls of a row, sorted; of two edges to one the stronger."""
    if isinstance(row, list):
        return dict.fromkeys(sorted(map(of, row)), "runtime")
    found: dict[str, Kind] = {}
    for purl, bits in sorted(zip(map(of, row), row.values(), strict=True)):
        if purl not in found:
            found[purl] = _SAID[bits]
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
        needs = entry.dependencies
        if not entry.peer_dependencies and not entry.optional_dependencies:
            if type(needs) is not dict:
                rows.append(nothing)
                continue
            try:
                rows.append(list(map(look.__getitem__, needs)))
                continue
            except KeyError:
                pass  # something is not there
        row, missing = _row(entry, look)
        row.pop(len(rows), None)
        rows.append(row)
        lost += [(name, wanted) for wanted in missing]
    mine: list[dict[int, int]] = []
    for number, own in enumerate(places.own, len(rows)):
        row = {}
        _link(row, own.look, own.entry.dev_dependencies or (), _DEV)
        more, missing = _row(own.entry, own.look)
        row |= more
        row.pop(number, None)
        mine.append(row)
        lost += [(own.place or "the project", wanted) for wanted in missing]
    _npm.missing(places.builder, lost)
    if places.optional:
        _flagged(rows, places.optional)
        _flagged(mine, places.optional, len(rows))
    return rows + [nothing] * (len(mine) + 1), mine


def _row(entry: Entry | Nested, look: Folder) -> tuple[dict[int, int], list[str]]:
    """What one place asks for, and what of it is nowhere; npm repeats optional dependencies among the others.

    The weaker kinds come first, the stronger ones over them.
    """
    row: dict[int, int] = {}
    needs, may, peers = entry.dependencies, entry.optional_dependencies, entry.peer_dependencies
    if peers:
        if maybe := _maybe(entry.peer_dependencies_meta):
            _link(row, look, [name for name in peers if name in maybe], _MAYBE)
            peers = {name: "" for name in peers if name not in maybe}
        _link(row, look, peers, _PEER)
    if may:
        _link(row, look, may, _OPTIONAL)
    if type(needs) is not dict:
        return row, []
    if may:
        needs = {name: needs[name] for name in needs if name not in may}
    return row, _link(row, look, needs, _RUNTIME)


def _link(row: dict[int, int], look: Folder, names: Collection[str], bits: int) -> list[str]:
    """Add what ``names`` mean to ``row``. Returns the names that stand nowhere."""
    try:
        row |= dict.fromkeys(map(look.__getitem__, names), bits)
        return []
    except KeyError:
        pass
    lost: list[str] = []
    for name in names:
        try:
            row[look[name]] = bits
        except KeyError:
            lost.append(name)
    return lost


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


def _maybe(meta: Any) -> AbstractSet[str]:
    """The peers that ``peerDependenciesMeta`` calls optional."""
    if not isinstance(meta, dict):
        return frozenset()
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
    first = rows[0]
    if all(row == first for row in rows):
        return first
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

    def of(self, entry: Entry | Nested, name: str) -> tuple[_npm.Origin, Mapping[str, tuple[str, ...]]]:
        """Where the package comes from, and its hints."""
        address, licence, funding = entry.resolved, entry.license, entry.funding
        if type(address) is not str:
            return "registry", said(licence, funding)
        tail = address.find(f"/{name}/-/")
        if tail > 0 and address.startswith("http") and (licence is None or type(licence) is str):
            base = address[:tail]
            known = self.shared.get(base)
            if known is None:
                known = self.shared[base] = {}
            about = licence if funding is RAW else (licence, bytes(funding))
            if about not in known:
                known[about] = {"registry": (base,)} | said(licence, funding)
            return "registry", known[about]
        return _npm.origin(address), _npm.addresses(name, address) | said(licence, funding)


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
