"""The readers of Python's and conda's formats on the small files of tests/data/manifests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from depfund.documents import dumps
from depfund.errors import ManifestError
from depfund.manifests import File, open_file, read_file
from depfund.manifests._python import Locked, allows, dialect, parse, repository, without_account
from depfund.model import Graph

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"


def graph_of(name: str) -> Graph:
    path = DATA / name
    return read_file(open_file(path, top=path.parent))


def text(data: str, name: str) -> Graph:
    return read_file(File(path=name, data=data.encode()), name)


def codes(graph: Graph) -> set[str]:
    return {note.code for note in graph.notes}


def short(row: object) -> dict[str, str]:
    return {purl.removeprefix("pkg:pypi/"): kind for purl, kind in dict(row).items()}  # type: ignore[call-overload]


def test_uv_lock() -> None:
    graph = graph_of("uv-lock/uv.lock")
    assert graph.root == "app"
    # the member `lib` is first-party: what it requires is direct, and it is no dependency itself
    assert short(graph.direct) == {
        "anyio@4.6.2.post1": "runtime",
        "pytest@8.3.3": "dev",
        "sniffio@1.3.1": "runtime",
        "starlette@0.41.0": "optional",
    }
    assert [p.purl for p in graph.packages if p.first_party] == ["pkg:pypi/lib"]
    assert short(graph.requires["pkg:pypi/anyio@4.6.2.post1"]) == {
        "idna@3.15": "runtime",
        "sniffio@1.3.1": "runtime",
        "torch@2.11.0": "runtime",
        "torch@2.11.0%2Bcu128": "runtime",
    }
    packages = {p.name + "@" + (p.version or ""): p for p in graph.packages}
    assert packages["sniffio@1.3.1"].origin == "vcs"
    assert packages["sniffio@1.3.1"].hints["repository"] == ("https://forge.example/python-trio/sniffio.git",)
    assert packages["pytest@8.3.3"].origin == "url"
    assert packages["starlette@0.41.0"].origin == "path"
    assert packages["torch@2.11.0+cu128"].hints["registry"] == ("https://cuda.example/simple",)
    assert packages["anyio@4.6.2.post1"].hints["metadata"] == (
        "https://files.example/anyio-4.6.2.post1-py3-none-any.whl.metadata",
    )
    assert "secret" not in dumps(graph)
    assert "pytest@8.3.3" in packages
    assert packages["pytest@8.3.3"].scopes == ("dev",)


def test_uv_lock_of_a_script_and_of_a_bare_workspace() -> None:
    script = text('version = 1\n[manifest]\nrequirements = [{ name = "a" }]\n' + ROWS, "uv.lock")
    assert short(script.direct) == {"a@1": "runtime"}
    groups = text('version = 1\n[manifest.dependency-groups]\ndev = [{ name = "A" }]\n' + ROWS, "uv.lock")
    assert short(groups.direct) == {"a@1": "dev"}
    assert short(groups.requires["pkg:pypi/a@1"]) == {"b@2": "runtime", "b@3": "runtime"}
    nobody = text("version = 1\n" + ROWS, "uv.lock")
    assert short(nobody.direct) == {"a@1": "runtime"}
    assert "no_root" in codes(nobody)


ROWS = """
[[package]]
name = "a"
version = "1"
source = { registry = "https://index.example" }
dependencies = [{ name = "b" }]
[[package]]
name = "b"
version = "2"
[[package]]
name = "b"
version = "3"
"""


def test_poetry_lock_takes_its_roots_from_the_manifest_beside_it() -> None:
    graph = graph_of("poetry-lock/poetry.lock")
    assert graph.root == "shop"
    assert short(graph.direct) == {
        "cachecontrol@0.14.4": "runtime",
        "numpy@1.26.4": "dev",
        "numpy@2.2.6": "dev",
        "pandas@2.2.3": "dev",
        "redis@5.0.0": "optional",
        "requests@2.32.3": "runtime",
    }
    # an extra that was asked for is an edge; [package.extras] is only an offer (no edge to redis)
    assert short(graph.requires["pkg:pypi/cachecontrol@0.14.4"]) == {
        "filelock@3.16.0": "optional",
        "more-itertools@10.5.0": "runtime",
        "requests@2.32.3": "runtime",
    }
    assert set(short(graph.requires["pkg:pypi/pandas@2.2.3"])) == {"numpy@1.26.4", "numpy@2.2.6"}


def test_poetry_lock_alone_says_so() -> None:
    data = (DATA / "poetry-lock" / "poetry.lock").read_text(encoding="utf-8")
    graph = text(data, "poetry.lock")
    assert "no_manifest" in codes(graph)
    assert short(graph.direct)["pandas@2.2.3"] == "dev"
    assert "filelock@3.16.0" not in short(graph.direct)


def test_pdm_lock_joins_the_rows_of_extras() -> None:
    graph = graph_of("pdm-lock/pdm.lock")
    assert short(graph.requires["pkg:pypi/coverage@7.1.0"]) == {"tomli@2.0.1": "optional"}
    assert short(graph.direct) == {"coverage@7.1.0": "dev", "requests@2.26.0": "runtime", "urllib3@1.26.7": "runtime"}


def test_pylock_with_and_without_edges() -> None:
    graph = graph_of("pylock/pylock.toml")
    assert graph.sources[0].edges
    assert short(graph.direct) == {"cattrs@24.1.2": "runtime", "numpy@2.2.6": "optional", "pytest@8.3.3": "dev"}
    flat = graph_of("pylock/pylock.flat.toml")
    assert not flat.sources[0].edges
    assert {"no_edges", "not_to_specification"} <= codes(flat)
    assert short(flat.direct) == {"idna@2.7": "runtime", "jaraco-classes@3.4.0": "dev", "numpy@2.2.6": "optional"}


def test_pipfile_lock() -> None:
    graph = graph_of("pipfile-lock/Pipfile.lock")
    assert short(graph.direct) == {
        "jaraco-classes@3.4.0": "runtime",
        "pytest@9.0.3": "dev",
        "records": "runtime",
        "sphinx@8.1.0": "dev",
    }
    scopes = {p.name: p.scopes for p in graph.packages}
    assert scopes["certifi"] == ("runtime", "dev")
    assert "secret" not in dumps(graph)
    assert [p.name for p in graph.packages if p.first_party] == ["e1839a8"]


def test_requirements_with_via_comments() -> None:
    graph = graph_of("requirements/requirements.txt")
    assert graph.sources[0].edges
    assert short(graph.direct) == {
        "httpx@0.28.1": "runtime",
        "requests@2.34.2": "runtime",
        "starlette@0.41.0": "runtime",
    }
    assert short(graph.requires["pkg:pypi/httpx@0.28.1"]) == {
        "anyio@4.6.2.post1": "runtime",
        "certifi@2026.2.25": "runtime",
    }
    assert short(graph.requires["pkg:pypi/requests@2.34.2"]) == {"certifi@2026.2.25": "runtime"}
    assert "secret" not in dumps(graph)
    assert "unpinned" not in codes(graph)


def test_requirements_follow_files_and_take_pins_of_constraints() -> None:
    graph = graph_of("requirements/nested-requirements.txt")
    assert set(short(graph.direct)) == {
        *("asgiref", "django", "flask@3.1.3", "local-wheel", "pip@24.0", "pkg-archive", "zope-interface"),
    }
    assert {"unpinned", "no_edges", "local_project"} <= codes(graph)


def test_pyproject_as_declared() -> None:
    graph = graph_of("pyproject/pyproject.toml")
    assert graph.root == "Shop.Front"
    assert short(graph.direct) == {
        "click": "optional",
        "httpx": "runtime",
        "mypy": "dev",
        "pytest": "dev",
        "ruff": "dev",
        "sniffio": "runtime",
        "zope-interface": "runtime",
    }
    assert graph.requires == {}
    assert "unpinned" in codes(graph)
    assert not any(p.version for p in graph.packages)


def test_setuptools_dynamic_files_are_static(tmp_path: Path) -> None:
    (tmp_path / "deps.txt").write_text("attrs>=1  # why\n# a comment\n-r more.txt\n", encoding="utf-8")
    manifest = tmp_path / "pyproject.toml"
    manifest.write_text(
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = "deps.txt"}\n',
        encoding="utf-8",
    )
    graph = read_file(open_file(manifest))
    assert short(graph.direct) == {"attrs": "runtime"}
    assert "dynamic" not in codes(graph)
    manifest.write_text('[project]\nname = "x"\ndynamic = ["dependencies"]\n', encoding="utf-8")
    assert "dynamic" in codes(read_file(open_file(manifest)))


def test_setup_cfg() -> None:
    assert short(graph_of("setup-cfg/setup.cfg").direct) == {
        "attrs": "runtime",
        "importlib-metadata": "runtime",
        "mock": "dev",
        "numpy": "optional",
        "pytest": "dev",
        "setuptools-scm": "build",
    }


def test_conda_formats() -> None:
    lock = graph_of("conda-lock/conda-lock.yml")
    assert lock.root == "science"
    assert dict(lock.direct) == {
        "pkg:conda/python@3.12.10": "runtime",
        "pkg:conda/python@3.12.9": "runtime",
        "pkg:pypi/typing-extensions@4.13.1": "dev",
    }
    # an edge stays on its platform, a version stays text, a virtual package is none
    assert dict(lock.requires) == {
        "pkg:conda/python@3.12.10": {"pkg:conda/libzlib@1.30": "runtime"},
        "pkg:pypi/typing-extensions@4.13.1": {"pkg:conda/python@3.12.10": "runtime"},
    }
    environment = graph_of("conda-env/environment.yml")
    assert {p.purl for p in environment.packages} == {
        *("pkg:conda/python", "pkg:conda/numpy", "pkg:conda/scipy@1.14.1", "pkg:conda/openssl@3.4.0"),
        *("pkg:conda/jaxlib", "pkg:conda/pytorch@2.5.0", "pkg:conda/pip"),
        *("pkg:pypi/torchmetrics@1.6.0", "pkg:pypi/requests"),
    }


def test_pixi_lock_keeps_environments_apart() -> None:
    graph = graph_of("pixi-lock/pixi.lock")
    assert graph.root == "lidar-suite"
    assert dict(graph.requires["pkg:conda/numpy-base@2.10"]) == {"pkg:conda/python@3.12.10": "runtime"}
    assert dict(graph.requires["pkg:pypi/cattrs@24.1.2"]) == {"pkg:conda/numpy-base@2.10": "runtime"}
    assert graph.direct["pkg:pypi/cattrs@24.1.2"] == "runtime"
    assert graph.direct["pkg:pypi/mike@2.2.0%2Bzensical.0.1.0"] == "dev"


def test_a_graph_document_is_a_source(tmp_path: Path) -> None:
    graph = graph_of("uv-lock/uv.lock")
    path = tmp_path / "saved.json"
    path.write_text(dumps(graph), encoding="utf-8")
    assert read_file(open_file(path)) == graph
    assert "pkg:pypi/b@2" in {p.purl for p in graph_of("graph/graph.json").packages}  # made canonical


versions = st.builds("{}.{}.{}".format, st.integers(0, 3), st.integers(0, 4), st.integers(0, 4))


@given(versions, versions)
def test_carets_and_tildes_are_ranges(bound: str, version: str) -> None:
    """Poetry's own words for them: a caret keeps the first part that is not 0, a tilde the first two."""
    low, here = Version(bound), Version(version)
    parts = low.release
    keep = next((place for place, part in enumerate(parts) if part), 2) + 1
    assert allows(f"^{bound}", version) == (here >= low and here.release[:keep] == parts[:keep])
    assert allows(f"~{bound}", version) == (here >= low and here.release[:2] == parts[:2])
    assert allows(f">={bound}", version) == (here >= low)
    assert allows(f"<{bound} || >{bound}", version) == (here != low)
    assert allows(f"^{bound}", version) == SpecifierSet(dialect(f"^{bound}")).contains(version)


