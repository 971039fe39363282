"""The answer's parts: reasons (``because``), effects of the stages, fees, coverage, digests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from depfund.model import Channel, Effect, FeeLine, Note, Weights
from depfund.money import Money, apportion
from depfund.shares._spelling import PAYEE
from depfund.shares.charges import fee as fee_on
from depfund.shares.charges import gross
from depfund.shares.claims import HELD, Claims, Engine
from depfund.shares.eligible import Book
from depfund.shares.limits import rate_of
from depfund.shares.parts import channels
from depfund.shares.policy import Policy

__all__ = ["because", "charge", "coverage", "effects", "nodes_of", "over", "sources", "takes"]

FIXED = "policy:fixed"
VOTES = "policy:votes"
GRANTS = "policy:grants"


def nodes_of(claims: Claims) -> dict[str, list[str]]:
    """For each payee the nodes that brought it its share."""
    found: dict[str, list[str]] = {}
    for node, payee, size, _ in claims.rows:
        if payee is not None and size and not node.startswith(PAYEE):
            found.setdefault(payee, []).append(node)
    return found


def sources(claims: Claims, book: Book) -> dict[str, dict[str, int]]:
    """For each payee the sizes of what brought it its share: purls, or the policy that did."""
    known = book.members
    members = {node: known.get(node) or (VOTES if node.startswith(PAYEE) else node,) for node, _, _, _ in claims.rows}
    common = math.lcm(*set(map(len, members.values())))
    found: dict[str, dict[str, int]] = {}
    for node, payee, size, _ in claims.rows:
        if payee is not None and size:
            purls = members[node]
            part = size * (common // len(purls))
            mine = found.setdefault(payee, {})
            for purl in purls:
                mine[purl] = mine.get(purl, 0) + part
    return found


def because(amount: int, sizes: Mapping[str, int], policy: str) -> dict[str, int]:
    """``amount`` over what brought it, by largest remainder; ``policy`` names the rule where no package did."""
    if not amount:
        return {}
    if len(sizes) <= 1:
        return {next(iter(sizes), policy): amount}
    parts, _ = apportion(amount, sizes)
    return {purl: part for purl, part in parts.items() if part}


def effects(stages: Sequence[tuple[str, Mapping[str, int]]], key: str, amount: int) -> tuple[Effect, ...]:
    """What each stage moved, from what ``key`` had after it; the last brings it to ``amount``."""
    found, before, last = [], 0, stages[-1]
    for stage in stages:
        name, parts = stage
        after = amount if stage is last else parts.get(key, 0)
        if after != before:
            found.append(Effect(stage=name, minor=after - before))
            before = after
    return tuple(found)


def charge(
    payee: str, channel: Channel | None, amount: int, policy: Policy, notes: list[Note]
) -> tuple[int, FeeLine | None]:
    """What is paid of ``amount``, and the line of its fee; None where no fee is known.

    ``pool_bears``: ``amount`` is spent, what arrives is the payment. Else ``amount`` is the payment.
    """
    rate = rate_of(policy, channel)
    if rate is None or channel is None:
        return amount, None
    fixed = rate.fixed.minor if rate.fixed else 0
    if policy.fees.bearer == "on_top":
        sent, cost = gross(amount, rate.percent, fixed, rate.rounding)
        return amount, FeeLine(payee=payee, platform=channel.platform, gross=sent, fee=cost, net=sent - cost)
    cost = fee_on(amount, rate.percent, fixed, rate.rounding)
    if cost > amount:
        message = f"the fee of {channel.platform} is more than the payment; nothing would arrive."
        notes.append(Note(level="warning", code="fees", subject=payee, message=message))
        cost = amount
    line = FeeLine(payee=payee, platform=channel.platform, gross=amount, fee=cost, net=amount - cost)
    return (amount - cost if policy.fees.bearer == "pool_bears" else amount), line


def takes(road: Channel, policy: Policy, currency: str) -> int:
    """The smallest amount a channel takes, in minor units of ``currency``; 0 where none is known in it."""
    listed = (road.minimum, policy.channels.minimums.get(road.platform))
    return max((each.minor for each in listed if each is not None and each.currency == currency), default=0)


def over(
    channel: Channel | None,
    amount: Money,
    shares: Mapping[str, Fraction] | None,
    roads: Sequence[Channel],
    policy: Policy,
) -> tuple[list[tuple[Channel | None, int, bool]], int]:
    """A payee's ``amount`` over its channels, and what no lot can take: one, or several by ``channels.shares``.

    Each row is (channel, part, whether the part was moved away from the first).
    """
    if not shares:
        return [(channel, amount.minor, False)], 0
    known = {road.platform: road for road in reversed(roads)}
    usable = {platform: share for platform, share in shares.items() if platform in known}
    lots = {name: lot.minor for name, lot in policy.channels.lots.items() if name in known}
    least = {name: takes(road, policy, amount.currency) for name, road in known.items()}
    parts, rest = channels(amount.minor, usable, lots, least)
    chosen = [road for road in roads if parts.get(road.platform) and known[road.platform] is road]
    if not chosen:
        return [(channel, amount.minor, False)], 0
    return [(road, parts[road.platform], bool(at)) for at, road in enumerate(chosen)], rest


def coverage(
    engine: Engine, weights: Weights, paid: Iterable[str], policy: Policy, notes: list[Note]
) -> dict[str, Any]:
    """Counts and weights over stated denominators.

    ``projects`` are the nodes with a weight, ``packages`` those they stand for, ``direct`` the direct ones among
    them; each as ``all`` ≥ ``resolved`` (a payee is known) ≥ ``payable`` ≥ ``paid``, the ``weight`` of 10^15
    likewise. ``fundable`` is the share of the weight, after exclusions and boosts, whose payee can be paid or waits
    for confirmation; ``uplift`` is 1/fundable: what redistribution multiplies shares with.
    """
    stages = dict(engine.stages)
    paid_keys = set(paid)
    paid_nodes = {row.node for row in stages["unfundable"].rows if row.payee in paid_keys}
    counts = {
        name: dict.fromkeys(("all", "resolved", "payable", "paid"), 0)
        for name in ("projects", "packages", "direct", "weight")
    }
    direct = weights.basis.direct if weights.basis else {}
    members, standings = engine.book.members, engine.standings
    alike: dict[tuple[bool, bool, bool], list[str]] = {}
    for node in engine.base:
        standing = standings[node]
        alike.setdefault((standing.known, standing.state == "pays", node in paid_nodes), []).append(node)
    for (known, pays, given), nodes in alike.items():
        steps = (True, known, pays, pays and given)
        sizes = sum([len(members.get(node, ())) or 1 for node in nodes])
        added = (len(nodes), sizes, len(direct.keys() & nodes), sum([engine.base[node] for node in nodes]))
        for row, number in zip(counts.values(), added, strict=True):
            for step, holds in zip(row, steps, strict=True):
                row[step] += number if holds else 0
    found: dict[str, Any] = {name: row for name, row in counts.items() if name != "direct" or direct}
    boosted = stages["boosts"]
    able = sum([row.size for row in boosted.rows if row.state != "unfundable"])
    excluded = sum([standings[node].state == "excluded" for node in engine.base])
    if excluded:
        found["excluded"] = excluded
    if boosted.whole:
        fundable = Fraction(able, boosted.whole)
        found["fundable"] = str(fundable)
        if fundable:
            found["uplift"] = str(1 / fundable)
        if fundable < Fraction(1, 2):
            message = (
                f"somebody can be paid for {_percent(fundable)} of the weight only; "
                f"unfundable.policy {policy.unfundable.policy} decides about the rest."
            )
            notes.append(Note(level="warning", code="coverage.low", subject="coverage", message=message))
    goal = policy.fund.coverage
    whole = counts["weight"]["all"]
    if goal is not None and whole and (reached := Fraction(counts["weight"]["paid"], whole)) < goal:
        message = f"the paid projects hold {_percent(reached)} of the weight, below fund.coverage {_percent(goal)}."
        notes.append(Note(level="warning", code="coverage.target", subject="coverage", message=message))
    return found


def _percent(share: Fraction) -> str:
    tenths = int(share * 1000)
    return f"{tenths // 10}.{tenths % 10}%"


def subject_of(key: str) -> str:
    """The subject of a held claim."""
    return key.removeprefix(HELD).removeprefix(PAYEE)


def money(minor: int, currency: str) -> str:
    """An amount for a message."""
    return str(Money(minor=minor, currency=currency))
