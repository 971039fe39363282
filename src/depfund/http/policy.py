"""Between the cache and the wire: tokens go on here, POST look-ups become cacheable, freshness is stamped.

Four habits of hishel 2.0 shape this file: it stores request headers in clear (so tokens go on below it), it does
not cache POST (so a POST is asked of it as a GET under a digest), it forgets misses unless they carry an explicit
freshness, and an answer without a ``Date`` never grows old.
"""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import httpx
from httpx_retries import RetryTransport

from depfund.config import Config
from depfund.http.answer import SEEN
from depfund.http.endpoints import SERVICES
from depfund.http.judge import cacheable, judge
from depfund.http.retry import STRANGE_TRIES, TRIES, Failed, Gate, Health, Transient, Trial
from depfund.http.wire import Wire

__all__ = ["Policy"]

MEANT = 4
"""Times that a stranger's address must say the same odd thing before it is taken for its answer."""
STRANGE_PATIENCE = 40.0
"""Seconds for one address that a stranger named, with all its tries."""


class Policy(httpx.BaseTransport):
    """Turns what the cache asks into what goes on the wire, tries until it is an answer, and says how long it keeps."""

    def __init__(self, config: Config, wire: Wire, stop: threading.Event) -> None:
        self.config = config
        self.stop = stop
        self._retries = RetryTransport(transport=wire)
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}
        self._healths: dict[str, Health] = {}

    def health(self, service: str) -> Health:
        """What is known of a service (or of a host that data named)."""
        row = SERVICES.get(service)
        with self._lock:
            gate = self._gates.setdefault(row.family if row and row.family else service, Gate())
            return self._healths.setdefault(service, Health(self.config.patience, gate))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One look-up with all its tries. Raises :class:`Failed`."""
        if self.config.offline:
            raise Failed("offline")
        extensions = request.extensions
        expects, strange = str(extensions["expects"]), bool(extensions["strange"])
        health = self.health(str(extensions["service"]))

        foreign = str(extensions["service"]) not in SERVICES
        looks = 0

        def look(response: httpx.Response) -> Transient | None:
            nonlocal looks
            looks += response.is_redirect or response.is_success
            problem = judge(response, expects, strange=strange)
            if foreign and looks >= MEANT and (response.is_redirect or response.is_success):
                return None  # said four times, it is meant: an answer, and remembered
            return problem

        patience = min(self.config.patience, STRANGE_PATIENCE) if strange else self.config.patience
        tries = STRANGE_TRIES if strange else TRIES
        behind = self.health(str(extensions["behind"])) if extensions["behind"] else None
        trial = Trial.begin(health, self.stop, patience, tries, look, str(request.url), behind)
        sent = self._sent(request)
        sent.extensions["retry"] = trial
        answer = self._retries.handle_request(sent)
        last = answer.extensions.get("retry")
        if isinstance(last, Trial) and last.is_exhausted():
            last.state.look(answer)
        return self._stamped(answer, expects)

    def _sent(self, request: httpx.Request) -> httpx.Request:
        """The real request: the POST behind a digest, the token of its own service."""
        extensions = dict(request.extensions)
        headers = httpx.Headers(request.headers)
        if auth := extensions.get("auth"):
            headers["authorization"] = str(auth)
        elif extensions.get("tokens"):
            name, value = self._token(str(extensions["service"]))
            if value:
                headers[name] = value
        body = extensions.get("post")
        if body is None:
            return httpx.Request("GET", request.url, headers=headers, extensions=extensions)
        for name in ("if-none-match", "if-modified-since"):
            headers.pop(name, None)
        headers["content-type"] = "application/json"
        url = request.url.copy_remove_param("sha256")
        if not url.query:
            url = httpx.URL(str(url).rstrip("?"))
        return httpx.Request("POST", url, headers=headers, content=body, extensions=extensions)

    def _token(self, service: str) -> tuple[str, str | None]:
        if service in {"GITHUB_GRAPHQL", "GITHUB_API"} and self.config.github_token:
            return "authorization", f"Bearer {self.config.github_token}"
        if service == "OPENCOLLECTIVE" and self.config.opencollective_token:
            return "personal-token", self.config.opencollective_token
        return "", None

    def _stamped(self, answer: httpx.Response, expects: str) -> httpx.Response:
        headers = answer.headers
        for name in ("expires", "pragma", "vary", "age"):
            headers.pop(name, None)
        keep = answer.status_code == 304 or cacheable(answer, expects)
        headers["cache-control"] = f"max-age={self.config.freshness}" if keep else "no-store"
        headers[SEEN] = self.config.today()
        headers["date"] = formatdate(time.time(), usegmt=True)
        return answer

    def down(self) -> dict[str, str]:
        """The services that were given up, and why."""
        with self._lock:
            healths = dict(self._healths)
        return {name: why for name, health in sorted(healths.items()) if (why := health.down()) is not None}

    def close(self) -> None:
        """Close what is below."""
        self._retries.close()
