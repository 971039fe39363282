"""funding.json (FLOSS/fund, fundingjson.org v1.0 and v1.1): read it, check it, and ask what proves it.

Other files carry the same name (Drips, Optimism's retro funding, a symlink's path); they are recognised by their keys
and left alone. Where the JSON schema and the directory's validator disagree, what concerns money and identity is
strict, and texts, tags and licences are not looked at.

Source: fundingjson.org schema v1.1.0, floss-fund/go-funding-json (provenance by place and by well-known file).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from depfund.channels.address import Address, from_url
from depfund.errors import MoneyError
from depfund.http.addresses import parts_of
from depfund.money import Money, exponent

__all__ = ["LIMIT", "WELL_KNOWN", "Manifest", "NotUsable", "covers", "homes", "lists", "parse"]

LIMIT = 320_000
"""Most bytes that are read: the directory's own limit."""

WELL_KNOWN = ".well-known/funding-manifest-urls"

_LINES = 100
_MOST = Decimal(10**18)
_PER_YEAR = {"weekly": 52, "fortnightly": 26, "monthly": 12, "yearly": 1}
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]


class _Url(msgspec.Struct):
    url: Annotated[str, msgspec.Meta(pattern=r"\A(?:https?://.+|)\Z", max_length=250)]
    well_known: str | None = msgspec.field(name="wellKnown", default=None)


class _Entity(msgspec.Struct):
    type: Literal["individual", "group", "organisation", "other"]
    role: Literal["owner", "steward", "maintainer", "contributor", "other"]
    name: _Text
    email: _Text
    description: str
    webpage: _Url = msgspec.field(name="webpageUrl")


class _Project(msgspec.Struct):
    guid: str
    name: str
    webpage: _Url = msgspec.field(name="webpageUrl")
    repository: _Url = msgspec.field(name="repositoryUrl")


class _Channel(msgspec.Struct):
    guid: str
    type: Literal["bank", "payment-provider", "cheque", "cash", "other"]
    address: str = ""


class _Plan(msgspec.Struct):
    guid: str
    status: Literal["active", "inactive"]
    name: str
    amount: Decimal
    currency: _Currency
    frequency: Literal["one-time", "weekly", "fortnightly", "monthly", "yearly", "other"]
    channels: list[str]


class _History(msgspec.Struct):
    year: int
    currency: _Currency
    income: Decimal | None = None


class _Funding(msgspec.Struct):
    channels: Annotated[list[_Channel], msgspec.Meta(min_length=1)]
    plans: list[_Plan]
    history: list[_History] | None = None


class _Document(msgspec.Struct):
    entity: _Entity
    funding: _Funding
    projects: list[_Project] | None = None


