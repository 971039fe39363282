"""What the readers of conda's formats share: match specs, file names, channels."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["artifact", "channel", "dependency_name", "match"]

_SPEC = re.compile(
    r"(?:(?P<channel>[^\s\[]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)\s*(?:\[(?P<keys>.*)\])?(?P<rest>.*)"
)
_EXACT = re.compile(r"\s*==\s*([A-Za-z0-9._!+-]+)(?:\s*=\s*\S+|\s+\S+)?\s*|\s*=\s*([A-Za-z0-9._!+-]+)\s*=\s*\S+\s*")
_KEY = re.compile(r"version\s*=\s*['\"]?==?([A-Za-z0-9._!+-]+)['\"]?")
_ENDINGS = (".conda", ".tar.bz2")


def match(text: str) -> tuple[str, str | None] | None:
    """``(name, version)`` of a match spec; the version only where it names one (``==1.0`` or ``=1.0=build``)."""
    found = _SPEC.fullmatch(text.partition("#")[0].strip())
    if found is None:
        return None
    exact = _EXACT.fullmatch(found["rest"] or "")
    key = _KEY.search(found["keys"] or "")
    version = (exact[1] or exact[2]) if exact else key[1] if key else None
    return found["name"].lower(), version


@lru_cache(maxsize=65_536)
def dependency_name(text: str) -> str:
    """The name in an entry of ``depends``: ``libgcc >=14`` is about libgcc. Virtual packages (``__glibc``) are ""."""
    name = re.split(r"[\s=<>!~\[]", text.strip().rpartition("::")[2], maxsplit=1)[0].lower()
    return "" if name.startswith("__") else name


def artifact(url: str) -> tuple[str, str] | None:
    """``(name, version)`` in the file name ``name-version-build.conda`` of a conda package."""
    name = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
    for ending in _ENDINGS:
        if name.endswith(ending):
            parts = name[: -len(ending)].rsplit("-", 2)
            return (parts[0], parts[1]) if len(parts) == 3 and parts[0] else None
    return None


def channel(url: str) -> str:
    """The channel's address in that of a package: all in front of the platform's folder."""
    return url.rpartition("/")[0].rpartition("/")[0]
