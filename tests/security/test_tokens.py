"""A token goes to its own service and is found nowhere else: not in the cache, the facts, an error or a log."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import depfund
from depfund import Config, Graph, Package

GITHUB, COLLECTIVE = "ghp_marker0token1github", "marker0token1collective"
GRAPH = Graph(
    root="shop",
    packages=(
        Package(
            purl="pkg:pypi/alpha@1",
            name="alpha",
            version="1",
            ecosystem="pypi",
            hints={"repository": ("https://github.com/alpha-team/alpha",)},
        ),
        Package(purl="pkg:npm/beta@2", name="beta", version="2", ecosystem="npm"),
    ),
    direct={"pkg:pypi/alpha@1": "runtime", "pkg:npm/beta@2": "runtime"},
)


def test_tokens_go_to_their_own_service_alone(world, config, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    facts = depfund.resolve(GRAPH, config=config)
    sent = {path for _, path, headers, _ in world.asked if GITHUB in str(headers)}
    assert sent
    assert all(path.startswith(("/github_graphql", "/github_api")) for path in sent)
    assert all(path.startswith("/opencollective") for _, path, headers, _ in world.asked if COLLECTIVE in str(headers))
    bodies = "".join(path + repr(body) for _, path, _, body in world.asked)
    for text in (bodies, facts.to_json(), repr(config), str(config), caplog.text):
        assert GITHUB not in text
        assert COLLECTIVE not in text


def test_tokens_are_not_in_any_file_of_the_cache(world, config) -> None:
    depfund.resolve(GRAPH, config=config)
    files = [path for path in Path(config.cache_dir).rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        assert GITHUB.encode() not in data, path
        assert COLLECTIVE.encode() not in data, path
        assert b"authorization" not in data.lower(), path


def test_a_projects_own_endpoint_gets_no_token(world, tmp_path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.depfund.endpoints]\nGITHUB_GRAPHQL = "{world.root}/evil"\nGITHUB_API = "{world.root}/evil"\n'
        f'OPENCOLLECTIVE = "{world.root}/evil"\nGITHUB_RAW = "{world.root}/evil"\nGITHUB_WEB = "{world.root}/evil"\n'
        f'PYPI = "{world.root}/evil"\nNPM = "{world.root}/evil"\nWEB = "{world.root}/evil"\n'
        + "".join(
            f'{name} = "{world.root}/evil"\n' for name in ("ECOSYSTEMS_PACKAGES", "ECOSYSTEMS_SPONSORS", "DEPSDEV")
        )
    )
    environ = {"GITHUB_TOKEN": GITHUB, "OPENCOLLECTIVE_TOKEN": COLLECTIVE, "DEPFUND_CACHE_DIR": str(tmp_path / "c")}
    config = Config.load(tmp_path, environ=environ, patience=2.0, timeout=2.0)
    depfund.resolve(GRAPH, config=config)
    assert world.asked
    assert GITHUB not in world.everything()
    assert COLLECTIVE not in world.everything()


def test_an_error_with_a_broken_endpoint_does_not_show_credentials(tmp_path) -> None:
    environ = {
        "DEPFUND_ENDPOINT_PYPI": "http://user:hunter2secret@127.0.0.1:9/pypi",
        "GITHUB_TOKEN": GITHUB,
        "DEPFUND_CACHE_DIR": str(tmp_path / "c"),
        **{
            f"DEPFUND_ENDPOINT_{name}": "http://127.0.0.1:9"
            for name in ("GITHUB_GRAPHQL", "GITHUB_RAW", "GITHUB_WEB", "ECOSYSTEMS_PACKAGES", "WEB", "NPM", "DEPSDEV")
        },
    }
    config = Config.load(tmp_path, environ=environ, patience=0.2, timeout=0.2)
    text = depfund.resolve(GRAPH, config=config).to_json()
    assert "hunter2secret" not in text
    assert GITHUB not in text


def test_the_command_line_shows_no_token(world, environ, tmp_path) -> None:
    (tmp_path / "graph.json").write_text(GRAPH.to_json())
    code = "from depfund.cli import main; main()"
    command = [sys.executable, "-c", code, "resolve", "graph.json", "-o", "facts.json"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert GITHUB not in done.stdout + done.stderr + (tmp_path / "facts.json").read_text()


def test_the_cache_and_its_folder_belong_to_their_owner(world, config) -> None:
    depfund.resolve(GRAPH, config=config)
    (database,) = [path for path in Path(config.cache_dir).iterdir() if path.suffix == ".sqlite3"]
    assert database.stat().st_mode & 0o777 == 0o600
    assert Path(config.cache_dir).stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.parametrize("text", ["token", "GITHUB_TOKEN"])
def test_a_config_does_not_print_its_secrets(text: str) -> None:
    endpoints = {"PYPI": f"https://user:{GITHUB}@mirror.example"}
    config = Config(github_token=text + GITHUB, environ={"X": GITHUB}, endpoints=endpoints)
    assert GITHUB not in repr(config)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_takes_no_token_along(world, config, status: int) -> None:
    from depfund.http import Http

    world.say("/github_api/repos/a/b", "", status=status, location="https://site.example/stolen")
    world.say("/web/site.example/stolen", "{}")
    with Http(config) as http:
        http.get("GITHUB_API", "/repos/a/b")
    first, *others = world.asked
    assert GITHUB in first[2]["authorization"]
    assert [path for _, path, _, _ in others] == ["/web/site.example/stolen"]
    assert not any("authorization" in headers for _, _, headers, _ in others)


@pytest.mark.parametrize("path", ["/user", "/repos/acme/private/contents/funding.json", "/graphql", "/graphql?query=x"])
def test_an_address_that_a_stranger_wrote_is_not_asked_in_the_users_name(world, config, path: str) -> None:
    from depfund.http import Http

    with Http(config) as http:
        http.fetch(f"https://api.github.com{path}")
        http.fetch("https://api.opencollective.com/graphql/v2?query=x")
    assert len(world.asked) == 2
    assert not any({"authorization", "personal-token"} & set(headers) for _, _, headers, _ in world.asked)


def test_a_redirect_from_one_service_to_another_takes_no_token_along(world, config) -> None:
    from depfund.http import Http

    world.say("/npm/x/latest", "", status=302, location=f"{world.root}/github_api/user")
    world.say("/github_api/repos/old/x", "", status=301, location=f"{world.root}/github_api/repositories/1")
    with Http(config) as http:
        http.get("NPM", "/x/latest")
        http.get("GITHUB_API", "/repos/old/x")
    sent = {path: headers.get("authorization") for _, path, headers, _ in world.asked}
    assert sent["/github_api/user"] is None
    assert GITHUB in sent["/github_api/repositories/1"]
