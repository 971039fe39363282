"""The syntax of ``go.mod`` and ``go.work``: one statement a line, or a block in brackets.

Source: Go Modules Reference, "go.mod files" and "Workspaces" (lexical elements, grammar).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from depfund.errors import ManifestError

__all__ = ["Statement", "statements"]

Statement = tuple[int, str, list[str], str]
"""Line number, verb, arguments, comment at the end of the line."""

_TOKEN = re.compile(
    r'\s*+(?:(//.*)|("[^"\\]*+(?:\\.[^"\\]*+)*+")|(`[^`]*+`)|([()])|((?:[^\s()"`/]++|/(?!/))++))', re.DOTALL
)


def statements(text: str) -> Iterator[Statement]:
    """Every statement in order; blocks are taken apart. Raises ManifestError with the line, and without the file."""
    verb, opened = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        words, comment = _words(line, number)
        if not words:
            continue
        if opened:
            if words == [")"]:
                opened = 0
            elif "(" in words or ")" in words:
                raise ManifestError("a bracket where a row of a block is due.", where=f"line {number}")
            else:
                yield number, verb, words, comment
        elif words[-1] == "(":
            if len(words) != 2:
                raise ManifestError("a block opens with one word and a bracket.", where=f"line {number}")
            verb, opened = words[0], number
        elif words[-2:] == ["(", ")"]:
            continue
        else:
            yield number, words[0], words[1:], comment
    if opened:
        raise ManifestError("the block that opens here is not closed.", where=f"line {opened}")


def _words(line: str, number: int) -> tuple[list[str], str]:
    words: list[str] = []
    at, end = 0, len(line.rstrip())
    while at < end:
        match = _TOKEN.match(line, at, end)
        if match is None:
            raise ManifestError(f"{line[at : at + 40].strip()!r} cannot be read.", where=f"line {number}")
        comment, quoted, raw, bracket, bare = match.groups()
        if comment is not None:
            return words, comment[2:].strip()
        if quoted is not None:
            try:
                words.append(json.loads(quoted))
            except ValueError as error:
                raise ManifestError(f"{quoted[:40]} is no string.", where=f"line {number}") from error
        else:
            words.append(raw[1:-1] if raw is not None else bracket or bare)
        at = match.end()
    return words, ""
