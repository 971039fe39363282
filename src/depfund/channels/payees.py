"""Payees out of claims and verdicts: what is one payee, in which order its channels stand, and under which key.

A GitHub organisation and the collective that states it as its own account are one payee. A fiscal host never makes two
collectives one, and a person's login never merges with a collective. Pure functions; the order of the input decides
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from depfund.channels.address import Address, named
from depfund.channels.trust import REPOSITORY, Claim, Source, confidence, contradicted, rank
from depfund.channels.verdict import Verdict
from depfund.model import Channel, Evidence, Note, Payee
from depfund.money import Money

__all__ = ["Needs", "Paid", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a manifest publishes of its owner's goal and income a year."""

    asks: Money | None = None
    receives: Money | None = None


@dataclass(slots=True)
class Paid:
    """Every payee by key, each project's payees best first, and what had to be said on the way."""

    payees: dict[str, Payee] = field(default_factory=dict)
    of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def merge(
    claims: Mapping[str, Iterable[Claim]],
    verdicts: Mapping[Address, Verdict],
    *,
    reverse: Mapping[str, Verdict] | None = None,
    needs: Mapping[Address, Needs] | None = None,
    doubtful: Iterable[str] = (),
    seen: str = "",
) -> Paid:
    """Payees of every project.

    ``claims`` are each project's statements, ``verdicts`` what the platforms said of their addresses. ``reverse`` maps
    a GitHub login to the collective that was found by asking for that login: it proves identity, it adds no channel.
    ``needs`` are the manifests' plans by address, ``doubtful`` projects whose repository is not what it was (their
    claims count as conflicts), ``seen`` the date of today.
    """
    ordered = {project: sorted(set(rows), key=_order) for project, rows in sorted(claims.items())}
    groups = _groups(ordered, verdicts, reverse or {})
    doubted = set(doubtful)
    rows: dict[Address, list[tuple[str, Claim]]] = {}
    for project, statements in ordered.items():
        for claim in statements:
            rows.setdefault(groups[claim.address], []).append((project, claim))
    members: dict[Address, list[Address]] = {}
    for address, group in groups.items():
        members.setdefault(group, []).append(address)
    paid = Paid()
    conflicts = _conflicts(ordered, groups, paid)
    keys: dict[Address, str] = {}
    ranks: dict[tuple[str, Address], tuple[int, ...]] = {}
    for group, said in sorted(rows.items(), key=lambda item: item[0].rank):
        channels = _channels(members[group], said, verdicts, seen)
        best = 0
        for project in sorted({project for project, _ in said}):
            sources = {claim.source for of, claim in said if of == project}
            sure = confidence(
                sources,
                confirmed=any(channel.standing == "confirmed" for channel in channels),
                conflict=(project, group) in conflicts or project in doubted,
            )
            best = max(best, sure)
            ranks[project, group] = (not channels[0].payable, -sure, min(map(rank, sources)))
        payee = _payee(channels, members[group], verdicts, reverse or {}, needs or {}, best)
        keys[group] = payee.key
        paid.payees[payee.key] = payee
    for project, statements in ordered.items():
        found = {groups[claim.address] for claim in statements}
        paid.of[project] = tuple(keys[one] for one in sorted(found, key=lambda one: (ranks[project, one], one.rank)))
    return paid


def _order(claim: Claim) -> tuple[object, ...]:
    return rank(claim.source), claim.address.rank, claim.where, claim.what


def _groups(
    claims: Mapping[str, list[Claim]], verdicts: Mapping[Address, Verdict], reverse: Mapping[str, Verdict]
) -> dict[Address, Address]:
    """Which addresses are one payee: each address to the smallest of its group."""
    parent: dict[Address, Address] = {claim.address: claim.address for rows in claims.values() for claim in rows}

    def top(address: Address) -> Address:
        while parent.setdefault(address, address) != address:
            address = parent[address]
        return address

    def join(one: Address, other: Address) -> None:
        low, high = sorted((top(one), top(other)), key=lambda address: address.rank)
        parent[high] = low

    organisations = {
        address: verdict
        for address, verdict in verdicts.items()
        if address.platform == "github" and verdict.kind == "Organization" and address in parent
    }
    for address in sorted(parent, key=lambda address: address.rank):
        if verdict := verdicts.get(address):
            join(address, verdict.address)
            for login in sorted(verdict.states) if verdict.payable else ():
                if (owner := named("github", login)) in organisations:
                    join(address, owner)
    for login, verdict in sorted(reverse.items()):
        owner = named("github", login)
        if owner in organisations and verdict.payable and verdict.address in parent:
            join(owner, verdict.address)
    return {address: top(address) for address in list(parent)}


