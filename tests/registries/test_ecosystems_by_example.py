"""Each registry's answer, in the shapes that occur, becomes the same kind of Finding."""

from __future__ import annotations

from typing import Any

import pytest

REPO = "https://github.com/acme/widget"


def one(found: dict[str, Any]) -> Any:
    assert len(found) == 1
    return next(iter(found.values()))


def test_pypi_links_owners_and_status(look, asked) -> None:
    body = {
        "info": {
            "name": "Widget",
            "home_page": "",
            "license_expression": "MIT",
            "project_urls": {
                "Home-page": "https://widget.example",
                "Source Code": "https://github.com/Acme/Widget/tree/main/python",
                "Bug Tracker": f"{REPO}/issues",
                "💖 Sponsor": "https://www.patreon.com/acme",
                "Help": "https://opencollective.com/acme",
                "Docs": "https://docs.widget.example/sponsors-of-docs",
            },
        },
        "ownership": {
            "roles": [{"role": "Owner", "user": "ada"}, {"role": "Maintainer", "user": "bo"}],
            "organization": "acme",
        },
        "project-status": {"status": "archived", "reason": "done"},
    }
    found = one(look({"PYPI": {"/pypi/wid-get/json": body}}, "pkg:pypi/wid-get@1.0"))
    assert found.exists is True
    assert (found.repository, found.directory) == (REPO, "python")
    assert [link.url for link in found.links] == ["https://www.patreon.com/acme", "https://opencollective.com/acme"]
    assert found.links[0].where == "PYPI:/pypi/wid-get/json"
    assert found.links[0].seen
    assert [(who.name, who.role) for who in found.maintainers] == [("ada", "owner"), ("bo", "maintainer")]
    assert (found.organization, found.status, found.licence, found.homepage) == (
        "acme",
        "archived",
        "MIT",
        "https://widget.example",
    )
    assert found.evidence[0].what.startswith("Source Code: https://github.com/Acme/Widget")
    assert found.tried == ("PYPI: 200", "ECOSYSTEMS_PACKAGES: 404")
    assert asked.count("PYPI /pypi/wid-get/json") == 1


@pytest.mark.parametrize(
    ("info", "repository"),
    [
        ({"project_urls": None, "home_page": REPO}, REPO),
        ({"project_urls": {"Homepage": REPO + ".git"}}, REPO),
        ({"project_urls": {"Issues": REPO + "/issues"}}, REPO),
        ({"project_urls": {"Funding": "https://github.com/sponsors/acme"}, "home_page": "https://x.example"}, None),
        ({"project_urls": [], "home_page": None}, None),
        ({}, None),
    ],
)
def test_pypi_without_a_source_label(look, info: dict[str, Any], repository: str | None) -> None:
    assert one(look({"PYPI": {"/pypi/x/json": {"info": info}}}, "pkg:pypi/x@1")).repository == repository


def test_pypi_status_in_the_place_of_the_specifications_example(look) -> None:
    body = {"info": {}, "meta": {"project-status": "deprecated", "project-status-reason": "x"}}
    assert one(look({"PYPI": {"/pypi/x/json": body}}, "pkg:pypi/x@1")).status == "deprecated"


def test_an_index_without_a_json_api_is_read_by_its_newest_wheel(look, asked) -> None:
    files = [
        {
            "filename": f"x-{version}-py3-none-any.whl",
            "url": f"/files/x-{version}-py3-none-any.whl",
            "core-metadata": True,
        }
        for version in ("1.9.0", "1.10.0", "2.0.0rc1")
    ]
    lines = [
        "Name: x",
        f"Project-URL: Source, {REPO}",
        "Project-URL: Funding, https://ko-fi.com/acme",
        "License-Expression: MIT",
    ]
    metadata = "\n".join([*lines, "", "body"])
    world = {
        "PYPI": {
            "/simple/x/": {"files": files, "meta": {"api-version": "1.4"}},
            "/files/x-1.10.0-py3-none-any.whl.metadata": metadata,
        }
    }
    found = one(look(world, "pkg:pypi/x@1.9.0"))
    assert (found.repository, found.licence, [link.url for link in found.links]) == (
        REPO,
        "MIT",
        ["https://ko-fi.com/acme"],
    )


