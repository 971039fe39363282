"""Record the example's graph and facts, so that the demo and the README run without network.

``python examples/record.py`` asks the live registries. Addresses of package registries are left out of the record.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import depfund

PROJECT = Path(__file__).resolve().parent / "webapp"
RECORD = PROJECT / "recorded"


def main() -> None:
    """Lock, resolve, write."""
    graph = depfund.read(PROJECT / "pyproject.toml")
    facts = depfund.resolve(graph)
    plain = tuple(replace(package, hints={}) for package in graph.packages)
    sources = tuple(replace(source, path="pyproject.toml") for source in graph.sources)
    unread = Counter(note.code for note in facts.notes if note.code.endswith("_unread"))
    notes = [note for note in facts.notes if note.code not in unread]
    for code, count in sorted(unread.items()):
        message = f"{count} look-ups of this kind could not be made where the example was recorded."
        notes.append(depfund.Note(level="warning", code=code, subject="recorded", message=message))
    RECORD.mkdir(exist_ok=True)
    (RECORD / "graph.json").write_text(replace(graph, packages=plain, sources=sources, notes=()).to_json(), "utf-8")
    (RECORD / "facts.json").write_text(replace(facts, notes=tuple(notes)).to_json(), "utf-8")
    print(f"{len(graph.packages)} packages, {len(facts.payees)} payees, {len(facts.unresolved)} unresolved")


if __name__ == "__main__":
    main()
