"""``yarn.lock`` version 1: a format of its own, read line by line.

Each entry locks one or more ``name@range`` keys to a version; a dependency is looked up by exactly that key. The file
knows no project: what it asks for, and ``resolutions`` that turn a range into another one, stand in package.json
beside it and in those of the workspaces. Peer dependencies are not in the file. Source: the parser of
@yarnpkg/lockfile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from depfund.errors import ManifestError
from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder, fresh
from depfund.manifests._file import File
from depfund.model import Graph, Kind

__all__ = ["Entry", "parse", "read_v1"]

_TABLES = {"dependencies": "needs", "optionalDependencies": "may"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf' *({_STRING}|[^\s",:#]+) +({_STRING}|[^\s"]+)\Z').match
_KEY = re.compile(rf'{_STRING}|[^\s",:][^\s",]*')
_ODD = "\\\t\x0b\x0c\r\x1c\x1d\x1e\x1f"
"""Escapes, and the white space of ASCII beside the blank and the line end."""


@dataclass(slots=True)
class Entry:
    """One entry: what its keys are locked to; the lines under ``dependencies`` and ``optionalDependencies``."""

    keys: list[str]
    line: int
    version: str
    resolved: str
    needs: list[str]
    may: list[str]


def read_v1(file: File) -> Graph:
    """The graph of a classic yarn lock. Raises ManifestError with file and line for what is broken."""
    entries, asked = parse(file)
    builder = Builder(file, "yarn-lock", edges=True)
    made = _packages(file, builder, entries)
    purls = {key: purl for entry, purl in zip(entries, made, strict=True) for key in entry.keys}
    lost = _edges(builder, zip(made, entries, strict=True), asked, purls)
    _roots(file, builder, purls, lost)
    _npm.missing(builder, lost)
    return _npm.unreached(builder)


def _packages(file: File, builder: Builder, entries: list[Entry]) -> list[str]:
    """Add what each entry locks. Returns their purls."""
    names: list[str] = []
    local: dict[int, str] = {}
    for number, entry in enumerate(entries):
        key = entry.keys[0]
        at = key.find("@", 1)
        name = key[:at]
        if ":" in key:
            wanted = key[at + 1 :]
            name, _ = _npm.alias(name, wanted)
            if wanted.startswith(("file:", "link:")):
                local[number] = wanted[5:]
        names.append(name)
    made = _purls(file, entries, names)
    packages, nobody = builder.packages, False
    base = "no address"
    shared: dict[str, tuple[str, ...]] = {}
    for number, (entry, name, purl) in enumerate(zip(entries, names, made, strict=True)):
        address = entry.resolved
        if address.startswith(f"{base}/{name}/-/") and number not in local:
            if purl not in packages:  # most come from the registry that the one before came from
                packages[purl] = fresh(purl, name, entry.version, "npm", (), "registry", nobody, shared)
            continue
        origin, hints = _npm.origin(address), _npm.addresses(name, address)
        if number in local or origin == "path":
            origin = "path"
            _inside(file, entry, local.get(number) or _npm.cut(entry.keys[0])[1])
        elif origin == "registry" and hints and f"/{name}/-/" in address:
            (base,), shared = hints["registry"], hints
        if purl not in packages:
            packages[purl] = fresh(purl, name, entry.version, "npm", (), origin, origin == "path", hints)
    return made


def _purls(file: File, entries: list[Entry], names: list[str]) -> list[str]:
    versions = [entry.version or _npm.commit(entry.resolved) for entry in entries]
    try:
        return _npm.purls(names, versions)
    except ManifestError:
        for entry, name, version in zip(entries, names, versions, strict=True):
            _npm.named(file, f"line {entry.line}", name, version)
        raise


def _inside(file: File, entry: Entry, wanted: str) -> None:
    try:
        _npm.inside(file, wanted.partition("#")[0], entry.keys[0])
    except ManifestError as error:
        raise error.under("" if error.where else f"line {entry.line}", file=file.path) from None


def _edges(
    builder: Builder, rows: Iterable[tuple[str, Entry]], asked: Mapping[str, str], purls: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Look every dependency up. Returns those that stand nowhere."""
    lost: list[tuple[str, str]] = []
    requires, settled = builder.requires, set()
    of = {line: purls[key] for line, key in asked.items() if key in purls}
    row: dict[str, Kind]
    needs: dict[str, Kind]
    for source, entry in rows:
        if not entry.needs and not entry.may:
            continue
        if not entry.may and source not in requires:
            try:
                found = sorted(map(of.__getitem__, entry.needs))
            except KeyError:
                pass  # something is not there
            else:
                row = dict.fromkeys(found, "runtime")
                row.pop(source, None)
                if row:
                    requires[source] = row
                    settled.add(source)
                continue
        settled.discard(source)
        needs = dict.fromkeys(entry.needs, "runtime")
        needs |= dict.fromkeys(entry.may, "optional")
        row = requires.setdefault(source, {})
        for line, said in needs.items():
            target = of.get(line)
            if target is None:
                lost.append((source, asked[line]))
            elif target != source:
                row[target] = stronger(row.get(target), said)
    builder.settled = {source for source in settled if not builder.packages[source].first_party}
    return lost


