"""The ledger as other people's files: CSV, JSON, Beancount."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from depfund.errors import ExportError
from depfund.money import Money
from depfund.rounds.events import Event
from depfund.rounds.replay import Round, State

__all__ = ["FORMATS", "plain", "render", "round_plain"]

FORMATS = ("json", "csv", "beancount")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def round_plain(this: Round) -> dict[str, Any]:
    """A round as JSON takes it; accruals are exact fractions of minor units."""
    return {
        "period": this.period,
        "currency": this.currency,
        "status": this.status,
        "budget": this.budget,
        "accruals": {payee: str(share) for payee, share in this.accruals.items()},
        "fixed": dict(this.fixed),
        "held": this.held,
        "holds": {subject: minor for subject, minor in this.holds.items() if minor},
        "instalments": dict(this.instalments),
        "paid": dict(this.paid),
        "withheld": list(this.withheld),
        "actual": dict(this.actual),
        "channels": dict(this.channels),
        "plan": this.plan,
    }


def plain(state: State) -> dict[str, Any]:
    """The whole state as JSON takes it (kind ``ledger``)."""
    return {
        "schema": 1,
        "kind": "ledger",
        "events": state.number,
        "head": state.head,
        "rounds": [round_plain(this) for this in state.rounds.values()],
        "balances": {code: {p: str(b) for p, b in rows.items()} for code, rows in state.balances.items()},
        "pool": {code: str(amount) for code, amount in state.pool.items()},
        "aliases": dict(state.aliases),
        "grants": dict(state.grants),
    }


def render(state: State, events: Iterable[Event], form: str) -> str:
    """The ledger as one of :data:`FORMATS`. Raises :class:`~depfund.errors.ExportError` for another."""
    if form == "json":
        return json.dumps(plain(state), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if form == "csv":
        return _csv(events)
    if form == "beancount":
        return _beancount(state, events)
    raise ExportError(f"{form!r} is no format of the ledger; the formats are {', '.join(FORMATS)}.")


def _csv(events: Iterable[Event]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["number", "at", "event", "period", "currency", "payee", "minor units", "hash"])
    for event in events:
        data = event.data
        rows: list[tuple[str, object]] = [(data.get("payee", ""), data.get("amount", data.get("actual", "")))]
        if event.kind == "opened":
            rows = [*data["accruals"].items(), *data.get("fixed", {}).items()]
        elif event.kind == "closed":
            rows = list(data["paid"].items()) or [("", "")]
        for payee, amount in rows:
            cells = [event.number, event.at, event.kind, *(_cell(data.get(key, "")) for key in ("period", "currency"))]
            writer.writerow([*cells, _cell(str(payee)), amount, event.hash])
    return out.getvalue()


def _cell(text: str) -> str:
    """Text for a spreadsheet: nothing hidden in it, and what would be taken for a formula begins with an apostrophe."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def _beancount(state: State, events: Iterable[Event]) -> str:
    """Closed rounds as transactions; what is saved is a liability until it is paid."""
    lines = ["; depfund ledger, head " + state.head]
    accounts: dict[str, str] = {}
    body: list[str] = []
    first = ""
    for event in events:
        if event.kind != "closed":
            continue
        this = state.round(event.data["period"], event.data["currency"])
        day = event.at[:10]
        first = first or day
        body += [f'{day} * "depfund" "round {_plain(this.period)}"']
        for payee, minor in this.paid.items():
            name = "Expenses:OpenSource:" + _account(payee)
            accounts[name] = this.currency
            body.append(f"  {name}  {Money(minor=minor, currency=this.currency).decimal()} {this.currency}")
        total = sum(this.paid.values())
        accounts["Assets:OpenSourceFund"] = this.currency
        body.append(f"  Assets:OpenSourceFund  {Money(minor=-total, currency=this.currency).decimal()} {this.currency}")
        body.append("")
    lines += [f"{first} open {name}" for name in sorted(accounts)]
    return "\n".join([*lines, "", *body])


def _account(payee: str) -> str:
    parts = re.findall(r"[A-Za-z0-9]+", payee)
    return "-".join(part[:1].upper() + part[1:] for part in parts) or "Unknown"


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() and char not in '"\\' else " " for char in text)


def whole(amount: Fraction) -> int:
    """The minor units of an exact amount, rounded down: for display only."""
    return amount.numerator // amount.denominator
