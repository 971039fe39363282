"""What was really paid: GitHub's, Open Collective's and a bank's CSV against a round of the ledger.

Columns are found by name in any order and spelling of case; what cannot be read is listed, never guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from depfund.errors import LedgerError
from depfund.money import exponent
from depfund.rounds.replay import Round, State

__all__ = ["FORMS", "Match", "Receipt", "events", "match", "read"]

Form = Literal["github", "open_collective", "bank"]
FORMS: tuple[Form, ...] = ("github", "open_collective", "bank")

_WHO: dict[Form, tuple[str, ...]] = {
    "github": ("sponsored handle", "maintainer username", "sponsorable", "sponsorable login", "sponsored account",
               "maintainer", "sponsored", "handle", "login"),
    "open_collective": ("collective slug", "opposite account slug", "to account slug", "to slug", "collective",
                        "opposite account handle", "recipient", "slug", "payee"),
    "bank": ("payee", "beneficiary", "beneficiary name", "counterparty", "recipient", "creditor", "name",
             "description", "reference", "memo", "payment reference", "remittance information"),
}  # fmt: skip
_AMOUNT = ("processed amount", "amount paid", "actual amount", "sponsorship amount in usd", "amount", "net amount",
           "debit", "paid", "total", "sponsorship amount", "gross amount", "value")  # fmt: skip
_CURRENCY = ("currency", "host currency", "amount currency", "account currency")
_NOTES = ("status", "transaction status", "state")
_UNPAID = frozenset({"failed", "canceled", "cancelled", "rejected", "pending", "error", "declined", "reversed"})
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?", re.ASCII)
_SIGNS = str.maketrans("", "", "$€£¥ \u00a0\u202f'’")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One line of the file: ``texts`` that may name the payee, ``minor`` units paid (a refund is negative)."""

    line: int
    texts: tuple[str, ...]
    minor: int
    currency: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """``kind``: matched, different, missing (due, not in the file), unknown (in the file, not due), unread, done.

    ``expected`` and ``actual`` are minor units; ``lines`` those of the file.
    """

    kind: Literal["matched", "different", "missing", "unknown", "unread", "done"]
    payee: str
    expected: int = 0
    actual: int = 0
    lines: tuple[int, ...] = ()
    reason: str = ""


def read(text: str, currency: str, form: Form | None = None, *, file: str = "this file") -> tuple[Form, list[Receipt]]:
    """The lines of a CSV file. ``form`` is known by its columns where it is not given.

    A payer's own statement shows payments as negative: where most amounts of a bank or Open Collective file are
    negative, the signs are turned. Raises :class:`~depfund.errors.LedgerError` when the columns cannot be found.
    """
    lines = text.removeprefix("\ufeff")
    head = lines.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    rows = list(csv.reader(io.StringIO(lines, newline=""), delimiter=mark))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise LedgerError(f"{file} is empty; export it again with its column names.")
    names = [_plain(cell) for cell in rows[0]]
    kind = form or _form(names)
    who = [names.index(name) for name in _WHO[kind] if name in names]
    amounts = [names.index(name) for name in _AMOUNT if name in names]
    if not who or not amounts:
        raise LedgerError(
            f"{file} has no column for {'the payee' if not who else 'the amount'} that a {kind} export has; its "
            f"columns are {', '.join(rows[0])}. Rename one to {'payee' if not who else 'amount'}."
        )
    found = [
        _receipt(at, row, names, who if kind == "bank" else who[:1], amounts[0], currency)
        for at, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]
    signs = [one.minor for one in found if one.minor]
    if kind != "github" and sum(minor < 0 for minor in signs) * 2 > len(signs):
        found = [
            Receipt(line=r.line, texts=r.texts, minor=-r.minor, currency=r.currency, problem=r.problem) for r in found
        ]
    return kind, found


