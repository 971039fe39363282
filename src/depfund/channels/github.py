"""GitHub with a token: repositories and logins by GraphQL, about a hundred in a request.

What a repository answers is a :class:`Repository`, what its owner or a named login answers an :class:`Owner`; without
a token :mod:`depfund.channels.github_raw` fills the same types from raw files. Sources: GitHub's public GraphQL schema,
docs.github.com on rate limits (`../shared/spec/apis.md` 1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from depfund.channels import funding_yml
from depfund.channels._batches import Item, ask, load
from depfund.channels._nodes import flag, inner, rows, word
from depfund.channels.address import named
from depfund.channels.funding_json import WELL_KNOWN
from depfund.channels.verdict import Verdict, declared
from depfund.money import Money

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["BATCH", "FILES", "MANIFESTS", "Owner", "Repository", "Survey", "logins", "look_up", "verdict"]

BATCH = 100
"""Repositories in a request."""

LIGHT = 200
"""Logins or files in a request; they cost less than repositories."""

_TEXTS = (("text", ".github/FUNDING.yml"), ("docs", "docs/FUNDING.yml"))
"""Files that the first look brings whole, by alias."""

MANIFESTS = ("funding.json", ".github/funding.json", "docs/funding.json")
FILES = frozenset({"funding.json", *MANIFESTS, WELL_KNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An account. ``listing`` says whether it takes sponsors (None: not known), ``kind`` is User or Organization.

    ``files`` are texts of its ``.github`` repository by path (``defaults``: owner/name), None when not asked.
    ``failed`` is what was said instead of an answer.
    """

    login: str
    exists: bool = True
    kind: str = ""
    name: str = ""
    listing: bool | None = None
    minimum: int | None = None
    files: Mapping[str, str] | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository. ``asked`` is the name it was asked for by (``owner/name``), ``name`` its own now.

    ``exists`` is None when it could not be asked; ``failed`` says why. ``links`` are GitHub's (platform, url) pairs,
    ``files`` texts by path.
    """

    asked: str
    name: str = ""
    exists: bool | None = None
    failed: str = ""
    archived: bool | None = None
    fork_of: str | None = None
    mirror_of: str | None = None
    disabled: bool = False
    empty: bool = False
    created: str = ""
    homepage: str | None = None
    branch: str = "HEAD"
    licence: str | None = None
    owner: str = ""
    links: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()


@dataclass(slots=True)
class Survey:
    """Repositories by the name they were asked for, owners by login; both in lower case."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)


def look_up(names: Iterable[str], http: Http) -> Survey:
    """What GitHub knows of the repositories ``names`` (``owner/name``) and of their owners."""
    survey = Survey()
    asked: list[Item] = []
    seen: set[str] = set()
    for name in sorted({name.lower() for name in names}):
        owner, _, rest = name.partition("/")
        asked.append((owner, rest, owner not in seen))
        seen.add(owner)
    found = ask(http, "GITHUB_GRAPHQL", load("github_repositories"), asked, BATCH)
    for item in asked:
        name = f"{item[0]}/{item[1]}"
        if item in found.failed:
            survey.repositories[name] = Repository(asked=name, failed=found.failed[item])
            continue
        node = found.nodes[item]
        survey.repositories[name] = _repository(name, node) if node else Repository(asked=name, exists=False)
        if node and isinstance(owner_node := node.get("owner"), dict):
            _remember(survey, _owner(word(owner_node, "login"), owner_node))
    _more_files(survey, http)
    return survey


def _remember(survey: Survey, owner: Owner) -> None:
    known = survey.owners.get(owner.login.lower())
    if known is None or (known.files is None and owner.files is not None):
        survey.owners[owner.login.lower()] = owner


def _more_files(survey: Survey, http: Http) -> None:
    """Second look: files that a listing shows and the first look did not bring."""
    wanted: dict[Item, str] = {}
    for name, repository in survey.repositories.items():
        owner, _, rest = repository.name.partition("/")
        for path in _worth(repository) if repository.exists else ():
            if path not in repository.files:
                wanted[owner, rest, f"HEAD:{path}"] = name
    owners = {}
    for login, account in survey.owners.items():
        default = funding_yml.find(account.files or ())
        if default and not (account.files or {})[default]:
            wanted[account.login, ".github", f"HEAD:{default}"] = ""
            owners[account.login] = (login, default)
    found = ask(http, "GITHUB_GRAPHQL", load("github_files"), list(wanted), LIGHT)
    for item, name in wanted.items():
        text = inner(found.nodes.get(item), "object").get("text")
        path = str(item[2]).removeprefix("HEAD:")
        if not name:
            login, path = owners[str(item[0])]
            account = survey.owners[login]
            survey.owners[login] = replace(
                account,
                files={path: text if isinstance(text, str) else ""},
                failed=found.failed.get(item, account.failed),
            )
        elif isinstance(text, str):
            repository = survey.repositories[name]
            survey.repositories[name] = replace(repository, files={**repository.files, path: text})
        elif item in found.failed:
            survey.repositories[name] = replace(survey.repositories[name], failed=f"{path}: {found.failed[item]}")