def _conflicts(
    claims: Mapping[str, list[Claim]], groups: Mapping[Address, Address], paid: Paid
) -> set[tuple[str, Address]]:
    """(project, payee) where only the uploader names the payee and the repository names others."""
    found: set[tuple[str, Address]] = set()
    for project, rows in claims.items():
        by: dict[str, set[Address]] = {"registry": set(), "repository": set(), "other": set()}
        for claim in rows:
            kind = "repository" if claim.source in REPOSITORY else "registry" if _uploader(claim.source) else "other"
            by[kind].add(groups[claim.address])
        if not contradicted(by["registry"], by["repository"]):
            continue
        for payee in sorted(by["registry"] - by["other"], key=lambda address: address.rank):
            found.add((project, payee))
            says = ", ".join(sorted({claim.what for claim in rows if groups[claim.address] == payee}))
            theirs = ", ".join(sorted({claim.address.key for claim in rows if claim.source in REPOSITORY}))
            paid.notes.append(
                Note(
                    level="warning",
                    code="payee_conflict",
                    subject=project,
                    message=f"only the package's metadata names {says}; the repository names {theirs} instead. "
                    "It is held unless somebody confirms it.",
                )
            )
    return found


def _uploader(source: Source) -> bool:
    return source in {"registry", "lockfile", "aggregator"}


def _channels(
    members: Iterable[Address], claims: Iterable[tuple[str, Claim]], verdicts: Mapping[Address, Verdict], seen: str
) -> list[Channel]:
    said: dict[Address, set[tuple[str, str]]] = {}
    for _, claim in claims:
        verdict = verdicts.get(claim.address)
        said.setdefault(verdict.address if verdict else claim.address, set()).add((claim.where, claim.what))
    channels = []
    for address in sorted(members, key=lambda address: address.rank):
        if address not in said:
            continue
        verdict = verdicts.get(address) or next((v for v in verdicts.values() if v.address == address), None)
        rows = [Evidence(where=where, what=what, seen=seen) for where, what in sorted(said[address])]
        if verdict and verdict.where:
            rows.append(Evidence(where=verdict.where, what=verdict.what, seen=seen))
        channels.append(
            Channel(
                platform=address.platform,
                handle=address.handle,
                url=(verdict.url if verdict else "") or address.url,
                standing=verdict.standing if verdict else "declared",
                minimum=verdict.minimum if verdict else None,
                host=verdict.host if verdict else None,
                fee=verdict.fee if verdict else None,
                evidence=tuple(rows),
            )
        )
    return sorted(channels, key=lambda channel: not channel.payable)


def _payee(
    channels: list[Channel],
    members: Iterable[Address],
    verdicts: Mapping[Address, Verdict],
    reverse: Mapping[str, Verdict],
    needs: Mapping[Address, Needs],
    sure: int,
) -> Payee:
    key = channels[0].key
    group = list(members)
    names = {channel.key for channel in channels} | {address.key for address in group}
    names |= {f"custom:{address.handle.partition('://')[2]}" for address in group if address.platform == "custom"}
    for address in group:
        verdict = verdicts.get(address)
        if address.platform == "github" and verdict and verdict.kind == "Organization":
            found = reverse.get(address.handle)
            names |= {found.address.key} if found and found.payable else set()
    titles = [verdicts[address].name for address in sorted(group, key=lambda a: a.rank) if address in verdicts]
    money = [needs[address] for address in sorted(group, key=lambda a: a.rank) if address in needs]
    return Payee(
        key=key,
        name=next(filter(None, titles), ""),
        channels=tuple(channels),
        confidence=sure / 100,
        aliases=tuple(sorted(names - {key})),
        asks=next((need.asks for need in money if need.asks), None),
        receives=next((need.receives for need in money if need.receives), None),
    )
