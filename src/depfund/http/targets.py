"""Targets: where a look-up goes, how it is shown, and who we say that we are."""

from __future__ import annotations

from dataclasses import dataclass

from depfund.config import Config
from depfund.http.retry import TRIES

__all__ = ["Target", "agent", "clean", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a look-up goes: ``url`` on the wire, ``shown`` as a reader knows it."""

    service: str
    url: str
    shown: str
    expects: str
    pin: bool = False
    strange: bool = False
    public: bool = False
    tokens: bool = False
    auth: str | None = None
    logical: bool = False
    costly: int = TRIES
    """Attempts after a 502 or 504, which say of a long query that it costs too much."""


def moved(target: Target, url: str) -> str:
    """How the new address of a redirect within one host is shown: as the old one was."""
    if target.url.endswith(path := target.shown.partition(":")[2].removeprefix("//")) and target.url != target.shown:
        base = target.url.removesuffix(path)
        return f"{target.shown.partition(':')[0]}:{url.removeprefix(base)}" if url.startswith(base) else url
    return url


def agent(config: Config) -> str:
    """The User-Agent: the name, the version, and how to reach whoever runs this (``DEPFUND_CONTACT``)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("depfund")
    except PackageNotFoundError:
        number = "0"
    contact = config.environ.get("DEPFUND_CONTACT", "").strip()
    said = f"; mailto:{contact}" if contact and contact.isascii() and contact.isprintable() else ""
    return f"depfund/{number} (+https://depfund.example{said})"


def clean(url: str) -> str:
    """An address without credentials and control characters, short enough to be shown."""
    text = "".join(c for c in url if c.isprintable())[:300]
    scheme, mark, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}" if mark else text
