"""The cache: no service answers for another, refusals are not remembered, a broken file does no harm."""

import dataclasses
import sqlite3
from pathlib import Path

from depfund import Config
from depfund.http import Http
from depfund.http.store import NAME


def test_a_project_cannot_poison_the_answers_of_the_real_service(world, config) -> None:
    world.say("/evil/alpha/json", '{"who": "evil"}', cache_control="max-age=99999999, immutable")
    world.say("/pypi/alpha/json", '{"who": "real"}')
    endpoints = {**config.endpoints, "PYPI": f"{world.root}/evil"}
    evil = dataclasses.replace(config, endpoints=endpoints, from_project=frozenset({"PYPI"}))
    with Http(evil) as http:
        assert b"evil" in http.get("PYPI", "/alpha/json").body
    with Http(config) as http:
        assert b"real" in http.get("PYPI", "/alpha/json").body
    with Http(dataclasses.replace(config, offline=True)) as http:
        assert b"real" in http.get("PYPI", "/alpha/json").body


def test_what_was_asked_with_a_token_is_not_answered_from_a_query_without_one(world, config) -> None:
    world.say("/github_graphql", '{"data": {"secret": 1}}')
    with Http(config) as http:
        assert http.graphql("GITHUB_GRAPHQL", "{ viewer { login } }", {}).ok
    with Http(dataclasses.replace(config, github_token=None, offline=True)) as http:
        answer = http.graphql("GITHUB_GRAPHQL", "{ viewer { login } }", {})
    assert not answer.ok
    assert b"secret" not in answer.body


def test_two_queries_at_one_address_are_two_answers(world, config) -> None:
    world.say("/github_graphql", '{"data": {"first": 1}}')
    with Http(config) as http:
        http.graphql("GITHUB_GRAPHQL", "{ first }", {})
    world.say("/github_graphql", '{"data": {"second": 2}}')
    with Http(config) as http:
        assert b"second" in http.graphql("GITHUB_GRAPHQL", "{ second }", {}).body
        assert b"first" in http.graphql("GITHUB_GRAPHQL", "{ first }", {}).body


def test_a_refusal_is_not_remembered(world, config) -> None:
    world.say("/pypi/alpha/json", '{"message": "Bad credentials"}', status=401, cache_control="max-age=9999")
    with Http(config) as http:
        assert not http.get("PYPI", "/alpha/json").ok
    world.say("/pypi/alpha/json", '{"info": {}}')
    with Http(config) as http:
        assert http.get("PYPI", "/alpha/json").ok


def test_a_server_cannot_say_how_long_it_is_believed(world, config) -> None:
    world.say("/pypi/alpha/json", '{"v": 1}', cache_control="max-age=999999999, immutable")
    with Http(dataclasses.replace(config, freshness=0)) as http:
        assert http.get("PYPI", "/alpha/json").ok
    world.say("/pypi/alpha/json", '{"v": 2}')
    with Http(dataclasses.replace(config, freshness=0)) as http:
        assert b'"v": 2' in http.get("PYPI", "/alpha/json").body


def test_a_header_cannot_smuggle_a_second_answer(world, config) -> None:
    world.say("/pypi/alpha/json", '{"v": 1}', vary="*", etag='"x"', content_location=f"{world.root}/pypi/beta/json")
    world.say("/pypi/beta/json", '{"v": 2}')
    with Http(config) as http:
        assert b"1" in http.get("PYPI", "/alpha/json").body
        assert b"2" in http.get("PYPI", "/beta/json").body


def test_a_broken_cache_is_begun_anew(world, config) -> None:
    folder = Path(config.cache_dir)
    folder.mkdir(parents=True)
    world.say("/pypi/alpha/json", '{"v": 1}')
    for junk in (b"not a database" * 100, b"", b"SQLite format 3\0" + b"\xff" * 4096):
        (folder / NAME).write_bytes(junk)
        with Http(config) as http:
            assert http.get("PYPI", "/alpha/json").ok
        assert (folder / NAME).stat().st_mode & 0o777 == 0o600


def test_a_row_that_somebody_changed_is_an_answer_or_a_miss_never_a_traceback(world, config) -> None:
    world.say("/pypi/alpha/json", '{"v": 1}')
    with Http(config) as http:
        http.get("PYPI", "/alpha/json")
    with sqlite3.connect(Path(config.cache_dir) / NAME) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if kind.upper() == "BLOB" and column != "id":
                    connection.execute(f"UPDATE {table} SET {column} = x'c1ff00'")
    connection.close()
    with Http(config) as http:
        assert http.get("PYPI", "/alpha/json").body == b'{"v": 1}'


def test_a_cache_folder_that_cannot_be_written_is_no_reason_to_fail(world, tmp_path, config) -> None:
    (tmp_path / "file").write_text("")
    world.say("/pypi/alpha/json", '{"v": 1}')
    with Http(dataclasses.replace(config, cache_dir=tmp_path / "file" / "cache")) as http:
        assert http.get("PYPI", "/alpha/json").ok
        assert http.trouble


def test_no_cache_without_a_folder(world) -> None:
    with Http(Config(endpoints={"PYPI": f"{world.root}/pypi"}, patience=1.0)) as http:
        world.say("/pypi/alpha/json", '{"v": 1}')
        assert http.get("PYPI", "/alpha/json").ok


def test_a_link_in_place_of_the_cache_is_not_followed(world, config, tmp_path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    victim.chmod(0o644)
    folder = Path(config.cache_dir)
    folder.mkdir(parents=True)
    (folder / NAME).symlink_to(victim)
    world.say("/pypi/alpha/json", '{"v": 1}')
    with Http(config) as http:
        assert http.get("PYPI", "/alpha/json").ok
        assert "cannot be used" in str(http.trouble)
    assert victim.read_text() == "precious"
    assert victim.stat().st_mode & 0o777 == 0o644
