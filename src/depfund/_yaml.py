"""The only door to YAML: plain values in which every scalar is the text that stands in the file.

A version ``1.10``, an account called ``no`` and a date stay themselves; tags run nothing. PyYAML's base loader defines
the result. Where yaml-rs is installed it does the reading some thirty times faster: scalars that it would turn into
numbers, booleans or nulls are marked before and unmarked after, which no context can tell from not having done it, and
whatever it refuses or types in spite of that is read by PyYAML instead.

Duplicate keys, nesting deeper than 200 and aliases that grow beyond a million nodes are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from depfund.errors import ManifestError

__all__ = ["DEPTH", "EXPANDED", "load", "load_all"]

DEPTH = 200
"""Deepest nesting that is read; lockfiles have less than ten levels."""

EXPANDED = 1_000_000
"""Most nodes that aliases may stand for."""

_MARKS = ("zqz", "qzq", "zqqz", "qzzq")
_QUICK = ((": ", re.compile(r": (?=[0-9tTfF])")), ("- ", re.compile(r"- (?=[0-9tTfF])")))
_TYPED = re.compile(
    r"((?:[:?-] +|[,\[{] *|^ *|['\"]:))"
    r"([-+]?\.?[0-9][0-9A-Za-z_+.-]*|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?\.[iI]|\.[nN])"
    r"(?=[\s,\]}:]|\Z)",
    re.MULTILINE,
)
_NULLS = ("null", "Null", "NULL", "~")
_PROPERTY = re.compile(r"(?:^|[\s,\[{])[!&]")
_START = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_MARKER_LINE = re.compile(r"^(?:%|\.\.\.(?:\s|\Z)|---[^\S\n]*[^\s#])", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")
_DEEP_LINE = re.compile(rf"[ \t?:-]{{{DEPTH}}}")


def load(data: bytes | str, name: str) -> Any:
    """The only document of ``data``; ``name`` is the file's, for messages. An empty file gives None.

    Raises :class:`~depfund.errors.ManifestError` for what is no YAML, holds several documents, repeats a key or
    explodes, with its place.
    """
    documents = load_all(data, name)
    if len(documents) > 1:
        raise ManifestError(f"{len(documents)} YAML documents where one is expected.", file=name)
    return documents[0] if documents else None


def load_all(data: bytes | str, name: str) -> list[Any]:
    """Every document of ``data`` in order: dicts with text keys, lists and text. Raises as :func:`load` does."""
    text = _text(data, name)
    if not text or text.isspace():
        return []
    try:
        return _fast(text)
    except (_Unsure, ImportError, ValueError, TypeError, RecursionError):
        return _base(text, name)


class _Unsure(Exception):  # noqa: N818 - not an error, a change of road
    """The fast road cannot tell; the other decides."""


def _text(data: bytes | str, name: str) -> str:
    if isinstance(data, str):
        text = data.removeprefix("\ufeff")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"byte 0x{data[error.start]:02x} is not UTF-8."
            raise ManifestError(message, file=name, where=f"line {line}", hint="Save it as UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ManifestError("a NUL byte; this is no text file.", file=name, where=f"line {line}")
    return text


def _fast(text: str) -> list[Any]:
    """Through yaml-rs: first marking what is common and cheap to find, then everything that can be typed."""
    if "<<" in text or (not text.isascii() and any(end in text for end in "\x85\u2028\u2029")):
        raise _Unsure
    several = "\n---" in text or text.startswith("---")
    if (several or text[0] == "%" or "\n%" in text or "..." in text) and _MARKER_LINE.search(text):
        raise _Unsure
    if _maybe_deep(text):
        raise _Unsure  # yaml-rs overflows its stack
    mark = next((mark for mark in _MARKS if mark not in text), None)
    if mark is None:
        raise _Unsure
    quick = text
    for indicator, pattern in _QUICK:
        quick = pattern.sub(indicator + mark, quick)
    try:
        return _read(quick, mark, several, any(null in text for null in _NULLS) or None)
    except _Unsure:
        return _read(_TYPED.sub(rf"\1{mark}\2", text), mark, several, None)


def _read(marked: str, mark: str, several: bool, nulls: bool | None) -> list[Any]:
    """``nulls``: True when words for null may stand unmarked, None when only an anchor or tag could hide them."""
    import yaml_rs

    parts = _START.split(marked) if several else [marked]
    if len(parts) > 1 and all(not line.strip() or line.lstrip()[0] == "#" for line in parts[0].splitlines()):
        parts = parts[1:]  # nothing but comments in front of the first marker
    trees = [yaml_rs.loads(part, parse_datetime=False) if part.strip() else None for part in parts]
    if not several and trees == [None]:
        raise _Unsure  # a comment and nothing else: no document
    sure: list[bool] = []

    def empty() -> str:
        if not sure:
            sure.append(not nulls and "\t" not in marked and _PROPERTY.search(marked) is None)
        if sure[0]:
            return ""
        raise _Unsure

    return [_unmark(tree, mark, empty) for tree in trees]


def _unmark(node: Any, mark: str, empty: Callable[[], str]) -> Any:
    """``node`` as the base loader would have it; ``empty`` answers for a None."""
    kind = type(node)
    if kind is str:
        if "\n" in node:
            raise _Unsure  # yaml-rs sees a line end in an empty block scalar
        return node.replace(mark, "") if mark in node else node
    if kind is dict:
        plain = {}
        for key, value in node.items():
            if type(key) is not str:
                raise _Unsure
            if mark in key:
                key = key.replace(mark, "")
            if type(value) is str and "\n" not in value:
                plain[key] = value.replace(mark, "") if mark in value else value
            else:
                plain[key] = _unmark(value, mark, empty)
        if len(plain) != len(node):
            raise _Unsure
        return plain
    if kind is list:
        return [_unmark(value, mark, empty) for value in node]
    if node is None:
        return empty()
    raise _Unsure


def _base(text: str, name: str) -> list[Any]:
    """PyYAML's base loader, guarded."""
    import yaml

    try:
        base: Any = yaml.CBaseLoader
    except AttributeError:  # PyYAML built without libyaml
        base = yaml.BaseLoader
    if _maybe_deep(text):
        _depth(yaml, base, text, name)

    class Loader(base):  # type: ignore[misc]
        """Refuses repeated keys."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            plain: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            if len(plain) != len(node.value):
                seen: set[str] = set()
                for key, _ in node.value:
                    if key.value in seen:
                        raise ManifestError(
                            f"the key {key.value[:80]!r} stands twice in one mapping.",
                            file=name,
                            where=f"line {key.start_mark.line + 1}",
                        )
                    seen.add(key.value)
            return plain

    try:
        documents = list(yaml.load_all(text, Loader=Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise ManifestError(f"not YAML: {problem}.", file=name, where=where) from error
    except (RecursionError, UnicodeEncodeError) as error:
        raise ManifestError("not YAML that can be read: nested too deep or broken text.", file=name) from error
    if "&" in text and "*" in text:
        _bounded(documents, name)
    return documents


def _maybe_deep(text: str) -> bool:
    """Whether nesting could exceed DEPTH: brackets in brackets, or text that begins far to the right."""
    if text.count("[") + text.count("{") >= DEPTH // 2:
        steps = (1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(text))
        if max(accumulate(steps, _step), default=0) >= DEPTH // 2:
            return True
    lines = text.split("\n")
    if "\r" in text and any("\r" in line[:-1] for line in lines):
        return True  # lines that end in a carriage return alone: for the exact count
    return any(len(line) > DEPTH and _DEEP_LINE.match(line) for line in lines)


def _step(height: int, step: int) -> int:
    """A running height that closing brackets inside text cannot push below the ground."""
    return max(0, height + step)


def _depth(yaml: Any, base: Any, text: str, name: str) -> None:
    height = 0
    try:
        for event in yaml.parse(text, Loader=base):
            if isinstance(event, yaml.CollectionStartEvent):
                height += 1
                if height > DEPTH:
                    place = f"line {event.start_mark.line + 1}"
                    raise ManifestError(f"nested more than {DEPTH} levels deep.", file=name, where=place)
            elif isinstance(event, yaml.CollectionEndEvent):
                height -= 1
    except (yaml.YAMLError, UnicodeEncodeError):
        return  # the loader says it better; it stops at the same place


def _bounded(documents: list[Any], name: str) -> None:
    """Refuse aliases that stand for more than EXPANDED nodes, or for themselves, without expanding them."""
    sizes: dict[int, int] = {}
    inside: set[int] = set()
    todo: list[tuple[Any, bool]] = [(document, False) for document in documents]
    total = 0
    while todo:
        node, done = todo.pop()
        if not isinstance(node, (dict, list)):
            continue
        children = list(node.values()) if isinstance(node, dict) else node
        if done:
            inside.discard(id(node))
            total = sizes[id(node)] = 1 + sum(sizes.get(id(child), 1) for child in children)
            if total > EXPANDED:
                raise ManifestError(f"aliases that stand for more than {EXPANDED} nodes: an alias bomb.", file=name)
        elif id(node) in inside:
            raise ManifestError("an alias that stands for a mapping or list it is part of.", file=name)
        elif id(node) not in sizes:
            inside.add(id(node))
            todo.append((node, True))
            todo += [(child, False) for child in children]
