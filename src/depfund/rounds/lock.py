"""The payee lock: who a person approved to be paid, for which project and over which channel.

A payee, a channel or a vanished payee that the lock does not know is a change: it is held and listed, never paid
silently, so that a hijacked FUNDING.yml cannot redirect money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from depfund.documents import digest, encode, save
from depfund.errors import LedgerError
from depfund.model import Allocation, Facts, Held, Payment
from depfund.rounds.replay import Round, State

__all__ = ["Approval", "Change", "Lock", "approve", "hold_changes", "review", "withheld"]

BY_HAND = "by hand"
Kind = Literal["new project", "new payee", "changed channel", "vanished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person approved of one payee of a project: ``channels``, the SHA-256 of the evidence then, the day."""

    channels: tuple[str, ...]
    evidence: str = ""
    approved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """``depfund.lock``: project → payee → :class:`Approval`."""

    projects: Mapping[str, Mapping[str, Approval]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | str) -> Lock:
        """Read the file. Raises :class:`~depfund.errors.LedgerError` when it is missing or is no payee lock."""
        try:
            return cls.parse(Path(path).read_bytes(), name=str(path))
        except OSError as error:
            raise LedgerError(
                f"{path} cannot be read: {error.strerror}. `depfund payees approve` writes a payee lock."
            ) from error

    @classmethod
    def parse(cls, text: str | bytes, *, name: str = "this payee lock") -> Lock:
        """Read its JSON text."""
        hint = "Restore a copy, or write a new one with `depfund payees approve` after a review."
        try:
            plain = msgspec.json.decode(text)
        except (ValueError, RecursionError) as error:
            raise LedgerError(f"{name} is not JSON: {error}. {hint}") from error
        try:
            if plain["kind"] != "lock" or plain["schema"] != 1:
                raise LedgerError(f"{name} is a {plain['kind']!r} of schema {plain['schema']!r}, no payee lock. {hint}")
            rows = {
                str(project): {str(payee): _approval(row) for payee, row in payees.items()}
                for project, payees in plain["projects"].items()
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise LedgerError(f"{name} does not have the shape of a payee lock: {error!r}. {hint}") from error
        return cls(projects=rows)

    def to_json(self) -> str:
        """The JSON text: sorted, the same lock gives the same bytes."""
        rows = {
            project: {
                payee: {"channels": list(one.channels), "evidence": one.evidence, "approved": one.approved}
                for payee, one in payees.items()
            }
            for project, payees in self.projects.items()
        }
        return encode({"schema": 1, "kind": "lock", "projects": rows})

    def save(self, path: Path | str) -> None:
        """Write the file atomically."""
        try:
            save(self.to_json(), Path(path), private=True)
        except OSError as error:
            raise LedgerError(f"{path} cannot be written: {error.strerror}. Check that its folder exists.") from error

    def allows(self, project: str, payee: str, channel: str) -> bool:
        """Whether ``payee`` may be paid over ``channel`` for ``project``."""
        one = self.projects.get(project, {}).get(payee)
        return one is not None and channel in one.channels


def _approval(row: Mapping[str, object]) -> Approval:
    channels = row["channels"]
    if not isinstance(channels, list) or not all(isinstance(one, str) for one in channels):
        raise TypeError("channels is a list of channel keys")
    evidence, approved = row.get("evidence", ""), row.get("approved", "")
    return Approval(channels=tuple(channels), evidence=str(evidence), approved=str(approved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that nobody approved: ``kind`` says what, ``before`` the approved channels or payees, ``after`` now."""

    kind: Kind
    project: str
    payee: str
    before: tuple[str, ...] = ()
    after: str = ""
    minor: int = 0

    def __str__(self) -> str:
        """One sentence for the review."""
        was = ", ".join(self.before) or "nobody"
        if self.kind == "vanished":
            return f"{self.project}: {self.payee} (approved over {was}) is not among its payees any more."
        if self.kind == "changed channel":
            return f"{self.project}: {self.payee} is to be paid over {self.after}; approved is {was}."
        return f"{self.project}: {self.payee} over {self.after or 'no channel'} was never approved; approved is {was}."


def review(lock: Lock, plan: Allocation, facts: Facts | None = None) -> list[Change]:
    """Every payment and saving of ``plan`` that the lock does not allow, and every approved payee that has vanished.

    What the policy states by hand has no project and is filed under ``by hand``.

    A payee has vanished when its project still has weight in the plan and the payee has no part in the plan; with
    ``facts`` when the project's payees, or the payee's channels there, do not name it any more. Sorted by project.
    """
    found: list[Change] = []
    for payee, channel, projects, minor in _stakes(plan):
        for project in projects or (BY_HAND,):
            found += _compare(lock, project, payee, channel, minor)
    found += _vanished(lock, plan, facts)
    return sorted(set(found), key=lambda one: (one.project, one.payee, one.kind, one.after))


def _stakes(plan: Allocation) -> list[tuple[str, str, tuple[str, ...], int]]:
    """``(payee, channel, projects, minor units)`` of every payment, and of who saves in this plan."""
    paid = {payment.payee for payment in plan.payments}
    return [(p.payee, p.channel.key if p.channel else "", p.projects, p.amount.minor) for p in plan.payments] + [
        (payee, row.channel, row.projects, 0) for payee, row in plan.accruals.items() if payee not in paid
    ]


def _compare(lock: Lock, project: str, payee: str, channel: str, minor: int = 0) -> list[Change]:
    if lock.allows(project, payee, channel):
        return []
    payees = lock.projects.get(project)
    if payees is None:
        return [Change(kind="new project", project=project, payee=payee, after=channel, minor=minor)]
    one = payees.get(payee)
    before, kind = (tuple(sorted(payees)), "new payee") if one is None else (one.channels, "changed channel")
    return [
        Change(kind=kind, project=project, payee=payee, before=before, after=channel, minor=minor)  # type: ignore[arg-type]
    ]


def _vanished(lock: Lock, plan: Allocation, facts: Facts | None) -> list[Change]:
    named = {p.payee for p in plan.payments} | set(plan.accruals) | {item.subject for item in plan.held}
    named |= set(plan.coverage.get("unpaid", ()))
    found = []
    for project, payees in lock.projects.items():
        known = facts.projects.get(project) if facts is not None else None
        if facts is not None and known is None:
            continue
        if known is None and not plan.weights.values.get(project):
            continue
        for payee, one in payees.items():
            if known is not None and facts is not None:
                channels = {c.key for c in facts.payees[payee].channels} if payee in known.payees else set()
                gone = payee not in known.payees or channels.isdisjoint({c for c in one.channels if c} or channels)
            else:
                gone = payee not in named
            if gone:
                found.append(Change(kind="vanished", project=project, payee=payee, before=one.channels))
    return found


def hold_changes(plan: Allocation, lock: Lock, facts: Facts | None = None) -> Allocation:
    """The plan with every payment that the lock does not allow moved to held; the sum stays the budget.

    Held as well: payments for a project of which an approved payee vanished, since whoever is left would get its part.
    """
    changes = review(lock, plan, facts)
    gone = {one.project for one in changes if one.kind == "vanished"}
    why: dict[str, list[str]] = {}
    for one in changes:
        if one.kind != "vanished":
            why.setdefault(one.payee, []).append(str(one))
    paid: list[Payment] = []
    held = list(plan.held)
    for payment in plan.payments:
        left = [f"{p}: an approved payee vanished." for p in payment.projects if p in gone]
        reasons = [*why.get(payment.payee, ()), *left]
        if not reasons:
            paid.append(payment)
            continue
        more = f" And {len(reasons) - 1} more." if len(reasons) > 1 else ""
        reason = f"not in the payee lock: {reasons[0]}{more} `depfund payees review` lists all."
        held.append(Held(subject=payment.payee, minor=payment.amount.minor, reason=reason, code="lock"))
    return replace(plan, payments=tuple(paid), held=tuple(held))


def approve(
    lock: Lock, plan: Allocation, *, on: str, only: Iterable[str] | None = None, facts: Facts | None = None
) -> Lock:
    """The lock with what :func:`review` found approved on day ``on`` (ISO); ``only`` these payees or projects.

    A payee that vanished is taken out. Raises :class:`~depfund.errors.LedgerError` for a name in ``only`` that
    nothing in the review concerns.
    """
    changes = review(lock, plan, facts)
    wanted = None if only is None else set(only)
    if wanted is not None and (odd := sorted(wanted - {w for one in changes for w in (one.payee, one.project)})):
        raise LedgerError(f"there is nothing to approve for {odd[0]!r}. `depfund payees review` lists what there is.")
    proof = {(p.payee, p.channel.key if p.channel else ""): _digest(p) for p in plan.payments}
    rows = {project: dict(payees) for project, payees in lock.projects.items()}
    for one in changes:
        if wanted is not None and not wanted & {one.payee, one.project}:
            continue
        payees = rows.setdefault(one.project, {})
        if one.kind == "vanished":
            payees.pop(one.payee, None)
            continue
        # A plan can pay one payee over several channels; a channel of an earlier approval is not kept.
        now = sorted({c.after for c in changes if (c.project, c.payee) == (one.project, one.payee)})
        kept = [channel for payee, channel, _, _ in _stakes(plan) if payee == one.payee]
        before = rows[one.project].get(one.payee)
        old = [c for c in kept if before is not None and c in before.channels]
        evidence = proof.get((one.payee, one.after), "")
        payees[one.payee] = Approval(channels=tuple(sorted({*now, *old})), evidence=evidence, approved=on)
    return Lock(projects={project: payees for project, payees in rows.items() if payees})


def _digest(payment: Payment) -> str:
    evidence = payment.channel.evidence if payment.channel is not None else ()
    lines = sorted(f"{one.where}\n{one.what}" for one in evidence)
    return digest("\n".join(lines))


def withheld(lock: Lock, state: State, this: Round) -> list[str]:
    """The payees whom closing ``this`` round must not pay, for :meth:`~depfund.rounds.ledger.Ledger.settle`.

    Everybody with a share, a fixed amount or a balance is looked at by the latest channel and projects that a round
    named; where an approved payee of a project is not named by the round any more, whoever else is paid for it waits.
    """
    named = {state.name(payee) for payee in (*this.accruals, *this.fixed, *this.named)}
    busy = {project for payee in named for project in state.origins.get(payee, ("", ()))[1]}
    gone = {
        project for project in busy if any(state.name(payee) not in named for payee in lock.projects.get(project, ()))
    }
    found = []
    for payee in sorted(named | set(state.balances.get(this.currency, ()))):
        channel, projects = state.origins.get(payee, ("", ()))
        places = projects or (BY_HAND,)
        if gone.intersection(places) or any(_compare(lock, place, payee, channel) for place in places):
            found.append(payee)
    return found
