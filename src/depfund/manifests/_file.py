"""A file as the readers see it: bytes, a name, and a guarded way to its neighbours."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from depfund.errors import ManifestError, SourceError

__all__ = ["LIMIT", "File", "is_file", "open_file"]

LIMIT = 256 * 1024 * 1024
"""Larger files are refused: the largest lockfiles known are a tenth of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """``path`` as shown to people, ``data`` its bytes. ``top`` is the project's folder; nothing outside it is read."""

    path: str
    data: bytes = field(repr=False)
    here: Path | None = None
    top: Path | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path.replace(os.sep, "/")).name

    @property
    def sha256(self) -> str:
        """The digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def text(self) -> str:
        """The bytes as UTF-8 (a byte order mark is dropped). Raises ManifestError with the byte's place."""
        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise ManifestError(
                f"byte 0x{self.data[error.start]:02x} is not UTF-8.",
                file=self.path,
                where=f"line {line}",
                hint="Save the file as UTF-8.",
            ) from error
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise ManifestError("a NUL byte; this is no text file.", file=self.path, where=f"line {line}")
        return text

    def resolve(self, reference: str) -> Path | None:
        """Where ``reference`` (relative to this file) leads, or None for a file without a folder.

        Raises ManifestError when it leaves the project's folder, by ``..``, an absolute path or a symbolic link.
        """
        if self.here is None or self.top is None:
            return None
        if "\0" in reference:
            raise ManifestError(f"the path {reference!r} holds a NUL byte.", file=self.path)
        try:
            target = (self.here / reference).resolve()
        except (OSError, RuntimeError) as error:  # a loop of links, a name that is too long
            raise ManifestError(f"{reference!r} is no path that can be followed.", file=self.path) from error
        if not target.is_relative_to(self.top):
            raise ManifestError(
                f"{reference!r} points outside the project's folder; files there are not read.",
                file=self.path,
                hint="Read the other project by itself, or run on the folder that holds both.",
            )
        return target

    def sibling(self, reference: str) -> File | None:
        """The file at ``reference``, or None where there is none. Raises ManifestError as :meth:`resolve` does."""
        target = self.resolve(reference)
        if target is None or self.top is None or not is_file(target):
            return None
        shown = (PurePosixPath(self.path.replace(os.sep, "/")).parent / reference).as_posix()
        return open_file(target, top=self.top, shown=os.path.normpath(shown))

    def glob(self, pattern: str) -> list[File]:
        """Files matching a workspace glob, sorted; matches that a symbolic link takes outside are left out."""
        if self.here is None or self.top is None or ".." in PurePosixPath(pattern).parts or pattern.startswith("/"):
            return []
        base = PurePosixPath(self.path.replace(os.sep, "/")).parent
        found: list[File] = []
        try:
            matches = sorted(self.here.glob(pattern))
        except OSError:  # a name that is too long to be one
            matches = []
        for path in matches:
            real = Path(os.path.realpath(path))
            if "node_modules" not in path.parts and real.is_relative_to(self.top) and is_file(real):
                found.append(
                    open_file(real, top=self.top, shown=(base / path.relative_to(self.here).as_posix()).as_posix())
                )
        return found


def is_file(path: Path) -> bool:
    """Whether there is a file; a name that is too long to be one is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def open_file(path: Path, *, top: Path | None = None, shown: str | None = None) -> File:
    """Read ``path``. ``top`` defaults to the checkout it stands in, else to its folder.

    Raises :class:`~depfund.errors.SourceError` when it is missing, a folder, unreadable or too large.
    """
    name = os.fsencode(shown or str(path)).decode("utf-8", "replace")  # file names may be any bytes, documents not
    try:
        real = path.resolve(strict=True)
        if not real.is_file():
            raise SourceError(f"{name} is not a file; name a lockfile, an SBOM or a folder that holds some.")
        if real.stat().st_size > LIMIT:
            raise SourceError(f"{name} is larger than {LIMIT // 2**20} MiB; no lockfile is. Check what the file is.")
        data = real.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(
            f"{name} does not exist. Check the path; depfund takes lockfiles, manifests, SBOMs and folders."
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, until Python 3.13
        why = error.strerror if isinstance(error, OSError) else "its links lead in a circle"
        raise SourceError(f"{name} cannot be read: {why}.") from error
    here = real.parent
    return File(path=name, data=data, here=here, top=(top.resolve() if top else checkout(here)))


def checkout(folder: Path) -> Path:
    """The nearest folder above that holds ``.git``, else ``folder`` itself."""
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder
