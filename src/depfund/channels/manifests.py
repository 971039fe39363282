"""Where funding.json manifests are found, and what proves that one speaks for a project.

From the repository, from the homepage and from its ``.well-known`` folder. A manifest counts for a project when it
lists the project's repository and the repository proves it: the file stands in it, or the repository's own
``.well-known/funding-manifest-urls`` names the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depfund.channels.address import Address
from depfund.channels.funding_json import WELL_KNOWN, Manifest, NotUsable, covers, homes, lists, parse
from depfund.channels.github import FILES, Repository
from depfund.channels.payees import Needs
from depfund.channels.trust import Claim
from depfund.http.addresses import parts_of
from depfund.model import Note

if TYPE_CHECKING:
    from depfund.http import Answer, Http

__all__ = ["Found", "look_up"]

_NO_HOMES = frozenset({
    "bitbucket.org", "codeberg.org", "crates.io", "docs.rs", "gist.github.com", "git.sr.ht", "github.com",
    "gitlab.com", "hex.pm", "hexdocs.pm", "lib.rs", "metacpan.org", "nuget.org", "packagist.org", "pkg.go.dev",
    "pub.dev", "rubydoc.info", "rubygems.org", "sourceforge.net", "sr.ht",
})  # fmt: skip


@dataclass(slots=True)
class Found:
    """Claims and notes by project, and what the manifests' owners need by address."""

    claims: dict[str, list[Claim]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    needs: dict[Address, Needs] = field(default_factory=dict)


def look_up(
    repositories: Mapping[str, Repository],
    homepages: Mapping[str, Iterable[str]],
    http: Http,
    back_link: Callable[[str], str] | None = None,
) -> Found:
    """Manifests of ``repositories`` (by project URL) and at each project's ``homepages``.

    ``back_link`` reads a repository's file of manifests where ``Repository.files`` cannot hold it.
    """
    found = Found()
    places: dict[str, list[str]] = {}
    for project, repository in sorted(repositories.items()):
        for path in sorted(repository.files):
            if path.lower() in FILES and path != WELL_KNOWN:
                url = f"https://github.com/{repository.name}/blob/{repository.branch}/{path}"
                _use(found, project, repository, url, repository.files[path].encode(), back_link)
    for project, pages in sorted(homepages.items()):
        if project in repositories:
            for page in sorted(set(filter(None, (repositories[project].homepage, *pages)))):
                for url in homes(page) if _own(page) else ():
                    places.setdefault(url, []).append(project)
    urls = sorted(places)
    answers = http.map(lambda url: http.fetch(url, accept="application/json"), urls)
    for url, answer in zip(urls, answers, strict=False):
        if answer.missing or not answer.body:
            _say_failed(found, places[url], url, answer)
            continue
        for project in sorted(set(places[url])):
            _use(found, project, repositories[project], url, answer.body, back_link, quiet=not answer.ok)
    return found


def _own(page: str) -> bool:
    host = (parts_of(page).hostname or "").removeprefix("www.")
    return "." in host and host not in _NO_HOMES and not host.startswith(("docs.", "npm", "www.npm"))


def _say_failed(found: Found, projects: Iterable[str], url: str, answer: Answer) -> None:
    if answer.missing or answer.error is None:
        return
    for project in sorted(set(projects)):
        said = f"{url} could not be read: {answer.said}."
        found.notes.append(Note(level="info", code="manifest_unread", subject=project, message=said))


def _use(
    found: Found,
    project: str,
    repository: Repository,
    url: str,
    body: bytes,
    back_link: Callable[[str], str] | None,
    *,
    quiet: bool = False,
) -> None:
    def note(code: str, said: str) -> None:
        found.notes.append(Note(level="info", code=code, subject=project, message=f"{url} {said}."))

    try:
        manifest = parse(body)
    except NotUsable as error:
        if not quiet and error.verdict != "not_funding_json":
            note(f"manifest_{error.verdict}", f"is not used: {error.why}")
        return
    if not _speaks(manifest, project):
        note("manifest_elsewhere", f"lists no project with the repository {project}")
        return
    if not covers(url, project) and not lists(_links(repository, back_link), url):
        note("manifest_unproven", f"is not used: {WELL_KNOWN} of the repository does not name it")
        return
    needs = Needs(asks=manifest.asks, receives=manifest.receives)
    rows = manifest.addresses or ((f"{', '.join(manifest.others)}: no web address", Address("funding_json", url)),)
    for text, address in rows:
        claim = Claim(address=address, source="funding_json", where=url, what=text)
        found.claims.setdefault(project, []).append(claim)
        found.needs.setdefault(address, needs)


def _links(repository: Repository, back_link: Callable[[str], str] | None) -> str:
    text = repository.files.get(WELL_KNOWN)
    return text if text is not None else back_link(repository.name) if back_link and repository.name else ""


def _speaks(manifest: Manifest, project: str) -> bool:
    wanted = _plain(project)
    return not manifest.repositories or any(_plain(url) == wanted for url in manifest.repositories)


def _plain(url: str) -> str:
    parts = parts_of(url.strip())
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/').removesuffix('.git')}".lower()
