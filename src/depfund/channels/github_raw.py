"""GitHub without a token: raw funding files, each path asked once, and the sponsors page of each login.

Renamed and missing repositories are known by the status of their page; archived ones and forks cannot be told this
way, and the result says so by leaving the fields None. ``raw.githubusercontent.com/O/R/HEAD/…`` serves the default
branch by name, never a commit that a stranger chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.channels import funding_yml
from depfund.channels.funding_json import WELL_KNOWN
from depfund.channels.github import Owner, Repository, Survey
from depfund.http.addresses import parts_of

if TYPE_CHECKING:
    from depfund.http import Answer, Http

__all__ = ["back_link", "logins", "look_up"]

_LIMIT = 100_000
_PAGE = 3_000_000
_MOVES = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_MINIMUM = re.compile(r'data-min-custom-tier-amount="(\d{1,6})"')


def look_up(names: Iterable[str], http: Http) -> Survey:
    """Funding files of the repositories ``names`` and, where a repository has none, of their owners."""
    survey = Survey()
    wanted = sorted({name.lower() for name in names})
    for name, found in zip(wanted, http.map(lambda name: _repository(http, name), wanted), strict=False):
        survey.repositories[name] = found
    bare = {r.owner.lower() for r in survey.repositories.values() if r.owner and not funding_yml.find(r.files)}
    owners = sorted(bare)
    for login, answer in zip(owners, http.map(lambda login: _first(http, f"{login}/.github"), owners), strict=False):
        files, failed = answer
        survey.owners[login] = Owner(login=login, files=files, failed=failed)
    return survey


def _repository(http: Http, asked: str) -> Repository:
    """The repository under its present name; without that name nothing of its owner's can be believed."""
    name, failed = _present(http, asked)
    if name is None and not failed:
        return Repository(asked=asked, exists=False)
    files, unread = _first(http, name or asked)
    manifest = _file(http, name or asked, "funding.json", _LIMIT * 4)
    if manifest.ok and manifest.body:
        files = {**files, "funding.json": manifest.text()}
    return Repository(
        asked=asked,
        name=name or "",
        exists=True if name else None,
        owner=name.partition("/")[0] if name else "",
        files=files,
        failed=failed or unread,
    )


def _present(http: Http, asked: str) -> tuple[str | None, str]:
    """(the name that a repository has now, or None; what was said instead of an answer)."""
    name = asked
    for _ in range(_MOVES):
        answer = http.fetch(f"https://github.com/{quote(name)}", follow=False, body=False)
        if answer.missing:
            return None, ""
        if answer.ok:
            return name, ""
        path = [part for part in parts_of(answer.headers.get("location", "")).path.split("/") if part]
        if answer.error is not None or answer.status not in _MOVED or len(path) < 2:
            return None, answer.said
        name = "/".join(path[-2:])
    return None, "too many redirects"


def _first(http: Http, name: str) -> tuple[dict[str, str], str]:
    """The first of the spellings that is there, or what a failed look-up said before it."""
    for path in funding_yml.spellings():
        answer = _file(http, name, path, _LIMIT)
        if answer.ok:
            return {path: answer.text()}, ""
        if not answer.missing:
            return {}, f"{path}: {answer.said}"  # a better path may hold another file: do not guess
    return {}, ""


def _file(http: Http, name: str, path: str, limit: int) -> Answer:
    return http.get("GITHUB_RAW", f"/{quote(name)}/HEAD/{path}", accept="text/plain", limit=limit)


def back_link(http: Http, name: str) -> str:
    """The text of a repository's file of manifests that may speak for it; empty when there is none."""
    answer = _file(http, name, WELL_KNOWN, _LIMIT)
    return answer.text() if answer.ok else ""


def logins(wanted: Iterable[str], http: Http, survey: Survey) -> None:
    """Ask the sponsors page of each login; it stays on the page only for those who take sponsors."""
    names = sorted({login.lower() for login in wanted})
    for login, answer in zip(names, http.map(lambda login: _page(http, login), names), strict=False):
        known = survey.owners.get(login, Owner(login=login, files={}))
        survey.owners[login] = _listing(known, answer)


def _page(http: Http, login: str) -> Answer:
    return http.get("GITHUB_WEB", f"/sponsors/{quote(login, safe='')}", limit=_PAGE, follow=False)


def _listing(owner: Owner, answer: Answer) -> Owner:
    if answer.missing:
        return replace(owner, exists=False, listing=False, failed="")
    moved = answer.error is None and answer.status in _MOVED
    if not answer.ok and not moved:
        return replace(owner, failed=answer.said)
    stays = not moved
    match = _MINIMUM.search(answer.text()) if stays else None
    return replace(owner, listing=stays, minimum=int(match[1]) if match else None, failed="")
