"""json: the allocation itself, to explain, export or split from again."""

from __future__ import annotations

from depfund.exports._context import Context
from depfund.model import Allocation

__all__ = ["render"]


def render(plan: Allocation, context: Context) -> str:  # noqa: ARG001 - every format is called the same way
    """The JSON document of kind ``allocation`` (``depfund schema allocation``)."""
    return plan.to_json()
