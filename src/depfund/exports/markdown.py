"""markdown: the report for a wiki, an issue or a pull request. Says what the page says, in short."""

from __future__ import annotations

from collections.abc import Iterator

from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import Chains, label, who
from depfund.exports._safe import code as span
from depfund.exports._safe import markdown, markdown_link
from depfund.exports._sensitivity import ranges, rows
from depfund.exports._summary import grouped, sentence, summary, told
from depfund.model import Allocation, Payment

__all__ = ["render"]

_SHOWN = 5


def render(plan: Allocation, context: Context) -> str:
    """GitHub-flavoured Markdown; names and links of strangers are escaped."""
    return "\n".join(_lines(plan, context)) + "\n"


def _lines(plan: Allocation, context: Context) -> Iterator[str]:
    found = summary(plan)
    code = plan.budget.currency
    yield f"# {markdown(str(plan.budget))} for our dependencies"
    yield ""
    yield markdown(sentence(plan, found))
    if context.generated:
        yield f"Made on {markdown(context.generated)}."
    yield ""
    yield from _payments(plan, context, found.order)
    yield from _held(plan)
    yield from _fees(plan)
    yield from _weighting(plan, context)
    conflicts = [p for p in plan.payments if p.conflict]
    if conflicts:
        yield from ("## Conflicts of interest, paid and disclosed", "")
        yield from (
            f"- {_who(p)}: {figure(p.amount.minor, code)} {code}, {markdown(p.conflict or '')}" for p in conflicts
        )
        yield ""
    if plan.notes:
        yield from ("## What we do not know", "")
        yield from (f"- {level}: {markdown(message)}" for level, message in told(plan.notes, 5))
        yield ""
    if plan.digests:
        yield from ("## Digests", "")
        yield from (f"- {markdown(key)}: {span(value)}" for key, value in sorted(plan.digests.items()))


def _who(payment: Payment) -> str:
    url = payment.channel.url if payment.channel else ""
    return markdown_link(who(payment), url)


def _payments(plan: Allocation, context: Context, order: tuple[int, ...]) -> Iterator[str]:  # noqa: ARG001
    code, whole = plan.budget.currency, plan.budget.minor
    chains = Chains(plan)
    yield from (
        "## Payments",
        "",
        f"| Payee | {code} | Share | By | For | Because |",
        "| --- | --: | --: | --- | --- | --- |",
    )
    for at in order:
        payment = plan.payments[at]
        purls = sorted(payment.because, key=lambda purl: (-payment.because[purl], purl))
        names = list(dict.fromkeys(label(purl) for purl in purls))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        chain = chains.to(purls[0]) if purls else []
        via = " → ".join(span(label(node)) for node in chain) if len(chain) > 1 else "direct" if chain else ""
        by = payment.channel.platform if payment.channel else "no channel known"
        yield (
            f"| {_who(payment)} | {figure(payment.amount.minor, code)} | {percent(payment.amount.minor, whole)} "
            f"| {markdown(by)} | {', '.join(span(name) for name in names[:_SHOWN])}{more} | {via} |"
        )
    yield ""


def _held(plan: Allocation) -> Iterator[str]:
    if not plan.held:
        return
    code = plan.budget.currency
    yield from ("## Held", "", f"| {code} | For | Why |", "| --: | --- | --- |")
    for group in grouped(plan.held):
        names = ", ".join(span(label(item.subject)) for item in group.items[:_SHOWN])
        more = f" and {len(group.items) - _SHOWN} more" if len(group.items) > _SHOWN else ""
        yield f"| {figure(group.minor, code)} | {names}{more} | {markdown(group.reason)} |"
    yield ""


def _fees(plan: Allocation) -> Iterator[str]:
    fees, code = plan.fees, plan.budget.currency
    if not fees.lines:
        return
    gross, fee, net = (sum(getattr(line, key) for line in fees.lines) for key in ("gross", "fee", "net"))
    yield from ("## Fees", "")
    words = {
        "payee_bears": "taken from what the payees get",
        "pool_bears": "taken from the budget",
        "on_top": "paid on top",
    }
    yield (
        f"{figure(fee, code)} {code} of {figure(gross, code)} {code} sent, {words[fees.bearer]}; "
        f"{figure(net, code)} {code} arrives where a fee is known."
    )
    yield ""


def _weighting(plan: Allocation, context: Context) -> Iterator[str]:
    weights = plan.weights
    settings = ", ".join(f"{key} {value}" for key, value in sorted(weights.parameters.items()) if value != "none")
    yield from ("## How the weighting decides", "")
    yield (
        f"Weights by {span(weights.weighting)}{markdown(f' ({settings})') if settings else ''} "
        f"on {len(weights.basis.members) if weights.basis else len(weights.values)} nodes at the level {weights.level}."
    )
    yield ""
    if compared := [row for row in rows(context.compare) if row.weighting != weights.weighting]:
        yield from ("| Another weighting | moves | rank agreement (τ) |", "| --- | --: | --: |")
        yield from (f"| {span(row.weighting)} | {markdown(row.moved)} | {markdown(row.tau)} |" for row in compared)
        yield ""
    if wide := ranges(context.compare, plan)[:3]:
        yield (
            "Most in doubt: "
            + ", ".join(f"{markdown(who)} (between {markdown(low)} and {markdown(high)})" for who, low, high in wide)
            + "."
        )
        yield ""
