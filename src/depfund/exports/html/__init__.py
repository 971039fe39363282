"""html: the report. One self-contained page: no script, no address is loaded, a policy in the page forbids both.

jinja2 escapes every value (autoescape), after control characters became visible (``finalize``); links are made only
of addresses that :func:`~depfund.exports._safe.address` allows. The template and the style are files beside this one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import label
from depfund.exports._safe import visible
from depfund.exports._sensitivity import ranges, rows
from depfund.exports._summary import Summary, grouped, sentence, summary, told
from depfund.exports.html._pictures import FlowPicture, flows, legend, treemaps
from depfund.exports.html._view import clip, flatten, payments
from depfund.model import Allocation

__all__ = ["render"]

_NOTES = 60
_NAMES = 40
_INDEXED = 400


def _shown(value: object) -> object:
    return visible(value) if type(value) is str else value


@cache
def _template() -> Template:
    made = Environment(autoescape=True, finalize=_shown, undefined=StrictUndefined, lstrip_blocks=True)
    return made.from_string(_text("report.html.j2"))


def _text(name: str) -> str:
    return files("depfund.exports.html").joinpath(name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    css = Environment(autoescape=False).from_string(_text("style.css")).render()  # noqa: S701 - our own style sheet
    return css.replace("\n", "")


def _csp(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def render(plan: Allocation, context: Context) -> str:
    """The page. Under 300 kB for 1,000 packages: beyond that, the smallest payees' details are left to csv and json."""
    found = summary(plan)
    style = _style()
    lines = payments(plan, found.order)
    code = plan.budget.currency
    pictures = flows(plan, found.order, context)
    values: dict[str, Any] = {
        "csp": _csp(style),
        "style": Markup(style),  # noqa: S704 - our own style sheet
        "title": f"{plan.budget} for our dependencies",
        "over": _over(plan, context),
        "headline": _headline(plan, found),
        "sentence": sentence(plan, found),
        "keys": _keys(plan, found),
        "code": code,
        "maps": treemaps(plan, found.order),
        "legend": legend(plan),
        "flows": pictures,
        "flow_text": _told(pictures, code),
        "rows": lines,
        "names": sorted(((line.name, line.at) for line in lines), key=lambda row: (row[0].casefold(), row[1]))
        if 10 < len(lines) <= _INDEXED
        else [],
        "held": _held(plan),
        "held_sum": figure(found.held, code),
        "weighting": _weighting(plan),
        "compared": [row for row in rows(context.compare) if row.weighting != plan.weights.weighting],
        "ranges": ranges(context.compare, plan)[:12],
        "coverage": _coverage(plan),
        "unpaid": _unpaid(plan),
        "policy": [(name, clip(value, 300)) for name, value in flatten(plan.policy)][:200],
        "conflicts": [line for line in lines if line.conflict],
        "fees": _fees(plan),
        "fees_text": _fees_text(plan),
        "notes": [(level, clip(message, 400)) for level, message in told(plan.notes, 5)[:_NOTES]],
        "note_count": len(plan.notes),
        "inputs": _inputs(plan, context),
        "generated": context.generated,
    }
    values["nav"] = _nav(values)
    made = _template().render(values)
    return "\n".join(line for line in made.split("\n") if line) + "\n"


def _over(plan: Allocation, context: Context) -> str:
    fund = plan.policy.get("fund")
    name = str(fund.get("name") or "") if isinstance(fund, Mapping) else ""
    return clip(
        " · ".join(part for part in (name, context.graph.root if context.graph else "", "funding report") if part)
    )


def _headline(plan: Allocation, found: Summary) -> str:
    people = "payee" if found.people == 1 else "payees"
    return f"{figure(found.paid, plan.budget.currency)} {plan.budget.currency} to {found.people} {people}"


def _keys(plan: Allocation, found: Summary) -> list[tuple[str, str, str]]:
    code, whole, cover = plan.budget.currency, plan.budget.minor, found.coverage
    keys = [("Budget", figure(whole, code), code), ("Paid", figure(found.paid, code), percent(found.paid, whole))]
    if found.held:
        keys.append(("Held", figure(found.held, code), percent(found.held, whole)))
    if found.fees or plan.fees.on_top:
        keys.append(
            (
                "Fees",
                figure(found.fees + plan.fees.on_top, code),
                "on top of the budget" if plan.fees.on_top else "of the budget",
            )
        )
    if cover.all_direct:
        keys.append(
            (
                "Direct dependencies",
                f"{cover.direct} of {cover.all_direct}",
                percent(cover.direct, cover.all_direct) + " covered",
            )
        )
    if cover.all_packages:
        keys.append(
            (
                "Packages",
                f"{cover.packages} of {cover.all_packages}",
                percent(cover.packages, cover.all_packages) + " covered",
            )
        )
    return keys


