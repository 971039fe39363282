"""Why this amount? What the plan, its weights and their graph say about one package, project or payee.

An explanation needs nothing but the plan: a saved one answers the same questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeVar

from depfund import weights as room
from depfund._bulk import quick
from depfund._why_search import Searched
from depfund._why_text import lines
from depfund.errors import UsageError
from depfund.graph import versionless
from depfund.model import Allocation, Channel, Effect, Held, Note, Payment, Weights
from depfund.money import Money
from depfund.weights.attribution import Attribution, is_linear
from depfund.weights.compare import Comparison, compare
from depfund.weights.explain import Paths

__all__ = ["Comparison", "Explainer", "Explanation", "Reason", "compare", "explain", "explainer", "sensitivity"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One project (or package) behind an amount: its ``weight`` of 10^15 and where that comes from.

    What takes a search is searched when it is read, and then kept.
    """

    node: str
    weight: int
    members: tuple[str, ...] = ()
    direct: bool = False
    source: Explainer | None = field(default=None, repr=False, compare=False)

    @cached_property
    def by_direct(self) -> Mapping[str, int] | None:
        """The weight by direct dependency, exactly; None where the weighting is not linear in the root's stakes."""
        return self.source.by_direct(self.node) if self.source else None

    @cached_property
    def paths(self) -> Paths | None:
        """The largest walks from the root to the node, and all others in one sum."""
        return self.source.searched.paths(self.node) if self.source else None

    @cached_property
    def breaks(self) -> tuple[str, ...]:
        """What needs the node, directly or not."""
        return self.source.searched.breaks(self.node) if self.source else ()

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """For a direct dependency: what goes from the lockfile with it."""
        return self.source.searched.leaves(self.node) if self.source and self.direct else ()

    def to_plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "node": self.node,
            "weight": self.weight,
            "members": list(self.members),
            "direct": self.direct,
            "by_direct": None if self.by_direct is None else dict(self.by_direct),
            "paths": self.paths.to_plain() if self.paths else None,
            "breaks": list(self.breaks),
            "leaves": list(self.leaves),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer to "why?". ``str()`` is for people, :meth:`to_plain` for programs.

    ``amount`` is what the payee gets, or what the package or project brought its payees; ``stages`` add up to a
    payee's amount; ``because`` is what each package brought, ``through`` by which projects of a portfolio it came.
    """

    subject: str
    kind: str
    name: str
    amount: Money
    weight: int
    payees: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    confidence: float | None = None
    stages: tuple[Effect, ...] = ()
    because: Mapping[str, int] | None = None
    reasons: tuple[Reason, ...] = ()
    held: tuple[Held, ...] = ()
    conflict: str | None = None
    notes: tuple[Note, ...] = ()
    weighting: str = ""
    through: Mapping[str, Any] | None = None

    def to_plain(self) -> dict[str, Any]:
        """As JSON takes it (kind ``explanation``); ``by_direct`` sums the reasons'."""
        import msgspec

        together: dict[str, int] = {}
        for reason in self.reasons:
            for direct, units in (reason.by_direct or {}).items():
                together[direct] = together.get(direct, 0) + units
        plain = {
            "schema": 1,
            "kind": "explanation",
            "subject": self.subject,
            "about": self.kind,
            "name": self.name,
            "amount": {"minor": self.amount.minor, "currency": self.amount.currency},
            "weight": self.weight,
            "weighting": self.weighting,
            "payees": list(self.payees),
            "channels": self.channels,
            "confidence": self.confidence,
            "stages": self.stages,
            "because": dict(self.because or {}),
            "by_direct": together,
            "paths": [path for reason in self.reasons if reason.paths for path in reason.paths.to_plain()["top"]],  # type: ignore[attr-defined]
            "reasons": [reason.to_plain() for reason in self.reasons],
            "held": self.held,
            "conflict": self.conflict,
            "notes": self.notes,
            "through": self.through,
        }
        made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plain))
        return made

    def __str__(self) -> str:
        return "\n".join(lines(self))


_explanation, _reason = quick(Explanation), quick(Reason)


