"""One resolver for a run: single flight, and a memory for what is there and what is not."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from pytest_httpserver import HTTPServer

from depfund.http.names import LOOKS, MOMENTS, Names
from depfund.http.retry import Failed, Transient


def absent(asked: list[str]):
    def look_up(host: str, _: int) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    return look_up


def test_many_threads_that_ask_for_one_name_look_it_up_once() -> None:
    asked: list[str] = []

    def look_up(host: str, _: int) -> list[str]:
        asked.append(host)
        time.sleep(0.05)
        return ["93.184.215.14"]

    names, found = Names(look_up, lambda _: False), []
    threads = [threading.Thread(target=lambda: found.append(names.find("a.example", 443))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [["93.184.215.14"]] * 8
    assert asked == ["a.example"]


def test_a_name_that_does_not_exist_is_looked_up_twice_and_then_never_again() -> None:
    asked: list[str] = []
    names = Names(absent(asked), lambda _: False)
    for _ in range(3):
        with pytest.raises(Failed, match="no such host"):
            names.find("gone.example", 443)
    assert len(asked) == LOOKS


def test_a_name_that_appears_at_the_second_look_is_found() -> None:
    said = iter([socket.gaierror(socket.EAI_NONAME, "not known"), ["93.184.215.14"]])

    def look_up(*_: object) -> list[str]:
        found = next(said)
        if isinstance(found, OSError):
            raise found
        return found  # type: ignore[return-value]

    assert Names(look_up, lambda _: False).find("late.example", 443) == ["93.184.215.14"]


def test_a_resolver_that_stutters_is_asked_again_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [100.0], []
    monkeypatch.setattr("depfund.http.names.time.monotonic", lambda: now[0])

    def look_up(host: str, _: int) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    names = Names(look_up, lambda _: False)
    for count in range(1, MOMENTS):
        for _ in range(4):
            with pytest.raises(Transient, match="name not resolved"):
                names.find("a.example", 443)
        assert len(asked) == count
        now[0] += 5
    with pytest.raises(Failed, match="name not resolved"):
        names.find("a.example", 443)


def test_an_address_in_figures_is_not_looked_up() -> None:
    assert Names(absent([]), lambda _: False).find("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_service_whose_host_is_not_there_is_down_at_once(make) -> None:
    asked: list[str] = []
    http = make(look_up=absent(asked), endpoints={"NPM": "https://registry.example"}, patience=60)
    answers = http.map(lambda name: http.get("NPM", f"/{name}"), [f"p{number}" for number in range(30)])
    assert {answer.said for answer in answers} == {"no such host"}
    assert len(asked) == LOOKS
    assert http.down() == {"NPM": "no such host"}


def test_a_stand_in_for_all_hosts_that_does_not_answer_is_given_up_for_all(make) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        http = make(endpoints={"WEB": f"http://127.0.0.1:{closed.getsockname()[1]}"}, patience=60)
        answers = http.map(lambda n: http.fetch(f"https://h{n}.example/x"), range(60))
    assert not any(answer.ok for answer in answers)
    assert "WEB" in http.down()


def test_few_tries_of_a_query_that_costs_too_much(make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/github_graphql").respond_with_data("", status=502)
    assert make(patience=60).graphql("GITHUB_GRAPHQL", "query { a }", {}, costly=2).said == "502"
    assert len(httpserver.log) == 2
