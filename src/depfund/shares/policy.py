"""The policy file: a fund's rules as data. ``depfund.toml``, or ``[tool.depfund]`` of a pyproject.toml."""

# ruff: noqa: RUF009 - key() makes dataclasses.field()
from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from depfund.errors import PolicyError
from depfund.money import Money, exponent
from depfund.shares import tables as t
from depfund.shares._reading import (
    AMOUNT,
    ANYTHING,
    NUMBER,
    join,
    key,
    mapping,
    plain_of,
    read_table,
    schema_of,
    spelled,
    table,
    tables,
)
from depfund.shares.ballots import Ballots
from depfund.shares.signals import Data

__all__ = ["Policy"]

LIMIT = 64 * 2**20
"""Bytes that a file named by a policy may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A fund's rules. Every table and key is optional; ``Policy()`` splits everything by ``flow`` without limits.

    ``ballots`` and ``data`` are what ``votes.file`` and ``signals.file`` hold; :meth:`load` reads them beside the
    policy file. A file that is not there yet is listed in ``missing`` and is an error when money is split by it.
    """

    fund: t.Fund = key(table(t.Fund), t.Fund, "what is split, and by which formula")
    scopes: t.Scopes = key(table(t.Scopes), t.Scopes, "which edges count")
    limits: t.Limits = key(table(t.Limits), t.Limits, "floors, caps and minimums per payee")
    unfundable: t.Unfundable = key(table(t.Unfundable), t.Unfundable, "projects that nobody can be paid for")
    boost: Mapping[str, Fraction] = key(mapping(NUMBER), {}, "multiplies the weight; 0 excludes")
    exclude: tuple[t.Exclude, ...] = key(tables(t.Exclude), (), "who gets nothing")
    fixed: tuple[t.Fixed, ...] = key(tables(t.Fixed), (), "paid first, by hand")
    already: Mapping[str, Money] = key(mapping(AMOUNT), {}, "what payees get from us by another road this period")
    votes: t.Votes | None = key(table(t.Votes), None, "ballots of people")
    grants: t.Grants | None = key(table(t.Grants), None, "lump sums instead of a proportional split")
    eligibility: t.Eligibility = key(table(t.Eligibility), t.Eligibility, "who may be paid")
    need: t.Need = key(table(t.Need), t.Need, "weight by what is still missing")
    signals: t.Signals = key(table(t.Signals), t.Signals, "multipliers from the user's data")
    channels: t.Channels = key(table(t.Channels), t.Channels, "by which road payees are paid")
    fees: t.FeeTable = key(table(t.FeeTable), t.FeeTable, "what platforms take, and who bears it")
    payee: tuple[t.Named, ...] = key(tables(t.Named), (), "payees that the user knows better")
    endpoints: Mapping[str, object] = key(mapping(ANYTHING), {}, "base addresses of services; read by Config")
    ballots: Ballots | None = field(default=None, repr=False)
    data: Data | None = field(default=None, repr=False)
    missing: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def load(cls, path: Path | str, *, confined: bool = False) -> Policy:
        """Read ``path``: depfund.toml, or a pyproject.toml with ``[tool.depfund]``; a folder means the file in it.

        The ballots and the data it names are read too. ``confined`` is for a file that was found and not named: what
        it names must lie in its folder, so that a checkout cannot have other files of yours read.

        Raises :class:`~depfund.errors.PolicyError` with the file and the key.
        """
        file = Path(path)
        if file.is_dir():
            file = next((each for name in ("depfund.toml", "pyproject.toml") if (each := file / name).is_file()), file)
        raw = _toml(file)
        if file.name == "pyproject.toml":
            tool = raw.get("tool")
            if not isinstance(tool, dict) or "depfund" not in tool:
                raise PolicyError(
                    f"{file} has no [tool.depfund] table; add one, or write the policy into depfund.toml."
                )
            raw = tool["depfund"]
        elif isinstance(raw.get("tool"), dict) and "depfund" in raw["tool"]:
            raw = raw["tool"]["depfund"]
        try:
            found = cls.parse(raw)
            return found._with_files(file, confined=confined)  # noqa: SLF001 - its own
        except PolicyError as error:
            raise PolicyError(f"{file}: {error}") from error

    def _with_files(self, file: Path, *, confined: bool) -> Policy:
        votes, signals, found = self.votes, self.signals, self
        if confined:
            _inside(file, votes.file if votes is not None else "", "votes.file")
            _inside(file, signals.file, "signals.file")
            usage = self.fund.parameters.get("usage", "")
            _inside(file, usage if isinstance(usage, str) and "=" not in usage else "", "fund.parameters.usage")
        missing: list[str] = []
        if votes is not None and votes.file and (text := _beside(file, votes.file, "votes.file", missing)) is not None:
            found = replace(found, ballots=Ballots.parse(text, votes.method, name=votes.file))
        if signals.file and (text := _beside(file, signals.file, "signals.file", missing)) is not None:
            found = replace(found, data=Data.parse(text, name=signals.file))
        return replace(found, missing=tuple(missing))

    @classmethod
    def parse(cls, raw: str | Mapping[str, Any]) -> Policy:
        """A policy from TOML text or from plain mappings. Files that it names are not read.

        Raises :class:`~depfund.errors.PolicyError` for an unknown key, a wrong type and a contradiction; the message
        names the key.
        """
        if isinstance(raw, str):
            try:
                raw = tomllib.loads(raw, parse_float=str)
            except (ValueError, RecursionError) as error:
                raise PolicyError(f"this policy is not TOML: {error}. Correct the place.") from error
        found: Policy = read_table(cls, raw, "", _currency_of(raw))
        fund = raw.get("fund")
        if not isinstance(fund, Mapping) or "currency" not in fund:
            currencies = {money.currency for _, money in _amounts(found, "")}
            if len(currencies) == 1:
                found = replace(found, fund=replace(found.fund, currency=currencies.pop()))
        _check(found)
        return found

    def to_plain(self) -> dict[str, Any]:
        """The policy as plain mappings, keys that are at their defaults left out; :meth:`parse` reads it back."""
        return plain_of(self)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the policy file."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "depfund policy", **schema_of(cls)}

    def budget(self) -> Money | None:
        """``fund.budget``, or ``per_developer`` times ``developers``; None when neither is stated."""
        if self.fund.budget is not None:
            return self.fund.budget
        if self.fund.per_developer is None or self.fund.developers is None:
            return None
        each = self.fund.per_developer
        return Money(minor=each.minor * self.fund.developers, currency=each.currency)

    def parameters(self, *, named: bool = True) -> dict[str, object]:
        """What :func:`depfund.weigh` is called with: scopes, dev_share and, when ``named``, the weighting's own."""
        found: dict[str, object] = dict(self.fund.parameters) if named else {}
        if self.scopes.include is not None:
            found["scopes"] = list(self.scopes.include)
        if self.scopes.dev_share is not None:
            found["dev_share"] = str(self.scopes.dev_share)
        return found

    def horizon(self, *, ledger: bool = False) -> int:
        """Periods a share may be saved: as stated, else 12 with a ledger and 1 without."""
        return self.limits.horizon or (12 if ledger else 1)

    def check_currency(self, currency: str) -> None:
        """Refuse amounts in another currency than the budget's. Raises :class:`~depfund.errors.PolicyError`."""
        for path, money in _amounts(self, ""):
            if money.currency != currency and path not in {"fund.budget", "fund.per_developer", "fund.bar"}:
                raise PolicyError(
                    f"{path} is {money}, but the budget is in {currency}; amounts are never converted, "
                    f"so write it in {currency}."
                )


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"), parse_float=str)
    except OSError as error:
        raise PolicyError(
            f"{file} cannot be read: {error.strerror}. Name a policy file, or leave --policy out."
        ) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(
            f"{file} is not TOML: {error}. Correct the place; `depfund policy init` writes an example."
        ) from error


