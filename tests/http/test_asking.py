"""What Http promises to those who ask: one answer per address, faults cured, secrets kept, caps held."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from depfund.http import Http

Make = object


def good(payload: object = None) -> Response:
    return Response(json.dumps(payload if payload is not None else {"name": "x"}), content_type="application/json")


class Script:
    """Answers one after the other, the last one for ever; counts what was asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        with self.lock:
            self.requests.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_an_answer(make, httpserver: HTTPServer, heard) -> None:
    httpserver.expect_request("/npm/x/latest").respond_with_json({"name": "x"})
    answer = make().get("NPM", "/x/latest")
    assert answer.ok
    assert answer.json() == {"name": "x"}
    assert answer.url == "NPM:/x/latest"
    assert answer.seen
    assert heard.addresses == [f"GET {httpserver.url_for('/npm/x/latest')}"]


def test_each_address_is_asked_once_in_a_run_however_many_ask(make, httpserver: HTTPServer) -> None:
    def slow(_: Request) -> Response:
        time.sleep(0.1)
        return good()

    httpserver.expect_request("/npm/x/latest").respond_with_handler(slow)
    http = make(cache_dir=None)
    answers = http.map(lambda _: http.get("NPM", "/x/latest"), range(20))
    assert all(answer.ok for answer in answers)
    assert len(httpserver.log) == 1


