"""Who may be paid for each node of the weights, and why not: every rule of eligibility in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from depfund.model import Channel, Facts, Note, Payee, Project
from depfund.shares._keys import PLATFORMS, Matcher, Names, bare, channel_of, payee_key
from depfund.shares._licences import OSI, allows

if TYPE_CHECKING:
    from depfund.shares.policy import Policy

__all__ = ["Book", "Standing"]

State = Literal["pays", "held", "unfundable", "excluded"]
_OWNER = re.compile(r"(?:https?://)?([^/]+)/([^/]+)(?:/.*)?")
_LISTS = ("own", "staff", "company_backed", "venture_backed", "opted_out")
_WORDS = {
    "own": "is our own",
    "staff": "is of somebody we employ",
    "company_backed": "has a company behind it",
    "venture_backed": "took venture capital",
    "opted_out": "asked not to be paid",
}


class Standing(NamedTuple):
    """What a node's weight is for. ``rule`` and ``reason`` where nobody is paid; ``known``: a payee is known."""

    state: State
    payees: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    passes: bool = False
    known: bool = False


_standing: Callable[[tuple[object, ...]], Standing] = partial(tuple.__new__, Standing)
"""``Standing`` for many: the six parts as they are, in half the time."""


class Book:
    """Facts and policy together: payees, their channels, and the standing of every node.

    Without facts every key of the weights is its own payee. ``[[payee]]`` of the policy beats the facts.
    """

    def __init__(self, members: Mapping[str, tuple[str, ...]], facts: Facts | None, policy: Policy) -> None:
        self.members, self.facts, self.policy = members, facts, policy
        self.notes: list[Note] = []
        self.payees: dict[str, Payee] = dict(facts.payees) if facts else {}
        rules = policy.eligibility
        given = [payee_key(row.payee) for row in policy.payee]
        names = Names(self.payees.values() if given else ())
        self._given = [names.find(key) if key not in self.payees else key for key in given]
        for key, row in zip(self._given, policy.payee, strict=True):
            self.payees[key] = _named(self.payees.get(key), key, row.name, row.channels, row.asks, row.receives)
        self._overrides = Matcher(match for row in policy.payee for match in row.match)
        self._which = [at for at, row in enumerate(policy.payee) for _ in row.match]
        self.names = Names(self.payees.values(), members if facts is None else ())
        self._by_package = {
            purl: url for url, project in (facts.projects if facts else {}).items() for purl in project.packages
        }
        self._exclude = Matcher(row.match for row in policy.exclude)
        self._zero = Matcher(name for name, times in policy.boost.items() if not times)
        self._lists = [(rule, Matcher(getattr(rules, rule))) for rule in _LISTS if self._excludes(rule)]
        self._rules = bool(self._exclude or self._zero or self._lists)
        self._overridden = bool(self._overrides)
        self._conflicts = Matcher(rules.conflicts) if rules.conflicts else None
        self._licences = _licences(rules.licences)
        self._confirmed = {self.names.find(name) for name in rules.confirmed} | set(self._given)
        ordered = dict.fromkeys((*policy.channels.order, *PLATFORMS))
        self._ranks = {platform: at for at, platform in enumerate(ordered)}
        self._barred: dict[str, tuple[str, str, bool] | None] = {}
        self._channels: dict[str, tuple[Channel, ...]] = {}

    def _excludes(self, rule: str) -> bool:
        listed = bool(getattr(self.policy.eligibility, rule))
        return listed and not (rule == "company_backed" and self.policy.eligibility.company_factor)

    def payee(self, key: str) -> Payee:
        """The payee with this key; one that only the policy names is made from its key."""
        return self.payees.get(key) or Payee(key=key)

    def spellings(self, key: str) -> list[str]:
        """Every way to write a payee, for matching."""
        payee = self.payees.get(key)
        if payee is None:
            return [key]
        return [key, *payee.aliases, *(channel.key for channel in payee.channels)]

    def forms(self, node: str, *, owner: bool = False) -> list[str]:
        """Every way to write a node: its key, its packages, its project, and with ``owner`` the owner's account."""
        found = [node, *self.members.get(node, ())]
        project = self.project(node)
        if project is not None and project.url != node:
            found.append(project.url)
        if owner:
            for word in list(found):
                parts = _OWNER.fullmatch(bare(word)) if not word.startswith("pkg:") else None
                if parts and parts[1] == "github.com":
                    found.append(f"github:{parts[2]}")
        return found

    def project(self, node: str) -> Project | None:
        """The project that a node is or belongs to."""
        if self.facts is None:
            return None
        if (found := self.facts.projects.get(node)) is not None:
            return found
        for purl in (node, *self.members.get(node, ())):
            for word in (purl, purl.partition("?")[0].partition("#")[0].partition("@")[0]):
                if word in self._by_package:
                    return self.facts.projects[self._by_package[word]]
        return None

    def channels(self, key: str) -> tuple[Channel, ...]:
        """The channels by which a payee can be paid, preferred platforms first (``channels.order``)."""
        found = self._channels.get(key)
        if found is None:
            payee = self.payees.get(key)
            listed = payee.channels if payee else ()
            if not listed and (made := channel_of(key)) is not None:
                listed = (made,)
            found = tuple([channel for channel in listed if channel.payable]) if listed else ()
            if len(found) > 1:
                found = tuple(sorted(found, key=lambda channel: self._ranks.get(channel.platform, 99)))
            self._channels[key] = found
        return found

    def conflict(self, key: str, nodes: Iterable[str]) -> str | None:
        """Why paying this payee is a conflict of interest to disclose, or None."""
        if self._conflicts is None:
            return None
        words = [*self.spellings(key), *(form for node in nodes for form in self.forms(node, owner=True))]
        at = self._conflicts.first(words)
        return None if at is None else f"{self.policy.eligibility.conflicts[at]} is listed in eligibility.conflicts"

    def barred(self, key: str) -> tuple[str, str, bool] | None:
        """``(rule, reason, passes on)`` when a payee is excluded whatever its project."""
        if not self._rules:
            return None
        if key not in self._barred:
            self._barred[key] = self._bars(self.spellings(key), key, self.policy.eligibility.onward == "pass_down")
        return self._barred[key]

    def _bars(
        self, words: list[str], subject: str, passes: bool, owner: list[str] | None = None
    ) -> tuple[str, str, bool] | None:
        at = self._exclude.first(words) if self._exclude else None
        if at is not None:
            row = self.policy.exclude[at]
            return (
                "exclude",
                f"{subject} matches exclude {row.match!r}{f': {row.reason}' if row.reason else ''}",
                row.onward == "pass_down",
            )
        if self._zero and self._zero.first(words) is not None:
            return "boost", f"{subject} has boost 0", False
        for rule, matcher in self._lists:
            if matcher.first(owner or words) is not None:
                return rule, f"{subject} {_WORDS[rule]} (eligibility.{rule})", passes
        return None

    def standings(self, nodes: Iterable[str]) -> dict[str, Standing]:
        """What becomes of the weight of each node."""
        if self._rules or self._overridden or self.facts is not None or self.payees:
            return {node: self.standing(node) for node in nodes}
        return {node: _standing(("pays", (node,), "", "", False, True)) for node in nodes}

    def standing(self, node: str) -> Standing:
        """What becomes of the weight of ``node``."""
        plain = not self._rules and not self._overridden
        if plain and self.facts is None and node not in self.payees:
            return Standing(state="pays", payees=(node,), known=True)
        passes = self.policy.eligibility.onward == "pass_down"
        words = [] if plain else self.forms(node)
        if self._rules and (
            barred := self._bars(words, node, passes, self.forms(node, owner=True) if self._lists else None)
        ):
            return Standing(state="excluded", rule=barred[0], reason=barred[1], passes=barred[2], known=True)
        project = self.project(node)
        if project is not None and (rule := self._project_rule(node, project)):
            return Standing(state="excluded", rule=rule[0], reason=rule[1], passes=passes, known=bool(project.payees))
        return self._payable(node, self._candidates(node, words, project), passes)

    def _project_rule(self, node: str, project: Project) -> tuple[str, str] | None:
        rules = self.policy.eligibility
        if project.archived and rules.archived == "exclude":
            return "archived", f"{node} is archived (eligibility.archived)"
        if self._licences:
            allowed = allows(project.licence, self._licences) if project.licence else None
            if allowed is None:
                message = f"the licence of {node} is {project.licence or 'not known'}; it is paid, so check it."
                self.notes.append(Note(level="info", code="eligibility.licence_unknown", subject=node, message=message))
            elif not allowed:
                return "licence", f"{node} is under {project.licence}, which eligibility.licences does not allow"
        return None

    def _candidates(self, node: str, words: list[str], project: Project | None) -> tuple[str, ...]:
        at = self._overrides.first(words) if self._overridden else None
        if at is not None:
            return (self._given[self._which[at]],)
        if self.facts is None:
            return (node,)
        return project.payees if project is not None else ()

    def _payable(self, node: str, payees: tuple[str, ...], passes: bool) -> Standing:
        bars = [bar for key in payees if (bar := self.barred(key))] if self._rules else []
        open_ = [key for key in payees if not self.barred(key)] if bars else list(payees)
        able = [key for key in open_ if self.channels(key) or self.facts is None]
        if not able:
            if bars:
                rule, reason, on = bars[0]
                return Standing(state="excluded", rule=rule, reason=reason, passes=on, known=True)
            reason = self._nobody(node, open_)
            if self.policy.eligibility.no_channel == "exclude":
                return Standing(state="excluded", rule="no_channel", reason=reason, passes=passes, known=bool(payees))
            return Standing(state="unfundable", rule="no_channel", reason=reason, known=bool(payees))
        sure = [
            key for key in able if key in self._confirmed or self.confidence(key) >= self.policy.eligibility.confidence
        ]
        if not sure:
            best = able[0]
            reason = (
                f"the confidence that {best} is the payee of {node} is {self.payee(best).confidence}, "
                f"below the threshold {self.policy.eligibility.confidence}; confirm it in eligibility.confirmed"
            )
            return Standing(state="held", payees=(best,), rule="confidence", reason=reason, known=True)
        if len(sure) == 1:
            return Standing(state="pays", payees=(sure[0],), known=True)
        # The payees on the preferred platform share a project equally; the rest are other roads to it.
        ranks = {
            key: min((self._ranks.get(channel.platform, 99) for channel in self.channels(key)), default=0)
            for key in sure
        }
        first = min(ranks.values())
        return Standing(state="pays", payees=tuple(sorted({key for key in sure if ranks[key] == first})), known=True)

    def confidence(self, key: str) -> Fraction:
        """The payee's confidence, exactly (in the facts it is a number of hundredths)."""
        payee = self.payees.get(key)
        return _exactly(payee.confidence) if payee else Fraction(1)

    def _nobody(self, node: str, payees: Iterable[str]) -> str:
        tried = [
            f"{channel.key} is {channel.standing.replace('_', ' ')}"
            for key in payees
            for channel in self.payee(key).channels
        ]
        if tried:
            return f"no channel of {node} can be paid: {', '.join(tried)}"
        unresolved = self.facts.unresolved if self.facts else {}
        why = next((unresolved[purl] for purl in (node, *self.members.get(node, ())) if purl in unresolved), "")
        return f"no payee of {node} is known{f': {why}' if why else ''}"

    def multiplier(self, rule: str) -> Matcher | None:
        """The company-backed, when they are not excluded but count for less."""
        listed = self.policy.eligibility.company_backed
        return Matcher(listed) if rule == "company_backed" and listed and not self._excludes(rule) else None


@lru_cache(maxsize=256)
def _exactly(confidence: float) -> Fraction:
    return Fraction(str(confidence))


def _named(known: Payee | None, key: str, name: str, channels: Iterable[str], asks: object, receives: object) -> Payee:
    made = tuple(channel for text in channels if (channel := channel_of(payee_key(text))) is not None)
    payee = known or Payee(key=key)
    listed = made or payee.channels or tuple(channel for channel in (channel_of(key),) if channel is not None)
    return replace(
        payee,
        name=name or payee.name,
        channels=listed,
        confidence=1.0,
        asks=asks or payee.asks,  # type: ignore[arg-type]
        receives=receives or payee.receives,  # type: ignore[arg-type]
    )


def _licences(listed: tuple[str, ...]) -> frozenset[str]:
    words = {word.lower() for word in listed}
    return frozenset(words - {"osi"}) | (OSI if "osi" in words else frozenset())
