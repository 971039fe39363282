"""Real files of Python's and conda's formats against what independent tools say is in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from packaging.version import InvalidVersion, Version

from depfund.graph import contract
from depfund.manifests import open_file, read_file, recognise
from depfund.manifests._recognise import by_content
from depfund.model import Graph

pytestmark = pytest.mark.corpus

SHARED = Path(os.environ.get("DEPFUND_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FOLDERS = (
    *("uv-lock", "poetry-lock", "pdm-lock", "pylock", "pipfile-lock", "requirements", "pyproject", "setup.cfg"),
    *("conda-env", "conda-lock", "pixi-lock"),
)
TRUTHS = sorted(
    str(path.relative_to(SHARED / "corpus"))
    for folder in FOLDERS
    for path in (SHARED / "corpus" / folder).rglob("*.truth.json")
)
KINDS = {"prod": "runtime", "dev": "dev", "extra": "optional", "optional": "optional"}
# A pair that is both an extra of the project and in a dev group: the truths say dev, our order of kinds optional.
BOTH = {"pkg:pypi/httpx@0.28.1", "pkg:pypi/pytest-mock@3.15.1", "pkg:pypi/pytest@9.0.3"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus with its original addresses."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared (corpus) is not beside this checkout")
    made = tmp_path_factory.mktemp("restored")
    subprocess.run([sys.executable, SHARED / "restore.py", made, "corpus"], check=True, capture_output=True)
    return made / "corpus"


def read(corpus: Path, truth: str) -> tuple[dict[str, Any], Graph]:
    stated = json.loads((corpus / truth).read_text(encoding="utf-8"))
    return stated, read_file(open_file(corpus / truth.removesuffix(".truth.json")))


def canonical(purl: str) -> str:
    """PyPI versions compare as PEP 440."""
    name, _, version = purl.rpartition("@")
    if not purl.startswith("pkg:pypi/") or not name:
        return purl
    try:
        return f"{name}@{Version(version.replace('%2B', '+'))}"
    except InvalidVersion:
        return purl


if not TRUTHS:
    TRUTHS = ["absent"]


@pytest.mark.parametrize("truth", TRUTHS)
def test_packages_edges_and_direct(corpus: Path, truth: str) -> None:
    stated, graph = read(corpus, truth)
    nodes = [canonical(node) for node in stated["roots"] + stated["packages"]]
    roots = len(stated["roots"])
    ours = {canonical(package.purl): package for package in graph.packages}
    theirs = set(nodes[roots:])
    # `name[extra]` in a project's own extras: the truths list the project, here it is first-party.
    own = {purl for purl, package in ours.items() if package.first_party}
    assert set(ours) - own == theirs - own

    assert any(source.edges for source in graph.sources) == bool(stated["edges"])
    between, direct = {}, defaultdict(set)
    for start, end, kind in stated["edges"] or []:
        if start >= roots and end >= roots and start != end:
            between[nodes[start], nodes[end]] = KINDS[kind]
        elif start < roots <= end:
            direct[nodes[end]].add(KINDS[kind])
    found = {(canonical(a), canonical(b)): kind for a, row in contract(graph)[1].items() for b, kind in row.items()}
    assert found == between
    if direct:
        reached = {canonical(purl): kind for purl, kind in graph.direct.items()}
        more = stated["format"] == "pixi-lock"  # its truth knows of path dependencies only, not of pixi.toml
        assert set(direct) <= set(reached) if more else set(direct) == set(reached)
        assert {p: direct[p] for p in direct if reached[p] not in direct[p] and p not in BOTH} == {}


@pytest.mark.parametrize("truth", [truth for truth in TRUTHS if truth.startswith("pipfile-lock")] or ["absent"])
def test_pipfile_lock_direct_and_scopes(corpus: Path, truth: str) -> None:
    stated, graph = read(corpus, truth)
    names = stated["root_info"]["root:."]["direct_names"]
    packages = {package.purl: package for package in graph.packages}
    local = {info.get("name") for info in stated["root_info"].values()}  # path dependencies are roots
    assert {packages[p].name for p in graph.direct} == {name for group in names.values() for name in group} - local
    only_dev = {p.purl for p in graph.packages if p.scopes == ("dev",)}
    flagged = {purl for purl, flags in stated["flags"].items() if "dev" in flags}
    assert only_dev == flagged - set(stated["sections"].get("default", ()))


@pytest.mark.parametrize("truth", [truth for truth in TRUTHS if truth.startswith("poetry-lock")] or ["absent"])
def test_poetry_flags(corpus: Path, truth: str) -> None:
    """A package that the lock flags dev, or gives to groups other than main, is reached by no runtime path."""
    stated, graph = read(corpus, truth)
    scopes = {canonical(package.purl): package.scopes for package in graph.packages}
    for purl, flags in stated["flags"].items():
        if any(flag == "dev" or flag.startswith("groups:") for flag in flags):
            assert "runtime" not in scopes[canonical(purl)], purl


@pytest.mark.parametrize("truth", TRUTHS)
def test_recognised_by_name_and_by_content(corpus: Path, truth: str) -> None:
    stated = json.loads((corpus / truth).read_text(encoding="utf-8"))
    wanted = {"setup.cfg": "setup-cfg"}.get(stated["format"], stated["format"])
    file = open_file(corpus / truth.removesuffix(".truth.json"))
    assert recognise(file).name == wanted
    if not truth.endswith("requirements/doc.txt.truth.json"):  # bare names: only its name tells
        seen = by_content(file)
        assert seen is not None
        assert seen.name == wanted


def test_a_decoder_less_gives_the_same_graph(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tomllib and PyYAML read what rtoml and yaml-rs read."""
    names = [
        "uv-lock/huggingface__lerobot/uv.lock",
        "poetry-lock/python-poetry__poetry/poetry.lock",
        "pylock/pypa__pipenv/pylock.toml",
        "conda-lock/microsoft__component-detection/conda-lock.yml",
        "pixi-lock/prefix-dev__pixi__v6/pixi.lock",
    ]
    fast = [read_file(open_file(corpus / name)) for name in names]
    monkeypatch.setitem(sys.modules, "rtoml", None)
    monkeypatch.setitem(sys.modules, "yaml_rs", None)
    assert [read_file(open_file(corpus / name)) for name in names] == fast
