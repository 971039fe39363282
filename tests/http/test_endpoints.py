"""Where services are: override, recorded source, client settings, public default; and what is nobody's business."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from depfund.config import Config
from depfund.http.endpoints import SERVICES, Endpoints, bare, public

MIRROR = "https://mirror.acme.example/pypi/simple"


def endpoints(**fields: object) -> Endpoints:
    return Endpoints(Config(**fields))  # type: ignore[arg-type]


def test_the_public_registries_come_out_of_the_purl_tables() -> None:
    for service in ("PYPI", "NPM", "NPM_DOWNLOADS"):
        assert urlsplit(public(service)).scheme == "https"
        assert not SERVICES[service].base
        assert endpoints().base(service).shown == f"{service}:"


def test_an_override_wins_over_everything() -> None:
    where = endpoints(endpoints={"PYPI": "http://127.0.0.1:9/pypi"}, environ={"PIP_INDEX_URL": MIRROR})
    base = where.base("PYPI", public("PYPI") + "/simple")
    assert (base.url, base.public, base.trusted) == ("http://127.0.0.1:9/pypi", True, True)


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
@pytest.mark.parametrize("recorded", [None, "public"])
def test_a_mirror_in_the_environment_is_honoured(name: str, recorded: str | None) -> None:
    source = public("PYPI") + "/simple" if recorded else None
    base = endpoints(environ={name: MIRROR + "/"}).base("PYPI", source)
    assert (base.url, base.trusted, base.public, base.tokens) == ("https://mirror.acme.example/pypi", True, True, False)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".config/pip/pip.conf", f"[global]\nindex-url = {MIRROR}\n"),
        (".pip/pip.conf", f"[install]\nindex_url = {MIRROR}\n"),
        (".config/uv/uv.toml", f'index-url = "{MIRROR}"\n'),
        (".config/uv/uv.toml", f'[[index]]\nname = "acme"\nurl = "{MIRROR}"\ndefault = true\n'),
        (".config/uv/uv.toml", f'[pip]\nindex-url = "{MIRROR}"\n'),
    ],
)
def test_a_mirror_in_the_clients_own_files_is_honoured(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert endpoints(environ={"HOME": str(tmp_path)}).base("PYPI").url == "https://mirror.acme.example/pypi"


@pytest.mark.parametrize("text", ["[global\nindex-url=", "\x00\xff", "index-url = 3"])
def test_broken_settings_are_as_if_absent(tmp_path: Path, text: str) -> None:
    for file in (".pip/pip.conf", ".config/uv/uv.toml", ".npmrc"):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    where = endpoints(environ={"HOME": str(tmp_path)})
    assert where.base("PYPI").default
    assert where.base("NPM").default


def test_npms_registry_scopes_and_credentials(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(
        "# a comment\nregistry=https://npm.acme.example/all/\n@acme:registry=https://own.acme.example/npm\n"
        "//npm.acme.example/all/:_authToken=${TOKEN}\n//own.acme.example/npm/:_auth=YTpi\n"
    )
    where = endpoints(environ={"HOME": str(tmp_path), "TOKEN": "t0p"})
    assert where.base("NPM").url == "https://npm.acme.example/all"
    assert where.base("NPM").auth == "Bearer t0p"
    scoped = where.base("NPM", None, "@acme/x")
    assert (scoped.url, scoped.auth, scoped.public) == ("https://own.acme.example/npm", "Basic YTpi", False)
    assert not where.is_public("NPM", None, "@acme/x")
    assert where.is_public("NPM", None, "@other/x")
    assert endpoints(environ={"npm_config_registry": "https://r.example/"}).base("NPM").url == "https://r.example"


def test_a_projects_own_npmrc_gets_no_credentials(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("registry=https://elsewhere.example/\n//elsewhere.example/:_authToken=x\n")
    base = endpoints(environ={"PWD": str(tmp_path)}).base("NPM")
    assert (base.url, base.auth) == ("https://elsewhere.example", None)


def test_a_recorded_source_that_nobody_configured_is_private_and_asked_itself() -> None:
    where = endpoints(endpoints={"PYPI": "http://127.0.0.1:9/pypi"})
    base = where.base("PYPI", "https://pkgs.acme.example/simple")
    assert (base.url, base.trusted, base.public) == ("https://pkgs.acme.example", False, False)
    assert not where.is_public("PYPI", "https://pkgs.acme.example/simple")


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("CRATES", "https://index.crates.io/"),
        ("CRATES", "https://github.com/rust-lang/crates.io-index"),
        ("RUBYGEMS", "https://rubygems.org/"),
        ("MAVEN", "https://repo.maven.apache.org/maven2"),
        ("NUGET", "https://api.nuget.org/v3/index.json"),
        ("CONDA", "https://conda.anaconda.org/conda-forge"),
        ("HEX", "hexpm"),
        ("PACKAGIST_REPO", "https://packagist.org"),
    ],
)
def test_public_services_are_known_by_the_names_that_lockfiles_use(service: str, source: str) -> None:
    assert endpoints().is_public(service, source)
    assert not endpoints().is_public(service, "https://git.acme.example/registry")


def test_goprivate_is_respected() -> None:
    where = endpoints(environ={"GOPRIVATE": "*.corp.example,github.com/acme"})
    assert not where.is_public("GOPROXY", None, "git.corp.example/team/tool")
    assert not where.is_public("GOPROXY", None, "github.com/acme/tool/v2")
    assert where.is_public("GOPROXY", None, "github.com/acmeinc/tool")
    assert (
        endpoints(environ={"GOPROXY": "https://go.acme.example,direct"}).base("GOPROXY").url
        == "https://go.acme.example"
    )


def test_credentials_leave_the_address() -> None:
    url, auth = bare("https://user:p%40ss@host.example/simple/")
    assert url == "https://host.example/simple"
    assert auth == "Basic dXNlcjpwQHNz"


def test_addresses_in_data_go_to_the_configured_stand_in() -> None:
    where = endpoints(endpoints={"GITHUB_API": "http://127.0.0.1:9/api", "GITHUB_GRAPHQL": "http://127.0.0.1:9/gql"})
    assert where.route("https://api.github.com/repos/o/r")[2] == "/repos/o/r"  # type: ignore[index]
    assert where.route("https://api.github.com/graphql")[0] == "GITHUB_GRAPHQL"  # type: ignore[index]
    assert where.route("https://api.github.com.evil.example/x") is None
