"""Foundations: the payee of last resort of a project that they host.

Each file of ``data/`` names one foundation, where it can be paid, the accounts and repositories it hosts, and the list
that says so with its date. Nothing here is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from depfund.channels.address import Address
from depfund.channels.trust import Claim
from depfund.channels.verdict import Verdict
from depfund.http.addresses import parts_of

__all__ = ["Foundation", "host_of", "load", "of_project", "verdict"]


class Foundation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of data: ``owners`` and ``repositories`` are GitHub's, lower case; ``url`` is where to give."""

    slug: str
    name: str
    url: str
    source: str
    date: str
    owners: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Index:
    owners: dict[str, Foundation]
    repositories: dict[str, Foundation]


@cache
def load() -> tuple[Foundation, ...]:
    """Every foundation, by slug."""
    folder = files(__package__).joinpath("data")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(msgspec.json.decode(folder.joinpath(name).read_bytes(), type=Foundation) for name in names)


@cache
def _index() -> _Index:
    index = _Index({}, {})
    for foundation in load():
        index.owners.update(dict.fromkeys(foundation.owners, foundation))
        index.repositories.update(dict.fromkeys(foundation.repositories, foundation))
    return index


def host_of(project: str) -> Foundation | None:
    """The foundation that hosts a project (canonical repository URL)."""
    parts = parts_of(project)
    if parts.hostname != "github.com":
        return None
    name = parts.path.strip("/").lower()
    index = _index()
    return index.repositories.get(name) or index.owners.get(name.partition("/")[0])


def of_project(project: str) -> Claim | None:
    """The claim of a hosted project."""
    host = host_of(project)
    if host is None:
        return None
    what = f"{host.name} hosts this project (list of {host.date})"
    return Claim(address=Address("foundation", host.slug), source="foundation", where=host.source, what=what)


def verdict(address: Address) -> Verdict:
    """What is known of a foundation: its name and its page for donors are data, nobody is asked."""
    found = next((row for row in load() if row.slug == address.handle), None)
    if found is None:
        return Verdict(address=address)
    return Verdict(address=address, name=found.name, url=found.url, where=found.url, what="donations")
