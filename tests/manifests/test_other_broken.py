"""Every broken file is one clear error that names the file and the place."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from depfund.errors import ManifestError
from depfund.manifests import FORMATS
from depfund.manifests._file import File, open_file
from depfund.model import Graph

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"
BROKEN = DATA / "broken" / "other"
MODULES = {row.name: row.module for row in FORMATS}
PLACES = {
    "cargo-lock--unknown-version": "at version: lock version 9",
    "cargo-lock--version-is-a-number": "at package[0].version",
    "cargo-lock--bell-in-a-name": "at package[0]: the package name",
    "go-mod--open-block": "at line 2",
    "go-mod--require-without-version": "at line 2",
    "go-mod--replace-without-arrow": "at line 2",
    "go-mod--no-module": "this is no go.mod",
    "gemfile-lock--no-version": "at line 4",
    "gemfile-lock--merge-conflict": "at line 2: a merge conflict",
    "gemfile-lock--no-section": "no section of a Gemfile.lock",
    "composer-lock--no-version": "version",
    "composer-lock--no-packages": "no composer.lock",
    "mix-lock--brackets-crossed": "at line 1",
    "mix-lock--code": "at line 1",
    "mix-lock--key-twice": "at a: the key stands twice",
    "mix-lock--no-map": "one map",
    "mix-lock--no-version": "at a: a hex entry",
    "pubspec-lock--no-packages": "no pubspec.lock",
    "pubspec-lock--no-version": "packages",
    "nuget-lock--unknown-version": "at version",
    "nuget-lock--not-resolved": "at dependencies.net8.0.A",
    "gradle-lockfile--no-version": "at line 1",
    "pom--no-group": "at dependencies[0]",
    "pom--billion-laughs": "at line 1: a document type or entity",
    "pom--entity-from-a-file": "at line 1: a document type or entity",
    "pom--not-closed": "at line 1",
    "pom--not-a-project": "<settings>",
    "package-resolved--unknown-version": "at version",
    "package-resolved--pin-without-a-name": "at pins[0]",
    "podfile-lock--no-pods": "no Podfile.lock",
    "podfile-lock--no-name": "at PODS[0]",
    "cyclonedx--unknown-version": "at specVersion",
    "cyclonedx--no-format": "at bomFormat",
    "cyclonedx--newline-in-a-purl": "at components[0]: the purl",
    "cyclonedx--no-name": "component",
    "cyclonedx--doctype": "at line 1: a document type or entity",
    "cyclonedx--other-vocabulary": "not a CycloneDX bom",
    "spdx--unknown-version": "at spdxVersion",
    "spdx--no-id": "SPDXID",
    "spdx--open-text": "<text> of PackageComment",
    "spdx--no-version": "no SPDX document",
    "spdx--no-tag": "at line 2",
    "spdx--graph-is-a-number": "@graph",
}
MINE = sorted({key.partition("--")[0] for key in PLACES})


def read(name: str, file: File) -> Graph:
    return import_module(f"depfund.manifests.{MODULES[name]}").read(file)


@pytest.mark.parametrize("path", sorted(BROKEN.iterdir()), ids=lambda path: path.name)
def test_a_broken_file_is_an_error_with_its_place(path: Path) -> None:
    name = path.stem.partition("--")[0]
    with pytest.raises(ManifestError) as caught:
        read(name, open_file(path, shown=path.name))
    assert str(caught.value).startswith(path.name)
    assert PLACES[path.stem] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02\xff\xfe" * 10,
        b"\xff\xfe{}",
        b"%{\x00}",
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b"{" * 1_000_000,
        b"<a>" * 1_000_000,
        b"a" * 5_000_000,
        b'"' + b"a" * 5_000_000,
        b"- " * 500_000,
        b"(" * 1_000_000,
        b" " * 5_000_000,
        b"\n" * 1_000_000,
    ],
    ids=lambda data: repr(data[:8]),
)
def test_hostile_bytes_end_soon_in_a_graph_or_an_error(name: str, data: bytes) -> None:
    with suppress(ManifestError):
        assert not read(name, File(path="hostile", data=data)).packages


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("composer-lock", '{"packages": [{"name": "a/b", "version": "1", "notification-url": "https://[x"}]}'),
        ("spdx", '{"@graph": [{"type": "software_Package", "externalIdentifier": {"externalIdentifierType": []}}]}'),
        ("package-resolved", '{"version": 2, "pins": [{"identity": "a", "location": "https://[x", "state": {}}]}'),
    ],
)
def test_nonsense_where_nothing_depends_on_it_is_passed_over(name: str, text: str) -> None:
    assert read(name, File(path="x", data=text.encode())).packages


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cyclonedx", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1e999}'),
        (
            "cyclonedx",
            '{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"name": "\\u0000"}}}',
        ),
        ("nuget-lock", '{"version": 1, "version": 1, "dependencies": {}}'),
        ("gradle-lockfile", "a:/:1=x"),
        ("gemfile-lock", "GEM\n  specs:\n    / (1)\n"),
    ],
)
def test_nonsense_where_something_does_is_an_error_with_the_file(name: str, text: str) -> None:
    with pytest.raises(ManifestError, match=r"^nonsense"):
        read(name, File(path="nonsense", data=text.encode()))


@pytest.mark.parametrize("name", ["cyclonedx", "pom"])
def test_xml_bombs(name: str) -> None:
    top = '<bom xmlns="http://cyclonedx.org/schema/bom/1.4">' if name == "cyclonedx" else "<project>"
    entities = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "&a;&a;&a;">' for n in range(9)) + "]>"
    parameter = '<!DOCTYPE l [<!ENTITY % a SYSTEM "http://dtd.example/x">%a;]>'
    for head in (entities, parameter, '<!DOCTYPE l SYSTEM "x.dtd">'):
        with pytest.raises(ManifestError, match="document type or entity"):
            read(name, File(path="x.xml", data=(head + top).encode()))


def test_components_nested_without_end_are_refused() -> None:
    deep = '{"name":"a","components":[' * 100_000 + "]}" * 100_000
    with pytest.raises(ManifestError):
        read(
            "cyclonedx",
            File(path="x", data=f'{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{deep}]}}'.encode()),
        )


def test_properties_that_multiply_each_other_stay_small() -> None:
    body = "".join(f"<p{n}>{f'${{p{n + 1}}}' * 50}</p{n}>" for n in range(20))
    row = "<dependency><groupId>g</groupId><artifactId>a</artifactId><version>${p0}</version></dependency>"
    text = f"<project><properties>{body}</properties><dependencies>{row}</dependencies></project>"
    assert [package.version for package in read("pom", File(path="pom.xml", data=text.encode())).packages] == [None]


@pytest.mark.parametrize("pattern", ["../outside", "/", "../*", "inside/../../outside"])
def test_cargo_members_stay_in_the_folder(tmp_path: Path, pattern: str) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "Cargo.toml").write_text('[package]\nname = "stolen"\n')
    (inside / "Cargo.toml").write_text(f'[workspace]\nmembers = ["{pattern}"]\n')
    (inside / "Cargo.lock").write_text("version = 4\n")
    file = open_file(inside / "Cargo.lock", top=inside)
    if "*" in pattern:
        assert read("cargo-lock", file).root != "stolen"
    else:
        with pytest.raises(ManifestError, match="outside the project's folder"):
            read("cargo-lock", file)


def test_symbolic_links_do_not_lead_out(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "composer.json").write_text('{"name": "stolen/name"}')
    (inside / "composer.json").symlink_to(tmp_path / "composer.json")
    (inside / "composer.lock").write_text('{"packages": []}')
    with pytest.raises(ManifestError, match="outside the project's folder"):
        read("composer-lock", open_file(inside / "composer.lock", top=inside))


@pytest.mark.parametrize("where", ["../outside", "/outside"])
def test_go_work_and_maven_modules_stay_in_the_folder(tmp_path: Path, where: str) -> None:
    (tmp_path / "go.work").write_text(f"go 1.24\nuse {where}\n")
    with pytest.raises(ManifestError, match="outside the project's folder"):
        read("go-mod", open_file(tmp_path / "go.work", top=tmp_path))
    (tmp_path / "pom.xml").write_text(f"<project><modules><module>{where}</module></modules></project>")
    with pytest.raises(ManifestError, match="outside the project's folder"):
        read("pom", open_file(tmp_path / "pom.xml", top=tmp_path))


def chain(length: int) -> dict[str, File]:
    """One chain of dependencies in every format with edges."""
    names = [f"n{number}" for number in range(length)]
    cargo = ['[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = ["n0"]\n']
    gems = ["GEM\n  remote: https://gems.example/\n  specs:\n"]
    hexes, packages, nuget, pods = [], [], {}, ["PODS:\n"]
    components, rows, spdxes, relations = [], [{"ref": "app", "dependsOn": ["n0"]}], [], []
    for number, name in enumerate(names):
        after = f"n{number + 1}" if number + 1 < length else None
        cargo.append(
            f'[[package]]\nname = "{name}"\nversion = "1.0.0"\nsource = "registry+https://r.example"\n'
            + (f'dependencies = ["{after}"]\n' if after else "")
        )
        gems.append(f"    {name} (1.0)\n" + (f"      {after}\n" if after else ""))
        needs = f'[{{:{after}, "~> 1.0", [hex: :{after}, optional: false]}}]' if after else "[]"
        hexes.append(f'  "{name}": {{:hex, :{name}, "1.0", "00", [:mix], {needs}, "hexpm", "00"}},\n')
        packages.append({"name": f"a/{name}", "version": "1.0", "require": {f"a/{after}": "*"} if after else []})
        nuget[name] = {"type": "Transitive", "resolved": "1.0", "dependencies": {after: "1.0"} if after else {}}
        pods.append(f"  - {name} (1.0)" + (f":\n    - {after}\n" if after else "\n"))
        components.append({"name": name, "bom-ref": name, "version": "1.0", "purl": f"pkg:gem/{name}@1.0"})
        purl = {"referenceType": "purl", "referenceLocator": f"pkg:gem/{name}@1.0"}
        spdxes.append({"SPDXID": name, "name": name, "versionInfo": "1.0", "externalRefs": [purl]})
        if after:
            rows.append({"ref": name, "dependsOn": [after]})
            relations.append({"spdxElementId": name, "relationshipType": "DEPENDS_ON", "relatedSpdxElement": after})
    texts = {
        "cargo-lock": "version = 3\n" + "".join(cargo),
        "gemfile-lock": "".join(gems) + "\nDEPENDENCIES\n  n0\n",
        "mix-lock": "%{\n" + "".join(hexes) + "}\n",
        "composer-lock": json.dumps({"packages": packages}),
        "nuget-lock": json.dumps({"version": 1, "dependencies": {"net8.0": nuget}}),
        "podfile-lock": "".join(pods) + "\nDEPENDENCIES:\n  - n0\n",
        "cyclonedx": json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.6",
                "metadata": {"component": {"name": "app", "bom-ref": "app"}},
                "components": components,
                "dependencies": rows,
            }
        ),
        "spdx": json.dumps({"spdxVersion": "SPDX-2.3", "packages": spdxes, "relationships": relations}),
    }
    return {name: File(path=name, data=text.encode()) for name, text in texts.items()}


def test_a_chain_of_100_000_is_no_problem() -> None:
    files = chain(100_000)
    for name in ("cyclonedx", "spdx", "gemfile-lock", "cargo-lock"):
        graph = read(name, files[name])
        assert len([package for package in graph.packages if not package.first_party]) == 100_000
        assert sum(map(len, graph.requires.values())) >= 99_999


def test_20_000_packages_fit_in_memory(tmp_path: Path) -> None:
    for name, file in chain(20_000).items():
        (tmp_path / name).write_bytes(file.data)
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from Linux")
    # Another process: the peak of this one is that of the largest test before.
    script = (
        "import sys, pathlib\n"
        "from importlib import import_module\n"
        "from depfund.manifests import FORMATS\n"
        "from depfund.manifests._file import open_file\n"
        "modules = {row.name: row.module for row in FORMATS}\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    graph = import_module('depfund.manifests.' + modules[path.name]).read(open_file(path))\n"
        "    assert len(graph.packages) >= 20_000, path.name\n"
        "print(pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500 * 1024
