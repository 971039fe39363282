"""The ledger's state is what its events add up to: a pure replay, with every event checked against what came before.

Balances are exact fractions of minor units, per currency; currencies never mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from depfund.errors import LedgerError
from depfund.money import fraction
from depfund.rounds.events import Event
from depfund.rounds.settlement import settle

__all__ = ["Round", "State", "replay"]


@dataclass(slots=True, kw_only=True)
class Round:
    """One period in one currency: opened with exact accruals, closed with payments, reconciled with what arrived."""

    period: str
    currency: str
    budget: int
    accruals: Mapping[str, Fraction]
    minimums: Mapping[str, int]
    lots: Mapping[str, int]
    fixed: Mapping[str, int]
    held: int
    plan: str
    channels: dict[str, str] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)
    instalments: dict[str, int] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    expiry: int = 0
    status: str = "open"
    paid: dict[str, int] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    actual: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    closed: int = 0


@dataclass(slots=True, kw_only=True)
class State:
    """Everything the ledger knows after ``number`` events.

    ``balances``: currency → payee → fraction of minor units. ``pool``: what expired or was left behind, to be split
    again. ``touched``: the event in which a balance last grew or was paid. ``terms``: each payee's latest minimum and
    lot, which hold for its balance in rounds without a share of its own. ``aliases``: merged and renamed payees.
    ``channels``: where each was paid last. ``origins``: each payee's latest channel and the projects it is paid for,
    which the payee lock looks at. ``grants``: lump sums in parts.
    """

    number: int = 0
    head: str = ""
    rounds: dict[tuple[str, str], Round] = field(default_factory=dict)
    balances: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    pool: dict[str, Fraction] = field(default_factory=dict)
    touched: dict[str, dict[str, int]] = field(default_factory=dict)
    terms: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    origins: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)

    def round(self, period: str, currency: str) -> Round:
        """The round of a period. Raises LedgerError when it was never opened."""
        found = self.rounds.get((period, currency))
        if found is None:
            known = ", ".join(f"{p} ({c})" for p, c in self.rounds) or "none"
            raise LedgerError(
                f"there is no round {period} in {currency}. Opened: {known}. `depfund round open` begins one."
            )
        return found

    def name(self, payee: str) -> str:
        """What ``payee`` is called now, after merges and renames."""
        while payee in self.aliases:  # a merge resolves both names first, so this ends
            payee = self.aliases[payee]
        return payee

    def balance(self, payee: str, currency: str) -> Fraction:
        """What ``payee`` has saved."""
        return self.balances.get(currency, {}).get(self.name(payee), Fraction(0))

    def due(self, held: Iterable[str], period: str, currency: str) -> tuple[dict[str, int], dict[str, Fraction]]:
        """What closing the round would pay, and the balances after it; payees in ``held`` accrue and are not paid."""
        this = self.round(period, currency)
        keep = {self.name(payee) for payee in held}
        sums = dict(self.balances.get(currency, {}))
        for payee, share in this.accruals.items():
            name = self.name(payee)
            sums[name] = sums.get(name, Fraction(0)) + share
        terms = self.terms.get(currency, {})
        minimums = {payee: least for payee, (least, _) in terms.items()}
        lots = {payee: lot for payee, (_, lot) in terms.items()}
        # An advance (a balance below zero, after more arrived than was due) is worked off before anything is paid.
        paid, after = settle({p: total for p, total in sums.items() if total >= 0}, {}, minimums, lots)
        after.update({p: total for p, total in sums.items() if total < 0})
        for payee in keep & paid.keys():
            after[payee] += paid[payee]
            paid[payee] = 0
        return {p: part for p, part in paid.items() if part}, {p: b for p, b in after.items() if b}


def replay(events: Iterable[Event], state: State | None = None) -> State:
    """The state after ``events``. Raises :class:`~depfund.errors.LedgerError` for one that cannot follow."""
    state = state or State()
    for event in events:
        step = _STEPS.get(event.kind)
        if step is None:
            raise LedgerError(
                f"event {event.number} is of kind {event.kind!r}, which this version of depfund does not know."
            )
        try:
            step(state, event.data, event.number)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise LedgerError(
                f"event {event.number} ({event.kind}) does not have the shape of its kind: {error!r}."
            ) from error
        state.number, state.head = event.number, event.hash
    return state


def _opened(state: State, data: Mapping[str, Any], number: int) -> None:
    key = (data["period"], data["currency"])
    if key in state.rounds:
        raise LedgerError(f"the round {key[0]} in {key[1]} was opened before (event {state.rounds[key].opened}).")
    accruals = {payee: _exact(share) for payee, share in data["accruals"].items()}
    fixed, held, carried = dict(data.get("fixed", {})), int(data.get("held", 0)), _exact(data.get("carried", 0))
    total = sum(accruals.values()) + sum(fixed.values()) + held
    promised, parts = _instalments(state, data)
    if total != data["budget"] + carried + promised or any(share < 0 for share in accruals.values()):
        raise LedgerError(
            f"the round {key[0]} accrues {total} of a budget of {data['budget']} minor units; they must be equal."
        )
    holds = dict(data.get("holds", {}))
    if held < 0 or sum(holds.values()) > held or min([carried, *fixed.values(), *holds.values()]) < 0:
        raise LedgerError(f"the round {key[0]} holds or pays less than nothing, or keeps more than it holds.")
    if carried > state.pool.get(key[1], Fraction(0)):
        raise LedgerError(f"the round {key[0]} carries {carried} minor units over; the pool holds less.")
    state.pool[key[1]] = state.pool.get(key[1], Fraction(0)) - carried
    minimums, lots = dict(data.get("minimums", {})), dict(data.get("lots", {}))
    terms = state.terms.setdefault(key[1], {})
    for payee in {*accruals, *minimums, *lots}:
        terms[state.name(payee)] = (minimums.get(payee, 0), lots.get(payee, 1))
    state.rounds[key] = Round(
        period=key[0],
        currency=key[1],
        budget=data["budget"],
        accruals=accruals,
        minimums=minimums,
        lots=lots,
        fixed=fixed,
        held=held,
        plan=data.get("plan", ""),
        channels=dict(data.get("channels", {})),
        holds=holds,
        instalments=parts,
        named=tuple(data.get("named", ())),
        expiry=data.get("expiry", 0),
        opened=number,
    )
    projects = data.get("projects", {})
    for payee in {*accruals, *fixed}:
        name = state.name(payee)
        before = state.origins.get(name, ("", ()))
        state.origins[name] = (
            data.get("channels", {}).get(payee, before[0]),
            tuple(projects.get(payee, before[1])),
        )


def _exact(value: object) -> Fraction:
    """A fraction as an event writes it: whole minor units, or text such as ``1999/3``."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"{value!r} is no amount")
    return fraction(value) if isinstance(value, str) else Fraction(value)


