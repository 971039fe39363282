"""Everywhere else: a platform's page or a custom link is asked once, and only 404 or 410 say that it is gone.

Patreon, Ko-fi, Buy Me a Coffee and others have no interface for givers and turn programs away; what a refusal leaves
is a declared channel, never a lost one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from depfund.channels.address import Address
from depfund.channels.platforms import PLATFORMS
from depfund.channels.verdict import Verdict, declared, refused

if TYPE_CHECKING:
    from depfund.http import Answer, Http

__all__ = ["check"]


def check(addresses: Iterable[Address], http: Http) -> dict[Address, Verdict]:
    """The verdict on each address."""
    wanted = sorted(set(addresses), key=lambda address: address.rank)
    taking = [address for address in wanted if not PLATFORMS[address.platform].refuses]
    answers = http.map(lambda address: _ask(address, http), taking)
    verdicts = {address: refused(address) for address in wanted if PLATFORMS[address.platform].refuses}
    for address, answer in zip(taking, answers, strict=False):
        verdicts[address] = _verdict(address, answer)
    return verdicts


def _ask(address: Address, http: Http) -> Answer:
    if address.platform == "liberapay":
        return http.fetch(_page(address), accept="application/json")
    return http.fetch(_page(address), body=False)


def _page(address: Address) -> str:
    if address.platform == "liberapay":
        return f"https://liberapay.com/{quote(address.handle)}/public.json"
    if address.platform == "custom":
        return "https://" + address.handle.partition("://")[2]
    return PLATFORMS[address.platform].link.format(quote(address.handle))


def _verdict(address: Address, answer: Answer) -> Verdict:
    host = urlsplit(_page(address)).hostname or address.platform
    if answer.missing:
        return Verdict(address=address, standing="gone", where=address.url, what=f"the page answers {answer.status}")
    if answer.ok:
        return Verdict(address=address, standing="confirmed", where=address.url, what="the page answers")
    return declared(address, host, answer.said)
