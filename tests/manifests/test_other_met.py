"""What real files of the formats hold that no small example had: each case once, made up for the purpose."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from depfund.manifests import FORMATS
from depfund.manifests._file import File, open_file
from depfund.model import Graph

MODULES = {row.name: row.module for row in FORMATS}


def text(name: str, file: str, content: str) -> Graph:
    return import_module(f"depfund.manifests.{MODULES[name]}").read(File(path=file, data=content.encode()))


def folder(name: str, top: Path, files: dict[str, str]) -> Graph:
    """The first of ``files``, read with the others around it."""
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(content)
    return import_module(f"depfund.manifests.{MODULES[name]}").read(open_file(top / next(iter(files)), top=top))


def test_cargo_path_dependency_outside_the_folder_leaves_the_lock_readable(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "app"\nversion = "1.0.0"\ndependencies = ["core", "tester"]\n'
        '[[package]]\nname = "core"\nversion = "1.0.0"\ndependencies = ["far"]\n'
        '[[package]]\nname = "far"\nversion = "2.0.0"\nsource = "registry+https://r.example"\n'
        '[[package]]\nname = "tester"\nversion = "3.0.0"\nsource = "registry+https://r.example"\n'
    )
    manifest = (
        '[package]\nname = "app"\n[dependencies]\ncore = { path = "../../core" }\n'
        '[dev-dependencies]\ntester = "3"\n[workspace.dependencies]\nmore = { path = "/core" }\n'
    )
    graph = folder("cargo-lock", tmp_path, {"Cargo.lock": lock, "Cargo.toml": manifest})
    assert graph.root == "app"
    assert dict(graph.direct) == {"pkg:cargo/far@2.0.0": "runtime", "pkg:cargo/tester@3.0.0": "dev"}


def test_cargo_names_a_repository_without_its_commit() -> None:
    lock = (
        '[[package]]\nname = "app"\nversion = "1.0.0"\n'
        'dependencies = ["twin 1.0.0 (git+https://code.example/twin?branch=main)"]\n'
        '[[package]]\nname = "twin"\nversion = "1.0.0"\n'
        '[[package]]\nname = "twin"\nversion = "1.0.0"\nsource = "git+https://code.example/twin?branch=main#0a1b2c"\n'
    )
    graph = text("cargo-lock", "Cargo.lock", lock)
    assert dict(graph.direct) == {"pkg:cargo/twin@1.0.0": "runtime"}


def test_gems_whose_version_differs_by_platform_are_two_with_their_own_edges() -> None:
    lock = (
        "GEM\n  remote: https://gems.example/\n  specs:\n    base (1.0)\n    old (1.0)\n"
        "    parser (2.0)\n      base\n    parser (1.9-java)\n      old\n    tool (1)\n      parser (>= 1)\n"
        "\nPLATFORMS\n  java\n  ruby\n\nDEPENDENCIES\n  parser\n  tool\n"
    )
    graph = text("gemfile-lock", "Gemfile.lock", lock)
    assert set(graph.direct) == {"pkg:gem/parser@2.0", "pkg:gem/parser@1.9", "pkg:gem/tool@1"}
    assert {source: set(row) for source, row in graph.requires.items()} == {
        "pkg:gem/parser@2.0": {"pkg:gem/base@1.0"},
        "pkg:gem/parser@1.9": {"pkg:gem/old@1.0"},
        "pkg:gem/tool@1": {"pkg:gem/parser@1.9", "pkg:gem/parser@2.0"},
    }
