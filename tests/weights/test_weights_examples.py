"""Worked examples, exact to the unit: every weighting on graphs small enough to do by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from depfund import weights
from depfund.model import UNIT, Basis


def basis(
    direct: str | list[str], requires: dict[str, str | list[str]], members: dict[str, int] | None = None
) -> Basis:
    nodes = sorted({*direct, *requires, *(target for row in requires.values() for target in row)})
    return Basis(
        level="package",
        members={node: (node,) for node in nodes},
        direct=dict.fromkeys(sorted(direct), "runtime"),
        requires={source: dict.fromkeys(sorted(requires[source]), "runtime") for source in sorted(requires)},
    )


GRAPHS = {
    "chain": basis("a", {"a": "b", "b": "c"}),
    "diamond": basis("ab", {"a": "c", "b": "c", "c": "d"}),
    "cycle": basis("a", {"a": "b", "b": "a"}),
    "loop": basis("a", {"a": "b", "b": "c", "c": "ad"}),
    "versions": basis("ab", {"a": ["x1"], "b": ["x2"], "x1": "y"}),
    "merged": basis("ab", {"a": "x", "b": "x", "x": "y"}),
    "hub": basis("hs", {"h": "pqr"}),
    "monorepo": basis("b", {"b": "s"}),
    "framework": basis("fl", {"f": ["h1", "h2", "h3", "h4"]}),
    "shared": basis("PQ", {"P": "D", "Q": "D"}),
    "helpers": basis("pq", {"p": ["dep", "p1", "p2", "p3"], "q": ["dep"]}),
    "payees": basis(["x", "y"], {}),
}

TABLE = """
chain     | equal   | a 1/3, b 1/3, c 1/3
chain     | flow    | a 4/5, b 4/25, c 1/25
chain     | tea     | a 1/2, b 1/4, c 1/4
chain     | shapley | a 1/3, b 1/3, c 1/3
diamond   | equal   | a 1/4, b 1/4, c 1/4, d 1/4
diamond   | flow    | a 2/5, b 2/5, c 4/25, d 1/25
diamond   | tea     | a 1/4, b 1/4, c 1/4, d 1/4
diamond   | shapley | a 1/6, b 1/6, c 1/3, d 1/3
cycle     | equal   | a 1/2, b 1/2
cycle     | flow    | a 5/6, b 1/6
cycle     | tea     | a 2/3, b 1/3
cycle     | shapley | a 1/2, b 1/2
loop      | flow    | a 25/31, b 5/31, c 3/124, d 1/124
loop      | tea     | a 8/15, b 4/15, c 2/15, d 1/15
loop      | shapley | a 1/4, b 1/4, c 1/4, d 1/4
versions  | flow    | a 2/5, b 2/5, x1 2/25, x2 1/10, y 1/50
versions  | tea     | a 1/4, b 1/4, x1 1/8, x2 1/4, y 1/8
versions  | shapley | a 1/6, b 1/4, x1 1/6, x2 1/4, y 1/6
merged    | flow    | a 2/5, b 2/5, x 4/25, y 1/25
merged    | tea     | a 1/4, b 1/4, x 1/4, y 1/4
merged    | shapley | a 1/6, b 1/6, x 1/3, y 1/3
hub       | flow    | h 1/4, p 1/12, q 1/12, r 1/12, s 1/2
hub       | tea     | h 1/4, p 1/12, q 1/12, r 1/12, s 1/2
hub       | shapley | h 1/8, p 1/8, q 1/8, r 1/8, s 1/2
monorepo  | flow    | b 4/5, s 1/5
framework | flow    | f 1/4, h1 1/16, h2 1/16, h3 1/16, h4 1/16, l 1/2
framework | shapley | f 1/10, h1 1/10, h2 1/10, h3 1/10, h4 1/10, l 1/2
shared    | flow    | D 1/5, P 2/5, Q 2/5
shared    | tea     | D 1/2, P 1/4, Q 1/4
helpers   | flow    | dep 13/80, p 1/4, p1 1/16, p2 1/16, p3 1/16, q 2/5
helpers   | tea     | dep 5/16, p 1/4, p1 1/16, p2 1/16, p3 1/16, q 1/4
helpers   | shapley | dep 7/20, p 1/10, p1 1/10, p2 1/10, p3 1/10, q 1/4
payees    | flow    | x 1/2, y 1/2
chain     | depth   | a 4/7, b 2/7, c 1/7
diamond   | depth   | a 2/7, b 2/7, c 2/7, d 1/7
diamond   | depth per=node | a 4/11, b 4/11, c 2/11, d 1/11
diamond   | depth max_depth=2 | a 1/3, b 1/3, c 1/3
diamond   | three_levels | a 2/7, b 2/7, c 2/7, d 1/7
diamond   | impact  | a 1/6, b 1/6, c 1/3, d 1/3
diamond   | dependents | a 1/9, b 1/9, c 1/3, d 4/9
diamond   | indegree | a 1/5, b 1/5, c 2/5, d 1/5
diamond   | shapley over=all | a 1/12, b 1/12, c 7/24, d 13/24
diamond   | shapley sizes=c=2 | a 1/8, b 1/8, c 1/2, d 1/4
chain     | stackaid | a 19/20, b 1/20
hub       | flossbank | h 1/8, p 1/8, q 1/8, r 1/8, s 1/2
hub       | drips   | h 3/10, p 1/15, q 1/15, r 1/15, s 1/2
chain     | direct  | a 1
hub       | manual values=h=1,zz=5,p=1 | h 1/2, p 1/2
hub       | blend parts=direct=1,equal=1 | h 7/20, p 1/10, q 1/10, r 1/10, s 7/20
hub       | direct stakes=s=3,h=1 | h 1/4, s 3/4
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("name", "ask", "expected"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_worked_example(name: str, ask: str, expected: str) -> None:
    weighting, *options = ask.split(" ")
    parameters = dict(option.partition("=")[::2] for option in options)
    found = weights.weigh(GRAPHS[name], weighting, parameters).values
    wanted = {node: Fraction(part) for node, part in (cell.split() for cell in expected.split(", "))}
    assert found.keys() == wanted.keys()
    assert sum(found.values()) == UNIT
    assert all(abs(found[node] - part * UNIT) < 40 for node, part in wanted.items())


def test_the_root_of_nothing_weighs_nothing() -> None:
    empty = Basis(level="project")
    assert all(weights.weigh(empty, name).values == {} for name in ("flow", "equal", "direct", "depth", "shapley"))
    assert all(weights.weigh(empty, name).values == {} for name in ("impact", "dependents", "indegree", "pagerank"))


def test_dev_share_splits_the_root_between_the_two_kinds() -> None:
    made = Basis(
        level="package",
        members={node: (node,) for node in "abc"},
        direct={"a": "runtime", "b": "dev", "c": "dev"},
    )
    assert weights.weigh(made, "direct", {"dev_share": "1/4"}).values == {
        "a": UNIT * 3 // 4,
        "b": UNIT // 8,
        "c": UNIT // 8,
    }
    only = Basis(level="package", members={"b": ("b",)}, direct={"b": "dev"})
    assert weights.weigh(only, "direct", {"dev_share": "1/4"}).values == {"b": UNIT}


def test_usage_counts_and_one_more() -> None:
    made = Basis(
        level="package",
        members={"pkg:pypi/requests": ("pkg:pypi/requests@2",), "pkg:pypi/typing-extensions": ("pkg:pypi/t@1",)},
        direct={"pkg:pypi/requests": "runtime", "pkg:pypi/typing-extensions": "runtime"},
    )
    found = weights.weigh(made, "direct", {"stakes": "usage", "usage": {"requests": 2, "numpy": 9}})
    assert found.values == {"pkg:pypi/requests": UNIT * 3 // 4, "pkg:pypi/typing-extensions": UNIT // 4}
    assert [note.subject for note in found.notes] == ["numpy"]


def test_the_same_exact_parameters_in_every_spelling() -> None:
    spellings = [Fraction(1, 2), "1/2", "0.5", "50%", 0.5]
    texts = {weights.weigh(GRAPHS["loop"], "flow", {"keep": spelling}).parameters["keep"] for spelling in spellings}
    assert texts == {"1/2"}


def test_a_weighting_of_the_users_own() -> None:
    def by_name(graph: object) -> dict[str, int | Fraction]:
        return {package.purl: Fraction(1, 3) for package in graph.packages if package.purl in "hs"}  # type: ignore[attr-defined]

    found = weights.weigh(GRAPHS["hub"], by_name)
    assert found.weighting == "by_name"
    assert found.values == {"h": UNIT // 2, "s": UNIT // 2}
