"""Terminal, Markdown, notebook, differences and listings: the same answer, in short."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import exports
from depfund.errors import ExportError
from depfund.exports import Context
from depfund.exports._amounts import figure, percent, plain, signed
from depfund.exports.diff import changes
from depfund.model import (
    UNIT,
    Allocation,
    Channel,
    Evidence,
    Facts,
    Graph,
    Package,
    Payee,
    Payment,
    Source,
    Weights,
)
from depfund.money import Money

COMPARE = {"rows": [{"weighting": "flow", "moved": "0%"}, {"weighting": "shapley", "moved": "38%", "tau": "0.42"}]}
ANSWER = (
    "810.00 USD of 1,000.00 USD goes to 10 payees, for 11 of 12 packages (91.7%) and 4 of 4 direct dependencies; "
    "190.00 USD is held."
)


@pytest.mark.parametrize("name", ["table", "markdown", "html", "notebook"])
def test_all_say_the_same_answer(plan: Allocation, name: str) -> None:
    made = exports.render(plan, name, Context(compare=COMPARE))
    assert ANSWER in re.sub(r"\s+", " ", made)
    for amount in ("300.50", "250.00", "4.50"):
        assert amount in made


@pytest.mark.parametrize("name", ["table", "markdown", "html"])
def test_all_say_how_much_another_weighting_moves(plan: Allocation, name: str) -> None:
    made = exports.render(plan, name, Context(compare=COMPARE))
    assert "shapley" in made
    assert "38%" in made
    assert "portfolio company" in made or name == "table"
    assert "nobody to pay is known" in made


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_the_table_honours_the_width(plan: Allocation, nasty: Allocation, width: int) -> None:
    for one in (plan, nasty):
        made = exports.render(one, "table", width=width)
        assert max(map(len, made.splitlines())) <= width
        assert "\x1b" not in made


def test_colour_is_for_those_who_ask(plan: Allocation) -> None:
    assert "\x1b[" in exports.render(plan, "table", color=True)
    assert "\x1b" not in exports.render(plan, "table", width=100)


def test_colour_does_not_let_names_bring_their_own(nasty: Allocation) -> None:
    made = re.sub(r"\x1b\[[0-9;]*m", "", exports.render(nasty, "table", color=True, width=300))
    assert "\x1b" not in made
    assert "[bold red]markup[/]" in made


def test_a_long_table_says_how_many_more(plan: Allocation) -> None:
    made = exports.render(plan, "table", rows=3, width=120)
    assert "and 7 more payees with 159.50 USD" in made
    assert "liberapay" not in made


def test_a_notebook_gets_a_fragment(plan: Allocation) -> None:
    made = exports.render(plan, "notebook", rows=4)
    assert made.startswith("<div>")
    assert made.count("<tr>") == 5
    assert "and 6 more payees" in made


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_percentages_are_rounded_half_up_in_integers(part: int, whole: int) -> None:
    text = percent(part, whole)
    if text == "<0.1%":
        assert 0 < abs(part) / whole < 0.0006
    else:
        assert abs(float(text[:-1]) - 100 * part / whole) <= 0.05 + 1e-6


def test_amounts_as_text() -> None:
    assert (percent(1, 0), percent(0, 5), percent(1, 3), percent(5, 5)) == ("–", "0.0%", "33.3%", "100.0%")
    assert (figure(123456789, "USD"), figure(5, "JPY"), figure(-5, "KWD")) == ("1,234,567.89", "5", "-0.005")
    assert (signed(5, "USD"), signed(0, "USD"), signed(-5, "USD")) == ("+0.05", "0.00", "-0.05")
    assert (plain(123456789, "USD"), plain(5, "JPY"), plain(-5, "USD")) == ("1234567.89", "5", "-0.05")


AMOUNTS = st.dictionaries(st.sampled_from([f"github:{c}" for c in "abcdef"]), st.integers(0, 10**7))


def made_of(amounts: dict[str, int], rest: int = 0, currency: str = "USD") -> Allocation:
    payments = tuple(Payment(payee=key, amount=Money(minor=value, currency=currency)) for key, value in amounts.items())
    return Allocation(budget=Money(minor=sum(amounts.values()) + rest, currency=currency), payments=payments)


@given(AMOUNTS, AMOUNTS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_differences_are_an_identity(old: dict[str, int], new: dict[str, int], a: int, b: int) -> None:
    before, after = made_of(old, a), made_of(new, b)
    found = changes(before, after)
    for one in found:
        assert one.after - one.before == one.budget + one.weight
        assert (one.before, one.after) == (old.get(one.payee, 0), new.get(one.payee, 0))
        if after.budget == before.budget:
            assert one.budget == 0
    rank = [{"joined": 0, "left": 1, "stayed": 2}[one.standing] for one in found]
    assert rank == sorted(rank)


@given(AMOUNTS, st.integers(1, 9))
def test_a_larger_budget_alone_is_all_budget_effect(old: dict[str, int], factor: int) -> None:
    for one in changes(made_of(old), made_of({key: value * factor for key, value in old.items()})):
        assert one.weight == 0


def test_the_difference_reads_as_a_table(plan: Allocation) -> None:
    before = replace(plan, payments=plan.payments[1:])
    made = exports.render(plan, "diff", Context(previous=before))
    assert "1 payees joined, 0 left, 0 changed, 9 kept their amount." in made
    assert "| Octo Cat (github:octocat) | joined | 0.00 | 300.50 | +300.50 | 0.00 | +300.50 |" in made
    rows = json.loads(exports.render(plan, "diff-json", Context(previous=before)))["payees"]
    assert rows[0] == {
        "payee": "github:octocat", "before": 0, "after": 30050, "budget": 0, "weight": 30050, "standing": "joined",
    }  # fmt: skip


def test_a_difference_needs_another_plan_in_the_same_currency(plan: Allocation) -> None:
    with pytest.raises(ExportError, match="earlier allocation"):
        exports.render(plan, "diff")
    with pytest.raises(ExportError, match="never mixed"):
        exports.render(plan, "diff", Context(previous=made_of({}, currency="EUR")))


def test_the_badge_and_the_snippet(plan: Allocation) -> None:
    made = exports.render(plan, "badge")
    assert "<title" in made
    assert "11 of 12" in made
    assert "A &lt;b&gt;" in exports.render(plan, "badge", label="A <b>")
    with pytest.raises(ExportError, match="80 characters"):
        exports.render(plan, "badge", label="x" * 81)
    snippet = exports.render(plan, "readme", badge="a>b.svg", report="https://fund.example/report.html")
    assert "(<a%3Eb.svg>)" in snippet
    assert "810.00 USD to 10 payees, for 11 of 12 packages" in snippet


def test_listings() -> None:
    nasty = '[bold]"x\x1b[31m\n'
    graph = Graph(
        root=nasty,
        packages=(
            Package(purl="pkg:pypi/a@1", name="a", version="1", ecosystem="pypi", scopes=("runtime",)),
            Package(purl=f"pkg:pypi/{nasty}", name=nasty, ecosystem="pypi", scopes=("dev",), first_party=True),
        ),
        direct={"pkg:pypi/a@1": "runtime"},
        requires={"pkg:pypi/a@1": {f"pkg:pypi/{nasty}": "dev"}},
        sources=(Source(path="requirements.txt", format="requirements", sha256="0", edges=False),),
    )
    table = exports.render_graph(graph)
    assert "2 packages, 1 direct, 1 edges" in table
    assert "requirements.txt does not record" in table
    dot = exports.render_graph(graph, "dot")
    assert dot.startswith("digraph depfund {")
    assert dot.count(" -> ") == 2
    channel = Channel(platform="github", handle="o", evidence=(Evidence(where=nasty, what="x"),))
    facts = Facts(
        payees={"github:o": Payee(key="github:o", channels=(channel,), confidence=0.9)},
        unresolved={"pkg:pypi/b": "tried\x07"},
    )
    funding = exports.render_funding(
        [
            {"purl": "pkg:pypi/a@1", "name": "a", "direct": True, "payees": ["github:o"]},
            {"purl": "pkg:pypi/b", "name": nasty, "direct": False, "payees": []},
        ],
        facts,
    )
    assert "1 of 2 packages have a payee (50.0%)" in funding
    assert "90%" in funding
    assert "tried\\x07" in funding
    weights = exports.render_weights(Weights(weighting="flow", parameters={"keep": "1/2"}, values={nasty: UNIT}))
    assert "100.0%" in weights
    comparison = exports.render_comparison({"base": "flow", **COMPARE})
    assert "Switching from flow" in comparison
    assert "38%" in comparison
    for text in (table, dot, funding, weights, comparison):
        assert "\x1b" not in text
