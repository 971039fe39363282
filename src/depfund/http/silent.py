"""Silent: the door when it cannot open. Offline with nothing in the cache, every look-up has the same answer.

It stands for :class:`~depfund.http.client.Http` there without importing a network library, which is most of what a
short offline run would spend its time on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from depfund.config import Config
from depfund.errors import UnsafeAddress
from depfund.http.addresses import check, parts_of
from depfund.http.answer import Answer
from depfund.http.endpoints import SERVICES, Base, Endpoints

__all__ = ["NAME", "Silent", "nothing_kept"]

NAME = "http-v1.sqlite3"
"""The cache's file in ``Config.cache_dir``."""

T = TypeVar("T")
R = TypeVar("R")


def nothing_kept(folder: Path | None) -> bool:
    """Whether the cache in ``folder`` holds no answer at all."""
    if folder is None or not (path := folder / NAME).exists():
        return True
    try:
        with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            quoted = (name.replace('"', '""') for name in tables)
            return not any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in quoted)  # noqa: S608
    except sqlite3.Error:
        return False  # the real door says what is wrong with it


class Silent:
    """Answers ``offline`` to everything; the same interface as Http."""

    trouble: str | None = None
    interrupted = False

    def __init__(self, config: Config) -> None:
        self.config = config
        self.endpoints = Endpoints(config)
        self._open: set[str] = set()

    def _nothing(self, service: str, base: Base, path: str) -> Answer:
        if base.public and service in SERVICES:
            self._open.add(service)
        return Answer(url=base.shown + path, error="offline")

    def get(self, service: str, path: str, *, source: str | None = None, name: str = "", **_: Any) -> Answer:
        """Offline."""
        return self._nothing(service, self.endpoints.base(service, source, name), path)

    def fetch(self, url: str, **_: Any) -> Answer:
        """Offline, or why the address would never be asked."""
        try:
            check(url)
        except UnsafeAddress as error:
            from depfund.http.targets import clean

            return Answer(url=clean(url), error=str(error))
        plain = url.partition("#")[0]
        if route := self.endpoints.route(plain):
            return self._nothing(*route)
        return Answer(url=plain, error="offline")

    def beside(self, service: str, url: str, *, source: str | None = None, **_: Any) -> Answer:
        """Offline."""
        base = self.endpoints.base(service, source)
        here, there = parts_of(base.url), parts_of(url)
        if base.trusted and (here.scheme, here.netloc) == (there.scheme, there.netloc):
            return Answer(url=url, error="offline")
        return self.fetch(url)

    def graphql(self, service: str, query: str, variables: Mapping[str, object], **_: Any) -> Answer:  # noqa: ARG002
        """Offline."""
        base = self.endpoints.base(service)
        if service == "GITHUB_GRAPHQL" and not (base.tokens and self.config.github_token):
            return Answer(url=base.shown, error="no token")
        return self._nothing(service, base, "")

    def post(self, service: str, path: str, payload: object) -> Answer:  # noqa: ARG002
        """Offline."""
        return self._nothing(service, self.endpoints.base(service), path)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``function`` of every item, in order; nothing waits, so there are no threads."""
        return [function(each) for each in items]

    def is_public(self, service: str, source: str | None = None, name: str = "") -> bool:
        """Whether a package locked from ``source`` may be named to public services at all."""
        return self.endpoints.is_public(service, source, name)

    def interrupt(self) -> None:
        """Nothing is under way."""

    def down(self) -> dict[str, str]:
        """No service was given up: none was asked."""
        return {}

    def unanswered(self) -> dict[str, str]:
        """The services that left a look-up open."""
        return dict.fromkeys(sorted(self._open), "offline")

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
