"""Http: the one door to the network. Each address is asked at most once in a run, and no look-up raises."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from depfund.config import Config, Reporter
from depfund.errors import UnsafeAddress
from depfund.http.addresses import Resolve, check, parts_of, resolve
from depfund.http.answer import Answer
from depfund.http.endpoints import SERVICES, Base, Endpoints
from depfund.http.policy import Policy
from depfund.http.retry import TRIES, Failed
from depfund.http.store import cached
from depfund.http.targets import Target, agent, clean, moved
from depfund.http.wire import Manners, Wire

__all__ = ["Http"]

T = TypeVar("T")
R = TypeVar("R")

LARGE = 48 * 1024 * 1024
"""Bytes that a service's answer may have: the longest registry documents have some thirty million."""
SMALL = 2 * 1024 * 1024
"""Bytes that an address found in data may answer with."""
REDIRECTS = 5
_KEPT = 65_536


class Http:
    """Asks addresses: through the cache, with retries, limits, tokens and address safety. Thread-safe.

    Look-ups never raise; what went wrong is :attr:`Answer.error`. Use it as a context manager, or :meth:`close` it.
    ``look_up`` replaces the system's name resolution.
    """

    def __init__(self, config: Config, reporter: Reporter | None = None, *, look_up: Resolve = resolve) -> None:
        self.config = config
        self.endpoints = Endpoints(config)
        self._stop = threading.Event()
        self._wire = Wire(config, reporter or Reporter(), Manners(config.connections), self._stop, look_up)
        self._policy = Policy(config, self._wire, self._stop)
        self._top, self.trouble = cached(self._policy, config.cache_dir, offline=config.offline)
        self._lock = threading.Lock()
        self._asked: dict[str, Future[Answer]] = {}
        self._open: dict[str, set[str]] = {}
        self._agent = agent(config)

    # What rooms call

    def get(
        self,
        service: str,
        path: str,
        *,
        accept: str | None = None,
        limit: int = LARGE,
        source: str | None = None,
        name: str = "",
        follow: bool = True,
        expects: str | None = None,
    ) -> Answer:
        """What ``service`` (a key of the contract, ``"PYPI"``) says at ``path``.

        ``source`` is the index or registry that the lockfile records for the package called ``name``: one that is
        neither the public service nor what stands for it is asked itself, by https and at a public address only,
        unless the user's own settings name it. ``follow=False`` returns redirects as
        they are. ``expects`` (json, xml, text, page) says what this path answers with where it is not what the
        service usually does.
        """
        base = self.endpoints.base(service, source, name)
        if not base.trusted:
            try:
                check(base.url)
            except UnsafeAddress as error:
                return Answer(url=base.shown + path, error=str(error))
        row = SERVICES.get(service)
        kind = expects or ("json" if accept and "json" in accept else row.expects if row else "page")
        return self._once(self._at(service, base, path, kind), accept, limit, follow=follow)

    def fetch(
        self, url: str, *, limit: int = SMALL, accept: str | None = None, follow: bool = True, body: bool = True
    ) -> Answer:
        """What an address found in somebody's data says: https only, never a private or loopback address.

        An address of a known public service goes to that service's endpoint. ``body=False`` reads the status only.
        """
        try:
            target = self._found(url, accept)
        except UnsafeAddress as error:
            return Answer(url=clean(url), error=str(error))
        return self._once(target, accept, limit, follow=follow, body=body)

    def beside(self, service: str, url: str, *, source: str | None = None, limit: int = SMALL) -> Answer:
        """What an address says that ``service`` named in an answer: a file of an index, on its own host or another."""
        base = self.endpoints.base(service, source)
        here, there = parts_of(base.url), parts_of(url)
        if base.trusted and (here.scheme, here.netloc) == (there.scheme, there.netloc):
            target = replace(self._at(service, base, "", "text"), url=url, shown=url, tokens=False)
            return self._once(target, None, limit)
        if base.trusted and (hit := self.endpoints.configured(url)) and hit[0] != "WEB":
            return self._once(self._at(*hit, "text"), None, limit)
        return self.fetch(url, limit=limit)

    def graphql(self, service: str, query: str, variables: Mapping[str, object], *, costly: int = TRIES) -> Answer:
        """What ``service`` answers to a GraphQL query. Partial data is an answer: look at its ``errors``.

        ``costly`` is how often a 502 or 504 is tried again: few times where the caller can ask for less at once.
        """
        base = self.endpoints.base(service)
        if service == "GITHUB_GRAPHQL" and not (base.tokens and self.config.github_token):
            return Answer(url=base.shown, error="no token")
        sent = json.dumps({"query": query, "variables": variables}, sort_keys=True, separators=(",", ":")).encode()
        target = replace(self._at(service, base, "", "graphql"), costly=costly)
        return self._once(target, "application/json", LARGE, post=sent)

    def post(self, service: str, path: str, payload: object) -> Answer:
        """What ``service`` answers to a bulk look-up: a POST that changes nothing, cached like a GET."""
        sent = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
        target = self._at(service, self.endpoints.base(service), path, "json")
        return self._once(target, "application/json", LARGE, post=sent)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``function`` of every item, on as many threads as there are connections; results in the items' order.

        After Ctrl-C nothing more is asked: what is under way ends, look-ups that were still to come answer
        ``interrupted``, and the list is complete. A second Ctrl-C raises.
        """
        work = list(items)
        if len(work) < 2:
            return [function(each) for each in work]
        with ThreadPoolExecutor(max_workers=min(max(1, self.config.connections), len(work))) as pool:
            futures = [pool.submit(function, each) for each in work]
            try:
                return [each.result() for each in futures]
            except KeyboardInterrupt:
                self._stop.set()
                return [each.result() for each in futures]

    def is_public(self, service: str, source: str | None = None, name: str = "") -> bool:
        """Whether a package locked from ``source`` may be named to public services at all."""
        return self.endpoints.is_public(service, source, name)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C (or :meth:`interrupt`) ended the asking."""
        return self._stop.is_set()

    def interrupt(self) -> None:
        """Ask nothing more; what is known stays known."""
        self._stop.set()

    def down(self) -> dict[str, str]:
        """The services that were given up in this run, and why."""
        return self._policy.down()

    def unanswered(self) -> dict[str, str]:
        """The services that left at least one look-up open in this run, and why: the gaps that a report names."""
        with self._lock:
            return {service: ", ".join(sorted(reasons)) for service, reasons in sorted(self._open.items())}

    def _unanswered(self, target: Target, reason: str) -> None:
        if target.service in SERVICES:
            with self._lock:
                self._open.setdefault(target.service, set()).add(reason)

    def close(self) -> None:
        """Close connections and the cache."""
        self._top.close()
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Where it goes

    def _at(self, service: str, base: Base, path: str, expects: str) -> Target:
        return Target(
            service=service if base.public else urlsplit(base.url).netloc,
            url=base.url + path,
            shown=base.shown + path,
            expects=expects,
            pin=not base.trusted,
            strange=not base.trusted,
            public=base.default,
            tokens=base.tokens,
            auth=base.auth,
        )

    def _found(self, url: str, accept: str | None) -> Target:
        """The target of an address from data. Raises UnsafeAddress."""
        host, port = check(url)
        url = url.partition("#")[0]
        expects = "json" if accept and "json" in accept else "page"
        if route := self.endpoints.route(url):
            service, base, path = route
            row = SERVICES[service]
            found = self._at(service, base, path, row.expects if row.expects in {"text", "xml"} else expects)
            return replace(found, tokens=False)  # what a stranger wrote down is not asked in the user's name
        if web := self.endpoints.override("WEB"):
            place = host if port == 443 else f"{host}:{port}"
            rest = url.partition("://")[2]
            cut = min((i for i in (rest.find("/"), rest.find("?")) if i >= 0), default=len(rest))
            return Target(
                service=host,
                url=f"{web.url}/{place}{rest[cut:]}",
                shown=url,
                expects=expects,
                auth=web.auth,
                logical=True,
                strange=True,
            )
        return Target(service=host, url=url, shown=url, expects=expects, pin=True, strange=True)

    def _onward(self, target: Target, location: str, accept: str | None) -> Target:
        """Where a redirect leads. Raises UnsafeAddress."""
        try:
            url = urljoin(target.url, location)
            if target.logical and not ((hit := self.endpoints.configured(url)) and hit[0] == "WEB"):
                url = urljoin(target.shown, location)
        except ValueError:
            raise UnsafeAddress("refused: a redirect to no address") from None
        if url in {target.url, target.shown}:
            raise UnsafeAddress("refused: a redirect to itself")
        if not target.pin:
            if (hit := self.endpoints.configured(url)) and hit[0] != "WEB":
                onward = self._at(*hit, target.expects)
                return onward if hit[0] == target.service else replace(onward, tokens=False)
            if hit:
                return self._found("https:/" + hit[2], accept)
            here, there = parts_of(target.url), parts_of(url)
            if not target.logical and (here.scheme, here.netloc) == (there.scheme, there.netloc):
                return replace(target, url=url, shown=moved(target, url))
        return self._found(url, accept)

    # How it is asked

    def _once(
        self,
        target: Target,
        accept: str | None,
        limit: int,
        *,
        post: bytes | None = None,
        follow: bool = True,
        body: bool = True,
    ) -> Answer:
        """Ask, unless this run already did or is about to."""
        digest = hashlib.sha256(post).hexdigest() if post is not None else ""
        key = f"{target.url} {accept} {digest} {follow} {body} {target.expects}"
        with self._lock:
            future = self._asked.get(key)
            mine = future is None
            if future is None:
                future = self._asked[key] = Future()
        if not mine:
            return future.result()
        try:
            answer = self._follow(target, accept, limit, post, follow=follow, body=body)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(answer)
        if len(answer.body) > _KEPT and self.config.cache_dir is not None:
            with self._lock:  # the cache on disk remembers the long ones
                self._asked.pop(key, None)
        return answer

    def _follow(
        self, target: Target, accept: str | None, limit: int, post: bytes | None, *, follow: bool, body: bool
    ) -> Answer:
        for _ in range(REDIRECTS + 1):
            answer = self._ask(target, accept, limit, post, follow=follow, body=body)
            location = answer.headers.get("location")
            if not follow or answer.error or answer.status not in {301, 302, 303, 307, 308} or not location:
                return answer
            if post is not None:
                return replace(answer, error="a redirect")
            try:
                target = self._onward(target, location, accept)
            except UnsafeAddress as error:
                return replace(answer, error=str(error))
        return replace(answer, error="too many redirects")

    def _ask(
        self, target: Target, accept: str | None, limit: int, post: bytes | None, *, follow: bool, body: bool
    ) -> Answer:
        def redirect(location: str) -> str | None:
            try:
                if follow:
                    self._onward(target, location, accept)
            except UnsafeAddress as error:
                return str(error)
            return None

        try:
            response = self._send(target, accept, limit, post, redirect, body=body)
        except Failed as error:
            self._unanswered(target, error.reason)
            return Answer(url=target.shown, status=error.status, error=error.reason)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError):
            return Answer(url=target.shown, error="not an address that can be asked")
        status = response.status_code
        caching = response.extensions.get("caching")
        refused = not (200 <= status < 400 or status in {404, 410})
        return Answer(
            url=target.shown,
            status=status,
            body=response.content,
            headers=dict(response.headers.items()),
            error=str(status) if refused else None,
            at=target.url,
            from_cache=bool(caching and caching["from_cache"] and not caching["revalidated"]),
        )

    def _send(
        self,
        target: Target,
        accept: str | None,
        limit: int,
        post: bytes | None,
        redirect: Callable[[str], str | None],
        *,
        body: bool,
    ) -> httpx.Response:
        url = httpx.URL(target.url)
        if post is not None:
            url = url.copy_add_param("sha256", hashlib.sha256(post).hexdigest())
        key = hashlib.sha256(f"{url} {accept} {target.expects} {body}".encode()).hexdigest()
        extensions = {
            "service": target.service,
            "address": target.url,
            "expects": target.expects,
            "pin": target.pin,
            "strange": target.strange,
            "public": target.public,
            "tokens": target.tokens,
            "auth": target.auth,
            "limit": limit,
            "body": body,
            "behind": "WEB" if target.logical else "",
            "costly": target.costly,
            "post": post,
            "redirect": redirect,
            "caching": {"key": key},
        }
        headers = {"user-agent": self._agent, "accept": accept or "*/*", "accept-encoding": "gzip"}
        request = httpx.Request("GET", url, headers=headers, extensions=extensions)
        try:
            response = self._top.handle_request(request)
            response.read()
            response.close()
        except (RuntimeError, OSError, sqlite3.Error):  # the cache, not the network: that raises Failed
            if self._top is self._policy:
                raise Failed("no answer") from None
            response = self._policy.handle_request(request)
        return response
