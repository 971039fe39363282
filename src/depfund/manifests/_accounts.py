"""Secrets stay in the file they are in: ``user:password@`` of addresses goes into no graph, note or message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from depfund.model import Graph, Note, Package

__all__ = ["bare", "without_accounts"]

_ACCOUNT = re.compile(r"://([^/?#\s\"'<>`]*)@")


def bare(text: str) -> str:
    """``text`` without the accounts of the addresses in it; the name of an SSH account is none of a person's."""
    return _ACCOUNT.sub(_shorter, text) if "://" in text else text


def _shorter(found: re.Match[str]) -> str:
    if found.string.endswith("ssh", 0, found.start()):
        return f"://{found[1].partition(':')[0]}@"
    return "://"


def without_accounts(graph: Graph) -> Graph:
    """``graph`` with :func:`bare` hints and notes; the same value where there was nothing to hide."""
    hints = {id(package.hints): package.hints for package in graph.packages}  # many packages may share one mapping
    texts = [text for each in hints.values() for rows in each.values() for text in rows if "@" in text]
    texts += [text for note in graph.notes for text in (note.subject, note.message) if "@" in text]
    if all(bare(text) == text for text in texts):
        return graph
    return replace(graph, packages=tuple(map(_package, graph.packages)), notes=tuple(map(_note, graph.notes)))


def _package(package: Package) -> Package:
    hints: Mapping[str, tuple[str, ...]] = {key: tuple(map(bare, texts)) for key, texts in package.hints.items()}
    return package if hints == package.hints else replace(package, hints=hints)


def _note(note: Note) -> Note:
    subject, message = bare(note.subject), bare(note.message)
    return (
        note if (subject, message) == (note.subject, note.message) else replace(note, subject=subject, message=message)
    )
