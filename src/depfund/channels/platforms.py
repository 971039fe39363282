"""Platforms as data: one row per way to be paid, spelled as GitHub's FUNDING.yml keys.

A row says how a handle becomes a link, how a link becomes a handle, and whether money given there is a donation at
all. Sources: docs.github.com "Displaying a sponsor button", the GraphQL enum ``FundingPlatform``, SchemaStore's
github-funding schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["BY_GRAPHQL", "ORDER", "PLATFORMS", "Platform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform.

    ``key`` is that of FUNDING.yml, ``title`` its name, ``link`` the page to pay on (``{}`` is the handle),
    ``graphql`` GitHub's enum value and ``prefix`` the link that GitHub gives where it differs from ``link``.
    ``hosts`` and ``path`` recognise a link (group ``handle``), ``handle`` a well-formed handle in FUNDING.yml.
    ``reserved`` handles are pages of the platform itself. ``refuses`` says why it takes no donation.
    """

    key: str
    title: str
    link: str
    graphql: str = ""
    prefix: str = ""
    hosts: tuple[str, ...] = ()
    path: re.Pattern[str] | None = None
    handle: re.Pattern[str]
    reserved: frozenset[str] = frozenset()
    refuses: str = ""


_NAME = re.compile(r"[^\s/,:@?#<>\"'\\]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
_PROJECT = re.compile(r"/projects/(?P<handle>[^/]+)/?")
_ONE = re.compile(r"/(?P<handle>[^/]+)/?")
_ANY = re.compile(r"/(?P<handle>[^/]+)(?:/.*)?")
_SELLERS = "npm|pypi|rubygems|maven|packagist|nuget"

_TABLE = (
    Platform(
        key="github",
        title="GitHub Sponsors",
        link="https://github.com/sponsors/{}",
        graphql="GITHUB",
        prefix="https://github.com/",
        hosts=("github.com",),
        path=re.compile(r"/sponsors/(?P<handle>[^/]+)/?", re.IGNORECASE),
        handle=_LOGIN,
        reserved=frozenset({"accounts", "explore", "community", "bulk-sponsorships"}),
    ),
    Platform(
        key="open_collective",
        title="Open Collective",
        link="https://opencollective.com/{}",
        graphql="OPEN_COLLECTIVE",
        hosts=("opencollective.com",),
        path=re.compile(r"/(?:[^/]+/projects/)?(?P<handle>[^/]+)(?:/.*)?"),
        handle=_NAME,
        reserved=frozenset({"discover", "search", "pricing", "signin", "home", "create", "help"}),
    ),
    Platform(
        key="thanks_dev",
        title="thanks.dev",
        link="https://thanks.dev/{}",
        graphql="THANKS_DEV",
        hosts=("thanks.dev",),
        path=re.compile(r"/(?P<handle>u/(?:gh|gl)/[^/]+)/?", re.IGNORECASE),
        handle=re.compile(r"u/gh/[^\s/,]+", re.IGNORECASE),
    ),
    Platform(
        key="liberapay",
        title="Liberapay",
        link="https://liberapay.com/{}",
        graphql="LIBERAPAY",
        hosts=("liberapay.com",),
        path=_ANY,
        handle=_NAME,
        reserved=frozenset({"about", "explore", "sign-in", "sign-up"}),
    ),
    Platform(
        key="ko_fi",
        title="Ko-fi",
        link="https://ko-fi.com/{}",
        graphql="KO_FI",
        hosts=("ko-fi.com",),
        path=_ONE,
        handle=_NAME,
        reserved=frozenset({"explore", "gold", "about"}),
    ),
    Platform(
        key="patreon",
        title="Patreon",
        link="https://patreon.com/{}",
        graphql="PATREON",
        hosts=("patreon.com",),
        path=re.compile(r"/(?:(?:c|cw|join)/)?(?P<handle>[^/]+)(?:/.*)?"),
        handle=_NAME,
        reserved=frozenset({"user", "bepatron", "posts", "login", "home"}),
    ),
    Platform(
        key="buy_me_a_coffee",
        title="Buy Me a Coffee",
        link="https://buymeacoffee.com/{}",
        graphql="BUY_ME_A_COFFEE",
        hosts=("buymeacoffee.com", "bmc.link"),
        path=_ONE,
        handle=_NAME,
    ),
    Platform(
        key="polar",
        title="Polar",
        link="https://polar.sh/{}",
        graphql="POLAR",
        hosts=("polar.sh",),
        path=_ONE,
        handle=_NAME,
    ),
    Platform(
        key="issuehunt",
        title="IssueHunt",
        link="https://issuehunt.io/r/{}",
        graphql="ISSUEHUNT",
        hosts=("issuehunt.io",),
        path=re.compile(r"/r/(?P<handle>[^/]+(?:/[^/]+)?)/?"),
        handle=_NAME,
    ),
    Platform(
        key="lfx_crowdfunding",
        title="LFX Crowdfunding",
        link="https://crowdfunding.lfx.linuxfoundation.org/projects/{}",
        graphql="LFX_CROWDFUNDING",
        hosts=("crowdfunding.lfx.linuxfoundation.org",),
        path=_PROJECT,
        handle=_NAME,
    ),
    Platform(
        key="community_bridge",
        title="CommunityBridge",
        link="https://funding.communitybridge.org/projects/{}",
        graphql="COMMUNITY_BRIDGE",
        hosts=("funding.communitybridge.org",),
        path=_PROJECT,
        handle=_NAME,
        refuses="CommunityBridge is closed; LFX Crowdfunding took its place",
    ),
    Platform(
        key="tidelift",
        title="Tidelift",
        link="https://tidelift.com/funding/github/{}",
        graphql="TIDELIFT",
        hosts=("tidelift.com",),
        path=re.compile(
            rf"/(?:funding/github/(?P<handle>[^/]+/.+)|subscription/pkg/(?P<seller>{_SELLERS})-(?P<name>.+))"
        ),
        handle=re.compile(r"[^\s/,]+/[^\s,]+"),
        refuses="Tidelift sells subscriptions; it takes no donation",
    ),
    Platform(key="custom", title="link", link="{}", graphql="CUSTOM", handle=re.compile(r"\S+")),
    Platform(key="funding_json", title="funding.json", link="{}", handle=re.compile(r"https://\S+")),
    Platform(key="foundation", title="foundation", link="{}", handle=re.compile(r"[a-z0-9-]+")),
)

PLATFORMS: dict[str, Platform] = {row.key: row for row in _TABLE}
"""Every platform by key, in depfund's default order: the earlier one is a payee's first channel."""

ORDER: dict[str, int] = {key: rank for rank, key in enumerate(PLATFORMS)}
"""Rank by key. The contract's ``[channels] order`` begins open_collective, github, thanks_dev, liberapay, custom."""
ORDER["open_collective"], ORDER["github"] = 0, 1

BY_GRAPHQL: dict[str, Platform] = {row.graphql: row for row in _TABLE if row.graphql}
"""Rows by the name that GitHub's GraphQL gives them."""
