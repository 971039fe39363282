"""Vectors on disk: whatever happens to the file, the result is the same, at worst slower."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.model import UNIT
from depfund.portfolio.shelf import Leaf, Names, Shelf
from depfund.portfolio.vectors import Task, Vector

TASK = Task(path="here/package-lock.json", shown="x", top="here")


def vector(*names: str) -> Vector:
    """Alike weights; each name requires the next."""
    sizes = [UNIT // len(names)] * len(names)
    sizes[0] += UNIT - sum(sizes)
    return Vector(
        ecosystem="npm",
        values=dict(zip(names, sizes, strict=True)),
        members=tuple(f"{name}\0{name}@1" for name in names),
        direct={names[0]: "runtime"},
        via=dict(zip(names[1:], names, strict=False)),
    )


def stored(folder: Path, **rows: Vector) -> Shelf:
    shelf = Shelf(folder)
    shelf.find([], [])
    for key, row in rows.items():
        shelf.keep(key, Leaf.of(row, shelf.names))
    shelf.flush()
    return shelf


def found(folder: Path, key: str) -> Vector | None:
    """What the shelf says of ``key``, back in names."""
    shelf = Shelf(folder)
    (leaf,) = shelf.find([key], [TASK])
    return _back(leaf, list(shelf.names)) if leaf else None


def _back(leaf: Leaf, names: list[str]) -> Vector:
    def texts(data: bytes) -> list[str]:
        return [names[number] for number in memoryview(data).cast("I")]

    via = texts(leaf.via)
    half = len(via) // 2
    return Vector(
        ecosystem=leaf.ecosystem,
        values=dict(zip(texts(leaf.nodes), memoryview(leaf.sizes).cast("q"), strict=True)),
        members=tuple(texts(leaf.members)),
        direct={pair.partition("\0")[2]: pair.partition("\0")[0] for pair in texts(leaf.direct)},
        via=dict(zip(via[:half], via[half:], strict=True)),
        notes=leaf.notes,
        asked=leaf.asked,
    )


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=4)))
def test_a_name_has_one_number_for_good(texts: list[str]) -> None:
    names = Names()
    first = list(names.numbers(texts))
    assert list(names.numbers(texts)) == first
    assert [list(names)[number] for number in first] == texts
    assert sorted(set(first)) == list(range(len({*texts})))


def test_what_is_kept_is_found_in_names(tmp_path: Path) -> None:
    one, two = vector("a", "b", "c"), vector("c", "ä\0é", "a")
    stored(tmp_path, one=one)
    stored(tmp_path, two=two)
    assert found(tmp_path, "one") == one
    assert found(tmp_path, "two") == two
    assert found(tmp_path, "three") is None
    assert (tmp_path / "vectors.sqlite").stat().st_mode & 0o777 == 0o600 or os.name == "nt"


@pytest.mark.parametrize("broken", [b"", b"SQLite format 3\0", b"no database at all" * 100])
def test_a_broken_file_is_begun_anew(tmp_path: Path, broken: bytes) -> None:
    stored(tmp_path, one=vector("a"))
    (tmp_path / "vectors.sqlite").write_bytes(broken)
    assert found(tmp_path, "one") is None
    stored(tmp_path, one=vector("a"))
    assert found(tmp_path, "one") == vector("a")


def test_a_file_torn_at_any_page_gives_the_vector_or_nothing(tmp_path: Path) -> None:
    rows = {f"key{at}": vector(*(f"name{each}" for each in range(at, at + 200))) for at in range(20)}
    stored(tmp_path, **rows)
    whole = (tmp_path / "vectors.sqlite").read_bytes()
    for size in range(0, len(whole), 4096 * 3):
        (tmp_path / "vectors.sqlite").write_bytes(whole[:size] + b"\0" * min(4096, len(whole) - size))
        for key, row in rows.items():
            assert found(tmp_path, key) in (None, row)


def test_names_of_another_process_are_never_mixed_up(tmp_path: Path) -> None:
    late = Shelf(tmp_path)
    late.find([], [])
    late.keep("late", Leaf.of(vector("x", "y"), late.names))
    stored(tmp_path, early=vector("a", "b"))
    late.flush()
    assert found(tmp_path, "early") == vector("a", "b")
    assert found(tmp_path, "late") is None
    assert list(late.find(["early"], [TASK])) == [None]


def test_another_versions_file_is_begun_anew(tmp_path: Path) -> None:
    stored(tmp_path, one=vector("a"))
    with sqlite3.connect(tmp_path / "vectors.sqlite") as file:
        file.execute("PRAGMA user_version = 7")
    file.close()
    assert found(tmp_path, "one") is None


def test_a_flipped_byte_is_not_believed(tmp_path: Path) -> None:
    stored(tmp_path, one=vector("a", "b"))
    with sqlite3.connect(tmp_path / "vectors.sqlite") as file:
        data = bytearray(file.execute("SELECT leaf FROM vectors").fetchone()[0])
        data[len(data) // 2] ^= 1
        file.execute("UPDATE vectors SET leaf = ?", (bytes(data),))
    file.close()
    assert found(tmp_path, "one") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    shelf = stored(tmp_path / "file", one=vector("a"))
    assert shelf.file is None
    assert stored(tmp_path / "new" / "deep", one=vector("a")).file is not None
    assert list(Shelf(None).find(["one"], [TASK])) == [None]


def test_the_file_is_its_owners_alone_and_no_link_stands_for_it(tmp_path: Path) -> None:
    stored(tmp_path / "mine", one=vector("a"))
    assert (tmp_path / "mine" / "vectors.sqlite").stat().st_mode & 0o777 == 0o600
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    (tmp_path / "vectors.sqlite").symlink_to(victim)
    assert stored(tmp_path, one=vector("a")).file is None
    assert victim.read_bytes() == b""
