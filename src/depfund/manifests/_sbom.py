"""What the SBOM formats share: identity of a component and what its purl says beside it.

The key is the purl in canonical form without qualifiers and subpath, so the copies that a tree holds of one version are
one package; Python names follow PEP 503 as everywhere here. A component without a purl is ``pkg:generic``.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qs, unquote

from packageurl import PackageURL

from depfund.errors import ManifestError
from depfund.manifests import _purl

__all__ = ["Identity", "generic", "identify", "repository"]

Origin = Literal["registry", "vcs", "url", "path"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]").search
# Purls that packageurl-python leaves as they are, by far the most, npm's first; tests hold all roads equal.
_NPM = re.compile(
    r"pkg:npm/(?:%40([a-z0-9][a-z0-9._-]*+)/)?([a-z0-9][a-z0-9._-]*+)@([a-z0-9][a-z0-9._-]*+)", re.ASCII
).fullmatch
_PLAIN = re.compile(
    r"pkg:([a-z]++)/((?:%40)?[A-Za-z0-9][A-Za-z0-9._-]*+(?:/[A-Za-z0-9][A-Za-z0-9._-]*+)*+)"
    r"@([A-Za-z0-9][A-Za-z0-9._-]*+)",
    re.ASCII,
).fullmatch
_CASED = frozenset({"maven", "golang", "cargo", "gem", "nuget"})
_LOWER = frozenset({"npm", "composer", "hex", "pypi"})
_PYPI = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII).fullmatch
DEFAULTS = ("repo.maven.apache.org/maven2", "repo1.maven.org/maven2", "rubygems.org", "crates.io", "packagist.org")
"""Values of ``repository_url`` that mean the public registry."""


_NOTHING: dict[str, tuple[str, ...]] = {}
"""Shared by all, so nobody writes into it."""

Identity = tuple[str, str, str | None, str, Origin, dict[str, tuple[str, ...]]]
"""purl, name as its ecosystem writes it (``@scope/name``, ``group:artifact``, a module path), version, ecosystem,
origin, hints."""


def identify(text: str) -> Identity | None:
    """The identity that a purl gives; None for what is no purl.

    Raises ManifestError for control characters, plain or percent-encoded.
    """
    match = _NPM(text)
    if match is not None:
        space, name, version = match.groups()
        return text, f"@{space}/{name}" if space else name, version, "npm", "registry", _NOTHING
    base = text
    if "?" in text or "#" in text:
        base = text.partition("#")[0].partition("?")[0]
    match = _PLAIN(base)
    if match is None:
        return _slow(text)
    kind, name, version = match.groups()
    if kind not in _CASED and (
        kind not in _LOWER or base.lower() != base or (kind == "pypi" and not _PYPI(name)) or name.count("/") > 1
    ):
        return _slow(text)
    if name[0] == "%":
        if "/" not in name:
            return _slow(text)
        name = "@" + name[3:]
    elif kind == "maven":
        space, _, short = name.rpartition("/")
        name = f"{space}:{short}" if space else short
    if base is text:
        return base, name, version, kind, "registry", _NOTHING
    origin, hints = _qualified(text)
    return base, name, version, kind, origin, hints


def _slow(text: str) -> Identity | None:
    if _CONTROL(unquote(text)):
        raise ManifestError(f"the purl {text[:200]!r} holds a control character.")
    try:
        found = PackageURL.from_string(text.partition("#")[0].partition("?")[0])
    except ValueError:
        return None
    space = found.namespace
    if found.type == "pypi":
        purl = _purl.pypi(found.name, found.version)
    else:
        purl = _purl.make(found.type, found.name, found.version, namespace=space)
    name = f"{space}{':' if found.type == 'maven' else '/'}{found.name}" if space else found.name
    origin, hints = _qualified(text)
    return purl, name, found.version, found.type, origin, hints


def _qualified(text: str) -> tuple[Origin, dict[str, tuple[str, ...]]]:
    """Origin and hints that the qualifiers ``vcs_url``, ``download_url`` and ``repository_url`` give."""
    query = text.partition("#")[0].partition("?")[2]
    if "_url=" not in query:
        return "registry", _NOTHING
    found = {key: values[0] for key, values in parse_qs(query.replace("+", "%2B")).items()}
    hints: dict[str, tuple[str, ...]] = {}
    if vcs := found.get("vcs_url"):
        hints["repository"] = (repository(vcs.removeprefix("git+")),)
    if (registry := found.get("repository_url")) and not registry.rstrip("/").endswith(DEFAULTS):
        hints["registry"] = (registry,)
    return ("url" if "download_url" in found else "registry"), hints


def generic(name: str, version: str | None, group: str | None = None) -> Identity:
    """The identity of a component that has no purl."""
    purl = _purl.make("generic", name or "unnamed", version or None, namespace=group or None)
    return purl, f"{group}/{name}" if group else name, version or None, "generic", "registry", {}


def repository(address: str) -> str:
    """A repository's address without the revision that stands behind an ``@`` in its path (not in its host)."""
    scheme, joint, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{joint}{place}{slash}{path.partition('@')[0]}" if joint else address
