"""Which payout file a payment belongs to: a table of platforms, everything else in ``custom``."""

from __future__ import annotations

from importlib import import_module

from depfund.exports._entries import Entry, Sheet, entries
from depfund.model import Allocation

__all__ = ["FILES", "route", "sheets"]

FILES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("github-sponsors", "github_sponsors", frozenset({"github"})),
    ("open-collective", "open_collective", frozenset({"open_collective"})),
    ("thanks-dev", "worklist", frozenset({"thanks_dev"})),
    ("liberapay", "worklist", frozenset({"liberapay"})),
    ("ko-fi", "worklist", frozenset({"ko_fi"})),
    ("patreon", "worklist", frozenset({"patreon"})),
    ("invoices", "invoices", frozenset({"funding_json", "foundation"})),
    ("custom", "worklist", frozenset()),
)
"""Format, module, platforms; ``custom`` takes what no other takes."""

_ROUTES = {platform: name for name, _, platforms in FILES for platform in platforms}


def route(entry: Entry) -> str:
    """The format that pays ``entry``."""
    return _ROUTES.get(entry.platform, "custom")


def sheets(plan: Allocation, only: str | None = None) -> dict[str, Sheet]:
    """The payout file of each format (or of one): every payment of the plan is in exactly one, placed or held."""
    groups: dict[str, list[Entry]] = {name: [] for name, _, _ in FILES}
    for entry in entries(plan):
        groups[route(entry)].append(entry)
    made: dict[str, Sheet] = {}
    for name, module, _ in FILES:
        if only is None or name == only:
            made[name] = import_module(f"depfund.exports.{module}").sheet(groups[name], plan.budget.currency)
    return made