def test_several_locked_versions() -> None:
    locked = Locked()
    for version in ("1.0", "2.0", "3.0"):
        locked.add("a", version, f"pkg:pypi/a@{version}")
    assert list(locked.find("a", ">=2")) == ["pkg:pypi/a@2.0", "pkg:pypi/a@3.0"]
    assert list(locked.find("a", "==9")) == ["pkg:pypi/a@1.0", "pkg:pypi/a@2.0", "pkg:pypi/a@3.0"]
    assert list(locked.find("b")) == []


@pytest.mark.parametrize(
    ("url", "repo"),
    [
        ("git+https://u:p@forge.example/a/b.git@v1#egg=b", "https://forge.example/a/b.git"),
        ("https://forge.example/a/b?rev=1#0123", "https://forge.example/a/b"),
        ("ssh://git@forge.example/a/b.git", "ssh://forge.example/a/b.git"),
    ],
)
def test_repository(url: str, repo: str) -> None:
    assert repository(url) == repo


def test_accounts_and_variables_stay_in_the_file() -> None:
    assert without_account("https://user:pa@ss@index.example/simple") == "https://index.example/simple"
    assert without_account("https://${USER}:${PASSWORD}@index.example") == ""


def test_requirement_strings() -> None:
    found = parse('Foo_Bar[B,a] (>=1,<2) ; extra == "x"')
    assert found is not None
    assert (found.name, found.extras, found.spec, found.extra) == ("foo-bar", ("a", "b"), ">=1,<2", True)
    assert parse("a @ https://h.example/a.whl ; python_version < '4'").url == "https://h.example/a.whl"  # type: ignore[union-attr]
    assert parse("not a requirement") is None
    assert parse("") is None


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("version_of_tomorrow/uv.lock", r"uv\.lock, at version: version 2 of uv\.lock"),
        ("name_is_a_number/uv.lock", r"uv\.lock, at package\[0\]\.name: Expected `str`"),
        ("control_character_in_name/uv.lock", r"uv\.lock, at package\[0\].*control character"),
        ("table_not_closed/uv.lock", r"uv\.lock: not TOML: .*line 2"),
        ("version_of_tomorrow/poetry.lock", r"poetry\.lock, at metadata\.lock-version"),
        ("version_of_tomorrow/pdm.lock", r"pdm\.lock, at metadata\.lock_version"),
        ("version_of_tomorrow/pylock.toml", r"pylock\.toml, at lock-version"),
        ("no_meta/Pipfile.lock", r"Pipfile\.lock, at _meta"),
        ("spec_of_tomorrow/Pipfile.lock", r"Pipfile\.lock, at _meta\.pipfile-spec"),
        ("row_is_a_number/Pipfile.lock", r"Pipfile\.lock, at default"),
        ("version_of_tomorrow/conda-lock.yml", r"conda-lock\.yml, at version"),
        ("version_of_tomorrow/pixi.lock", r"pixi\.lock, at version"),
        ("conda_name_without_parts/pixi.lock", r"pixi\.lock, at packages\[0\]"),
        ("list_at_the_top/environment.yml", r"environment\.yml: a mapping"),
        ("dependencies_are_text/environment.yml", r"environment\.yml, at dependencies"),
        ("section_not_closed/setup.cfg", r"setup\.cfg.*not an INI file"),
        ("dependencies_are_a_number/pyproject.toml", r"pyproject\.toml, at project\.dependencies: a list"),
        ("project_is_a_number/pyproject.toml", r"pyproject\.toml, at project: a table"),
        ("a_web_page/requirements.txt", r"requirements\.txt, at line 1: .*no requirement"),
        ("no_purl/graph.json", r"packages\[0\]\.p"),
        ("direct_to_nowhere/graph.json", r"graph\.json, at direct"),
        ("packages_are_a_number/graph.json", r"graph\.json: .*packages"),
    ],
)
def test_what_is_refused(broken: str, message: str) -> None:
    path = DATA / "broken" / broken
    with pytest.raises(ManifestError, match=message):
        read_file(open_file(path, top=path.parent), path.name)


