"""Samples made worse: bytes, lines, words and the values inside a document, replaced by what nobody expects.

Every function takes a ``random.Random``: hypothesis hands in one that it can shrink, the long run a seeded one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Sequence
from random import Random
from typing import Any

__all__ = ["ODD", "mutated"]

LONGEST = 200_000
"""No example grows beyond so many bytes: what size alone does is for tests/security."""

TEXTS = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "0",
        "-1",
        "00",
        "1e999",
        "1e1000000",
        "1E+999999999",
        "1/0",
        "1/3",
        "nan",
        "-inf",
        "9" * 40,
    ),
    *("9" * 5_000, "a" * 5_000, "true", "null", "~", "None", "*", "?", ".", "..", "/", "//", "\\", "%", "%ff", "%00"),
    *("%2e%2e%2f", "../../etc/passwd", "/etc/passwd", "C:\\x", "a\0b", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e"),
    *("\u200b", "\ufeff", "\uffff", "\U0010ffff", "\ud800", "é", "e\u0301", "İ", "ß", "ﬁ", "١٢", "①", "Ⅷ", "𝟙", "🦆"),
    *("<", ">", "&", "'", '"', "`", "=1+1", "@x", "-x", "+x", "|", "#", ";", ",", ":", "::", "@", "x@", "@x/", "x@@1"),
    *("pkg:", "pkg:pypi", "pkg:pypi/", "pkg:pypi/@1", "pkg:npm/%40/x", "pkg:pypi/a@1?b=c#d", "pkg:a/b/../c@1"),
    *(
        "https://",
        "https://[",
        "http://[::1",
        "https://[::1]/",
        "https://a:b@c.example/",
        "https://x:99999/",
        "//x",
        "x:",
    ),
    *("https://127.0.0.1/", "https://2130706433/", "https://a.example/%zz", "https://ａ.example/", "https://xn--/"),
    *("javascript:alert(1)", "file:///etc/passwd", "git+ssh://git@h:x/y", "git@github.com:a/b.git", "github:a/b"),
    *("1 USD", "1.001 USD", "1 XXX", "-1 USD", "1,00 EUR", "USD", "$1", "100%", "101%", "1e3 USD", "1 USD 2"),
    *("2026-02-30", "2026-W01", "10000-01-01", "0001-01-01T00:00:00Z", "12:61"),
    *("__proto__", "__class__", "constructor", "{}", "{0}", "{x.__class__}", "%s", "${HOME}", "$(x)", "{{7*7}}"),
)
"""Texts that something somewhere might trip over."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 0.5, -0.0, 1e300, 1e-300),
    *(
        [],
        {},
        [[]],
        [{}],
        [None],
        {"": None},
        {"a": {"b": {"c": []}}},
        [[[[[[[[1]]]]]]]],
        [0, "a", None, {}],
        ["a"] * 50,
    ),
)

