"""What the payer does for each payment: gross, fee and net, and what cannot be sent now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from depfund.model import Allocation, Channel, FeeLine, Held, Payment

__all__ = ["Entry", "Sheet", "entries", "identity", "refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One payment with its fee, in minor units: the payer sends ``gross``, ``net`` arrives."""

    payment: Payment
    gross: int
    fee: int
    net: int

    @property
    def channel(self) -> Channel | None:
        """How it is paid, where known."""
        return self.payment.channel

    @property
    def platform(self) -> str:
        """The platform's key, empty when no channel is known."""
        return self.payment.channel.platform if self.payment.channel else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A payout file: its text, what each payee gets in it (gross, minor units), what it could not take."""

    text: str
    placed: Sequence[tuple[str, int]] = ()
    held: Sequence[Held] = ()


def entries(plan: Allocation) -> list[Entry]:
    """The payments in their order, each with its fee line (none: what is sent arrives)."""
    lines: dict[tuple[str, str], FeeLine] = {(line.payee, line.platform): line for line in plan.fees.lines}
    found = []
    for payment in plan.payments:
        line = lines.get((payment.payee, payment.channel.platform if payment.channel else ""))
        amount = payment.amount.minor
        if line is None:
            found.append(Entry(payment=payment, gross=amount, fee=0, net=amount))
        else:
            found.append(Entry(payment=payment, gross=line.gross, fee=line.fee, net=line.net))
    return found


def refusal(entry: Entry, currency: str) -> str:
    """Why the money must not be sent by this channel now, or empty."""
    channel = entry.channel
    if channel is None:
        return ""
    if not channel.payable:
        words = {"not_enrolled": "is not enrolled", "archived": "is archived", "gone": "is gone"}
        return f"{channel.key} {words.get(channel.standing, channel.standing)}; name another channel and split again."
    low = channel.minimum
    if low is not None and low.currency == currency and entry.gross < low.minor:
        return f"below the payee's minimum of {low} on {channel.platform}."
    return ""


def identity(plan: Allocation, sent: int, kept: int) -> tuple[int, int]:
    """``(left, right)`` of the law over payout files; both sides are equal when nothing was lost.

    ``sent`` is the gross over all files, ``kept`` what the files could not take. Left: sent + kept + held + fees
    that are in no file. Right: the budget, and what fees cost on top of it.
    """
    found = entries(plan)
    within = sum(entry.gross - entry.payment.amount.minor for entry in found)
    apart = plan.fees.taken + plan.fees.on_top - within
    held = sum(item.minor for item in plan.held)
    return sent + kept + held + apart, plan.budget.minor + plan.fees.on_top
