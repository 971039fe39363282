"""Real JavaScript locks against the truths of independent tools (arborist, yarn, pnpm, bun, deno)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from depfund.manifests import reader
from depfund.manifests._file import open_file
from depfund.model import Graph

pytestmark = pytest.mark.corpus

FORMATS = (
    "package-lock", "npm-shrinkwrap", "yarn-lock-v1", "yarn-lock-berry", "pnpm-lock", "bun-lock", "deno-lock",
)  # fmt: skip
CORPUS = Path(os.environ.get("DEPFUND_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "corpus"
TRUTHS = sorted(path for name in FORMATS for path in (CORPUS / name).glob("*/*.truth.json"))

KINDS = {"prod": "runtime", "dev": "dev", "optional": "optional", "peer": "peer", "peerOptional": "peer"}

# npm's flag says that only peers lead to it; the lock itself leads there without any:
# the project -> pug-lexer -> is-expression -> acorn.
WRONG_FLAGS = {("sitespeedio__sitespeed.io__v3", "pkg:npm/acorn@7.4.1")}

if not TRUTHS:
    pytest.skip("the corpus is not beside this checkout", allow_module_level=True)


@pytest.fixture(scope="module", params=TRUTHS, ids=[f"{p.parts[-3]}/{p.parts[-2]}" for p in TRUTHS])
def case(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any], Graph]:
    path: Path = request.param
    lock = path.with_name(path.name.removesuffix(".truth.json"))
    return path, json.loads(path.read_text()), reader(lock.name)[1](open_file(lock))


def own(graph: Graph) -> set[str]:
    return {package.purl for package in graph.packages if package.first_party}


def true_edges(truth: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    nodes = truth["roots"] + truth["packages"]
    found: dict[tuple[str, str], set[str]] = {}
    for source, target, kind in truth["edges"]:
        if not nodes[target].startswith("root:"):
            one = "" if nodes[source].startswith("root:") else nodes[source]
            found.setdefault((one, nodes[target]), set()).add(KINDS[kind])
    return found


def our_edges(graph: Graph) -> dict[tuple[str, str], str]:
    mine = own(graph)
    found = {
        (source, target): kind
        for source, row in graph.requires.items()
        for target, kind in row.items()
        if source not in mine and target not in mine
    }
    return {**found, **{("", target): kind for target, kind in graph.direct.items()}}


def test_every_package(case: tuple[Path, dict[str, Any], Graph]) -> None:
    _, truth, graph = case
    assert {package.purl for package in graph.packages} - own(graph) == set(truth["packages"])


def test_every_edge_and_every_direct_dependency(case: tuple[Path, dict[str, Any], Graph]) -> None:
    _, truth, graph = case
    assert set(our_edges(graph)) == set(true_edges(truth))


def test_kinds(case: tuple[Path, dict[str, Any], Graph]) -> None:
    path, truth, graph = case
    ours = our_edges(graph)
    for edge, kinds in true_edges(truth).items():
        if path.parts[-3] == "yarn-lock-berry":
            kinds = kinds | {"optional"}
        assert ours[edge] in kinds, edge


def test_scopes_are_what_the_flags_say(case: tuple[Path, dict[str, Any], Graph]) -> None:
    path, truth, graph = case
    scopes = {package.purl: package.scopes for package in graph.packages}
    reached = {target for source, target in our_edges(graph) if source == ""}
    todo = list(reached)
    while todo:
        for target in graph.requires.get(todo.pop(), ()):
            if target not in reached:
                reached.add(target)
                todo.append(target)
    for purl, flags in truth.get("flags", {}).items():
        if (path.parts[-2], purl) in WRONG_FLAGS:
            continue
        if "extraneous" in flags and purl not in reached:
            assert scopes[purl] == (), purl
        elif "extraneous" not in flags:
            for flag in {"dev", "optional", "peer"} & set(flags):
                assert flag in scopes[purl], purl
                assert "runtime" not in scopes[purl], purl


def test_aliases_pay_the_real_name(case: tuple[Path, dict[str, Any], Graph]) -> None:
    _, truth, graph = case
    names = {package.purl for package in graph.packages}
    for purls in truth.get("aliases", {}).values():
        assert set(purls) <= names


def test_the_same_bytes_give_the_same_graph(case: tuple[Path, dict[str, Any], Graph]) -> None:
    path, _, graph = case
    lock = path.with_name(path.name.removesuffix(".truth.json"))
    assert reader(lock.name)[1](open_file(lock)) == graph
    assert [package.purl for package in graph.packages] == sorted(package.purl for package in graph.packages)
