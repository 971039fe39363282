"""From exact shares to whole units: support, floors, caps, minimums, horizon, lots, and fees that the pool bears.

Source: allocation.md 4.3–4.5, 5 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from depfund.errors import AllocationError
from depfund.model import Channel, Note
from depfund.money import Money, apportion, fraction
from depfund.shares import tables as t
from depfund.shares.charges import gross, most
from depfund.shares.eligible import Book
from depfund.shares.parts import up
from depfund.shares.policy import Policy
from depfund.shares.waterfill import level, longest

__all__ = [
    "Terms",
    "Vector",
    "in_gross",
    "lifted",
    "limit",
    "rate_of",
    "spent",
    "supported",
    "terms_of",
    "tolerance",
    "whole_units",
]

MONTHS = {"month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True, slots=True)
class Vector:
    """Exact amounts in minor units: ``sizes`` over ``whole``."""

    sizes: Mapping[str, int]
    whole: int = 1

    def units(self) -> dict[str, int]:
        """Each in the nearest whole unit, for the effects of stages; payments come from the exact amounts."""
        double = 2 * self.whole
        return {key: (2 * size + self.whole) // double for key, size in self.sizes.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What binds one payee, in minor units, and its channels with the least each takes (rounded up to its lot)."""

    minimum: int = 0
    cap: int | None = None
    floor: int = 0
    lot: int = 1
    roads: tuple[tuple[Channel, int, int], ...] = ()
    rate: t.Rate = field(default_factory=t.Rate)

    def road(self, amount: Fraction) -> tuple[Channel | None, int]:
        """The preferred channel that takes ``amount``, and its lot."""
        for channel, least, lot in self.roads:
            if amount >= least and (self.cap is None or self.cap % lot == 0):
                return channel, lot
        return (self.roads[0][0] if self.roads else None), self.lot


def rate_of(policy: Policy, channel: Channel | None) -> t.Rate | None:
    """The fee of a channel: the policy's for its platform, else the fiscal host's own percentage, else None."""
    if channel is None:
        return None
    given = policy.fees.rates.get(channel.platform)
    if given is not None:
        return given if isinstance(given, t.Rate) else t.Rate(percent=given)
    if channel.fee:
        try:
            percent = fraction(channel.fee.strip().rstrip("%")) / 100
        except ValueError:
            return None
        return t.Rate(percent=percent) if 0 <= percent < 1 else None
    return None


def spent(net: int, policy: Policy, channels: Sequence[Channel]) -> int:
    """What must be sent by the first of ``channels`` for ``net`` to arrive."""
    rate = rate_of(policy, channels[0]) if channels and net else None
    if rate is None:
        return net
    return gross(net, rate.percent, rate.fixed.minor if rate.fixed else 0, rate.rounding)[0]


def _minor(limit: Money | Fraction | None, budget: Money) -> int | None:
    if limit is None:
        return None
    return limit.minor if isinstance(limit, Money) else int(budget.minor * limit)


def terms_of(key: str, book: Book, policy: Policy, budget: Money, own: t.PayeeLimits) -> Terms:
    """The limits of one payee: its ``own`` of ``limits.payees``, else the general ones, with its channels' minimums."""
    limits = policy.limits
    stated = limits.minimum if own.minimum is None else own.minimum
    low = 0 if stated is None else stated.minor
    high = _minor(own.maximum if own.maximum is not None else limits.maximum, budget)
    floor = _minor(own.floor, budget) or 0
    payee = book.payee(key)
    if limits.asks and payee.asks is not None and payee.asks.currency == budget.currency:
        receives = payee.receives.minor if payee.receives and payee.receives.currency == budget.currency else 0
        wanted = max(0, payee.asks.minor - receives) // MONTHS[policy.fund.period]
        high = wanted if high is None else min(high, wanted)
    general = limits.lot.minor if limits.lot else 1
    roads = []
    for channel in book.channels(key):
        lot = policy.channels.lots[channel.platform].minor if channel.platform in policy.channels.lots else general
        least = max(low, *(money.minor for money in _takes(channel, policy, budget.currency)), 0)
        roads.append((channel, up(least, lot), lot))
    lot, minimum = general, up(low, general)
    if roads:
        _, minimum, lot = min(roads, key=lambda road: road[1])
    cap = None if high is None else high // lot * lot
    floor = max(up(floor, lot), minimum) if floor else 0
    if cap is not None and floor > cap:
        raise AllocationError(
            f"the floor of {key} is {Money(minor=floor, currency=budget.currency)}, above its cap "
            f"{Money(minor=cap, currency=budget.currency)}; lower one or raise the other."
        )
    rate = rate_of(policy, roads[0][0] if roads else None) or t.Rate()
    return Terms(minimum=minimum, cap=cap, floor=floor, lot=lot, roads=tuple(roads), rate=rate)


def tolerance(terms: Collection[Terms]) -> int:
    """By which part of a minimum (1/tolerance) a payee may miss it and still reach it.

    Weights are whole units of 10^15: of three equal payees of 15.00 one has a little more than 5.00 and two have a
    little less. What they may miss is together less than one minor unit, so that rounding by largest remainder gives
    each of them its minimum, whatever the lots.
    """
    lowest, lot = max((each.minimum for each in terms), default=0), max((each.lot for each in terms), default=1)
    return 10**6 + 2 * len(terms) * lowest * lot


