"""From weights of nodes to claims of payees: votes, boosts, exclusions, need, and the policy for unfundable nodes.

A claim is a part of the weight that one node gives to one payee, or to nobody. All claims of a stage are whole
numbers over their sum, so every stage is exact. Source: allocation.md 4.1, 4.2 and 4.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, NamedTuple

from depfund.errors import PolicyError, UsageError
from depfund.model import Note, Weights
from depfund.shares._keys import Index
from depfund.shares._spelling import PAYEE, Candidates
from depfund.shares.ballots import Ballots
from depfund.shares.eligible import Book, Standing
from depfund.shares.policy import Policy
from depfund.shares.signals import multipliers

__all__ = ["Claim", "Claims", "Engine", "Reflow"]

Reflow = Callable[[set[str]], Mapping[str, int]]
Count = Callable[..., Mapping[str, Any]]
HELD = "\x00held:"
"""In front of the subject of a claim that is held and not paid; no payee key begins so."""


class Claim(NamedTuple):
    """``size`` of the weight that ``node`` gives to ``payee`` (None: nobody can be paid)."""

    node: str
    payee: str | None
    size: int
    state: str


_claim: Callable[[tuple[str, str | None, int, str]], Claim] = partial(tuple.__new__, Claim)
"""``Claim`` for many: the four parts as they are, in half the time."""


@dataclass
class Claims:
    """The claims of one stage, complete when they are made; ``whole`` is the size of the whole weight."""

    rows: list[Claim] = field(default_factory=list)
    whole: int = 0

    @cached_property
    def by_payee(self) -> Mapping[str, int]:
        """The size of each payee's claims, held subjects included under :data:`HELD`."""
        found: dict[str, int] = {}
        have = found.get
        for _, payee, size, _ in self.rows:
            if payee is not None:
                found[payee] = have(payee, 0) + size
        return found


