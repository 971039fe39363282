"""thanks-dev, liberapay, ko-fi, patreon, custom: platforms without an upload, as a list to work through.

One row per payment: whom, how much to send (gross), what arrives (net), and the link to open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from depfund.exports._amounts import decimal
from depfund.exports._context import Context
from depfund.exports._entries import Entry, Sheet, refusal
from depfund.exports._rows import sheet as csv_sheet
from depfund.exports._safe import address
from depfund.model import Allocation, Held

__all__ = ["HEADER", "build", "link", "render", "sheet"]

HEADER = ("payee", "name", "platform", "handle", "amount", "currency", "fee", "net", "link", "step")

_STEPS = {
    "thanks_dev": "thanks.dev takes no amounts per project: boost it there, or pay by another channel",
    "": "no channel is known: ask how they want to be paid",
}


def render(plan: Allocation, context: Context, *, platform: str = "custom") -> str:  # noqa: ARG001
    """The worklist of one ``platform`` (a key such as ``ko_fi``; ``custom``: everybody in no other payout file)."""
    from depfund.exports._routes import sheets

    name = platform.replace("_", "-")
    return sheets(plan, name)[name].text


def sheet(found: Sequence[Entry], currency: str) -> Sheet:
    """Columns of :data:`HEADER`."""

    def row(entry: Entry) -> Sequence[str | object]:
        channel = entry.channel
        step = _STEPS.get(entry.platform, "open the link and send the amount")
        if channel and not link(entry) and entry.platform:
            step = f"there is no web address: pay to {channel.handle}"
        return (
            entry.payment.payee, entry.payment.name, entry.platform, channel.handle if channel else "",
            decimal(entry.gross, currency), currency, decimal(entry.fee, currency), decimal(entry.net, currency),
            link(entry), step,
        )  # fmt: skip

    return build(found, currency, HEADER, row, "worklist")


def build(
    found: Sequence[Entry],
    currency: str,
    header: Sequence[str],
    row: Callable[[Entry], Sequence[object]],
    label: str,
) -> Sheet:
    """A sheet of the entries that may be paid; the others are held with their reason. Zero amounts have no row."""
    rows: list[Sequence[object]] = []
    placed: list[tuple[str, int]] = []
    held: list[Held] = []
    for entry in found:
        reason = refusal(entry, currency)
        if reason:
            held.append(Held(subject=entry.payment.payee, minor=entry.gross, reason=reason, code=f"export.{label}"))
        elif entry.gross:
            rows.append(row(entry))
            placed.append((entry.payment.payee, entry.gross))
    return Sheet(text=csv_sheet(header, rows), placed=placed, held=held)  # type: ignore[arg-type]


def link(entry: Entry) -> str:
    """The address to open, where there is a safe one."""
    return address(entry.channel.url) or address(entry.channel.handle) if entry.channel else ""