def lifted(amount: Fraction, part: int) -> Fraction:
    """``amount``, or the next whole unit where only 1/``part`` of that is missing."""
    above = -(-amount.numerator // amount.denominator)
    return Fraction(above) if amount * part >= above * (part - 1) else amount


def _takes(channel: Channel, policy: Policy, currency: str) -> list[Money]:
    listed = [channel.minimum, policy.channels.minimums.get(channel.platform)]
    return [money for money in listed if money is not None and money.currency == currency]


def in_gross(terms: Terms) -> Terms:
    """The same limits of what arrives, as limits of what is spent, for a pool that bears the fees."""
    rate, lot = terms.rate, terms.lot
    fixed = rate.fixed.minor if rate.fixed else 0
    if not rate.percent and not fixed:
        return terms

    def sent(net: int, unit: int) -> int:
        return up(gross(net, rate.percent, fixed, rate.rounding)[0], unit)

    return replace(
        terms,
        minimum=sent(max(terms.minimum, 1), lot),
        floor=sent(terms.floor, lot) if terms.floor else 0,
        cap=None if terms.cap is None else most(terms.cap, rate.percent, fixed, rate.rounding) // lot * lot,
        roads=tuple((channel, sent(max(least, 1), unit), unit) for channel, least, unit in terms.roads),
    )


def supported(pool: Vector, already: Mapping[str, int]) -> Vector:
    """``topup`` over the pool: what is paid on top of support, so that together it is in proportion."""
    keys = [key for key in pool.sizes if already.get(key)]
    if not keys:
        return pool
    order = list(pool.sizes)
    floors = [already.get(key, 0) * pool.whole for key in order]
    parts, bottom, _ = level(
        sum(pool.sizes.values()) + sum(floors), [pool.sizes[key] for key in order], floors, [None] * len(order)
    )
    return Vector(
        {key: part - floor * bottom for key, part, floor in zip(order, parts, floors, strict=True)}, pool.whole * bottom
    )


def limit(
    pool: Vector, terms: Mapping[str, Terms], horizon: int, *, bears: bool, notes: list[Note]
) -> tuple[Vector, int, dict[str, str]]:
    """Floors, caps and the all-or-nothing minimum over ``pool``.

    Returns the exact amounts, the reserve as a size over the same ``whole``, and for each payee that is left out
    its reason. With ``bears`` the amounts are what is spent, fees included, and what arrives is in proportion.
    """
    keys = [key for key in sorted(pool.sizes) if pool.sizes[key]] + [
        key for key in sorted(pool.sizes) if not pool.sizes[key] and terms[key].floor
    ]
    bound = {key: in_gross(terms[key]) if bears else terms[key] for key in keys}
    if not bears and not any(each.minimum or each.cap is not None or each.floor for each in bound.values()):
        return pool, 0, {}
    rates = {key: bound[key].rate for key in keys} if bears else {}
    costs = {key: 1 / (1 - rate.percent) for key, rate in rates.items()}
    fixed = {key: (rate.fixed.minor if rate.fixed else 0) * costs[key] for key, rate in rates.items()}
    common = math.lcm(
        horizon, *{cost.denominator for cost in costs.values()}, *{each.denominator for each in fixed.values()}
    )
    whole = pool.whole * common
    total = sum(pool.sizes.values()) * common
    offsets = [int(fixed.get(key, 0) * whole) for key in keys]
    sizes = [int(pool.sizes[key] * common * costs.get(key, 1)) for key in keys]
    floors = [
        max(0, bound[key].floor * whole - offset) if bound[key].floor else 0
        for key, offset in zip(keys, offsets, strict=True)
    ]
    caps = [
        None if (cap := bound[key].cap) is None else cap * whole - offset
        for key, offset in zip(keys, offsets, strict=True)
    ]
    least = [max(0, bound[key].minimum * whole // horizon - offset) for key, offset in zip(keys, offsets, strict=True)]
    guaranteed = sum(floor + offset for floor, offset in zip(floors, offsets, strict=True) if floor)
    if guaranteed > total:
        raise AllocationError(
            "the floors of limits.payees sum to more than the money there is; lower them or raise the budget."
        )
    # Nobody gets more than there is: whose minimum is above that is left out like any whose cap is too low, and does
    # not stand in the way of those ranked after it. So is one whose cap is below what a fixed fee takes.
    caps = [total if cap is None else min(max(cap, 0), total) for cap in caps]
    kept = longest(total, sizes, floors, caps, least, offsets, tolerance(bound.values()))
    total -= sum(offsets[at] for at in kept)
    parts, bottom, rest = level(
        total, [sizes[at] for at in kept], [floors[at] for at in kept], [caps[at] for at in kept]
    )
    found = {keys[at]: part + offsets[at] * bottom for at, part in zip(kept, parts, strict=True)}
    left_out = {
        keys[at]: "maximum" if bound[keys[at]].cap is not None and (caps[at] or 0) < max(least[at], 1) else "minimum"
        for at in range(len(keys))
        if keys[at] not in found
    }
    if rest and found:
        message = "the caps of limits cannot take the whole budget; what is left is reserve."
        notes.append(Note(level="warning", code="limits.maximum", subject="reserve", message=message))
    return Vector(found, whole * bottom), rest, left_out


def whole_units(total: int, sizes: Mapping[str, int], lots: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """``sizes`` as whole units that sum to ``total``, in lots; the lots' rest is the second value."""
    if any(lot > 1 for lot in lots.values()):
        return apportion(total, sizes, lots)
    return apportion(total, sizes)
