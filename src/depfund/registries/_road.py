"""The order in which registries and aggregators are asked, and how their answers become one Finding."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from depfund.graph import versionless
from depfund.http import SERVICES
from depfund.model import Evidence, Package
from depfund.registries import REGISTRIES, depsdev, ecosystems, registry
from depfund.registries._finding import Finding, Wanted, note, wanted
from depfund.registries._repository import locate

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["merge", "walk"]

_Answers = tuple[dict[str, Finding], dict[str, str]]

_FORGES = {
    "github": "github.com",
    "githubactions": "github.com",
    "gitlab": "gitlab.com",
    "bitbucket": "bitbucket.org",
    "codeberg": "codeberg.org",
    "swift": "",
}
"""purl types whose name is a repository."""

_SELF_HOSTED = frozenset({"pypi", "npm", "maven"})
"""Ecosystems in which a private source answers like the public one, so that it can be asked itself."""

_CURIOUS = frozenset({"maven", "nuget"})
"""Registries that need a second request for the repository, unless an aggregator gave it."""

_NOWHERE = frozenset({"generic", "deb", "rpm", "apk", "alpm", "oci", "docker", "sid"})
"""purl types that no aggregator has."""


def walk(packages: Sequence[Package], http: Http) -> dict[str, Finding]:
    """See :func:`depfund.registries.look_up`."""
    rows: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        if not package.first_party:
            rows[versionless(package.purl)].append(package)
    wants = [wanted(rows[purl], purl) for purl in sorted(rows)]
    found: dict[str, Finding] = {}
    open_: list[Wanted] = []
    own: list[Wanted] = []
    for want in wants:
        module = registry(want.kind)
        if want.origin != "registry":
            found[want.purl] = _unregistered(want)
        elif want.kind in _FORGES:
            found[want.purl] = _forge(want)
        elif not http.is_public(module.SERVICE if module else "", want.source, want.full):
            if want.kind in _SELF_HOSTED and (want.source or "http").startswith("http"):
                own.append(want)
            else:
                found[want.purl] = _private(want)
        else:
            open_.append(want)
    found |= _public(open_, http)
    found |= _asked(own, http)
    return {want.purl: found[want.purl] for want in wants}


def _ask(want: Wanted, http: Http) -> Finding:
    module = registry(want.kind)
    return module.ask(want, http) if module else Finding(purl=want.purl)


def _public(wants: Sequence[Wanted], http: Http) -> dict[str, Finding]:
    """Findings of packages that public services may be asked about."""
    many = Counter(want.kind for want in wants)
    scarce = {kind for kind in many if many[kind] > getattr(registry(kind), "SCARCE", len(wants))}
    free = [want for want in wants if want.kind in REGISTRIES and want.kind not in scarce | _CURIOUS]
    jobs: list[Callable[[], _Answers]] = [
        lambda: ecosystems.bulk([want for want in wants if want.kind not in _NOWHERE], http),
        lambda: (_asked(free, http), {}),
    ]
    (second, unknown), (first, _) = http.map(lambda job: job(), jobs)
    left = [want for want in wants if want.kind in scarce and want.purl not in second]
    third, _ = depsdev.bulk(left, http) if left else ({}, {})
    taken = {**third, **second}
    rest = [
        replace(want, known=taken[want.purl].repository if want.purl in taken else None)
        for want in wants
        if want.kind in _CURIOUS or (want.kind in scarce and want.purl not in taken)
    ]
    rest, late = _within_patience(rest, http)
    first |= _asked(rest, http)
    found: dict[str, Finding] = {}
    for want in wants:
        answers = [each for each in (first.get(want.purl), second.get(want.purl), third.get(want.purl)) if each]
        finding = merge(answers or [Finding(purl=want.purl)])
        if want.purl in late:
            gap = note(
                "warning", "registry_gap", want.purl, f"{late[want.purl]}; a later run continues from the cache."
            )
            finding = replace(finding, tried=(*finding.tried, late[want.purl]), notes=(*finding.notes, gap))
        why = unknown.get(want.purl)
        if why is not None and why != "not known" and finding.repository is None and finding.exists:
            gap = note("warning", "registry_gap", want.purl, f"{ecosystems.SERVICE} could not be asked ({why}).")
            finding = replace(finding, notes=(*finding.notes, gap))
        if why is not None:
            finding = replace(finding, tried=(*finding.tried, f"{ecosystems.SERVICE}: {why}"))
        found[want.purl] = finding
    return found


def _asked(wants: Sequence[Wanted], http: Http) -> dict[str, Finding]:
    return {finding.purl: finding for finding in http.map(lambda want: _ask(want, http), wants)}


def _within_patience(wants: Sequence[Wanted], http: Http) -> tuple[list[Wanted], dict[str, str]]:
    """(what the registries' own pace lets be asked in time, why the rest is not asked)."""
    kept: list[Wanted] = []
    late: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for want in wants:
        module = registry(want.kind)
        row = SERVICES.get(module.SERVICE) if module else None
        counts[want.kind] += 1
        if (
            row
            and row.at_once == 1
            and counts[want.kind] * row.every > http.config.patience
            and not http.config.offline
        ):
            late[want.purl] = f"{module.SERVICE if module else ''}: not asked, it allows one request a second"
        else:
            kept.append(want)
    return kept, late


def merge(answers: Iterable[Finding]) -> Finding:
    """One Finding of several, the most trusted first: what it says stays, what it leaves open the next one fills.

    A registry's "no such package" stands, whatever a mirror remembers.
    """
    first, *others = answers
    for other in others:
        tried = (*first.tried, *other.tried)
        if first.exists is False:
            first = replace(first, tried=tried)
            continue
        known = {link.url for link in first.links}
        notes = first.notes
        if first.repository and other.repository and first.repository != other.repository:
            said = f"the registry names {first.repository} as repository, a mirror of it {other.repository}."
            notes = (*notes, note("info", "second_opinion", first.purl, said))
        first = replace(
            first,
            exists=first.exists if first.exists is not None else other.exists,
            repository=first.repository or other.repository,
            directory=first.directory if first.repository else other.directory,
            homepage=first.homepage or other.homepage,
            links=(*first.links, *(link for link in other.links if link.url not in known)),
            maintainers=first.maintainers or other.maintainers,
            licence=first.licence or other.licence,
            status=first.status or other.status,
            organization=first.organization or other.organization,
            evidence=first.evidence if first.repository else (*first.evidence, *other.evidence),
            tried=tried,
            notes=(*notes, *other.notes),
        )
    return first


def _unregistered(want: Wanted) -> Finding:
    """A package from version control, an address or a folder: what the lockfile says is all there is."""
    for key in ("vcs", "repository"):
        for value in want.hints.get(key, ()):
            if want.origin == "vcs" and (found := locate(value)):
                seen = Evidence(where="lockfile", what=f"{key}: {found[0]}")
                return Finding(purl=want.purl, repository=found[0], directory=found[1], evidence=(seen,))
    return Finding(purl=want.purl, tried=(f"registry: not asked, the package comes from {want.origin}",))


def _forge(want: Wanted) -> Finding:
    """A package whose name is its repository."""
    host = _FORGES[want.kind]
    address = "/".join(part for part in (host, want.namespace, want.name) if part)
    found = locate(f"https://{address}")
    if found is None:
        return Finding(purl=want.purl, tried=("purl: names no repository",))
    return Finding(
        purl=want.purl, repository=found[0], evidence=(Evidence(where=want.purl, what="the package's own name"),)
    )


def _private(want: Wanted) -> Finding:
    """A package from a private source that cannot be asked the public way: nobody is told its name."""
    said = "registry: not asked, the source that the lockfile or the client settings name is private"
    return Finding(
        purl=want.purl,
        tried=(said,),
        notes=(note("info", "private_source", want.purl, "its source is private; nobody was asked."),),
    )
