"""The resolver without any network: hints of a lockfile, a scripted door, gaps and Ctrl-C."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from depfund import documents
from depfund.config import Config
from depfund.http import Answer
from depfund.model import Channel, Facts, Graph, Package, Payee, Project
from depfund.resolver import resolve


def package(purl: str, **more: Any) -> Package:
    name = purl.partition("@")[0].rpartition("/")[2]
    values: dict[str, Any] = {"name": name, "version": "1.0", "ecosystem": purl[4:].partition("/")[0], **more}
    return Package(purl=purl, **values)


def config(tmp_path: Path, **more: Any) -> Config:
    clock = lambda: datetime(2026, 11, 24, tzinfo=UTC)  # noqa: E731
    return Config(cache_dir=tmp_path, environ={}, clock=clock, **more)


@dataclass
class Door:
    """Stands in for Http: registries answer from ``pages``, GitHub and Open Collective from ``nodes``."""

    config: Config
    pages: Mapping[str, object] = field(default_factory=dict)
    nodes: Mapping[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stop_at: str = ""
    interrupted: bool = False

    def get(self, service: str, path: str, **_: object) -> Answer:
        return self._page(f"{service}:{path}")

    def fetch(self, url: str, **_: object) -> Answer:
        return self._page(url)

    def post(self, service: str, path: str, payload: object) -> Answer:
        return self._page(f"{service}:{path}")

    def _page(self, key: str) -> Answer:
        self.asked.append(key)
        if self.stop_at and self.stop_at in key:
            raise KeyboardInterrupt
        found = self.pages.get(key)
        if found is None:
            return Answer(url=key, status=404)
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        return Answer(url=key, status=200, body=body)

    def graphql(self, service: str, query: str, variables: Mapping[str, object], **_: object) -> Answer:
        self.asked.append(service)
        data: dict[str, object] = {}
        for alias, kind, arguments in re.findall(r"^  (\w+): (\w+)\(([^)]*)\)", query, re.MULTILINE):
            values = re.findall(r'(?:owner|name|login|slug|githubHandle): (?:\$(\w+)|"([^"]*)")', arguments)
            words = [str(variables[name]) if name else text for name, text in values]
            data[alias] = self.nodes.get(f"{kind}:{'/'.join(words)}")
        return Answer(url=service, status=200, body=json.dumps({"data": data}).encode())

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [function(item) for item in items]

    def is_public(self, *_: object, **__: object) -> bool:
        return True

    def interrupt(self) -> None:
        self.interrupted = True

    def down(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        """Nothing to close."""


def repository(name: str, funding: str = "", **more: object) -> dict[str, object]:
    owner = {"__typename": "User", "login": name.split("/")[0], "hasSponsorsListing": False, "sponsorsListing": None}
    return {
        "nameWithOwner": name,
        "createdAt": "2015-01-01T00:00:00Z",
        "fundingLinks": [],
        "root": {"entries": [{"name": ".github"}]},
        "folder": {"entries": [{"name": "FUNDING.yml"}] if funding else []},
        "text": {"text": funding} if funding else None,
        "owner": {**owner, "defaults": None},
        **more,
    }


def login(name: str, kind: str = "User", listing: bool = True) -> dict[str, object]:
    return {
        "__typename": kind,
        "login": name,
        "name": name.title(),
        "hasSponsorsListing": listing,
        "sponsorsListing": {"isPublic": True} if listing else None,
    }


ONE = Graph(root="app", packages=(package("pkg:npm/one@1.0"),))


def npm(name: str, repo: str, funding: object = None) -> dict[str, object]:
    return {f"NPM:/{name}/latest": {"name": name, "version": "2.0", "repository": repo, "funding": funding}}


def test_offline_every_hint_is_listed(tmp_path: Path) -> None:
    urls = ("https://opencollective.com/one", "https://github.com/a/b?sponsor=1", "https://github.com/sponsors/A")
    graph = Graph(root="app", packages=(package("pkg:npm/one@1.0", hints={"funding": urls}),))
    facts = resolve(graph, config(tmp_path, offline=True))
    (project,) = facts.projects.values()
    found = {row.what for key in project.payees for channel in facts.payees[key].channels for row in channel.evidence}
    assert set(urls) <= found
    assert "offline" in {note.code for note in facts.notes}
    assert documents.loads(documents.dumps(facts), Facts) == facts


def test_first_party_packages_are_nobodys_business(tmp_path: Path) -> None:
    graph = Graph(root="app", packages=(package("pkg:npm/mine@1.0", first_party=True),))
    assert resolve(graph, config(tmp_path, offline=True)).projects == {}


def test_a_renamed_repository_is_its_new_self_and_its_login_is_checked(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    door = Door(
        settings,
        npm("one", "old/one", "https://opencollective.com/new"),
        {
            "repository:old/one": repository("New/One", "github: [yes, nope]\n"),
            "repositoryOwner:yes": login("yes"),
            "repositoryOwner:nope": login("nope", listing=False),
            "account:new": {"slug": "new", "isActive": True, "isApproved": True, "socialLinks": []},
        },
    )
    facts = resolve(ONE, settings, http=door)  # type: ignore[arg-type]
    (project,) = facts.projects.values()
    assert project.url == "https://github.com/new/one"
    assert project.payees[0] == "github:yes"
    assert facts.payees["github:yes"].channels[0].standing == "confirmed"
    assert facts.payees["github:nope"].channels[0].standing == "not_enrolled"
    assert facts.payees["open_collective:new"].confidence < 0.5
    assert {"renamed", "payee_conflict"} <= {note.code for note in facts.notes}
    assert not facts.unresolved


def test_a_missing_repository_and_no_link_say_what_was_tried(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    door = Door(settings, npm("one", "gone/one"))
    facts = resolve(ONE, settings, http=door)  # type: ignore[arg-type]
    assert "https://github.com/gone/one: 404" in facts.unresolved["pkg:npm/one"]
    assert "NPM" in facts.unresolved["pkg:npm/one"]
    assert "repository_missing" in {note.code for note in facts.notes}


def test_a_repository_younger_than_its_name_is_doubted(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    young = repository("a/one", "github: yes\n", createdAt="2026-11-01T00:00:00Z")
    door = Door(settings, npm("one", "a/one"), {"repository:a/one": young, "repositoryOwner:yes": login("yes")})
    facts = resolve(ONE, settings, http=door)  # type: ignore[arg-type]
    assert facts.payees["github:yes"].confidence < 0.5
    assert "repository_recreated" in {note.code for note in facts.notes}


def test_a_foundation_is_the_last_resort(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    nodes = {"repository:apache/one": repository("apache/one")}
    facts = resolve(ONE, settings, http=Door(settings, npm("one", "apache/one"), nodes))  # type: ignore[arg-type]
    assert facts.projects["https://github.com/apache/one"].payees == ("foundation:apache",)
    (channel,) = facts.payees["foundation:apache"].channels
    assert channel.url.startswith("https://"), "the page for donors, not the handle"
    nodes = {"repository:apache/one": repository("apache/one", "github: yes\n"), "repositoryOwner:yes": login("yes")}
    facts = resolve(ONE, settings, http=Door(settings, npm("one", "apache/one"), nodes))  # type: ignore[arg-type]
    assert facts.projects["https://github.com/apache/one"].payees == ("github:yes",)


def test_a_project_that_could_not_be_asked_about_is_not_paid_through_its_foundation(tmp_path: Path) -> None:
    class Silent(Door):
        def graphql(self, service: str, *_: object, **__: object) -> Answer:
            return Answer(url=service, error="503")

        def fetch(self, url: str, **_: object) -> Answer:
            return Answer(url=url, error="503")

        def get(self, service: str, path: str, **more: object) -> Answer:
            if service.startswith("GITHUB"):
                return Answer(url=path, error="503")
            return super().get(service, path, **more)

    settings = config(tmp_path, github_token="x")
    facts = resolve(ONE, settings, http=Silent(settings, npm("one", "apache/one")))  # type: ignore[arg-type]
    assert facts.projects["https://github.com/apache/one"].payees == ()
    assert "repository_unread" in {note.code for note in facts.notes}


def test_the_users_own_facts_win(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    nodes = {"repository:a/one": repository("a/one", "github: yes\n"), "repositoryOwner:yes": login("yes")}
    url = "https://github.com/a/one"
    mine = Payee(key="open_collective:mine", channels=(Channel(platform="open_collective", handle="mine"),))
    known = Facts(projects={url: Project(url=url, payees=(mine.key,))}, payees={mine.key: mine})
    door = Door(settings, npm("one", "a/one"), nodes)
    facts = resolve(ONE, settings, known=known, http=door)  # type: ignore[arg-type]
    assert facts.projects[url].payees == ("open_collective:mine",)
    assert facts.payees["open_collective:mine"].confidence == 1


def test_what_the_locked_version_said_is_a_note(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    hints = {"funding": ("https://patreon.com/old",)}
    graph = Graph(root="app", packages=(package("pkg:npm/one@1.0", hints=hints),))
    door = Door(settings, npm("one", "a/one", "https://ko-fi.com/new"))
    facts = resolve(graph, settings, http=door)  # type: ignore[arg-type]
    assert set(facts.payees) == {"ko_fi:new"}
    assert any(note.code == "funding_changed" and "patreon.com/old" in note.message for note in facts.notes)


def test_without_a_token_a_former_owners_file_is_not_read(tmp_path: Path) -> None:
    settings = config(tmp_path)
    raw = {
        "GITHUB_RAW:/new/one/HEAD/FUNDING.yml": b"ko_fi: right\n",
        "GITHUB_RAW:/old/.github/HEAD/FUNDING.yml": b"ko_fi: wrong\n",
    }
    door = Door(settings, {**npm("one", "old/one"), **raw, "https://ko-fi.com/right": b"<p>x</p>"})
    moved = Answer(url="x", status=301, headers={"location": "https://github.com/new/one"})
    here = Answer(url="x", status=200)
    page = door._page
    answers = {"https://github.com/old/one": moved, "https://github.com/new/one": here}
    door._page = lambda key: answers.get(key) or page(key)  # type: ignore[method-assign]
    facts = resolve(ONE, settings, http=door)  # type: ignore[arg-type]
    assert facts.projects["https://github.com/new/one"].payees == ("ko_fi:right",)
    assert len(door.asked) == len(set(door.asked))


def test_ctrl_c_keeps_what_is_known(tmp_path: Path) -> None:
    settings = config(tmp_path, github_token="x")
    nodes = {"repository:a/one": repository("a/one", "github: yes\nko_fi: two\n"), "repositoryOwner:yes": login("yes")}
    door = Door(settings, npm("one", "a/one"), nodes, stop_at="ko-fi.com")
    facts = resolve(ONE, settings, http=door)  # type: ignore[arg-type]
    assert {"github:yes", "ko_fi:two"} <= set(facts.payees)
    assert "interrupted" in {note.code for note in facts.notes}


@pytest.mark.corpus
def test_every_link_that_npm_fund_shows_is_listed(shared: Path, tmp_path: Path) -> None:
    from depfund.pipeline import read

    checked = 0
    for path in sorted((shared / "corpus" / "package-lock").rglob("*package-lock*.json"))[:12]:
        if path.name.endswith(".truth.json"):
            continue
        wanted = set(_npm_fund(json.loads(path.read_text(encoding="utf-8"))))
        graph = read(str(path), format="package-lock")
        facts = resolve(graph, config(tmp_path, offline=True))
        found = {row.what for payee in facts.payees.values() for channel in payee.channels for row in channel.evidence}
        assert wanted <= found, (path.name, sorted(wanted - found)[:5])
        checked += len(wanted)
    assert checked


def _npm_fund(lock: dict[str, Any]) -> Iterable[str]:
    for place, row in (lock.get("packages") or {}).items():
        if not place or row.get("link"):
            continue
        funding = row.get("funding")
        for one in funding if isinstance(funding, list) else [funding]:
            url = one.get("url") if isinstance(one, dict) else one
            if isinstance(url, str) and url.startswith(("https://", "http://")):
                yield url
