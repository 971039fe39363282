"""Elixir literals as plain values: what a mix.lock is made of, read exactly and never evaluated.

Maps, tuples, lists, keyword lists, strings, atoms and whole numbers; comments run from ``#`` to the end of the line.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from depfund.errors import ManifestError

__all__ = ["Atom", "Pairs", "Tuple", "term"]

DEPTH = 64
"""Deeper nesting is refused; a lock nests six levels."""


class Atom(str):
    """``:name``; also ``true``, ``false`` and ``nil``."""

    __slots__ = ()


class Tuple(NamedTuple):
    """``{a, b}``."""

    items: tuple[Any, ...]


class Pairs(NamedTuple):
    """A map or keyword list (``items`` are pairs) or a plain list (``items`` are values)."""

    kind: str
    items: tuple[Any, ...]


_TOKEN = re.compile(
    r"""(?P<skip>(?:\s++|\#[^\n]*+)++)
    |(?P<open>%\{|[\[{])
    |(?P<close>[\]}])
    |(?P<comma>,)
    |(?P<arrow>=>)
    |(?P<key>[A-Za-z_][A-Za-z0-9_@]*[?!]?:(?=\s)|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+":(?=\s))
    |(?P<atom>:[A-Za-z_][A-Za-z0-9_@]*[?!]?|:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")
    |(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<number>-?\d[\d_]*)
    |(?P<word>[a-z_][A-Za-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "0": "\0", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSES = {"%{": "}", "{": "}", "[": "]"}
_MISSING = object()


class Reader:
    """A stack of open values; ``pending`` holds a key that waits for its value, ``comma`` whether a value is due."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[tuple[str, list[Any], list[Any]]] = []
        self.items: list[Any] = []
        self.pending: list[Any] = []
        self.comma = True

    def run(self) -> Any:
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self.error(at, f"{self.text[at : at + 20]!r} is no Elixir literal")
            at = match.end()
            if match.lastgroup != "skip":
                self.token(str(match.lastgroup), match.group(), match.start())
        if self.stack or len(self.items) != 1:
            raise self.error(at, "the text ends inside a value" if self.stack else "one value is due")
        return self.items[0]

    def token(self, kind: str, word: str, at: int) -> None:
        if kind == "comma":
            if self.comma or self.pending or not self.stack:
                raise self.error(at, "a comma where a value is due")
            self.comma = True
        elif kind == "arrow":
            if self.comma or self.pending or not self.stack or self.stack[-1][0] != "%{":
                raise self.error(at, "an arrow outside a map")
            self.pending.append(self.items.pop())
        elif kind == "close":
            self.close(word, at)
        elif not self.comma and not self.pending:
            raise self.error(at, "a comma is missing")
        elif kind == "open":
            if len(self.stack) >= DEPTH:
                raise self.error(at, f"values nested deeper than {DEPTH}")
            self.stack.append((word, self.items, self.pending))
            self.items, self.pending, self.comma = [], [], True
        elif kind == "key":
            if self.pending or not self.stack:
                raise self.error(at, "a key where a value is due")
            self.pending.append(_string(word[:-1]) if word[0] == '"' else Atom(word[:-1]))
        else:
            self.put(_scalar(kind, word))

    def close(self, word: str, at: int) -> None:
        if not self.stack or _CLOSES[self.stack[-1][0]] != word or self.pending:
            raise self.error(at, f"{word!r} closes nothing")
        if self.comma and self.items and self.stack[-1][0] == "{":
            raise self.error(at, "a value is missing behind the comma")
        opener, outer, waiting = self.stack.pop()
        value = _close(opener, self.items)
        if value is _MISSING:
            raise self.error(at, "keys and plain values are mixed")
        self.items, self.pending = outer, waiting
        self.put(value)

    def put(self, value: Any) -> None:
        self.items.append((self.pending.pop(), value) if self.pending else value)
        self.comma = False

    def error(self, at: int, what: str) -> ManifestError:
        return ManifestError(f"{what}.", where=f"line {self.text.count(chr(10), 0, at) + 1}")


def term(text: str) -> Any:
    """The one value that ``text`` writes. Raises ManifestError with the line."""
    return Reader(text).run()


def _close(opener: str, items: list[Any]) -> Any:
    pairs = sum(type(item) is tuple for item in items)
    if opener == "{":
        # {:a, b: 1} is {:a, [b: 1]}
        split = len(items) - pairs
        if pairs and any(type(item) is tuple for item in items[:split]):
            return _MISSING
        return Tuple((*items[:split], Pairs("keywords", tuple(items[split:])))) if pairs else Tuple(tuple(items))
    if opener == "%{":
        return Pairs("map", tuple(items)) if pairs == len(items) else _MISSING
    if pairs and pairs != len(items):
        return _MISSING
    return Pairs("keywords" if pairs else "list", tuple(items))


def _scalar(kind: str, word: str) -> Any:
    if kind == "string":
        return _string(word)
    if kind == "atom":
        return Atom(_string(word[1:]) if word[1] == '"' else word[1:])
    if kind == "number":
        return int(word.replace("_", "")) if len(word) < 100 else word
    return Atom(word)


def _string(quoted: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            value = int(code[1:].strip("{}"), 16)
            return chr(value) if value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"
        return _NAMED.get(code, code)

    return _ESCAPE.sub(plain, quoted[1:-1]) if "\\" in quoted else quoted[1:-1]
