"""What was really paid, from the platforms' own exports: matched, different, missing, unexpected."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from depfund.errors import LedgerError
from depfund.money import Money, exponent
from depfund.rounds.replay import Round, State

__all__ = ["Match", "match", "read_payments"]

_WHO = (
    "payee", "maintainer username", "sponsored maintainer", "sponsored account", "sponsorable login", "login",
    "collective slug", "collective", "slug", "to account", "toaccount", "account", "recipient", "beneficiary",
    "name", "reference", "description",
)  # fmt: skip
_AMOUNT = (
    "amount", "sponsorship amount in usd", "processed amount", "transaction amount", "amount in usd", "net amount",
    "amount single column", "paid", "debit", "value", "total",
)  # fmt: skip
_CURRENCY = ("currency", "amount currency", "ccy")
_REFERENCE = ("transaction id", "id", "transaction", "order", "invoice", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One payee of the round: what was to be paid and what arrived, in minor units."""

    status: Literal["matched", "different", "missing", "unexpected"]
    payee: str
    expected: int
    actual: int
    reference: str = ""


def read_payments(text: str, currency: str, *, name: str = "the file") -> list[tuple[str, int, str]]:
    """``(who, minor units, reference)`` rows of a CSV: GitHub's and Open Collective's exports, a bank's.

    The columns are found by their names; amounts may carry a sign, a currency sign and thousands separators; a row in
    another currency is refused. Raises :class:`~depfund.errors.LedgerError` naming the line.
    """
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), dialect=dialect)
    names = {(column or "").strip().lower().strip("\ufeff"): column for column in rows.fieldnames or ()}
    who, amount = _column(names, _WHO), _column(names, _AMOUNT)
    if who is None or amount is None:
        raise LedgerError(
            f"{name} has no column for the {'payee' if who is None else 'amount'}; name one 'payee', one 'amount'."
        )
    unit, reference = _column(names, _CURRENCY), _column(names, _REFERENCE)
    found: list[tuple[str, int, str]] = []
    try:
        for line, row in enumerate(rows, 2):
            person, raw = (row.get(who) or "").strip(), (row.get(amount) or "").strip()
            if not person or not raw:
                continue
            stated = (row.get(unit) or currency).strip().upper() if unit else currency
            if stated != currency:
                raise LedgerError(f"{name}, line {line}: the payment is in {stated}, the round in {currency}.")
            label = (row.get(reference) or "").strip() if reference and reference != who else ""
            found.append((person, _minor(raw, currency, f"{name}, line {line}"), label))
    except csv.Error as error:
        raise LedgerError(f"{name} is no CSV: {error}.") from error
    return found


def match(this: Round, rows: list[tuple[str, int, str]], state: State) -> list[Match]:
    """The round's payments against ``rows``, each payee's rows summed; sorted, what was not paid at all last."""
    names: dict[str, str] = {}
    for payee in this.paid:
        channel = this.channels.get(payee, "")
        for spelling in (payee, payee.partition(":")[2], channel, channel.partition(":")[2]):
            if spelling:
                names.setdefault(spelling.lower(), payee)
    sums: dict[str, int] = {}
    labels: dict[str, str] = {}
    strange: dict[str, int] = {}
    for who, minor, reference in rows:
        known = names.get(who.lower()) or names.get(state.name(who.lower())) or _inside(who.lower(), names)
        if known is None:
            strange[who] = strange.get(who, 0) + minor
        else:
            sums[known] = sums.get(known, 0) + minor
            labels[known] = labels.get(known) or reference
    found = [
        Match(
            status="missing" if payee not in sums else "matched" if sums[payee] == due else "different",
            payee=payee,
            expected=due,
            actual=sums.get(payee, 0),
            reference=labels.get(payee, ""),
        )
        for payee, due in sorted(this.paid.items())
    ]
    found += [Match(status="unexpected", payee=who, expected=0, actual=minor) for who, minor in sorted(strange.items())]
    return found


def _inside(text: str, names: Mapping[str, str]) -> str | None:
    """A bank's free text that names exactly one payee as a word."""
    words = {word.strip(".,;:()[]") for word in text.replace("/", " ").split()}
    payees = {names[word] for word in words if word in names}
    return payees.pop() if len(payees) == 1 else None


def _column(names: Mapping[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _minor(text: str, currency: str, place: str) -> int:
    plain = "".join(sign for sign in text if sign.isdigit() or sign in ".,-")
    if plain.rfind(",") > plain.rfind(".") and len(plain) - plain.rfind(",") - 1 == exponent(currency):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        value = abs(Decimal(plain.replace(",", "")))
        return Money.parse(value, currency).minor
    except (InvalidOperation, ValueError) as error:
        raise LedgerError(f"{place}: {text!r} is no amount in {currency}.") from error
