"""The facts: frozen values that every room passes on, prints, saves and loads.

Each box of the data flow is one of these. They hold no behaviour beyond what their fields say; questions about a
:class:`Graph` live in :mod:`depfund.graph`, JSON in :mod:`depfund.documents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from depfund.money import Money

__all__ = [
    "KINDS",
    "SCHEMA",
    "UNIT",
    "Accrual",
    "Allocation",
    "Basis",
    "Channel",
    "Document",
    "Effect",
    "Evidence",
    "Facts",
    "FeeLine",
    "Fees",
    "Graph",
    "Held",
    "Maintainer",
    "Note",
    "Package",
    "Payee",
    "Payment",
    "Project",
    "Source",
    "Weights",
]

SCHEMA = 1
"""The version of every JSON document depfund writes."""

UNIT = 10**15
"""Weights are integers that sum to exactly this."""

Kind = Literal["runtime", "dev", "optional", "build", "peer"]
KINDS: tuple[Kind, ...] = ("runtime", "optional", "peer", "build", "dev")
"""Kinds of edges, strongest first: of two edges between the same packages the stronger one counts."""

Level = Literal["version", "package", "project"]
Standing = Literal["declared", "confirmed", "not_enrolled", "archived", "gone"]


class _Kept:
    # What was worked out from this very value and lives as long as it does; never compared, copied or saved.
    __slots__ = ("_kept",)


class Document(_Kept):
    """What a Graph, Facts, Weights and an Allocation have in common: they are JSON documents (``depfund schema``)."""

    __slots__ = ()

    def to_json(self) -> str:
        """The JSON text, indented, keys sorted: the same value gives the same bytes."""
        from depfund.documents import dumps

        return dumps(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what :meth:`to_json` wrote. Raises :class:`~depfund.errors.FactsError` naming the place."""
        from depfund.documents import loads

        return loads(text, cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A problem that did not stop the run. ``level``: info, warning or error; ``code`` is stable, for scripts."""

    level: Literal["info", "warning", "error"]
    code: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why depfund believes something: ``where`` (address or file), ``what`` (exact text), ``seen`` (ISO date)."""

    where: str
    what: str
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A locked package. ``purl`` is its canonical package URL without qualifiers and its key everywhere.

    ``hints`` keep what the file says beyond the graph, for later rooms: ``funding``, ``repository``, ``homepage``,
    ``registry`` (base address of the index it came from), ``metadata`` (address of its small metadata file),
    ``vcs``, ``licence``.
    """

    purl: str
    name: str
    version: str | None = None
    ecosystem: str
    scopes: tuple[Kind, ...] = ()
    origin: Literal["registry", "vcs", "url", "path"] = "registry"
    first_party: bool = False
    project: str | None = None
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was read. ``edges`` says whether it records which package requires which."""

    path: str
    format: str
    sha256: str
    edges: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(Document):
    """What a project uses.

    ``packages`` are sorted by purl. ``direct`` holds every package that a first-party project requires (members and
    path dependencies are contracted into the root), ``requires`` every recorded edge, first-party ones included.
    """

    root: str
    packages: tuple[Package, ...] = ()
    direct: Mapping[str, Kind] = field(default_factory=dict)
    requires: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintainer:
    """Somebody with rights on a package or project, as the ``where`` registry names them."""

    name: str
    role: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to pay: ``platform`` (key of GitHub's FUNDING.yml, ``funding_json``, ``foundation``) and ``handle``.

    ``standing``: declared (somebody says so), confirmed (the platform says so), not_enrolled, archived, gone.
    ``minimum`` is the smallest amount the payee takes there, where known; ``host`` the fiscal host's slug;
    ``fee`` the host's percentage as text (``"10"``).
    """

    platform: str
    handle: str
    url: str = ""
    standing: Standing = "declared"
    minimum: Money | None = None
    host: str | None = None
    fee: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def key(self) -> str:
        """``platform:handle``, lower case but for the path of a link."""
        return f"{self.platform}:{self.handle}"

    @property
    def payable(self) -> bool:
        """Whether money can go this way as far as is known."""
        return self.standing in {"declared", "confirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who is paid. ``channels`` are in the order of trust, ``key`` is that of the first.

    ``confidence`` is between 0 and 1, in hundredths. ``aliases`` are the other spellings that mean this payee.
    ``asks`` and ``receives`` are what it publishes of its goal and income a year, for the ``need`` rule.
    """

    key: str
    name: str = ""
    channels: tuple[Channel, ...] = ()
    confidence: float = 1.0
    aliases: tuple[str, ...] = ()
    asks: Money | None = None
    receives: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository and the packages made in it (versionless purls).

    ``url`` is canonical: https, lower case, no ``.git``.

    ``payees`` are keys into :attr:`Facts.payees`, best first. A package whose repository is unknown is its own
    project: ``url`` is its versionless purl.
    """

    url: str
    packages: tuple[str, ...] = ()
    maintainers: tuple[Maintainer, ...] = ()
    payees: tuple[str, ...] = ()
    archived: bool | None = None
    licence: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Document):
    """What is known about who makes the packages and how they are paid. A person may correct it and replay it.

    ``unresolved`` gives for each package without any payee the look-ups that were tried and their answers.
    """

    projects: Mapping[str, Project] = field(default_factory=dict)
    payees: Mapping[str, Payee] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis(_Kept):
    """The quotient graph that a weighting ran on: first-party nodes contracted, scopes filtered, classes merged.

    ``members`` maps each node to the purls it stands for; ``direct`` and ``requires`` are as in :class:`Graph`,
    between nodes, without self-loops and without unreached nodes being dropped. ``members`` and ``requires`` of a
    basis that depfund made are worked out when they are first read.
    """

    level: Level
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    direct: Mapping[str, Kind] = field(default_factory=dict)
    requires: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)


class _Later:
    """A field that may be given as the function that makes it."""

    def __init__(self, slot: Any) -> None:
        self.slot = slot

    def __get__(self, value: Any, owner: type | None = None) -> Any:
        if value is None:
            return self
        found = self.slot.__get__(value, owner)
        if callable(found):
            found = found()
            self.slot.__set__(value, found)
        return found

    def __set__(self, value: Any, found: object) -> None:
        self.slot.__set__(value, found)


for _name in ("members", "requires"):
    setattr(Basis, _name, _Later(getattr(Basis, _name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights(Document):
    """How much each node matters: ``values`` are integers of 10^15 and sum to exactly that (0 may be left out).

    All zero (an empty mapping) when nothing is reached. ``parameters`` are as text (``"1/2"``), so that they say
    exactly what ran.
    """

    weighting: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    level: Level = "project"
    values: Mapping[str, int] = field(default_factory=dict)
    basis: Basis | None = None
    notes: tuple[Note, ...] = ()

    @property
    def unit(self) -> int:
        """10^15."""
        return UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one stage of the split moved to (+) or from (−) a payee, in minor units."""

    stage: str
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payee's amount. ``because`` splits it over packages and ``effects`` over stages; both sum to it exactly."""

    payee: str
    name: str = ""
    channel: Channel | None = None
    amount: Money
    weight: int = 0
    because: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    projects: tuple[str, ...] = ()
    confidence: float = 1.0
    conflict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Money of the budget that is paid to nobody now: ``subject`` (payee, project or ``reserve``) and the reason."""

    subject: str
    minor: int
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """A payee's share of a round in minor units, a fraction as text to the millionth; its ``minimum`` and ``lot``.

    ``channel`` (``platform:handle``) and ``projects`` are what the payee lock is asked about, also before anything is
    paid.
    """

    exact: str
    minimum: int = 0
    lot: int = 1
    channel: str = ""
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """The fee on one payment: what the payer spends (``gross``) and what arrives (``net``), in minor units."""

    payee: str
    platform: str
    gross: int
    fee: int
    net: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Fees of the round. ``taken`` comes out of the budget beside the payments; ``on_top`` is spent beyond it."""

    bearer: Literal["payee_bears", "pool_bears", "on_top"] = "payee_bears"
    taken: int = 0
    on_top: int = 0
    lines: tuple[FeeLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation(Document):
    """The answer: payments + held + fees taken == budget, in integers, always.

    ``coverage`` are counts and shares over stated denominators, ``digests`` the SHA-256 of the inputs, ``policy``
    the rules that were in force. ``accruals`` are what a ledger books for this round: there where the split was made
    for one.
    """

    budget: Money
    payments: tuple[Payment, ...] = ()
    held: tuple[Held, ...] = ()
    fees: Fees = field(default_factory=Fees)
    coverage: Mapping[str, Any] = field(default_factory=dict)
    weights: Weights = field(default_factory=lambda: Weights(weighting="flow"))
    digests: Mapping[str, str] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    accruals: Mapping[str, Accrual] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def _repr_html_(self) -> str:
        """Notebooks show an allocation as its report."""
        from depfund.pipeline import export

        return export(self, "notebook")
