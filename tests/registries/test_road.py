"""In which order who is asked, who never, and what becomes of several answers."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from depfund.registries import Finding, Link
from depfund.registries._road import merge

REPO = "https://github.com/acme/widget"
BULK = "/packages/bulk_lookup"
ECO = "ECOSYSTEMS_PACKAGES"


def record(purl: str, **fields: object) -> dict[str, object]:
    return {"purl": purl, "repository_url": REPO, "metadata": {}, "maintainers": [], **fields}


def asked_of(asked: list[str], service: str) -> list[str]:
    return [each for each in asked if each.startswith(f"{service} ")]


def test_one_answer_per_name_whatever_versions_are_locked(look, asked) -> None:
    found = look({"NPM": {"/x/latest": {"repository": "acme/widget"}}}, "pkg:npm/x@1.0.0", "pkg:npm/x@2.0.0")
    assert list(found) == ["pkg:npm/x"]
    assert len(asked_of(asked, "NPM")) == 1


def test_a_second_opinion_fills_what_the_registry_leaves_open(look, bulk) -> None:
    known = record(
        "pkg:npm/x",
        maintainers=[{"login": "ada", "role": "owner"}],
        licenses="MIT",
        metadata={"funding": "https://ko-fi.com/acme"},
    )
    world = {"NPM": {"/x/latest": {"license": "ISC"}}, ECO: {f"{BULK}?": None, "*": bulk(known)}}
    finding = look(world, "pkg:npm/x@1.0.0")["pkg:npm/x"]
    assert (finding.repository, finding.licence, finding.maintainers[0].name) == (REPO, "ISC", "ada")
    assert [(link.url, "ecosyste.ms" in link.where) for link in finding.links] == [("https://ko-fi.com/acme", True)]
    assert finding.tried == ("NPM: 200", "ECOSYSTEMS_PACKAGES: 200")


def test_a_registrys_no_stands_whatever_a_mirror_remembers(look, bulk) -> None:
    finding = look({ECO: {"*": bulk(record("pkg:npm/x"))}}, "pkg:npm/x@1.0.0")["pkg:npm/x"]
    assert (finding.exists, finding.repository) == (False, None)
    assert finding.tried[0] == "NPM: 404"


def test_what_the_mirror_does_not_know_is_asked_once_more(look, asked) -> None:
    answers = iter([[], [record("pkg:npm/x")]])
    finding = look({"NPM": {"/x/latest": {}}, ECO: {"*": lambda _: next(answers)}}, "pkg:npm/x@1.0.0")["pkg:npm/x"]
    assert finding.repository == REPO
    assert len(asked_of(asked, ECO)) == 2


def test_many_crates_are_asked_of_the_aggregators_and_few_of_the_registry(look, bulk, asked) -> None:
    names = [f"pkg:cargo/c{number}" for number in range(12)]
    world = {ECO: {"*": bulk(*(record(name) for name in names))}}
    found = look(world, *(f"{name}@1.0.0" for name in names))
    assert {finding.repository for finding in found.values()} == {REPO}
    assert not asked_of(asked, "CRATES")
    look({}, "pkg:cargo/few@1.0.0")
    assert len(asked_of(asked, "CRATES")) == 1


def test_deps_dev_stands_in_when_the_mirror_is_down(look, asked) -> None:
    def versions(request: httpx.Request) -> object:
        import json

        rows = [
            {
                "version": {
                    "versionKey": row["versionKey"],
                    "links": [{"label": "SOURCE_REPO", "url": REPO}],
                    "licenses": ["MIT"],
                }
            }
            for row in json.loads(request.content)["requests"]
        ]
        return {"responses": rows}

    world = {ECO: {"*": httpx.Response(500)}, "DEPSDEV": {"*": versions}}
    found = look(world, *(f"pkg:cargo/c{number}@1.0.0" for number in range(12)))
    assert {(finding.repository, finding.licence) for finding in found.values()} == {(REPO, "MIT")}
    assert not asked_of(asked, "CRATES")


def test_a_service_that_is_down_leaves_notes_that_name_it(look) -> None:
    world = {"NPM": {"*": httpx.Response(503)}, "PYPI": {"/pypi/y/json": {"info": {"home_page": REPO}}}}
    found = look(world, "pkg:npm/x@1.0.0", "pkg:pypi/y@1.0")
    assert found["pkg:pypi/y"].repository == REPO
    gap = found["pkg:npm/x"]
    assert gap.exists is None
    assert [note.code for note in gap.notes] == ["registry_gap"]
    assert "NPM" in gap.notes[0].message
    assert "503" in gap.notes[0].message


def test_private_sources_are_asked_themselves_and_named_to_nobody_else(look, package, asked) -> None:
    own = package("pkg:npm/secret-thing@1.0.0", hints={"registry": ("https://npm.corp.example/",)})
    crate = package("pkg:cargo/secret-crate@1.0.0", hints={"registry": ("https://git.corp.example/index",)})
    path = package("pkg:pypi/secret-path@1.0", origin="path")
    fork = package(
        "pkg:pypi/secret-fork@1.0", origin="vcs", hints={"vcs": ("git+https://git.corp.example/team/fork.git",)}
    )
    found = look({"NPM": {"*": {"repository": "acme/widget"}}}, own, crate, path, fork)
    assert found["pkg:npm/secret-thing"].repository == REPO
    assert found["pkg:cargo/secret-crate"].notes[0].code == "private_source"
    assert found["pkg:pypi/secret-fork"].repository == "https://git.corp.example/team/fork"
    assert found["pkg:pypi/secret-path"].repository is None
    assert len(asked) == 1


def test_first_party_packages_are_left_out(look, package, asked) -> None:
    assert look({}, package("pkg:npm/mine@1.0.0", first_party=True)) == {}
    assert not asked


def test_packages_that_are_named_after_their_repository(look, asked) -> None:
    found = look({}, "pkg:github/Acme/Widget@v1", "pkg:swift/github.com/acme/widget@1.0.0")
    assert {finding.repository for finding in found.values()} == {REPO}


def test_nothing_to_look_up(look, asked) -> None:
    assert look({}) == {}
    assert not asked


def test_offline_says_so_and_asks_nobody(look, asked) -> None:
    finding = look({}, "pkg:npm/x@1.0.0", offline=True)["pkg:npm/x"]
    assert finding.exists is None
    assert finding.tried == ("NPM: offline", "ECOSYSTEMS_PACKAGES: offline")
    assert not asked


texts = st.none() | st.sampled_from(["a", "b"])
links = st.lists(st.sampled_from(["https://a.example", "https://b.example"]), unique=True).map(
    lambda urls: tuple(Link(url=url) for url in urls)
)
findings = st.builds(
    Finding,
    purl=st.just("pkg:npm/x"),
    exists=st.sampled_from([True, None]),
    repository=texts,
    homepage=texts,
    links=links,
    licence=texts,
    status=texts,
)


@given(findings, findings)
def test_merging_never_overrules_the_first_and_loses_no_link(first: Finding, second: Finding) -> None:
    both = merge([first, second])
    for field in ("repository", "homepage", "licence", "status"):
        assert getattr(both, field) == (getattr(first, field) or getattr(second, field))
    assert both.links[: len(first.links)] == first.links
    assert {link.url for link in both.links} == {link.url for link in (*first.links, *second.links)}
    assert merge([first]) == first
