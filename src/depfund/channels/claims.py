"""Who says what: claims out of registry links, funding files and owners. Pure functions, nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable

from depfund.channels import funding_yml
from depfund.channels.address import from_graphql, from_url, named
from depfund.channels.github import Owner, Repository
from depfund.channels.trust import Claim, Source
from depfund.model import Note

__all__ = ["of_links", "of_listing", "of_repository"]


def of_links(links: Iterable[tuple[str, str, str]], source: Source, subject: str) -> tuple[list[Claim], list[Note]]:
    """Claims of funding links (address, label, where). What is no web address becomes a note."""
    claims, notes = [], []
    for url, label, where in links:
        address = from_url(url)
        if address is None:
            said = f"the funding link {url[:200]!r}{f' ({label})' if label else ''} is no web address."
            notes.append(Note(level="info", code="unusable_link", subject=subject, message=said))
        else:
            claims.append(Claim(address=address, source=source, where=where, what=url))
    return claims, notes


def of_repository(repository: Repository, owner: Owner | None, subject: str) -> tuple[list[Claim], list[Note]]:
    """Claims of a repository's own FUNDING.yml, else of its owner's default, and of what GitHub made of them."""
    path = funding_yml.find(repository.files)
    if path:
        claims, notes = _file(repository.files[path], _blob(repository.name, path), "funding_yml", subject)
    elif owner and (path := funding_yml.find(owner.files or ())):
        place = _blob(f"{owner.login}/.github", path)
        claims, notes = _file((owner.files or {})[path], place, "owner_funding_yml", subject)
    else:
        claims, notes = [], []
    known = {claim.address for claim in claims}
    for platform, url in repository.links:
        address = from_graphql(platform, url)
        if address and address not in known:
            where = f"https://github.com/{repository.name}"
            claims.append(Claim(address=address, source="funding_yml", where=where, what=f"{platform} {url}"))
    return claims, notes


def _blob(name: str, path: str) -> str:
    return f"https://github.com/{name}/blob/HEAD/{path}"


def _file(text: str, where: str, source: Source, subject: str) -> tuple[list[Claim], list[Note]]:
    claims, notes = [], []
    for entry in funding_yml.parse(text, where):
        if entry.address:
            what = f"{entry.key}: {entry.raw}"
            claims.append(Claim(address=entry.address, source=source, where=where, what=what))
        else:
            shown = f"{entry.key}: {entry.raw}" if entry.key else entry.raw or "the file"
            said = f"{where} has {shown!r}, which GitHub does not show: {entry.problem}."
            notes.append(Note(level="info", code="malformed_entry", subject=subject, message=said))
    return claims, notes


def of_listing(owner: Owner | None) -> list[Claim]:
    """The claim of a repository's owner who takes sponsors."""
    if owner is None or not owner.listing:
        return []
    where = f"https://github.com/sponsors/{owner.login.lower()}"
    return [Claim(address=named("github", owner.login), source="sponsors_listing", where=where, what=owner.login)]
