"""``manual``: the weights somebody wrote down, for reached nodes; what they do not name gets nothing. O(n)."""

from __future__ import annotations

from depfund.errors import UsageError
from depfund.graph import reach
from depfund.model import Note
from depfund.weights._ask import Ask
from depfund.weights._exact import flag, numbers, to_unit
from depfund.weights._stakes import matched

__all__ = ["values"]


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node. A name may be a node's key, a purl (any version) or a package's name."""
    if flag(ask.parameters["values"]):
        raise UsageError("manual needs values: weights by package, such as values='requests=2, flask=1'.")
    keys = sorted(reach(ask.basis.direct, ask.basis.requires))
    found, lost = matched(ask.basis, numbers(ask.parameters["values"], "values"), keys)
    for name in lost:
        ask.notes.append(
            Note(
                level="warning",
                code="weights.unmatched",
                subject=name,
                message=f"{name} has a weight but is not in the graph; the weight is left out.",
            )
        )
    return dict(zip(found, to_unit(list(found.values())), strict=True)) if any(found.values()) else {}
