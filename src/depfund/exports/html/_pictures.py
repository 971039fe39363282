"""The two pictures, each once for a wide and once for a narrow screen (a style rule shows one of them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from unicodedata import east_asian_width

from depfund.errors import MoneyError
from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import label
from depfund.exports._paths import who as named
from depfund.exports._safe import visible
from depfund.exports.html._flow import Flow, lay
from depfund.exports.html._treemap import squarify
from depfund.exports.html._view import clip
from depfund.model import Allocation
from depfund.money import apportion

__all__ = ["Cell", "FlowPicture", "Legend", "Treemap", "flows", "legend", "treemaps"]

CELLS = 120
NARROW = 60
PAYEES = 10
DIRECT = 12
OTHERS = "\0others"
_HUES = 7
_BROAD = frozenset("WMmw@%&…")


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
    last = {"other": 1, "held": 2, "fees": 3}
    order = sorted(sums, key=lambda name: (last.get(name, 0), -sums[name], name))
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
    made = []
    for name, width, height, cells in (("wide", 960, 400, CELLS), ("narrow", 360, 440, NARROW)):
        rows = _areas(plan, order, cells)
        if rows:
            made.append(_treemap(name, width, height, rows, plan.budget.currency))
    return made


def _areas(plan: Allocation, order: tuple[int, ...], cells: int) -> list[tuple[int, int, str]]:
    """``(minor units, colour, label)``, the largest first."""
    hues = _hues(plan)
    rows: list[tuple[int, int, str]] = []
    for at in order[:cells]:
        payment = plan.payments[at]
        platform = payment.channel.platform if payment.channel else ""
        rows.append((payment.amount.minor, hues.get(platform, 0), named(payment)))
    if rest := sum(plan.payments[at].amount.minor for at in order[cells:]):
        rows.append((rest, 0, f"{len(order) - cells} others"))
    if held := sum(item.minor for item in plan.held):
        rows.append((held, 9, "held"))
    return sorted((row for row in rows if row[0]), key=lambda row: -row[0])


def _treemap(name: str, width: int, height: int, rows: list[tuple[int, int, str]], code: str) -> Treemap:
    cells = []
    for (minor, hue, who), box in zip(rows, squarify([row[0] for row in rows], width, height), strict=True):
        amount = figure(minor, code)
        fits = int((box.w - 14) / 7.4)
        tall = box.h > 22
        cells.append(
            Cell(
                x=_short(box.x), y=_short(box.y), w=_short(max(box.w - 1.5, 0.3)), h=_short(max(box.h - 1.5, 0.3)),
                hue=hue, title=f"{clip(who, 80)}: {amount} {code}",
                name=_fit(who, fits) if tall else "",
                amount=amount if box.h > 42 and len(amount) <= fits else "",
            )
        )  # fmt: skip
    return Treemap(name, width, height, cells)


def _short(value: float) -> str:
    """One decimal place, without a zero behind it."""
    return f"{value:.1f}".removesuffix(".0")


def _fit(text: str, most: int) -> str:
    """``text`` cut to the room of ``most`` ordinary letters; nothing where only a stump would be left."""
    shown = visible(text)
    used = 0.0
    for at, char in enumerate(shown):
        used += 2 if east_asian_width(char) in "WF" else 1.7 if char in _BROAD else 1.25 if char.isupper() else 1
        if used > most:
            return shown[: at - 1].rstrip() + "…" if at > 3 else ""
    return shown


def _uncrossed(left: list[str], right: list[str], found: Mapping[tuple[str, str], int]) -> list[str]:
    """``left`` by the mean place of what each leads to: the barycentre rule of layered drawings (Sugiyama, 1981)."""
    place = {key: at for at, key in enumerate(right)}
    sums = {key: [0, 0] for key in left}
    for (source, target), minor in found.items():
        if source in sums:
            sums[source][0] += minor * place[target]
            sums[source][1] += minor
    return sorted(left, key=lambda key: (Fraction(sums[key][0], sums[key][1]), key))


def _units(found: object) -> dict[str, int]:
    """Direct dependency → units, from ``{direct: units}`` or, summed, from ``{node: {direct: units}}``."""
    if not isinstance(found, Mapping):
        return {}
    sums: dict[str, int] = {}
    for key, value in (found["shares"] if isinstance(found.get("shares"), Mapping) else found).items():
        for direct, units in value.items() if isinstance(value, Mapping) else [(key, value)]:
            if isinstance(units, int) and not isinstance(units, bool):
                sums[str(direct)] = sums.get(str(direct), 0) + units
    return sums


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
        weights = _units(context.why(payment.payee).get("by_direct"))
        try:
            parts, _ = apportion(payment.amount.minor, weights)
        except MoneyError:
            continue
        key = "payee\0" + payment.payee
        for direct, minor in parts.items():
            if minor:
                found["direct\0" + direct, key] = found.get(("direct\0" + direct, key), 0) + minor
                names["direct\0" + direct] = label(direct)
        names[key] = named(payment)
        colours[key] = hues.get(payment.channel.platform if payment.channel else "", 0)
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
    names[OTHERS] = f"{len(ranked) - len(kept)} others"
    right = list(dict.fromkeys(who for _, who in found))
    left = _uncrossed(kept, right, merged) + ([OTHERS] if len(kept) < len(ranked) else [])
    made = []
    for name, width, margin, fits in (("wide", 960, 250, 29), ("narrow", 360, 112, 13)):
        flow = lay(merged, left, right, width=width, margin=margin)
        amounts = {bar.key: figure(bar.minor, code) for bar in (*flow.left, *flow.right)}
        shown = {key: _fit(text, fits) for key, text in names.items()}
        made.append(FlowPicture(name, flow, shown, colours, amounts, fits))
    return made
