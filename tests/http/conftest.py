"""A small server of our own, with the answers that each test writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from depfund.config import Config, Reporter
from depfund.http import Http


class Heard(Reporter):
    def __init__(self) -> None:
        self.addresses: list[str] = []

    def address(self, method: str, url: str) -> None:
        self.addresses.append(f"{method} {url}")


Make = Callable[..., Http]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make(httpserver: HTTPServer, tmp_path: Path, heard: Heard) -> Iterator[Make]:
    """Makes an Http whose services are the test's own server."""
    made: list[Http] = []

    def http(**fields: object) -> Http:
        look_up = fields.pop("look_up", None)
        root = httpserver.url_for("").rstrip("/")
        endpoints = {
            key: f"{root}/{key.lower()}"
            for key in ("NPM", "PYPI", "CRATES", "GITHUB_GRAPHQL", "GITHUB_API", "GITHUB_RAW", "MAVEN", "DEPSDEV")
        }
        values: dict[str, object] = {
            "endpoints": endpoints,
            "cache_dir": tmp_path / "cache",
            "patience": 3.0,
            "timeout": 2.0,
            "github_token": "s3cret-token",
        }
        config = Config(**{**values, **fields})  # type: ignore[arg-type]
        found = Http(config, heard, look_up=look_up) if look_up else Http(config, heard)  # type: ignore[arg-type]
        made.append(found)
        return found

    yield http
    for each in made:
        each.close()