def test_nothing_outside_the_project_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret==1\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    source = project / "requirements.txt"
    for line in ("-r ../secret.txt", f"-c {secret}", "--requirement=link.txt"):
        source.write_text(f"a==1\n{line}\n", encoding="utf-8")
        if "link" in line:
            (project / "link.txt").symlink_to(secret)
        with pytest.raises(ManifestError, match=r"requirements\.txt, at line 2: .*outside the project's folder"):
            read_file(open_file(source))
    source.write_text("-r missing.txt\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=r"at line 1: 'missing\.txt' does not exist"):
        read_file(open_file(source))
    source.write_text("a==1\n-r https://h.example/more.txt\n-r requirements.txt\n", encoding="utf-8")
    graph = read_file(open_file(source))
    assert short(graph.direct) == {"a@1": "runtime"}
    assert "not_followed" in codes(graph)


def test_a_chain_of_a_hundred_thousand() -> None:
    rows = ['version = 1\n[[package]]\nname = "p0"\nversion = "1"\nsource = { virtual = "." }\n']
    rows.append('dependencies = [{ name = "p1" }]\n')
    last = 100_000
    for number in range(1, last):
        rows.append(f'[[package]]\nname = "p{number}"\nversion = "1"\ndependencies = [{{ name = "p{number + 1}" }}]\n')
    rows.append(f'[[package]]\nname = "p{last}"\nversion = "1"\n')
    graph = text("".join(rows), "uv.lock")
    assert len(graph.packages) == last
    assert all(package.scopes == ("runtime",) for package in graph.packages)
