"""The claims about one package and one repository, in the order of trust."""

from __future__ import annotations

from collections.abc import Sequence

from depfund.channels import claims
from depfund.channels.address import from_url
from depfund.channels.github import Owner, Repository
from depfund.channels.trust import Claim
from depfund.model import Note, Package
from depfund.registries import Finding

__all__ = ["of_package", "of_repository"]

_AGGREGATORS = ("ecosyste.ms", "deps.dev", "ECOSYSTEMS", "DEPSDEV")


def of_package(
    purl: str, locked: Sequence[Package], finding: Finding | None, project: str
) -> tuple[list[Claim], list[Note]]:
    """Claims of a package's registry, and of the lockfile where the registry was not asked.

    Latest metadata beats the locked version's: where the registry answered, what only the lockfile says is a note.
    """
    del project
    hinted = sorted(
        {(url, "", f"the lockfile, {package.purl}") for package in locked for url in package.hints.get("funding", ())}
    )
    links = [(link.url, link.label, link.where) for link in finding.links] if finding else []
    first = [link for link in links if not _second_hand(link[2])]
    second = [link for link in links if _second_hand(link[2])]
    if finding is None or not _asked(finding):
        made, notes = claims.of_links(first, "registry", purl)
        more, said = claims.of_links(second, "aggregator", purl)
        if finding is None or finding.exists is None or not second:
            old, words = claims.of_links(hinted, "lockfile", purl)
            more, said = more + old, said + words
        return made + more, notes + said
    made, notes = claims.of_links(first, "registry", purl)
    now = {claim.address for claim in made}
    older = {from_url(url): url for url, _, _ in hinted} | {
        from_url(link.url): link.url for link in finding.older_links
    }
    gone = sorted(url for address, url in older.items() if address and address not in now)
    if gone:
        text = (
            f"the locked version also names {', '.join(gone)}, which the latest version's metadata does not: not used."
        )
        notes.append(Note(level="info", code="funding_changed", subject=purl, message=text))
    if older and (new := sorted(claim.what for claim in made if claim.address not in older)):
        text = f"the latest version's metadata names {', '.join(new)}, which the locked version does not know."
        notes.append(Note(level="info", code="funding_changed", subject=purl, message=text))
    return made, notes


def _asked(finding: Finding) -> bool:
    """Whether the registry itself answered, be it that it does not know the package."""
    own = [said.rpartition(": ")[2] for said in finding.tried if not _second_hand(said)]
    return finding.exists is False or any(word.startswith("2") for word in own)


def _second_hand(where: str) -> bool:
    return any(name in where for name in _AGGREGATORS)


def of_repository(repository: Repository, owner: Owner | None, project: str) -> tuple[list[Claim], list[Note]]:
    """Claims of a repository's funding file, its owner's default, and the owner's Sponsors profile."""
    made, notes = claims.of_repository(repository, owner, project)
    return made + claims.of_listing(owner), notes
