"""The two pictures, each once for a wide and once for a narrow screen (a style rule shows one of them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from depfund.errors import MoneyError
from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import label
from depfund.exports.html._flow import Flow, lay
from depfund.exports.html._treemap import squarify
from depfund.exports.html._view import clip
from depfund.model import Allocation
from depfund.money import apportion

__all__ = ["Cell", "FlowPicture", "Legend", "Treemap", "flows", "legend", "treemaps"]

CELLS = 36
PAYEES = 10
DIRECT = 12
OTHERS = "\0others"
_HUES = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the treemap, with as much of a label as fits in it."""

    x: str
    y: str
    w: str
    h: str
    hue: int
    title: str
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Treemap:
    """The money as areas."""

    id: str
    width: int
    height: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Legend:
    """A platform's colour and how much goes through it."""

    hue: int
    platform: str
    amount: str
    share: str


@dataclass(frozen=True, slots=True)
class FlowPicture:
    """A laid-out flow with its labels and colours by key."""

    id: str
    flow: Flow
    names: Mapping[str, str]
    hues: Mapping[str, int]
    amounts: Mapping[str, str]
    size: int


def _hues(plan: Allocation) -> dict[str, int]:
    """Platform → number of its colour, the largest sums first; 0 is for everything else and for what is held."""
    sums: dict[str, int] = {}
    for payment in plan.payments:
        platform = payment.channel.platform if payment.channel else ""
        sums[platform] = sums.get(platform, 0) + payment.amount.minor
    ranked = sorted((name for name in sums if name), key=lambda name: (-sums[name], name))
    return {name: at + 1 for at, name in enumerate(ranked[: _HUES - 1])}


def legend(plan: Allocation) -> list[Legend]:
    """The platforms of the plan by their sums; other ways of paying in one line."""
    hues, code = _hues(plan), plan.budget.currency
    sums: dict[str, int] = {}
    for payment in plan.payments:
        platform = payment.channel.platform if payment.channel else ""
        name = platform if platform in hues else "other"
        sums[name] = sums.get(name, 0) + payment.amount.minor
    if held := sum(item.minor for item in plan.held):
        sums["held"] = held
    if plan.fees.taken:
        sums["fees"] = plan.fees.taken
    order = sorted(sums, key=lambda name: (name in {"other", "held", "fees"}, -sums[name], name))
    return [
        Legend(
            hue=9 if name == "held" else hues.get(name, 0),
            platform=name,
            amount=figure(sums[name], code),
            share=percent(sums[name], plan.budget.minor),
        )
        for name in order
    ]


def treemaps(plan: Allocation, order: tuple[int, ...]) -> list[Treemap]:
    """Wide and narrow. The :data:`CELLS` largest payees, the others together, and what is held."""
    hues, code = _hues(plan), plan.budget.currency
    rows: list[tuple[int, int, str]] = []
    for at in order[:CELLS]:
        payment = plan.payments[at]
        platform = payment.channel.platform if payment.channel else ""
        rows.append((payment.amount.minor, hues.get(platform, 0), payment.name or payment.payee))
    if rest := sum(plan.payments[at].amount.minor for at in order[CELLS:]):
        rows.append((rest, 0, f"{len(order) - CELLS} others"))
    if held := sum(item.minor for item in plan.held):
        rows.append((held, 9, "held"))
    rows = sorted((row for row in rows if row[0]), key=lambda row: -row[0])
    if not rows:
        return []
    return [_treemap("wide", 960, 400, rows, code), _treemap("narrow", 360, 440, rows, code)]


def _treemap(name: str, width: int, height: int, rows: list[tuple[int, int, str]], code: str) -> Treemap:
    cells = []
    for (minor, hue, who), box in zip(rows, squarify([row[0] for row in rows], width, height), strict=True):
        amount = figure(minor, code)
        fits = int((box.w - 14) / 7.4)
        tall = box.h > 22  # noqa: PLR2004 - one line of text
        cells.append(
            Cell(
                x=f"{box.x:.1f}", y=f"{box.y:.1f}", w=f"{max(box.w - 1.5, 0.3):.1f}", h=f"{max(box.h - 1.5, 0.3):.1f}",
                hue=hue, title=f"{clip(who, 80)}: {amount} {code}",
                name=_fit(label(who) if "://" in who else who, fits) if tall else "",
                amount=amount if box.h > 42 and len(amount) <= fits else "",  # noqa: PLR2004 - two lines
            )
        )  # fmt: skip
    return Treemap(name, width, height, cells)


def _fit(text: str, most: int) -> str:
    """``text`` cut to ``most`` characters; nothing where only a stump would be left."""
    if len(text) <= most:
        return text
    return text[: most - 1] + "…" if most >= 4 else ""  # noqa: PLR2004


def flows(plan: Allocation, order: tuple[int, ...], context: Context) -> list[FlowPicture]:
    """Wide and narrow: from direct dependencies to the largest payees, by the explanation's exact attribution.

    Empty where there is no explanation by direct dependency.
    """
    code, hues = plan.budget.currency, _hues(plan)
    found: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}
    colours: dict[str, int] = {}
    for at in order[:PAYEES]:
        payment = plan.payments[at]
        by = context.why(payment.payee).get("by_direct") or {}
        weights = {str(key): value for key, value in by.items() if isinstance(value, int)} if isinstance(by, Mapping) else {}
        try:
            parts, _ = apportion(payment.amount.minor, weights)
        except MoneyError:
            continue
        who = "payee\0" + payment.payee
        for direct, minor in parts.items():
            if minor:
                found["direct\0" + direct, who] = found.get(("direct\0" + direct, who), 0) + minor
                names["direct\0" + direct] = label(direct)
        names[who] = payment.name or payment.payee
        colours[who] = hues.get(payment.channel.platform if payment.channel else "", 0)
    if not found:
        return []
    sums: dict[str, int] = {}
    for (direct, _), minor in found.items():
        sums[direct] = sums.get(direct, 0) + minor
    ranked = sorted(sums, key=lambda key: (-sums[key], key))
    kept = ranked if len(ranked) <= DIRECT else ranked[: DIRECT - 1]
    merged: dict[tuple[str, str], int] = {}
    for (direct, who), minor in found.items():
        key = direct if direct in set(kept) else OTHERS
        merged[key, who] = merged.get((key, who), 0) + minor
    left = kept if len(kept) == len(ranked) else [*kept, OTHERS]
    names[OTHERS] = f"{len(ranked) - len(kept)} others"
    right = list(dict.fromkeys(who for _, who in found))
    made = []
    for name, width, margin, fits in (("wide", 960, 250, 30), ("narrow", 360, 112, 15)):
        flow = lay(merged, left, right, width=width, margin=margin)
        amounts = {bar.key: figure(bar.minor, code) for bar in (*flow.left, *flow.right)}
        shown = {key: clip(text, fits) for key, text in names.items()}
        made.append(FlowPicture(name, flow, shown, colours, amounts, fits))
    return made
