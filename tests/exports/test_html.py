"""The report as a document: self-contained, a strict policy, sound structure, links that lead somewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import exports
from depfund.exports import Context
from depfund.exports.html import render
from depfund.exports.html._view import clip, flatten
from depfund.model import Allocation, Payment
from depfund.money import Money

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Elements with attributes and text, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def why(plan: Allocation) -> Context:
    basis = plan.weights.basis
    direct = list(basis.direct) if basis else []
    return Context(
        explain=lambda who: {"by_direct": dict.fromkeys(direct, 1)},
        compare={
            "rows": [{"weighting": "shapley", "moved": "38%", "tau": "0.42"}],
            "ranges": {"ko_fi:two": {"min": 1, "max": 10**14}},
        },
    )  # fmt: skip


def test_the_page_loads_nothing_and_runs_nothing(plan: Allocation) -> None:
    page = Page(render(plan, why(plan)))
    assert not page.all("script")
    assert not page.all("img")
    assert not [
        attrs for _, attrs in page.found if "src" in attrs or "style" in attrs or any(k.startswith("on") for k in attrs)
    ]
    assert [attrs["href"] for attrs in page.all("link")] == ["data:,"]


def test_the_policy_allows_this_style_sheet_and_nothing_else(plan: Allocation) -> None:
    text = render(plan, why(plan))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for a in Page(text).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_answer_comes_first(plan: Allocation) -> None:
    text = render(plan, why(plan))
    assert "<h1>810.00 USD to 10 payees</h1>" in text
    names = ["map", "flow", "payments", "held", "unpaid", "weighting", "conflicts", "fees", "unknown", "inputs"]
    order = [text.index(f'id="{name}"') for name in names]
    assert order == sorted(order)
    assert text.index("<h1>") < order[0]


def test_the_structure_is_sound(plan: Allocation) -> None:
    page = Page(render(plan, why(plan)))
    ids = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in page.all("a"):
        href = attrs["href"] or ""
        assert href.startswith("https://") or href[1:] in ids, href
    for svg in page.all("svg"):
        assert svg.get("aria-hidden") == "true" or (
            svg["role"] == "img" and set(str(svg["aria-labelledby"]).split()) <= set(ids)
        )
    assert len(page.all("table")) == len(page.all("caption"))
    assert all("scope" in attrs for attrs in page.all("th"))
    for section in page.all("section"):
        assert section["aria-labelledby"] in ids
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(name[1]) for name, _ in page.found if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_every_payment_has_its_line_with_packages_and_evidence(plan: Allocation) -> None:
    text = render(plan, why(plan))
    for payment in plan.payments:
        for purl in payment.because:
            assert f"<code>{purl}</code>" in text
    assert text.count("<tr id=p") == len(plan.payments)
    assert "github: octocat" in text
    assert "https://forge.example/octocat/FUNDING.yml, 2026-01-02" in text
    assert "97% sure of the payee" in text
    assert "portfolio company" in text
    assert "nobody to pay is known" in text


def test_attacks_stay_text(nasty: Allocation) -> None:
    page = Page(render(nasty, why(nasty)))
    assert not page.all("script")
    assert not page.all("img")
    assert not page.all("b") or all(attrs == {} for attrs in page.all("b"))
    for attrs in page.all("a"):
        assert str(attrs["href"]).startswith(("#", "https://ok.example/"))
        assert set(attrs) <= {"href", "class"}
    assert "<img src=x onerror=alert(1)>" in page.text
    assert "{{ 7*7 }}" in page.text


@given(st.text(max_size=200))
def test_any_name_is_shown_as_itself(name: str) -> None:
    plan = Allocation(
        budget=Money(minor=100),
        payments=(Payment(payee="custom:x", name=name, amount=Money(minor=100), conflict=name),),
    )
    page = Page(render(plan, Context()))
    assert {tag for tag, _ in page.found}.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert not [attrs for _, attrs in page.found if any(key.startswith("on") for key in attrs)]


@pytest.mark.parametrize("payees", [100, 400, 1000])
def test_a_thousand_packages_fit(large_plan: Allocation, payees: int) -> None:
    payments = large_plan.payments[:payees]
    rest = large_plan.payments[payees:]
    extra = {purl: minor for payment in rest for purl, minor in payment.because.items()}
    share = len(extra) // payees + 1
    purls = list(extra)
    merged = tuple(
        replace(payment, because={**payment.because, **{p: extra[p] for p in purls[at * share : (at + 1) * share]}})
        for at, payment in enumerate(payments)
    )
    made = render(replace(large_plan, payments=merged), why(large_plan))
    assert len(made.encode()) < 300_000
    assert made.count("<tr id=p") == payees
    assert made.count("<details><summary>p0") >= 50


@pytest.fixture(name="large_plan")
def _large_plan(make_large: object) -> Allocation:
    return make_large(1000)  # type: ignore[operator,no-any-return]


def test_long_text_is_cut() -> None:
    assert clip("x" * 500) == "x" * 119 + "…"
    plan = Allocation(
        budget=Money(minor=1), payments=(Payment(payee="custom:x", name="x" * 100_000, amount=Money(minor=1)),)
    )
    assert len(render(plan, Context())) < 40_000


def test_nested_settings_become_lines() -> None:
    plain = {
        "a": {"b": 1, "minimum": {"minor": 500, "currency": "USD"}},
        "c": [1, 2],
        "d": [{"e": "f"}],
        "g": None,
        "h": "",
    }
    assert list(flatten(plain)) == [("a.b", "1"), ("a.minimum", "5.00 USD"), ("c", "1, 2"), ("d[0].e", "f")]


def test_a_date_is_printed_only_where_given(plan: Allocation) -> None:
    assert "2026-11-24" in exports.render(plan, "html", Context(generated="2026-11-24"))
    assert exports.render(plan, "html") == exports.render(plan, "html", Context())


def test_nobody_paid_is_said() -> None:
    text = render(Allocation(budget=Money(minor=0)), Context())
    assert "Nobody is paid." in text
    assert 'id="map"' not in text
