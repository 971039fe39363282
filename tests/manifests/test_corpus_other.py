"""Real files of these formats against what independent tools say is in them."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from depfund.graph import contract
from depfund.manifests import FORMATS
from depfund.manifests._file import open_file
from depfund.model import Graph

pytestmark = pytest.mark.corpus

MODULES = {row.name: row.module for row in FORMATS}
NAMES = (
    "cargo-lock",
    "go-mod",
    "gemfile-lock",
    "composer-lock",
    "mix-lock",
    "pubspec-lock",
    "nuget-lock",
    "gradle-lockfile",
    "package-resolved",
    "podfile-lock",
    "cyclonedx",
    "spdx",
)


class Case:
    """A corpus file: its graph and its truth, both in the words of the truth."""

    def __init__(self, name: str, path: Path) -> None:
        self.truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.path = str(path)
        file = path.with_name(path.name.removesuffix(".truth.json"))
        self.graph: Graph = import_module(f"depfund.manifests.{MODULES[name]}").read(open_file(file, top=file.parent))
        self.roots = set(self.truth["roots"])
        nodes = [*self.truth["roots"], *self.truth["packages"]]
        self.edges = {(nodes[a], nodes[b]) for a, b, _ in self.truth["edges"] or ()}
        # Components without a purl are named by the truth after their reference or name.
        spellings: dict[str, str] = {}
        for package in self.graph.packages:
            if package.ecosystem == "generic":
                wanted = [each for each in nodes if each.startswith("ref:") and package.name in each]
                for each in wanted:
                    if str(package.version) in each:
                        spellings[package.purl] = each
        self.direct, self.requires = contract(self.graph)
        self.say = lambda purl: spellings.get(purl, purl)

    @property
    def local(self) -> set[str]:
        """Modules that a go.mod replaces by a folder: the truth lists them as they are required."""
        replaced = {row["old"]["Path"] for row in self.truth.get("replace", []) if row["new"]["Path"].startswith(".")}
        return {
            purl for purl in self.truth["packages"] if purl.removeprefix("pkg:golang/").rpartition("@")[0] in replaced
        }


@cache
def cases(folder: Path, name: str) -> list[Case]:
    return [Case(name, path) for path in sorted((folder / name).rglob("*.truth.json"))]


@pytest.fixture(name="cases", params=NAMES)
def _cases(request: pytest.FixtureRequest, shared: Path) -> list[Case]:
    found = cases(shared / "corpus", request.param)
    assert found
    return found


def test_packages(cases: list[Case]) -> None:
    for case in cases:
        ours = {case.say(package.purl) for package in case.graph.packages if not package.first_party}
        assert ours == set(case.truth["packages"]) - case.local, case.path


def test_edges_and_direct_dependencies(cases: list[Case]) -> None:
    for case in cases:
        assert case.graph.sources[0].edges == (case.truth["edges"] is not None), case.path
        if case.truth["edges"] is None:
            continue
        ours = {(case.say(source), case.say(target)) for source, row in case.requires.items() for target in row}
        theirs = {(a, b) for a, b in case.edges if a != b and not {a, b} & case.roots}
        assert ours == theirs, case.path
        assert {case.say(purl) for purl in case.direct} == {
            b for a, b in case.edges if a in case.roots and b not in case.roots
        }, case.path


def test_direct_dependencies_that_the_file_states(shared: Path) -> None:
    for case in cases(shared / "corpus", "go-mod"):
        assert set(case.direct) == set(case.truth["root_info"]["root:."]["direct"]) - case.local
    for case in cases(shared / "corpus", "pubspec-lock"):
        rows = case.truth["dependency"]
        stated = {purl for kind, purls in rows.items() if kind.startswith("direct") for purl in purls}
        assert set(case.direct) == stated - case.roots
        assert {purl for purl, kind in case.direct.items() if kind == "dev"} == set(rows.get("direct dev", []))


def test_scopes_that_the_truth_states(shared: Path) -> None:
    for case in cases(shared / "corpus", "composer-lock"):
        dev = {purl for purl, flags in case.truth.get("flags", {}).items() if "dev" in flags}
        ours = {package.purl for package in case.graph.packages if package.scopes == ("dev",)}
        assert ours == dev, case.path
        assert {purl for purl, kind in case.direct.items() if kind == "dev"} == set(
            case.truth["root_info"]["root:."]["direct"].get("dev", [])
        )


@pytest.mark.parametrize(
    ("name", "kinds"), [("mix-lock", {"prod": "runtime", "optional": "optional"}), ("spdx", {"prod": "runtime"})]
)
def test_kinds_of_edges(shared: Path, name: str, kinds: dict[str, str]) -> None:
    for case in cases(shared / "corpus", name):
        nodes = [*case.truth["roots"], *case.truth["packages"]]
        for a, b, kind in case.truth["edges"] or ():
            source, target = nodes[a], nodes[b]
            if source == target or target in case.roots or "ref:" in source + target:
                continue
            ours = case.direct[target] if source in case.roots else case.requires[source][target]
            # Of two relationships between one pair the stronger counts here, the last one in the truth.
            assert ours in {kinds.get(kind, kind), "runtime"}, (case.path, source, target)


def test_npm_writes_the_same_graph_in_both_vocabularies(shared: Path) -> None:
    one = next(case for case in cases(shared / "corpus", "cyclonedx") if "npm-sbom" in case.path)
    other = next(case for case in cases(shared / "corpus", "spdx") if "npm-sbom" in case.path)
    assert {package.purl for package in one.graph.packages} == {package.purl for package in other.graph.packages}
    assert set(one.direct) == set(other.direct)
    assert {s: set(row) for s, row in one.requires.items()} == {s: set(row) for s, row in other.requires.items()}
