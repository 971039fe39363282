"""From amounts to payments: each payee's channel or channels, its fee, what brought the amount and what moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from depfund._bulk import quick
from depfund.model import Channel, Effect, FeeLine, Held, Note, Payee, Payment
from depfund.money import Money
from depfund.shares.claims import Engine
from depfund.shares.outcome import FIXED, GRANTS, because, charge, effects, nodes_of, over, sources
from depfund.shares.policy import Policy

__all__ = ["Paid", "Stages", "adds_up", "pay"]

Stages = Sequence[tuple[str, Mapping[str, int]]]
_money, _payment = quick(Money), quick(Payment)


@dataclass(slots=True, kw_only=True)
class Paid:
    """What became of the amounts.

    ``unpaid`` are those of whom rounding left nothing, ``beyond`` is what the payer spends beside the payments.
    """

    payments: list[Payment] = field(default_factory=list)
    lines: list[FeeLine] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unpaid: list[str] = field(default_factory=list)
    beyond: int = 0


def pay(
    amounts: Mapping[str, int],
    fixed: Mapping[str, int],
    currency: str,
    *,
    engine: Engine,
    stages: Stages,
    roads: Mapping[str, Channel | None],
    policy: Policy,
) -> Paid:
    """Payments of ``amounts`` and, by hand, of ``fixed`` (payee → minor units), in code point order of the payees.

    ``stages`` are what each payee had after each stage of the split, ``roads`` the channels that were chosen already.
    """
    made, book, final = Paid(), engine.book, engine.stages[-1][1]
    brought, nodes, weights = sources(final, book), nodes_of(final), _weights(engine)
    moves = [stages[0]] + [b for a, b in pairwise(stages) if a[1] is not b[1] or b is stages[-1]]
    shares = {book.names.find(name): row for name, row in policy.channels.shares.items()}
    nobody = Payee(key="")
    for key in sorted({**amounts, **fixed}):
        amount = fixed.get(key, amounts.get(key, 0))
        if not amount:
            if key in amounts:
                made.unpaid.append(key)
            continue
        open_ = book.channels(key)
        channel = roads.get(key) or (open_[0] if open_ else None)
        whole = _money(minor=amount, currency=currency)
        parts, rest = (
            over(channel, whole, shares[key], open_, policy) if key in shares else ([(channel, amount, False)], 0)
        )
        if rest:
            reason = "the rest is smaller than the lots of its channels"
            made.held.append(Held(subject=key, minor=rest, reason=reason, code="channels"))
        payee = book.payees.get(key, nobody)
        mine = nodes.get(key, ())
        projects = tuple(sorted(mine))
        by_hand = key in fixed
        for road, part, moved in parts:
            paid, line = charge(key, road, part, policy, made.notes)
            if line is not None:
                made.lines.append(line)
                made.beyond += line.gross - paid
            rows = () if moved else effects(moves, key, amount)
            if part != amount or moved:
                rows = (*rows, Effect(stage="channels", minor=part - (0 if moved else amount)))
            if paid != part:
                rows = (*rows, Effect(stage="fees", minor=paid - part))
            made.payments.append(
                _payment(
                    payee=key,
                    name=payee.name,
                    channel=road,
                    amount=whole if paid == amount else _money(minor=paid, currency=currency),
                    weight=weights.get(key, 0),
                    because=because(paid, {}, FIXED) if by_hand else because(paid, brought.get(key, {}), GRANTS),
                    effects=rows,
                    projects=projects,
                    confidence=payee.confidence,
                    conflict=book.conflict(key, mine),
                )
            )
    return made


def _weights(engine: Engine) -> Mapping[str, int]:
    """Each payee's part of the weights, in their unit, before anything was moved."""
    base, unit = engine.stages[0][1], sum(engine.base.values())
    if base.whole == unit:
        return base.by_payee
    return {key: size * unit // base.whole for key, size in base.by_payee.items()}


def adds_up(payment: Payment) -> bool:
    """Whether reasons and effects both sum to the amount."""
    amount = payment.amount.minor
    return amount == sum(payment.because.values()) == sum([effect.minor for effect in payment.effects])
