"""Open Collective: whether a collective exists and takes money, and which GitHub account it states as its own.

GraphQL v2 with or without a token. The service takes 100 aliases and 1,500 tokens in a request and, anonymously, ten
requests a minute, so values are written into the text and the fields stand in one fragment. Source:
opencollective-api ``schemaV2.graphql`` (`../shared/spec/apis.md` 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from depfund.channels._batches import ask, load
from depfund.channels._nodes import inner, rows, word
from depfund.channels.address import Address, named
from depfund.channels.verdict import Verdict, declared
from depfund.http.addresses import parts_of
from depfund.model import Standing

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["BATCH", "check", "of_logins"]

BATCH = 90
"""Accounts in a request: 15 tokens each and some 60 for the fragment."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9_])?")
_TROUBLE = (("isArchived", "archived"), ("isSuspended", "suspended"), ("isFrozen", "frozen"))


def check(addresses: Iterable[Address], http: Http) -> dict[Address, Verdict]:
    """The verdict on each collective."""
    wanted = {address.handle: address for address in addresses}
    slugs = [(slug,) for slug in sorted(wanted) if _SLUG.fullmatch(slug)]
    found = ask(http, "OPENCOLLECTIVE", load("open_collective_accounts", inline=True), slugs, BATCH)
    verdicts = {}
    for slug, address in sorted(wanted.items()):
        if not _SLUG.fullmatch(slug):
            verdicts[address] = Verdict(address=address, standing="gone", where=address.url, what="no possible slug")
        elif (slug,) in found.failed:
            verdicts[address] = declared(address, "Open Collective", found.failed[slug,])
        else:
            verdicts[address] = _verdict(address, found.nodes[slug,])
    return verdicts


def of_logins(logins: Iterable[str], http: Http) -> tuple[dict[str, Verdict], dict[str, str]]:
    """The collective that states each GitHub login as its own, and what was said where that could not be asked.

    The service also answers with collectives that state a repository of the login; those are left out.
    """
    handles = [(login,) for login in sorted({login.lower() for login in logins})]
    found = ask(http, "OPENCOLLECTIVE", load("open_collective_handles", inline=True), handles, BATCH)
    verdicts = {}
    for (login,), node in found.nodes.items():
        if node and (slug := word(node, "slug")):
            verdict = _verdict(named("open_collective", slug), node)
            if str(login) in verdict.states:
                verdicts[str(login)] = verdict
    return verdicts, {str(item[0]): said for item, said in found.failed.items()}


def _verdict(address: Address, node: Mapping[str, Any] | None) -> Verdict:
    where = f"https://opencollective.com/{address.handle}"
    if node is None:
        return Verdict(address=address, standing="gone", where=where, what="no such collective")
    trouble = [word for key, word in _TROUBLE if node.get(key)]
    if node.get("isApproved") is False:
        trouble.append("not approved by a host")
    if node.get("isActive") is False:
        trouble.append("takes no contributions")
    standing: Standing = "archived" if trouble else "confirmed"
    fee = node.get("hostFeePercent")
    return Verdict(
        address=named("open_collective", word(node, "slug") or address.handle),
        standing=standing,
        where=where,
        what=", ".join(trouble) or "active",
        name=word(node, "name"),
        host=word(inner(node, "host"), "slug") or None,
        fee=f"{fee:g}" if isinstance(fee, (int, float)) and 0 <= fee <= 100 else None,
        states=frozenset(_states(node)),
    )


def _states(node: Mapping[str, Any]) -> Iterable[str]:
    """GitHub logins among the social links; a link to one repository states no account."""
    for row in rows(node, "socialLinks"):
        url = word(row, "url")
        parts = parts_of(url if "://" in url else f"https://{url}")
        path = [part for part in parts.path.split("/") if part]
        if (parts.hostname or "").removeprefix("www.") == "github.com" and len(path) == 1:
            yield path[0].lower()
