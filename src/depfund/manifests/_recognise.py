"""Which format a file is of: by its name first, then by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import msgspec

from depfund.errors import ManifestError, SourceError, UnknownFormat
from depfund.manifests import FORMATS, Format
from depfund.manifests._file import File

__all__ = ["by_content", "by_name", "recognise"]

_BY_NAME = {row.name: row for row in FORMATS}
_HEAD = 65_536
_EARLY = {"cyclonedx": b'"bomFormat"', "spdx": b'"spdxVersion"'}
"""Keys near the beginning that confirm what a file's name says, without a look at the rest."""

_LOCKED_BY = {
    "bun.lockb": "this is Bun's binary lock; `bun install --save-text-lockfile` writes bun.lock",
    "Cargo.toml": "`cargo generate-lockfile` writes Cargo.lock",
    "Gemfile": "`bundle lock` writes Gemfile.lock",
    "composer.json": "`composer update --no-install` writes composer.lock",
    "mix.exs": "`mix deps.get` writes mix.lock",
    "pubspec.yaml": "`dart pub get` writes pubspec.lock",
    "Package.swift": "`swift package resolve` writes Package.resolved",
    "Podfile": "`pod install` writes Podfile.lock",
    "pixi.toml": "`pixi lock` writes pixi.lock",
    "setup.py": "it is a program; `uv pip compile setup.py` or `uv lock` writes something that can be read",
    "deno.json": "`deno install` writes deno.lock",
    "build.gradle": "`gradle dependencies --write-locks` writes gradle.lockfile",
    "build.gradle.kts": "`gradle dependencies --write-locks` writes gradle.lockfile",
}


def recognise(file: File) -> Format:
    """The row of the format table that ``file`` belongs to.

    Raises :class:`~depfund.errors.SourceError` for an empty file and UnknownFormat, saying what to do, for others.
    """
    if not file.data or file.data.isspace():
        raise SourceError(f"{file.path} is empty. Write the lockfile again with the tool that makes it, then retry.")
    named = by_name(file.path)
    if named is not None and "*" not in _pattern(named, file.path):
        return named
    if named is not None and named.name in _EARLY and _EARLY[named.name] in file.data[:2000]:
        return named
    return by_content(file) or named or _unknown(file)


def by_name(path: str) -> Format | None:
    """The format whose file names match ``path``: literal names before patterns, the table's order among these."""
    posix = PurePosixPath(path.replace("\\", "/"))
    if posix.name.endswith(".py.lock"):
        return _BY_NAME["uv-lock"]
    found: Format | None = None
    for row in FORMATS:
        for pattern in row.files:
            if "*" not in pattern:
                if pattern == posix.name or ("/" in pattern and f"/{posix}".endswith(f"/{pattern}")):
                    return row
            elif found is None and _matches(posix, pattern):
                found = row
    return found


def _matches(path: PurePosixPath, pattern: str) -> bool:
    depth = pattern.count("/") + 1
    return len(path.parts) >= depth and fnmatchcase("/".join(path.parts[-depth:]), pattern)


def _pattern(row: Format, path: str) -> str:
    """The pattern of ``row`` that ``path`` matched: the literal one where there is one."""
    posix = PurePosixPath(path.replace("\\", "/"))
    if any(pattern == posix.name or f"/{posix}".endswith(f"/{pattern}") for pattern in row.files):
        return posix.name
    return "" if posix.name.endswith(".py.lock") else "*"


def by_content(file: File) -> Format | None:
    """The format that the bytes look like, or None."""
    head = file.data[:_HEAD].decode("utf-8-sig", errors="replace")
    start = head.lstrip()
    if start.startswith("{"):
        name = _json(file.data, head)
    elif start.startswith("<"):
        name = "cyclonedx" if re.search(r"<(?:\w+:)?bom\b", head) else "pom" if "<project" in head else None
    else:
        name = next((name for name, test in _TEXTS if test(head)), None)
        if name is None and _requirements(head, loose=file.name.endswith(".in")):
            name = "requirements"
    return _BY_NAME[name] if name else None


