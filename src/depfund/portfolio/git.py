"""Repositories without a work tree: what depfund reads is taken out of a revision with git's plumbing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath

from depfund.errors import SourceError
from depfund.portfolio._names import recognise_name

__all__ = ["extract", "first_commit", "is_bare"]

_BESIDE = (".toml", ".json", ".yaml", ".yml", ".txt", ".in", ".cfg", ".lock", ".xml", ".mod", ".sum", ".work")
_SIZE = 256 * 1024 * 1024
_KEPT = {"HOME", "USERPROFILE", "APPDATA", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "XDG_CONFIG_HOME"}
_CLOSED = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_SKIPPED = {"node_modules", "vendor", "third_party", "test", "tests"}


def is_bare(path: Path) -> bool:
    """Whether ``path`` is a repository without a work tree."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def first_commit(root: Path) -> str:
    """The first commits of the checkout at ``root``; empty where it is none, is shallow or git does not answer."""
    if not (root / ".git").exists() or (root / ".git" / "shallow").exists():
        return ""
    try:
        return _git(root, "rev-list", "--max-parents=0", "HEAD").decode().strip()
    except SourceError:
        return ""


def extract(repository: Path, rev: str, into: Path) -> Path:
    """Lockfiles, manifests and what may stand beside them at ``rev``, written below ``into``; no work tree is made.

    Symbolic links, submodules and large files are left out. Raises :class:`~depfund.errors.SourceError`.
    """
    commit = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    rows = _git(repository, "ls-tree", "-r", "-z", "-l", "--full-tree", commit.decode().strip()).split(b"\0")
    wanted: list[tuple[str, PurePosixPath]] = []
    for row in rows:
        head, _, name = row.partition(b"\t")
        parts = head.split()
        if len(parts) != 4 or parts[0] not in {b"100644", b"100755"} or int(parts[3]) > _SIZE:
            continue
        path = PurePosixPath(name.decode("utf-8", "surrogateescape"))
        if path.is_absolute() or ".." in path.parts or _SKIPPED & set(path.parts[:-1]):
            continue
        if recognise_name(path.name) or path.suffix in _BESIDE:
            wanted.append((parts[2].decode(), path))
    into.mkdir(parents=True, exist_ok=True)
    asked = "".join(f"{blob}\n" for blob, _ in wanted).encode()
    data = _git(repository, "cat-file", "--batch", given=asked) if wanted else b""
    at = 0
    for _, path in wanted:
        end = data.index(b"\n", at)
        size = int(data[at:end].split()[2])
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data[end + 1 : end + 1 + size])
        at = end + size + 2
    return into


def _surroundings() -> dict[str, str]:
    """What git inherits: where things are, nothing of the caller's git, no secret; and no way to the network.

    A repository's own configuration is a stranger's: for an object that is missing it may name a remote, and for that a
    program to run. So no transport is allowed, and only absolute folders of PATH count.
    """
    kept = {key: value for key, value in os.environ.items() if key in _KEPT}
    folders = [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(each).is_absolute()]
    return {**kept, "PATH": os.pathsep.join(folders), **_CLOSED}


def _git(folder: Path, *words: str, given: bytes | None = None) -> bytes:
    environ = _surroundings()
    program = shutil.which("git", path=environ["PATH"]) or "git"
    command = [program, "-c", "safe.bareRepository=all", "-c", "core.fsmonitor=false", *words]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, cwd=folder, env=environ, input=given, capture_output=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(
            f"{folder} cannot be read with git: {error}. Is git installed, and is it a folder?"
        ) from error
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = why[-1] if why else "no such revision"
        raise SourceError(f"git cannot read {folder} ({words[0]}): {reason}. Check the path and the revision.")
    return done.stdout
