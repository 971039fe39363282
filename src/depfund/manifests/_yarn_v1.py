"""``yarn.lock`` version 1: a format of its own, read line by line.

Each entry locks one or more ``name@range`` keys to a version; a dependency is looked up by exactly that key. The file
knows no project: what it asks for, and ``resolutions`` that turn a range into another one, stand in package.json
beside it and in those of the workspaces. Peer dependencies are not in the file. Source: the parser of
@yarnpkg/lockfile.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from depfund.errors import ManifestError
from depfund.graph import stronger
from depfund.manifests import _npm
from depfund.manifests._build import Builder, fresh
from depfund.manifests._file import File
from depfund.model import Graph, Kind

__all__ = ["Entry", "parse", "read_v1"]

_TABLES: dict[str, Kind] = {"dependencies": "runtime", "optionalDependencies": "optional"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf' *({_STRING}|[^\s",:#]+) +({_STRING}|[^\s"]+)\Z').match
_KEY = re.compile(rf'{_STRING}|[^\s",:][^\s",]*')
_NEEDS = r"((?:\n    [^ \t\n][^\n]*)*+)"
_PLAIN = re.compile(
    r'(?:(?:#[^\n]*)?\n)*+([^ \t#\n][^\n]*:)\n  version "([^"\n]*)"\n  resolved "([^"\n]*)"(?:\n  integrity [^\s"]++)?'
    rf"(?:\n  dependencies:{_NEEDS})?(?:\n  optionalDependencies:{_NEEDS})?\n++"
)


@dataclass(slots=True)
class Entry:
    """One entry: what its keys are locked to. ``needs`` maps ``name@range`` keys to kinds."""

    keys: list[str]
    line: int
    version: str = ""
    resolved: str = ""
    needs: dict[str, Kind] = field(default_factory=dict)


def read_v1(file: File) -> Graph:
    """The graph of a classic yarn lock. Raises ManifestError with file and line for what is broken."""
    entries = parse(file)
    builder = Builder(file, "yarn-lock", edges=True)
    purls: dict[str, str] = {}
    made: list[str] = []
    hints: dict[str, dict[str, tuple[str, ...]]] = {}
    packages = builder.packages
    for entry in entries:
        name, wanted = _npm.cut(entry.keys[0])
        real, _ = _npm.alias(name, wanted)
        try:
            purl = _npm.purl(real, entry.version or _npm.commit(entry.resolved))
            base, found, _ = entry.resolved.partition(f"/{real}/-/")
            hint = hints.get(base) if found else None
            kind = "registry" if hint else _npm.origin(entry.resolved)
            if kind == "path" or wanted.startswith(("file:", "link:")):
                kind = "path"
                _npm.inside(file, re.sub(r"^(file|link):", "", wanted).partition("#")[0], entry.keys[0])
        except ManifestError as error:
            raise error.under("" if error.where else f"line {entry.line}", file=file.path) from None
        if hint is None:
            hint = _npm.addresses(real, entry.resolved)
            if "registry" in hint and found:
                hints[base] = hint  # what begins and goes on as this did comes from the same registry
        if purl not in packages:
            packages[purl] = fresh(purl, real, entry.version, "npm", (), kind, kind == "path", hint)
        made.append(purl)
        for key in entry.keys:
            purls[key] = purl
    lost: list[tuple[str, str]] = []
    requires = builder.requires
    for entry, purl in zip(entries, made, strict=True):
        if not entry.needs:
            continue
        if (row := requires.get(purl)) is None:
            row = requires[purl] = {}
        for key, said in entry.needs.items():
            target = purls.get(key)
            if target is None:
                lost.append((purl, key))
            else:
                row[target] = said if target not in row else stronger(row[target], said)
        row.pop(purl, None)
    _roots(file, builder, purls, lost)
    _npm.missing(builder, lost)
    return _npm.unreached(builder)


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


def parse(file: File) -> list[Entry]:
    """The entries in their order. Raises ManifestError with the line for anything that yarn would not write."""
    text = file.text().replace("\r\n", "\n")
    entries = _quick(file, text)
    if entries is None:
        entries = _slow(file, text)
    seen: dict[str, str] = {}
    for entry in entries:
        for key in entry.keys:
            # Merges leave a key in two entries; that they say the same is no harm.
            if seen.setdefault(key, entry.version) != entry.version:
                raise ManifestError(f"{key!r} is locked a second time.", file=file.path, where=f"line {entry.line}")
    return entries


def _quick(file: File, text: str) -> list[Entry] | None:
    """The entries of a lock as yarn writes it, an entry at a time; None for one that wants a closer look."""
    entries: list[Entry] = []
    asked = _Asked(file)
    end, line = 0, 1
    try:
        for found in iter(_PLAIN.scanner(text).match, None):  # type: ignore[attr-defined]
            header, version, resolved, rows, may = found.groups()
            start, at, end = found.start(), found.start(1), found.end()
            line += text.count("\n", start, at)
            needs: dict[str, Kind] = {}
            if rows:
                needs = dict.fromkeys(map(asked.__getitem__, rows[1:].split("\n")), "runtime")
            if may:
                needs |= dict.fromkeys(map(asked.__getitem__, may[1:].split("\n")), "optional")
            entries.append(Entry(_header(file, line, header), line, version, resolved, needs))
            line += text.count("\n", at, end)
    except ManifestError:
        return None
    return entries if end == len(text) else None


class _Asked(dict[str, str]):
    """The key that each line of ``dependencies`` asks for, worked out once: large locks repeat them."""

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file = file

    def __missing__(self, line: str) -> str:
        key = self[line] = _need(self.file, 0, line)
        return key


def _slow(file: File, text: str) -> list[Entry]:
    """The entries of any lock, line by line."""
    entries: list[Entry] = []
    entry: Entry | None = None
    needs: dict[str, Kind] = {}
    kind: Kind | None = None
    table = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line[0] == "#":
            continue
        if line[0] not in " \t":
            entry, table = Entry(_header(file, number, line), number), False
            needs = entry.needs
            entries.append(entry)
        elif table and line[:4] == "    " and line[4:5] not in {" ", "\t", ""}:
            if kind is not None:
                needs[_need(file, number, line)] = kind
        elif entry is not None and line[:2] == "  " and line[2:3] not in {" ", "\t", ""}:
            table = line[-1] == ":"
            if table:
                kind = _TABLES.get(line[2:-1])
            else:
                _field(file, number, line, entry)
        elif line.strip():
            raise _broken(file, number, line)
    return entries


def _need(file: File, number: int, line: str) -> str:
    """The key that a line of ``dependencies`` asks for."""
    parts = line.split('"')
    if not parts[-1] and "\\" not in line:
        if len(parts) == 3:
            return f"{parts[0][4:-1]}@{parts[1]}"
        if len(parts) == 5:
            return f"{parts[1]}@{parts[3]}"
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
        keys = [_text(file, number, found) for found in _KEY.findall(line[:-1])]
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
