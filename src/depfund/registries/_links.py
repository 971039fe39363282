"""Which links of a package's metadata are ways to fund it: by well-known label first, then by where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from depfund.registries._finding import Link
from depfund.registries._repository import words

__all__ = ["Link", "funding", "funds", "kind_of", "objects", "usable"]

_FUNDING = frozenset({"funding", "sponsor", "donate", "donation"})
"""PEP 753's well-known label and its aliases, normalised."""
_SOURCE = frozenset({"source", "repository", "sourcecode", "github"})
_HOME = frozenset({"homepage", "home"})
_ALSO = words(
    """fund funds sponsors sponsoring sponsorship sponsorships sponsorus sponsorme sponsorongithub githubsponsors
    githubsponsor githubfunding donations donateus donatenow supportus supportme supporttheproject supportthisproject
    supportdevelopment financialsupport opencollective patreon kofi liberapay tidelift buymeacoffee buymeacoffe
    thanksdev polar issuehunt paypal backers becomeasponsor becomeabacker flattr"""
)
_MORE_SOURCE = words(
    """repo sourcerepository gitrepository git code gitlab codeberg sourcehut bitbucket githubrepository githubrepo
    scm"""
)
_HOSTS = words(
    """opencollective.com patreon.com ko-fi.com liberapay.com tidelift.com buymeacoffee.com thanks.dev polar.sh
    issuehunt.io funding.communitybridge.org crowdfunding.lfx.linuxfoundation.org paypal.me donate.stripe.com
    buy.stripe.com donorbox.org flattr.com raise.dev"""
)
_PATHS = re.compile(r"^/(sponsors/[\w.-]+|orgs/[\w.-]+/sponsoring)/?$", re.IGNORECASE)
_SPEAKING = re.compile(
    r"(^|[/._-])(donat(e|ion|ions)|sponsor(s|ing|ship|us)?|fund(ing|raising)?|contribut(e|ions)/?money)([/._-]|$)",
    re.IGNORECASE,
)


def kind_of(label: str) -> str:
    """What a label promises: funding, maybe (funding if the link looks like it), source, home or nothing.

    Labels are normalised as the specification says, by deleting punctuation and white space (and, beyond it, signs
    such as hearts and a number at the end).
    """
    plain = "".join(c for c in label.lower() if c.isalnum())
    plain = plain.rstrip("0123456789") or plain
    for labels, kind in (
        (_FUNDING, "funding"),
        (_ALSO, "funding"),
        (_SOURCE, "source"),
        (_MORE_SOURCE, "source"),
        (_HOME, "home"),
    ):
        if plain in labels:
            return kind
    return "maybe" if plain in {"support", "help", "backing", "contribute", "community"} else ""


def funds(url: str) -> bool:
    """Whether an address leads to a funding platform, whatever its label is."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return False
    if host == "github.com":
        return bool(_PATHS.match(parts.path))
    if host == "paypal.com":
        return "donate" in url.lower() or parts.path.lower().startswith("/paypalme/")
    if host in {"tidelift.com", "polar.sh", "issuehunt.io", "opencollective.com"}:
        return parts.path.strip("/") != "" and not parts.path.startswith(("/docs", "/security"))
    return host in _HOSTS and parts.path.strip("/") != ""


def usable(url: object) -> str | None:
    """A link as text when it can lead somewhere: http(s), or a bare host with a path; no mail, no script."""
    if not isinstance(url, str):
        return None
    plain = url.strip().strip("<>")
    if not plain or len(plain) > 2000 or any(ord(c) < 33 for c in plain):
        return None
    if re.match(r"https?://[^/\s]+", plain, re.IGNORECASE):
        try:
            urlsplit(plain)
        except ValueError:
            return None
        return plain
    if "://" not in plain and re.match(r"[\w-]+(\.[\w-]+)+(/|$)", plain):
        return f"https://{plain}"
    return None


def funding(rows: Iterable[tuple[str, object]], where: str, seen: str) -> tuple[Link, ...]:
    """The funding links among (label, url) rows: those under a funding label, then those that lead to a platform."""
    named, led = [], []
    for label, value in rows:
        url = usable(value)
        if url is None:
            continue
        kind = kind_of(label)
        link = Link(url=url, label=label[:100], where=where, seen=seen)
        if kind == "funding" and not _elsewhere(url):
            named.append(link)
        elif funds(url) or (kind == "maybe" and _speaks(url)):
            led.append(link)
    return _unique([*named, *led])


def objects(value: object, where: str, seen: str) -> tuple[Link, ...]:
    """The ``funding`` of npm and Composer: a string, an object with ``url`` and perhaps ``type``, or a list of both."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        label, raw = "funding", each
        if isinstance(each, dict):
            kind, raw = each.get("type"), each.get("url")
            label = kind[:100] if isinstance(kind, str) and kind else label
        if url := usable(raw):
            found.append(Link(url=url, label=label, where=where, seen=seen))
    return _unique(found)


def _elsewhere(url: str) -> bool:
    """A funding label over a link to a repository's page is about the repository's own button: nothing new."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower().removeprefix("www."), parts.path.strip("/")
    return host == "github.com" and path.count("/") >= 1 and not path.lower().startswith(("sponsors/", "orgs/"))


def _speaks(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_SPEAKING.search(f"{parts.hostname}{parts.path}"))


def _unique(links: Iterable[Link]) -> tuple[Link, ...]:
    found: dict[str, Link] = {}
    for link in links:
        found.setdefault(link.url, link)
    return tuple(found.values())
