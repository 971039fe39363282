"""Registries made of what each test writes down: {service: {path: body}}; everything else is a 404."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import respx

from depfund import registries
from depfund.config import Config
from depfund.http import SERVICES, Http
from depfund.model import Package
from depfund.registries import Finding

World = dict[str, dict[str, Any]]


class Asked(list[str]):
    """The requests in order, as ``SERVICE /path``."""


def package(purl: str, **fields: Any) -> Package:
    name, _, version = purl.partition("@")
    kind = purl.removeprefix("pkg:").partition("/")[0]
    return Package(purl=purl, name=unquote(name.rpartition("/")[2]), version=version or None, ecosystem=kind, **fields)


@pytest.fixture(name="package")
def _package() -> Callable[..., Package]:
    return package


@pytest.fixture(name="bulk")
def _bulk() -> Callable[..., Callable[[httpx.Request], Any]]:
    return bulk


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def look(asked: Asked) -> Iterator[Callable[..., dict[str, Finding]]]:
    """Looks packages up in a world."""

    def answer(world: World, request: httpx.Request) -> httpx.Response:
        service = request.headers["host"].partition(".")[0].replace("-", "_").upper()
        path = request.url.raw_path.decode()
        asked.append(f"{service} {path}")
        body = world.get(service, {}).get(path, world.get(service, {}).get("*"))
        if callable(body):
            body = body(request)
        if body is None:
            return httpx.Response(404, text="no")
        if isinstance(body, httpx.Response):
            return body
        return httpx.Response(200, text=body) if isinstance(body, str) else httpx.Response(200, json=body)

    with respx.mock(assert_all_called=False) as router:

        def look_up(world: World, *packages: Package | str, **fields: Any) -> dict[str, Finding]:
            router.route().mock(side_effect=lambda request: answer(world, request))
            endpoints = {key: f"https://{key.lower().replace('_', '-')}.invalid" for key in SERVICES}
            endpoints["WEB"] = "https://web.invalid"
            config = Config(**{"endpoints": endpoints, "patience": 1.0, **fields})
            rows = [package(each) if isinstance(each, str) else each for each in packages]
            with Http(config, look_up=lambda *_: ["93.184.215.14"]) as http:
                return registries.look_up(rows, http)

        yield look_up


def bulk(*records: dict[str, Any]) -> Callable[[httpx.Request], Any]:
    """ecosyste.ms, which knows these records."""

    def reply(request: httpx.Request) -> Any:
        wanted = set(json.loads(request.content)["purls"])
        return [record for record in records if record["purl"] in wanted]

    return reply
