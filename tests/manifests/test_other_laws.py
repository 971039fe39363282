"""Laws that hold for any content of these formats."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from depfund.errors import ManifestError
from depfund.manifests import cargo_lock, composer_lock, cyclonedx, gemfile_lock, go_mod, mix_lock, spdx
from depfund.manifests._build import Builder
from depfund.manifests._elixir import Atom, Pairs, Tuple, term
from depfund.manifests._file import File, open_file
from depfund.manifests._go_syntax import statements
from depfund.manifests._sbom import identify
from depfund.manifests._semver import order
from depfund.model import Graph, Package

NAME = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
VERSION = st.from_regex(r"[0-9]\.[0-9]\.[0-9](-rc\.[0-9])?", fullmatch=True)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, list[str]], list[str]]:
    """Names with versions, who requires whom, and what is direct."""
    versions = draw(st.dictionaries(NAME, VERSION, max_size=7))
    names = sorted(versions)
    some = st.lists(st.sampled_from(names), unique=True, max_size=4) if names else st.just([])
    return versions, {name: [n for n in draw(some) if n != name] for name in names}, draw(some)


def same(graph: Graph, kind: str, versions: dict[str, str], needs: dict[str, list[str]], top: list[str]) -> None:
    purl = {name: f"pkg:{kind}/{name}@{version}" for name, version in versions.items()}
    assert {package.purl for package in graph.packages if not package.first_party} == set(purl.values())
    assert set(graph.direct) == {purl[name] for name in top}
    assert {s: set(row) for s, row in graph.requires.items() if s in purl.values()} == {
        purl[name]: {purl[need] for need in row} for name, row in needs.items() if row
    }


@given(graphs())
def test_cargo(case: tuple[dict[str, str], dict[str, list[str]], list[str]]) -> None:
    versions, needs, top = case
    rows = [f'[[package]]\nname = "APP"\nversion = "0.0.0"\ndependencies = {json.dumps(top)}\n']
    rows += [
        f'[[package]]\nname = "{name}"\nversion = "{versions[name]}"\nsource = "registry+https://r.example"\n'
        f"dependencies = {json.dumps([f'{need} {versions[need]}' for need in needs[name]])}\n"
        for name in versions
    ]
    graph = cargo_lock.read(File(path="Cargo.lock", data=("version = 4\n" + "".join(rows)).encode()))
    same(graph, "cargo", versions, needs, top)


@given(graphs())
def test_gemfile(case: tuple[dict[str, str], dict[str, list[str]], list[str]]) -> None:
    versions, needs, top = case
    versions = {name: version.replace("-", ".") for name, version in versions.items()}
    lines = ["GEM", "  remote: https://gems.example/", "  specs:"]
    for name, version in versions.items():
        lines += [f"    {name} ({version})", *(f"      {need} (~> 1)" for need in needs[name])]
    lines += ["", "PLATFORMS", "  ruby", "", "DEPENDENCIES", *(f"  {name}" for name in top), ""]
    graph = gemfile_lock.read(File(path="Gemfile.lock", data="\n".join(lines).encode()))
    same(graph, "gem", versions, needs, top)


@given(graphs())
def test_mix(case: tuple[dict[str, str], dict[str, list[str]], list[str]]) -> None:
    versions, needs, _ = case
    versions = {f"a{name}": version for name, version in versions.items()}
    needs = {f"a{name}": [f"a{need}" for need in row] for name, row in needs.items()}
    rows = []
    for name, version in versions.items():
        deps = ", ".join(f'{{:{need}, "~> 1.0", [hex: :{need}, repo: "hexpm"]}}' for need in needs[name])
        rows.append(f'  "{name}": {{:hex, :{name}, "{version}", "00", [:mix], [{deps}], "hexpm", "00"}},\n')
    graph = mix_lock.read(File(path="mix.lock", data=("%{\n" + "".join(rows) + "}\n").encode()))
    same(graph, "hex", versions, needs, [])


@given(graphs())
def test_both_vocabularies_of_sboms_and_both_spellings_of_each(
    case: tuple[dict[str, str], dict[str, list[str]], list[str]],
) -> None:
    versions, needs, top = case
    purl = {name: f"pkg:gem/{name}@{version}" for name, version in versions.items()}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "metadata": {"component": {"name": "app", "bom-ref": "APP"}},
        "components": [{"name": n, "bom-ref": n, "version": versions[n], "purl": purl[n]} for n in versions],
        "dependencies": [{"ref": "APP", "dependsOn": top}, *({"ref": n, "dependsOn": needs[n]} for n in versions)],
    }
    same(cyclonedx.read(File(path="bom.json", data=json.dumps(bom).encode())), "gem", versions, needs, top)
    xml = ['<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component bom-ref="APP"><name>app</name>']
    xml.append("</component></metadata><components>")
    for name in versions:
        xml.append(f'<component bom-ref="{name}"><name>{name}</name><version>{versions[name]}</version>')
        xml.append(f"<purl>{purl[name]}</purl></component>")
    xml.append("</components><dependencies>")
    for name, row in {"APP": top, **needs}.items():
        xml.append(f'<dependency ref="{name}">{"".join(f"<dependency ref={n!r}/>" for n in row)}</dependency>')
    xml.append("</dependencies></bom>")
    same(cyclonedx.read(File(path="bom.xml", data="".join(xml).encode())), "gem", versions, needs, top)
    relations = [("APP", need) for need in top] + [(name, need) for name in versions for need in needs[name]]
    if not relations:
        return
    document = {
        "spdxVersion": "SPDX-2.3",
        "documentDescribes": ["APP"],
        "packages": [
            {"SPDXID": "APP", "name": "app"},
            *(
                {
                    "SPDXID": name,
                    "name": name,
                    "externalRefs": [{"referenceType": "purl", "referenceLocator": purl[name]}],
                }
                for name in versions
            ),
        ],
        "relationships": [
            {"spdxElementId": b, "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": a} for a, b in relations
        ],
    }
    same(spdx.read(File(path="x.spdx.json", data=json.dumps(document).encode())), "gem", versions, needs, top)
    tags = ["SPDXVersion: SPDX-2.3", "SPDXID: SPDXRef-DOCUMENT", "PackageName: app", "SPDXID: APP"]
    for name in versions:
        tags += [f"PackageName: {name}", f"SPDXID: {name}", f"ExternalRef: PACKAGE-MANAGER purl {purl[name]}"]
    tags += [f"Relationship: {a} DEPENDS_ON {b}" for a, b in relations]
    tags.append("Relationship: SPDXRef-DOCUMENT DESCRIBES APP")
    same(spdx.read(File(path="x.spdx", data="\n".join(tags).encode())), "gem", versions, needs, top)


@given(graphs())
def test_composer(case: tuple[dict[str, str], dict[str, list[str]], list[str]]) -> None:
    versions, needs, _ = case
    rows = [
        {"name": f"v/{name}", "version": versions[name], "require": {f"V/{n.upper()}": "*" for n in needs[name]} or []}
        for name in versions
    ]
    graph = composer_lock.read(File(path="composer.lock", data=json.dumps({"packages": rows}).encode()))
    same(
        graph,
        "composer",
        {f"v/{name}": version for name, version in versions.items()},
        {f"v/{name}": [f"v/{need}" for need in row] for name, row in needs.items()},
        [],
    )


@given(st.dictionaries(NAME, st.tuples(VERSION, st.booleans()), max_size=6))
def test_go_mod(requires: dict[str, tuple[str, bool]]) -> None:
    lines = ["module m.example/app", "go 1.22", "require ("]
    lines += [f"\tm.example/{n} v{v}{'' if direct else ' // indirect'}" for n, (v, direct) in requires.items()]
    graph = go_mod.read(File(path="go.mod", data="\n".join([*lines, ")"]).encode()))
    purl = {name: f"pkg:golang/m.example/{name}@v{version}" for name, (version, _) in requires.items()}
    assert {package.purl for package in graph.packages} == set(purl.values())
    assert set(graph.direct) == {purl[name] for name, (_, direct) in requires.items() if direct}


TERMS = st.recursive(
    st.integers() | st.text(max_size=8) | NAME.map(lambda name: Atom(f"a{name}")) | st.just(Atom("nil")),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: Pairs("list", tuple(items)))
        | st.lists(inner, min_size=1, max_size=4).map(lambda items: Tuple(tuple(items)))
        | st.lists(st.tuples(NAME.map(lambda name: Atom(f"k{name}")), inner), min_size=1, max_size=3).map(
            lambda items: Pairs("keywords", tuple(items))
        )
        | st.lists(st.tuples(st.text(max_size=5), inner), max_size=3).map(lambda items: Pairs("map", tuple(items)))
    ),
    max_leaves=12,
)


def write(value: object) -> str:
    """The term as Elixir writes it."""
    if isinstance(value, Atom):
        return value if value in {"nil", "true", "false"} else f":{value}"
    if isinstance(value, str):
        return '"' + "".join(f"\\u{{{ord(c):X}}}" if c in '"\\#\n' or c < " " else c for c in value) + '"'
    if isinstance(value, Tuple):
        return "{" + ", ".join(map(write, value.items)) + "}"
    if isinstance(value, Pairs) and value.kind == "list":
        return "[" + ",\n ".join(map(write, value.items)) + "]"
    if isinstance(value, Pairs) and value.kind == "keywords":
        return "[" + ", ".join(f"{key}: {write(each)}" for key, each in value.items) + "]"
    if isinstance(value, Pairs):
        return "%{" + ", ".join(f"{write(key)} => {write(each)}" for key, each in value.items) + "}"
    return str(value)


@given(TERMS)
def test_elixir_terms_come_back(value: object) -> None:
    assert term(f"# first\n{write(value)} # last\n") == value


def refusal(function: Callable[[str], object], text: str) -> str:
    """Where ``text`` was refused, ``line`` when it was read."""
    try:
        function(text)
    except ManifestError as error:
        return error.where
    return "line"


@given(st.text('%{}[]:,"a =>#\\\n 1', max_size=30))
def test_elixir_terms_are_read_or_refused_with_a_line(text: str) -> None:
    assert refusal(term, text).startswith("line")


@given(st.text('abc()"`/ \t\n=>v1.', max_size=60))
def test_go_statements_are_read_or_refused_with_a_line(text: str) -> None:
    assert refusal(lambda given: list(statements(given)), text).startswith("line")


SEMVER = [
    "v0.0.0-2022",
    "v0.9.0",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
]
SEMVER += ["v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0+incompatible"]


@given(st.permutations(SEMVER))
def test_versions_are_ordered_as_semantic_versioning_says(versions: list[str]) -> None:
    assert sorted(versions, key=order) == SEMVER


PART = st.text("abzAZ019._-+~ @%é", min_size=1, max_size=6)
TYPE = st.sampled_from(["npm", "pypi", "maven", "golang", "cargo", "gem", "nuget", "composer", "hex", "deb", "generic"])


@given(TYPE, st.lists(PART, max_size=2), PART, st.none() | PART, st.booleans())
def test_purls_are_packageurls_own(kind: str, space: list[str], name: str, version: str | None, more: bool) -> None:
    try:
        given = PackageURL(type=kind, namespace="/".join(space) or None, name=name, version=version)
        text = given.to_string()
        back = PackageURL.from_string(text)
    except (TypeError, ValueError):  # parts that leave nothing when they are normalised
        return
    found = identify(text + ("?type=jar&arch=x#sub/path" if more else ""))
    assert found is not None
    if kind == "pypi":
        assert found[0].startswith("pkg:pypi/")
    else:
        assert (
            found[0]
            == PackageURL(type=kind, namespace=back.namespace, name=back.name, version=back.version).to_string()
        )
    assert found[2] == back.version


@given(st.text("pkg:/npm@a%0A?#\x00\u202e ", max_size=20))
def test_any_text_is_a_purl_or_none_or_refused(text: str) -> None:
    try:
        found = identify("pkg:npm/" + text)
    except ManifestError:
        return
    assert found is None or all(character.isprintable() for character in found[0])


def test_a_package_made_slot_by_slot_has_every_field() -> None:
    build = Builder(File(path="x", data=b""), "x", edges=True)
    build.package("pkg:gem/a@1", "a", "1", "gem")
    assert build.packages["pkg:gem/a@1"] == Package(purl="pkg:gem/a@1", name="a", version="1", ecosystem="gem")
    assert all(hasattr(build.packages["pkg:gem/a@1"], field.name) for field in fields(Package))


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("1", "1.9.0"),
        ("0.4", "0.4.9"),
        ("=2.0.1", "2.0.1"),
        ("~1.2", "1.2.9"),
        ("^0.0.3", "0.0.3"),
        (">=1, <3", "2.0.0"),
    ],
)
def test_cargo_requirements_tell_two_versions_apart(tmp_path: Path, wanted: str, version: str) -> None:
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "app"\n[dependencies]\na = "9"\n'
        f'[dev-dependencies]\nb = {{ package = "a", version = "{wanted}" }}\n'
    )
    (tmp_path / "Cargo.lock").write_text(
        f'[[package]]\nname = "app"\nversion = "0.0.0"\ndependencies = ["a {version}", "a 9.1.0"]\n'
        + "".join(
            f'[[package]]\nname = "a"\nversion = "{each}"\nsource = "registry+https://r.example"\n'
            for each in (version, "9.1.0")
        )
    )
    graph = cargo_lock.read(open_file(tmp_path / "Cargo.lock", top=tmp_path))
    assert dict(graph.direct) == {"pkg:cargo/a@9.1.0": "runtime", f"pkg:cargo/a@{version}": "dev"}
