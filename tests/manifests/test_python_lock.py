"""Locking with uv: what goes into the scratch folder, what uv gets of the surroundings, what is said when it fails."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from depfund.errors import LockingError
from depfund.manifests import File, lock_file, lockable, open_file, read_file
from depfund.manifests._lock import lock, scratch

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"
MADE = """
version = 1
[[package]]
name = "shop"
source = { virtual = "." }
dependencies = [{ name = "a" }]
[[package]]
name = "a"
version = "1.0"
dependencies = [{ name = "b" }]
[[package]]
name = "b"
version = "2.0"
"""


def file(name: str, data: str) -> File:
    return File(path=name, data=data.encode())


def project(made: str) -> dict[str, object]:
    return tomllib.loads(made)


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    """A program that stands for uv: it notes its surroundings and writes a lock."""
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    (tmp_path / "made").write_text(MADE, encoding="utf-8")
    program.write_text(
        f'#!/bin/sh\nenv > {tmp_path}/env\necho "$@" > {tmp_path}/args\ncp "$3/pyproject.toml" {tmp_path}/scratch\n'
        f'cp {tmp_path}/made "$3/uv.lock"\n',
        encoding="utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_pep_621_goes_as_it_is_without_what_is_local() -> None:
    made = project(
        scratch(
            file(
                "pyproject.toml",
                """
                [project]
                name = "shop"
                requires-python = ">=3.9"
                dependencies = ["a>=1", "member", "here @ file:///somewhere"]
                [project.optional-dependencies]
                web = ["b[x]<2; sys_platform == 'win32'"]
                all = ["shop[web]"]
                [dependency-groups]
                test = ["c"]
                dev = [{ include-group = "test" }, "d @ git+https://forge.example/d.git"]
                [tool.uv]
                dev-dependencies = ["e", "member"]
                exclude-newer = 2026-01-01T00:00:00Z
                [[tool.uv.index]]
                url = "https://index.example/simple"
                default = true
                [tool.uv.sources]
                member = { workspace = true }
                b = { git = "https://forge.example/b.git", tag = "v1" }
                [build-system]
                requires = ["hatchling"]
                """,
            )
        )
    )
    assert made["project"] == {
        "name": "shop",
        "version": "0",
        "requires-python": ">=3.9",
        "dependencies": ["a>=1"],
        "optional-dependencies": {"web": ["b[x]<2; sys_platform == 'win32'"], "all": ["shop[web]"]},
    }
    assert made["dependency-groups"] == {
        "test": ["c"],
        "dev": [{"include-group": "test"}, "d @ git+https://forge.example/d.git"],
    }
    table = made["tool"]["uv"]  # type: ignore[index]
    assert table["package"] is False
    assert table["index"] == [{"url": "https://index.example/simple", "default": True}]
    assert table["sources"] == {"b": {"git": "https://forge.example/b.git", "tag": "v1"}}
    assert table["dev-dependencies"] == ["e"]
    assert "build-system" not in made


def test_poetry_is_put_in_these_terms() -> None:
    path = DATA / "poetry-lock" / "pyproject.toml"
    made = project(scratch(open_file(path, top=path.parent)))
    assert made["project"]["requires-python"] == ">=3.10"  # type: ignore[index]
    assert made["project"]["dependencies"] == ["cachecontrol>=0.14,<0.15"]  # type: ignore[index]
    assert made["project"]["optional-dependencies"] == {"all": ["redis>=5.0,<6"]}  # type: ignore[index]
    assert made["dependency-groups"] == {"dev": ["numpy>=1.26,<2", "numpy>=2.2,<2.3", "pandas"]}


def test_requirements_setup_cfg_and_pipfile() -> None:
    path = DATA / "requirements" / "nested-requirements.txt"
    made = project(scratch(open_file(path, top=path.parent)))
    assert "flask>=3" in made["project"]["dependencies"]  # type: ignore[index]
    assert made["tool"]["uv"]["constraint-dependencies"] == ["flask==3.1.3", "unused==1.0"]  # type: ignore[index]
    path = DATA / "setup-cfg" / "setup.cfg"
    made = project(scratch(open_file(path, top=path.parent)))
    assert made["dependency-groups"] == {"dev": ["pytest", "mock"]}
    path = DATA / "pipfile" / "Pipfile"
    made = project(scratch(open_file(path, top=path.parent)))
    assert made["project"]["dependencies"] == [  # type: ignore[index]
        "jaraco-classes",
        "records @ git+https://forge.example/kennethreitz/records.git",
    ]


def test_a_locked_graph_keeps_its_source(uv: Path, tmp_path: Path) -> None:
    source = file("pyproject.toml", '[project]\nname = "shop"\ndependencies = ["a"]\n')
    graph = read_file(source)
    assert lockable(graph)
    surroundings = {
        "PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "https_proxy": "http://proxy.example",
        "UV_FROZEN": "1",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "GITHUB_TOKEN": "secret",
    }
    locked = lock_file(source, graph, surroundings)
    assert dict(locked.direct) == {"pkg:pypi/a@1.0": "runtime"}
    assert dict(locked.requires) == {"pkg:pypi/a@1.0": {"pkg:pypi/b@2.0": "runtime"}}
    assert locked.sources[0].format == "pyproject"
    assert locked.sources[0].sha256 == source.sha256
    assert locked.sources[0].edges
    assert [note.code for note in locked.notes] == ["locked"]
    assert not lockable(locked)
    environment = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["https_proxy"] == "http://proxy.example"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert not {"UV_FROZEN", "GITHUB_TOKEN", "PIP_INDEX_URL"} & set(environment)
    assert (tmp_path / "args").read_text().startswith("lock --project ")


def test_failures_say_what_to_do(uv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = file("requirements.txt", "a\n")
    uv.write_text(
        "#!/bin/sh\necho '  × No solution found: https://user:pw@index.example says no' >&2\nexit 1\n", encoding="utf-8"
    )
    with pytest.raises(LockingError, match=r"requirements\.txt: uv could not lock it: No solution found") as caught:
        lock(source, uv=str(uv), environ={})
    assert "pw@" not in str(caught.value)
    with pytest.raises(LockingError, match="cannot be run"):
        lock(source, uv=str(uv.parent / "missing"), environ={})
    monkeypatch.setitem(__import__("sys").modules, "uv", None)
    with pytest.raises(LockingError, match=r"depfund\[resolve\]"):
        lock(source, environ={"PATH": ""})


def test_dynamic_dependencies_are_not_built() -> None:
    source = file("pyproject.toml", '[project]\nname = "x"\ndynamic = ["dependencies"]\n')
    graph = read_file(source)
    assert lockable(graph)
    with pytest.raises(LockingError, match=r"pyproject\.toml fills its dependencies while it is built"):
        lock_file(source, graph, {"PATH": os.environ["PATH"]})


def test_pinned_and_foreign_graphs_are_not_locked() -> None:
    assert not lockable(read_file(file("requirements.txt", "a==1\n")))
    assert not lockable(read_file(file("environment.yml", "dependencies: [a]\n")))
