"""Decoders: bytes to plain values, the fastest sound one at hand, errors with file and place.

rtoml and yaml-rs are used where they are installed; tomllib and PyYAML's base loader are the tested fallback.
Every YAML scalar stays text: a version ``1.10`` and a name ``no`` stay themselves.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode
from json import dumps, loads
from typing import Any, TypeVar

import msgspec

from depfund.errors import ManifestError
from depfund.manifests._file import File

__all__ = ["EXACT", "json", "shape", "toml"]

T = TypeVar("T")

EXACT = 1_000_000
"""Larger JSON documents are machine-made: looking for double keys would take longer than reading them."""

_PIECE = 1 << 16


def toml(file: File) -> dict[str, Any]:
    """A TOML document as plain values."""
    import tomllib

    text = file.text()
    _dotted(text, file)
    try:
        import rtoml
    except ImportError:
        rtoml = None  # type: ignore[assignment]
    try:
        if rtoml is not None:
            return rtoml.loads(text)
    except (rtoml.TomlParsingError, ValueError, RecursionError):
        pass  # tomllib says where
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(f"not TOML: {error}.", file=file.path) from error


_DOTTED = re.compile(r"(?:^|[\[{,])[ \t]*(?:(?:[\w-]+|\"[^\"]*\"|'[^']*')[ \t]*\.[ \t]*){64}")


def _dotted(text: str, file: File) -> None:
    """Refuse keys of more than 64 dotted parts: every decoder makes as many tables of each, again and again."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= 64 and _DOTTED.search(line):
            raise ManifestError("a key of more than 64 dotted parts.", file=file.path, where=f"line {number}")


def json(file: File, cls: type[T]) -> T:
    """A JSON document decoded into ``cls``, a msgspec type that states the part of the format we read.

    Raises ManifestError with the place for what is no JSON, no UTF-8, nested too deep or of another shape, and for a
    key that an object holds twice; that last one is not looked for in documents over :data:`EXACT` bytes.
    """
    data = file.data
    if not data.isascii():
        data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            _utf8(data)  # checked here: the decoder passes over what it does not need
        except UnicodeDecodeError:
            file.text()  # says where
    try:
        found = msgspec.json.decode(data, type=cls)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise ManifestError(f"{message}.", file=file.path, where=place.rstrip("`").lstrip(".")) from error
    except msgspec.DecodeError as error:
        at = re.search(r" \(byte (\d+)\)", str(error))
        where = f"line {_line(data, int(at[1]))}" if at else ""
        raise ManifestError(f"not JSON: {error}.", file=file.path, where=where) from error
    except RecursionError as error:
        raise ManifestError("nested too deep to be a file of this format.", file=file.path) from error
    if len(data) <= EXACT:
        _once(file, data)
    return found


def _utf8(data: bytes) -> None:
    """Raise UnicodeDecodeError unless ``data`` is UTF-8; a piece at a time, so that no second copy of it is made."""
    view, at = memoryview(data), 0
    while at < len(data):
        end = at + _PIECE
        at += utf_8_decode(view[at:end], "strict", end >= len(data))[1]


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _once(file: File, data: bytes) -> None:
    """Raise ManifestError for an object with the same key twice.

    Every key brings one colon, and a decoder drops the first of two equal ones: written again, the document then has
    fewer colons. (Where a colon may be hidden in an escape, or one is missing, the standard library looks closer.)
    """
    try:
        again = msgspec.json.encode(msgspec.json.decode(data))
        if b"\\u003" in data or again.count(b":") != data.count(b":"):
            loads(data, object_pairs_hook=_pairs)
    except msgspec.DecodeError as error:  # a number that no float holds, in a part that the type passes over
        raise ManifestError(f"not JSON that can be read: {error}.", file=file.path) from error
    except _Twice as error:
        key = str(error)
        quoted = dumps(key, ensure_ascii=False).encode()
        lines = [_line(data, found.start()) for found in re.finditer(re.escape(quoted), data)]
        raise ManifestError(
            f"the key {key!r} stands twice in one object.",
            file=file.path,
            where=f"line {lines[-1]}" if lines else "",
            hint="Which one counts would be a guess; write the file again with the tool that made it.",
        ) from error
    except RecursionError as error:
        raise ManifestError("nested too deep to be a file of this format.", file=file.path) from error


class _Twice(Exception):  # noqa: N818 - carries the key out of the decoder
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(key for key in keys if keys.count(key) > 1))
    return made


def shape(plain: object, cls: type[T], file: File) -> T:
    """Plain values checked against ``cls``; a ManifestError names the place inside the file."""
    try:
        return msgspec.convert(plain, cls, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        message, _, place = str(error).partition(" - at `$")
        raise ManifestError(f"{message}.", file=file.path, where=place.rstrip("`").lstrip(".")) from error
