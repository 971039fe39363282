"""Funding references per package for SBOMs: the channels of whoever is paid for it, and of whoever facts name."""

from __future__ import annotations

from depfund.exports._context import Context
from depfund.exports._safe import address
from depfund.graph import versionless
from depfund.model import Allocation, Channel

__all__ = ["References", "references"]

References = dict[str, list[tuple[str, str]]]


def references(plan: Allocation, context: Context) -> References:
    """Versionless purl → ``(platform, url)``, best first: paid channels, then the other payable ones of the facts."""
    found: References = {}

    def add(purl: str, channel: Channel | None) -> None:
        if channel is None or not channel.payable:
            return
        url = address(channel.url) or address(channel.handle)
        row = found.setdefault(versionless(purl), [])
        if url and (channel.platform, url) not in row:
            row.append((channel.platform, url))

    for payment in plan.payments:
        for purl in payment.because:
            add(purl, payment.channel)
    if context.facts is not None:
        for project in context.facts.projects.values():
            for key in project.payees:
                payee = context.facts.payees.get(key)
                for channel in payee.channels if payee else ():
                    for purl in project.packages:
                        add(purl, channel)
    return {purl: row for purl, row in found.items() if row}
