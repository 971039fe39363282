"""One spelling for every way to pay: a link or a handle in, an :class:`Address` out.

``github.com/sponsors/X``, ``www.``, capitals, a trailing slash and a tail such as ``/donate`` all lead to the same
address; a ``custom`` link counts as the platform that it leads to. Nothing here asks the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from depfund.channels.platforms import BY_GRAPHQL, ORDER, PLATFORMS

__all__ = ["Address", "from_graphql", "from_url", "link_of", "named", "plain"]

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[^\s./:@\[\]]{1,63}\.)+[^\s./:@\[\]0-9][^\s./:@\[\]]{0,62}")
_BAD = re.compile(r"[\s<>\"\\^`{|}]")
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Address:
    """Where money can go: a platform's key and a handle there, in their one spelling.

    Handles are lower case; a ``custom`` link keeps the case of its path and always has a scheme.
    """

    platform: str
    handle: str

    @property
    def key(self) -> str:
        """``platform:handle``: the payee key of the contract."""
        return f"{self.platform}:{self.handle}"

    @property
    def url(self) -> str:
        """The page to pay on."""
        return link_of(self.platform, self.handle)

    @property
    def rank(self) -> tuple[int, str]:
        """For sorting: platforms in the default order, then by handle."""
        return ORDER.get(self.platform, len(ORDER)), self.handle


def plain(text: str) -> bool:
    """Whether every character of a handle or link shows: none controls, joins or turns round what stands beside it."""
    return text.isprintable() and not _BAD.search(text)


def link_of(platform: str, handle: str) -> str:
    """The page to pay ``handle`` on; the handle itself where the platform has no page."""
    row = PLATFORMS.get(platform)
    return row.link.format(handle) if row else handle


def named(platform: str, handle: str) -> Address:
    """The address of a handle that is known to be well formed."""
    return Address(platform, handle if platform in {"custom", "funding_json"} else handle.lower())


@lru_cache(maxsize=16_384)
def from_url(text: str) -> Address | None:
    """The address that a link leads to, ``custom`` for any other web page; None for what is no web address.

    A scheme may be missing (``paypal.me/x``), as in GitHub's own example. Credentials, IP addresses, single-label hosts
    and every scheme but http and https are refused.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not plain(text):
        return None
    scheme, sep, _ = text.partition("://")
    if sep and scheme.lower() not in {"http", "https"}:
        return None
    if not sep and re.match(r"[a-zA-Z][a-zA-Z+.-]*:(?!\d)", text):
        return None  # mailto:, bitcoin: and the like
    full = text if sep else f"https://{text}"
    try:
        parts = urlsplit(full)
        host, port, odd = (parts.hostname or "").lower().rstrip("."), parts.port, parts.username
    except ValueError:
        return None
    if odd is not None or not _HOST.fullmatch(host):
        return None
    if port in {None, 80, 443} and (found := _known(host.removeprefix("www."), unquote(parts.path))):
        return found
    rest = full.split("://", 1)[1]
    tail = rest[re.match(r"[^/?#]*", rest).end() :]  # type: ignore[union-attr]  # the pattern matches any text
    shown = host if port in {None, 80, 443} else f"{host}:{port}"
    return Address("custom", f"{parts.scheme.lower()}://{shown}{tail.partition('#')[0]}")


def _known(host: str, path: str) -> Address | None:
    for row in PLATFORMS.values():
        if host not in row.hosts or row.path is None or not (match := row.path.fullmatch(path)):
            continue
        parts = match.groupdict()
        handle = parts["handle"] or f"{parts['seller']}/{parts['name']}"
        formed = row.key in {"thanks_dev", "issuehunt", "tidelift"} or row.handle.fullmatch(handle)
        if formed and handle.lower() not in row.reserved and plain(handle):
            return Address(row.key, handle.lower())
    return None


def from_graphql(platform: str, url: str) -> Address | None:
    """The address of one of GitHub's ``fundingLinks``; None when it is none."""
    row = BY_GRAPHQL.get(platform)
    if row is None or row.key == "custom":
        return from_url(url)
    prefix = row.prefix or row.link.removesuffix("{}")
    handle = unquote(url[len(prefix) :]).strip("/") if url.lower().startswith(prefix) else ""
    if not plain(handle) or (row.key != "tidelift" and not row.handle.fullmatch(handle)):
        handle = ""
    return named(row.key, handle) if handle else from_url(url)