def _told(pictures: list[FlowPicture], code: str) -> str:
    """The flow picture in words, its ten widest bands."""
    if not pictures:
        return ""
    picture = pictures[0]
    widest = sorted(picture.flow.bands, key=lambda band: -band.minor)[:10]
    return "; ".join(
        f"{picture.names[band.source]} to {picture.names[band.target]}: {figure(band.minor, code)} {code}"
        for band in widest
    )


def _held(plan: Allocation) -> list[tuple[str, list[str], str | bool, str]]:
    code = plan.budget.currency
    made = []
    for group in grouped(plan.held)[:_NOTES]:
        names = [f"{clip(label(item.subject), 80)} {figure(item.minor, code)}" for item in group.items[:_NAMES]]
        rest = len(group.items) - len(names)
        more: str | bool = f"the first {len(names)} of {len(group.items)} shown" if rest else len(names) > 3
        made.append((clip(group.reason, 400), names, more, figure(group.minor, code)))
    return made


def _weighting(plan: Allocation) -> str:
    weights = plan.weights
    settings = ", ".join(f"{key} {value}" for key, value in sorted(weights.parameters.items()) if value != "none")
    nodes = len(weights.basis.members) if weights.basis else len(weights.values)
    units = {"version": "locked versions", "package": "packages", "project": "projects"}[weights.level]
    text = f"The weighting {weights.weighting}{f' ({settings})' if settings else ''} ran over {nodes} {units}"
    text += f"; {len(weights.values)} of them have weight. "
    return text + "The policy then turned weights into amounts, in whole minor units."


def _coverage(plan: Allocation) -> list[tuple[str, list[str]]]:
    """Lines of the plan's coverage: how many are there, have a known payee, can be paid, are paid."""
    made = []
    for name in ("direct", "packages", "projects", "weight"):
        row = plan.coverage.get(name)
        values = [row.get(step) for step in ("all", "resolved", "payable", "paid")] if isinstance(row, Mapping) else []
        counts = [value for value in values if isinstance(value, int)]
        if len(counts) == 4:
            texts = [percent(value, counts[0]) if name == "weight" else f"{value:,}" for value in counts]
            made.append((f"{name} dependencies" if name == "direct" else name, texts))
    return made


def _unpaid(plan: Allocation) -> tuple[int, list[str]]:
    """``(count, lines)`` of payees that get nothing this time, the largest first."""
    row = plan.coverage.get("unpaid")
    found = [
        (int(item.get("minor", 0)), str(key), str(item.get("reason", "")))
        for key, item in (row.items() if isinstance(row, Mapping) else ())
        if isinstance(item, Mapping)
    ]
    found.sort(key=lambda item: (-item[0], item[1]))
    code = plan.budget.currency
    lines = [f"{clip(key, 80)}, {figure(minor, code)}: {clip(reason, 200)}" for minor, key, reason in found[:_NAMES]]
    return len(found), lines


def _fees(plan: Allocation) -> list[tuple[str, str, str, str]]:
    code = plan.budget.currency
    sums: dict[str, list[int]] = {}
    for line in plan.fees.lines:
        row = sums.setdefault(line.platform, [0, 0, 0])
        for at, value in enumerate((line.gross, line.fee, line.net)):
            row[at] += value
    return [(name, *(figure(value, code) for value in row)) for name, row in sorted(sums.items())]  # type: ignore[misc]


def _fees_text(plan: Allocation) -> str:
    words = {"payee_bears": "Fees come out of what the payees get.", "pool_bears": "Fees come out of the budget.",
             "on_top": "Fees are paid on top of the budget."}  # fmt: skip
    return words[plan.fees.bearer]


def _inputs(plan: Allocation, context: Context) -> list[tuple[str, str]]:
    made = [(f"{name} digest", value) for name, value in sorted(plan.digests.items())]
    if context.graph:
        made += [(source.path, f"{source.format}, sha256 {source.sha256}") for source in context.graph.sources]
    return [(clip(name), clip(value, 200)) for name, value in made]


def _nav(values: dict[str, Any]) -> list[tuple[str, str]]:
    wanted = (
        ("map", "Where the money goes", values["maps"]), ("flow", "From what you use", values["flows"]),
        ("payments", "Payments", True), ("held", "Held", values["held"]), ("weighting", "How it was decided", True),
        ("conflicts", "Conflicts", values["conflicts"]), ("fees", "Fees", values["fees"]),
        ("unknown", "What we do not know", True), ("inputs", "Inputs", True),
    )  # fmt: skip
    return [(anchor, name) for anchor, name, there in wanted if there]
