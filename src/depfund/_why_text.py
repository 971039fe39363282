"""An explanation as lines of text for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from depfund.graph import versionless
from depfund.model import UNIT
from depfund.money import Money

if TYPE_CHECKING:
    from depfund.why import Explanation, Reason

__all__ = ["lines"]


def _percent(units: int) -> str:
    return f"{units * 100_00 // UNIT / 100:.2f}%"


def _short(key: str) -> str:
    if key.startswith("pkg:"):
        return versionless(key).partition("/")[2].replace("%40", "@") or key
    return key.removeprefix("https://github.com/").removeprefix("https://")


def lines(why: Explanation) -> Iterable[str]:
    """The explanation, line by line; what strangers' names and evidence hide is shown."""
    from depfund.exports import visible

    return map(visible, _lines(why))


def _lines(why: Explanation) -> Iterable[str]:
    currency = why.amount.currency
    verb = "gets" if why.kind == "payee" else "brings its payees"
    yield f"{why.subject} {verb} {why.amount}: {_percent(why.weight)} of the weight by {why.weighting}."
    if why.kind != "payee" and why.payees:
        yield f"  paid to: {', '.join(why.payees)}"
    if why.stages:
        yield "  stages:"
        for effect in why.stages:
            moved = Money(minor=abs(effect.minor), currency=currency)
            yield f"    {'+' if effect.minor >= 0 else '-'} {moved}  {effect.stage}"
    for purl, minor in sorted((why.because or {}).items(), key=lambda item: (-item[1], item[0]))[:12]:
        yield f"  because of {_short(purl)}: {Money(minor=minor, currency=currency)}"
    yield from _through_lines(why)
    for reason in why.reasons:
        yield from _reason_lines(reason)
    for channel in why.channels:
        confidence = "" if why.confidence is None else f", confidence {why.confidence:.2f}"
        yield f"  channel: {channel.key} ({channel.standing}{confidence}) {channel.url}"
        for evidence in channel.evidence:
            yield f"    {evidence.where}: {evidence.what}{f' (seen {evidence.seen})' if evidence.seen else ''}"
    for held in why.held:
        yield f"  held: {Money(minor=held.minor, currency=currency)}, {held.reason}"
    if why.conflict:
        yield f"  conflict of interest: {why.conflict}"
    for note in why.notes:
        yield f"  {note.level}: {note.message}"


def _through_lines(why: Explanation) -> Iterable[str]:
    """A portfolio's projects behind the amount, with a shortest path in each."""
    if not why.through:
        return
    for row in why.through["projects"]:
        amount = Money(minor=row["minor"], currency=why.amount.currency)
        path = f": you → {' → '.join(map(_short, row['path']))}" if row["path"] else ""
        yield f"  through {row['name']} {amount}{path}"
    others = why.through["others"]
    if others["projects"]:
        amount = Money(minor=others["minor"], currency=why.amount.currency)
        yield f"  through {others['projects']} other projects {amount}"


def _reason_lines(reason: Reason) -> Iterable[str]:
    role = "a direct dependency" if reason.direct else "reached through others"
    yield f"  {_short(reason.node)} ({role}) holds {_percent(reason.weight)}"
    if reason.paths:
        for path in reason.paths.top:
            units = f" {_percent(path.units)}" if reason.paths.counted else ""
            yield f"    you → {' → '.join(map(_short, path.nodes))}{units}"
        if reason.paths.others:
            yield f"    all other paths {_percent(reason.paths.others)}"
    if reason.breaks:
        names = ", ".join(map(_short, reason.breaks[:5]))
        more = f" and {len(reason.breaks) - 5} more" if len(reason.breaks) > 5 else ""
        yield f"    without it break: {names}{more}"
    if len(reason.leaves) > 1:
        yield f"    with it leave the lockfile: {len(reason.leaves)} projects"
