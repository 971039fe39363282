"""invoices: payees of a funding.json manifest, and foundations: one line per payment, bank transfers marked.

A manifest's channel may be a bank account, a cheque or free text, which no button pays: ``kind`` says which, and
``address`` is what the manifest states. Check it with the payee before the first transfer.
"""

from __future__ import annotations

from collections.abc import Sequence

from depfund.exports._amounts import decimal
from depfund.exports._context import Context
from depfund.exports._entries import Entry, Sheet
from depfund.exports._safe import address
from depfund.exports.worklist import build
from depfund.model import Allocation

__all__ = ["HEADER", "kind", "render", "sheet"]

HEADER = ("payee", "name", "kind", "address", "amount", "currency", "fee", "net", "link", "manifest")
_KINDS = ("bank", "cheque", "cash", "payment-provider", "other")


def render(plan: Allocation, context: Context) -> str:  # noqa: ARG001
    """Columns of :data:`HEADER`; ``kind``: bank, payment-provider, cheque, cash, other, manifest, foundation."""
    from depfund.exports._routes import sheets

    return sheets(plan, "invoices")["invoices"].text


def kind(entry: Entry) -> str:
    """What sort of channel the manifest declares, read from its evidence (``bank: …``).

    ``manifest``: it declares no web address to pay at; open it for its bank account or the like.
    """
    channel = entry.channel
    if channel is None or channel.platform == "foundation":
        return "foundation"
    if address(channel.handle) and channel.handle in {item.where for item in channel.evidence}:
        return "manifest"
    for item in channel.evidence:
        words = item.what.lower().replace("=", " ").replace(":", " ").replace('"', " ").split()
        for name in _KINDS:
            if name in words:
                return name
    return "payment-provider" if address(channel.url) else "other"


def sheet(found: Sequence[Entry], currency: str) -> Sheet:
    """One row per payment."""

    def row(entry: Entry) -> Sequence[object]:
        channel = entry.channel
        manifest = (
            next((address(item.where) for item in channel.evidence if address(item.where)), "") if channel else ""
        )
        return (
            entry.payment.payee, entry.payment.name, kind(entry), channel.handle if channel else "",
            decimal(entry.gross, currency), currency, decimal(entry.fee, currency), decimal(entry.net, currency),
            address(channel.url) if channel else "", manifest,
        )  # fmt: skip

    return build(found, currency, HEADER, row, "invoices")
