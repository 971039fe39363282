"""Canonical package URLs.

The rules are packageurl-python's; plain names take a short cut that tests hold equal to it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from depfund.errors import ManifestError

__all__ = ["make", "pypi"]

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.ASCII).fullmatch
_PLAIN_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII).fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]").search
# Types whose names packageurl-python leaves as they are when they are plain and lower case.
_SIMPLE = frozenset({"pypi", "npm", "cargo", "gem", "hex", "pub", "conda", "nuget"})


def make(
    kind: str, name: str, version: str | None = None, namespace: str | None = None, subpath: str | None = None
) -> str:
    """The canonical purl. Raises ManifestError for names with control characters or without any name."""
    if (
        namespace is None
        and subpath is None
        and kind in _SIMPLE
        and _PLAIN(name)
        and not (kind == "pypi" and "_" in name)
    ):
        if version is None:
            return f"pkg:{kind}/{name}"
        if _PLAIN_VERSION(version):
            return f"pkg:{kind}/{name}@{version}"
    return _slow(kind, name, version, namespace, subpath)


@lru_cache(maxsize=65_536)
def _slow(kind: str, name: str, version: str | None, namespace: str | None, subpath: str | None) -> str:
    for part in (name, version, namespace, subpath):
        if part and _CONTROL(part):
            raise ManifestError(f"the package name or version {part!r} holds a control character.")
    try:
        return PackageURL(
            type=kind, namespace=namespace or None, name=name, version=version or None, subpath=subpath or None
        ).to_string()
    except (TypeError, ValueError) as error:
        raise ManifestError(f"{name!r} {version!r} is no package of type {kind}: {error}.") from error


def pypi(name: str, version: str | None = None) -> str:
    """The purl of a Python package, its name first normalised by PEP 503 (``zope.interface`` is ``zope-interface``)."""
    return make("pypi", canonicalize_name(name), version)
