"""Weights against definitions written down plainly, over fractions: equal to the unit, ties to the smaller key."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from depfund import weights
from depfund.graph import depths, reach
from depfund.model import UNIT, Basis

NODES = [f"n{place}" for place in range(9)]
ROWS = st.dictionaries(st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=4), max_size=9)
DIRECT = st.sets(st.sampled_from(NODES), min_size=1, max_size=4)
SIZES = st.dictionaries(st.sampled_from(NODES), st.fractions(0, 9, max_denominator=5), min_size=1)
DECAY = st.fractions(0, 1, max_denominator=9)


def build(direct: set[str], rows: dict[str, set[str]]) -> Basis:
    return Basis(
        level="package",
        members={node: (node,) for node in NODES},
        direct=dict.fromkeys(sorted(direct), "runtime"),
        requires={s: dict.fromkeys(sorted(rows[s] - {s}), "runtime") for s in sorted(rows) if rows[s] - {s}},
    )


GRAPHS = st.builds(build, DIRECT, ROWS)


def units(exact: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder out of 10^15, ties to the smaller key; zeros left out."""
    whole = sum(exact.values())
    parts = {key: value * UNIT / whole for key, value in exact.items()}
    found = {key: int(part) for key, part in parts.items()}
    first = sorted(parts, key=lambda key: (found[key] - parts[key], key))
    for key in first[: UNIT - sum(found.values())]:
        found[key] += 1
    return {key: part for key, part in found.items() if part}


def shapley(basis: Basis, stakes: dict[str, Fraction], sizes: dict[str, Fraction]) -> dict[str, Fraction]:
    found = dict.fromkeys(reach(basis.direct, basis.requires), Fraction(0))
    for start, stake in stakes.items():
        inside = reach([start], basis.requires)
        whole = sum(sizes.get(node, Fraction(1)) for node in inside)
        for node in inside:
            found[node] += stake * (sizes.get(node, Fraction(1)) / whole if whole else Fraction(1, len(inside)))
    return found


@given(GRAPHS)
def test_shapley_over_direct(basis: Basis) -> None:
    stakes = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    assert weights.weigh(basis, "shapley").values == units(shapley(basis, stakes, {}))


@given(GRAPHS)
def test_shapley_over_all(basis: Basis) -> None:
    reached = reach(basis.direct, basis.requires)
    stakes = dict.fromkeys(reached, Fraction(1, len(reached)))
    assert weights.weigh(basis, "shapley", {"over": "all"}).values == units(shapley(basis, stakes, {}))


@given(GRAPHS, SIZES)
def test_shapley_with_sizes(basis: Basis, sizes: dict[str, Fraction]) -> None:
    stakes = dict.fromkeys(basis.direct, Fraction(1, len(basis.direct)))
    assert weights.weigh(basis, "shapley", {"sizes": sizes}).values == units(shapley(basis, stakes, sizes))


@given(GRAPHS, DECAY, st.sampled_from(["node", "level"]), st.none() | st.integers(1, 4))
def test_depth(basis: Basis, decay: Fraction, per: str, deepest: int | None) -> None:
    far = {node: d for node, d in depths(basis.direct, basis.requires).items() if d <= (deepest or 99)}
    sizes = [*far.values()]
    wanted = {n: decay ** (d - 1) / (sizes.count(d) if per == "level" else 1) for n, d in far.items()}
    made = weights.weigh(basis, "depth", {"decay": decay, "per": per, "max_depth": deepest})
    assert made.values == units(wanted)


@given(GRAPHS)
def test_what_only_counts(basis: Basis) -> None:
    reached, stake = reach(basis.direct, basis.requires), Fraction(1, len(basis.direct))
    closures = {node: reach([node], basis.requires) for node in reached}
    wanted = {
        "equal": dict.fromkeys(reached, Fraction(1)),
        "direct": dict.fromkeys(basis.direct, stake),
        "impact": {n: stake * sum(n in closures[d] for d in basis.direct) for n in reached},
        "dependents": {n: Fraction(sum(n in inside for inside in closures.values())) for n in reached},
        "indegree": {
            n: Fraction((n in basis.direct) + sum(n in basis.requires.get(s, ()) for s in reached)) for n in reached
        },
    }
    for name, exact in wanted.items():
        assert weights.weigh(basis, name).values == units(exact), name


def test_a_deep_or_wide_graph_has_its_parts_in_a_fixed_point() -> None:
    chain = [f"c{place:04}" for place in range(900)]
    basis = Basis(
        level="package",
        members={node: (node,) for node in chain},
        direct={chain[0]: "runtime"},
        requires={one: {other: "runtime"} for one, other in pairwise(chain)},
    )
    values = weights.weigh(basis, "depth", {"decay": "2/3"}).values
    assert sum(values.values()) == UNIT
    assert all(abs(values.get(node, 0) - UNIT * Fraction(2, 3) ** step / 3) <= 1 for step, node in enumerate(chain))
    all_ = weights.weigh(basis, "shapley", {"over": "all"}).values
    last = sum(Fraction(1, 900 - start) for start in range(900)) / 900
    assert abs(all_[chain[-1]] - last * UNIT) <= 1
    assert sum(all_.values()) == UNIT