def _roots(file: File, builder: Builder, purls: dict[str, str], lost: list[tuple[str, str]]) -> None:
    """What the project and its workspaces ask for, from package.json."""
    top = _npm.manifest(file.sibling("package.json"))
    if top is None:
        _npm.rootless(builder)
        return
    builder.root = top.name or ""
    names: dict[str, set[str]] = {}
    projects = [("", top), *_npm.members(file, top)]
    own = {project.name for _, project in projects if project.name}
    for folder, project in projects:
        rows: dict[str, Kind] = {}
        for name, (wanted, kind) in project.wants().items():
            if kind == "peer" or wanted.startswith("link:"):
                continue  # yarn 1 installs no peers and locks no links
            target = purls.get(f"{name}@{wanted}")
            if target is None and name in own:
                continue
            if target is None:
                if not names:
                    for key, purl in purls.items():
                        names.setdefault(_npm.cut(key)[0], set()).add(purl)
                if len(found := names.get(name, set())) == 1:
                    (target,) = found
            if target is None:
                lost.append((project.name or folder or "the project", f"{name}@{wanted}"))
            else:
                rows[target] = stronger(rows.get(target), kind)
        _npm.own(builder, project.name or "" if folder else "", project.version, rows)


def parse(file: File) -> tuple[list[Entry], dict[str, str]]:
    """The entries in their order, and the key that each line of ``dependencies`` asks for.

    Raises ManifestError with the line for anything that yarn would not write.
    """
    text = file.text()
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    entries, asked = _quick(file, text) or _slow(file, text)
    keys = [key for entry in entries for key in entry.keys]
    if len(set(keys)) < len(keys):
        seen: dict[str, str] = {}
        for entry in entries:
            for key in entry.keys:
                # Merges leave a key in two entries; that they say the same is no harm.
                if seen.setdefault(key, entry.version) != entry.version:
                    raise ManifestError(f"{key!r} is locked a second time.", file=file.path, where=f"line {entry.line}")
    return entries, asked


def _quick(file: File, text: str) -> tuple[list[Entry], dict[str, str]] | None:
    """The entries of a lock as yarn writes it, an empty line between two; None for one that wants a closer look."""
    if not text.isascii() or any(odd in text for odd in _ODD):
        return None
    entries: list[Entry] = []
    line = 1
    try:
        for block in text.rstrip("\n").split("\n\n"):
            lines, start = block.split("\n"), line
            line += len(lines) + 1
            if not lines[0] or lines[0][0] == "#":
                start += next((at for at, one in enumerate(lines) if one and one[0] != "#"), 0)
                lines = [one for one in lines if one and one[0] != "#"]
                if not lines:
                    continue
            before, version, after = lines[1].split('"')
            called, resolved, end = lines[2].split('"')
            if before != "  version " or called != "  resolved " or after or end or lines[0][0] == " ":
                return None
            at, count = 3, len(lines)
            if at < count and lines[at][:12] == "  integrity ":
                if lines[at].count(" ") != 3 or '"' in lines[at] or len(lines[at]) == 12:
                    return None
                at += 1
            needs: list[str] = []
            may: list[str] = []
            if at < count:
                if "  optionalDependencies:" in lines:
                    count = lines.index("  optionalDependencies:")
                    may = lines[count + 1 :]
                if lines[at] == "  dependencies:":
                    needs = lines[at + 1 : count]
                elif at != count:
                    return None
            entries.append(Entry(_header(file, start, lines[0]), start, version, resolved, needs, may))
        return entries, _asked(file, entries)
    except (IndexError, ManifestError, ValueError):
        return None


