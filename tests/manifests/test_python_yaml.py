"""The YAML door: PyYAML's base loader defines the answer, yaml-rs only gets there faster."""

from __future__ import annotations

import importlib.util
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from depfund import _yaml
from depfund.errors import ManifestError

FAST = importlib.util.find_spec("yaml_rs") is not None

scalars = st.one_of(
    st.text(alphabet=string.printable, max_size=20),
    st.sampled_from(
        ["1.10", "1e3", "0x1F", "0o7", "017", "1_000", "+1", "-1", ".5", ".inf", "-.INF", ".nan", "no", "Yes"]
    ),
    st.sampled_from(
        ["null", "~", "Null", "", "true", "False", "12:30:45", "2001-01-01", "=", "<<", "zqz1", "&a", "!t", "é 1"]
    ),
    st.integers().map(str),
    st.floats(allow_nan=False).map(str),
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars, inner, max_size=4),
    max_leaves=25,
)


def expected(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.CBaseLoader))


@given(trees, st.sampled_from([None, True, False]), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(10, 200))
def test_every_scalar_is_its_text(tree: Any, flow: bool | None, style: str | None, width: int) -> None:
    text = yaml.dump(tree, default_flow_style=flow, default_style=style, width=width, allow_unicode=True)
    assert _yaml.load_all(text, "x.yml") == [tree]


PIECES = (
    *(
        "a",
        "b: ",
        "- ",
        "\n",
        "  ",
        ": ",
        "1",
        "1.0",
        "null",
        "~",
        "true",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "#",
        " # c",
        "'",
        '"',
    ),
    *("|", ">", "---\n", "...\n", "&a ", "*a", "!!int ", "!!null ", "? ", "\t", "é", "-", "0x1", "1e9", ".inf", "k:\n"),
)
plain = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(plain)
def test_the_fast_road_never_disagrees(text: str) -> None:
    """Whatever yaml-rs accepts on the fast road is what the base loader says, or the base loader refuses the text."""
    if not FAST or not text.strip():
        return
    try:
        fast = _yaml._fast(text)
    except (_yaml._Unsure, ValueError, TypeError):
        return
    try:
        slow = _yaml._base(text, "x.yml")
    except ManifestError:
        return  # YAML 1.2 allows some punctuation that 1.1 does not; never another value
    assert fast == slow


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (
            "a: 1.10\nb: no\nc: 0x1F\nd: 1e3\ne: 2024-01-01\nf:\n",
            {"a": "1.10", "b": "no", "c": "0x1F", "d": "1e3", "e": "2024-01-01", "f": ""},
        ),
        ("1: x\n2.0: y\ntrue: z\n", {"1": "x", "2.0": "y", "true": "z"}),
        ("{a: null, b: ~, c: , d: [1, .5, -1, +1]}", {"a": "null", "b": "~", "c": "", "d": ["1", ".5", "-1", "+1"]}),
        ("- !!int 3\n- &x 5\n- *x\n", ["3", "5", "5"]),
        ("a: |\n  1\n  true\nb: >-\n  2\n  null\n", {"a": "1\ntrue\n", "b": "2 null"}),
        ('{"a":1,"b":null}', {"a": "1", "b": "null"}),
        ("<<: {a: 1}\nb: 2\n", {"<<": {"a": "1"}, "b": "2"}),
        ("a: zqz1 qzq zqqz qzzq\nb: 1\n", {"a": "zqz1 qzq zqqz qzzq", "b": "1"}),
    ],
)
def test_examples(text: str, tree: Any) -> None:
    assert _yaml.load(text, "x.yml") == tree
    assert _yaml.load(text.encode(), "x.yml") == tree
    assert expected(text) == [tree]


def test_without_yaml_rs_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 1.10\nb: [1, null]\n---\nc: ~\n"
    with_it = _yaml.load_all(text, "x.yml")
    monkeypatch.setitem(__import__("sys").modules, "yaml_rs", None)
    assert _yaml.load_all(text, "x.yml") == with_it == [{"a": "1.10", "b": ["1", "null"]}, {"c": "~"}]


def test_documents() -> None:
    assert _yaml.load_all("", "x.yml") == []
    assert _yaml.load("\n \n", "x.yml") is None
    assert _yaml.load_all("# only a comment\n", "x.yml") == []
    assert _yaml.load_all("# first\n---\na: 1\n---\nb: 2\n", "x.yml") == [{"a": "1"}, {"b": "2"}]
    assert _yaml.load("\ufeffa: 1", "x.yml") == {"a": "1"}
    with pytest.raises(ManifestError, match=r"x\.yml: 2 YAML documents"):
        _yaml.load("---\na: 1\n---\nb: 2\n", "x.yml")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", r"x\.yml, at line 4: the key 'c' stands twice"),
        (BOMB, r"x\.yml: aliases that stand for more than"),
        ("&a [*a]", r"x\.yml.*(an alias that stands for|recursive)"),
        ("[" * 100_000, r"x\.yml.*(nested|not YAML)"),
        ("[" * 5_000 + "]" * 5_000, r"x\.yml, at line 1: nested more than 200"),
        ("- " * 5_000 + "x", r"x\.yml.*nested more than 200"),
        ("a: [1\nb: 2\n", r"x\.yml, at line 2"),
        ("a: '", r"x\.yml, at line 1"),
        ("a: b: c", r"x\.yml, at line 1, column 5: not YAML"),
        ("a: \x00", r"x\.yml, at line 1: a NUL byte"),
        ("? [a]\n: 1\n", r"x\.yml"),
    ],
    ids=[
        "duplicate",
        "bomb",
        "self",
        "open",
        "deep_flow",
        "deep_block",
        "unclosed",
        "quote",
        "colons",
        "nul",
        "list_key",
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        _yaml.load(text, "x.yml")


def test_invalid_utf8_has_its_line() -> None:
    with pytest.raises(ManifestError, match=r"x\.yml, at line 2: byte 0xff is not UTF-8"):
        _yaml.load(b"a: 1\nb: \xff\n", "x.yml")


def test_few_aliases_are_fine() -> None:
    assert _yaml.load("a: &a {x: 1}\nb: [*a, *a]\n", "x.yml") == {"a": {"x": "1"}, "b": [{"x": "1"}, {"x": "1"}]}


@pytest.mark.corpus
def test_every_yaml_file_of_the_corpus(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "corpus").rglob("*")):
        berry = path.name == "yarn.lock" and "yarn-lock-berry" in path.parts
        if path.suffix in {".yml", ".yaml"} or path.name in {"pixi.lock", "pubspec.lock", "Podfile.lock"} or berry:
            text = path.read_text(encoding="utf-8")
            assert _yaml.load_all(text, path.name) == expected(text), path
            seen += 1
    assert seen > 30