def test_a_second_run_asks_nothing_not_even_for_what_was_missing(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/npm/x/latest").respond_with_json({"name": "x"})
    httpserver.expect_request("/npm/y/latest").respond_with_data("no", status=404)
    for expected in (False, True):
        http: Http = make()
        here, gone = http.get("NPM", "/x/latest"), http.get("NPM", "/y/latest")
        assert (here.ok, here.from_cache) == (True, expected)
        assert (gone.missing, gone.from_cache, gone.said) == (True, expected, "404")
        http.close()
    assert len(httpserver.log) == 2


def test_what_is_old_is_revalidated_by_its_etag(make, httpserver: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response(status=304, headers={"ETag": '"v1"'})
        answer = good()
        answer.headers["ETag"] = '"v1"'
        return answer

    httpserver.expect_request("/npm/x/latest").respond_with_handler(handler)
    for _ in range(2):
        http = make(freshness=0)
        assert http.get("NPM", "/x/latest").json() == {"name": "x"}
        http.close()
    assert [response.status_code for _, response in httpserver.log] == [200, 304]


@pytest.mark.parametrize(
    "fault",
    [
        Response("slow down", status=429, headers={"Retry-After": "0.05"}),
        Response("slow down", status=403, headers={"Retry-After": "0.05"}),
        *(Response("oops", status=status) for status in (408, 500, 502, 503, 504)),
        Response("<!doctype html><title>x</title>", content_type="text/html"),
        Response('{"name": ', content_type="application/json"),
        Response(""),
        Response(status=302, headers={"Location": "http://10.0.0.1/x"}),
        Response(gzip.compress(b'{"name": "x"}')[:-9], headers={"Content-Encoding": "gzip"}),
    ],
)
def test_faults_that_another_try_cures_leave_no_trace(make, httpserver: HTTPServer, fault: Response) -> None:
    script = Script(fault, fault, good())
    httpserver.expect_request("/npm/x/latest").respond_with_handler(script)
    answer = make().get("NPM", "/x/latest")
    assert answer.ok, answer.said
    assert answer.json() == {"name": "x"}
    assert len(script.requests) == 3


def test_what_stays_broken_is_an_answer_with_an_error_and_is_not_remembered(make, httpserver: HTTPServer) -> None:
    script = Script(Response("oops", status=500))
    httpserver.expect_request("/npm/x/latest").respond_with_handler(script)
    http = make(patience=0.3)
    answer = http.get("NPM", "/x/latest")
    assert (answer.ok, answer.missing, answer.status, answer.said) == (False, False, 500, "500")
    assert http.unanswered() == {"NPM": "500"}
    http.close()
    script.answers = [good()]
    assert make().get("NPM", "/x/latest").ok


def test_a_service_that_is_down_is_given_up_and_the_others_are_asked(make, httpserver: HTTPServer) -> None:
    script = Script(Response("oops", status=500))
    httpserver.expect_request("/pypi/ok").respond_with_json({})
    httpserver.expect_request("/npm/x").respond_with_handler(script)
    for number in range(200):
        httpserver.expect_request(f"/npm/{number}").respond_with_handler(script)
    http = make(patience=20.0)
    answers = http.map(lambda n: http.get("NPM", f"/{n}"), range(200))
    assert {answer.said for answer in answers} == {"500"}
    assert len(script.requests) < 100
    assert "NPM" in http.down()
    assert http.get("PYPI", "/ok").ok


def test_waiting_longer_than_the_patience_is_not_begun(make, httpserver: HTTPServer) -> None:
    script = Script(Response("later", status=429, headers={"Retry-After": "3600"}), good())
    httpserver.expect_request("/npm/x").respond_with_handler(script)
    answer = make().get("NPM", "/x")
    assert answer.said == "429"
    assert len(script.requests) == 1


def test_tokens_go_to_their_own_service_and_never_into_the_cache(
    make, httpserver: HTTPServer, tmp_path: Path, heard
) -> None:
    script = Script(good({"data": {"a": 1}}))
    plain = Script(good())
    httpserver.expect_request("/github_graphql", method="POST").respond_with_handler(script)
    httpserver.expect_request("/npm/x").respond_with_handler(plain)
    http = make()
    assert http.graphql("GITHUB_GRAPHQL", "query { a }", {}).json() == {"data": {"a": 1}}
    http.get("NPM", "/x")
    http.close()
    assert script.requests[0].headers["Authorization"] == "Bearer s3cret-token"
    assert "Authorization" not in plain.requests[0].headers
    written = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir() if path.is_file())
    assert b"github_graphql" in written
    assert b"s3cret" not in written
    assert "s3cret" not in "".join(heard.addresses)
    assert "s3cret" not in repr(http.config)


def test_endpoints_from_a_projects_own_file_never_get_a_token(make, httpserver: HTTPServer) -> None:
    script = Script(good())
    httpserver.expect_request("/github_api/x").respond_with_handler(script)
    http = make(from_project=frozenset({"GITHUB_API", "GITHUB_GRAPHQL"}))
    assert http.get("GITHUB_API", "/x").ok
    assert "Authorization" not in script.requests[0].headers
    assert http.graphql("GITHUB_GRAPHQL", "query { a }", {}).error == "no token"


def test_a_graphql_query_is_cached_by_what_it_asks(make, httpserver: HTTPServer) -> None:
    script = Script(good({"data": {"a": 1}}))
    httpserver.expect_request("/github_graphql", method="POST").respond_with_handler(script)
    for _ in range(2):
        http = make()
        for name in ("a", "b", "a"):
            assert http.graphql("GITHUB_GRAPHQL", "query($n: String!) { x(n: $n) }", {"n": name}).ok
        http.close()
    assert [request.get_json()["variables"] for request in script.requests] == [{"n": "a"}, {"n": "b"}]


def test_partial_data_is_handed_on_and_not_remembered(make, httpserver: HTTPServer) -> None:
    part = {
        "data": {"r0": {"x": 1}, "r1": None},
        "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "path": ["r1"], "message": "limits"}],
    }
    missing = {"data": {"r0": None}, "errors": [{"type": "NOT_FOUND", "path": ["r0"], "message": "could not resolve"}]}
    script = Script(good(part), good(missing))
    httpserver.expect_request("/github_graphql", method="POST").respond_with_handler(script)
    http = make()
    assert http.graphql("GITHUB_GRAPHQL", "q1", {}).json() == part
    assert http.graphql("GITHUB_GRAPHQL", "q2", {}).json() == missing
    http.close()
    again = make()
    again.graphql("GITHUB_GRAPHQL", "q1", {})
    assert again.graphql("GITHUB_GRAPHQL", "q2", {}).from_cache
    assert len(script.requests) == 3


def test_graphql_rate_limits_hide_behind_status_200(make, httpserver: HTTPServer) -> None:
    limited = good({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]})
    limited.headers.update({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 1)})
    script = Script(limited, good({"data": {"a": 1}}))
    httpserver.expect_request("/github_graphql", method="POST").respond_with_handler(script)
    assert make().graphql("GITHUB_GRAPHQL", "q", {}).json() == {"data": {"a": 1}}


