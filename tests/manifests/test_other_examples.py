"""What each reader makes of a small file that holds the traps of its format."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from depfund.graph import index
from depfund.manifests import FORMATS
from depfund.manifests._file import File, open_file
from depfund.model import Graph, Package

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"
MODULES = {row.name: row.module for row in FORMATS}


def read(name: str, *path: str) -> Graph:
    folder = DATA / name
    return import_module(f"depfund.manifests.{MODULES[name]}").read(open_file(folder.joinpath(*path), top=folder))


def text(name: str, file: str, content: str) -> Graph:
    return import_module(f"depfund.manifests.{MODULES[name]}").read(File(path=file, data=content.encode()))


def foreign(graph: Graph) -> set[str]:
    return {package.purl for package in graph.packages if not package.first_party}


def own(graph: Graph) -> set[str]:
    return {package.purl for package in graph.packages if package.first_party}


def codes(graph: Graph) -> set[str]:
    return {note.code for note in graph.notes}


def one(graph: Graph, purl: str) -> Package:
    return index(graph)[purl]


def test_cargo_members_globs_renames_and_kinds() -> None:
    graph = read("cargo-lock", "Cargo.lock")
    assert graph.root == "app"
    assert own(graph) == {"pkg:cargo/app@0.1.0", "pkg:cargo/member@0.1.0"}
    assert dict(graph.direct) == {
        "pkg:cargo/bitset@1.3.2": "dev",
        "pkg:cargo/bitset@2.4.0": "runtime",
        "pkg:cargo/forked@0.9.0": "optional",
        "pkg:cargo/inner@3.0.0": "runtime",
        "pkg:cargo/probe@0.3.0%2Bbuild.7": "build",
        "pkg:cargo/shape@1.0.0": "runtime",
        "pkg:cargo/tester@5.0.1": "dev",
    }
    assert graph.requires["pkg:cargo/probe@0.3.0%2Bbuild.7"] == {"pkg:cargo/bitset@1.3.2": "runtime"}
    assert one(graph, "pkg:cargo/forked@0.9.0").hints == {"vcs": ("https://code.example/team/forked",)}
    assert one(graph, "pkg:cargo/forked@0.9.0").origin == "vcs"
    assert one(graph, "pkg:cargo/inner@3.0.0").hints == {"registry": ("https://crates.acme.example/index/",)}
    assert one(graph, "pkg:cargo/shape@1.0.0").hints == {}
    assert one(graph, "pkg:cargo/inner@3.0.0").scopes == ("runtime", "dev")


def test_cargo_without_manifest_has_runtime_edges_only() -> None:
    graph = text("cargo-lock", "Cargo.lock", (DATA / "cargo-lock" / "Cargo.lock").read_text())
    assert set(graph.direct.values()) == {"runtime"}
    assert graph.root == ""


def test_cargo_member_that_shares_name_and_version_with_a_published_crate() -> None:
    public = 'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
    graph = text(
        "cargo-lock",
        "Cargo.lock",
        '[[package]]\nname = "x"\nversion = "1.0.0"\ndependencies = ["y"]\n'
        f'[[package]]\nname = "x"\nversion = "1.0.0"\n{public}'
        f'[[package]]\nname = "y"\nversion = "1.0.0"\n{public}'
        'dependencies = ["x 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)"]\n',
    )
    assert own(graph) == {"pkg:generic/x@1.0.0"}
    assert foreign(graph) == {"pkg:cargo/x@1.0.0", "pkg:cargo/y@1.0.0"}
    assert graph.requires["pkg:cargo/y@1.0.0"] == {"pkg:cargo/x@1.0.0": "runtime"}


def test_cargo_oldest_shape_has_the_root_apart() -> None:
    graph = text(
        "cargo-lock",
        "Cargo.lock",
        '[root]\nname = "app"\nversion = "0.1.0"\n'
        'dependencies = ["a 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)"]\n'
        '[[package]]\nname = "a"\nversion = "1.0.0"\n'
        'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        '[metadata]\n"checksum a 1.0.0 (registry+x)" = "00"\n',
    )
    assert (graph.root, dict(graph.direct)) == ("app", {"pkg:cargo/a@1.0.0": "runtime"})


def test_go_mod() -> None:
    graph = read("go-mod", "go.mod")
    assert graph.root == "code.example/app"
    assert not graph.sources[0].edges
    assert own(graph) == {"pkg:golang/code.example/local@v0.0.0-00010101000000-000000000000"}
    assert set(graph.direct) == {
        "pkg:golang/github.com/Acme/Widget/v2@v2.1.0",
        "pkg:golang/gopkg.in/plain.v3@v3.0.1",
        "pkg:golang/code.example/quoted@v1.0.0",
        "pkg:golang/code.example/forked@v1.2.3",
    }
    assert foreign(graph) - set(graph.direct) == {
        "pkg:golang/github.com/acme/deep@v1.4.0",
        "pkg:golang/github.com/acme/old@v9.0.0%2Bincompatible",
    }
    widget = one(graph, "pkg:golang/github.com/Acme/Widget/v2@v2.1.0")
    assert widget.name == "github.com/Acme/Widget/v2"
    assert widget.hints == {"repository": ("https://github.com/Acme/Widget",)}
    assert codes(graph) == {"no_edges", "replaced"}


def test_go_sum_alone_says_that_it_holds_too_much() -> None:
    graph = read("go-mod", "go.sum")
    assert foreign(graph) == {
        "pkg:golang/github.com/Acme/Widget/v2@v2.1.0",
        "pkg:golang/github.com/acme/deep@v1.4.0",
    }
    assert codes(graph) == {"go_sum", "no_edges"}


def test_go_work_takes_the_highest_version_and_owns_its_modules() -> None:
    graph = read("go-mod", "go.work")
    assert own(graph) >= {"pkg:golang/code.example/one", "pkg:golang/code.example/two"}
    assert foreign(graph) == {
        "pkg:golang/code.example/shared@v1.10.0-rc.1",
        "pkg:golang/code.example/other@v1.0.0",
    }
    assert set(graph.direct) == foreign(graph)
    assert "missing" in codes(graph)


def test_go_vendor_takes_what_is_direct_from_the_go_mod_above() -> None:
    graph = read("go-mod", "vendor", "modules.txt")
    assert graph.root == "code.example/app"
    assert "pkg:golang/github.com/acme/deep@v1.4.0" in foreign(graph) - set(graph.direct)
    assert "pkg:golang/gopkg.in/plain.v3@v3.0.1" in graph.direct
    assert own(graph) == {"pkg:golang/code.example/local@v0.0.0-00010101000000-000000000000"}


def test_gemfile_sections_platforms_and_sources() -> None:
    graph = read("gemfile-lock", "Gemfile.lock")
    assert graph.root == "own"
    assert own(graph) == {"pkg:gem/own@0.1.0"}
    assert set(graph.direct) == {
        "pkg:gem/deep@2.5.0",
        "pkg:gem/forked@2.0.0",
        "pkg:gem/native@1.17.4",
        "pkg:gem/secret@4.2.0",
    }
    assert graph.requires["pkg:gem/native@1.17.4"] == {
        "pkg:gem/deep@2.5.0": "runtime",
        "pkg:gem/plain@3.0.0.pre1": "runtime",
    }
    assert graph.requires["pkg:gem/deep@2.5.0"] == {"pkg:gem/Camel@1.0.0": "runtime"}
    assert one(graph, "pkg:gem/forked@2.0.0").hints == {"vcs": ("https://code.example/team/forked.git",)}
    assert one(graph, "pkg:gem/secret@4.2.0").hints == {"registry": ("https://gems.acme.example/private/",)}
    assert one(graph, "pkg:gem/Camel@1.0.0").hints == {}
    assert [note.subject for note in graph.notes] == ["missing"]


def test_gemfile_with_windows_line_ends() -> None:
    content = (DATA / "gemfile-lock" / "Gemfile.lock").read_text()
    unix, windows = (text("gemfile-lock", "Gemfile.lock", each) for each in (content, content.replace("\n", "\r\n")))
    assert (unix.packages, unix.direct, unix.requires) == (windows.packages, windows.direct, windows.requires)


def test_composer_virtual_names_platform_and_dev() -> None:
    graph = read("composer-lock", "composer.lock")
    assert graph.root == "own/app"
    framework, logger, plugin, part, tester = (
        "pkg:composer/acme/framework@v2.1.0",
        "pkg:composer/acme/logger@1.0.0",
        "pkg:composer/acme/plugin@dev-main",
        "pkg:composer/own/part@1.0.0",
        "pkg:composer/acme/tester@9.0.0",
    )
    assert dict(graph.direct) == {framework: "runtime", part: "runtime", plugin: "runtime", tester: "dev"}
    assert {source: dict(row) for source, row in graph.requires.items()} == {
        framework: {logger: "runtime"},
        plugin: {framework: "runtime"},
        part: {logger: "runtime"},
        tester: {logger: "runtime"},
    }
    assert one(graph, tester).scopes == ("dev",)
    assert one(graph, logger).scopes == ("runtime", "dev")
    assert one(graph, framework).hints == {
        "repository": ("https://code.example/acme/framework.git",),
        "homepage": ("https://framework.example/",),
        "funding": ("https://sponsor.example/acme", "https://pay.example/acme"),
        "licence": ("MIT",),
    }
    assert one(graph, logger).hints["registry"] == ("https://packages.acme.example",)
    assert one(graph, plugin).origin == "vcs"
    assert one(graph, part).origin == "path"
    assert codes(graph) == {"not_locked", "path_package"}


def test_composer_without_composer_json_states_scopes_and_no_direct() -> None:
    graph = text("composer-lock", "composer.lock", (DATA / "composer-lock" / "composer.lock").read_text())
    assert not graph.direct
    assert one(graph, "pkg:composer/acme/framework@v2.1.0").scopes == ("runtime",)
    assert one(graph, "pkg:composer/acme/tester@9.0.0").scopes == ("dev",)
    assert "no_direct" in codes(graph)


def test_mix_hex_names_organisations_git_and_optional() -> None:
    graph = read("mix-lock", "mix.lock")
    assert foreign(graph) == {
        "pkg:hex/plain@1.2.0",
        "pkg:hex/real_name@2.0.0",
        "pkg:hex/acme/private@0.1.0",
        "pkg:hex/old@0.0.1",
        "pkg:hex/tele@0.9.0",
        "pkg:hex/icons@0123456789abcdef0123456789abcdef01234567",
    }
    assert own(graph) == {"pkg:hex/own"}
    assert {source: dict(row) for source, row in graph.requires.items()} == {
        "pkg:hex/plain@1.2.0": {"pkg:hex/real_name@2.0.0": "runtime"},
        "pkg:hex/real_name@2.0.0": {"pkg:hex/tele@0.9.0": "optional"},
    }
    assert one(graph, "pkg:hex/acme/private@0.1.0").hints == {"registry": ("hexpm:acme",)}
    assert not graph.direct
    assert codes(graph) == {"no_direct"}


def test_an_empty_mix_lock_is_an_empty_graph() -> None:
    assert text("mix-lock", "mix.lock", "%{}\n").packages == ()


def test_pubspec_says_what_is_direct() -> None:
    graph = read("pubspec-lock", "pubspec.lock")
    assert graph.root == "app"
    assert dict(graph.direct) == {
        "pkg:pub/args@2.4.2": "runtime",
        "pkg:pub/flutter@0.0.0": "runtime",
        "pkg:pub/forked@0.1.0": "runtime",
        "pkg:pub/lints@2.10": "dev",
    }
    assert own(graph) == {"pkg:pub/own@1.0.0"}
    assert one(graph, "pkg:pub/build@8.0.0%2B1").hints == {"registry": ("https://pub.acme.example",)}
    assert one(graph, "pkg:pub/flutter@0.0.0").origin == "path"
    assert one(graph, "pkg:pub/forked@0.1.0").hints == {"vcs": ("https://code.example/team/forked.git",)}


def test_nuget_frameworks_runtimes_projects_and_case() -> None:
    graph = read("nuget-lock", "packages.lock.json")
    assert own(graph) == {"pkg:nuget/own.library", "pkg:nuget/own.other"}
    assert foreign(graph) == {
        "pkg:nuget/Acme.Core@1.0.0",
        "pkg:nuget/Acme.Deep@1.9.0",
        "pkg:nuget/Acme.Deep@2.1.0",
        "pkg:nuget/Acme.Pinned@3.0.0",
        "pkg:nuget/runtime.native@4.0.0",
    }
    assert set(graph.direct) == {
        "pkg:nuget/Acme.Core@1.0.0",
        "pkg:nuget/Acme.Deep@2.1.0",
        "pkg:nuget/Acme.Pinned@3.0.0",
    }
    assert set(graph.requires["pkg:nuget/Acme.Core@1.0.0"]) == {
        "pkg:nuget/Acme.Deep@1.9.0",
        "pkg:nuget/Acme.Deep@2.1.0",
        "pkg:nuget/runtime.native@4.0.0",
    }


def test_gradle_configurations_are_scopes() -> None:
    graph = read("gradle-lockfile", "gradle.lockfile")
    assert {package.purl: package.scopes for package in graph.packages} == {
        "pkg:maven/com.example/core@0.9.0": ("dev",),
        "pkg:maven/com.example/core@1.0.0": ("runtime", "dev"),
        "pkg:maven/com.example/processor@2.0": ("build",),
        "pkg:maven/org.example/tester@5.10.0": ("dev",),
    }
    assert graph.direct["pkg:maven/com.example/core@1.0.0"] == "runtime"


def test_gradle_one_file_per_configuration() -> None:
    graph = read("gradle-lockfile", "testRuntimeClasspath.lockfile")
    assert [package.scopes for package in graph.packages] == [("dev",)]


def test_pom_reads_modules_parents_properties_and_managed_versions() -> None:
    graph = read("pom", "pom.xml")
    assert graph.root == "parent"
    assert dict(graph.direct) == {
        "pkg:maven/org.example/circular": "runtime",
        "pkg:maven/org.example/everywhere@1.0": "runtime",
        "pkg:maven/org.example/from-bom": "runtime",
        "pkg:maven/org.example/managed@4.0.1": "dev",
        "pkg:maven/org.example/maybe@2": "optional",
        "pkg:maven/org.example/provided@4.0": "build",
        "pkg:maven/org.example/ranged": "runtime",
    }
    assert own(graph) == {"pkg:maven/com.example/parent@1.2.3"}
    assert codes(graph) == {"declared", "no_edges", "no_version"}


def test_pom_with_its_parent_outside_the_folder_knows_less() -> None:
    folder = DATA / "pom" / "core"
    graph = import_module("depfund.manifests.pom").read(open_file(folder / "pom.xml", top=folder))
    assert "pkg:maven/org.example/managed" in graph.direct
    assert "pkg:maven/org.example/everywhere@1.0" not in graph.direct


def test_package_resolved_addresses_and_versions() -> None:
    graph = read("package-resolved", "Package.resolved")
    assert foreign(graph) == {
        "pkg:swift/code.example/Acme/Widget@1.6.0",
        "pkg:swift/code.example/acme/branch@89abcdef0123456789abcdef0123456789abcdef",
        "pkg:swift/acme/listed@2.0.0",
    }
    assert own(graph) == {"pkg:swift/own@1.0.0"}
    widget = one(graph, "pkg:swift/code.example/Acme/Widget@1.6.0")
    assert widget.hints == {"repository": ("https://code.example/Acme/Widget",)}
    assert foreign(read("package-resolved", "v1", "Package.resolved")) == {widget.purl}


def test_podfile_subspecs_sources_and_quoted_names() -> None:
    graph = read("podfile-lock", "Podfile.lock")
    core, ui = "pkg:cocoapods/Beta%2BPlus@1.0.0#Core", "pkg:cocoapods/Beta%2BPlus@1.0.0#UI"
    assert set(graph.direct) == {
        ui,
        "pkg:cocoapods/forked@0.1.0",
        "pkg:cocoapods/plugin@0.0.1",
        "pkg:cocoapods/Secret@2.0",
    }
    assert dict(graph.requires[ui]) == {core: "runtime"}
    assert dict(graph.requires[core]) == {"pkg:cocoapods/Alpha@5.4.4": "runtime"}
    assert one(graph, "pkg:cocoapods/plugin@0.0.1").origin == "path"
    assert one(graph, "pkg:cocoapods/forked@0.1.0").hints == {"vcs": ("https://code.example/team/forked.git",)}
    assert one(graph, "pkg:cocoapods/Secret@2.0").hints == {"registry": ("https://specs.acme.example/specs.git",)}
    assert codes(graph) == {"path_pods"}


def test_podfile_sources_with_brackets_in_them() -> None:
    graph = text("podfile-lock", "Podfile.lock", "PODS:\n  - a (1.0)\nDEPENDENCIES:\n  - a (from `../a (copy)`)\n")
    assert dict(graph.direct) == {"pkg:cocoapods/a@1.0": "runtime"}


def test_go_blocks_of_newer_versions_and_their_comments() -> None:
    graph = text(
        "go-mod",
        "go.mod",
        "module a.example/b // Deprecated: gone\ngo 1.25\ngodebug (\n\tdefault=go1.21\n)\nignore ./x\n"
        "require( // two\n\tc.example/d v1.0.0 //indirect\n\te.example/f v1.0.0\n) // end\n",
    )
    assert set(graph.direct) == {"pkg:golang/e.example/f@v1.0.0"}
    assert foreign(graph) == {"pkg:golang/c.example/d@v1.0.0", "pkg:golang/e.example/f@v1.0.0"}


@pytest.mark.parametrize("row", [row for row in FORMATS if row.module in {"cargo_lock", "spdx", "cyclonedx"}])
def test_the_digest_is_that_of_the_bytes(row: object) -> None:
    name, file = {
        "cargo_lock": ("cargo-lock", "Cargo.lock"),
        "spdx": ("spdx", "sbom.spdx.json"),
        "cyclonedx": ("cyclonedx", "bom.xml"),
    }[row.module]  # type: ignore[attr-defined]
    import hashlib

    assert read(name, file).sources[0].sha256 == hashlib.sha256((DATA / name / file).read_bytes()).hexdigest()
