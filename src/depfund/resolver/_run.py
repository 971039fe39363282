"""The asking: each step of one resolution, leaving what it found for the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from depfund.channels import Check, checker, foundations, funding_yml, github, github_raw, manifests, open_collective
from depfund.channels.address import Address
from depfund.channels.payees import Needs
from depfund.channels.trust import Claim
from depfund.channels.verdict import Verdict
from depfund.config import Config, Reporter
from depfund.graph import versionless
from depfund.http.addresses import parts_of
from depfund.model import Graph, Note, Package
from depfund.registries import Finding, look_up
from depfund.registries._repository import canonical
from depfund.resolver import _claims

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["Run", "Subject", "on_github"]

T = TypeVar("T")


@dataclass(slots=True)
class Subject:
    """One project on the way: its packages and what was found about them."""

    packages: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    repository: github.Repository | None = None


def on_github(url: str | None) -> str | None:
    """``owner/name`` of a canonical GitHub address."""
    if not url:
        return None
    parts = parts_of(url)
    path = [part for part in parts.path.split("/") if part]
    return "/".join(path[:2]).lower() if parts.hostname == "github.com" and len(path) >= 2 else None


def _call(work: Callable[[], T]) -> T:
    return work()


class Run:
    """One resolution. After :meth:`ask`, everything found is in its attributes."""

    def __init__(self, graph: Graph, config: Config, reporter: Reporter, http: Http) -> None:
        self.config = config
        self.reporter = reporter
        self.http = http
        self.notes: list[Note] = []
        self.locked: dict[str, list[Package]] = {}
        for package in sorted(graph.packages, key=lambda package: package.purl):
            if not package.first_party:
                self.locked.setdefault(versionless(package.purl), []).append(package)
        self.findings: dict[str, Finding] = {}
        self.survey = github.Survey()
        self.subjects: dict[str, Subject] = {}
        self.verdicts: dict[Address, Verdict] = {}
        self.reverse: dict[str, Verdict] = {}
        self.needs: dict[Address, Needs] = {}

    def ask(self) -> None:
        """Every step."""
        packages = [package for rows in self.locked.values() for package in rows]
        self.findings = self._step("registries", len(self.locked), lambda: dict(look_up(packages, self.http)), {})
        names = sorted({name for purl in self.locked if (name := on_github(self._repository(purl)))})
        jobs = [lambda: self._survey(names), self._early]
        self.survey = self._step("repositories", len(names), lambda: self.http.map(_call, jobs)[0], self.survey)
        self._group()
        self._step("owners", None, self._owners, None)
        for url, subject in self.subjects.items():
            self._claim(url, subject)
        self._step("manifests", len(self.subjects), self._manifests, None)
        addresses = {claim.address for subject in self.subjects.values() for claim in subject.claims}
        self._step("channels", len(addresses), lambda: self._check(addresses), None)
        self._last_resort()

    def note(self, level: str, code: str, subject: str, message: str) -> None:
        """Remember something worth saying."""
        self.notes.append(Note(level=level, code=code, subject=subject, message=message))  # type: ignore[arg-type]

    def _step(self, task: str, total: int | None, work: Callable[[], T], otherwise: T) -> T:
        self.reporter.start(task, total)
        try:
            return work()
        except KeyboardInterrupt:
            self.http.interrupt()
            return otherwise
        finally:
            self.reporter.finish(task)

    # A package leads to a repository

    def _repository(self, purl: str) -> str | None:
        finding = self.findings.get(purl)
        if finding and finding.repository:
            return finding.repository
        secret = finding is not None and any(note.code == "private_source" for note in finding.notes)
        if secret or any(package.origin not in {"registry", "vcs"} for package in self.locked[purl]):
            return None  # what a private package says stays here
        hints = (
            text
            for package in self.locked[purl]
            for key in ("vcs", "repository")
            for text in package.hints.get(key, ())
        )
        return next(filter(None, map(canonical, hints)), None)

    @property
    def token(self) -> bool:
        """Whether GitHub's GraphQL can be asked."""
        return bool(self.config.github_token)

    def _survey(self, names: list[str]) -> github.Survey:
        if self.token:
            survey = github.look_up(names, self.http)
            refused = [found.failed for found in survey.repositories.values() if found.failed]
            if len(refused) < len(survey.repositories) or not names or self.http.interrupted:
                return survey
            said = f"GitHub's GraphQL gave no answer ({refused[0]}); raw funding files were read instead."
            self.note("warning", "github_refused", "GitHub", said)
        return github_raw.look_up(names, self.http)

    def _early(self) -> github.Survey:
        """Homepages that registries name are asked while GitHub is; the door remembers what they said."""
        pages = {purl: [f.homepage] for purl, f in self.findings.items() if f.homepage and on_github(f.repository)}
        manifests.look_up({purl: github.Repository(asked="") for purl in pages}, pages, self.http, lambda _: "")
        return self.survey

    def _group(self) -> None:
        """Projects: packages of one repository, under its present name."""
        for purl in self.locked:
            claimed = self._repository(purl)
            name = on_github(claimed)
            found = self.survey.repositories.get(name) if name else None
            url = claimed or purl
            if found and found.name:
                url = f"https://github.com/{found.name.lower()}"
                if name and url.removeprefix("https://github.com/") != name:
                    self.note("info", "renamed", purl, f"https://github.com/{name} is now {url}.")
            subject = self.subjects.setdefault(url, Subject())
            subject.packages.add(purl)
            if finding := self.findings.get(purl):
                subject.findings.append(finding)
            if found and (subject.repository is None or found.asked < subject.repository.asked):
                subject.repository = found
        self.subjects = dict(sorted(self.subjects.items()))

    # A repository leads to its owner

    def _owners(self) -> None:
        """Owners whose listing or default files are still unknown."""
        wanted: dict[str, bool] = {}
        for subject in self.subjects.values():
            repository = subject.repository
            if repository is None or not repository.owner or repository.exists is False:
                continue
            login = repository.owner.lower()
            owner = self.survey.owners.get(login)
            bare = not funding_yml.find(repository.files) and (owner is None or owner.files is None)
            if owner is None or owner.listing is None or bare:
                wanted[login] = wanted.get(login, False) or bare
        self._logins(wanted)

    def _logins(self, wanted: dict[str, bool]) -> None:
        if wanted and self.token:
            github.logins(wanted, self.http, self.survey)
            wanted = {login: True for login in wanted if self.survey.owners[login].listing is None}
        if wanted and not self.http.interrupted:
            github_raw.logins(wanted, self.http, self.survey)

    # Everybody has a say

    def _claim(self, url: str, subject: Subject) -> None:
        for purl in sorted(subject.packages):
            made, notes = _claims.of_package(purl, self.locked[purl], self.findings.get(purl), url)
            subject.claims += made
            self.notes += notes
        repository = subject.repository
        if repository and repository.exists is not False:
            owner = self.survey.owners.get(repository.owner.lower())
            made, notes = _claims.of_repository(repository, owner, url)
            subject.claims += made
            self.notes += notes

    def _manifests(self) -> None:
        repositories = {
            url: s.repository for url, s in self.subjects.items() if s.repository and s.repository.exists is not False
        }
        homepages = {
            url: [finding.homepage for finding in self.subjects[url].findings if finding.homepage]
            for url in repositories
        }
        raw = None if self.token else lambda name: github_raw.back_link(self.http, name)
        found = manifests.look_up(repositories, homepages, self.http, raw)
        for url, rows in found.claims.items():
            self.subjects[url].claims += rows
        self.notes += found.notes
        self.needs = found.needs

    # The platforms answer

    def _check(self, addresses: Iterable[Address]) -> None:
        by: dict[Check, list[Address]] = {}
        logins: list[str] = []
        for address in sorted(addresses, key=lambda address: address.rank):
            if address.platform == "github":
                logins.append(address.handle)
            elif check := checker(address.platform):
                by.setdefault(check, []).append(address)
            elif address.platform == "foundation":
                self.verdicts[address] = foundations.verdict(address)
        jobs: list[Callable[[], dict[Address, Verdict]]] = [lambda: self._accounts(logins)]
        jobs += [partial(check, mine, self.http) for check, mine in by.items()]
        for verdicts in self.http.map(_call, jobs):
            self.verdicts.update(verdicts)
        self._identities()

    def _accounts(self, logins: list[str]) -> dict[Address, Verdict]:
        self._logins({login: False for login in logins if self._unknown(login)})
        verdicts = (github.verdict(self.survey.owners.get(login), login) for login in logins)
        return {verdict.address: verdict for verdict in verdicts}

    def _unknown(self, login: str) -> bool:
        owner = self.survey.owners.get(login)
        return owner is None or owner.listing is None

    def _identities(self) -> None:
        """Collectives of organisations that nobody named: they prove who is who, and add no channel."""
        stated = {login for verdict in self.verdicts.values() for login in verdict.states}
        logins = [
            address.handle
            for address, verdict in self.verdicts.items()
            if address.platform == "github" and verdict.kind == "Organization" and verdict.payable
            if address.handle not in stated
        ]
        if logins and not self.http.interrupted:
            self.reverse, failed = open_collective.of_logins(logins, self.http)
            for login, said in sorted(failed.items()):
                text = f"Open Collective could not be asked for a collective of this account: {said}."
                self.note("info", "identity_unconfirmed", f"github:{login}", text)

    def _last_resort(self) -> None:
        """The foundation of a project that nobody else takes money for, where that was really asked."""
        for url, subject in self.subjects.items():
            repository = subject.repository
            owner = self.survey.owners.get(repository.owner.lower()) if repository else None
            if repository is None or repository.failed or (owner and owner.failed):
                continue
            paid = (self.verdicts.get(claim.address) for claim in subject.claims)
            if not any(verdict is None or verdict.payable for verdict in paid) and (
                claim := foundations.of_project(url)
            ):
                subject.claims.append(claim)
                self.verdicts[claim.address] = foundations.verdict(claim.address)
