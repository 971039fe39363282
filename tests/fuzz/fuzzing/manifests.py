"""The readers of lockfiles, manifests and SBOMs, through :func:`depfund.read` with the right file name."""

from __future__ import annotations

import os
import shutil
from functools import cache, partial
from pathlib import Path

import depfund
from depfund.documents import dumps, loads
from depfund.errors import SourceError
from depfund.manifests import FORMATS, File, Format, recognise
from fuzzing.target import Sample, Target, Wrong, place

__all__ = ["TARGETS"]

DATA = Path(__file__).resolve().parents[2] / "data" / "manifests"
LARGEST = 60_000
"""Bytes of a sample: what is found in small files is found sooner."""

SYNTAX = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
LOCKS = {
    **dict.fromkeys(("uv-lock", "poetry-lock", "pdm-lock", "pipfile", "cargo-lock"), "toml"),
    **dict.fromkeys(("pnpm-lock", "pixi-lock", "podfile-lock", "pubspec-lock"), "yaml"),
    **dict.fromkeys(("pipfile-lock", "composer-lock", "bun-lock", "deno-lock", "package-resolved"), "json"),
}


def right_name(row: Format) -> str:
    """A file name that the format goes by."""
    return next(
        (name for name in row.files if "*" not in name),
        row.files[0].replace("*requirements*", "requirements").replace("*", "x"),
    )


@cache
def samples(row: Format) -> list[Sample]:
    """Every file of the format's folder (its neighbours too), then small ones of the corpus where it is there."""
    folder = DATA / row.name
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.is_dir() else []
    shared = Path(os.environ.get("DEPFUND_SHARED", DATA.parents[2].parent / "shared"), "corpus", row.name)
    if os.environ.get("DEPFUND_FUZZ_CORPUS") and shared.is_dir():
        real = [path for path in shared.rglob("*") if path.is_file() and path.stat().st_size < LARGEST]
        paths += sorted(real, key=lambda path: (path.stat().st_size, path))[:12]
    found = [Sample(str(path), path.read_bytes()) for path in paths if path.stat().st_size < LARGEST]
    broken = sorted((DATA / "broken" / "other").glob(f"{row.name}--*"))
    return found + [Sample(str(path), path.read_bytes()) for path in broken]


@cache
def scratch(row: Format, project: Path | None) -> Path:
    """A folder to read in: a copy of the sample's project where it has one."""
    folder = place()
    if project is not None:
        shutil.copytree(project, folder, dirs_exist_ok=True, symlinks=True)
    return folder


@cache
def home(row: Format, sample: Path) -> tuple[Path | None, str]:
    """(the folder of the project that a sample is part of, the file read there); alone it has the right name."""
    top = DATA / row.name
    if not sample.is_relative_to(top) or "broken" in sample.parts:
        return None, right_name(row)
    if _is(sample, row):
        return sample.parent, sample.name
    for folder in [each for each in sample.parents if each.is_relative_to(top)]:
        for path in sorted(folder.iterdir()):
            if path.is_file() and _is(path, row):
                return folder, path.name
    return None, right_name(row)


def _is(path: Path, row: Format) -> bool:
    try:
        return recognise(File(path=path.name, data=path.read_bytes())) is row
    except SourceError:
        return False


def feed(row: Format, sample: Sample, data: bytes) -> str:
    """Read the format's file with ``data`` in it, or in the neighbour that ``sample`` is."""
    path = Path(sample.name)
    project, name = home(row, path)
    there = scratch(row, project)
    changed = there / (path.relative_to(project) if project else name)
    before = changed.read_bytes() if changed.exists() else None
    changed.write_bytes(data)
    try:
        graph = depfund.read(there / name, format=None if project else row.name, lock=False)
    finally:
        if before is not None:
            changed.write_bytes(before)
    sound(graph)
    return f"{len(graph.packages) > 0} {sorted({note.code for note in graph.notes})}"


def sound(graph: depfund.Graph) -> None:
    """The laws of a graph that was read, and that it is the same after it was saved."""
    purls = [package.purl for package in graph.packages]
    known = set(purls)
    if purls != sorted(known) or not (set(graph.direct) <= known and set(graph.requires) <= known):
        raise Wrong("packages are not sorted, or edges lead to none of them")
    if not all(set(row) <= known for row in graph.requires.values()):
        raise Wrong("an edge leads to no package")
    for purl in purls:
        if not purl.startswith("pkg:") or not purl.isprintable() or " " in purl:
            raise Wrong(f"{purl!r} is no purl")
    text = dumps(graph)
    if dumps(loads(text, depfund.Graph)) != text:
        raise Wrong("saved and loaded, the graph is another one")


def _named(row: Format, sample: Sample) -> str:
    """What an error names: the file that was read, or the neighbour that was changed; both are in this folder."""
    project, name = home(row, Path(sample.name))
    return str(scratch(row, project)) if project else name


TARGETS = [
    Target(
        name=f"read {row.name}",
        syntax=LOCKS.get(row.name) or SYNTAX.get(Path(right_name(row)).suffix, "lines"),
        samples=partial(samples, row),
        feed=partial(feed, row),
        names=partial(_named, row),
    )
    for row in FORMATS
]
