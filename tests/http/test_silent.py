"""Offline with nothing in the cache: the silent door says exactly what the real one says, without its libraries."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from depfund import Config, Graph, Package, Reporter
from depfund.http import Http, door
from depfund.http.silent import NAME, Silent, nothing_kept
from depfund.resolver import resolve

ECOSYSTEMS = ("pypi", "npm", "cargo", "gem", "composer", "golang", "nuget", "hex", "pub", "maven", "conda")


def graph() -> Graph:
    names = {"golang": "github.com/o/r", "maven": "g/a", "composer": "v/p"}
    hints = {
        "funding": ("https://opencollective.com/x", "https://pay.example/x"),
        "repository": ("https://github.com/o/r",),
    }
    packages = [
        Package(
            purl=f"pkg:{kind}/{names.get(kind, 'x')}@1",
            name="x",
            version="1",
            ecosystem=kind,
            hints=hints if at % 2 else {},
        )
        for at, kind in enumerate(ECOSYSTEMS)
    ]
    private = Package(
        purl="pkg:npm/private@1",
        name="private",
        version="1",
        ecosystem="npm",
        hints={"registry": ("https://npm.corp.example/",)},
    )
    return Graph(root="app", packages=tuple(sorted([*packages, private], key=lambda p: p.purl)))


@pytest.mark.parametrize("token", [None, "x"])
@pytest.mark.parametrize("environ", [{}, {"DEPFUND_ENDPOINT_WEB": "http://127.0.0.1:9/web"}])
def test_the_silent_door_says_what_the_real_one_says(
    tmp_path: Path, token: str | None, environ: dict[str, str]
) -> None:
    config = Config.load(tmp_path, environ=environ, offline=True, cache_dir=tmp_path / "cache", github_token=token)
    assert isinstance(door(config, Reporter()), Silent)
    quiet = resolve(graph(), config)
    with Http(replace(config, cache_dir=None)) as real:
        assert resolve(graph(), config, http=real) == quiet


def test_a_cache_that_holds_something_is_asked(tmp_path: Path) -> None:
    import sqlite3

    assert nothing_kept(None)
    assert nothing_kept(tmp_path)
    with sqlite3.connect(tmp_path / NAME) as connection:
        connection.execute("CREATE TABLE entries (x)")
    assert nothing_kept(tmp_path)
    with sqlite3.connect(tmp_path / NAME) as connection:
        connection.execute("INSERT INTO entries VALUES (1)")
    assert not nothing_kept(tmp_path)
    (tmp_path / NAME).write_bytes(b"no database at all" * 100)
    assert not nothing_kept(tmp_path)


def test_no_library_of_the_network_is_imported_for_it(tmp_path: Path) -> None:
    code = """
import sys, pathlib
from depfund import Config, Graph, resolve
resolve(Graph(root="x"), config=Config.load(offline=True, cache_dir=pathlib.Path(sys.argv[1])))
print([m for m in ("httpx", "hishel", "httpx_retries") if m in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