def test_bodies_are_capped_while_they_come_in(make, httpserver: HTTPServer) -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    httpserver.expect_request("/npm/bomb").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    httpserver.expect_request("/npm/long").respond_with_data(b"[" + b"1," * 400_000 + b"1]")
    http = make(patience=2.0)
    assert http.get("NPM", "/bomb", limit=1_000_000).said == "more than 1,000,000 bytes"
    assert http.get("NPM", "/long", limit=100_000).said == "more than 100,000 bytes"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_answers_are_read(make, httpserver: HTTPServer, coding: str) -> None:
    body = json.dumps({"a": "b" * 300_000}).encode()
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    httpserver.expect_request("/npm/x").respond_with_data(packed, headers={"Content-Encoding": coding})
    assert make().get("NPM", "/x").body == body


def test_offline_opens_no_socket_and_uses_what_is_known_however_old(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/npm/x").respond_with_json({"name": "x"})
    http = make(freshness=0)
    http.get("NPM", "/x")
    http.close()
    httpserver.clear()
    away = make(offline=True, freshness=0)
    assert away.get("NPM", "/x").json() == {"name": "x"}
    assert away.get("NPM", "/y").said == "offline"
    assert away.fetch("https://a.example/").said == "offline"
    assert away.graphql("GITHUB_GRAPHQL", "q", {}).said == "offline"
    assert not httpserver.log


def test_a_dry_run_lists_addresses_and_asks_none(make, httpserver: HTTPServer, heard) -> None:
    answer = make(dry_run=True).get("NPM", "/x")
    assert answer.said == "not asked: dry run"
    assert heard.addresses == [f"GET {httpserver.url_for('/npm/x')}"]
    assert not httpserver.log


def test_ctrl_c_keeps_what_is_known(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/npm/x").respond_with_json({})
    http = make()
    http.get("NPM", "/x")
    http.interrupt()
    assert http.get("NPM", "/x").ok
    assert http.get("NPM", "/y").said == "interrupted"
    assert http.interrupted


def test_the_cache_is_its_owners_alone_and_a_broken_one_is_started_anew(
    make, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/npm/x").respond_with_json({})
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "http-v1.sqlite3").write_bytes(b"not a database, " * 100)
    http = make()
    assert http.get("NPM", "/x").ok
    assert http.trouble is None
    assert (folder / "http-v1.sqlite3").stat().st_mode & 0o777 == 0o600


def test_without_a_usable_cache_folder_everything_still_works(make, httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/npm/x").respond_with_json({})
    (tmp_path / "file").write_text("x")
    http = make(cache_dir=tmp_path / "file" / "below")
    assert http.get("NPM", "/x").ok
    assert http.trouble is not None
    assert "cannot be used" in http.trouble


def test_crates_are_asked_one_a_second_wherever_they_are(make, httpserver: HTTPServer) -> None:
    times: list[float] = []

    def handler(_: Request) -> Response:
        times.append(time.monotonic())
        return good()

    for number in range(3):
        httpserver.expect_request(f"/crates/{number}").respond_with_handler(handler)
    http = make()
    http.map(lambda n: http.get("CRATES", f"/{n}"), range(3))
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))


def test_xml_is_judged_as_xml(make, httpserver: HTTPServer) -> None:
    entities = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    script = Script(
        Response("<project><scm>", content_type="text/xml"), Response("<project/>", content_type="text/xml")
    )
    httpserver.expect_request("/maven/x.pom").respond_with_handler(script)
    httpserver.expect_request("/maven/bomb.pom").respond_with_data(entities)
    http = make()
    assert http.get("MAVEN", "/x.pom").ok
    assert http.get("MAVEN", "/bomb.pom").said == "broken XML"


def test_the_user_agent_says_who_asks_and_how_to_reach_them(make, httpserver: HTTPServer) -> None:
    script = Script(good())
    httpserver.expect_request("/npm/x").respond_with_handler(script)
    make(environ={"DEPFUND_CONTACT": "fund@acme.example"}).get("NPM", "/x")
    agent = script.requests[0].headers["User-Agent"]
    assert agent.startswith("depfund/")
    assert "mailto:fund@acme.example" in agent