class Engine:
    """The stages up to the unfundable policy. ``stages`` holds (name, claims) in their order."""

    def __init__(
        self,
        weights: Weights,
        book: Book,
        policy: Policy,
        reflow: Reflow | None,
        passed_up: Reflow | None,
        count: Count | None,
        ballots: Ballots | None,
    ) -> None:
        self.weights, self.book, self.policy = weights, book, policy
        self.reflow, self.passed_up, self.count = reflow, passed_up, count
        self.notes: list[Note] = []
        self.base = {node: value for node, value in weights.values.items() if value}
        self.nodes = sorted({*self.base, *book.members})
        self.standings = book.standings(self.nodes)
        self.votes: dict[str, Fraction] = {}
        self.cast: list[Any] = []
        self.ballots = ballots or policy.ballots
        if policy.votes is not None:
            self._count()
        self.times = self._times()
        self.stages: list[tuple[str, Claims]] = []
        self._run()

    # Votes

    def _count(self) -> None:
        votes = self.policy.votes
        if votes is None:
            return
        if self.ballots is None or self.count is None:
            self._doubt("votes.none", "the policy has [votes], but there are no ballots; nobody's vote is counted.")
            return
        members = {node: self.book.members.get(node, ()) for node in self.nodes}
        candidates = Candidates(members, [self.book.payee(key) for key in sorted(self.book.payees)])
        self.cast, notes = self.ballots.matched(candidates.find)
        self.notes += notes
        if any(self.cast):
            counted = self.count(self.cast, votes.method)
            whole = sum((Fraction(value) for value in counted.values()), Fraction(0))
            if whole:
                self.votes = {name: Fraction(value) / whole for name, value in counted.items() if value}
        if not self.votes:
            self._doubt("votes.none", f"no vote of {self.ballots.name} could be matched; nobody's vote is counted.")
        elif votes.share is None and self.policy.grants is None:
            self._doubt("votes.share", "votes.share is not stated, so the votes have no part in the weights.")
        for name in self.votes:
            if name.startswith(PAYEE):
                self.standings[name] = self._voted(name)

    def _doubt(self, code: str, message: str) -> None:
        self.notes.append(Note(level="warning", code=code, subject="votes", message=message))

    @property
    def only_votes(self) -> bool:
        """Whether nothing but votes decides, so that without any nobody is chosen."""
        votes = self.policy.votes
        return votes is not None and self.policy.grants is not None and votes.share in {None, 1}

    def _voted(self, name: str) -> Standing:
        key = name.removeprefix(PAYEE)
        if barred := self.book.barred(key):
            return Standing(state="excluded", rule=barred[0], reason=barred[1], known=True)
        if not self.book.channels(key) and self.book.facts is not None:
            return Standing(
                state="unfundable", rule="no_channel", reason=f"no channel of {key} can be paid", known=True
            )
        return Standing(state="pays", payees=(key,), known=True)

    @property
    def share(self) -> Fraction:
        """The part of the weight that comes from people."""
        votes = self.policy.votes
        if votes is None or not self.votes:
            return Fraction(0)
        if votes.share is not None:
            return votes.share
        return Fraction(1) if self.policy.grants is not None else Fraction(0)

    def _blend(self, values: Mapping[str, int]) -> dict[str, int]:
        """(1 − β)·graph + β·votes, as whole numbers."""
        part = self.share
        whole = sum(values.values())
        if not part or (part < 1 and not whole):
            return {node: value for node, value in values.items() if value}
        mixed = {name: part * value for name, value in self.votes.items()}
        if part < 1:
            for node, value in values.items():
                mixed[node] = mixed.get(node, Fraction(0)) + (1 - part) * Fraction(value, whole)
        common = math.lcm(*{value.denominator for value in mixed.values()})
        return {node: int(value * common) for node, value in mixed.items() if value}

    # Boosts, need, signals

    def _times(self) -> dict[str, Fraction]:
        """What multiplies a node's weight (by its key) and a payee's (by its key behind :data:`PAYEE`)."""
        found: dict[str, Fraction] = {}
        boosts = [(name, times) for name, times in self.policy.boost.items() if times not in {0, 1}]
        subjects = self._subjects() if boosts or self.policy.data is not None else {}
        if boosts:
            used: set[str] = set()
            index = Index(subjects)
            for name, times in boosts:
                met = index.find(name)
                # An owner's address means its projects, not its account once more.
                for subject in [each for each in met if not each.startswith(PAYEE)] or met:
                    used.add(name)
                    found[subject] = found.get(subject, Fraction(1)) * times
            for name in sorted({name for name, _ in boosts} - used):
                message = f"boost names {name!r}, which is no payee, project or package here."
                self.notes.append(Note(level="warning", code="boost.unknown", subject=name, message=message))
        if (backed := self.book.multiplier("company_backed")) is not None:
            factor = self.policy.eligibility.company_factor
            for node, standing in self.standings.items():
                forms = [
                    *self.book.forms(node, owner=True),
                    *(form for key in standing.payees for form in self.book.spellings(key)),
                ]
                if backed.first(forms) is not None:
                    found[node] = found.get(node, Fraction(1)) * factor
                    message = f"{node} has a company behind it: weight times {factor} (eligibility.company_backed)."
                    self.notes.append(
                        Note(level="info", code="eligibility.company_backed", subject=node, message=message)
                    )
        if self.policy.need.income:
            self._need(found)
        more, notes = multipliers(self.policy.data, self.policy.signals, subjects)
        self.notes += notes
        for subject, times in more.items():
            found[subject] = found.get(subject, Fraction(1)) * times
        return found

    def _subjects(self) -> dict[str, list[str]]:
        keys = sorted({key for standing in self.standings.values() for key in standing.payees})
        nodes = {node: self.book.forms(node, owner=True) for node in self.standings}
        if self.book.facts is None and not self.book.payees:
            return nodes
        # A payee spelled like the owner of a project would be met twice, once by the project.
        return {
            **{node: [form for form in forms if not form.startswith("github:")] for node, forms in nodes.items()},
            **{PAYEE + key: self.book.spellings(key) for key in keys if key not in nodes},
        }

    def _need(self, found: dict[str, Fraction]) -> None:
        for key, payee in sorted(self.book.payees.items()):
            asks, receives = payee.asks, payee.receives
            if asks is None or receives is None or asks.currency != receives.currency or not asks.minor:
                continue
            times = max(Fraction(0), 1 - Fraction(receives.minor, asks.minor))
            found[PAYEE + key] = found.get(PAYEE + key, Fraction(1)) * times
            message = f"{key} asks for {asks} a year and receives {receives}: weight times {times}."
            self.notes.append(Note(level="info", code="need", subject=key, message=message))

    # Stages

    def _claims(
        self, values: Mapping[str, int], *, times: bool, keep: Iterable[str] = ("pays", "held", "unfundable")
    ) -> Claims:
        """Claims of the nodes in the states of ``keep``, multiplied by boosts when ``times``; whole numbers."""
        states = set(keep)
        known: Mapping[str, Fraction] = self.times if times else {}
        parts = math.lcm(*{len(self.standings[node].payees) or 1 for node in values})
        scale = math.lcm(*{each.denominator for each in known.values()})
        rows: list[Claim] = []
        for node in sorted(values):
            standing = self.standings[node]
            if not known and standing.state == "pays" and len(standing.payees) == 1:
                rows.append(_claim((node, standing.payees[0], values[node] * parts, "pays")))
                continue
            if standing.state not in states:
                continue
            own = known.get(node)
            size = values[node] * parts * (scale if own is None else own.numerator * (scale // own.denominator))
            if standing.state in {"unfundable", "excluded"}:
                rows.append(Claim(node, None, size * scale, standing.state))
                continue
            for key in standing.payees:
                also = known.get(PAYEE + key)
                part = (
                    size
                    // len(standing.payees)
                    * (scale if also is None else also.numerator * (scale // also.denominator))
                )
                rows.append(Claim(node, HELD + key if standing.state == "held" else key, part, standing.state))
        return Claims(rows, sum([row.size for row in rows]))

    def _run(self) -> None:
        everybody = ("pays", "held", "unfundable", "excluded")
        self.stages.append(("weight", self._claims(self.base, times=False, keep=everybody)))
        values = self.base
        if self.share:
            values = self._blend(self.base)
            self.stages.append(("votes", self._claims(values, times=False, keep=everybody)))
        excluded = [node for node, standing in self.standings.items() if standing.state == "excluded"]
        passing = {node for node in excluded if self.standings[node].passes}
        if passing & set(values):
            values = self._blend(self._passed(self.reflow, passing, "exclude"))
        boosted = self.stages[0][1]
        if self.times or values is not self.base or excluded:
            boosted = self._claims(values, times=True)
        self.stages.append(("boosts", boosted))
        self.stages.append(("unfundable", self._unfundable(boosted, passing)))
        self._decisions()

    def _passed(self, how: Reflow | None, nodes: set[str], what: str) -> Mapping[str, int]:
        name = self.weights.weighting
        if how is None:
            raise PolicyError(
                f"{what}: pass_down and pass_up follow the edges of the graph, and these weights have none."
            )
        try:
            return {node: value for node, value in how(nodes).items() if value and node in self.standings}
        except UsageError as error:
            raise PolicyError(f"{what}: pass_down and pass_up are defined for flow, not for {name}: {error}") from error

    def _unfundable(self, claims: Claims, passing: set[str]) -> Claims:
        rule = self.policy.unfundable
        lost = {name for name, standing in self.standings.items() if standing.state == "unfundable"}
        if not lost:
            return claims
        if rule.policy == "hold":
            rows = [
                Claim(row.node, HELD + row.node, row.size, "unfundable") if row.state == "unfundable" else row
                for row in claims.rows
            ]
            return Claims(rows, claims.whole)
        if rule.policy == "fallback":
            return self._fallback(claims)
        lost = {name for name in lost if not name.startswith(PAYEE)}  # a payee with votes has no edges to pass along
        if lost and rule.policy in {"pass_down", "pass_up"} and any(row.state == "unfundable" for row in claims.rows):
            if rule.policy == "pass_down":
                values = self._passed(self.reflow, lost | passing, "unfundable.policy")
            else:
                values = self._passed(self.passed_up, lost, "unfundable.policy")
            return self._claims(self._blend(values), times=True, keep=("pays", "held"))
        rows = [row for row in claims.rows if row.state != "unfundable"]
        return Claims(rows, sum(row.size for row in rows))

    def _fallback(self, claims: Claims) -> Claims:
        table = self.policy.unfundable.fallback
        rows = []
        for row in claims.rows:
            key: str | None = row.payee
            if row.state == "unfundable":
                purl = next((p for p in (row.node, *self.book.members.get(row.node, ())) if p.startswith("pkg:")), "")
                kind = purl.removeprefix("pkg:").partition("/")[0]
                named = table if isinstance(table, str) else (table or {}).get(kind) or (table or {}).get("default")
                key = self.book.names.find(named) if named else None
                if key is not None and self.book.facts is not None and not self.book.channels(key):
                    key = HELD + row.node
            if key is not None:
                rows.append(Claim(row.node, key, row.size, row.state))
        return Claims(rows, sum(row.size for row in rows))

    def _decisions(self) -> None:
        """A note for every decision of eligibility, with its rule."""
        plain = self.book.facts is None and not self.book.payees
        if plain and all(standing.state == "pays" for standing in self.standings.values()):
            return
        seen = {row.node for name, claims in self.stages if name in {"weight", "votes"} for row in claims.rows}
        for node in sorted(seen):
            standing = self.standings[node]
            if plain and standing.state == "pays":
                continue
            if standing.state == "excluded":
                code = "exclude" if standing.rule in {"exclude", "boost"} else f"eligibility.{standing.rule}"
                onward = "passes to what it depends on" if standing.passes else "is redistributed"
                message = f"{standing.reason}; its weight {onward}."
                self.notes.append(Note(level="info", code=code, subject=node.removeprefix(PAYEE), message=message))
            elif standing.state == "held":
                self.notes.append(
                    Note(level="warning", code="eligibility.confidence", subject=node, message=f"{standing.reason}.")
                )
            elif standing.state == "unfundable":
                message = f"{standing.reason}; unfundable.policy is {self.policy.unfundable.policy}."
                self.notes.append(
                    Note(level="info", code="eligibility.no_channel", subject=node.removeprefix(PAYEE), message=message)
                )
            if standing.state == "pays":
                project = self.book.project(node)
                for key in project.payees if project else ():
                    if key not in standing.payees and (barred := self.book.barred(key)):
                        code = "exclude" if barred[0] in {"exclude", "boost"} else f"eligibility.{barred[0]}"
                        message = f"{barred[1]}; {node} pays its other payees."
                        self.notes.append(Note(level="info", code=code, subject=key, message=message))