@pytest.mark.parametrize(
    ("funding", "urls"),
    [
        ("https://acme.example/donate", ["https://acme.example/donate"]),
        ({"type": "opencollective", "url": "https://opencollective.com/acme"}, ["https://opencollective.com/acme"]),
        (
            ["https://a.example", {"url": "https://b.example"}, {"type": "x"}, 3, None],
            ["https://a.example", "https://b.example"],
        ),
        ({"url": "javascript:alert(1)"}, []),
        ("mailto:a@acme.example", []),
        (False, []),
    ],
)
def test_npm_funding_in_its_shapes(look, funding: Any, urls: list[str]) -> None:
    found = one(
        look(
            {"NPM": {"/@acme%2Fwidget/latest": {"name": "@acme/widget", "funding": funding}}},
            "pkg:npm/%40acme/widget@1.0.0",
        )
    )
    assert [link.url for link in found.links] == urls


@pytest.mark.parametrize(
    ("repository", "expected", "folder"),
    [
        ("acme/widget", REPO, None),
        ("github:acme/widget", REPO, None),
        ("gitlab:acme/group/widget", "https://gitlab.com/acme/group/widget", None),
        (
            {"type": "git", "url": "git+https://github.com/Acme/Widget.git", "directory": "packages/x"},
            REPO,
            "packages/x",
        ),
        ({"url": "git+ssh://git@github.com/acme/widget.git"}, REPO, None),
        ({"url": "git://github.com/acme/widget.git#main"}, REPO, None),
        ("gist:11081aaa281", None, None),
        ({"url": 3}, None, None),
        ([], None, None),
    ],
)
def test_npm_repository_in_its_shapes(look, repository: Any, expected: str | None, folder: str | None) -> None:
    found = one(look({"NPM": {"/widget/latest": {"repository": repository}}}, "pkg:npm/widget@1.0.0"))
    assert (found.repository, found.directory) == (expected, folder)


def test_npm_deprecated_and_its_publishers(look) -> None:
    body = {
        "deprecated": "use gadget",
        "maintainers": [{"name": "ada"}, "bo <bo@x.example>"],
        "license": {"type": "ISC"},
    }
    found = one(look({"NPM": {"/widget/latest": body}}, "pkg:npm/widget@1.0.0"))
    assert (found.status, [who.name for who in found.maintainers], found.licence) == (
        "deprecated",
        ["ada", "bo"],
        "ISC",
    )


def test_crates(look) -> None:
    body = {
        "crate": {"repository": None, "homepage": REPO, "yanked": False},
        "versions": [{"license": "MIT OR Apache-2.0"}],
    }
    found = one(look({"CRATES": {"/api/v1/crates/widget?include=default_version": body}}, "pkg:cargo/widget@1.0.0"))
    assert (found.repository, found.licence) == (REPO, "MIT OR Apache-2.0")


def test_rubygems(look) -> None:
    body = {
        "funding_uri": "https://opencollective.com/acme",
        "source_code_uri": f"{REPO}/tree/v1.0.0",
        "metadata": {"funding_uri": "https://opencollective.com/acme"},
        "licenses": ["MIT"],
        "authors": "Ada, Bo",
    }
    found = one(look({"RUBYGEMS": {"/api/v1/gems/widget.json": body}}, "pkg:gem/widget@1.0.0"))
    assert (found.repository, [link.url for link in found.links], found.licence) == (
        REPO,
        ["https://opencollective.com/acme"],
        "MIT",
    )


