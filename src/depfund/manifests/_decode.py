"""Decoders: bytes to plain values, the fastest sound one at hand, errors with file and place.

rtoml and yaml-rs are used where they are installed; tomllib and PyYAML's base loader are the tested fallback.
Every YAML scalar stays text: a version ``1.10`` and a name ``no`` stay themselves.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from depfund.errors import ManifestError
from depfund.manifests._file import File

__all__ = ["json", "shape", "toml"]

T = TypeVar("T")


def toml(file: File) -> dict[str, Any]:
    """A TOML document as plain values."""
    import tomllib

    text = file.text()
    try:
        import rtoml
    except ImportError:
        rtoml = None
    try:
        if rtoml is not None:
            return rtoml.loads(text)  # type: ignore[no-any-return]
    except (rtoml.TomlParsingError, ValueError, RecursionError):
        pass  # tomllib says where
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(f"not TOML: {error}.", file=file.path) from error


def json(file: File, cls: type[T]) -> T:
    """A JSON document decoded into ``cls``, a msgspec type that states the part of the format we read."""
    try:
        return msgspec.json.decode(file.data, type=cls)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ManifestError(f"{error}.", file=file.path) from error


def shape(plain: object, cls: type[T], file: File) -> T:
    """Plain values checked against ``cls``; a ManifestError names the place inside the file."""
    try:
        return msgspec.convert(plain, cls, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        message, _, place = str(error).partition(" - at `$")
        raise ManifestError(f"{message}.", file=file.path, where=place.rstrip("`").lstrip(".")) from error