def _worth(repository: Repository) -> list[str]:
    """Files of a repository to read whole."""
    paths = [path for path in repository.paths if path.lower() in FILES]
    own = funding_yml.find((*repository.paths, *repository.files))
    if own:
        paths.append(own)
    elif "docs" in repository.paths and repository.links:
        paths += [f"docs/{name}" for name in funding_yml.NAMES]
    if ".well-known" in repository.paths:
        paths.append(WELL_KNOWN)
    return paths


def _names(node: Mapping[str, Any], key: str, folder: str = "") -> list[str]:
    return [f"{folder}{name}" for row in rows(inner(node, key), "entries") if (name := word(row, "name"))]


def _repository(asked: str, node: Mapping[str, Any]) -> Repository:
    texts = {path: inner(node, key).get("text") for key, path in _TEXTS}
    origin = word(inner(node, "parent"), "nameWithOwner") or "a repository that is gone"
    return Repository(
        asked=asked,
        name=word(node, "nameWithOwner") or asked,
        exists=True,
        archived=flag(node, "isArchived"),
        fork_of=origin if node.get("isFork") else None,
        mirror_of=word(node, "mirrorUrl") or None if node.get("isMirror") else None,
        disabled=bool(node.get("isDisabled")),
        empty=bool(node.get("isEmpty")),
        created=word(node, "createdAt"),
        homepage=word(node, "homepageUrl") or None,
        branch=word(inner(node, "defaultBranchRef"), "name") or "HEAD",
        licence=word(inner(node, "licenseInfo"), "spdxId") or None,
        owner=word(inner(node, "owner"), "login"),
        links=tuple((word(row, "platform"), word(row, "url")) for row in rows(node, "fundingLinks")),
        files={path: text for path, text in texts.items() if isinstance(text, str)},
        paths=(*_names(node, "root"), *_names(node, "folder", ".github/")),
    )


def _owner(login: str, node: Mapping[str, Any]) -> Owner:
    listing = flag(node, "hasSponsorsListing")
    if listing:
        listing = bool(inner(node, "sponsorsListing").get("isPublic"))
    files: dict[str, str] | None = None
    if "defaults" in node:
        defaults = inner(node, "defaults")
        paths = [*_names(defaults, "root"), *_names(defaults, "folder", ".github/")]
        files = {path: "" for path in paths if funding_yml.is_name(path.rpartition("/")[2])}
        text = inner(defaults, "text").get("text")
        if isinstance(text, str):
            files["FUNDING.yml"] = text
    return Owner(
        login=word(node, "login") or login,
        kind=word(node, "__typename"),
        name=word(node, "name"),
        listing=listing,
        files=files,
    )


def logins(wanted: Mapping[str, bool], http: Http, survey: Survey) -> None:
    """Look up ``wanted`` logins (and their default files where True) that ``survey`` does not know yet; adds them."""
    items: list[Item] = [(login.lower(), files) for login, files in sorted(wanted.items())]
    found = ask(http, "GITHUB_GRAPHQL", load("github_logins"), items, LIGHT)
    late: Survey = Survey()
    for item in items:
        login = str(item[0])
        if item in found.failed:
            late.owners[login] = Owner(login=login, failed=found.failed[item])
        elif node := found.nodes[item]:
            late.owners[login] = _owner(login, node)
        else:
            late.owners[login] = Owner(login=login, exists=False, listing=False, files={})
    _more_files(late, http)
    for login, owner in late.owners.items():
        known = survey.owners.get(login)
        if known and owner.failed and not known.failed:
            owner = replace(known, files=known.files or {}, failed=owner.failed)
        survey.owners[login] = owner


def verdict(owner: Owner | None, login: str) -> Verdict:
    """What an account's answer means for money sent to it through GitHub Sponsors."""
    address = named("github", login)
    if owner is None or (owner.failed and owner.listing is None):
        return declared(address, "GitHub", owner.failed if owner else "not asked")
    where = f"https://github.com/sponsors/{login.lower()}"
    if not owner.exists:
        return Verdict(address=address, standing="gone", where=where, what="no such account")
    if not owner.listing:
        said = "no public Sponsors profile"
        return Verdict(
            address=address, standing="not_enrolled", where=where, what=said, name=owner.name, kind=owner.kind
        )
    minimum = Money(minor=owner.minimum * 100, currency="USD") if owner.minimum else None
    return Verdict(
        address=address,
        standing="confirmed",
        where=where,
        what="public Sponsors profile",
        name=owner.name,
        kind=owner.kind,
        minimum=minimum,
    )
