"""Text of strangers, made harmless: the laws of each escape."""

from __future__ import annotations

import csv
import io
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from depfund.exports._rows import sheet
from depfund.exports._safe import address, beancount, cell, code, dot, markdown, markdown_link, visible, xml

NASTY = st.text(st.characters(codec=None), max_size=40) | st.text(
    st.sampled_from("=+-@|`*_[]()<>&\"'\\#~$!\n\r\t\x00\x1b\u202e\u2066\u200b1.aw:/ "), max_size=40
)


@given(NASTY)
def test_visible_text_is_one_line_without_hidden_characters(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert visible(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_visible_leaves_plain_text_alone(text: str) -> None:
    assert visible(text) == text


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_a_csv_reader_sees_one_row_and_no_formula(texts: list[str]) -> None:
    read = list(csv.reader(io.StringIO(sheet(["x"] * len(texts), [texts]), newline="")))
    assert len(read) == 2
    for text, got in zip(texts, read[1], strict=True):
        assert got.lstrip()[:1] not in {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
        assert got.removeprefix("'") == visible(text) or got == visible(text)


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "  =1", "\uff1d1", "\u00a0=1"])
def test_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text).startswith("'")


def test_what_begins_with_a_tab_or_line_break_is_no_formula() -> None:
    assert cell("\t=1") == "\\t=1"
    assert cell("\r\n=1") == "\\r\\n=1"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def _rendered(source: str) -> _Text:
    found = _Text()
    found.feed(MarkdownIt("gfm-like", {"linkify": False}).render(source))
    return found


@given(NASTY.filter(lambda text: text.strip() == text))
def test_markdown_reads_back_as_itself(text: str) -> None:
    found = _rendered(markdown(text))
    assert found.text.strip() == visible(text).strip()
    assert set(found.tags) <= {"p"}


@given(NASTY.filter(lambda text: text.strip() == text))
def test_markdown_in_a_table_stays_in_its_cell(text: str) -> None:
    found = _rendered(f"| a | b |\n| --- | --- |\n| {markdown(text)} | {code(text)} |\n")
    assert set(found.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert found.tags.count("td") == 2


@given(NASTY)
def test_xml_reads_back_as_itself(text: str) -> None:
    found = _Text()
    found.feed(f'<p title="{xml(text)}">{xml(text)}</p>')
    assert (found.tags, found.text) == (["p"], visible(text))


@given(NASTY)
def test_strings_of_ledgers_and_graphs_end_where_they_should(text: str) -> None:
    for quoted in (beancount(text), dot(text)):
        assert quoted[0] == quoted[-1] == '"'
        body = quoted[1:-1]
        assert '"' not in body.replace("\\\\", "").replace('\\"', "")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " https://x.example", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
     "https://", "https:///x", "//x.example", "x.example", "", None, "https://x.example/\n", "https://x.example/\u202e",
     "https://x.example/<b>", 'https://x.example/"onclick', "https://[x", "ftp://x.example", "https://x.example/a b"],
)  # fmt: skip
def test_what_is_no_address_is_no_link(url: str | None) -> None:
    assert address(url) == ""
    assert "](<" not in markdown_link("name", url)


@pytest.mark.parametrize(
    "url",
    ["https://x.example/a?b=1&c=%20#d", "http://x.example", "mailto:a@x.example", "https://xn--bcher-kva.example/"],
)
def test_addresses_are_links(url: str) -> None:
    assert address(url) == url
    found = _rendered(markdown_link("n[a]me", url))
    assert found.tags == ["p", "a"]
    assert found.text.strip() == "n[a]me"