class NotUsable(Exception):  # noqa: N818 - a verdict, never shown as an error
    """Why a file named funding.json gives nothing: ``verdict`` is malformed, invalid, oversized or not_funding_json."""

    def __init__(self, verdict: str, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A well-formed manifest.

    ``repositories`` maps each project's repository address, as written, to its well-known file's (or ``""``).
    ``addresses`` are the channels that are web addresses, each with its type and its own words (``bank: …``);
    ``others`` are the types of those that are not. ``asks`` is the largest active plan in a year, ``receives`` the
    income of the latest year.
    """

    name: str
    repositories: dict[str, str]
    addresses: tuple[tuple[str, Address], ...]
    others: tuple[str, ...] = ()
    asks: Money | None = None
    receives: Money | None = None


def parse(body: bytes | str) -> Manifest:
    """Read a manifest. Raises :class:`NotUsable`."""
    if len(body) > LIMIT:
        raise NotUsable("oversized", f"more than {LIMIT} bytes")
    try:
        plain = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotUsable("malformed", "no JSON") from error
    if not isinstance(plain, dict) or "entity" not in plain or "funding" not in plain:
        keys = ", ".join(sorted(map(str, plain))[:5]) if isinstance(plain, dict) else type(plain).__name__
        raise NotUsable("not_funding_json", f"another format (keys: {keys})")
    try:
        document = msgspec.convert(plain, _Document)
    except (msgspec.ValidationError, ValueError) as error:
        raise NotUsable("invalid", str(error)) from error
    known = {channel.guid for channel in document.funding.channels}
    if any(guid not in known for plan in document.funding.plans for guid in plan.channels):
        raise NotUsable("invalid", "a plan names a channel that the manifest does not hold")
    amounts = [plan.amount for plan in document.funding.plans] + [row.income for row in document.funding.history or ()]
    if any(amount is not None and not (amount.is_finite() and 0 <= amount < _MOST) for amount in amounts):
        raise NotUsable("invalid", "an amount is negative or has no end")
    pairs = [(channel, from_url(channel.address)) for channel in document.funding.channels]
    found = {
        address: f"{channel.type}: {channel.address.strip()}"
        for channel, address in reversed(pairs)
        if address and "." in channel.address
    }
    return Manifest(
        name=document.entity.name,
        repositories={row.repository.url: row.repository.well_known or "" for row in document.projects or ()},
        addresses=tuple((text, address) for address, text in reversed(found.items())),
        others=tuple(sorted({channel.type for channel, address in pairs if address is None})),
        asks=_asks(document.funding.plans),
        receives=_receives(document.funding.history or []),
    )


def _no_constant(word: str) -> Decimal:
    raise ValueError(f"{word} is no JSON")


def _money(amount: Decimal, currency: str) -> Money | None:
    try:
        return Money.parse(amount.quantize(Decimal(1).scaleb(-exponent(currency))), currency)
    except (MoneyError, ArithmeticError):
        return None


def _asks(plans: Iterable[_Plan]) -> Money | None:
    yearly = [
        money
        for plan in plans
        if plan.status == "active" and plan.amount and plan.frequency in _PER_YEAR
        if (money := _money(plan.amount * _PER_YEAR[plan.frequency], plan.currency))
    ]
    # Plans in several currencies are not added up or compared: the first one's currency counts.
    return max((money for money in yearly if money.currency == yearly[0].currency), default=None)


def _receives(history: Iterable[_History]) -> Money | None:
    rows = sorted((row for row in history if row.income is not None), key=lambda row: row.year)
    return _money(rows[-1].income, rows[-1].currency) if rows and rows[-1].income is not None else None


def covers(manifest: str, target: str) -> bool:
    """Whether the place of ``manifest`` proves that it speaks for the address ``target``.

    On one host, everything below the manifest's folder; ``/.well-known/`` stands for the whole host; on a forge, a
    file in a repository covers that repository, and one in ``owner/owner`` all of ``owner``'s.
    """
    here, there = parts_of(manifest), parts_of(target)
    if not here.hostname or here.hostname != there.hostname:
        return False
    path = there.path.rstrip("/").lower() + "/"
    if match := re.match(r"/([^/]+)/([^/]+)/(?:-/)?(?:blob|raw)/", here.path):
        owner, name = match[1].lower(), match[2].lower()
        return path.startswith(f"/{owner}/" if owner == name else f"/{owner}/{name}/")
    folder = here.path.rsplit("/", 1)[0].lower().removesuffix("/.well-known") + "/"
    return path.startswith(folder)


def lists(text: str, manifest: str) -> bool:
    """Whether a ``funding-manifest-urls`` file names the manifest on a line of its own."""
    return manifest in (line.strip() for line in text.splitlines()[:_LINES])


def homes(homepage: str) -> tuple[str, ...]:
    """Where a homepage may keep its manifest: beside it, at the root, in ``.well-known``."""
    parts = parts_of(homepage)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ()
    root = f"https://{parts.netloc.lower()}/"
    folder = root + parts.path.lstrip("/").rpartition("/")[0]
    beside = f"{folder.rstrip('/')}/funding.json"
    return tuple(dict.fromkeys((beside, f"{root}funding.json", f"{root}.well-known/funding.json")))
