"""Requirements and constraints files of pip, read through pip-requirements-parser (pip's own reader of lines).

``# via`` comments of pip-compile and uv are the edges, in both forms (on one line, and as a list). A package that no
comment explains, or that an input file or project explains, is direct. ``-r`` and ``-c`` are followed inside the
project's folder. Only ``==`` and ``===`` give a version; of an unpinned name a constraint's pin counts.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._python import Locked, Wanted, normal, parse, pypi, repository, without_account
from depfund.model import Graph

__all__ = ["Line", "lines", "read"]

_PINNED = re.compile(r"={2,3}\s*([^\s*,]+)")
_HASHES = re.compile(r"(?:\s*--hash[= ]\S+)*\s*")
_VIA = re.compile(r"#\s*via\b:?\s*(.*)")
_ITEM = re.compile(r"#\s{2,}(\S.*)")
_PROJECT = re.compile(r"\((?:[^)]*\.(?:toml|py|cfg|in|txt)[^)]*|[^)]*group[^)]*)\)\s*$")
_BLANKS = re.compile(r"[^\S\n]{100,}")
"""Runs that the parser of comments would go over once for each of their characters."""
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_VCS = ("git+", "hg+", "svn+", "bzr+")
_DEEPEST = 20


@dataclass(slots=True, kw_only=True)
class Line:
    """A requirement, where it stands, and what its comments name as its reason."""

    wanted: Wanted
    file: str
    number: int
    constraint: bool = False
    via: list[str] = field(default_factory=list)
    explained: bool = False


@dataclass(slots=True)
class _Found:
    lines: list[Line] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)
    local: list[tuple[str, str]] = field(default_factory=list)
    remote: list[tuple[str, str]] = field(default_factory=list)
    index: str = ""
    seen: set[tuple[str, bool]] = field(default_factory=set)


def read(file: File) -> Graph:
    """The packages of a requirements file; those without a pin get a note ``unpinned``.

    Raises ManifestError for a nested file that is missing or outside the project, and for a file without any
    valid line.
    """
    found = lines(file)
    explained = any(line.explained for line in found.lines)
    builder = Builder(file, "requirements", edges=explained, root=file.here.name if file.here else "")
    pins = {line.wanted.name: pin for line in found.lines if line.constraint and (pin := _pin(line.wanted))}
    hints: dict[str, tuple[str, ...]] = {"registry": (found.index,)} if found.index else {}
    locked = Locked()
    placed: list[tuple[Line, str]] = []
    loose = []
    for line in found.lines:
        if line.constraint:
            continue
        wanted = line.wanted
        version = _pin(wanted) or (pins.get(wanted.name) if not wanted.url else None)
        try:
            purl = _package(builder, wanted, version, hints)
        except ManifestError as error:
            raise error.under(f"line {line.number}", file=line.file) from error
        locked.add(wanted.name, version, purl)
        placed.append((line, purl))
        if version is None and not wanted.url:
            loose.append(wanted.name)
    for line, purl in placed:
        direct = not line.explained
        for reason in line.via:
            if reason.startswith("-c"):
                continue
            source = parse(reason.partition(" (")[0])
            if reason.startswith("-r") or _PROJECT.search(reason[:1_000]) or source is None:
                direct = True
            elif not locked.rows.get(source.name):
                direct = True
                why = f"{source.name}, which is not in the file, is taken for the project itself."
                builder.note("via_unknown", source.name, why, "info")
            else:
                for parent in locked.rows[source.name]:
                    builder.edge(parent, purl)
        if direct:
            builder.direct(purl)
    _notes(builder, found, loose)
    return builder.graph()


def lines(file: File) -> _Found:
    """Every requirement of ``file`` and of the files it names."""
    found = _Found()
    _lines(file, found, constraint=False, depth=0)
    if found.odd and not (found.lines or found.local or found.remote):
        place, text = found.odd[0]
        raise ManifestError(
            f"{text[:120]!r} is no requirement, nor is any other line.",
            file=place.partition(", ")[0],
            where=place.partition(", ")[2],
        )
    return found


def _lines(file: File, found: _Found, *, constraint: bool, depth: int) -> None:
    import pip_requirements_parser as pip

    if (file.path, constraint) in found.seen or depth > _DEEPEST:
        return
    found.seen.add((file.path, constraint))
    current: Line | None = None
    listing = False
    text = _BLANKS.sub(" ", file.text())
    for entry in pip.preprocess(text):
        if isinstance(entry, pip.CommentLine):
            listing = _comment(current, entry.line.strip(), listing=listing)
            continue
        listing = False
        line = Line(wanted=Wanted(name=""), file=file.path, number=entry.line_number, constraint=constraint)
        current = line if _text(entry.line, line, file, found, depth) else None


def _comment(current: Line | None, text: str, *, listing: bool) -> bool:
    """Take a ``# via`` comment or an item of its list; returns whether a list goes on."""
    if current is None:
        return False
    if match := _VIA.match(text):
        current.explained = True
        current.via += [reason.strip() for reason in match[1].split(", ") if reason.strip()]
        return True
    if listing and (match := _ITEM.match(text)):
        current.via.append(match[1].strip())
        return True
    return False