def _inside(file: Path, name: str | None, path: str) -> None:
    """Refuse a name that leads out of the policy's folder: by ``..``, from the root, or through a link."""
    try:
        if name and not (file.parent / name).resolve().is_relative_to(file.parent.resolve()):
            raise PolicyError(
                f"{path} names {name}, which is outside the folder of this file; nobody named this policy, it was only "
                "found. Name it with --policy if you trust it."
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise PolicyError(f"{path} names {name!r}, which is no path that can be followed.") from error


def _beside(file: Path, name: str, path: str, missing: list[str]) -> str | None:
    place = file.parent / name
    try:
        if place.exists() and not (place.is_file() and place.stat().st_size <= LIMIT):
            raise PolicyError(
                f"{path} names {name}, which is no file of at most {LIMIT // 2**20} MiB; name a CSV file."
            )
        return place.read_text(encoding="utf-8-sig")
    except OSError as error:
        missing.append(f"{path} names {name}, which cannot be read: {error.strerror}. It is looked for beside {file}.")
        return None
    except ValueError as error:
        raise PolicyError(f"{path} names {name}, which is not UTF-8 text; save it as CSV in UTF-8.") from error


def _currency_of(raw: Mapping[str, Any]) -> str:
    """The currency of plain numbers: as stated, or that of the budget, before anything else is read."""
    fund = raw.get("fund") if isinstance(raw, Mapping) else None
    if not isinstance(fund, Mapping):
        return "USD"
    if isinstance(stated := fund.get("currency"), str):
        try:
            exponent(stated.upper())
        except ValueError as error:
            raise PolicyError(f"fund.currency: {error}") from error
        if stated != stated.upper():
            raise PolicyError(f"fund.currency is {stated!r}; write it as {stated.upper()!r}.")
        return stated
    for name in ("budget", "per_developer"):
        if isinstance(fund.get(name), str):
            codes = [word for word in fund[name].split() if word.isalpha() and len(word) == 3]
            if codes:
                return str(codes[0]).upper()
    return "USD"


def _amounts(value: object, path: str) -> Iterator[tuple[str, Money]]:
    """Every amount of the policy with its path."""
    if isinstance(value, Money):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _amounts(each, join(path, str(name)))
    elif isinstance(value, tuple):
        for at, each in enumerate(value):
            yield from _amounts(each, f"{path}[{at}]")
    elif is_dataclass(value):
        for each_field in fields(value):
            if "kind" in each_field.metadata:
                step = path if each_field.metadata["rest"] else join(path, spelled(each_field))
                yield from _amounts(getattr(value, each_field.name), step)


def _check(policy: Policy) -> None:
    """Contradictions that no single key shows."""
    fund = policy.fund
    if fund.budget is not None and fund.per_developer is not None:
        raise PolicyError("fund.budget and fund.per_developer both state the budget; keep one of them.")
    if (fund.per_developer is None) != (fund.developers is None) and fund.budget is None:
        missing = "developers" if fund.developers is None else "per_developer"
        raise PolicyError(f"fund.{missing} is missing; the budget is fund.per_developer times fund.developers.")
    if fund.bar is not None and fund.developers is None:
        raise PolicyError("fund.bar is an amount per developer; state fund.developers too.")
    for path, money in _amounts(policy, ""):
        if money.currency != fund.currency:
            raise PolicyError(
                f"{path} is {money}, but the fund's currency is {fund.currency}; amounts are never converted."
            )
    _check_limits(policy)
    _check_rest(policy)


def _check_limits(policy: Policy) -> None:
    limits = policy.limits
    general = t.PayeeLimits(minimum=limits.minimum, maximum=limits.maximum)
    rows = [("limits", general), *((join("limits.payees", name), row) for name, row in limits.payees.items())]
    for path, row in rows:
        low, high, floor = row.minimum, row.maximum, row.floor
        if isinstance(low, Money) and isinstance(high, Money) and low.minor > high.minor * (limits.horizon or 1):
            raise PolicyError(f"{path}.minimum is {low}, above {path}.maximum {high}; nobody could be paid.")
        if type(floor) is type(high) and floor is not None and floor > high:  # type: ignore[operator]
            raise PolicyError(f"{path}.floor is above {path}.maximum; lower one or raise the other.")
    if limits.lot is not None and not limits.lot.minor:
        raise PolicyError("limits.lot is 0; a lot is one minor unit or more.")
    for name, lot in policy.channels.lots.items():
        if not lot.minor:
            raise PolicyError(f"channels.lots.{name} is 0; a lot is one minor unit or more.")
    for name, shares in policy.channels.shares.items():
        if not sum(shares.values()):
            raise PolicyError(f"{join('channels.shares', name)} has no share above 0.")
    for name, rate in policy.fees.rates.items():
        if (rate.percent if isinstance(rate, t.Rate) else rate) >= 1:
            raise PolicyError(f"fees.{name} takes everything; a fee is below 100%.")


def _check_rest(policy: Policy) -> None:
    unfundable, grants = policy.unfundable, policy.grants
    if unfundable.policy == "fallback" and not unfundable.fallback:
        raise PolicyError(
            'unfundable.fallback is missing; unfundable.policy = "fallback" needs a payee to fall back to.'
        )
    passes = [f"exclude[{at}].pass" for at, row in enumerate(policy.exclude) if row.onward == "pass_down"]
    if policy.eligibility.onward == "pass_down":
        passes.append("eligibility.pass")
    if passes and unfundable.policy == "pass_up":
        raise PolicyError(
            f'{passes[0]} is "pass_down" while unfundable.policy is "pass_up"; the two pull the same money apart.'
        )
    if policy.signals.low > policy.signals.high:
        raise PolicyError("signals.low is above signals.high.")
    for at, rule in enumerate(policy.signals.rules):
        if rule.at_least is None and rule.at_most is None:
            raise PolicyError(f"signals.rules[{at}] has no condition; give it at_least or at_most.")
    if grants is None:
        return
    if not (grants.amount or grants.costs or grants.denominations):
        raise PolicyError("grants.amount is missing; state it, or grants.costs or grants.denominations.")
    if grants.method == "top" and grants.count is None:
        raise PolicyError('grants.count is missing; grants.method = "top" chooses that many.')
    if grants.method == "equal_shares" and policy.votes is None:
        raise PolicyError('grants.method is "equal_shares", which needs the ballots of [votes].')
    for name, cost in grants.costs.items():
        if isinstance(cost, t.Candidate) and cost.months > grants.months:
            raise PolicyError(
                f"{join('grants.costs', name)}.months is {cost.months}, above grants.months {grants.months}."
            )
    if isinstance(grants.instalments, tuple) and sum(grants.instalments) != 1:
        raise PolicyError(f"grants.instalments sum to {sum(grants.instalments)}; they are shares that sum to 1.")
