"""Where services are: public defaults as data, what replaces them, and what may be asked of them.

The hosts of the Python and npm registries are not written here: they are derived from the purl tables at run time.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote, urlsplit, urlunsplit

from depfund.config import Config
from depfund.http.settings import Settings

__all__ = ["SERVICES", "Base", "Endpoints", "Service", "bare", "public"]


@dataclass(frozen=True, slots=True)
class Service:
    """A row of the table: the public base address, what its answers are, and its stated manners.

    ``expects`` is json, graphql, xml, text or page (anything); ``every`` the seconds between two requests,
    ``at_once`` how many may run together (counted over all services of one ``family``). ``aliases`` are other hosts
    (or names) under which lockfiles record the same public service.
    """

    base: str
    expects: str = "json"
    family: str = ""
    every: float = 0.0
    at_once: int = 0
    aliases: tuple[str, ...] = ()


SERVICES: Mapping[str, Service] = {
    "GITHUB_GRAPHQL": Service("https://api.github.com/graphql", "graphql", "github", at_once=16),
    "GITHUB_API": Service("https://api.github.com", family="github", at_once=16),
    "GITHUB_RAW": Service("https://raw.githubusercontent.com", "text", "github"),
    "GITHUB_WEB": Service("https://github.com", "page", "github"),
    "OPENCOLLECTIVE": Service("https://api.opencollective.com/graphql/v2", "graphql", "opencollective"),
    "OPENCOLLECTIVE_WEB": Service("https://opencollective.com", "page", "opencollective"),
    "THANKS_DEV": Service("https://api.thanks.dev", family="thanks_dev"),
    "THANKS_DEV_WEB": Service("https://thanks.dev", "page", "thanks_dev"),
    "ECOSYSTEMS_PACKAGES": Service("https://packages.ecosyste.ms/api/v1", family="ecosystems", at_once=8),
    "ECOSYSTEMS_REPOS": Service("https://repos.ecosyste.ms/api/v1", family="ecosystems", at_once=8),
    "ECOSYSTEMS_SPONSORS": Service("https://sponsors.ecosyste.ms/api/v1", family="ecosystems", at_once=8),
    "ECOSYSTEMS_OPENCOLLECTIVE": Service("https://opencollective.ecosyste.ms/api/v1", family="ecosystems", at_once=8),
    "DEPSDEV": Service("https://api.deps.dev", family="depsdev"),
    "PYPI": Service("", family="pypi"),
    "PYPI_FILES": Service("", "text", "pypi"),
    "PYPISTATS": Service("https://pypistats.org", family="pypistats"),
    "NPM": Service("", family="npm"),
    "NPM_DOWNLOADS": Service("", family="npm"),
    "CRATES": Service(
        "https://crates.io",
        family="crates",
        every=1.02,
        at_once=1,
        aliases=("index.crates.io", "github.com/rust-lang/crates.io-index", "crates.io-index", "static.crates.io"),
    ),
    "CRATES_INDEX": Service("https://index.crates.io", "text", "crates_index"),
    "RUBYGEMS": Service(
        "https://rubygems.org", family="rubygems", every=0.101, aliases=("www.rubygems.org", "index.rubygems.org")
    ),
    "PACKAGIST": Service("https://packagist.org", family="packagist", at_once=9),
    "PACKAGIST_REPO": Service(
        "https://repo.packagist.org", family="packagist", at_once=9, aliases=("packagist.org", "www.packagist.org")
    ),
    "GOPROXY": Service("https://proxy.golang.org", "text", "goproxy"),
    "NUGET": Service("https://api.nuget.org", "page", "nuget", aliases=("www.nuget.org", "nuget.org", "nuget")),
    "NUGET_SEARCH": Service("https://azuresearch-usnc.nuget.org", family="nuget"),
    "HEX": Service("https://hex.pm", family="hex", aliases=("repo.hex.pm", "hexpm")),
    "PUBDEV": Service("https://pub.dev", family="pubdev", aliases=("pub.dartlang.org", "www.pub.dev")),
    "MAVEN": Service(
        "https://repo1.maven.org",
        "xml",
        "maven",
        aliases=("repo.maven.apache.org", "repo.maven.org", "central.sonatype.com", "central"),
    ),
    "CONDA": Service(
        "https://api.anaconda.org",
        family="conda",
        aliases=("conda.anaconda.org", "repo.anaconda.com", "conda-forge", "defaults", "main"),
    ),
    "JSR": Service("https://api.jsr.io", family="jsr"),
    "COCOAPODS": Service(
        "https://trunk.cocoapods.org",
        family="cocoapods",
        aliases=("cdn.cocoapods.org", "github.com/cocoapods/specs", "trunk"),
    ),
    "SCORECARD": Service("https://api.securityscorecards.dev", family="scorecard"),
}
"""Every service by the contract's key. WEB has no row: it is everything else."""