def _asked(file: File, entries: list[Entry]) -> dict[str, str]:
    """The key that each line asks for. Raises ValueError and ManifestError for what is no such line."""
    lines = set(chain.from_iterable([entry.needs for entry in entries]))
    lines.update(chain.from_iterable([entry.may for entry in entries if entry.may]))
    asked: dict[str, str] = {}
    for line in lines:
        if line[:4] != "    " or line[4:5] in {" ", ""}:
            raise ValueError
        asked[line] = _need(file, 0, line)
    return asked


def _slow(file: File, text: str) -> tuple[list[Entry], dict[str, str]]:
    """The entries of any lock, line by line."""
    entries: list[Entry] = []
    entry: Entry | None = None
    asked: dict[str, str] = {}
    needs: list[str] | None = None
    table = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line[0] == "#":
            continue
        if line[0] not in " \t":
            entry, table = Entry(_header(file, number, line), number, "", "", [], []), False
            entries.append(entry)
        elif table and line[:4] == "    " and line[4:5] not in {" ", "\t", ""}:
            if needs is not None:
                asked[line] = _need(file, number, line)
                needs.append(line)
        elif entry is not None and line[:2] == "  " and line[2:3] not in {" ", "\t", ""}:
            table = line[-1] == ":"
            if table:
                needs = getattr(entry, _TABLES[line[2:-1]]) if line[2:-1] in _TABLES else None
            else:
                _field(file, number, line, entry)
        elif line.strip():
            raise _broken(file, number, line)
    return entries, asked


def _need(file: File, number: int, line: str) -> str:
    """The key that a line of ``dependencies`` asks for."""
    quotes = line.count('"')
    if line[-1] == '"' and "\\" not in line:
        if quotes == 2:
            name, _, wanted = line[4:-1].partition('"')
            return f"{name[:-1]}@{wanted}"
        if quotes == 4:
            _, name, _, wanted, _ = line.split('"')
            return f"{name}@{wanted}"
    name, wanted = _pair(file, number, line)
    return f"{name}@{wanted}"


def _field(file: File, number: int, line: str, entry: Entry) -> None:
    parts = line.split('"')
    name, value = (parts[0][2:-1], parts[1]) if len(parts) == 3 and not parts[2] else _pair(file, number, line)
    if name == "version":
        entry.version = value
    elif name == "resolved":
        entry.resolved = value


def _header(file: File, number: int, line: str) -> list[str]:
    """The keys of ``a@^1, "@b/c@^2":``."""
    if line[-1] != ":":
        raise _broken(file, number, line)
    if '"' not in line:
        keys = line[:-1].split(", ")
    elif line[0] == '"' and line[-2] == '"' and "\\" not in line and line.count('"') == 2 * (line.count('", "') + 1):
        keys = line[1:-2].split('", "')
    else:
        keys = []
        for found in _KEY.finditer(line[:-1]):
            keys.append(_text(file, number, found[0]))
            if "@" not in keys[-1]:
                raise _broken(file, number, line)  # at once: such lines may be as long as the file
        if _KEY.sub("", line[:-1]).strip(", "):
            raise _broken(file, number, line)
    for key in keys:
        if key.find("@", 1) < 0 or key[0] == " ":
            raise _broken(file, number, line)
    return keys


def _pair(file: File, number: int, line: str) -> tuple[str, str]:
    found = _PAIR(line)
    if found is None:
        raise _broken(file, number, line)
    return _text(file, number, found[1]), _text(file, number, found[2])


def _text(file: File, number: int, quoted: str) -> str:
    if quoted[0] != '"':
        return quoted
    try:
        return str(json.loads(quoted))
    except ValueError as error:
        raise _broken(file, number, quoted) from error


def _broken(file: File, number: int, line: str) -> ManifestError:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        return ManifestError(
            "a merge conflict stands here.",
            file=file.path,
            where=f"line {number}",
            hint="Settle it with `yarn install` first.",
        )
    shown = line if len(line) < 80 else f"{line[:77]}..."
    return ManifestError(f"{shown!r} is no line of a yarn.lock.", file=file.path, where=f"line {number}")
