"""Where the projects are: folders searched, globs expanded, repositories told apart, copies left out with a note."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from depfund.errors import SourceError
from depfund.manifests import search
from depfund.model import Note
from depfund.portfolio import git
from depfund.portfolio._names import recognise_name, writable
from depfund.portfolio.table import Entry, Portfolio

__all__ = ["Place", "places"]

_COPIES = ("vendor", "vendored", "_vendor", "third_party", "thirdparty", "external", "bower_components", "node_modules")
_DEEP = 8
_REMOTE = re.compile(r'^[ \t]*\[remote "([^"]+)"\]|^[ \t]*url[ \t]*=[ \t]*(\S+)', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One project: its ``name``, the ``root`` folder its files are shown from, the ``files`` to read.

    ``listed``: a person named it, so it is only left out on their word. ``origin`` is the canonical address of its
    repository, where a checkout says so.
    """

    name: str
    root: Path
    files: tuple[Path, ...]
    entry: Entry
    listed: bool
    origin: str = ""


def places(portfolio: Portfolio, scratch: Path, notes: list[Note]) -> list[Place]:
    """Every project of ``portfolio``, by name. ``scratch`` receives what is read out of bare repositories.

    Raises :class:`~depfund.errors.SourceError` for a path that is missing and a portfolio without any project.
    """
    found: list[Place] = []
    for entry in portfolio.entries:
        found += _entry(portfolio.folder, entry, scratch, notes)
    kept = _named(_once(_wanted(found, notes), notes))
    if not kept:
        raise SourceError(
            "the portfolio holds no project with a lockfile, manifest or SBOM that depfund reads. "
            "`depfund formats` lists what it reads; the notes say what was left out."
        )
    return sorted(kept, key=lambda place: place.name)


def _entry(folder: Path, entry: Entry, scratch: Path, notes: list[Note]) -> Iterator[Place]:
    if entry.git:
        path = folder / entry.git
        yield _from_git(path, entry, scratch, listed=True)
    elif entry.glob:
        paths = sorted(_glob(folder, entry.glob))
        if not paths:
            notes.append(_note("empty_glob", entry.glob, f"{entry.glob} matches nothing."))
        for path in paths:
            if path.is_dir():
                yield from _folder(path, path, entry, scratch, notes)
            elif recognise_name(path.name):
                yield _file(path, entry, listed=False)
    else:
        path = folder / entry.path
        if path.is_file():
            yield _file(path, entry, listed=True)
        elif not path.is_dir():
            raise SourceError(f"{path} does not exist. Check the path; a portfolio takes files, folders and globs.")
        elif git.is_bare(path):
            yield _from_git(path, entry, scratch, listed=True)
        else:
            for place in _folder(path, path, entry, scratch, notes):
                yield replace(place, listed=place.root == path)


def _glob(folder: Path, pattern: str) -> Iterable[Path]:
    plain = Path(pattern)
    if plain.is_absolute():
        return Path(plain.anchor).glob(str(plain.relative_to(plain.anchor)))
    return folder.glob(pattern)


def _file(path: Path, entry: Entry, *, listed: bool) -> Place:
    return Place(name=entry.name or str(path), root=path.parent, files=(path,), entry=entry, listed=listed)


def _from_git(path: Path, entry: Entry, scratch: Path, *, listed: bool) -> Place:
    into = scratch / str(len(list(scratch.iterdir())))
    root = git.extract(path, entry.rev, into)
    name = entry.name or (str(path) if entry.rev == "HEAD" else f"{path}@{entry.rev}")
    origin, fork = _remotes(path / "config" if git.is_bare(path) else path / ".git" / "config")
    entry = replace(entry, fork=entry.fork or (fork and not listed))
    return Place(name=name, root=root, files=tuple(search(root)), entry=entry, listed=listed, origin=origin)


def _folder(path: Path, top: Path, entry: Entry, scratch: Path, notes: list[Note], depth: int = 0) -> Iterator[Place]:
    """Projects at and below ``path``: a checkout, a bare repository, a folder that holds locks, or many of these."""
    name = (entry.name if path == top and entry.name else "") or str(path)
    if git.is_bare(path):
        yield replace(_from_git(path, entry, scratch, listed=False), name=name)
        return
    with os.scandir(path) as listing:
        rows = sorted(listing, key=lambda row: row.name)
    documents = [row.name for row in rows if row.is_file(follow_symlinks=False) and recognise_name(row.name)]
    kinds = {recognise_name(each) for each in documents}
    checkout = (path / ".git").exists()
    if not checkout and kinds == {"any"} and len(documents) > 1:
        for each in documents:  # a folder of SBOMs: each is a project of its own
            yield _file(path / each, replace(entry, name=""), listed=False)
    elif checkout or documents:
        files = _own(path, notes)
        if files:
            origin, fork = _remotes(path / ".git" / "config")
            marked = replace(entry, fork=entry.fork or fork)
            yield Place(name=name, root=path, files=files, entry=marked, listed=False, origin=origin)
        return
    for row in rows:
        if row.is_dir(follow_symlinks=False) and not row.name.startswith(".") and depth < _DEEP:
            if row.name in _COPIES:
                _copy(Path(row.path), notes)
            else:
                yield from _folder(path / row.name, top, entry, scratch, notes, depth + 1)


