"""The order of trust, in one place: whom depfund believes, how much, and what a conflict costs.

Every statement "this project is paid there" has a :data:`SOURCES` entry. The order decides which statement names a
payee first; :func:`confidence` is the stated function of all of them. `docs/explanation/order-of-trust.md` and
`docs/explanation/confidence.md` explain both in prose, and the tests hold the tables there equal to these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from depfund.channels.address import Address

__all__ = [
    "BASE",
    "CONFLICT",
    "REPOSITORY",
    "SOURCES",
    "THRESHOLD",
    "Claim",
    "Source",
    "confidence",
    "contradicted",
    "rank",
]

Source = Literal[
    "override",
    "funding_yml",
    "owner_funding_yml",
    "funding_json",
    "registry",
    "sponsors_listing",
    "lockfile",
    "aggregator",
    "foundation",
]

BASE: dict[Source, int] = {
    "override": 100,  # the user's own facts
    "funding_yml": 95,  # FUNDING.yml of the repository, or GitHub's fundingLinks made of it
    "owner_funding_yml": 90,  # the default file in the owner's .github repository
    "funding_json": 90,  # a manifest that the repository holds, or proves by a back-link
    "registry": 80,  # metadata of the package's latest version
    "sponsors_listing": 85,  # the repository's owner has a public GitHub Sponsors profile
    "lockfile": 60,  # funding fields of the locked version, where the registry was not asked
    "aggregator": 50,  # what ecosyste.ms or deps.dev repeat
    "foundation": 65,  # the foundation that hosts the project
}
"""Confidence in hundredths of one statement by its source, best trusted first."""

SOURCES: tuple[Source, ...] = tuple(BASE)
REPOSITORY: frozenset[Source] = frozenset({"funding_yml", "owner_funding_yml"})
"""Sources that speak for the repository itself."""

AGREEMENT = 3
"""Added for each further kind of source that names the same payee; the sum stays under 100."""

UNCONFIRMED = 10
"""Taken off when the platform was not asked, or did not answer."""

CONFLICT = 40
"""The most that a payee can have whom only the uploader names, against the repository."""

THRESHOLD = 50
"""What a payment needs by default; below it the money is held until somebody confirms the payee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement: the project is paid at ``address``, says ``source``, at ``where``, in the words ``what``."""

    address: Address
    source: Source
    where: str
    what: str


def rank(source: Source) -> int:
    """Place in the order of trust; 0 is the most trusted."""
    return SOURCES.index(source)


def contradicted(registry: Collection[Address], repository: Collection[Address]) -> bool:
    """Whether the uploader's links and the repository's have no payee in common though both name some."""
    return bool(registry) and bool(repository) and not set(registry) & set(repository)


def confidence(sources: Collection[Source], *, confirmed: bool, conflict: bool = False) -> int:
    """Hundredths between 0 and 100.

    The base of the most certain source, plus :data:`AGREEMENT` for each further one (99 at most), minus
    :data:`UNCONFIRMED` unless a platform confirmed a channel, never above :data:`CONFLICT` in a conflict. The user's
    own word is 100 whatever else is said.
    """
    if "override" in sources:
        return BASE["override"]
    kinds = set(sources)
    if not kinds:
        return 0
    made = min(99, max(BASE[kind] for kind in kinds) + AGREEMENT * (len(kinds) - 1))
    made -= 0 if confirmed else UNCONFIRMED
    return min(made, CONFLICT) if conflict else max(made, 0)
