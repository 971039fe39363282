"""The whole exception tree, with the exit code that the command line gives each branch.

::

    DepfundError                     1
    ├── UsageError                   2   the call contradicts itself
    ├── SourceError                  3   a file or folder cannot be used
    │   ├── UnknownFormat            3   nobody here reads it
    │   ├── ManifestError            3   it is of a known format, and broken
    │   └── LockingError             3   uv could not lock an unpinned manifest
    ├── MoneyError                   4   a budget or an amount that is none
    ├── PolicyError                  5   the policy file
    ├── FactsError                   6   the facts file
    ├── NetworkError                 7   a look-up that cannot go on (single failures are notes)
    │   ├── Offline                  7
    │   └── UnsafeAddress            7
    ├── AllocationError              8   constraints that no split can meet
    ├── Incomplete                   9   --strict: a direct dependency has no payee
    ├── LedgerError                 10   the ledger: broken chain, lost race, unknown round
    └── ExportError                 11   an output that cannot be written as asked

A message says what happened, where, and what to do next, in one paragraph.
"""

from __future__ import annotations

__all__ = [
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
]


LONGEST = 1_500
"""Characters of a message: what a file holds is quoted in it, and may be of any length."""


def _paragraph(text: str) -> str:
    """``text``, its middle left out where it is too long: the beginning says where, the end what to do."""
    return text if len(text) <= LONGEST else f"{text[:1_000]} … {text[-400:]}"


class DepfundError(Exception):
    """Base of everything depfund raises on purpose; ``exit_code`` is what the command line ends with."""

    exit_code = 1

    def __str__(self) -> str:
        return _paragraph(super().__str__())


class UsageError(DepfundError):
    """The call contradicts itself: an unknown weighting, a parameter that it does not take."""

    exit_code = 2


class SourceError(DepfundError):
    """A source cannot be used: missing, unreadable, empty, outside the project."""

    exit_code = 3


class UnknownFormat(SourceError):  # noqa: N818 - the word says it
    """No reader recognises the file by its name and content."""


class ManifestError(SourceError):
    """A file of a known format is broken.

    ``where`` is a path inside the file (``packages[3].wheels[0].hashes``) that grows as the error climbs:
    each layer that knows one more step calls :meth:`under`.
    """

    def __init__(self, message: str, *, file: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.where = where
        self.hint = hint

    def under(self, step: str, *, file: str = "") -> ManifestError:
        """The same error, one step further up: ``step`` goes in front of ``where``."""
        joint = "" if not self.where or self.where.startswith("[") else "."
        self.where = f"{step}{joint}{self.where}" if step else self.where
        self.file = self.file or file
        return self

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, f"at {self.where}" if self.where else "") if part)
        text = f"{place}: {self.message}" if place else self.message
        return _paragraph(f"{text} {self.hint}" if self.hint else text)


class LockingError(SourceError):
    """An unpinned manifest could not be locked by uv."""


class MoneyError(DepfundError, ValueError):
    """A budget or an amount that is none: not a number, negative, fractions of a minor unit, unknown currency."""

    exit_code = 4


class PolicyError(DepfundError):
    """The policy file: an unknown key, a wrong type, a contradiction. The message names the key."""

    exit_code = 5


class FactsError(DepfundError):
    """A facts, graph, weights or allocation document that does not have the shape of its schema."""

    exit_code = 6


class NetworkError(DepfundError):
    """A look-up failed and nothing can go on without it."""

    exit_code = 7


class Offline(NetworkError):  # noqa: N818 - the word says it
    """An address was asked for while offline and the cache does not hold it."""


class UnsafeAddress(NetworkError):  # noqa: N818 - the word says it
    """An address that must not be asked: not https, private, loopback, or of a host nobody configured."""


class AllocationError(DepfundError, ValueError):
    """Constraints that no split can meet: a floor above its cap, floors above the budget."""

    exit_code = 8


class Incomplete(DepfundError):  # noqa: N818 - the word says it
    """``--strict``: at least one direct dependency has no payee."""

    exit_code = 9


class LedgerError(DepfundError):
    """The ledger: a broken chain, a lost race, an unknown round."""

    exit_code = 10


class ExportError(DepfundError):
    """An output cannot be written as asked."""

    exit_code = 11
