"""CycloneDX and SPDX: small documents of every shape, and documents that another library writes."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from depfund.graph import index
from depfund.manifests import cyclonedx, spdx
from depfund.manifests._file import File, open_file
from depfund.model import Graph

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"


def bom(plain: dict[str, Any]) -> Graph:
    return cyclonedx.read(
        File(path="bom.json", data=json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", **plain}).encode())
    )


def document(plain: dict[str, Any]) -> Graph:
    return spdx.read(
        File(
            path="x.spdx.json",
            data=json.dumps({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", **plain}).encode(),
        )
    )


def gem(name: str) -> dict[str, Any]:
    purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:gem/{name}@1"}
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": "1", "externalRefs": [purl]}


def relation(left: str, kind: str, right: str) -> dict[str, str]:
    return {"spdxElementId": f"SPDXRef-{left}", "relationshipType": kind, "relatedSpdxElement": f"SPDXRef-{right}"}


def test_cyclonedx_json() -> None:
    graph = cyclonedx.read(open_file(DATA / "cyclonedx" / "bom.json"))
    a, b, c = "pkg:npm/%40acme/a@1.0.0", "pkg:npm/b@2.0.0", "pkg:npm/c@3.0.0"
    tester, u, nameless = "pkg:pypi/tester-kit@4.0.0", "pkg:npm/u@5.0.0", "pkg:generic/acme/nameless%20one@0.1"
    assert graph.root == "app"
    assert dict(graph.direct) == {a: "runtime", tester: "dev", u: "dev", nameless: "runtime"}
    assert {source: dict(row) for source, row in graph.requires.items() if source != "pkg:generic/part@0.1"} == {
        a: {b: "runtime", c: "optional"},
        tester: {c: "optional"},
    }
    packages = index(graph)
    assert [purl for purl, package in packages.items() if package.first_party] == ["pkg:generic/part@0.1"]
    assert packages[a].name == "@acme/a"
    assert packages[a].hints == {
        "repository": ("https://code.example/acme/a.git",),
        "homepage": ("https://a.example",),
        "funding": ("https://pay.example/a",),
        "licence": ("MIT",),
    }
    assert packages[c].hints == {"licence": ("MIT OR Apache-2.0",)}
    assert packages[c].scopes == ("optional", "dev")
    assert {note.code for note in graph.notes} == {"no_purl", "services", "unknown_ref"}


def test_cyclonedx_xml() -> None:
    graph = cyclonedx.read(open_file(DATA / "cyclonedx" / "bom.xml"))
    a, b, c = (f"pkg:maven/com.example/{name}" for name in ("a@1.0", "b@2.0", "c@3.0"))
    assert (graph.root, dict(graph.direct)) == ("app", {a: "runtime"})
    assert {source: dict(row) for source, row in graph.requires.items()} == {a: {b: "runtime"}, b: {c: "optional"}}
    assert index(graph)[a].hints == {
        "repository": ("https://code.example/acme/a",),
        "licence": ("MIT", "MIT OR Apache-2.0"),
    }
    assert index(graph)[a].name == "com.example:a"


def test_cyclonedx_without_dependencies_is_flat() -> None:
    graph = bom({"components": [{"name": "a", "version": "1", "purl": "pkg:gem/a@1"}]})
    assert not graph.sources[0].edges
    assert dict(graph.direct) == {"pkg:gem/a@1": "runtime"}


def test_cyclonedx_whose_root_has_no_row_says_so() -> None:
    graph = bom(
        {
            "metadata": {"component": {"name": "app", "bom-ref": "app"}},
            "components": [{"name": n, "bom-ref": n, "purl": f"pkg:gem/{n}@1"} for n in "ab"],
            "dependencies": [{"ref": "a", "dependsOn": ["b"]}],
        }
    )
    assert not graph.direct
    assert dict(graph.requires["pkg:gem/a@1"]) == {"pkg:gem/b@1": "runtime"}
    assert [note.code for note in graph.notes] == ["no_direct"]


def test_cyclonedx_root_listed_among_the_components_is_no_package() -> None:
    graph = bom(
        {
            "metadata": {"component": {"name": "app", "bom-ref": "root", "purl": "pkg:gem/app@1"}},
            "components": [
                {"name": "app", "bom-ref": "again", "purl": "pkg:gem/app@1?x=y"},
                {"name": "a", "bom-ref": "a", "purl": "pkg:gem/a@1"},
            ],
            "dependencies": [{"ref": "again", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["root"]}],
        }
    )
    assert [package.purl for package in graph.packages] == ["pkg:gem/a@1"]
    assert dict(graph.direct) == {"pkg:gem/a@1": "runtime"}


@pytest.mark.parametrize("purl", ["pkg:", "nonsense", "pkg:npm", "pkg:/x@1", "http://x.example"])
def test_a_purl_that_is_none_is_noted_and_the_name_stands(purl: str) -> None:
    graph = bom({"components": [{"name": "a", "version": "1", "purl": purl}]})
    assert [package.purl for package in graph.packages] == ["pkg:generic/a@1"]
    assert "bad_purl" in {note.code for note in graph.notes}


def test_qualifiers_say_where_a_component_is_from() -> None:
    graph = bom(
        {
            "components": [
                {"name": "a", "purl": "pkg:maven/g/a@1?repository_url=https://maven.acme.example/releases&type=jar"},
                {"name": "b", "purl": "pkg:maven/g/b@1?repository_url=https://repo.maven.apache.org/maven2"},
                {"name": "c", "purl": "pkg:generic/c@1?download_url=https://files.example/c.tar.gz"},
            ]
        }
    )
    found = {package.name: (package.origin, dict(package.hints)) for package in graph.packages}
    assert found == {
        "g:a": ("registry", {"registry": ("https://maven.acme.example/releases",)}),
        "g:b": ("registry", {}),
        "c": ("url", {}),
    }


def test_spdx_json() -> None:
    graph = spdx.read(open_file(DATA / "spdx" / "sbom.spdx.json"))
    a, b, c, d = "pkg:gem/a@1.0", "pkg:gem/b@2.0", "pkg:gem/c@3.0", "pkg:generic/d%20d"
    assert (graph.root, dict(graph.direct)) == ("app", {a: "runtime", c: "dev"})
    assert {source: dict(row) for source, row in graph.requires.items()} == {
        a: {b: "peer", d: "optional"},
        c: {b: "peer"},
    }
    assert index(graph)[a].hints == {
        "repository": ("https://code.example/acme/a.git",),
        "homepage": ("https://a.example",),
        "funding": ("https://pay.example/a",),
        "licence": ("MIT",),
    }
    assert index(graph)[b].hints == {"licence": ("Apache-2.0",)}
    assert {note.code for note in graph.notes} == {"no_purl", "unknown_ref"}


@pytest.mark.parametrize("name", ["sbom.spdx", "sbom.spdx3.json"])
def test_spdx_tag_value_and_spdx_3(name: str) -> None:
    graph = spdx.read(open_file(DATA / "spdx" / name))
    assert graph.root == "app"
    assert dict(graph.direct) == {"pkg:gem/a@1.0": "runtime", "pkg:gem/b@2.0": "dev"}
    hints = index(graph)["pkg:gem/a@1.0"].hints
    assert (hints["homepage"], hints["funding"], hints["licence"]) == (
        ("https://a.example",),
        ("https://pay.example/a",),
        ("MIT",),
    )
    if name.endswith("3.json"):
        assert hints["repository"] == ("https://code.example/acme/a",)
        assert dict(graph.requires["pkg:gem/a@1.0"]) == {"pkg:gem/b@2.0": "optional"}


def test_github_export() -> None:
    graph = spdx.read(open_file(DATA / "spdx" / "github.spdx.json"))
    assert graph.root == "com.github.acme/app"
    assert set(graph.direct) == {"pkg:githubactions/actions/checkout@4.%2A.%2A", "pkg:npm/left@1.0.0"}


@pytest.mark.parametrize(("kind", "meaning"), spdx.RELATIONS.items())
def test_every_dependency_relationship_has_its_direction(kind: str, meaning: tuple[str, bool]) -> None:
    graph = document({"packages": [gem("a"), gem("b")], "relationships": [relation("a", kind, "b")]})
    one, other = ("pkg:gem/b@1", "pkg:gem/a@1") if meaning[1] else ("pkg:gem/a@1", "pkg:gem/b@1")
    assert {source: dict(row) for source, row in graph.requires.items()} == {one: {other: meaning[0]}}


def test_a_document_that_describes_all_its_packages_has_contents_and_no_root() -> None:
    graph = document(
        {"name": "list", "documentDescribes": ["SPDXRef-a", "SPDXRef-b"], "packages": [gem("a"), gem("b")]}
    )
    assert (graph.root, set(graph.direct)) == ("list", {"pkg:gem/a@1", "pkg:gem/b@1"})


def test_several_roots_and_described_by() -> None:
    graph = document(
        {
            "packages": [gem("a"), gem("b"), gem("c")],
            "relationships": [
                relation("a", "DESCRIBED_BY", "DOCUMENT"),
                relation("DOCUMENT", "DESCRIBES", "b"),
                relation("a", "DEPENDS_ON", "c"),
                relation("c", "DEPENDENCY_OF", "b"),
            ],
        }
    )
    assert [package.purl for package in graph.packages] == ["pkg:gem/c@1"]
    assert dict(graph.direct) == {"pkg:gem/c@1": "runtime"}


def made() -> tuple[Any, set[tuple[str, str]]]:
    model = pytest.importorskip("cyclonedx.model.bom", reason="cyclonedx-python-lib makes these samples")
    component = import_module("cyclonedx.model.component").Component
    purl = import_module("packageurl").PackageURL
    root = component(name="app", bom_ref="app")
    parts = [
        component(
            name=name, version="1.0", bom_ref=f"ref-{name}", purl=purl("maven", "g", name, "1.0", {"type": "jar"})
        )
        for name in "abcd"
    ]
    whole = model.Bom(components=parts)
    whole.metadata.component = root
    a, b, c, d = parts
    whole.register_dependency(root, [a, b])
    whole.register_dependency(a, [c])
    whole.register_dependency(c, [d, a])
    return whole, {("a", "c"), ("c", "d"), ("c", "a")}


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
@pytest.mark.parametrize("how", ["JSON", "XML"])
def test_what_cyclonedx_python_lib_writes_is_read(how: str, version: str) -> None:
    whole, edges = made()
    output = import_module("cyclonedx.output")
    schema = import_module("cyclonedx.schema")
    known = getattr(schema.SchemaVersion, f"V{version.replace('.', '_')}", None)
    if known is None:
        pytest.skip(f"this cyclonedx-python-lib does not write {version}")
    written = output.make_outputter(whole, schema.OutputFormat[how], known).output_as_string()
    graph = cyclonedx.read(File(path=f"bom.{how.lower()}", data=written.encode()))
    name = {f"pkg:maven/g/{each}@1.0": each for each in "abcd"}
    assert {name[package.purl] for package in graph.packages} == set("abcd")
    assert {name[purl] for purl in graph.direct} == {"a", "b"}
    assert {(name[source], name[target]) for source, row in graph.requires.items() for target in row} == edges