def _instalments(state: State, data: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """What this round pays of earlier grants: their sum, and grant → part. Each part is promised to one round only."""
    parts = dict(data.get("instalments", {}))
    asked = {grant for this in state.rounds.values() if this.status == "open" for grant in this.instalments}
    total = 0
    for grant, part in parts.items():
        found = state.grants.get(grant)
        if found is None or found["currency"] != data["currency"] or not 0 <= part < len(found["parts"]):
            raise LedgerError(f"there is no part {part} of a grant {grant!r} in {data['currency']}.")
        if grant in asked or found["parts"][part]["state"] == "paid":
            raise LedgerError(f"part {part} of {grant!r} is paid already, or by a round that is open.")
        total += found["parts"][part]["minor"]
    return total, parts


def _closed(state: State, data: Mapping[str, Any], number: int) -> None:
    this = state.round(data["period"], data["currency"])
    if this.status != "open":
        raise LedgerError(f"the round {this.period} in {this.currency} was closed before (event {this.closed}).")
    paid, after = state.due(data.get("withheld", ()), this.period, this.currency)
    if paid != data["paid"]:
        raise LedgerError(f"the payments of round {this.period} are not what its accruals and balances give.")
    touched = state.touched.setdefault(this.currency, {})
    for payee in {*this.accruals, *paid}:
        touched[state.name(payee)] = number
    state.balances[this.currency] = after
    keep = {state.name(payee) for payee in data.get("withheld", ())}
    this.paid = dict(sorted(paid.items()))
    for payee, minor in this.fixed.items():
        name = state.name(payee)
        if name in keep:
            _add(state, this.currency, name, Fraction(minor))
        else:
            this.paid[name] = this.paid.get(name, 0) + minor
    this.paid = {payee: this.paid[payee] for payee in sorted(this.paid)}
    for grant, part in this.instalments.items():
        state.grants[grant]["parts"][part]["state"] = "paid"
    this.withheld = tuple(data.get("withheld", ()))
    this.status, this.closed = "closed", number
    for payee, channel in this.channels.items():
        if state.name(payee) in this.paid:
            state.channels[state.name(payee)] = channel


def _reconciled(state: State, data: Mapping[str, Any], number: int) -> None:
    """What really arrived; the difference to what was to be paid goes back to the payee's balance."""
    del number
    this = state.round(data["period"], data["currency"])
    payee = data["payee"]
    if this.status != "closed" or data["actual"] < 0:
        raise LedgerError(f"the round {this.period} is not closed yet, or {payee} got less than nothing.")
    if payee in this.actual:
        raise LedgerError(f"{payee} is reconciled in round {this.period} already.")
    expected = this.paid.get(payee, 0)
    if expected != data["expected"]:
        raise LedgerError(f"{payee} was to get {expected} in round {this.period}, not {data['expected']}.")
    this.actual[payee] = data["actual"]
    _add(state, this.currency, payee, Fraction(expected - data["actual"]))


def _add(state: State, currency: str, payee: str, amount: Fraction) -> None:
    balances = state.balances.setdefault(currency, {})
    name = state.name(payee)
    balances[name] = balances.get(name, Fraction(0)) + amount
    if not balances[name]:
        del balances[name]


def _expired(state: State, data: Mapping[str, Any], number: int) -> None:
    """A balance goes to the pool: expiry, or a payee that left."""
    del number
    amount = _exact(data["amount"])
    if not 0 < amount <= state.balance(data["payee"], data["currency"]):
        raise LedgerError(f"{data['payee']} has no balance of {amount} in {data['currency']} to return.")
    _add(state, data["currency"], data["payee"], -amount)
    state.pool[data["currency"]] = state.pool.get(data["currency"], Fraction(0)) + amount


def _released(state: State, data: Mapping[str, Any], number: int) -> None:
    """What a round held for a project that nobody could be paid for goes to the pool."""
    del number
    this = state.round(data["period"], data["currency"])
    amount = data["amount"]
    if not 0 < amount <= this.holds.get(data["subject"], 0):
        raise LedgerError(f"the round {this.period} holds no {amount} for {data['subject']}.")
    this.holds[data["subject"]] -= amount
    state.pool[this.currency] = state.pool.get(this.currency, Fraction(0)) + amount


def _merged(state: State, data: Mapping[str, Any], number: int) -> None:
    """``payee`` is ``into`` from now on (a merge or a rename); its balances move along."""
    payee, into = state.name(data["payee"]), state.name(data["into"])
    if payee == into:
        raise LedgerError(f"{data['payee']} and {data['into']} are one payee already.")
    for currency in list(state.balances):
        amount = state.balance(payee, currency)
        if amount:
            _add(state, currency, payee, -amount)
            _add(state, currency, into, amount)
            state.touched.setdefault(currency, {})[into] = number
        terms = state.terms.get(currency, {})
        if payee in terms:
            terms.setdefault(into, terms[payee])
    if payee in state.origins:
        state.origins.setdefault(into, state.origins[payee])
    state.aliases[payee] = into


def _converted(state: State, data: Mapping[str, Any], number: int) -> None:
    """A balance changes its currency, at amounts that a person states."""
    amount, becomes = _exact(data["amount"]), _exact(data["becomes"])
    if not 0 < amount <= state.balance(data["payee"], data["currency"]) or becomes < 0:
        raise LedgerError(f"{data['payee']} has no balance of {amount} in {data['currency']} to change.")
    _add(state, data["currency"], data["payee"], -amount)
    _add(state, data["to"], data["payee"], becomes)
    state.touched.setdefault(data["to"], {})[state.name(data["payee"])] = number


def _rechannelled(state: State, data: Mapping[str, Any], number: int) -> None:
    del number
    name = state.name(data["payee"])
    state.channels[name] = data["channel"]
    state.origins[name] = (data["channel"], state.origins.get(name, ("", ()))[1])


def _granted(state: State, data: Mapping[str, Any], number: int) -> None:
    """A grant in parts, each announced, contracted or paid."""
    if data["grant"] in state.grants:
        raise LedgerError(f"the grant {data['grant']!r} exists already.")
    if any(isinstance(part, bool) or not isinstance(part, int) or part < 0 for part in data["parts"]):
        raise LedgerError(f"the parts of the grant {data['grant']!r} are whole minor units, zero or more.")
    first = "paid" if data.get("first_in") else "announced"
    parts = [{"minor": part, "state": "announced" if at else first} for at, part in enumerate(data["parts"])]
    state.grants[data["grant"]] = {
        "payee": data["payee"],
        "currency": data["currency"],
        "parts": parts,
        "number": number,
    }


_ORDER = ("announced", "contracted", "paid")


def _advanced(state: State, data: Mapping[str, Any], number: int) -> None:
    del number
    grant = state.grants.get(data["grant"])
    if grant is None or not 0 <= data["part"] < len(grant["parts"]):
        raise LedgerError(f"there is no part {data['part']} of a grant {data['grant']!r}.")
    part = grant["parts"][data["part"]]
    if _ORDER.index(data["state"]) <= _ORDER.index(part["state"]):
        raise LedgerError(f"part {data['part']} of {data['grant']!r} is {part['state']} already.")
    part["state"] = data["state"]


_STEPS: dict[str, Callable[[State, Mapping[str, Any], int], None]] = {
    "opened": _opened,
    "closed": _closed,
    "reconciled": _reconciled,
    "expired": _expired,
    "left": _expired,
    "released": _released,
    "merged": _merged,
    "renamed": _merged,
    "currency_changed": _converted,
    "channel_changed": _rechannelled,
    "granted": _granted,
    "grant_state": _advanced,
}