def test_packagist_minified_rows_are_made_whole(look) -> None:
    rows = [
        {"version": "v3.0.0-beta1", "source": {"url": f"{REPO}.git"}, "funding": [{"url": "https://ko-fi.com/beta"}]},
        {"version": "v2.0.0", "funding": [{"type": "github", "url": "https://github.com/sponsors/acme"}]},
        {"version": "v1.0.0", "funding": [{"url": "https://www.patreon.com/old"}], "abandoned": True},
        {"version": "v0.9.0", "funding": "__unset"},
    ]
    body = {"minified": "composer/2.0", "packages": {"acme/widget": rows}}
    found = one(look({"PACKAGIST_REPO": {"/p2/acme/widget.json": body}}, "pkg:composer/acme/widget@1.0.0"))
    assert found.repository == REPO
    assert [link.url for link in found.links] == ["https://github.com/sponsors/acme"]
    assert [link.url for link in found.older_links] == ["https://www.patreon.com/old"]
    assert found.status is None


def test_packagist_without_tags_is_read_by_its_branches(look, asked) -> None:
    world = {
        "PACKAGIST_REPO": {
            "/p2/acme/widget.json": {"packages": {"acme/widget": []}},
            "/p2/acme/widget~dev.json": {
                "packages": {"acme/widget": [{"version": "dev-main", "source": {"url": REPO}}]}
            },
        }
    }
    assert one(look(world, "pkg:composer/acme/widget@dev-main")).repository == REPO


def test_go_modules_on_forges_vanity_domains_and_by_origin(look, asked) -> None:
    page = "".join(
        f'<meta name="go-import" content="go.acme.example/x {rest}">'
        for rest in ("mod https://p.example", f"git {REPO} sub")
    )
    world = {
        "GOPROXY": {
            "/github.com/!acme/!widget/v2/@latest": {"Version": "v2.1.0"},
            "/go.acme.example/x/y/v3/@latest": {"Version": "v3.0.0"},
            "/golang.org/x/text/@latest": {
                "Version": "v0.1.0",
                "Origin": {"VCS": "git", "URL": "https://go.googlesource.com/text"},
            },
        },
        "WEB": {"/go.acme.example/x/y?go-get=1": page},
    }
    found = look(
        world,
        "pkg:golang/github.com/Acme/Widget/v2@v2.0.0",
        "pkg:golang/go.acme.example/x/y/v3@v3.0.0",
        "pkg:golang/golang.org/x/text@v0.1.0",
    )
    places = {finding.repository: finding.directory for finding in found.values()}
    assert places == {REPO: "sub/y", "https://go.googlesource.com/text": None} | {REPO: places[REPO]}
    assert found["pkg:golang/github.com/Acme/Widget/v2"].repository == REPO
    assert found["pkg:golang/github.com/Acme/Widget/v2"].directory is None


def test_a_go_module_that_the_proxy_does_not_have_has_no_repository(look) -> None:
    found = one(look({}, "pkg:golang/github.com/acme/gone@v1.0.0"))
    assert (found.exists, found.repository) == (False, None)


def test_nuget_sponsorship_and_the_nuspecs_repository(look) -> None:
    entry = {
        "version": "2.0.0",
        "projectUrl": "https://widget.example",
        "authors": "Ada,Bo",
        "licenseExpression": "MIT",
    }
    index = {
        "items": [{"items": [{"catalogEntry": entry}]}],
        "metadata": {"sponsorshipUrls": ["https://ko-fi.com/acme"]},
    }
    schema = "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"
    nuspec = f'<package xmlns="{schema}"><metadata><repository type="git" url="{REPO}.git"/></metadata></package>'
    world = {
        "NUGET": {
            "/v3/registration5-gz-semver2/acme.widget/index.json": index,
            "/v3-flatcontainer/acme.widget/2.0.0/acme.widget.nuspec": nuspec,
        }
    }
    found = one(look(world, "pkg:nuget/Acme.Widget@1.0.0"))
    assert (found.repository, [link.url for link in found.links]) == (REPO, ["https://ko-fi.com/acme"])
    assert [who.name for who in found.maintainers] == ["Ada", "Bo"]


