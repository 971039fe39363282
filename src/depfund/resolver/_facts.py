"""The telling: everything found becomes Facts, with notes in a stated order and a reason for every gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from depfund.channels import foundations, funding_yml
from depfund.channels.address import Address, from_url, named
from depfund.channels.github import Repository
from depfund.channels.payees import Paid, merge
from depfund.channels.trust import Claim
from depfund.channels.verdict import Verdict
from depfund.model import Channel, Evidence, Facts, Maintainer, Note, Payee, Project
from depfund.resolver._run import Run, Subject

__all__ = ["facts"]

YOUNG = timedelta(days=120)
"""A repository younger than this under a name that lockfiles know may belong to a stranger."""


def facts(run: Run, known: Facts) -> Facts:
    """The Facts of a resolution; ``known`` are the user's own."""
    claims = {url: list(subject.claims) for url, subject in run.subjects.items()}
    verdicts = dict(run.verdicts)
    _override(known, claims, verdicts)
    doubtful = {url for url, subject in run.subjects.items() if _young(subject.repository, run)}
    paid = merge(claims, verdicts, reverse=run.reverse, needs=run.needs, doubtful=doubtful, seen=run.config.today())
    payees = {key: _told(payee, known) for key, payee in paid.payees.items()}
    projects = {url: _project(run, url, subject, paid) for url, subject in run.subjects.items()}
    unresolved = {
        purl: _reason(run, url, subject, purl)
        for url, subject in run.subjects.items()
        if not any(channel.payable for key in paid.of.get(url, ()) for channel in payees[key].channels)
        for purl in subject.packages
    }
    down = run.http.down()
    notes = {_quieter(note, down) for note in (*run.notes, *paid.notes, *_notes(run, verdicts, doubtful))}
    return Facts(
        projects=dict(sorted(projects.items())),
        payees=dict(sorted(payees.items())),
        unresolved=dict(sorted(unresolved.items())),
        notes=tuple(sorted(notes, key=lambda note: (note.level, note.code, note.subject, note.message))),
    )


# The user's own facts


def _override(known: Facts, claims: dict[str, list[Claim]], verdicts: dict[Address, Verdict]) -> None:
    """What the user says of a project replaces what was found about it."""
    for url, project in sorted(known.projects.items()):
        if url not in claims or not project.payees:
            continue
        channels = [channel for key in project.payees for channel in known.payees[key].channels]
        claims[url] = [
            Claim(address=_address(channel), source="override", where="your facts", what=channel.key)
            for channel in channels
        ]
        for channel in channels:
            address = _address(channel)
            verdict = verdicts.get(address, Verdict(address=address))
            verdicts[address] = replace(
                verdict, standing=channel.standing, minimum=channel.minimum or verdict.minimum, failed=""
            )


def _address(channel: Channel) -> Address:
    found = from_url(channel.handle) if channel.platform == "custom" else None
    return found or named(channel.platform, channel.handle)


def _told(payee: Payee, known: Facts) -> Payee:
    mine = known.payees.get(payee.key)
    if mine is None:
        return payee
    return replace(
        payee,
        name=mine.name or payee.name,
        aliases=tuple(sorted({*payee.aliases, *mine.aliases})),
        asks=mine.asks or payee.asks,
        receives=mine.receives or payee.receives,
    )


# Projects


def _project(run: Run, url: str, subject: Subject, paid: Paid) -> Project:
    findings = sorted(subject.findings, key=lambda finding: finding.purl)
    repository = subject.repository
    people = {person for finding in findings for person in finding.maintainers}
    evidence = {row for finding in findings for row in finding.evidence}
    if repository and repository.exists:
        name = f"https://github.com/{repository.name}"
        evidence.add(Evidence(where=name, what=f"repository {repository.name}", seen=run.config.today()))
    licences = [repository.licence if repository else None, *(finding.licence for finding in findings)]
    return Project(
        url=url,
        packages=tuple(sorted(subject.packages)),
        maintainers=tuple(sorted(people, key=_by_name)),
        payees=paid.of.get(url, ()),
        archived=repository.archived if repository else None,
        licence=next((text for text in reversed(licences) if text), None),
        evidence=tuple(sorted(evidence, key=lambda row: (row.where, row.what, row.seen))),
    )


def _by_name(person: Maintainer) -> tuple[str, str, str]:
    return person.name, person.role, person.where


# Gaps


def _reason(run: Run, url: str, subject: Subject, purl: str) -> str:
    """Which look-ups were tried for a package without a payee, and what each answered."""
    finding = run.findings.get(purl)
    tried = list(finding.tried) if finding else []
    if finding is None:
        tried.append("registry: not asked")
    elif finding.exists:
        tried.append("funding links in the registry: " + (", ".join(link.url for link in finding.links) or "none"))
    if url == purl:
        tried.append("repository: none is named")
    else:
        tried += _tried_repository(run, url, subject.repository)
    for claim in sorted({claim.address for claim in subject.claims}, key=lambda address: address.rank):
        verdict = run.verdicts.get(claim)
        if verdict and not verdict.payable:
            tried.append(f"{claim.key}: {verdict.standing} ({verdict.what})")
    return "; ".join(dict.fromkeys(tried))


