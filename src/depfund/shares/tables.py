"""The tables of the policy file, one dataclass each: every key with its kind, its default and what it means."""

# ruff: noqa: RUF009 - key() makes dataclasses.field()
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from depfund.model import KINDS, Kind, Level
from depfund.money import Money
from depfund.shares._keys import PLATFORMS
from depfund.shares._reading import (
    AMOUNT,
    ANYTHING,
    DATE,
    INTEGER,
    LIMIT,
    NUMBER,
    SHARE,
    TEXT,
    choice,
    either,
    flag,
    key,
    listing,
    mapping,
    required,
    table,
    tables,
)

__all__ = [
    "Candidate",
    "Channels",
    "Eligibility",
    "Exclude",
    "FeeTable",
    "Fixed",
    "Fund",
    "Grants",
    "Limits",
    "Named",
    "Need",
    "PayeeLimits",
    "Rate",
    "Rule",
    "Scopes",
    "Signals",
    "Unfundable",
    "Votes",
]

Pass = Literal["redistribute", "pass_down"]
_ONWARD = choice("redistribute", "pass_down")
_ONWARD_TEXT = "what an excluded node would keep: redistribute it, or pass_down to what it depends on"
_WHO = "a payee key, project URL or purl; * matches anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """``[fund]``: what is split, and by which formula."""

    name: str = key(TEXT, "", "the fund's name, for reports")
    currency: str = key(TEXT, "USD", "ISO 4217 code of every amount here; default: that of the amounts, else USD")
    budget: Money | None = key(AMOUNT, None, "the amount of one period")
    per_developer: Money | None = key(AMOUNT, None, "with developers: the budget is their product")
    developers: int | None = key(INTEGER, None, "how many developers the budget counts")
    bar: Money | None = key(AMOUNT, None, "per developer and year; a note warns when the payments stay below it")
    coverage: Fraction | None = key(SHARE, None, "a note warns when the paid projects hold less of the weight")
    period: Literal["month", "quarter", "year"] = key(
        choice("month", "quarter", "year"), "month", "how often it is split"
    )
    weighting: str = key(TEXT, "flow", "the name of a weighting")
    level: Level = key(choice("version", "package", "project"), "project", "what is weighed")
    parameters: Mapping[str, object] = key(mapping(ANYTHING), {}, "parameters of the weighting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """``[scopes]``: which edges count, and what part of the root's stake dev dependencies get."""

    include: tuple[Kind, ...] | None = key(listing(choice(*KINDS)), None, "kinds of edges that count; default: all")
    dev_share: Fraction | None = key(SHARE, None, "the part of the root's stake that direct dev dependencies get")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeLimits:
    """``[limits.payees."KEY"]``: limits of one payee; they replace the general ones."""

    minimum: Money | None = key(AMOUNT, None, "nothing, or at least this")
    maximum: Money | Fraction | None = key(LIMIT, None, "at most this: an amount, or a share of the budget")
    floor: Money | Fraction | None = key(LIMIT, None, "at least this, whatever the weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``[limits]``: all per payee, over all its projects."""

    minimum: Money | None = key(AMOUNT, None, "all-or-nothing: a payee gets nothing, or at least this")
    maximum: Money | Fraction | None = key(LIMIT, None, "at most this: an amount, or a share of the budget")
    lot: Money | None = key(AMOUNT, None, "amounts are multiples of this; see also channels.lots")
    horizon: int | None = key(INTEGER, None, "periods a share may be saved up; default 1, with a ledger 12")
    asks: bool = flag("never more than the payee's published plans ask for, less what it receives")
    payees: Mapping[str, PayeeLimits] = key(mapping(table(PayeeLimits)), {}, "limits of single payees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfundable:
    """``[unfundable]``: what happens with the weight of projects that nobody can be paid for."""

    policy: Literal["redistribute", "hold", "fallback", "pass_down", "pass_up"] = key(
        choice("redistribute", "hold", "fallback", "pass_down", "pass_up"), "redistribute", "where their weight goes"
    )
    fallback: str | Mapping[str, str] | None = key(
        either(TEXT, mapping(TEXT), str), None, "a payee key, or a table of purl type (or default) = payee key"
    )
    expiry: int | None = key(INTEGER, None, "with hold: periods after which the ledger redistributes what is held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """``[[exclude]]``: projects, packages or payees that get nothing."""

    match: str = required(TEXT, _WHO)
    reason: str = key(TEXT, "", "why, for the report")
    onward: Pass = key(_ONWARD, "redistribute", _ONWARD_TEXT, name="pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """``[[fixed]]``: paid first, by hand; the payee takes no part in the rest."""

    payee: str = required(TEXT, "a payee key in any spelling")
    amount: Money | Fraction = required(LIMIT, "an amount, or a share of the budget")
    reason: str = key(TEXT, "", "why, for the report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """``[votes]``: ballots of people."""

    file: str | None = key(
        TEXT, None, "CSV beside the policy file: voter, candidate and a number where the method needs one"
    )
    method: Literal["approval", "one_each", "borda", "quadratic", "quadratic_funding"] = key(
        choice("approval", "one_each", "borda", "quadratic", "quadratic_funding"),
        "approval",
        "how ballots become weights",
    )
    share: Fraction | None = key(SHARE, None, "the part of the weight that comes from people; default 0, for grants 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """``[grants.costs]``: what one candidate costs, as ``{monthly = "7500 USD", months = 12}``."""

    monthly: Money = required(AMOUNT, "what one month costs")
    months: int = required(INTEGER, "how many months")

    @property
    def cost(self) -> Money:
        """Monthly times months."""
        return Money(minor=self.monthly.minor * self.months, currency=self.monthly.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """``[grants]``: lump sums instead of a proportional split."""

    method: Literal["top", "greedy", "equal_shares"] = key(
        choice("top", "greedy", "equal_shares"), "top", "how winners are chosen"
    )
    count: int | None = key(INTEGER, None, "how many are chosen at most")
    amount: Money | None = key(AMOUNT, None, "the lump sum of each")
    costs: Mapping[str, Money | Candidate] = key(
        mapping(either(table(Candidate), AMOUNT, (Mapping, Candidate))), {}, "payee = amount, or {monthly, months}"
    )
    denominations: tuple[Money, ...] = key(listing(AMOUNT), (), "each gets the largest of these that it asks for")
    months: int = key(INTEGER, 12, "no candidate's costs run longer")
    instalments: int | str | tuple[Fraction, ...] = key(
        either(INTEGER, either(choice("monthly"), listing(SHARE), str), int),
        1,
        "shares that sum to 1, a number of equal parts, or monthly (as many as its months); the first is paid now",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """``[eligibility]``: who may be paid, as data. Every decision is a note with its rule."""

    own: tuple[str, ...] = key(listing(TEXT), (), "our own owners (github.com/acme), projects and payees")
    staff: tuple[str, ...] = key(listing(TEXT), (), "people we employ")
    company_backed: tuple[str, ...] = key(listing(TEXT), (), "payees and owners with a company behind them")
    company_factor: Fraction = key(SHARE, Fraction(0), "multiplies the weight of the company-backed; 0 excludes them")
    venture_backed: tuple[str, ...] = key(listing(TEXT), (), "payees and owners that took venture capital")
    opted_out: tuple[str, ...] = key(listing(TEXT), (), "who asked not to be paid")
    archived: Literal["exclude", "pay"] = key(choice("exclude", "pay"), "pay", "projects whose repository is archived")
    licences: tuple[str, ...] = key(
        listing(TEXT), (), "osi, or a list of SPDX identifiers; an unknown licence is a note"
    )
    no_channel: Literal["unfundable", "exclude"] = key(
        choice("unfundable", "exclude"), "unfundable", "no payee: the unfundable policy, or excluded like the others"
    )
    conflicts: tuple[str, ...] = key(listing(TEXT), (), "paid, and disclosed in every report")
    confidence: Fraction = key(SHARE, Fraction(1, 2), "payees below it are held until confirmed")
    confirmed: tuple[str, ...] = key(listing(TEXT), (), "payees that a person has checked")
    onward: Pass = key(_ONWARD, "redistribute", _ONWARD_TEXT, name="pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """``[need]``: weight times ``max(0, 1 - income/goal)`` where a payee publishes both."""

    income: bool = flag("apply it; a payee that publishes neither keeps its weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``[[signals.rules]]``: a column of the user's data, a condition and what it multiplies the weight with."""

    column: str = required(TEXT, "a column of the file")
    at_least: Fraction | None = key(NUMBER, None, "the condition: the value is at least this")
    at_most: Fraction | None = key(NUMBER, None, "the condition: the value is at most this")
    times: Fraction = required(NUMBER, "what the weight is multiplied with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """``[signals]``: multipliers from data that the user supplies, clamped. Off unless a file is named."""

    file: str | None = key(
        TEXT, None, "CSV beside the policy file: match (purl, project URL or payee) and columns of numbers"
    )
    low: Fraction = key(NUMBER, Fraction(1, 2), "the smallest multiplier")
    high: Fraction = key(NUMBER, Fraction(2), "the largest multiplier")
    rules: tuple[Rule, ...] = key(tables(Rule), (), "conditions; those that hold multiply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """``[channels]``: by which road payees are paid."""

    order: tuple[str, ...] = key(
        listing(choice(*PLATFORMS)),
        ("open_collective", "github", "thanks_dev", "liberapay", "custom"),
        "preferred first",
    )
    lots: Mapping[str, Money] = key(mapping(AMOUNT, PLATFORMS), {}, "platform = unit of its amounts, such as '1 USD'")
    minimums: Mapping[str, Money] = key(mapping(AMOUNT, PLATFORMS), {}, "platform = smallest amount it takes")
    shares: Mapping[str, Mapping[str, Fraction]] = key(
        mapping(mapping(NUMBER, PLATFORMS)), {}, "payee = {platform = share}: one payee over several channels"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A platform's fee: ``"6%"`` or ``{percent = "3%", fixed = "0.30 USD", rounding = "half_up"}``."""

    percent: Fraction = key(SHARE, Fraction(0), "of the gross amount")
    fixed: Money | None = key(AMOUNT, None, "on top of it, per payment")
    rounding: Literal["half_up", "up", "down"] = key(
        choice("half_up", "up", "down"), "half_up", "of the percentage, to a unit"
    )
    checked: str | None = key(DATE, None, "when somebody looked it up")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTable:
    """``[fees]``: fees are data, with the date they were checked."""

    bearer: Literal["payee_bears", "pool_bears", "on_top"] = key(
        choice("payee_bears", "pool_bears", "on_top"), "payee_bears", "who bears them"
    )
    checked: str | None = key(DATE, None, "when somebody looked them up")
    rates: Mapping[str, Rate | Fraction] = key(
        mapping(either(table(Rate), SHARE, (Mapping, Rate)), PLATFORMS),
        {},
        "platform = share, or {percent, fixed, rounding}",
        rest=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """``[[payee]]``: what the user knows better than any look-up."""

    payee: str = required(TEXT, "the payee's key: platform:handle")
    match: tuple[str, ...] = key(listing(TEXT), (), "projects or packages whose payee this is, instead of those found")
    name: str = key(TEXT, "", "the payee's name")
    channels: tuple[str, ...] = key(listing(TEXT), (), "its channels as platform:handle, best first; default: the key")
    asks: Money | None = key(AMOUNT, None, "what it asks for a year")
    receives: Money | None = key(AMOUNT, None, "what it receives a year")