class Explainer:
    """Explanations of one plan; what several of them need is computed once."""

    def __init__(self, plan: Allocation) -> None:
        self.plan = plan
        self.basis = plan.weights.basis
        self.members = self.basis.members if self.basis else {}
        self.weighting = _named(plan.weights)
        self.payments: dict[str, list[Payment]] = {}
        self.paid: dict[str, list[Payment]] = {}
        for payment in plan.payments:
            self.payments.setdefault(payment.payee, []).append(payment)
            for node in payment.projects:
                self.paid.setdefault(node, []).append(payment)
        self.held = _by_subject(plan.held)
        self.notes = _by_subject(plan.notes)
        portfolio = plan.coverage.get("portfolio")
        self.through: Mapping[str, Any] = portfolio.get("payees", {}) if isinstance(portfolio, Mapping) else {}

    @cached_property
    def searched(self) -> Searched:
        """What paths and closures are read from."""
        return Searched(self.plan.weights)

    @cached_property
    def names(self) -> dict[str, str]:
        """Every spelling of a node: its key, its purls with and without version, its packages' names."""
        found: dict[str, str] = {}
        members = self.members or {key: (key,) for key in self.plan.weights.values}
        for key, purls in members.items():
            for purl in (key, *purls):
                plain = versionless(purl)
                body = plain.partition("/")[2].replace("%40", "@")
                for spelling in (purl, plain, body, body.rsplit("/", 1)[-1]):
                    found.setdefault(spelling.lower(), key)
        found |= {key.lower(): key for key in members}
        return found

    @cached_property
    def attribution(self) -> Attribution | None:
        """By direct dependency, node by node; None where the weighting is not linear."""
        return Attribution(self.plan.weights) if self.basis and is_linear(self.plan.weights) else None

    def by_direct(self, node: str) -> Mapping[str, int] | None:
        """Direct dependency → units of ``node``; None where it weighs nothing or the weighting is not linear."""
        known = self.attribution is not None and node in self.plan.weights.values
        return self.attribution.of(node) if known and self.attribution is not None else None

    @cached_property
    def payees(self) -> dict[str, str]:
        """Every spelling of a payee: key, name, its channels' keys and addresses."""
        found: dict[str, str] = {}
        for payment in self.plan.payments:
            channel = payment.channel
            spellings = [payment.payee, payment.name, payment.payee.partition(":")[2]]
            spellings += [channel.key, channel.url, channel.handle] if channel else []
            for spelling in spellings:
                if spelling:
                    found.setdefault(spelling.lower(), payment.payee)
        for held in self.plan.held:
            found.setdefault(held.subject.lower(), held.subject)
        return found | {key.lower(): key for key in self.payments}

    def __call__(self, who: str) -> Explanation:
        """The explanation of ``who``. Raises UsageError when the plan does not know it."""
        if who in self.payments:
            return self._payee(who)
        asked = who.strip().rstrip("/").lower()
        if asked in self.payments or (asked in self.payees and asked not in self.names):
            return self._payee(self.payees[asked])
        node = self.names.get(asked) or self.names.get(versionless(asked))
        if node is not None:
            return self._node(node)
        if asked in self.payees:
            return self._payee(self.payees[asked])
        near = sorted(name for name in {*self.names, *self.payees} if asked and asked in name)[:5]
        hint = f" Did you mean {', '.join(near)}?" if near else " `depfund export PLAN --format csv` lists them."
        raise UsageError(f"the plan knows no package, project or payee {who!r}.{hint}")

    def _payee(self, key: str) -> Explanation:
        payments = self.payments.get(key, ())
        whole = payments[0] if len(payments) == 1 else self._together(key, payments)
        subjects = {key, *whole.projects} if self.held or self.notes else set()
        return _explanation(
            subject=key,
            kind="payee",
            name=whole.name,
            amount=whole.amount,
            weight=whole.weight,
            payees=(key,),
            channels=tuple([payment.channel for payment in payments if payment.channel]),
            confidence=whole.confidence if payments else None,
            stages=whole.effects,
            because=whole.because,
            reasons=self._reasons(whole.projects),
            held=_among(self.held, subjects) if subjects else (),
            conflict=whole.conflict,
            notes=_among(self.notes, subjects) if subjects else (),
            weighting=self.weighting,
            through=self.through.get(key),
        )

    def _together(self, key: str, payments: Sequence[Payment]) -> Payment:
        """One payment with what several (or none) of a payee come to."""
        return Payment(
            payee=key,
            name=next((payment.name for payment in payments if payment.name), ""),
            amount=self._money(sum(payment.amount.minor for payment in payments)),
            weight=payments[0].weight if payments else 0,
            because=_sums(pair for payment in payments for pair in payment.because.items()),
            effects=_added(effect for payment in payments for effect in payment.effects),
            projects=tuple(sorted({node for payment in payments for node in payment.projects})),
            confidence=payments[0].confidence if payments else 1.0,
            conflict=next((payment.conflict for payment in payments if payment.conflict), None),
        )

    def _node(self, node: str) -> Explanation:
        members = self.members.get(node, ()) if self.basis else (node,)
        paid = self.paid.get(node, [])
        because = {
            purl: sum(payment.because.get(purl, 0) for payment in paid)
            for purl in members
            if any(purl in payment.because for payment in paid)
        }
        return _explanation(
            subject=node,
            kind="project" if "://" in node else "package",
            name=node,
            amount=self._money(sum(because.values())),
            weight=self.plan.weights.values.get(node, 0),
            payees=tuple(payment.payee for payment in paid),
            channels=tuple(payment.channel for payment in paid if payment.channel),
            confidence=min((payment.confidence for payment in paid), default=None),
            because=because,
            reasons=self._reasons([node]),
            held=_among(self.held, {node, *members}),
            notes=_among(self.notes, {node, *members, *map(versionless, members)}),
            weighting=self.weighting,
        )

    def _reasons(self, nodes: Sequence[str]) -> tuple[Reason, ...]:
        values = self.plan.weights.values
        if self.basis is None:
            return tuple(Reason(node=node, weight=values.get(node, 0)) for node in nodes)
        members, direct = self.members, self.basis.direct
        return tuple(
            [
                _reason(
                    node=node, weight=values.get(node, 0), members=members[node], direct=node in direct, source=self
                )
                for node in nodes
                if node in members
            ]
        )

    def _money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.plan.budget.currency)

    def brief(self, who: str) -> dict[str, Any]:
        """What reports show of a payee: ``by_direct`` and the largest ``paths``, without the search for the rest."""
        nodes = sorted({node for payment in self.payments.get(who, ()) for node in payment.projects})
        if not nodes:
            return self(who).to_plain()
        together: dict[str, int] = {}
        for node in nodes:
            for direct, units in (self.by_direct(node) or {}).items():
                together[direct] = together.get(direct, 0) + units
        return {"by_direct": together}


