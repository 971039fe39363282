"""github-sponsors: GitHub's bulk sponsorship CSV.

Rules of the upload (GitHub's documentation, "Sponsoring accounts in bulk"): the two columns of :data:`HEADER`, one
row per login, whole US dollars, 1 to 12,000 each, and not below the maintainer's own minimum. One-time or monthly is
chosen at checkout for the whole file. What does not fit is held with its reason, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._entries import Entry, Sheet, refusal
from depfund.model import Allocation, Held
from depfund.money import Money

__all__ = ["HEADER", "LIMIT", "parts", "render", "sheet"]

HEADER = "Maintainer username,Sponsorship amount in USD"
LIMIT = 12_000
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}", re.IGNORECASE | re.ASCII)


def render(plan: Allocation, context: Context) -> str:  # noqa: ARG001
    """The CSV; what it could not take is in ``held`` (:func:`depfund.exports.held`)."""
    from depfund.exports._routes import sheets

    return sheets(plan, "github-sponsors")["github-sponsors"].text


def sheet(found: Sequence[Entry], currency: str) -> Sheet:
    """Payments of one login are summed before they are rounded down to whole dollars."""
    held: list[Held] = []
    logins: dict[str, list[Entry]] = {}
    for entry in found:
        handle = entry.channel.handle if entry.channel else ""
        if reason := _unfit(entry, handle, currency):
            held.append(_held(entry.payment.payee, entry.gross, reason, "not_in_file"))
        else:
            logins.setdefault(handle.lower(), []).append(entry)
    rows: list[tuple[str, int]] = []
    placed: list[tuple[str, int]] = []
    for login, group in logins.items():
        dollars, over, reason = _whole(group)
        payee = group[0].payment.payee
        if dollars:
            rows.append((login, dollars))
            placed.append((payee, dollars * 100))
        if over:
            held.append(_held(payee, over, reason, "lot" if dollars else "below_minimum"))
    return Sheet(text=_text(rows), placed=placed, held=held)


def _text(rows: Sequence[tuple[str, int]]) -> str:
    return "\n".join([HEADER, *(f"{login},{dollars}" for login, dollars in rows)]) + "\n"


def parts(text: str, rows: int) -> list[str]:
    """The file cut into several of at most ``rows`` sponsorships, each with the header."""
    if rows < 1:
        raise ExportError(f"a file of {rows} rows holds nothing; rows is 1 or more.")
    lines = text.splitlines()[1:]
    return ["\n".join([HEADER, *lines[at : at + rows]]) + "\n" for at in range(0, max(len(lines), 1), rows)]


def _unfit(entry: Entry, handle: str, currency: str) -> str:
    if currency != "USD":
        return (
            f"GitHub Sponsors takes US dollars, this plan is in {currency}; split a USD budget or name another channel."
        )
    if not _LOGIN.fullmatch(handle):
        return f"{handle!r} is not a GitHub login."
    channel = entry.channel
    return refusal(entry, currency) if channel and not channel.payable else ""


def _whole(group: Sequence[Entry]) -> tuple[int, int, str]:
    """``(dollars, minor units left over, why)`` for one login."""
    total = sum(entry.gross for entry in group)
    known = [
        e.channel.minimum for e in group if e.channel and e.channel.minimum and e.channel.minimum.currency == "USD"
    ]
    minimum = max((low.minor for low in known), default=100)
    dollars = total // 100
    if dollars < 1 or dollars * 100 < minimum:
        low = Money(minor=max(minimum, 100), currency="USD")
        return 0, total, f"below the payee's minimum of {low} on github."
    if dollars > LIMIT:
        return (
            LIMIT,
            total - LIMIT * 100,
            f"one sponsorship takes at most {LIMIT:,} USD; pay the rest in another round.",
        )
    return dollars, total - dollars * 100, "GitHub Sponsors takes whole dollars; these cents are left."


def _held(subject: str, minor: int, reason: str, code: str) -> Held:
    return Held(subject=subject, minor=minor, reason=reason, code=f"export.github-sponsors.{code}")
