"""depfund: a lockfile and a budget in; exact amounts, the people they go to, and the reason for every cent out.

Importing this package loads nothing heavy: each public name is fetched from its module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depfund import money, rounds, shares, weights
    from depfund.config import Config, Reporter
    from depfund.errors import (
        AllocationError,
        DepfundError,
        ExportError,
        FactsError,
        Incomplete,
        LedgerError,
        LockingError,
        ManifestError,
        MoneyError,
        NetworkError,
        Offline,
        PolicyError,
        SourceError,
        UnknownFormat,
        UnsafeAddress,
        UsageError,
    )
    from depfund.model import (
        Accrual,
        Allocation,
        Basis,
        Channel,
        Effect,
        Evidence,
        Facts,
        FeeLine,
        Fees,
        Graph,
        Held,
        Maintainer,
        Note,
        Package,
        Payee,
        Payment,
        Project,
        Source,
        Weights,
    )
    from depfund.money import Money
    from depfund.pipeline import (
        aallocate,
        allocate,
        aresolve,
        compare,
        explain,
        export,
        resolve,
        split,
        weigh,
    )
    from depfund.portfolio import Portfolio, allocate_portfolio
    from depfund.reading import read
    from depfund.shares.policy import Policy

__version__ = "0.1.0"

__all__ = [
    "Accrual",
    "Allocation",
    "AllocationError",
    "Basis",
    "Channel",
    "Config",
    "DepfundError",
    "Effect",
    "Evidence",
    "ExportError",
    "Facts",
    "FactsError",
    "FeeLine",
    "Fees",
    "Graph",
    "Held",
    "Incomplete",
    "LedgerError",
    "LockingError",
    "Maintainer",
    "ManifestError",
    "Money",
    "MoneyError",
    "NetworkError",
    "Note",
    "Offline",
    "Package",
    "Payee",
    "Payment",
    "Policy",
    "PolicyError",
    "Portfolio",
    "Project",
    "Reporter",
    "Source",
    "SourceError",
    "UnknownFormat",
    "UnsafeAddress",
    "UsageError",
    "Weights",
    "__version__",
    "aallocate",
    "allocate",
    "allocate_portfolio",
    "aresolve",
    "compare",
    "explain",
    "export",
    "money",
    "read",
    "resolve",
    "rounds",
    "shares",
    "split",
    "weigh",
    "weights",
]

_HOMES = ("errors", "model", "money", "config", "reading", "pipeline", "shares.policy", "portfolio")
"""The modules whose ``__all__`` these names come from, cheapest first."""
_ROOMS = ("money", "rounds", "shares", "weights")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        value = import_module(f"depfund.{name}")
    elif name in __all__:
        homes = (import_module(f"depfund.{home}") for home in _HOMES)
        value = getattr(next(home for home in homes if name in home.__all__), name)
    else:
        raise AttributeError(f"module 'depfund' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
