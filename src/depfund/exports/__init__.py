"""Say it, pay it: an :class:`~depfund.model.Allocation` in, text out; one file per format.

:data:`EXPORTS` lists every format; a new one is one file and one line. Names that are not in it are looked for in
the entry points of the group ``depfund.exports`` (a callable ``(plan, context, **options) -> str``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._safe import visible
from depfund.exports._summary import told
from depfund.model import Allocation, Facts, Graph, Held, Weights

__all__ = [
    "EXPORTS",
    "Context",
    "Export",
    "held",
    "is_folder",
    "render",
    "render_comparison",
    "render_funding",
    "render_graph",
    "render_weights",
    "told",
    "visible",
    "write_all",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A format: ``module`` here holds ``function``, which is called with ``arguments`` besides the user's options."""

    name: str
    module: str
    title: str
    suffix: str
    function: str = "render"
    folder: bool = False
    arguments: Mapping[str, object] = field(default_factory=dict)


def _row(name: str, module: str, title: str, suffix: str, *, function: str = "render", **arguments: object) -> Export:
    return Export(name=name, module=module, title=title, suffix=suffix, function=function, arguments=arguments)


EXPORTS: tuple[Export, ...] = (
    # Say it
    _row("table", "table", "the terminal: who gets what, and what is held", ".txt"),
    _row("json", "document", "the allocation itself, to explain, export or split from again", ".json"),
    _row("csv", "spreadsheet", "a spreadsheet: payments, held and fees, summing to the budget", ".csv"),
    _row("markdown", "markdown", "a report for a wiki, an issue or a pull request", ".md"),
    _row("html", "html", "the report: one self-contained page, no script needed", ".html"),
    _row("notebook", "notebook", "an HTML fragment, which notebooks show by themselves", ".html"),
    _row("diff", "diff", "what changed since another allocation, as Markdown", ".md"),
    _row("diff-json", "diff", "what changed since another allocation, as JSON", ".json", function="render_json"),
    # Pay it
    Export(name="payouts", module="payouts", title="a folder: every payout file and a manifest of sums and digests",
           suffix="", folder=True),
    _row("github-sponsors", "github_sponsors", "GitHub Sponsors' bulk sponsorship CSV", ".csv"),
    _row("open-collective", "open_collective", "Open Collective: a worklist with prefilled contribution links", ".csv"),
    _row("thanks-dev", "worklist", "thanks.dev: a worklist with links and amounts", ".csv", platform="thanks_dev"),
    _row("liberapay", "worklist", "Liberapay: a worklist with links and amounts", ".csv", platform="liberapay"),
    _row("ko-fi", "worklist", "Ko-fi: a worklist with links and amounts", ".csv", platform="ko_fi"),
    _row("patreon", "worklist", "Patreon: a worklist with links and amounts", ".csv", platform="patreon"),
    _row("invoices", "invoices", "funding.json payees and foundations: one line per channel, bank marked", ".csv"),
    _row("custom", "worklist", "everybody whom no other payout file pays: links and amounts", ".csv"),
    _row("held", "withheld", "what is paid to nobody now, and why, the payout files' leftovers included", ".csv"),
    # Book it
    _row("beancount", "beancount", "Beancount: planned transactions that balance to zero", ".beancount"),
    _row("ledger-csv", "journal", "a double-entry journal as CSV", ".csv"),
    _row("accounting", "journal", "a double-entry journal as JSON", ".json", function="render_json"),
    _row("pledge", "pledge", "Open Source Pledge: the member record with this report", ".json"),
    # Say it elsewhere
    _row("cyclonedx", "cyclonedx", "the CycloneDX SBOM with funding references", ".cdx.json"),
    _row("spdx", "spdx", "the SPDX SBOM with funding references", ".spdx.json"),
    _row("badge", "badge", "a badge for the README, as SVG", ".svg"),
    _row("readme", "badge", "a README snippet: we fund our dependencies", ".md", function="render_readme"),
)  # fmt: skip

_BY_NAME = {row.name: row for row in EXPORTS} | {"worklist": next(row for row in EXPORTS if row.name == "custom")}


def _named(name: str) -> Export | None:
    return _BY_NAME.get(name.replace("_", "-"))


def is_folder(format: str) -> bool:
    """Whether ``format`` is written as a folder, by :func:`write_all`."""
    row = _named(format)
    return row is not None and row.folder


def render(plan: Allocation, format: str, context: Context | None = None, **options: object) -> str:
    """``plan`` as the text of ``format`` (a name of :data:`EXPORTS`).

    Raises :class:`~depfund.errors.ExportError` for an unknown format or option, and for an output that this plan
    cannot have (the message says what is missing).
    """
    row = _named(format)
    if row is None:
        function = _plugin(format)
    elif row.folder:
        raise ExportError(f"{row.name} is a folder of several files; write it with --output DIR (exports.write_all).")
    else:
        function = getattr(import_module(f"{__name__}.{row.module}"), row.function)
        taken = set(inspect.signature(function).parameters) - {"plan", "context"} - set(row.arguments)
        if unknown := sorted(set(options) - taken):
            known = f"it takes {', '.join(sorted(taken))}" if taken else "it takes none"
            raise ExportError(f"{row.name} has no option {unknown[0]!r}; {known}.")
        options = {**row.arguments, **options}
    return function(plan, context or Context(), **options)


def _plugin(name: str) -> Callable[..., str]:
    from importlib.metadata import entry_points

    for point in entry_points(group="depfund.exports"):
        if point.name == name:
            loaded: Callable[..., str] = point.load()
            return loaded
    known = ", ".join(row.name for row in EXPORTS)
    raise ExportError(f"'{visible(name)}' is not a format that depfund writes; the formats are {known}.")


def write_all(
    plan: Allocation,
    format: str | Path = "payouts",
    folder: str | Path | None = None,
    context: Context | None = None,
    **options: Any,
) -> list[Path]:
    """Write the files of a folder format under ``folder``; the paths, in the manifest's order.

    The sums are checked before anything is written: files + held + fees == budget. Each file appears whole or not at
    all. Raises :class:`~depfund.errors.ExportError`.
    """
    if folder is None or not is_folder(str(format)):
        raise ExportError(
            f"'{visible(str(format))}' is not a folder format, or no folder was named; see `depfund formats`."
        )
    from depfund.exports import payouts

    return payouts.write(plan, Path(folder), context or Context(), **options)


def held(plan: Allocation, format: str) -> tuple[Held, ...]:
    """What a payout file of ``format`` cannot take of its payments, with reasons; empty for other formats."""
    from depfund.exports import payouts

    row = _named(format)
    return payouts.held(plan, row.name) if row else ()


def render_graph(graph: Graph, format: str = "table") -> str:
    """A Graph as a ``table`` or Graphviz ``dot``."""
    from depfund.exports import listings

    return listings.dot_graph(graph) if format == "dot" else listings.graph(graph)


def render_funding(rows: Sequence[Mapping[str, Any]], facts: Facts) -> str:
    """Who can be paid, how, and on what evidence."""
    from depfund.exports import _long

    if len(rows) >= _long.MANY:
        return _long.funding(rows, facts)
    from depfund.exports import listings

    return listings.funding(rows, facts)


def render_weights(weights: Weights) -> str:
    """Weights as a table, largest first."""
    from depfund.exports import listings

    return listings.weights(weights)


def render_comparison(comparison: Mapping[str, Any]) -> str:
    """How much money moves between weightings, as a table."""
    from depfund.exports import listings

    return listings.comparison(comparison)
