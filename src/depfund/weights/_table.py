"""Every weighting on one screen: name, module, what it says, parameters with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PRESETS", "WEIGHTINGS", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``module`` is a file of this room; ``linear`` says whether the result is linear in the root's stakes."""

    module: str
    title: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    linear: bool = False
    preset: str = ""


_FLOW: Mapping[str, object] = {"keep": "1/2", "per_dependency": "1/5", "hops": None}
_DEPTH: Mapping[str, object] = {"decay": "1/2", "max_depth": None, "per": "level"}

WEIGHTINGS: Mapping[str, Row] = {
    "flow": Row(
        module="flow",
        title="each keeps at least half and passes up to a fifth to each of its dependencies",
        parameters=_FLOW,
        linear=True,
    ),
    "shapley": Row(
        module="shapley",
        title="credit by requirement: a direct dependency's stake, split over all it needs",
        parameters={"over": "direct", "sizes": None},
        linear=True,
    ),
    "equal": Row(module="equal", title="every node the same"),
    "direct": Row(module="direct", title="only what the project itself names", linear=True),
    "depth": Row(module="depth", title="by distance from the project, half as much a level", parameters=_DEPTH),
    "impact": Row(module="impact", title="credit by breakage: how many direct dependencies need the node"),
    "dependents": Row(module="dependents", title="how many packages need the node, directly or not"),
    "indegree": Row(module="indegree", title="how many packages name the node"),
    "pagerank": Row(
        module="pagerank",
        title="global PageRank, for comparison only",
        parameters={"damping": "17/20", "tolerance": "1e-13"},
    ),
    "manual": Row(module="manual", title="weights written down by hand", parameters={"values": None}),
    "votes": Row(module="ballots", title="what people voted for", parameters={"ballots": None, "method": "approval"}),
    "blend": Row(module="blend", title="a mixture of other weightings", parameters={"parts": None}),
}

PRESETS: Mapping[str, Row] = {
    "stackaid": Row(
        module="flow",
        title="StackAid's rule: 5% to each dependency, half at most, two hops",
        parameters={"keep": "1/2", "per_dependency": "1/20", "hops": 2},
        linear=True,
        preset="flow",
    ),
    "flossbank": Row(
        module="flow",
        title="Flossbank's rule: the same to itself and to each dependency",
        parameters={"keep": "equal", "per_dependency": None, "hops": None},
        linear=True,
        preset="flow",
    ),
    "drips": Row(
        module="flow",
        title="Drips' form: 60 to 40",
        parameters={"keep": "3/5", "per_dependency": None, "hops": None},
        linear=True,
        preset="flow",
    ),
    "tea": Row(
        module="flow",
        title="tea's rule: half and half",
        parameters={"keep": "1/2", "per_dependency": None, "hops": None},
        linear=True,
        preset="flow",
    ),
    "three_levels": Row(
        module="depth",
        title="like thanks.dev: per level, three levels deep",
        parameters={"decay": "1/2", "max_depth": 3, "per": "level"},
        preset="depth",
    ),
}