def _own(root: Path, notes: list[Note]) -> tuple[Path, ...]:
    """The files of the project at ``root``: not those of checkouts inside it, nor of vendored folders."""
    found: list[Path] = []
    inner: set[Path] = set()
    for path in search(root):
        between = path.relative_to(root).parents
        nested = next((root / step for step in between if step.name and (root / step / ".git").exists()), None)
        if nested is None:
            found.append(path)
        elif nested not in inner:
            inner.add(nested)
            notes.append(_note("left_out.vendored", str(nested), f"{nested} is another repository inside {root}."))
    with os.scandir(root) as listing:
        for row in sorted(listing, key=lambda row: row.name):
            if row.name in _COPIES and row.name != "node_modules" and row.is_dir(follow_symlinks=False):
                _copy(Path(row.path), notes)
    return tuple(found)


def _copy(path: Path, notes: list[Note]) -> None:
    for pattern in ("*", "*/*", "*/*/*"):
        for each in path.glob(pattern):
            if recognise_name(each.name) and each.is_file():
                message = f"{path} holds copies of other people's projects; it is left out."
                notes.append(_note("left_out.vendored", str(path), message))
                return


def _remotes(config: Path) -> tuple[str, bool]:
    """The origin's canonical address and whether there is an upstream that differs: the mark of a fork."""
    try:
        text = config.read_text(encoding="utf-8", errors="replace") if config.is_file() else ""
    except OSError:
        return "", False
    urls: dict[str, str] = {}
    at = ""
    for found in _REMOTE.finditer(text):
        if found[1]:
            at = found[1]
        elif at:
            urls.setdefault(at, _canonical(found[2]))
    origin, upstream = urls.get("origin", ""), urls.get("upstream", "")
    return origin, bool(upstream) and upstream != origin


def _canonical(url: str) -> str:
    plain = re.sub(r"^(?:\w+://)?(?:[^@/]*@)?", "", url.strip()).removesuffix("/").removesuffix(".git")
    return "https://" + re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", plain).lower()


def _wanted(found: list[Place], notes: list[Note]) -> Iterator[Place]:
    for place in found:
        if not place.files:
            notes.append(_note("left_out.empty", place.name, f"{place.name} holds nothing that depfund reads."))
        elif place.entry.fork:
            message = f"{place.name} is a fork; its dependencies are counted where it was forked from."
            notes.append(_note("left_out.fork", place.name, message))
        elif place.entry.archived:
            notes.append(_note("left_out.archived", place.name, f"{place.name} is archived; it is left out."))
        else:
            yield place


def _once(found: Iterable[Place], notes: list[Note]) -> Iterator[Place]:
    """Each repository once: by its folder, the address of its origin, and its first commit where these are found."""
    seen: dict[object, str] = {}
    order = sorted(found, key=lambda place: (not place.listed, not place.entry.weighted, place.name, place.entry.rev))
    common = Counter(map(_outline, order))
    for place in order:
        folder = (tuple(path.resolve() for path in place.files), place.entry.scopes)
        marks: list[object] = [folder]
        if not place.listed:
            marks += [("content", _content(place, common[_outline(place)]))]
            marks += [("origin", place.origin)] if place.origin else []
            marks += [("commit", first)] if (first := git.first_commit(place.root)) else []
        twin = next((seen[mark] for mark in marks if mark in seen), None)
        if twin is not None and not (place.listed and place.entry.weighted):
            message = f"{place.name} is the same project as {twin}; it is counted once."
            notes.append(_note("left_out.duplicate", place.name, message))
            continue
        seen |= dict.fromkeys(marks, place.name)
        yield place


def _outline(place: Place) -> tuple[tuple[str, int], ...]:
    return tuple((path.name, path.stat().st_size) for path in place.files)


def _content(place: Place, alike: int) -> object:
    """What the files hold: names and sizes, and digests where another project is ``alike`` in these."""
    if alike < 2:
        return _outline(place)
    return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in place.files)


def _named(found: Iterable[Place]) -> list[Place]:
    """Names without what all share in front, told apart by number only where the same path is listed twice."""
    rows = [replace(place, name=writable(place.name)) for place in found]
    taken: dict[str, int] = {}
    named = []
    for place in rows:
        taken[place.name] = taken.get(place.name, 0) + 1
        number = taken[place.name]
        named.append(place if number == 1 else replace(place, name=f"{place.name} ({number})"))
    plain = [place for place in named if not place.entry.name and "/" in place.name]
    if len(plain) > 1:
        shared = os.path.commonpath([str(Path(place.name).parent) for place in plain])
        short = {id(place): os.path.relpath(place.name, shared) for place in plain} if shared else {}
        if len({*short.values()}) == len(short):
            named = [replace(place, name=short.get(id(place), place.name)) for place in named]
    elif len(plain) == 1:
        named = [replace(p, name=Path(p.name).name) if p is plain[0] and Path(p.name).name else p for p in named]
    return named


def _note(code: str, subject: str, message: str) -> Note:
    return Note(level="warning", code=code, subject=writable(subject), message=writable(message))
