"""Who makes it? Packages in, Findings out. One file per ecosystem; two aggregators as second opinions.

Each ecosystem's registry is asked once per name for its latest metadata; ecosyste.ms, a hundred names a request,
fills what it leaves open. Where a registry's rules would make many names take minutes (crates.io: one a second)
the aggregators' answer is taken and the registry asked for the rest. What comes from a private source is never
named to a public service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from depfund.model import Package
from depfund.registries._finding import Finding, Link, Wanted
from depfund.registries._repository import canonical

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["REGISTRIES", "Finding", "Link", "Registry", "canonical", "look_up"]

REGISTRIES: Mapping[str, str] = {
    "cargo": "crates",
    "composer": "packagist",
    "conda": "conda",
    "gem": "rubygems",
    "golang": "golang",
    "hex": "hex",
    "maven": "maven",
    "npm": "npm",
    "nuget": "nuget",
    "pub": "pubdev",
    "pypi": "pypi",
}
"""purl type → the module that asks its registry."""


class Registry(Protocol):
    """A module of this room: ``SERVICE`` is the contract's key of its endpoint; perhaps ``SCARCE``, see hex."""

    SERVICE: str

    def ask(self, want: Wanted, http: Http) -> Finding:
        """What the registry says about one name. Never raises; gaps are in ``tried`` and ``notes``."""
        ...


@cache
def registry(kind: str) -> Registry | None:
    """The module for a purl type; None when there is none."""
    name = REGISTRIES.get(kind)
    return import_module(f"depfund.registries.{name}") if name else None


def look_up(packages: Sequence[Package], http: Http) -> dict[str, Finding]:
    """A Finding for every versionless purl among ``packages``, sorted; first-party ones are left out.

    Does not raise: what could not be asked is in the Finding's ``tried`` and ``notes``.
    """
    from depfund.registries._road import walk

    return walk(packages, http)
