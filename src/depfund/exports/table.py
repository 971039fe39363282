"""table: the terminal. Says what the page says, in short; plain text unless colour is asked for."""

from __future__ import annotations

import io
import shutil

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import Chains, label, who
from depfund.exports._safe import visible
from depfund.exports._sensitivity import rows as compared
from depfund.exports._summary import grouped, sentence, summary, told
from depfund.model import Allocation

__all__ = ["grid", "paint", "render", "text"]

SHOWN = 200


def render(
    plan: Allocation, context: Context, *, width: int | None = None, color: bool = False, rows: int = SHOWN
) -> str:
    """The payments, largest first (at most ``rows``), what is held, and how much another weighting would move.

    ``width`` defaults to the terminal's; ``color`` adds ANSI styles and is for terminals only.
    """
    found = summary(plan)
    code, whole = plan.budget.currency, plan.budget.minor
    chains = Chains(plan)
    made = grid(("Payee", "left"), (code, "right"), ("Share", "right"), ("By", "left"), ("Because of", "left"))
    for at in found.order[:rows]:
        payment = plan.payments[at]
        purls = sorted(payment.because, key=lambda purl: (-payment.because[purl], purl))
        names = list(dict.fromkeys(label(purl) for purl in purls))
        chain = chains.to(purls[0]) if purls else []
        why = ", ".join(names[:2]) + (f" +{len(names) - 2}" if len(names) > 2 else "")
        if len(chain) > 1:
            why += f" (via {label(chain[0])})"
        made.add_row(
            text(who(payment), "bold"),
            text(figure(payment.amount.minor, code)),
            text(percent(payment.amount.minor, whole)),
            text(payment.channel.key if payment.channel else f"{payment.payee} (no channel known)"),
            text(why, "dim"),
        )
    parts: list[Table | Text] = [text(sentence(plan, found), "bold"), text(""), made]
    if len(found.order) > rows:
        rest = sum(plan.payments[at].amount.minor for at in found.order[rows:])
        parts.append(
            text(f"and {len(found.order) - rows} more payees with {figure(rest, code)} {code}; csv has them all")
        )
    if plan.held:
        kept = grid((f"Held, {code}", "right"), ("For", "left"), ("Why", "left"))
        for group in grouped(plan.held)[:20]:
            first = label(group.items[0].subject)
            more = f" and {len(group.items) - 1} more" if len(group.items) > 1 else ""
            kept.add_row(text(figure(group.minor, code)), text(first + more), text(group.reason))
        parts += [text(""), kept]
    conflicts = [who(payment) for payment in plan.payments if payment.conflict]
    if conflicts:
        parts += [text(""), text(f"Conflicts of interest, paid and disclosed: {', '.join(conflicts)}")]
    parts += [text(""), text(_weighting(plan, context), "dim")]
    loud = told(note for note in plan.notes if note.level != "info")
    parts += [text(f"{level}: {message}", "yellow") for level, message in loud[:12]]
    return paint(parts, width=width, color=color)


def _weighting(plan: Allocation, context: Context) -> str:
    weights = plan.weights
    settings = ", ".join(f"{key} {value}" for key, value in sorted(weights.parameters.items()) if value != "none")
    line = f"Weighting: {weights.weighting}{f' ({settings})' if settings else ''}, level {weights.level}."
    others = [f"{row.weighting} {row.moved}" for row in compared(context.compare) if row.weighting != weights.weighting]
    return f"{line} Another would move of the money: {', '.join(others)}." if others else line


def text(value: str, style: str = "") -> Text:
    """``value`` as itself: no markup is read in it, control characters are shown as escapes."""
    return Text(visible(value), style=style)


def grid(*columns: tuple[str, str]) -> Table:
    """An empty table with a rule under its header."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=False)
    for header, justify in columns:
        made.add_column(header, justify=justify, overflow="fold", no_wrap=justify == "right")  # type: ignore[arg-type]
    return made


def paint(parts: list[Table | Text], *, width: int | None = None, color: bool = False) -> str:
    """Rich values as text of ``width`` columns, without trailing blanks."""
    console = Console(
        file=io.StringIO(),
        width=max(width or shutil.get_terminal_size((100, 24)).columns, 40),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in parts:
        console.print(part)
    stream = console.file
    assert isinstance(stream, io.StringIO)  # noqa: S101 - made five lines above
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