def _tried_repository(run: Run, url: str, repository: Repository | None) -> Iterable[str]:
    if repository is None:
        yield f"{url}: its funding files are not read"
        return
    if repository.failed:
        yield f"{url}: {repository.failed}"
    elif repository.exists is False:
        yield f"{url}: 404"
    path = funding_yml.find(repository.files)
    yield f"FUNDING.yml: {path or 'none'}"
    owner = run.survey.owners.get(repository.owner.lower())
    if owner:
        yield f"{owner.login}/.github: {owner.failed or funding_yml.find(owner.files or ()) or 'no FUNDING.yml'}"
        said = {True: "public", False: "none", None: owner.failed or "not asked"}[owner.listing]
        yield f"Sponsors profile of {owner.login}: {said}"
    if foundations.host_of(url) is None:
        yield "foundation: none known"


def _young(repository: Repository | None, run: Run) -> bool:
    """Whether a repository is too new to be the one that its packages came from."""
    try:
        created = date.fromisoformat((repository.created if repository else "")[:10])
    except ValueError:
        return False
    return run.config.clock().date() - created < YOUNG


_STATES = (
    ("archived", "warning", "repository_archived", "{name} is archived: nobody works on it."),
    ("fork_of", "warning", "repository_fork", "{name} is a fork of {value}; its funding file may be the original's."),
    ("mirror_of", "info", "repository_mirror", "{name} is a mirror of {value}."),
    ("disabled", "warning", "repository_disabled", "{name} was disabled by GitHub."),
    ("empty", "info", "repository_empty", "{name} is empty."),
)


def _notes(run: Run, verdicts: dict[Address, Verdict], doubtful: Iterable[str]) -> Iterable[Note]:
    for finding in run.findings.values():
        yield from finding.notes
    for url, subject in run.subjects.items():
        if subject.repository:
            yield from _of_repository(url, subject.repository)
    for url in doubtful:
        said = (
            f"{url} was created less than {YOUNG.days} days ago, after its packages' names were in use: a stranger may "
            "have taken the name. Its payees are held unless somebody confirms them."
        )
        yield Note(level="warning", code="repository_recreated", subject=url, message=said)
    yield from _failures(run, verdicts)
    if run.http.interrupted:
        yield Note(
            level="warning", code="interrupted", subject="resolve", message="Interrupted: what was known by then."
        )
    if run.config.offline:
        said = "Offline: only what the lockfile and the cache hold was used."
        yield Note(level="info", code="offline", subject="resolve", message=said)
    elif not run.token:
        said = (
            "Without a GitHub token archived repositories and forks cannot be told, and an organisation's "
            "account is not joined with its collective. Set GITHUB_TOKEN for a fuller result."
        )
        yield Note(level="info", code="no_token", subject="GitHub", message=said)


_GAPS = frozenset({"registry_gap", "repository_unread", "owner_unread"})


def _quieter(note: Note, down: Mapping[str, str]) -> Note:
    """A gap that a service leaves which is noted as down once: it stays, as an information."""
    github = note.message.startswith("GitHub ") and any(service.startswith("GITHUB") for service in down)
    known = github or any(note.message.startswith(f"{service} ") for service in down)
    return replace(note, level="info") if note.code in _GAPS and known else note


def _of_repository(url: str, repository: Repository) -> Iterable[Note]:
    if repository.exists is False:
        yield Note(level="warning", code="repository_missing", subject=url, message=f"{url} does not exist (404).")
    for field, level, code, words in _STATES:
        if value := getattr(repository, field):
            said = words.format(name=f"https://github.com/{repository.name}", value=value)
            yield Note(level=level, code=code, subject=url, message=said)  # type: ignore[arg-type]


def _failures(run: Run, verdicts: dict[Address, Verdict]) -> Iterable[Note]:
    """Every gap that another day may fill, with the service's name."""
    if run.config.offline:
        return
    for url, subject in run.subjects.items():
        if subject.repository and subject.repository.failed:
            said = f"GitHub could not be asked about {url}: {subject.repository.failed}."
            yield Note(level="warning", code="repository_unread", subject=url, message=said)
    for login, owner in run.survey.owners.items():
        if owner.failed:
            said = f"GitHub could not be asked about the account {login}: {owner.failed}."
            yield Note(level="warning", code="owner_unread", subject=f"github:{login}", message=said)
    for address, verdict in verdicts.items():
        if verdict.failed:
            said = f"{address.key} could not be confirmed ({verdict.failed}); it stays as declared."
            yield Note(level="info", code="unconfirmed", subject=address.key, message=said)
    for service, why in run.http.down().items():
        said = f"{service} was given up in this run: {why}."
        yield Note(level="warning", code="service_down", subject=service, message=said)
