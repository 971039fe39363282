"""What real files of the formats hold that no small example had: each case once, made up for the purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from depfund.manifests import File, open_file, read_file
from depfund.model import Graph


def text(name: str, file: str, content: str) -> Graph:
    return read_file(File(path=file, data=content.encode()), name)


def folder(name: str, top: Path, files: dict[str, str]) -> Graph:
    """The first of ``files``, read with the others around it."""
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(content)
    return read_file(open_file(top / next(iter(files)), top=top), name)


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


def test_npm_asks_for_what_package_json_says_when_the_lock_is_older(tmp_path: Path) -> None:
    lock = (
        '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {'
        '"": {"name": "app", "version": "1.0.0", "dependencies": {"kept": "^1.0.0", "dropped": "^1.0.0"}},'
        '"node_modules/kept": {"version": "1.0.0"}, "node_modules/dropped": {"version": "1.1.0"}}}'
    )
    files = {"package-lock.json": lock, "package.json": '{"name": "app", "devDependencies": {"kept": "^1.0.0"}}'}
    graph = folder("package-lock", tmp_path, files)
    assert dict(graph.direct) == {"pkg:npm/kept@1.0.0": "dev"}
    assert {package.purl for package in graph.packages} == {"pkg:npm/kept@1.0.0", "pkg:npm/dropped@1.1.0"}
    (tmp_path / "package.json").write_text("{")
    assert set(folder("package-lock", tmp_path, {"package-lock.json": lock}).direct) == {
        "pkg:npm/kept@1.0.0",
        "pkg:npm/dropped@1.1.0",
    }


def test_berry_folder_starts_from_the_workspace_that_asks_for_it(tmp_path: Path) -> None:
    where = "::locator=plug%40workspace%3Apackages%2Fplug"
    bound = "::hash=1a2b3c&" + where.removeprefix("::")
    lock = (
        "__metadata:\n  version: 8\n\n"
        f'"far@file:../../vendor/far{where}":\n  version: 1.0.0\n'
        f'  resolution: "far@file:../../vendor/far#../../vendor/far{bound}"\n'
        '  dependencies:\n    inner: "npm:^1.0.0"\n  languageName: node\n  linkType: hard\n\n'
        '"inner@npm:^1.0.0":\n  version: 1.2.0\n  resolution: "inner@npm:1.2.0"\n  linkType: hard\n\n'
        '"plug@workspace:packages/plug":\n  version: 0.0.0-use.local\n  resolution: "plug@workspace:packages/plug"\n'
        '  dependencies:\n    far: "file:../../vendor/far"\n  languageName: unknown\n  linkType: soft\n'
    )
    graph = folder("yarn-lock", tmp_path, {"yarn.lock": lock})
    assert dict(graph.direct) == {"pkg:npm/inner@1.2.0": "runtime"}
    assert [package.name for package in graph.packages if not package.first_party] == ["inner"]


def test_classic_yarn_key_in_two_entries_that_agree() -> None:
    lock = '# yarn lockfile v1\n\n\na@^1.0.0, a@^1.1.0:\n  version "1.1.0"\n\na@^1.1.0:\n  version "1.1.0"\n'
    assert [package.purl for package in text("yarn-lock", "yarn.lock", lock).packages] == ["pkg:npm/a@1.1.0"]


def test_pixi_package_made_from_source_is_built_with_what_its_rows_name(tmp_path: Path) -> None:
    channel = "https://conda.example/forge/noarch"
    rows = {"maker-1.0-0": ["helper >=2"], "helper-2.0-0": [], "runner-3.0-0": []}
    packages = "".join(
        f"- conda: {channel}/{name}.conda\n  depends:\n" + "".join(f"  - {need}\n" for need in needs)
        if needs
        else f"- conda: {channel}/{name}.conda\n"
        for name, needs in rows.items()
    )
    lock = (
        "version: 7\nenvironments:\n  default:\n    packages:\n      linux-64:\n"
        f"      - conda_source: mine[0a1b] @ .\n      - conda: {channel}/runner-3.0-0.conda\n"
        f"packages:\n{packages}"
        "- conda_source: mine[0a1b] @ .\n  depends:\n  - runner\n  build_packages:\n"
        f"  - conda: {channel}/maker-1.0-0.conda\n  - conda: {channel}/helper-2.0-0.conda\n"
    )
    graph = folder("pixi-lock", tmp_path, {"pixi.lock": lock})
    assert dict(graph.direct) == {"pkg:conda/maker@1.0": "build", "pkg:conda/runner@3.0": "runtime"}
    assert dict(graph.requires["pkg:conda/maker@1.0"]) == {"pkg:conda/helper@2.0": "runtime"}


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("package-lock", "package-lock.json", '{"name": "app", "version": "1.0.0", "lockfileVersion": 1}'),
        ("podfile-lock", "Podfile.lock", "PODFILE CHECKSUM: 0a1b2c\n\nCOCOAPODS: 1.16.2\n"),
        ("pnpm-lock", "pnpm-lock.yaml", "lockfileVersion: 5.4\n\nspecifiers: {}\n"),
        ("bun-lock", "bun.lock", '{"lockfileVersion": 1, "workspaces": {"": {"name": "app"}}}'),
        ("gradle-lockfile", "gradle.lockfile", "empty=classpath\n"),
        ("composer-lock", "composer.lock", '{"packages": [], "packages-dev": [], "platform": []}'),
    ],
)
def test_project_that_uses_nothing(name: str, file: str, content: str) -> None:
    assert text(name, file, content).packages == ()


def test_pod_out_of_a_mercurial_repository() -> None:
    lock = (
        'PODS:\n  - Far (1.0)\n\nDEPENDENCIES:\n  - "Far (from `https://code.example/far`)"\n\n'
        "EXTERNAL SOURCES:\n  Far:\n    :hg: https://code.example/far\n    :revision: 0a1b\n"
    )
    (pod,) = text("podfile-lock", "Podfile.lock", lock).packages
    assert (pod.origin, pod.hints) == ("vcs", {"vcs": ("https://code.example/far",)})


def test_maven_takes_versions_from_a_bom_that_is_its_own_module(tmp_path: Path) -> None:
    def pom(artifact: str, body: str) -> str:
        head = "<modelVersion>4.0.0</modelVersion><groupId>acme</groupId><version>1</version>"
        return f"<project>{head}<artifactId>{artifact}</artifactId>{body}</project>"

    def row(artifact: str, more: str = "", group: str = "far") -> str:
        return f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{more}</dependency>"

    def manages(*rows: str) -> str:
        return f"<dependencyManagement><dependencies>{''.join(rows)}</dependencies></dependencyManagement>"

    def uses(*rows: str) -> str:
        return f"<dependencies>{''.join(rows)}</dependencies>"

    bom = row("bom", "<version>1</version><type>pom</type><scope>import</scope>", group="acme")
    files = {
        "pom.xml": pom("top", "<packaging>pom</packaging><modules><module>bom</module><module>app</module></modules>"),
        "bom/pom.xml": pom(
            "bom",
            "<properties><far.version>2.5</far.version></properties>"
            + manages(row("lib", "<version>${far.version}</version>"), row("own", "<version>1</version>"), bom),
        ),
        "app/pom.xml": pom("app", manages(bom, row("own", "<version>9</version>")) + uses(row("lib"), row("own"))),
    }
    graph = folder("pom", tmp_path, files)
    assert set(graph.direct) == {"pkg:maven/far/lib@2.5", "pkg:maven/far/own@9"}


def test_conda_environment_says_what_it_does_not_follow() -> None:
    content = "dependencies:\n  - python\n  - pip:\n      - -r more.txt\n      - --pre\n      - attrs==23.1.0\n"
    graph = text("conda-env", "environment.yml", content)
    assert {package.name for package in graph.packages} == {"python", "attrs"}
    assert [note.message for note in graph.notes if note.code == "not_followed"] == [
        "'-r more.txt' names a file of its own; read that one beside this."
    ]


def test_uv_tells_a_dynamic_version_from_a_locked_one_by_its_source() -> None:
    lock = (
        'version = 1\n[[package]]\nname = "app"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "lib", source = { editable = "lib" } }]\n'
        '[[package]]\nname = "lib"\nsource = { editable = "lib" }\n'
        'dependencies = [{ name = "other" }]\n'
        '[[package]]\nname = "lib"\nversion = "1.0"\nsource = { registry = "https://index.example/simple" }\n'
        '[[package]]\nname = "other"\nversion = "2.0"\nsource = { registry = "https://index.example/simple" }\n'
        'dependencies = [{ name = "lib", version = "1.0", source = { registry = "https://index.example/simple" } }]\n'
    )
    graph = text("uv-lock", "uv.lock", lock)
    assert dict(graph.direct) == {"pkg:pypi/other@2.0": "runtime"}
    assert set(graph.requires["pkg:pypi/other@2.0"]) == {"pkg:pypi/lib@1.0"}
