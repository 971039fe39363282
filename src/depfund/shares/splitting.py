"""``split``: weights, facts and a policy in, an Allocation out. The order of the stages is a contract.

weights → votes → boosts, exclusions, need → unfundable → per payee → fixed → support → limits (floors, caps, minimum,
horizon) → rounding → lots → fees → channels. Each stage records what it moved. Source: allocation.md 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from depfund.documents import digest
from depfund.errors import AllocationError, PolicyError
from depfund.model import Accrual, Allocation, Channel, Facts, Fees, Held, Note, Payment, Weights
from depfund.money import Money
from depfund.shares.ballots import Ballots
from depfund.shares.claims import HELD, Claims, Count, Engine, Reflow
from depfund.shares.eligible import Book
from depfund.shares.grants import award, instalments, rule_of
from depfund.shares.limits import (
    MONTHS,
    Terms,
    Vector,
    in_gross,
    lifted,
    limit,
    spent,
    supported,
    terms_of,
    tolerance,
    whole_units,
)
from depfund.shares.outcome import coverage, money, nodes_of, subject_of, takes
from depfund.shares.paying import Paid, adds_up, pay
from depfund.shares.policy import Policy
from depfund.shares.tables import Grants, PayeeLimits

__all__ = ["split"]

MILLION = 10**6
RESERVE = "reserve"


def split(
    budget: Money,
    weights: Weights,
    facts: Facts | None = None,
    policy: Policy | None = None,
    *,
    reflow: Reflow | None = None,
    passed_up: Reflow | None = None,
    count: Count | None = None,
    ballots: Ballots | None = None,
    digests: Mapping[str, str] | None = None,
    ledger: bool = False,
) -> Allocation:
    """Exact amounts: ``payments + held + fees taken == budget``, in whole minor units. Pure.

    Without ``facts`` every key of the weights is its own payee. ``reflow`` and ``passed_up`` are the weighting's
    answers for ``pass_down`` and ``pass_up``, ``count`` counts ballots; the pipeline passes them in.
    The payees on the most preferred platform (``channels.order``) that can be paid for a project share it equally.
    With ``ledger`` the horizon is 12 periods unless the policy states one, and ``accruals`` say what to book.

    Raises :class:`~depfund.errors.AllocationError` for constraints that no split can meet and
    :class:`~depfund.errors.PolicyError` for a policy that does not fit these weights or this currency.
    """
    policy = policy or Policy()
    budget.checked()
    policy.check_currency(budget.currency)
    if policy.missing and ballots is None:
        raise PolicyError(policy.missing[0])
    members = dict(weights.basis.members) if weights.basis else {}
    for node in sorted(weights.values.keys() - members.keys()):
        members[node] = (node,) if node.startswith("pkg:") else ()
    book = Book(members, facts, policy)
    engine = Engine(weights, book, policy, reflow, passed_up, count, ballots)
    return _Split(budget, weights, policy, book, engine, ledger=ledger).run(dict(digests or {}))


class _Split:
    def __init__(
        self, budget: Money, weights: Weights, policy: Policy, book: Book, engine: Engine, *, ledger: bool
    ) -> None:
        self.ledger, self.horizon = ledger, policy.horizon(ledger=ledger)
        self.accruals: dict[str, Accrual] = {}
        self.budget, self.weights, self.policy, self.book, self.engine = budget, weights, policy, book, engine
        self.notes: list[Note] = []
        self.stages: list[tuple[str, Mapping[str, int]]] = []
        self.held: list[Held] = []
        self.unpaid: dict[str, str] = {}
        self.saving: set[str] = set()
        self.roads: dict[str, Channel | None] = {}
        self.terms: dict[str, Terms] = {}
        self.bears = policy.fees.bearer == "pool_bears"

    def run(self, digests: dict[str, str]) -> Allocation:
        before: Claims | None = None
        for name, claims in self.engine.stages:
            if claims is not before:
                sizes = {key: size * self.budget.minor for key, size in claims.by_payee.items()}
                units = Vector(sizes, claims.whole or 1).units()
            self.stages.append((name, units))
            before = claims
        fixed = self._fixed()
        left = self.budget.minor - sum(fixed.values())
        final = self.engine.stages[-1][1]
        sizes = {key: size for key, size in final.by_payee.items() if key not in fixed}
        whole = sum(sizes.values())
        pool = Vector({key: size * left for key, size in sizes.items()}, whole or 1)
        same = not fixed and whole == final.whole
        self.stages.append(("fixed", self.stages[-1][1] if same else {**pool.units(), **fixed}))
        own = {self.book.names.find(name): row for name, row in self.policy.limits.payees.items()}
        limits = PayeeLimits()
        unknown: Terms | None = None
        for key in sizes:
            if key.startswith(HELD):
                continue
            if key in own or key in self.book.payees or self.book.channels(key):
                self.terms[key] = terms_of(key, self.book, self.policy, self.budget, own.get(key, limits))
            else:
                # Of those of whom nothing is known but the key, all have the same terms.
                unknown = unknown or terms_of(key, self.book, self.policy, self.budget, limits)
                self.terms[key] = unknown
        self._unknown_names(sizes)
        if not whole:
            self._hold(RESERVE, left, "nobody can be paid", "unfundable")
            amounts: dict[str, int] = {}
        elif self.policy.grants is not None:
            amounts = self._grants(left, sizes)
        else:
            amounts = self._proportional(left, pool)
        paid = pay(
            amounts,
            fixed,
            self.budget.currency,
            engine=self.engine,
            stages=self.stages,
            roads=self.roads,
            policy=self.policy,
        )
        self.held += paid.held
        self.notes += paid.notes
        self.unpaid |= dict.fromkeys(paid.unpaid, "rounding")
        return self._answer(paid, digests)

    def _fixed(self) -> dict[str, int]:
        """What is paid by hand: payee → minor units."""
        found: dict[str, int] = {}
        for row in self.policy.fixed:
            key = self.book.names.find(row.payee)
            minor = row.amount.minor if isinstance(row.amount, Money) else int(self.budget.minor * row.amount)
            found[key] = found.get(key, 0) + (
                spent(minor, self.policy, self.book.channels(key)) if self.bears else minor
            )
            if self.book.facts is not None and not self.book.channels(key):
                message = f"{key} is paid by hand, but no channel of it is known that can be paid."
                self.notes.append(Note(level="warning", code="fixed.channel", subject=key, message=message))
            if row.reason:
                message = f"{money(minor, self.budget.currency)} by hand: {row.reason}."
                self.notes.append(Note(level="info", code="fixed", subject=key, message=message))
        if (total := sum(found.values())) > self.budget.minor:
            raise AllocationError(
                f"the fixed amounts sum to {money(total, self.budget.currency)}, more than the budget {self.budget}; "
                "lower them or raise the budget."
            )
        return {key: found[key] for key in sorted(found)}

    def _unknown_names(self, sizes: Mapping[str, int]) -> None:
        tables = (("limits.payees", self.policy.limits.payees), ("already", self.policy.already))
        for table, names in tables:
            for name in names:
                if self.book.names.find(name) not in sizes:
                    message = f"{table} names {name!r}, who has no part in this split."
                    self.notes.append(Note(level="warning", code="policy.unused", subject=name, message=message))

    def _proportional(self, left: int, pool: Vector) -> dict[str, int]:
        held = {key: size for key, size in pool.sizes.items() if key.startswith(HELD)}
        mine = Vector({key: size for key, size in pool.sizes.items() if key not in held}, pool.whole)
        already = {self.book.names.find(name): amount.minor for name, amount in self.policy.already.items()}
        helped = supported(mine, already)
        if helped is not mine:
            self.stages.append(("support", helped.units()))
        exact, reserve, left_out = limit(helped, self.terms, self.horizon, bears=self.bears, notes=self.notes)
        for key, why in left_out.items():
            self.unpaid[key] = f"limits.{why}"
        if exact is not helped:
            self.stages.append(("limits", exact.units()))
        scale = exact.whole // pool.whole
        sizes = {**exact.sizes, **{key: size * scale for key, size in held.items()}}
        if reserve:
            sizes[HELD + RESERVE] = reserve
        lots = self._lots(exact)
        rounded, _ = whole_units(left, sizes, {})
        self.stages.append(("rounding", rounded))
        rest = 0
        if any(lot > 1 for lot in lots.values()):
            rounded, rest = whole_units(left, sizes, lots)
            self.stages.append(("lots", rounded))
        if self.ledger:
            self._accrue(exact, left, whole_units(left, sizes, {})[0])
        self._hold_claims(rounded)
        why = "the caps cannot take it" if exact.sizes else "nobody reaches the minimum"
        self._hold(RESERVE, rounded.get(HELD + RESERVE, 0), why, "limits.maximum" if exact.sizes else "limits.minimum")
        self._hold(RESERVE, rest, "the rest is smaller than the lots of who could take it", "lots")
        for key in sorted(self.saving):
            reason = "its share is below the minimum and is saved until the balance reaches it (limits.horizon)"
            self._hold(key, rounded[key], reason, "saving")
        return {key: part for key, part in rounded.items() if not key.startswith(HELD) and key not in self.saving}

    def _accrue(self, exact: Vector, left: int, rounded: Mapping[str, int]) -> None:
        """The shares of what is not held, to the millionth of a unit: they and the held units are the budget.

        Finer they would carry the last place of the weights, and a share of 5.00 would wait as 4.999….
        """
        free = left - sum(part for key, part in rounded.items() if key.startswith(HELD))
        shares, _ = whole_units(free * MILLION, exact.sizes, {})
        nodes = nodes_of(self.engine.stages[-1][1])
        for key, share in shares.items():
            if share:
                terms = self.terms[key]
                road = self.roads.get(key) or next(iter(self.book.channels(key)), None)
                self.accruals[key] = Accrual(
                    exact=str(Fraction(share, MILLION)),
                    minimum=terms.minimum,
                    lot=terms.lot,
                    channel=road.key if road is not None else "",
                    projects=tuple(sorted(nodes.get(key, ()))),
                )

    def _lots(self, exact: Vector) -> dict[str, int]:
        lots: dict[str, int] = {}
        bound = {key: in_gross(self.terms[key]) if self.bears else self.terms[key] for key in exact.sizes}
        part = tolerance(bound.values())
        for key, size in exact.sizes.items():
            terms = bound[key]
            if not terms.roads and terms.lot == 1 and not terms.minimum:
                continue
            amount = lifted(Fraction(size, exact.whole), part)
            self.roads[key], lots[key] = terms.road(amount)
            if amount < terms.minimum and self.horizon > 1:
                self.saving.add(key)
                lots[key] = 1
        return lots

    def _hold_claims(self, rounded: Mapping[str, int]) -> None:
        waiting = sorted(key for key in rounded if key.startswith(HELD) and key != HELD + RESERVE)
        nodes = {row.payee: row.node for row in reversed(self.engine.stages[-1][1].rows)} if waiting else {}
        for key in waiting:
            standing = self.engine.standings[nodes[key]]
            code = "confidence" if standing.state == "held" else "unfundable"
            self._hold(subject_of(key), rounded[key], standing.reason, code)

    def _grants(self, left: int, sizes: Mapping[str, int]) -> dict[str, int]:
        scores = {key: size for key, size in sizes.items() if not key.startswith(HELD)}
        if self.engine.only_votes and not self.engine.votes:
            scores = {}
        found = award(
            left, scores, self.terms, self.book, self.policy, self.engine.cast, self.engine.standings, self.notes
        )
        self.stages.append(("grants", found))
        amounts: dict[str, int] = {}
        for key, lump in found.items():
            self.roads[key], lot = self.terms[key].road(Fraction(lump))
            amounts[key], *later = instalments(lump, rule_of(key, self.policy.grants or Grants(), self.book), lot)
            road = self.roads[key]
            if later and road is not None and amounts[key] < takes(road, self.policy, self.budget.currency):
                message = f"the first instalment of {key} is below what {road.platform} takes; pay fewer instalments."
                self.notes.append(Note(level="warning", code="grants.instalments", subject=key, message=message))
            for at, part in enumerate(later, 2):
                reason = f"instalment {at} of {len(later) + 1} of a lump sum of {money(lump, self.budget.currency)}"
                self._hold(key, part, reason, "instalment")
        if amounts != found:
            self.stages.append(("instalments", amounts))
        self._hold(RESERVE, left - sum(found.values()), "no further lump sum was chosen", "grants")
        return amounts

    def _hold(self, subject: str, minor: int, reason: str, code: str) -> None:
        if minor:
            self.held.append(Held(subject=subject, minor=minor, reason=reason, code=code))

    def _answer(self, paid: Paid, digests: dict[str, str]) -> Allocation:
        bearer = self.policy.fees.bearer
        cost = sum(line.fee for line in paid.lines)
        fees = Fees(
            bearer=bearer,
            taken=cost if bearer == "pool_bears" else 0,
            on_top=paid.beyond if bearer == "on_top" else 0,
            lines=tuple(paid.lines),
        )
        plain = self.policy.to_plain()
        digests["policy"] = digest(plain)
        if self.engine.ballots is not None and self.policy.votes is not None:
            digests["ballots"] = digest(self.engine.ballots.text)
        if self.policy.data is not None:
            digests["signals"] = digest(self.policy.data.text)
        self._warnings(paid.payments)
        payees = {payment.payee for payment in paid.payments}
        covered = coverage(self.engine, self.weights, payees, self.policy, self.notes)
        covered["payees"] = {"paid": len(payees), "all": len(self.terms)}
        if self.unpaid:
            after = dict(self.stages)["fixed"]
            covered["unpaid"] = {
                key: {"minor": after.get(key, 0), "reason": self.unpaid[key]} for key in sorted(self.unpaid)
            }
        notes = {*self.notes, *self.engine.notes, *self.book.notes}
        self.held.sort(key=lambda held: (held.code, held.subject, held.reason))
        total = sum([payment.amount.minor for payment in paid.payments])
        total += sum([held.minor for held in self.held]) + fees.taken
        wrong = [payment.payee for payment in paid.payments if not adds_up(payment)]
        if total != self.budget.minor or wrong:
            raise AllocationError(
                f"the split sums to {total} of {self.budget.minor} minor units, or does not add up for {wrong}; "
                "this is an error in depfund, please report it with the plan's inputs."
            )
        return Allocation(
            budget=self.budget,
            payments=tuple(paid.payments),
            held=tuple(self.held),
            fees=fees,
            coverage=covered,
            weights=self.weights,
            digests=digests,
            policy=plain,
            accruals={key: self.accruals[key] for key in sorted(self.accruals)},
            notes=tuple(sorted(notes, key=lambda note: (note.level, note.code, note.subject, note.message))),
        )

    def _warnings(self, payments: list[Payment]) -> None:
        for payment in payments:
            if payment.conflict:
                message = f"{payment.payee} is paid {payment.amount}; {payment.conflict}."
                self.notes.append(
                    Note(level="warning", code="eligibility.conflict", subject=payment.payee, message=message)
                )
        left = sum(reason == "limits.minimum" for reason in self.unpaid.values())
        if left:
            message = f"{left} payees stay below the minimum; their share goes to those who reach it."
            self.notes.append(Note(level="info", code="limits.minimum", subject="limits", message=message))
        fund = self.policy.fund
        if fund.bar is not None and fund.developers:
            paid = sum(payment.amount.minor for payment in payments) * MONTHS[fund.period]
            if paid < fund.bar.minor * fund.developers:
                each = money(paid // fund.developers, self.budget.currency)
                message = f"the payments come to {each} per developer and year, below fund.bar {fund.bar}."
                self.notes.append(Note(level="warning", code="fund.bar", subject="fund", message=message))
