"""Whatever happens to a file, reading it ends in a Graph or in an error that names it.

Every small file under ``tests/data/manifests/FORMAT`` is a seed: add one for each format.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depfund import graph as questions
from depfund.errors import SourceError
from depfund.manifests import FORMATS, File, read_file, reader, recognise
from depfund.model import Graph

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"
NAMES = {row.name for row in FORMATS}


def seeds() -> list[tuple[str, Path]]:
    found = []
    for folder in sorted(DATA.iterdir()) if DATA.is_dir() else []:
        if folder.name in NAMES:
            row, _ = reader(folder.name)
            for path in sorted(folder.iterdir()):
                if path.is_file() and path.suffix != ".json.expected" and _is(path, row.name):
                    found.append((row.name, path))
    return found


def _is(path: Path, name: str) -> bool:
    try:
        return recognise(File(path=path.name, data=path.read_bytes())).name == name
    except SourceError:
        return False


SEEDS = seeds()
IDS = [f"{name}-{path.name}" for name, path in SEEDS]

FRAGMENTS = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\n",
        b'"',
        b"'",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b"=",
        b"==",
        b"null",
        b"-1",
        b"1e999",
    ),
    *(b"true", b"[]", b"{}", b'""', b"../../../etc", b"\\u0000", b"\\ud800", b"a" * 300, b"&a *a", b"# via", b"pkg:"),
    *(
        b"@",
        b"%",
        b"<",
        b">",
        b"&amp;",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"\xe2\x80\xae",
        b"version",
        b"9" * 30,
        b"\t",
    ),
)
fragments = st.sampled_from(FRAGMENTS)
NOISE = (
    *(b"\x00\x01\x02\xff" * 50, b"\xff\xfe{\x00}\x00", b"{" * 100_000, b"[" * 100_000, b'{"a":' * 20_000),
    *(b"<a>" * 20_000, b"a" * 5_000_000, b"a: " * 100_000, b'"' * 99_999, b"- " * 50_000, b"a = " + b"[" * 50_000),
    *(b"((" * 50_000, b"[[package]]\n" * 1_000, b"{}", b"[]", b"null", b"1", b"version = 99\n", b"\n", b"---\n"),
    b"lockfileVersion: 99\n",
)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with a few pieces cut out, doubled, moved or replaced."""
    lines = data.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()) and lines:
            at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            how = draw(st.sampled_from(["drop", "double", "swap", "cut"]))
            if how == "drop":
                del lines[min(at, to) : max(at, to) + 1]
            elif how == "double":
                lines.insert(to, lines[at])
            elif how == "swap":
                lines[at], lines[to] = lines[to], lines[at]
            else:
                lines = lines[:at]
        else:
            whole = b"".join(lines)
            at = draw(st.integers(0, len(whole)))
            length = draw(st.integers(0, 12))
            lines = (whole[:at] + draw(fragments) + whole[at + length :]).splitlines(keepends=True)
    return b"".join(lines)


def outcome(name: str, file: File) -> Graph | SourceError:
    """What comes of reading; anything but these two fails the test."""
    try:
        return read_file(file, name)
    except SourceError as error:
        return error


def check(found: Graph | SourceError, path: str) -> None:
    if isinstance(found, Graph):
        _sound(found)
    else:
        assert path in str(found)
        assert len(str(found)) < 2_000


def _sound(graph: Graph) -> None:
    purls = [package.purl for package in graph.packages]
    known = set(purls)
    assert purls == sorted(known)
    assert set(graph.direct) <= known
    assert set(graph.requires) <= known
    assert all(set(row) <= known for row in graph.requires.values())
    assert all(purl.startswith("pkg:") and purl.isprintable() and " " not in purl for purl in purls)
    assert not known & {p for p in graph.direct if questions.index(graph)[p].first_party}


@pytest.mark.parametrize(("name", "path"), SEEDS, ids=IDS)
def test_seeds_are_read(name: str, path: Path) -> None:
    graph = read_file(File(path=path.name, data=path.read_bytes(), here=path.parent, top=path.parent), name)
    assert graph.packages
    _sound(graph)


@pytest.mark.parametrize(("name", "path"), SEEDS, ids=IDS)
@settings(max_examples=60)
@given(data=st.data())
def test_mutated_seeds(name: str, path: Path, data: st.DataObject) -> None:
    """Through the public door: a Graph or a SourceError naming the file."""
    file = File(path=path.name, data=data.draw(mutated(path.read_bytes())))
    check(outcome(name, file), path.name)


@pytest.mark.parametrize(("name", "path"), SEEDS, ids=IDS)
@settings(max_examples=30)
@given(data=st.data())
def test_readers_need_no_net(name: str, path: Path, data: st.DataObject) -> None:
    """The readers themselves find the place: the net in ``read_file`` is for what nobody thought of."""
    file = File(path=path.name, data=data.draw(mutated(path.read_bytes())))
    with suppress(SourceError):
        reader(name)[1](file)


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("data", NOISE, ids=lambda data: f"{data[:8]!r}x{len(data)}")
def test_noise(name: str, data: bytes) -> None:
    check(outcome(name, File(path="noise.lock", data=data)), "noise.lock")
