"""Each JavaScript format on a small file that shows its traps, and on files broken in one way each."""

from __future__ import annotations

from pathlib import Path

import pytest

from depfund.errors import ManifestError
from depfund.manifests import reader
from depfund.manifests._file import File, open_file
from depfund.model import Graph

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"


def read(path: str, name: str = "") -> Graph:
    file = DATA / path
    return reader(name or file.name)[1](open_file(file, top=file.parent, shown=path))


def short(purl: str) -> str:
    return purl.removeprefix("pkg:npm/").replace("%40", "@")


def edges(graph: Graph) -> dict[str, dict[str, str]]:
    return {short(a): {short(b): kind for b, kind in row.items()} for a, row in graph.requires.items()}


def direct(graph: Graph) -> dict[str, str]:
    return {short(purl): kind for purl, kind in graph.direct.items()}


def scopes(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {short(package.purl): package.scopes for package in graph.packages if not package.first_party}


def codes(graph: Graph) -> list[str]:
    return [note.code for note in graph.notes]


def hints(graph: Graph, purl: str) -> dict[str, tuple[str, ...]]:
    return next(dict(package.hints) for package in graph.packages if short(package.purl) == purl)


def test_npm_3_nearest_wins_links_aliases_peers_and_what_is_left_over() -> None:
    graph = read("package-lock/v3/package-lock.json")
    assert graph.root == "sample"
    assert edges(graph) == {
        "@scope/beta@2.0.0": {"alpha@1.0.0": "peer", "gamma@2.0.0": "runtime", "tester@1.0.0": "peer"},
        "alpha@1.0.0": {"gamma@1.0.0": "runtime", "maybe@1.0.0": "optional"},
        "member@0.1.0": {"alpha@1.0.0": "runtime", "delta@1.0.0": "runtime", "tester@1.0.0": "dev"},
        "tester@1.0.0": {"gamma@1.0.0": "runtime"},
    }
    assert direct(graph) == {
        "@scope/beta@2.0.0": "runtime",
        "alpha@1.0.0": "runtime",
        "delta@1.0.0": "runtime",
        "forked@3.0.0": "runtime",
        "gamma@1.0.0": "runtime",
        "maybe@1.0.0": "optional",
        "tester@1.0.0": "dev",
    }
    assert [short(p.purl) for p in graph.packages if p.first_party] == ["member@0.1.0"]
    assert scopes(graph)["left-over@9.0.0"] == ()
    assert scopes(graph)["maybe@1.0.0"] == ("optional", "peer")
    assert scopes(graph)["tester@1.0.0"] == ("optional", "peer", "dev"), "an optional peer is both"
    assert "unreached" in codes(graph)
    assert "missing" not in codes(graph), "optional dependencies may be absent"


def test_npm_3_keeps_what_later_rooms_want() -> None:
    graph = read("package-lock/v3/package-lock.json")
    assert hints(graph, "@scope/beta@2.0.0") == {
        "registry": ("https://registry.example/npm",),
        "licence": ("MIT",),
        "funding": ("https://opencollective.example/beta", "https://beta.example/give"),
    }
    assert hints(graph, "alpha@1.0.0")["funding"] == ("https://alpha.example/give",)
    forked = next(p for p in graph.packages if p.name == "forked")
    assert forked.origin == "vcs"
    assert forked.hints["vcs"] == ("git+ssh://git@github.com/example/forked.git#0a1b2c3",)
    assert forked.hints["funding"] == ("https://forked.example/give",)


def test_npm_1_nests_and_takes_the_project_from_package_json() -> None:
    graph = read("package-lock/v1/package-lock.json")
    assert edges(graph) == {
        "alpha@1.0.0": {"gamma@2.0.0": "runtime", "maybe@1.0.0": "optional"},
        "real-tester@1.0.0": {"gamma@1.0.0": "runtime"},
    }
    assert direct(graph) == {"alpha@1.0.0": "runtime", "real-tester@1.0.0": "dev"}
    assert scopes(graph)["gamma@1.0.0"] == ("dev",)
    assert scopes(graph)["left-over@9.0.0"] == ()
    assert scopes(graph)["forked@0a1b2c3"] == ()


def test_npm_1_alone_says_what_it_lacks() -> None:
    data = (DATA / "package-lock/v1/package-lock.json").read_bytes()
    graph = reader("package-lock")[1](File(path="package-lock.json", data=data))
    assert graph.direct == {}
    assert codes(graph) == ["no_manifest"]


def test_npm_1_a_folder_under_an_alias_leaves_the_next_name_alone() -> None:
    tree = '{"one": {"version": "npm:x@file:y"}, "two": {"version": "npm:real@1.0.0"}, "@s/x": {"version": "1.0.0"}}'
    data = f'{{"lockfileVersion": 1, "dependencies": {tree}}}'.encode()
    graph = reader("package-lock")[1](File(path="package-lock.json", data=data))
    assert set(scopes(graph)) == {"real@1.0.0", "@s/x@1.0.0"}
    assert [package.name for package in graph.packages if package.first_party] == ["one"]


def test_npm_3_no_licence_and_one_called_none_are_two_things() -> None:
    row = '"version": "1.0.0", "resolved": "https://r.example/%s/-/%s-1.0.0.tgz"'
    bare = ", ".join(f'"node_modules/{name}": {{{row % (name, name)}}}' for name in ("a", "c"))
    data = f'{{"packages": {{{bare}, "node_modules/b": {{{row % ("b", "b")}, "license": "None"}}}}}}'.encode()
    graph = reader("package-lock")[1](File(path="package-lock.json", data=data))
    assert [package.hints.get("licence") for package in graph.packages] == [None, ("None",), None]


def test_yarn_classic_a_line_of_quotes_as_long_as_the_file_is_refused_at_its_first_key() -> None:
    data = b'"' * 5_000_000 + b':\n  version "1"\n  resolved "x"\n'
    with pytest.raises(ManifestError, match="line 1"):
        reader("yarn-lock")[1](File(path="yarn.lock", data=data))


def test_yarn_classic_looks_keys_up_and_reads_the_workspaces() -> None:
    graph = read("yarn-lock/classic/yarn.lock")
    assert edges(graph) == {
        "@scope/tester@1.0.0": {"gamma@1.0.0": "runtime"},
        "alpha@1.0.0": {"@scope/beta@2.0.0": "runtime", "maybe@1.0.0": "optional"},
        "member@0.1.0": {"delta@1.0.0": "runtime"},
    }
    assert direct(graph) == {
        "@scope/tester@1.0.0": "dev",
        "alpha@1.0.0": "runtime",
        "delta@1.0.0": "runtime",
        "gamma@1.0.0": "runtime",
    }
    assert hints(graph, "@scope/beta@2.0.0") == {"registry": ("https://registry.example",)}
    assert hints(graph, "delta@1.0.0") == {"vcs": ("git+https://github.com/example/delta.git#0a1b2c3",)}
    assert codes(graph) == []


def test_yarn_classic_with_windows_line_ends_is_the_same() -> None:
    data = (DATA / "yarn-lock/classic/yarn.lock").read_bytes()
    read_ = reader("yarn-lock")[1]
    plain, windows = (read_(File(path="y", data=d)) for d in (data, data.replace(b"\n", b"\r\n")))
    assert plain.packages == windows.packages
    assert plain.requires == windows.requires


def test_yarn_berry_knows_patches_aliases_resolutions_and_extensions() -> None:
    graph = read("yarn-lock/berry/yarn.lock")
    assert edges(graph) == {
        "alpha@1.0.0": {"beta@2.0.0": "runtime", "maybe@1.0.0": "optional"},
        "delta@1.0.0": {"forgotten@1.10": "runtime"},
        "member@0.1.0": {"delta@1.0.0": "dev"},
    }
    assert direct(graph) == {"alpha@1.0.0": "runtime", "delta@1.0.0": "dev", "gamma@1.0.0": "dev"}
    assert scopes(graph)["forgotten@1.10"] == ("dev",)
    assert codes(graph) == []


def test_pnpm_5() -> None:
    graph = read("pnpm-lock/v5/pnpm-lock.yaml")
    assert edges(graph) == {"alpha@1.0.0": {"@scope/delta@1.10.0": "optional", "beta@2.0.0": "runtime"}}
    assert direct(graph) == {"alpha@1.0.0": "runtime", "gamma@1.0.0": "runtime", "tester@1.0.0": "dev"}
    assert next(p for p in graph.packages if p.name == "tester").origin == "vcs"


def test_pnpm_6_with_importers_links_and_folders() -> None:
    graph = read("pnpm-lock/v6/pnpm-lock.yaml")
    assert edges(graph) == {"alpha@1.0.0": {"beta@2.0.0": "runtime"}, "local@0.1.0": {"beta@2.0.0": "runtime"}}
    assert direct(graph) == {"alpha@1.0.0": "runtime", "beta@2.0.0": "runtime", "gamma@1.0.0": "runtime"}
    assert [p.name for p in graph.packages if p.first_party] == ["local"]


def test_pnpm_9_reads_the_last_of_two_documents() -> None:
    graph = read("pnpm-lock/v9/pnpm-lock.yaml")
    assert edges(graph) == {"alpha@1.0.0": {"beta@2.0.0": "runtime"}, "tester@1.0.0": {"gamma@1.0.0": "runtime"}}
    assert direct(graph) == {
        "@scope/delta@1.10.0": "optional",
        "alpha@1.0.0": "runtime",
        "gamma@1.0.0": "runtime",
        "tester@1.0.0": "dev",
    }
    assert codes(graph) == []


def test_bun_with_comments_members_and_aliases() -> None:
    graph = read("bun-lock/bun.lock")
    assert edges(graph) == {
        "@scope/beta@2.0.0": {"gamma@1.0.0": "peer"},
        "alpha@1.0.0": {"@scope/beta@2.0.0": "runtime", "gamma@1.0.0": "runtime"},
        "member@0.1.0": {"gamma@2.0.0": "runtime"},
        "tester@0a1b2c3": {"gamma@1.0.0": "runtime"},
    }
    assert direct(graph) == {
        "alpha@1.0.0": "runtime",
        "gamma@1.0.0": "runtime",
        "gamma@2.0.0": "runtime",
        "tester@0a1b2c3": "dev",
    }
    assert hints(graph, "alpha@1.0.0") == {"registry": ("https://registry.example/npm",)}


def test_deno_names_with_and_without_versions() -> None:
    graph = read("deno-lock/deno.lock")
    assert edges(graph) == {
        "alpha@1.0.0": {"beta@2.0.0": "runtime", "gamma@1.0.0": "runtime", "gamma@2.0.0": "optional"},
        "pkg:jsr/@std/path@1.0.9": {"pkg:jsr/@std/internal@1.0.1": "runtime"},
    }
    assert direct(graph) == {"alpha@1.0.0": "runtime", "pkg:jsr/@std/path@1.0.9": "runtime"}
    assert codes(graph) == ["remote", "unreached"]
    assert {p.ecosystem for p in graph.packages} == {"npm", "jsr"}


@pytest.mark.parametrize("version", [2, 3, 4])
def test_deno_keeps_the_same_packages_elsewhere(version: int) -> None:
    npm = '{"alpha@1.0.0": {"dependencies": %s}, "beta@2.0.0_alpha@1.0.0": {}}'
    data = {
        2: '{"version": "2", "npm": {"specifiers": {"alpha": "alpha@1.0.0"}, "packages": %s}}'
        % (npm % '{"beta": "beta@2.0.0_alpha@1.0.0"}'),
        3: '{"version": "3", "packages": {"specifiers": {"npm:alpha": "npm:alpha@1.0.0"}, "npm": %s},'
        ' "workspace": {"dependencies": ["npm:alpha"]}}' % (npm % '{"beta": "beta@2.0.0_alpha@1.0.0"}'),
        4: '{"version": "4", "specifiers": {"npm:alpha@*": "1.0.0"}, "npm": %s,'
        ' "workspace": {"packageJson": {"dependencies": ["npm:alpha@*"]}}}' % (npm % '["beta"]'),
    }[version]
    graph = reader("deno-lock")[1](File(path="deno.lock", data=data.encode()))
    assert edges(graph) == {"alpha@1.0.0": {"beta@2.0.0": "runtime"}}
    assert direct(graph) == ({} if version == 2 else {"alpha@1.0.0": "runtime"})


def test_package_json_declares_without_versions() -> None:
    graph = read("package-json/package.json")
    assert direct(graph) == {
        "@scope/tester": "dev",
        "alpha": "optional",
        "delta": "runtime",
        "forked": "runtime",
        "gamma": "runtime",
        "host": "peer",
    }
    assert graph.requires == {"pkg:npm/one@0.1.0": {"pkg:npm/delta": "runtime"}}
    assert "unpinned" in codes(graph)
    assert any("npm install --package-lock-only" in note.message for note in graph.notes)
    assert hints(graph, "forked") == {"vcs": ("github:example/forked#main",)}


BROKEN = {
    "package-lock/broken/key-twice.json": ("line 2", "stands twice"),
    "package-lock/broken/version-twice.json": ("line 1", "'version' stands twice"),
    "package-lock/broken/link-outside.json": ("node_modules/a", "outside the project's folder"),
    "package-lock/broken/link-nowhere.json": ("node_modules/a", "link without a folder"),
    "package-lock/broken/member-outside.json": ("../sibling", "outside the project's folder"),
    "package-lock/broken/file-absolute.json": ("node_modules/a", "outside the project's folder"),
    "package-lock/broken/control-character.json": ("packages[", "control character"),
    "package-lock/broken/bidi-version.json": ("node_modules/a", "control character"),
    "package-lock/broken/version-number.json": ("packages[...].version", "got `int`"),
    "package-lock/broken/no-packages.json": ("", "neither `packages` nor `dependencies`"),
    "package-lock/broken/cut-short.json": ("", "not JSON"),
    "package-lock/broken/not-utf8.json": ("line 2", "not UTF-8"),
    "package-lock/broken/nul.json": ("line 2", "not JSON"),
    "package-json/broken/file-outside.json": ("a", "outside the project's folder"),
    "package-json/broken/list.json": ("dependencies", "got `array`"),
    "package-json/broken/workspace-outside.json": ("workspaces[0]", "outside the project's folder"),
    "yarn-lock/broken/key-twice.lock": ("line 6", "locked a second time"),
    "yarn-lock/broken/merge-conflict.lock": ("line 3", "merge conflict"),
    "yarn-lock/broken/tab.lock": ("line 4", "no line of a yarn.lock"),
    "yarn-lock/broken/no-colon.lock": ("line 3", "no line of a yarn.lock"),
    "yarn-lock/broken/open-quote.lock": ("line 3", "no line of a yarn.lock"),
    "yarn-lock/broken/file-outside.lock": ("a@file:", "outside the project's folder"),
    "yarn-lock/broken/nul.lock": ("line 5", "NUL"),
    "yarn-lock/broken/workspace-outside.lock": ("a@workspace:", "outside the project's folder"),
    "yarn-lock/broken/no-reference.lock": ("a@npm:^1", "has no reference"),
    "yarn-lock/broken/version-list.lock": ("version", "got `array`"),
    "pnpm-lock/broken/version.yaml": ("lockfileVersion", "versions 5 to 9"),
    "pnpm-lock/broken/empty.yaml": ("lockfileVersion", "versions 5 to 9"),
    "pnpm-lock/broken/importer-outside.yaml": ("importers[", "outside the project's folder"),
    "pnpm-lock/broken/link-outside.yaml": ("['.'].a", "outside the project's folder"),
    "pnpm-lock/broken/key-twice.yaml": ("", "/a@1.0.0"),
    "pnpm-lock/broken/no-version.yaml": ("packages['/a']", "no name or version"),
    "pnpm-lock/broken/packages-list.yaml": ("packages", "got `array`"),
    "bun-lock/broken/workspace-outside.lock": ("packages['a']", "outside the project's folder"),
    "bun-lock/broken/no-workspaces.lock": ("workspaces", "no project"),
    "bun-lock/broken/empty-row.lock": ("packages['a']", "`name@version`"),
    "bun-lock/broken/empty-name.lock": ("packages['a//b']", "no path"),
    "bun-lock/broken/key-twice.lock": ("line 1", "stands twice"),
    "deno-lock/broken/version.lock": ("version", "versions 2 to 5"),
    "deno-lock/broken/no-version.lock": ("npm['alpha']", "`name@version`"),
    "deno-lock/broken/dependencies-number.lock": ("npm", "got `int`"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_broken_files_say_which_file_where_and_what(path: str) -> None:
    where, message = BROKEN[path]
    with pytest.raises(ManifestError) as caught:
        read(path, path.partition("/")[0])
    assert path.rpartition("/")[2] in str(caught.value)
    assert where in str(caught.value)
    assert message in str(caught.value)


def test_every_broken_file_is_tested() -> None:
    formats = {path.partition("/")[0] for path in BROKEN}
    there = {p.relative_to(DATA).as_posix() for f in formats for p in (DATA / f / "broken").iterdir()}
    assert there == set(BROKEN)


@pytest.mark.parametrize("format_", ["package-lock", "package-json", "bun-lock", "deno-lock"])
@pytest.mark.parametrize("wrap", ["%s", '{"unknown": %s}', '{"packages": {"": %s}}'])
def test_json_a_million_deep_is_an_error_and_no_crash(format_: str, wrap: str) -> None:
    data = (wrap % ("[" * 10**6 + "]" * 10**6)).encode()
    with pytest.raises(ManifestError):
        reader(format_)[1](File(path="deep.json", data=data))


def test_a_chain_of_100_000_is_read() -> None:
    count = 100_000
    rows = (f'"node_modules/p{n}":{{"version":"1.0.0","dependencies":{{"p{n + 1}":"1"}}}}' for n in range(count))
    data = f'{{"packages":{{"":{{"dependencies":{{"p0":"1"}}}},{",".join(rows)}}}}}'.encode()
    graph = reader("package-lock")[1](File(path="package-lock.json", data=data))
    assert len(graph.packages) == count
    assert all(package.scopes == ("runtime",) for package in graph.packages)
