"""Which links are funding: labels by the specification, hosts as a second step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.registries._links import funding, funds, kind_of, objects


@pytest.mark.parametrize(
    "label",
    [
        "Funding",
        "funding",
        "SPONSOR",
        "Donate",
        "do-na tion",
        "Sponsors",
        "GitHub Sponsors",
        "Open Collective",
        "💖 Sponsor",
        "Funding 2",
        "Tidelift",
        "Ko-fi",
        "Support us",
    ],
)
def test_labels_of_funding(label: str) -> None:
    assert kind_of(label) == "funding"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Source Code", "source"),
        ("GitHub", "source"),
        ("Home-page", "home"),
        ("Docs", ""),
        ("", ""),
        ("Say Thanks!", ""),
        ("Support", "maybe"),
    ],
)
def test_other_labels(label: str, kind: str) -> None:
    assert kind_of(label) == kind


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://github.com/sponsors/acme", True),
        ("https://github.com/acme", False),
        ("https://github.com/acme/widget", False),
        ("https://www.patreon.com/acme", True),
        ("https://opencollective.com/acme", True),
        ("https://opencollective.com/", False),
        ("https://tidelift.com/docs/security", False),
        ("https://paypal.me/acme", True),
        ("https://www.paypal.com/donate?x=1", True),
        ("https://thanks.dev/u/gh/acme", True),
        ("https://acme.example/patreon.com", False),
        ("https://patreon.com.evil.example/acme", False),
    ],
)
def test_hosts(url: str, answer: bool) -> None:
    assert funds(url) is answer


def test_named_links_come_first_and_none_twice() -> None:
    rows = [
        ("Community", "https://ko-fi.com/a"),
        ("Funding", "https://a.example/give"),
        ("Sponsor", "https://ko-fi.com/a"),
        ("Docs", "https://a.example/give"),
    ]
    assert [link.url for link in funding(rows, "w", "s")] == ["https://a.example/give", "https://ko-fi.com/a"]


def test_a_support_link_counts_when_it_speaks_of_money() -> None:
    rows = [("Support", "https://a.example/donate"), ("Support", "https://a.example/forum")]
    assert [link.url for link in funding(rows, "w", "s")] == ["https://a.example/donate"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "type", "x"]), inner),
)


@given(plain)
def test_any_shape_of_funding_is_read_or_passed_over(value: Any) -> None:
    for link in objects(value, "w", "s"):
        assert link.url.startswith(("http://", "https://", "HTTP", "Http")) or "://" in link.url


@given(st.lists(st.tuples(st.text(max_size=20), plain), max_size=5))
def test_any_rows_of_links_are_read_or_passed_over(rows: list[tuple[str, Any]]) -> None:
    urls = [link.url for link in funding(rows, "w", "s")]
    assert len(urls) == len(set(urls))
