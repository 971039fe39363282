"""What the JavaScript readers share: purls of npm packages, package.json, where an archive came from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import msgspec

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File, is_file
from depfund.manifests._purl import make
from depfund.model import Graph, Kind, Note

__all__ = [
    "Manifest",
    "addresses",
    "alias",
    "beside",
    "commit",
    "cut",
    "inside",
    "manifest",
    "members",
    "missing",
    "named",
    "origin",
    "own",
    "purl",
    "purls",
    "rootless",
    "spelled",
    "unreached",
]

Origin = Literal["registry", "vcs", "url", "path"]

_PLAIN = re.compile(
    r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?@[0-9A-Za-z][0-9A-Za-z._-]*"
).fullmatch
_VCS = re.compile(r"git(?:\+[a-z]+)?[:@]|(?:github|gitlab|bitbucket|gist):|ssh://|[^:]*://[^/]*/.*\.git(?:#|$)").match
_ODD = ("@/", "@.", "@-", "@_", "/\n")
_NAME = b"abcdefghijklmnopqrstuvwxyz0123456789._-\n"
_VERSION = _NAME[:-1] + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLOCK = 128
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+(?:#.*)?\Z").match
_FORGE = re.compile(r"https?://(?:codeload\.github\.com|github\.com|gitlab\.com|bitbucket\.org)/").match
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:").match


def purl(name: str, version: str | None) -> str:
    """The purl of an npm package by its full name (``@scope/name``). Raises ManifestError as ``_purl.make`` does."""
    if version and _PLAIN(f"{name}@{version}"):
        return f"pkg:npm/%40{name[1:]}@{version}" if name[0] == "@" else f"pkg:npm/{name}@{version}"
    scope, slash, rest = name.rpartition("/")
    return make("npm", rest, version, scope if slash else None)


def purls(names: Sequence[str], versions: Sequence[str | None]) -> list[str]:
    """:func:`purl` of each, many at a time where they are plain."""
    if len(names) <= _BLOCK and not _plain(names, versions):
        return [*map(purl, names, versions)]
    if _plain(names, versions):
        return [
            f"pkg:npm/{name}@{version}" if name[0] != "@" else f"pkg:npm/%40{name[1:]}@{version}"
            for name, version in zip(names, versions, strict=True)
        ]
    blocks = [slice(at, at + _BLOCK) for at in range(0, len(names), _BLOCK)]
    return [one for block in blocks for one in purls(names[block], versions[block])]


def _plain(names: Sequence[str], versions: Sequence[str | None]) -> bool:
    """Whether nothing in these needs quoting or sorting out: names of small letters, with a scope or without."""
    if not all(names) or not all(versions):
        return False
    scoped = [name for name in names if name[0] == "@"]
    joined = "\n".join(scoped)
    try:
        odd = "".join(names).encode("ascii").translate(None, _NAME)
        if odd and (len(odd) > 2 * len(scoped) or joined.encode("ascii").translate(None, _NAME) != b"@/" * len(scoped)):
            return False
        odd = "".join(versions).encode("ascii").translate(None, _VERSION)  # type: ignore[arg-type]
    except UnicodeEncodeError:
        return False
    return not odd and joined[-1:] != "/" and not any(mark in joined for mark in _ODD)


def named(file: File, where: str, name: str, version: str | None) -> str:
    """:func:`purl` for the row at ``where`` of ``file``, which an error names."""
    try:
        return purl(name, version)
    except ManifestError as error:
        raise error.under(where, file=file.path) from None


class Manifest(msgspec.Struct, rename="camel"):
    """The part of package.json that is read: who it is, and the ranges it asks for, one table a kind."""

    name: str | None = None
    version: str | None = None
    dependencies: dict[str, str] | None = None
    dev_dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None
    peer_dependencies: dict[str, str] | None = None
    peer_dependencies_meta: dict[str, Any] | None = None
    workspaces: Any = None
    resolutions: dict[str, str] | None = None

    def wants(self) -> dict[str, tuple[str, Kind]]:
        """Each name it asks for, with range and kind.

        What is both optional and required is optional, as in npm; what is required and for development is required.
        """
        found: dict[str, tuple[str, Kind]] = {}
        for name, wanted in (self.dev_dependencies or {}).items():
            found[name] = (wanted, "dev")
        for name, wanted in (self.peer_dependencies or {}).items():
            if name not in found:
                found[name] = (wanted, "peer")
        for name, wanted in (self.dependencies or {}).items():
            found[name] = (wanted, "runtime")
        for name, wanted in (self.optional_dependencies or {}).items():
            found[name] = (wanted, "optional")
        return found


def manifest(file: File | None) -> Manifest | None:
    """package.json as a :class:`Manifest`; None for no file."""
    return None if file is None else decode(file, Manifest)


def members(file: File, top: Manifest) -> Iterator[tuple[str, Manifest]]:
    """The workspace members of ``top`` that stand beside ``file``: folder (relative) and manifest, sorted.

    Raises ManifestError for a pattern that leads out of the folder.
    """
    patterns = top.workspaces
    if isinstance(patterns, dict):
        patterns = patterns.get("packages")
    if not isinstance(patterns, list):
        return
    base = posixpath.dirname(file.path.replace("\\", "/"))
    left_out = {pattern[1:].strip("/") for pattern in patterns if isinstance(pattern, str) and pattern.startswith("!")}
    seen: set[str] = set()
    for row, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or pattern.startswith("!"):
            continue
        inside(file, pattern, f"workspaces[{row}]")
        for found in file.glob(f"{pattern.removeprefix('./').rstrip('/')}/package.json"):
            folder = posixpath.relpath(posixpath.dirname(found.path.replace("\\", "/")) or ".", base or ".")
            if folder not in seen and folder not in left_out and (read := manifest(found)) is not None:
                seen.add(folder)
                yield folder, read


def inside(file: File, reference: str, where: str, base: str = "") -> str:
    """``reference`` (a folder or file, relative to ``base``) as a plain path from the file's folder.

    Raises ManifestError when it leaves the project's folder: nothing there is read, nobody there is paid.
    """
    if "\0" in reference:
        raise ManifestError(f"the path {reference!r} holds a NUL byte.", file=file.path, where=where)
    path = posixpath.normpath(posixpath.join(base, reference))
    if path.startswith("..") or _ABSOLUTE(path):
        try:
            known = file.resolve(path)
        except ManifestError as error:
            raise error.under(where, file=file.path) from None
        if known is None:
            raise ManifestError(
                f"{reference!r} points outside the project's folder; files there are not read.",
                file=file.path,
                where=where,
                hint="Read the other project by itself, or run on the folder that holds both.",
            )
    return path


def cut(text: str) -> tuple[str, str]:
    """``@scope/name@rest`` as name and rest; the rest is empty where there is none."""
    at = text.find("@", 1)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def alias(name: str, wanted: str) -> tuple[str, str]:
    """The real name and range behind ``npm:real@range``, else the two as they are."""
    if not wanted.startswith("npm:"):
        return name, wanted
    real, range_ = cut(wanted[4:])
    return (
        (real, range_) if real[:1] not in {"", "^", "~", "*", "<", ">", "="} and not real[0].isdigit() else (name, real)
    )


def origin(resolved: str | None) -> Origin:
    """What kind of place an archive's recorded address is."""
    if not resolved:
        return "registry"
    if _FORGE(resolved):
        return "vcs"
    if resolved.startswith(("http:", "https:")):
        if "/-/" in resolved or "/download/" in resolved:
            return "registry"
        return "vcs" if _VCS(resolved) else "url"
    if resolved.startswith(("file:", "link:", "portal:", ".", "/")):
        return "path"
    return "vcs" if _VCS(resolved) else "registry"


