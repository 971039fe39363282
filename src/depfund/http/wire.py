"""The bottom of the stack: one real request, with manners, caps and no trust in what comes back."""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from depfund.config import Config, Reporter
from depfund.errors import UnsafeAddress
from depfund.http.addresses import Resolve, pick
from depfund.http.endpoints import SERVICES
from depfund.http.names import Names
from depfund.http.retry import Failed, Transient

__all__ = ["Manners", "Wire"]

_CHUNK = 1 << 16


class Manners:
    """How often and how many at once: the stated rules of the services, and the run's own number of connections."""

    def __init__(self, connections: int) -> None:
        self._all = threading.BoundedSemaphore(max(1, connections))
        self._families: dict[str, threading.BoundedSemaphore] = {}
        self._next: dict[str, float] = {}
        self._strict: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, service: str, *, public: bool, stop: threading.Event) -> Iterator[None]:
        """Wait for one's turn with ``service``, and hold it."""
        row = SERVICES.get(service)
        if row is None:
            with self._all:
                yield
            return
        with self._lock:
            family = self._families.setdefault(
                row.family or service, threading.BoundedSemaphore(row.at_once or 1 << 20)
            )
        with family:
            # crates.io counts seconds wherever it is asked; for the others a stand-in says itself when it is too much
            if row.every and (public or row.at_once == 1 or service in self._strict):
                self._pace(service, row.every, stop)
            with self._all:
                yield

    def enough(self, service: str) -> None:
        """A stand-in said that it was too much: from now on its service's stated pace is kept."""
        with self._lock:
            self._strict.add(service)

    def _pace(self, service: str, every: float, stop: threading.Event) -> None:
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next.get(service, 0.0))
            self._next[service] = mine + every
        if mine > now and stop.wait(mine - now):
            raise Failed("interrupted")