def _plain(name: str) -> str:
    """``toAccountSlug``, ``To_Account Slug`` → ``to account slug``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.strip())
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower()))


def _form(names: Sequence[str]) -> Form:
    for kind in ("github", "open_collective"):
        if any(name in names for name in _WHO[kind][:4]):
            return kind
    return "bank"


def _receipt(
    line: int, row: Sequence[str], names: Sequence[str], who: Sequence[int], amount: int, currency: str
) -> Receipt:
    def cell(at: int) -> str:
        return row[at].strip() if at < len(row) else ""

    texts = tuple(cell(at) for at in who if cell(at))
    code = next(
        (cell(names.index(name)).upper() for name in _CURRENCY if name in names and cell(names.index(name))), ""
    )
    raw = cell(amount)
    if word := re.search(r"\b[A-Za-z]{3}\b", raw):
        code = code or word[0].upper()
        raw = raw.replace(word[0], "")
    state = next((cell(names.index(name)).lower() for name in _NOTES if name in names), "")
    if state in _UNPAID:
        return Receipt(line=line, texts=texts, minor=0, currency=code or currency, problem=f"it is marked {state}")
    minor = _minor(raw, code or currency)
    problem = "" if minor is not None else f"{cell(amount)!r} is no amount in {code or currency}"
    if not texts:
        problem = "it names nobody"
    return Receipt(line=line, texts=texts, minor=minor or 0, currency=code or currency, problem=problem)


def _minor(text: str, currency: str) -> int | None:
    plain = text.translate(_SIGNS)
    minus = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1] if minus else plain
    point, comma = plain.rfind("."), plain.rfind(",")
    if point > 0 and comma > 0:
        plain = plain.replace("." if comma > point else ",", "").replace(",", ".")
    elif comma > 0:
        thousands = re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", plain)
        plain = plain.replace(",", "" if thousands else ".")
    if not _NUMBER.fullmatch(plain):
        return None
    try:
        value = Decimal(plain).scaleb(exponent(currency))
    except (InvalidOperation, ValueError):
        return None
    return None if value != int(value) else -int(value) if minus else int(value)


def match(state: State, this: Round, receipts: Iterable[Receipt], form: Form) -> list[Match]:
    """Each payee of the round against the lines that name it; sorted by kind and payee.

    ``missing`` are payees due over the platform of the file (a bank's file: over any other) that no line names.
    """
    names = _names(state, this, form)
    sums: dict[str, tuple[int, tuple[int, ...]]] = {}
    found: list[Match] = []
    for one in receipts:
        payee = _who(one.texts, names, form)
        shown = one.texts[0] if one.texts else ""
        if one.problem or one.currency != this.currency:
            reason = one.problem or f"it is in {one.currency}, the round in {this.currency}"
            found.append(Match(kind="unread", payee=payee or shown, lines=(one.line,), reason=reason))
        elif payee is None:
            found.append(Match(kind="unknown", payee=shown, actual=one.minor, lines=(one.line,)))
        else:
            total, lines = sums.get(payee, (0, ()))
            sums[payee] = total + one.minor, (*lines, one.line)
    for payee, expected in this.paid.items():
        if payee in this.actual:
            found.append(Match(kind="done", payee=payee, expected=expected, actual=this.actual[payee]))
        elif payee in sums:
            total, lines = sums[payee]
            if total < 0:
                reason = "more was returned than paid"
                found.append(Match(kind="unread", payee=payee, expected=expected, lines=lines, reason=reason))
                continue
            kind: Literal["matched", "different"] = "matched" if total == expected else "different"
            found.append(Match(kind=kind, payee=payee, expected=expected, actual=total, lines=lines))
        elif expected and _covers(form, state, this, payee):
            found.append(Match(kind="missing", payee=payee, expected=expected))
    order = {"different": 0, "missing": 1, "unknown": 2, "unread": 3, "matched": 4, "done": 5}
    return sorted(found, key=lambda one: (order[one.kind], one.payee, one.lines))


def _channel(state: State, this: Round, payee: str) -> str:
    return this.channels.get(payee) or state.channels.get(payee) or payee


def _covers(form: Form, state: State, this: Round, payee: str) -> bool:
    platform = _channel(state, this, payee).partition(":")[0]
    return platform == form if form != "bank" else platform not in FORMS


def _names(state: State, this: Round, form: Form) -> dict[str, str]:
    """Spelling in lower case → payee; spellings that mean two payees are left out."""
    found: dict[str, set[str]] = {}
    for payee in this.paid:
        keys = {payee, _channel(state, this, payee), *(old for old in state.aliases if state.name(old) == payee)}
        for key in keys:
            platform, _, handle = key.partition(":")
            found.setdefault(key.lower(), set()).add(payee)
            if handle and (form in {"bank", platform}):
                found.setdefault(handle.lower(), set()).add(payee)
    return {name: next(iter(payees)) for name, payees in found.items() if len(payees) == 1}


def _who(texts: Sequence[str], names: dict[str, str], form: Form) -> str | None:
    for text in texts:
        plain = text.lower().strip().removeprefix("@")
        if plain in names:
            return names[plain]
    if form != "bank":
        return None
    hits = {
        payee
        for name, payee in names.items()
        if len(name) > 3 and any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.lower()) for text in texts)
    }
    return next(iter(hits)) if len(hits) == 1 else None


def events(this: Round, found: Iterable[Match], *, missing: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """``reconciled`` events for what matched or differs; with ``missing`` also for what did not arrive at all."""
    kinds = {"matched", "different", *(("missing",) if missing else ())}
    return [
        (
            "reconciled",
            {
                "period": this.period,
                "currency": this.currency,
                "payee": one.payee,
                "expected": one.expected,
                "actual": one.actual,
            },
        )
        for one in found
        if one.kind in kinds
    ]