_FILES = re.compile(r"https://files\.[a-z0-9.-]+(?=/packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base address to ask.

    ``url`` has no credentials, ``shown`` is what a reader is told (the public address, also of a stand-in; the key
    of a service whose host is not written down: ``PYPI:``), ``default`` that it is the public host, ``bare`` that it
    is a Python index which does not end in ``/simple``, ``trusted`` that the user configured it (plain http and
    private networks are their business), ``auth`` an Authorization value for it alone, ``tokens`` whether the
    service's own token may go there, ``public`` whether it is or stands for the public service.
    """

    url: str
    shown: str
    trusted: bool
    public: bool
    default: bool = False
    bare: bool = False
    tokens: bool = False
    auth: str | None = None


@cache
def public(service: str) -> str:
    """The public base address of a service; empty for one that is not known."""
    from packageurl.contrib.purl2url import get_download_url, get_repo_url

    if service == "PYPI":
        return _origin(str(get_repo_url("pkg:pypi/x")))  # type: ignore[no-untyped-call]
    if service == "NPM":
        return _origin(str(get_download_url("pkg:npm/x@1")))  # type: ignore[no-untyped-call]
    if service == "NPM_DOWNLOADS":
        return public("NPM").replace("://registry.", "://api.")
    row = SERVICES.get(service)
    return row.base if row else ""


def _shown(service: str) -> str:
    return f"{service}:" if service in SERVICES and not SERVICES[service].base else public(service)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def bare(url: str) -> tuple[str, str | None]:
    """(``url`` without credentials and trailing slash, the Authorization value of its credentials or None).

    What is no address at all becomes an empty one, which nobody is and nobody can ask.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", None
    place, at, host = parts.netloc.rpartition("@")
    auth = None
    if at:
        user, _, password = place.partition(":")
        auth = "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), parts.query, "")), auth


class Endpoints:
    """The base address of each service for one run.

    Order (contract): the configured override, the source the lockfile records, the ecosystem's own client
    settings, the public default. A recorded source that is the public service itself names no particular host: a
    mirror set in the client settings still replaces it, as the ecosystems' own clients do.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = Settings(config.environ)

    def override(self, service: str) -> Base | None:
        """The configured override of a service."""
        found = self.config.endpoints.get(service)
        if not found:
            return None
        url, auth = bare(found)
        own = service in self.config.from_project
        return Base(
            url=url, shown=_shown(service) or url, trusted=True, public=True, tokens=not own, auth=None if own else auth
        )

    def base(self, service: str, source: str | None = None, name: str = "") -> Base:
        """Where ``service`` is for a package called ``name`` that was locked from ``source``."""
        if not self.is_public(service, source, name):
            return self._mirror(service, source or self.settings.scoped(name) or "", public_one=False)
        if found := self.override(service):
            return found
        if mirror := self.settings.mirror(service):
            return self._mirror(service, mirror, public_one=True)
        url = public(service)
        return Base(url=url, shown=_shown(service), trusted=True, public=True, default=True, tokens=True)

    def _mirror(self, service: str, address: str, *, public_one: bool) -> Base:
        url, auth = bare(address)
        named = self.settings.named(url)
        if named and not auth:
            auth = bare(named)[1] or self.settings.credentials(url)
        root = url.removesuffix("/simple") if service == "PYPI" else url
        unusual = service == "PYPI" and root == url
        return Base(url=root, shown=root, trusted=bool(named), public=public_one, bare=unusual, auth=auth)

    def is_public(self, service: str, source: str | None, name: str = "") -> bool:
        """Whether a package locked from ``source`` comes from the public service, its mirror or its stand-in.

        What does not is private: its name is never sent to a public service.
        """
        if self.settings.scoped(name) or self.settings.private(service, name):
            return False
        if not source:
            return True
        url, _ = bare(source)
        host = urlsplit(url).hostname or ""
        if _same(url, public(service)) or host == (urlsplit(public(service)).hostname or "") or _FILES.match(url + "/"):
            return True
        row = SERVICES.get(service)
        if row and (
            host in row.aliases
            or url.lower().partition("://")[2].removesuffix(".git") in row.aliases
            or source in row.aliases
        ):
            return True
        if service == "NPM" and host.startswith("registry.yarn"):  # yarn's own name for the public registry
            return True
        stand_ins = [self.config.endpoints.get(service), self.settings.mirror(service)]
        return any(_same(url, bare(each)[0]) for each in stand_ins if each)

    def route(self, url: str) -> tuple[str, Base, str] | None:
        """(service, base, path) of an address found in data that belongs to a known public service."""
        if _FILES.match(url):
            base = self.override("PYPI_FILES")
            return ("PYPI_FILES", base, urlsplit(url).path) if base else None
        best: tuple[str, str] | None = None
        for service in SERVICES:
            prefix = public(service)
            if (
                prefix
                and (url == prefix or url.startswith((prefix + "/", prefix + "?")))
                and (best is None or len(prefix) > len(best[1]))
            ):
                best = (service, prefix)
        if best is None:
            return None
        service, prefix = best
        base = self.override(service)
        if base is None:
            return None if self.config.endpoints.get("WEB") else (service, self.base(service), url[len(prefix) :])
        return service, base, url[len(prefix) :]

    def configured(self, url: str) -> tuple[str, Base, str] | None:
        """(service, base, path) of an address under a configured override, as redirects name it."""
        best: tuple[str, Base, str] | None = None
        for service in self.config.endpoints:
            base = self.override(service)
            if (
                base
                and (url == base.url or url.startswith((base.url + "/", base.url + "?")))
                and (best is None or len(base.url) > len(best[1].url))
            ):
                best = (service, base, url[len(base.url) :])
        return best


def _same(one: str, other: str) -> bool:
    return bool(other) and one.rstrip("/").removesuffix("/simple") == other.rstrip("/").removesuffix("/simple")
