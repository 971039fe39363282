"""Parts of a GraphQL answer, each of the type it should have: what a service got wrong is as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["flag", "inner", "rows", "word"]

Node = Mapping[str, Any]


def inner(node: Node | None, *keys: str) -> Node:
    """The object under ``keys``, one inside the other; an empty one where there is none."""
    found: object = node
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def rows(node: Node, key: str) -> list[Node]:
    """The objects of the list under ``key``."""
    found = node.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def word(node: Node, key: str) -> str:
    """The text under ``key``, or none."""
    found = node.get(key)
    return found if isinstance(found, str) else ""


def flag(node: Node, key: str) -> bool | None:
    """The truth value under ``key``; None where it is not stated."""
    found = node.get(key)
    return found if isinstance(found, bool) else None