FRAGMENTS = (
    *(text.encode("utf-8", "surrogatepass") for text in TEXTS),
    *(b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"[", b"]", b"{", b"}"),
    *(b"[" * 500, b"{" * 500, b'{"a":' * 300, b"- " * 300, b"a." * 300, b"(" * 300, b"<a>" * 300, b"'''", b'"""'),
    *(b"&a [*a]", b"*a", b"!!python/object:os.system", b"<<: *a", b"? ", b"|-\n ", b"%YAML 1.2\n", b"---\n", b"...\n"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<![CDATA[", b"&#x0;", b"<?xml version='1.0' encoding='utf-7'?>"),
    *(b"\\u0000", b"\\ud800", b"\\", b"=", b"==", b" = ", b"/*", b"//", b"#", b"NaN", b"Infinity", b"1_000", b"0x"),
)

_WORD = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'\[\]{}(),=:<>]+")


def mutated(data: bytes, syntax: str, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """``data`` after one to four changes; those to values inside need it to be of ``syntax`` (json, toml, yaml)."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        how = rng.choice(_WAYS)
        changed = _inside(data, syntax, rng, others) if how is None else how(data, rng, others)
        data = changed[:LONGEST]
    return data


# Bytes, lines, words


def _flip(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def _insert(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(FRAGMENTS) + data[at + rng.choice((0, 0, 1, 5)) :]


def _truncate(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.7 else data[at:]


def _lines(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    rows = data.splitlines(keepends=True)
    if not rows:
        return data
    one, other = rng.randrange(len(rows)), rng.randrange(len(rows))
    how = rng.randrange(5)
    if how == 0:
        del rows[min(one, other) : max(one, other) + 1]
    elif how == 1:
        del rows[one]
    elif how == 2:
        rows.insert(other, rows[one])
    elif how == 3:
        rows[one], rows[other] = rows[other], rows[one]
    else:
        rows[one:one] = rows[min(one, other) : max(one, other) + 1]
    return b"".join(rows)


def _word(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    words = list(_WORD.finditer(data))
    if not words:
        return data
    found = rng.choice(words)
    old = found.group()
    source = rng.choice((data, *others)) if others and rng.random() < 0.3 else data
    near = _WORD.findall(source)
    new = rng.choice(near) if near and rng.random() < 0.3 else rng.choice(FRAGMENTS)
    if old[:1] in b"\"'" and new[:1] not in b"\"'" and rng.random() < 0.7:
        new = old[:1] + new + old[:1]
    return data[: found.start()] + new + data[found.end() :]


def _splice(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others) if others else data
    one, two = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    return data[:one] + other[two : two + rng.choice((20, 200, 5_000))] + data[one + rng.choice((0, 20)) :]


_WAYS = (None, None, None, None, _flip, _insert, _truncate, _lines, _lines, _word, _word, _word, _splice)
"""The ways, the most telling more than once; None stands for a change inside the document."""


# Values inside a document


def _inside(data: bytes, syntax: str, rng: Random, others: Sequence[bytes]) -> bytes:
    try:
        plain = _READ[syntax](data)
    except (KeyError, ValueError, RecursionError):
        return _word(data, rng, others)
    donors = []
    if others and rng.random() < 0.15:
        try:
            donors = _nodes(_READ[syntax](rng.choice(others)))
        except (ValueError, RecursionError):
            donors = []
    made = _changed(plain, rng, donors)
    try:
        return _WRITE[syntax](made)
    except (ValueError, TypeError, RecursionError):
        return _word(data, rng, others)


def _nodes(root: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value below ``root``."""
    found: list[tuple[Any, Any]] = []
    todo = [root]
    while todo and len(found) < 5_000:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            found.append((node, key))
            todo.append(node[key])
    return found


def _changed(root: Any, rng: Random, donors: list[tuple[Any, Any]]) -> Any:
    nodes = _nodes(root)
    if not nodes or rng.random() < 0.02:
        return rng.choice(ODD)
    holder, key = rng.choice(nodes)
    how = rng.randrange(10)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[rng.choice(TEXTS)] = holder.pop(key)
    elif how == 2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif how == 3:
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
    elif how == 4:
        for _ in range(rng.choice((3, 40, 300))):
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
    elif how == 5:
        other, name = rng.choice(nodes)
        holder[key] = json.loads(json.dumps(other[name], default=str)) if isinstance(name, (int, str)) else None
    elif how == 6 and donors:
        other, name = rng.choice(donors)
        holder[key] = other[name]
    elif how == 7 and isinstance(holder[key], str):
        text = holder[key]
        at = rng.randrange(len(text) + 1)
        holder[key] = text[:at] + rng.choice(TEXTS) + text[at + rng.choice((0, 1)) :]
    elif how == 8:
        holder[key] = rng.choice(TEXTS)
    else:
        holder[key] = rng.choice(ODD)
    return root


def _json(plain: Any) -> bytes:
    return json.dumps(plain, default=str).encode()


def _yaml_read(data: bytes) -> Any:
    from depfund._yaml import load
    from depfund.errors import ManifestError

    try:
        return load(data, "seed")
    except ManifestError as error:
        raise ValueError from error


def _toml_read(data: bytes) -> Any:
    return tomllib.loads(data.decode())


def _toml(plain: Any) -> bytes:
    if not isinstance(plain, dict):
        raise TypeError
    return "".join(f"{json.dumps(str(key))} = {_inline(value)}\n" for key, value in plain.items()).encode()


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return '""' if value is None else str(value) if isinstance(value, (int, float)) else json.dumps(str(value))


_READ: dict[str, Any] = {"json": json.loads, "yaml": _yaml_read, "toml": _toml_read}
_WRITE: dict[str, Any] = {"json": _json, "yaml": _json, "toml": _toml}
"""A YAML document is written as the JSON that it also is."""