def _json(data: bytes, head: str) -> str | None:
    try:
        keys = set(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        try:  # Bun writes trailing commas
            keys = set(msgspec.json.decode(re.sub(rb",(?=\s*[}\]])", b"", data), type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            # a broken file is best judged by the reader of what it tries to be
            keys = set(re.findall(r'^[ \t]{0,4}\{?[ \t]*"([^"\n]{1,40})"[ \t]*:', head, re.MULTILINE))
    for name, test in _JSONS:
        if test(keys, head):
            return name
    return None


_JSONS: tuple[tuple[str, Callable[[set[str], str], bool]], ...] = (
    ("graph", lambda keys, _: {"packages", "direct", "requires"} <= keys or {"kind", "root", "packages"} <= keys),
    ("cyclonedx", lambda keys, _: "bomFormat" in keys or ("components" in keys and "specVersion" in keys)),
    ("spdx", lambda keys, head: "spdxVersion" in keys or "sbom" in keys or ("@context" in keys and "spdx" in head)),
    ("pipfile-lock", lambda keys, _: "_meta" in keys),
    ("composer-lock", lambda keys, _: "packages-dev" in keys or {"content-hash", "packages"} <= keys),
    ("bun-lock", lambda keys, _: {"lockfileVersion", "workspaces"} <= keys),
    ("package-lock", lambda keys, _: "lockfileVersion" in keys),
    ("package-resolved", lambda keys, head: "pins" in keys or ("object" in keys and '"pins"' in head)),
    (
        "deno-lock",
        lambda keys, _: "version" in keys and bool({"specifiers", "npm", "jsr", "remote", "redirects"} & keys),
    ),
    ("nuget-lock", lambda keys, head: {"version", "dependencies"} <= keys and '"contentHash"' in head),
    ("nuget-lock", lambda keys, head: {"version", "dependencies"} == keys and '"resolved"' in head),
    ("deno-lock", lambda keys, head: {"version", "packages"} <= keys and '"integrity"' in head),
    ("package-json", lambda keys, _: bool({"dependencies", "devDependencies", "workspaces"} & keys)),
)


def _has(*patterns: str) -> Callable[[str], bool]:
    found = [re.compile(pattern, re.MULTILINE) for pattern in patterns]
    return lambda head: all(pattern.search(head) for pattern in found)


_TEXTS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("yarn-lock", _has(r"^# yarn lockfile v1|^__metadata:")),
    ("pnpm-lock", _has(r"^lockfileVersion:")),
    ("spdx", _has(r"^SPDXVersion:")),
    ("podfile-lock", _has(r"^PODS:")),
    ("gemfile-lock", _has(r"^(?:GEM|PATH|GIT)\r?$", r"^(?:DEPENDENCIES|PLATFORMS|  specs:)\r?$")),
    ("mix-lock", _has(r"\A\s*%\{\s*$|\A\s*%\{\s*\"")),
    ("conda-lock", _has(r"^package:", r"^ *-? *manager:")),
    ("pixi-lock", _has(r"^version: *\d+", r"^environments:")),
    ("pubspec-lock", _has(r"^packages:", r"^sdks:|^    dependency: ")),
    ("conda-env", _has(r"^dependencies:", r"^channels:|^ *- *(?:pip|python)\b")),
    ("pylock", _has(r"^lock-version\s*=", r"^\[\[packages\]\]|^packages\s*=")),
    (
        "cargo-lock",
        _has(r"^\[\[package\]\]", r"^source = \"(?:registry|git|sparse)\+|automatically @generated by Cargo"),
    ),
    ("poetry-lock", _has(r"^\[\[package\]\]", r"^python-versions = |@generated by Poetry|^lock-version = ")),
    ("pdm-lock", _has(r"^\[metadata\]", r"^lock_version = |^groups = \[|@generated by PDM")),
    ("uv-lock", _has(r"^version = 1", r"^\[\[(?:package|distribution)\]\]|^requires-python = ")),
    ("gradle-lockfile", _has(r"^[\w.-]+:[\w.-]+:[^=\s]+=|^empty=")),
    ("pipfile", _has(r"^\[(?:dev-)?packages\]")),
    ("pyproject", _has(r"^\[(?:project|build-system|tool\.[\w-]+|dependency-groups)\b")),
    ("go-mod", _has(r"^module \S+$|^go 1\.\d+(?:\.\d+)?$|^\S+ v\d\S* h1:|^# \S+/\S+ v\d\S*$")),
    ("setup-cfg", _has(r"^\[(?:options|metadata)\b")),
)


_PIN = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?\s*(?:[=<>!~]=|[<>@]|\\|;)|-{1,2}[a-z]|git\+\w+://")
_WORD = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?(?:\s*#.*)?")


def _requirements(head: str, *, loose: bool) -> bool:
    """Whether every line is a requirement with a constraint; a list of bare names counts only when ``loose``."""
    lines = [line.strip() for line in head.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and all(_PIN.match(line) or (loose and _WORD.fullmatch(line)) for line in lines)


def _unknown(file: File) -> Format:
    try:
        file.text()
    except ManifestError as error:
        hint = _LOCKED_BY.get(file.name)
        why = f"{hint}." if hint else f"It is no text file ({error.message.rstrip('.')}, {error.where})."
        raise UnknownFormat(f"{file.path} is of no format that depfund reads. {why}") from error
    start = file.data[:200].lstrip()
    if start.startswith(b"{") and b'"kind"' in file.data[-2000:] + file.data[:2000]:
        why = "It looks like another document of depfund; a source is a lockfile, a manifest, an SBOM or a graph."
    elif hint := _LOCKED_BY.get(file.name):
        why = f"Read the lockfile instead: {hint}."
    else:
        why = "Name the format (--as on the command line, format= in Python); `depfund formats` lists them."
    raise UnknownFormat(f"{file.path} is of no format that depfund recognises by its name or its content. {why}")
