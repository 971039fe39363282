"""A folder as a source: each project once, nothing ignored, installed, vendored or outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from depfund.errors import SourceError
from depfund.manifests import search

PYPROJECT = '[project]\nname = "x"\ndependencies = ["a"]\n'
UV = 'version = 1\n[[package]]\nname = "x"\nsource = { editable = "." }\n'
PACKAGE = '{"name": "x", "dependencies": {"a": "1"}}'


def tree(top: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return top


def found(top: Path) -> list[str]:
    paths = search(top)
    assert paths == sorted(paths)
    return [path.relative_to(top).as_posix() for path in paths]


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"uv.lock": UV, "pyproject.toml": PYPROJECT, "requirements.txt": "a==1\n"}, ["uv.lock"]),
        ({"pyproject.toml": PYPROJECT, "setup.cfg": "[options]\ninstall_requires = a\n"}, ["pyproject.toml"]),
        ({"pyproject.toml": PYPROJECT, "requirements.txt": "a==1\n"}, ["requirements.txt"]),
        ({"requirements.in": "a\n", "requirements.txt": "a==1\n", "constraints.txt": "a==1\n"}, ["requirements.txt"]),
        (
            {"requirements.txt": "a==1\n", "requirements-dev.txt": "b==1\n"},
            ["requirements-dev.txt", "requirements.txt"],
        ),
        ({"requirements/base.txt": "a==1\n", "uv.lock": UV}, ["uv.lock"]),
        ({"requirements/base.txt": "a==1\n"}, ["requirements/base.txt"]),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n", "setup.cfg": "[flake8]\n"}, []),
        ({"uv.lock": "", "pyproject.toml": PYPROJECT}, ["pyproject.toml"]),
        ({"package-lock.json": "{}", "package.json": PACKAGE, "uv.lock": UV}, ["package-lock.json", "uv.lock"]),
        ({"poetry.lock": "x", "uv.lock": UV}, ["uv.lock"]),
        ({"go.mod": "module x\n", "go.sum": "x", "vendor/modules.txt": "# a v1\n"}, ["go.mod"]),
        ({"vendor/modules.txt": "# a v1\n"}, ["vendor/modules.txt"]),
        ({"conda-lock.yml": "x: 1\n", "environment.yml": "dependencies: [a]\n"}, ["conda-lock.yml"]),
        ({"pixi.lock": "version: 6\n", "pyproject.toml": PYPROJECT}, ["pixi.lock"]),
        ({"bom.json": '{"bomFormat": "CycloneDX"}', "uv.lock": UV}, ["uv.lock"]),
        ({"bom.json": '{"bomFormat": "CycloneDX"}', "bom.xml": "<bom/>"}, ["bom.json"]),
        ({"notes.spdx.json": '{"a": 1}', "x.lockfile": "nothing\n"}, []),
        ({"a/uv.lock": UV, "b/c/uv.lock": UV}, ["a/uv.lock", "b/c/uv.lock"]),
    ],
)
def test_a_lock_beats_the_manifest_beside_it(tmp_path: Path, files: dict[str, str], wanted: list[str]) -> None:
    assert found(tree(tmp_path, files)) == wanted


def test_workspace_members_are_counted_once(tmp_path: Path) -> None:
    lock = UV + '[[package]]\nname = "m"\nsource = { editable = "packages/m" }\n'
    tree(tmp_path, {"uv.lock": lock, "packages/m/pyproject.toml": PYPROJECT, "other/pyproject.toml": PYPROJECT})
    assert found(tmp_path) == ["other/pyproject.toml", "uv.lock"]


@pytest.mark.parametrize(
    "files",
    [
        {"package-lock.json": "{}", "package.json": '{"workspaces": ["packages/*"]}'},
        {"yarn.lock": "x", "package.json": '{"workspaces": {"packages": ["./packages/**"]}}'},
        {"pnpm-lock.yaml": "x: 1", "package.json": PACKAGE, "pnpm-workspace.yaml": "packages:\n- packages/*\n"},
    ],
)
def test_npm_workspaces(tmp_path: Path, files: dict[str, str]) -> None:
    tree(tmp_path, files | {"packages/a/package.json": PACKAGE, "tools/b/package.json": PACKAGE})
    assert found(tmp_path) == sorted([*[name for name in files if "lock" in name], "tools/b/package.json"])


def test_go_work_covers_its_modules(tmp_path: Path) -> None:
    work = "go 1.22\n\nuse (\n\t./a\n\t./b\n)\n"
    files = {"go.work": work, "a/go.mod": "module a\n", "b/go.mod": "module b\n", "c/go.mod": "module c\n"}
    assert found(tree(tmp_path, files)) == ["c/go.mod", "go.work"]


def test_installed_vendored_built_and_ignored_things_are_left_out(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".git/info/exclude": "excluded/\n",
            ".gitignore": "# notes\n/ignored/\n*.tmp/\n!keep.tmp/\nlocal-requirements.txt\n",
            "sub/.gitignore": "deep/\n!local-requirements.txt\n",
            "sub/local-requirements.txt": "a==1\n",
            "local-requirements.txt": "a==1\n",
            "other/ignored/uv.lock": UV,
            "myenv/pyvenv.cfg": "home = x\n",
            "el/mix.exs": "x",
        }
        | {
            f"{folder}/uv.lock": UV
            for folder in (
                *("node_modules/a", "vendor/a", ".venv/a", "venv", "myenv", "dist", "build", "target/x", "Pods/a"),
                *("ignored", "excluded", "a.tmp", "keep.tmp", "sub/deep", ".hidden", "x.egg-info", "el/deps/y", "kept"),
            )
        },
    )
    assert found(tmp_path) == [
        "keep.tmp/uv.lock",
        "kept/uv.lock",
        "other/ignored/uv.lock",
        "sub/local-requirements.txt",
    ]
    # rules of the folders above hold in a part of the checkout as well
    tree(tmp_path, {"kept/excluded/uv.lock": UV, "kept/a.tmp/uv.lock": UV})
    assert found(tmp_path / "kept") == ["uv.lock"]


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"uv.lock": UV})
    inside = tree(tmp_path / "inside", {"real/uv.lock": UV})
    (inside / "linked").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "poetry.lock").symlink_to(outside / "uv.lock")
    assert found(inside) == ["real/uv.lock"]


def test_paths_are_shown_under_the_folder_as_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {"a/uv.lock": UV})
    monkeypatch.chdir(tmp_path)
    assert search(Path("a")) == [Path("a/uv.lock")]


def test_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a folder"):
        search(tmp_path / "missing")
