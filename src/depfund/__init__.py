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
        read,
        resolve,
        split,
        weigh,
    )
    from depfund.shares.policy import Policy

__version__ = "0.1.0"

_HOMES: dict[str, tuple[str, ...]] = {
    "depfund.config": ("Config", "Reporter"),
    "depfund.errors": (
        "AllocationError",
        "DepfundError",
        "ExportError",
        "FactsError",
        "Incomplete",
        "LedgerError",
        "LockingError",
        "ManifestError",
        "MoneyError",
        "NetworkError",
        "Offline",
        "PolicyError",
        "SourceError",
        "UnknownFormat",
        "UnsafeAddress",
        "UsageError",
    ),
    "depfund.model": (
        "Allocation",
        "Basis",
        "Channel",
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
    ),
    "depfund.money": ("Money",),
    "depfund.pipeline": (
        "aallocate",
        "allocate",
        "aresolve",
        "compare",
        "explain",
        "export",
        "read",
        "resolve",
        "split",
        "weigh",
    ),
    "depfund.shares.policy": ("Policy",),
}
_MODULES = ("money", "rounds", "shares", "weights")
_WHERE = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the table above is the one list of public names
    "__version__",
    *sorted(_WHERE),
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(import_module(_WHERE[name]), name)
    elif name in _MODULES:
        value = import_module(f"depfund.{name}")
    else:
        raise AttributeError(f"module 'depfund' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
