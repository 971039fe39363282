"""What the page shows, as plain values: the template only places them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from depfund.exports._amounts import figure, percent, signed
from depfund.exports._paths import Chains, label, who
from depfund.exports._safe import address
from depfund.model import Allocation, Payment

__all__ = ["Detail", "Row", "clip", "flatten", "payments"]

ROOM = 215_000
"""Characters that payment rows may take together before details are left to the JSON and CSV forms."""
ALWAYS = 50
"""So many of the largest payees have their details whatever the size."""
PACKAGES = 8


@dataclass(frozen=True, slots=True)
class Detail:
    """Why one payee gets what it gets."""

    packages: list[tuple[str, str]]
    more: str
    chain: list[str]
    effects: str
    evidence: list[tuple[str, str, str]]

    @property
    def size(self) -> int:
        """Roughly the characters it takes on the page."""
        text = sum(len(name) + len(amount) + 22 for name, amount in self.packages) + sum(map(len, self.chain))
        return text + len(self.effects) + 75 + sum(len(a) + 2 * len(b) + len(c) + 40 for a, b, c in self.evidence)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the payment table."""

    at: int
    name: str
    url: str
    key: str
    platform: str
    amount: str
    share: str
    bar: int
    summary: str
    confidence: str
    conflict: str
    detail: Detail | None = None


def clip(text: str, most: int = 120) -> str:
    """``text``, cut where a stranger made it long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def payments(plan: Allocation, order: tuple[int, ...]) -> list[Row]:
    """The payments, largest first; details for as many of the largest as :data:`ROOM` leaves after the lines."""
    code, whole = plan.budget.currency, plan.budget.minor
    chains = Chains(plan)
    top = max((payment.amount.minor for payment in plan.payments), default=0)
    ranked = [_ranked(plan.payments[place].because) for place in order]
    rows = [_row(at + 1, plan.payments[place], ranked[at], (code, whole, top)) for at, place in enumerate(order)]
    room = ROOM - sum(100 + len(row.name) + len(row.url) + len(row.key) + len(row.summary) for row in rows)
    for at, place in enumerate(order):
        if at >= ALWAYS and room <= 0:
            break
        detail = _detail(plan.payments[place], ranked[at], chains, code)
        room -= detail.size
        if at < ALWAYS or room >= 0:
            rows[at] = replace(rows[at], detail=detail)
    return rows


def _ranked(because: Mapping[str, int]) -> list[str]:
    return sorted(because, key=lambda purl: (-because[purl], purl))


def _row(at: int, payment: Payment, purls: list[str], sums: tuple[str, int, int]) -> Row:
    code, whole, top = sums
    names = list(dict.fromkeys(label(purl) for purl in purls))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    name, minor = who(payment), payment.amount.minor
    return Row(
        at=at,
        name=clip(name),
        url=address(payment.channel.url) if payment.channel else "",
        key=clip(payment.payee) if payment.payee != name else "",
        platform=payment.channel.platform if payment.channel else "",
        amount=figure(minor, code),
        share=percent(minor, whole),
        bar=-(-20 * minor // top) if top else 0,
        summary=clip(", ".join(names[:2]), 80) + more,
        confidence=f"{round(payment.confidence * 100)}%" if payment.confidence < 1 else "",
        conflict=clip(payment.conflict or "", 300),
    )


def _detail(payment: Payment, purls: list[str], chains: Chains, code: str) -> Detail:
    rest = sum(payment.because[purl] for purl in purls[PACKAGES:])
    moved = [effect for effect in payment.effects if effect.minor]
    effects = ", ".join(f"{effect.stage} {signed(effect.minor, code)}" for effect in moved) if len(moved) > 1 else ""
    evidence = payment.channel.evidence[:2] if payment.channel else ()
    return Detail(
        packages=[(clip(purl), figure(payment.because[purl], code)) for purl in purls[:PACKAGES]],
        more=f"and {len(purls) - PACKAGES} more packages with {figure(rest, code)}" if len(purls) > PACKAGES else "",
        chain=[clip(label(node), 60) for node in chains.to(purls[0])] if purls else [],
        effects=clip(effects, 400),
        evidence=[(clip(one.what), clip(one.where, 200), clip(one.seen, 20)) for one in evidence],
    )


def flatten(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """A nested mapping as lines ``a.b`` → text, without what is empty."""
    for key in sorted(value, key=str):
        item, name = value[key], f"{before}{key}"
        if isinstance(item, Mapping):
            if set(item) == {"minor", "currency"} and isinstance(item["minor"], int):
                yield name, f"{figure(item['minor'], item['currency'])} {item['currency']}"
            else:
                yield from flatten(item, name + ".")
        elif isinstance(item, (list, tuple)):
            if item and all(not isinstance(one, (Mapping, list, tuple)) for one in item):
                yield name, ", ".join(map(str, item))
            else:
                for at, one in enumerate(item):
                    yield from flatten(one if isinstance(one, Mapping) else {"": one}, f"{name}[{at}].")
        elif item not in (None, "", False):
            yield name, str(item)