@pytest.mark.parametrize("metadata", [None, {}, {"sponsorshipUrls": None}, {"sponsorshipUrls": []}])
def test_nuget_without_sponsorship(look, metadata: Any) -> None:
    index = {"items": [], "metadata": metadata}
    assert one(look({"NUGET": {"/v3/registration5-gz-semver2/x/index.json": index}}, "pkg:nuget/x@1.0.0")).links == ()


def test_hex_links_have_free_labels(look) -> None:
    body = {
        "meta": {
            "links": {
                "GitHub": REPO,
                "Sponsor": "https://ko-fi.com/acme",
                "Changelog": f"{REPO}/blob/main/CHANGELOG.md",
            },
            "licenses": ["MIT"],
        },
        "owners": [{"username": "ada"}],
    }
    found = one(look({"HEX": {"/api/packages/widget": body}}, "pkg:hex/widget@1.0.0"))
    assert (found.repository, [link.url for link in found.links], found.maintainers[0].name) == (
        REPO,
        ["https://ko-fi.com/acme"],
        "ada",
    )


def test_pub_funding_of_the_latest_and_of_the_locked_version(look) -> None:
    body = {
        "latest": {
            "version": "2.0.0",
            "pubspec": {"repository": f"{REPO}/tree/main/dart", "funding": ["https://ko-fi.com/acme"]},
        },
        "versions": [{"version": "1.0.0", "pubspec": {"funding": ["https://ko-fi.com/old"]}}],
        "isDiscontinued": True,
    }
    found = one(look({"PUBDEV": {"/api/packages/widget": body}}, "pkg:pub/widget@1.0.0"))
    assert (found.repository, found.directory, found.status) == (REPO, "dart", "deprecated")
    assert [link.url for link in found.older_links] == ["https://ko-fi.com/old"]


def test_maven_inherits_from_its_parents(look, asked) -> None:
    above = "<groupId>org.acme</groupId><artifactId>parent</artifactId><version>3</version>"
    child = f"<project xmlns='http://maven.apache.org/POM/4.0.0'><parent>{above}</parent></project>"
    parent = (
        f"<project><groupId>org.acme</groupId><properties><where>{REPO}</where></properties>"
        "<url>https://acme.example</url><scm><url>${where}/tree/main</url></scm>"
        "<licenses><license><name>MIT</name></license></licenses></project>"
    )
    world = {
        "MAVEN": {"/maven2/org/acme/widget/1.0/widget-1.0.pom": child, "/maven2/org/acme/parent/3/parent-3.pom": parent}
    }
    found = one(look(world, "pkg:maven/org.acme/widget@1.0"))
    assert (found.repository, found.homepage, found.licence) == (REPO, "https://acme.example", "MIT")


def test_maven_parents_in_a_circle_end(look, asked) -> None:
    pom = "<project><parent><groupId>a</groupId><artifactId>a</artifactId><version>1</version></parent></project>"
    found = one(look({"MAVEN": {"/maven2/a/a/1/a-1.pom": pom}}, "pkg:maven/a/a@1"))
    assert found.repository is None
    assert len([each for each in asked if each.startswith("MAVEN")]) <= 2


def test_conda_asks_the_channel_that_the_lockfile_records(look) -> None:
    from depfund.model import Package

    package = Package(
        purl="pkg:conda/widget@1.0", name="widget", version="1.0", ecosystem="conda",
        hints={"registry": ("https://conda.anaconda.org/bioconda",)},
    )  # fmt: skip
    found = one(
        look({"CONDA": {"/package/bioconda/widget": {"dev_url": REPO, "home": "https://widget.example"}}}, package)
    )
    assert (found.repository, found.homepage) == (REPO, "https://widget.example")
