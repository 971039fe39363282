"""Many GraphQL look-ups in few requests: one document with an aliased field for each item.

A document is a file in ``queries/`` whose first field is a pattern: its names ending in 0 are numbered through. What
comes back incomplete (GitHub cuts queries off that cost too much) is asked again, in smaller batches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from depfund.channels._nodes import inner, rows, word

if TYPE_CHECKING:
    from depfund.http import Answer, Http

__all__ = ["Found", "Item", "Query", "ask", "load"]

Item = tuple[str | bool, ...]
"""The variables of one look-up, in the document's order."""

ROUNDS = 12
"""How often what was cut off is asked again."""

COSTLY = 3
"""How often a batch that ends in 502 or 504 is tried before it is halved."""

_SHAPE = re.compile(
    r"^query (?P<name>\w+)\((?P<variables>[^)]*)\) \{\n(?P<field>[^\n]*)\n\}\n(?P<rest>.*)\Z", re.MULTILINE | re.DOTALL
)
_NUMBERED = re.compile(r"(?<=[a-z])0\b")
_ABSENT = frozenset({"NOT_FOUND", "NotFound"})


@dataclass(frozen=True, slots=True)
class Query:
    """A document of the ``queries`` folder, ready to be repeated for many items.

    ``inline`` writes the values into the text instead of declaring variables, for services that count tokens.
    """

    name: str
    variables: tuple[str, ...]
    field: str
    rest: str
    inline: bool = False

    def batch(self, items: Sequence[Item]) -> tuple[str, dict[str, str | bool]]:
        """(document, variables) for ``items``."""
        lines: list[str] = []
        declared: list[str] = []
        values: dict[str, str | bool] = {}
        for number, item in enumerate(items):
            line = _NUMBERED.sub(str(number), self.field)
            for variable, value in zip(self.variables, item, strict=True):
                named = _NUMBERED.sub(str(number), variable)
                if self.inline:
                    line = line.replace(f"${named}", json.dumps(value))
                else:
                    declared.append(f"${named}: {'Boolean' if isinstance(value, bool) else 'String'}!")
                    values[named] = value
            lines.append(line)
        head = f"query {self.name}({', '.join(declared)}) {{" if declared else f"query {self.name} {{"
        return "\n".join([head, *lines, "}", self.rest]), values

    def alias(self, number: int) -> str:
        """The alias of item ``number``."""
        return _NUMBERED.sub(str(number), self.field.strip().partition(":")[0])


@cache
def load(name: str, *, inline: bool = False) -> Query:
    """The document ``queries/NAME.graphql``."""
    text = files(__package__).joinpath("queries", f"{name}.graphql").read_text(encoding="utf-8")
    match = _SHAPE.search(text)
    assert match, f"{name}.graphql has no pattern"  # noqa: S101 - the tests read every document
    variables = tuple(part.partition(":")[0].strip().removeprefix("$") for part in match["variables"].split(","))
    return Query(match["name"], variables, match["field"], match["rest"].strip() + "\n", inline)


@dataclass(slots=True)
class Found:
    """``nodes`` by item (None: the service says there is none), and ``failed`` items with what was said instead."""

    nodes: dict[Item, dict[str, Any] | None] = field(default_factory=dict)
    failed: dict[Item, str] = field(default_factory=dict)


def ask(http: Http, service: str, query: Query, items: Sequence[Item], size: int) -> Found:
    """Look ``items`` up in batches of ``size``. Never raises; an item is in ``nodes`` or in ``failed``."""
    found = Found()
    items = sorted(set(items))
    todo = _chunks(items, size)
    for _ in range(ROUNDS):
        again: list[list[Item]] = []
        for chunk, answer in zip(todo, http.map(lambda part: _one(http, service, query, part), todo), strict=False):
            left, how = _read(query, chunk, answer, found)
            if left and how:
                again += _chunks(left, (len(left) + 1) // 2 if how == "half" else len(left))
        if not again:
            break
        todo = again
    for item in items:
        if item in found.nodes:
            found.failed.pop(item, None)
        else:
            found.failed.setdefault(item, "not asked")
    return found


def _chunks(items: Sequence[Item], size: int) -> list[list[Item]]:
    return [list(items[at : at + size]) for at in range(0, len(items), size)]


def _one(http: Http, service: str, query: Query, items: Sequence[Item]) -> Answer:
    if len(items) == 1:
        return http.graphql(service, *query.batch(items))
    return http.graphql(service, *query.batch(items), costly=COSTLY)


def _read(query: Query, chunk: Sequence[Item], answer: Answer, found: Found) -> tuple[list[Item], str]:
    """What is still open in ``chunk``, and how to go on: "half" in smaller batches, "same" once more, "" not at all."""
    body = answer.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        found.failed.update(dict.fromkeys(chunk, answer.said))
        costly = answer.status in {502, 504} and len(chunk) > 1
        return (list(chunk), "half") if costly else (list(chunk), "")
    errors: dict[str, str] = {}
    for error in rows(body, "errors") if isinstance(body, dict) else ():
        path = error.get("path")
        if isinstance(path, list) and len(path) == 1:
            code = word(error, "type") or word(inner(error, "extensions"), "code")
            errors[str(path[0])] = "" if code in _ABSENT else word(error, "message") or code or "an error"
    left = []
    for number, item in enumerate(chunk):
        alias = query.alias(number)
        node = data.get(alias)
        if isinstance(node, dict):
            found.nodes[item] = node
        elif alias in data and not errors.get(alias):
            found.nodes[item] = None
        else:
            found.failed[item] = errors.get(alias) or "cut off"
            left.append(item)
    return left, "same" if len(left) < len(chunk) else "half" if len(chunk) > 1 else ""