def addresses(name: str, resolved: str | None) -> dict[str, tuple[str, ...]]:
    """The hints in an archive's address: ``registry`` (the base address it was asked of) or ``vcs``."""
    if not resolved:
        return {}
    kind = origin(resolved)
    if kind == "registry":
        for tail in (f"/{name}/-/", f"/{name.replace('/', '%2f')}/-/", f"/{name.replace('/', '%2F')}/-/"):
            base, found, _ = resolved.partition(tail)
            if found and base.startswith("http"):
                return {"registry": (base,)}
        base, found, _ = resolved.partition(f"/download/{name}/")
        return {"registry": (base,)} if found else {}
    if kind == "vcs":
        return {"vcs": (resolved,)}
    return {}


def commit(address: str) -> str:
    """What names a version of something that comes from no registry: the commit behind ``#``, else nothing."""
    mark = address.rpartition("#")[2] if "#" in address else ""
    return mark if mark and ":" not in mark and "=" not in mark else ""


def spelled(wanted: str) -> str:
    """GitHub's shorthand ``owner/name#branch`` in full; anything else as it is."""
    return f"github:{wanted}" if _SHORT(wanted) else wanted


def rootless(builder: Builder) -> None:
    """The note for a lock that needs package.json beside it to say what is direct, and has none."""
    builder.note(
        "no_manifest",
        builder.file.path,
        f"{builder.file.path} does not say what the project itself requires, and no package.json stands beside it: "
        "put it there, or no dependency is known to be direct or for development.",
    )


def own(builder: Builder, name: str, version: str | None, rows: Mapping[str, Kind]) -> str | None:
    """Add a first-party project with what it requires; call after the packages of the registry were added.

    Returns its purl. Where one of those has the same purl (a workspace may lock an older release of itself), or the
    project has no name, what it requires is the root's and None is returned.
    """
    key = purl(name, version) if name else ""
    known = builder.packages.get(key)
    if not name or (known is not None and not known.first_party):
        for target, kind in rows.items():
            builder.direct(target, kind)
        return None
    builder.package(key, name, version, "npm", origin="path", first_party=True)
    for target, kind in rows.items():
        builder.edge(key, target, kind)
    return key


def missing(builder: Builder, lost: list[tuple[str, str]]) -> None:
    """One note for the dependencies that the lock names and does not hold."""
    if lost:
        shown = ", ".join(sorted({f"{name} (of {source})" for source, name in lost})[:5])
        builder.note(
            "missing",
            builder.file.path,
            f"{len(lost)} dependencies are named in {builder.file.path} and not locked in it, so they get nothing: "
            f"{shown}{' ...' if len(lost) > 5 else ''}. Install again to bring the lock up to date.",
        )


def unreached(builder: Builder) -> Graph:
    """The Graph, with a note that counts the packages no root reaches: they are kept, without scopes."""
    graph = builder.graph()
    if not graph.direct:
        return graph
    alone = sum(1 for package in graph.packages if not package.scopes and not package.first_party)
    if not alone:
        return graph
    note = Note(
        level="info",
        code="unreached",
        subject=builder.file.path,
        message=f"{alone} packages stand in {builder.file.path} although nothing leads to them: they get nothing.",
    )
    return replace(graph, notes=tuple(sorted({*graph.notes, note}, key=lambda n: (n.subject, n.code, n.message))))


def beside(file: File, folder: str) -> Manifest | None:
    """The package.json in ``folder`` beside ``file``, None where there is none."""
    if file.here is None or not is_file(file.here / folder / "package.json"):
        return None
    return manifest(file.sibling(posixpath.join(folder, "package.json")))