def _text(text: str, line: Line, file: File, found: _Found, depth: int) -> bool:
    """A logical line: a requirement (True), or an option."""
    import pip_requirements_parser as pip

    place = f"{file.path}, line {line.number}"
    body, options = pip.break_args_options(text)
    if options and not _HASHES.fullmatch(options):
        try:
            words = shlex.split(options)
        except ValueError:
            found.odd.append((place, text))
            return False
        editable = _options(words, line, file, found, depth)
        if editable:
            body = editable
    body = body.strip()
    if not body:
        return False
    wanted = _wanted(body)
    if wanted is None:
        (found.local if _is_path(body) else found.odd).append((place, body))
        return False
    line.wanted = wanted
    found.lines.append(line)
    return True


def _options(words: list[str], line: Line, file: File, found: _Found, depth: int) -> str:
    """Follow ``-r`` and ``-c``, keep the index, return what ``-e`` names."""
    editable = ""
    pairs = iter(words)
    for word in pairs:
        option, joint, value = word.partition("=")
        if not joint and not option.startswith("--") and len(option) > 2:
            option, value = option[:2], option[2:]
        elif not joint and option in _WITH_VALUE:
            value = next(pairs, "")
        if option in {"-r", "--requirement", "-c", "--constraint"} and value:
            _nested(value, line, file, found, depth, constraint=option in {"-c", "--constraint"} or line.constraint)
        elif option in {"-e", "--editable"}:
            editable = value
        elif option in {"-i", "--index-url", "--pypi-url"}:
            found.index = without_account(value)
    return editable


_WITH_VALUE = frozenset(
    {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--pypi-url", "-f"}
    | {"--extra-index-url", "--find-links", "--trusted-host", "--no-binary", "--only-binary", "--hash", "--use-feature"}
)


def _nested(value: str, line: Line, file: File, found: _Found, depth: int, *, constraint: bool) -> None:
    if "://" in value:
        found.remote.append((f"{file.path}, line {line.number}", value))
        return
    try:
        nested = file.sibling(value)
    except ManifestError as error:
        raise error.under(f"line {line.number}") from error
    if nested is None:
        if file.here is None:
            found.remote.append((f"{file.path}, line {line.number}", value))
            return
        raise ManifestError(
            f"{value!r} does not exist.", file=file.path, where=f"line {line.number}", hint="Add it or drop the line."
        )
    _lines(nested, found, constraint=constraint, depth=depth + 1)


def _wanted(body: str) -> Wanted | None:
    """A requirement by name, by URL, or by the name an archive or ``#egg=`` gives it."""
    wanted = parse(body)
    if wanted is not None and not (wanted.spec and wanted.spec[0] not in "<>=!~"):
        return wanted
    url, _, marker = body.partition(" ;") if " ;" in body else (body, "", "")
    url = url.strip()
    if "#egg=" in url and (egg := parse(url.split("#egg=", 1)[1].partition("&")[0])):
        return Wanted(name=egg.name, extras=egg.extras, url=url, marker=marker.strip())
    plain = url.partition("#")[0].partition("?")[0]
    if plain.endswith(_ARCHIVES):
        name = plain.rsplit("/", 1)[-1]
        try:
            found = parse_wheel_filename(name)[0] if name.endswith(".whl") else parse_sdist_filename(name)[0]
        except (InvalidWheelFilename, InvalidSdistFilename):
            return None
        return Wanted(name=normal(found), url=url, marker=marker.strip())
    return None


def _is_path(body: str) -> bool:
    plain = body.partition("[")[0].partition(" ;")[0].strip()
    return body.startswith((".", "/", "file:", "~")) or ("/" in plain and re.search(r"[\s<>=@]", plain) is None)


def _pin(wanted: Wanted) -> str | None:
    match = _PINNED.fullmatch(wanted.spec)
    return match[1] if match else None


def _package(builder: Builder, wanted: Wanted, version: str | None, hints: dict[str, tuple[str, ...]]) -> str:
    url = wanted.url
    if url.startswith(_VCS):
        kept = {"vcs": (without_account(url),), "repository": (repository(url),)}
        return builder.package(pypi(wanted.name), wanted.name, None, "pypi", origin="vcs", hints=kept)
    if url and ("://" not in url or url.startswith("file:")):
        return builder.package(pypi(wanted.name), wanted.name, None, "pypi", origin="path")
    if url:
        kept = {"url": (without_account(url),)}
        return builder.package(pypi(wanted.name), wanted.name, None, "pypi", origin="url", hints=kept)
    return builder.package(pypi(wanted.name, version), wanted.name, version, "pypi", hints=hints)


def _notes(builder: Builder, found: _Found, loose: list[str]) -> None:
    path = builder.file.path
    for place, text in found.odd:
        builder.note("invalid_requirement", place, f"{text[:200]!r} is no requirement; it is left out.")
    for place, text in found.local:
        builder.note("local_project", place, f"{text[:200]!r} is a project of this folder, not a package.", "info")
    for place, text in found.remote:
        builder.note("not_followed", place, f"{text[:200]!r} is elsewhere; reading a file asks no network.")
    if loose:
        some = ", ".join(sorted(set(loose))[:5]) + (" …" if len(set(loose)) > 5 else "")
        builder.note(
            "unpinned", path, f"{path} does not pin {some}; lock it (`uv lock`, pip-compile) for versions.", "info"
        )