def explain(plan: Allocation, who: str) -> Explanation:
    """The explanation of one package, project or payee of ``plan``; what several need is worked out once a plan."""
    return explainer(plan)(who)


def explainer(plan: Allocation) -> Explainer:
    """The Explainer of ``plan``, made once and kept with it."""
    found: Explainer | None = getattr(plan, "_kept", None)
    if found is None:
        found = Explainer(plan)
        object.__setattr__(plan, "_kept", found)
    return found


def sensitivity(plan: Allocation, names: Iterable[str]) -> dict[str, Any]:
    """How much money other weightings would move, on the plan's own graph; ``ranges`` are per payee.

    A project's weight counts for its payees in equal parts. Empty where the plan carries no graph.
    """
    basis = plan.weights.basis
    if basis is None or not plan.weights.values or plan.weights.weighting == "portfolio":
        return {}  # a sum of many graphs is no graph that could be weighed again
    others = [name for name in names if name != plan.weights.weighting]
    weighed = [plan.weights, *(room.weigh(basis, name) for name in others)]
    found = compare(weighed).to_plain()
    sharing: dict[str, int] = {}
    for payment in plan.payments:
        for node in payment.projects:
            sharing[node] = sharing.get(node, 0) + 1
    ranges: dict[str, list[int]] = {}
    for payment in plan.payments:
        sums = [sum(one.values.get(node, 0) // sharing[node] for node in payment.projects) for one in weighed]
        ranges[payment.payee] = [min(sums), max(sums)]
    return {**found, "ranges": ranges}


S = TypeVar("S", Held, Note)


def _by_subject(rows: Iterable[S]) -> dict[str, list[tuple[int, S]]]:
    found: dict[str, list[tuple[int, S]]] = {}
    for place, row in enumerate(rows):
        found.setdefault(row.subject, []).append((place, row))
    return found


def _among(rows: Mapping[str, list[tuple[int, S]]], subjects: set[str]) -> tuple[S, ...]:
    """The rows about ``subjects``, in the plan's order."""
    if not rows:
        return ()
    found = [pair for subject in subjects if subject in rows for pair in rows[subject]]
    return tuple(row for _, row in sorted(found, key=itemgetter(0)))


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for key, minor in pairs:
        sums[key] = sums.get(key, 0) + minor
    return sums


def _added(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    sums = _sums((effect.stage, effect.minor) for effect in effects)
    return tuple(Effect(stage=stage, minor=minor) for stage, minor in sums.items())


def _named(weights: Weights) -> str:
    settings = ", ".join(f"{key}={value}" for key, value in weights.parameters.items() if value not in {"", "None"})
    return f"{weights.weighting}({settings})" if settings else weights.weighting
