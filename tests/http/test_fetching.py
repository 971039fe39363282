"""Addresses found in data: where they go, what they may not reach, what happens on the way."""

from __future__ import annotations

import socket

import httpx
import pytest
import respx
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from depfund.config import Config
from depfund.http import Http


def test_the_web_can_be_stood_in_for_by_one_address(make, httpserver: HTTPServer) -> None:
    web = httpserver.url_for("/web")
    httpserver.expect_request("/web/a.example/funding.json").respond_with_json({"version": "v1.0.0"})
    httpserver.expect_request("/web/a.example/moved").respond_with_data("", 302, headers={"Location": "/funding.json"})
    http = make(endpoints={"WEB": web})
    answer = http.fetch("https://a.example/funding.json", accept="application/json")
    assert answer.json() == {"version": "v1.0.0"}
    moved = http.fetch("https://a.example/moved")
    assert moved.url == "https://a.example/funding.json"
    assert moved.ok


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:1/x", "https://10.0.0.1/", "https://localhost/", "file:///etc/passwd", "ftp://a.example/"],
)
def test_redirects_to_where_nobody_may_go_are_refused(make, httpserver: HTTPServer, location: str) -> None:
    httpserver.expect_request("/web/a.example/x").respond_with_data("", 302, headers={"Location": location})
    answer = make(endpoints={"WEB": httpserver.url_for("/web")}, patience=0.2).fetch("https://a.example/x")
    assert answer.said.startswith("refused")


def test_redirects_in_a_circle_end(make, httpserver: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        number = int(request.path.rpartition("/")[2])
        return Response(status=302, headers={"Location": f"/{number + 1}"})

    for number in range(20):
        httpserver.expect_request(f"/web/a.example/{number}").respond_with_handler(handler)
    assert make(endpoints={"WEB": httpserver.url_for("/web")}).fetch("https://a.example/0").said == "too many redirects"


def test_redirects_can_be_looked_at_instead(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/web/a.example/x").respond_with_data("", 302, headers={"Location": "https://b.example/"})
    answer = make(endpoints={"WEB": httpserver.url_for("/web")}).fetch("https://a.example/x", follow=False)
    assert (answer.status, answer.headers["location"], answer.error) == (302, "https://b.example/", None)


def test_the_status_alone_can_be_asked_for(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/web/a.example/x").respond_with_data("long " * 10_000)
    answer = make(endpoints={"WEB": httpserver.url_for("/web")}).fetch("https://a.example/x", limit=10, body=False)
    assert (answer.ok, answer.body) == (True, b"")


def test_a_name_that_leads_to_a_private_address_is_never_connected_to(make, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket.socket, "connect", connect)
    http = make(look_up=lambda *_: ["127.0.0.1"])
    assert http.fetch("https://rebound.example/x").said == "refused: private address"


@respx.mock
def test_the_checked_address_is_the_one_that_is_connected_to(tmp_path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text="fine")

    respx.route().mock(side_effect=answer)
    names = iter([["93.184.215.14"], ["127.0.0.1"]])
    with Http(Config(cache_dir=tmp_path, environ={}), look_up=lambda *_: next(names)) as http:
        assert http.fetch("https://once.example/x").text() == "fine"
    assert asked[0].url.host == "93.184.215.14"
    assert asked[0].headers["host"] == "once.example"
    assert asked[0].extensions["sni_hostname"] == "once.example"


def test_what_a_strangers_page_says_four_times_is_its_answer_and_is_remembered(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/web/a.example/x").respond_with_data("<html>not found</html>")
    for _ in range(2):
        http = make(endpoints={"WEB": httpserver.url_for("/web")}, patience=60)
        answer = http.fetch("https://a.example/x", accept="application/json")
        assert answer.ok
        assert answer.json() is None
        http.close()
    assert len(httpserver.log) == 4


def test_files_that_an_index_names_on_its_own_host_are_asked_there(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/pypi/files/x.whl.metadata").respond_with_data("Name: x\n")
    assert make().beside("PYPI", httpserver.url_for("/pypi/files/x.whl.metadata")).text() == "Name: x\n"


def test_a_file_that_an_index_names_elsewhere_is_a_strangers_address(make) -> None:
    assert make().beside("PYPI", "http://10.0.0.7/x.metadata").said == "refused: not https"