class Wire(httpx.BaseTransport):
    """Sends one request and reads its whole body, decoded and capped, before anybody sees it.

    Extensions of the request: ``service``, ``limit`` (bytes after decoding), ``pin`` (the host was named in data:
    connect to a checked address only), ``public``, ``body`` (False: only the status matters). Raises
    :class:`Transient` for what another try may cure and :class:`Failed` for the rest. Connections are made when the
    first request needs one.
    """

    def __init__(
        self, config: Config, reporter: Reporter, manners: Manners, stop: threading.Event, look_up: Resolve
    ) -> None:
        self.config = config
        self.reporter = reporter
        self.manners = manners
        self.stop = stop
        self.names = Names(look_up, stop.wait)
        self._lock = threading.Lock()
        self._made: dict[str, httpx.HTTPTransport] = {}
        self._tls: ssl.SSLContext | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One attempt."""
        extensions = request.extensions
        trial = extensions["retry"].state
        trial.enter()
        if self.stop.is_set():
            raise Failed("interrupted")
        with self.manners.turn(extensions["service"], public=extensions["public"], stop=self.stop):
            self.reporter.address(request.method, extensions["address"])
            if self.config.dry_run:
                raise Failed("not asked: dry run")
            try:
                answer = self._send(request)
                if answer.status_code == 429:
                    self.manners.enough(extensions["service"])
                return answer
            except Transient as problem:
                trial.failed(problem)
                raise

    def _send(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxy(request.url)
        pin = bool(request.extensions["pin"]) and not proxy
        strange = bool(request.extensions["strange"])
        tries = 8 if strange else 12
        if not proxy and not pin:
            self._known(request)
        try:
            sent = self._pinned(request) if pin else request
            sent.extensions["timeout"] = httpx.Timeout(
                _seconds(self.config.timeout, strange=strange), pool=None
            ).as_dict()
            answer = self._transport(
                proxy, pinned=pin, plain=request.url.scheme == "http" and not proxy
            ).handle_request(sent)
            try:
                return self._read(answer, int(request.extensions["limit"]), request)
            finally:
                answer.close()
        except httpx.TimeoutException:
            raise Transient("timed out", tries=min(tries, 6)) from None
        except httpx.ConnectError as error:
            why = _connection(error)
            raise Transient(why, tries=3 if strange or why == "no such host" else 6) from None
        except (httpx.RemoteProtocolError, httpx.NetworkError):
            raise Transient("connection broken", tries=tries) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError):
            raise Failed("not an address that can be asked") from None

    def _known(self, request: httpx.Request) -> None:
        """See that a service's host exists before forty threads wait for its name."""
        url = request.url
        try:
            self.names.find(url.host, url.port or (80 if url.scheme == "http" else 443))
        except Transient:
            raise
        except Failed as error:
            if error.reason != "interrupted":
                request.extensions["retry"].state.health.lose(error.reason)
            raise

    def _pinned(self, request: httpx.Request) -> httpx.Request:
        """The same request to an address that was checked, with the name kept for TLS and the Host header."""
        host, port = request.url.host, request.url.port or 443
        try:
            place = pick(host, port, self.names.find)
        except UnsafeAddress as error:
            raise Failed(str(error)) from None
        return httpx.Request(
            request.method,
            request.url.copy_with(host=place),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )

    def _read(self, answer: httpx.Response, limit: int, request: httpx.Request) -> httpx.Response:
        """The answer with its whole body, decoded, at most ``limit`` bytes of it."""
        headers = [(k, v) for k, v in answer.headers.multi_items() if k.lower() not in _DROPPED]
        if not request.extensions["body"]:
            return httpx.Response(answer.status_code, headers=headers, content=b"", request=request)
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
            raise Failed(f"unknown encoding {coding[:20]}")
        inflate = zlib.decompressobj(47 if "gzip" in coding else 15) if coding not in {"identity", ""} else None
        until = time.monotonic() + 3 * self.config.timeout
        body = bytearray()
        for chunk in answer.iter_raw(_CHUNK):
            data = chunk
            while data:
                if inflate is None:
                    body += data
                    data = b""
                else:
                    try:
                        body += inflate.decompress(data, _CHUNK * 4)
                    except zlib.error:
                        raise Transient("broken compression", answer.status_code) from None
                    data = inflate.unconsumed_tail
                if len(body) > limit:
                    raise Transient(f"more than {limit:,} bytes", answer.status_code, 4)
            if time.monotonic() > until:
                raise Transient("timed out", answer.status_code, 3)
        if inflate is not None and body and not inflate.eof:
            raise Transient("connection broken", answer.status_code)
        return httpx.Response(answer.status_code, headers=headers, content=bytes(body), request=request)

    def _transport(self, proxy: str, *, pinned: bool, plain: bool) -> httpx.HTTPTransport:
        kind = f"{proxy} {pinned} {plain}"
        with self._lock:
            if kind not in self._made:
                most = self.config.connections + 4
                # a pinned connection is never reused: two names on one address must not share a handshake
                limits = httpx.Limits(max_connections=most, max_keepalive_connections=0 if pinned else most)
                if not plain and self._tls is None:
                    self._tls = _certificates(self.config.environ)
                verify: ssl.SSLContext | bool = self._tls if self._tls is not None and not plain else not plain
                self._made[kind] = httpx.HTTPTransport(verify=verify, limits=limits, proxy=proxy or None)
            return self._made[kind]

    def _proxy(self, url: httpx.URL) -> str:
        """The proxy that the environment names for an address; empty for none."""
        env = self.config.environ
        keys = ("HTTPS_PROXY", "https_proxy") if url.scheme == "https" else ("http_proxy",)
        found = next((env[key] for key in (*keys, "ALL_PROXY", "all_proxy") if env.get(key)), "")
        if not found or url.host in {"localhost", "127.0.0.1", "::1"}:
            return ""
        none = env.get("NO_PROXY") or env.get("no_proxy") or ""
        return "" if _bypassed(url.host, none) else found

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for each in self._made.values():
                each.close()
            self._made.clear()


def _seconds(timeout: float, *, strange: bool) -> float:
    """How long one attempt may be silent: a stranger's page less than a service."""
    return min(timeout, 8.0) if strange else timeout


_DROPPED = {"content-encoding", "content-length", "transfer-encoding", "set-cookie", "connection", "keep-alive", "age"}


def _bypassed(host: str, none: str) -> bool:
    """Whether NO_PROXY names a host: itself, a domain it is in, or everything."""
    names = [each.strip().lower().lstrip("*").lstrip(".") for each in none.split(",") if each.strip()]
    return none.strip() == "*" or any(name and (host == name or host.endswith(f".{name}")) for name in names)


def _connection(error: Exception) -> str:
    text = str(error).lower()
    if "certificate" in text or "ssl" in text or "tls" in text:
        return "no trusted connection"
    if "name" in text or "getaddrinfo" in text or "nodename" in text:
        return "no such host"
    return "no connection"


def _certificates(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The system's certificates, certifi's, and those that the user's own tools are told to trust."""
    import certifi

    context = ssl.create_default_context()
    named: list[Any] = [certifi.where()]
    named += [environ.get(key) for key in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")]
    for path in named:
        if path and Path(path).is_file():
            try:
                context.load_verify_locations(path)
            except (OSError, ssl.SSLError):
                continue
    return context
