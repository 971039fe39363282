"""When to ask again, and how long to wait: one look-up's trial over httpx-retries, and a service's health."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import httpx
from httpx_retries import Retry

__all__ = [
    "STRANGE_TRIES",
    "TRIES",
    "Failed",
    "Gate",
    "GiveUp",
    "Health",
    "Judge",
    "Transient",
    "Trial",
    "seconds_to_wait",
]

TRIES = 12
"""Attempts of one request to a known service: at one failure in five, three in 10^9 look-ups stay open."""
STRANGE_TRIES = 8
"""Attempts at an address that a stranger named; four where it answers, but not with what was hoped for."""
ROW = 40
"""Failures in a row, over all threads, after which a service is left alone for the rest of the run."""
SEVERAL = 3
"""Different addresses that must fail before it is the service that is down, and not a document that is broken."""
LONGEST_PAUSE = 5.0
_SAID = re.compile(
    r"(?:try again|retry)[^.]{0,20}? in (\d+(?:\.\d+)?) ?(ms|milliseconds?|s|seconds?|m|minutes?)?", re.IGNORECASE
)


class Failed(Exception):  # noqa: N818 - it ends in an Answer
    """A look-up that ends without an answer; the text is what the answer says. Final: not tried again."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class GiveUp(Failed):
    """Trying again is not worth it: out of patience, or the service is down."""


class Transient(Failed):
    """A failure that another try may cure.

    ``tries`` caps the attempts where more would be rude or costly; ``limit`` says that a rate limit was hit and who
    has to wait: this "service" or its whole "family".
    """

    def __init__(self, reason: str, status: int | None = None, tries: int = TRIES, limit: str = "") -> None:
        super().__init__(reason, status)
        self.tries = tries
        self.limit = limit


Judge = Callable[[httpx.Response], Transient | None]
"""Says what is wrong with an answer; raises :class:`Failed` for what no other try can cure."""


def seconds_to_wait(headers: Mapping[str, str], body: bytes = b"", now: float | None = None) -> float | None:
    """How long an answer asks us to wait; None when it does not say.

    ``Retry-After`` as seconds, decimals or a date; ``x-ratelimit-reset`` as epoch seconds, epoch milliseconds or
    seconds from now, when nothing remains; else words in the body ("Try again in 56 seconds").
    """
    now = time.time() if now is None else now
    text = headers.get("retry-after", "").strip()
    if text:
        number = _number(text)
        if number is not None:
            return max(0.0, number)
        try:
            when = parsedate_to_datetime(text).timestamp()
        except (OverflowError, OSError, TypeError, ValueError):
            when = None
        if when is not None:
            return max(0.0, when - now)
    left = _number(headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "0")))
    reset = _number(headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", "")).strip())
    if reset is not None and not left:
        if reset > 1e12:
            reset /= 1000
        return max(0.0, reset - now + 0.1) if reset > 1e9 else max(0.0, reset)
    if found := _SAID.search(body[:2000].decode("utf-8", "replace")):
        unit = (found[2] or "s").lower()
        return float(found[1]) * (0.001 if unit.startswith(("ms", "mil")) else 60 if unit[0] == "m" else 1)
    return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,16}(\.\d{1,9})?", text) else None


class Gate:
    """Until when nobody may pass: shared by the services that count their limits together."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Close it for so long."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds until it opens."""
        return max(0.0, self._until - time.monotonic())


class Health:
    """What is known of one service in this run: failures in a row, and when it may be asked again."""

    def __init__(self, patience: float, family: Gate) -> None:
        self.patience = patience
        self.family = family
        self.own = Gate()
        self._lock = threading.Lock()
        self._row = 0
        self._since = 0.0
        self._reason = ""
        self._limited = False
        self._failing: set[str] = set()
        self._lost = ""
        self.answered = False

    def good(self) -> None:
        """It answered."""
        with self._lock:
            self._row = 0
            self._failing.clear()
            self.answered = True

    def bad(self, reason: str, address: str, *, limited: bool) -> None:
        """It failed once more, at ``address``; ``limited`` by a rate limit, which passes by itself."""
        with self._lock:
            self._limited = limited
            if not self._row:
                self._since = time.monotonic()
            self._row += 1
            self._failing.add(address)
            self._reason = reason

    def lose(self, reason: str) -> None:
        """It is not there at all: nobody asks it again in this run."""
        with self._lock:
            self._lost = reason

    @property
    def flooded(self) -> bool:
        """It refuses one after the other: waiting for each request alone would not help."""
        return self._row >= 6

    def down(self) -> str | None:
        """Why it is left alone for the rest of the run; None while it is not."""
        with self._lock:
            if self._lost:
                return self._lost
            if len(self._failing) < SEVERAL:
                return None
            silent = not self._limited and time.monotonic() - self._since > self.patience / 4
            return self._reason if self._row >= ROW or (silent and self._row >= 2 * SEVERAL) else None

    def gate(self) -> float:
        """Seconds until it may be asked."""
        return max(self.own.left(), self.family.left())


class Trial(Retry):
    """httpx-retries' Retry for one look-up: waits as told, within its patience, until the service is given up.

    Made by :meth:`begin`; the copies that ``increment`` makes share the same ``state``.
    """

    state: _State

    @classmethod
    def begin(
        cls,
        health: Health,
        stop: threading.Event,
        patience: float,
        tries: int,
        judge: Judge,
        address: str,
        behind: Health | None = None,
    ) -> Trial:
        """A trial of at most ``tries`` attempts and ``patience`` seconds.

        ``behind`` is the health of the one server that stands for many hosts: it only counts failures to answer.
        """
        state = _State(health, stop, patience, judge, address, behind)
        trial = cls(
            total=tries - 1,
            allowed_methods=("GET", "POST", "HEAD"),
            backoff_factor=0.1,
            max_backoff_wait=LONGEST_PAUSE,
            backoff_jitter=0.5,
            validate_response=state.look,
        )
        trial.state = state
        return trial

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - the library's signature
        """The judge decides, it sees more than the status."""
        return False

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Failures of the wire and what the judge calls transient."""
        if not isinstance(exception, Transient):
            return False
        return self.attempts_made + 1 < exception.tries

    def increment(self) -> Trial:
        """The next attempt."""
        following = super().increment()
        assert isinstance(following, Trial)  # noqa: S101 - copy_with makes its own class
        following.state = self.state
        return following

    def sleep(self, response: httpx.Response | Exception) -> None:  # noqa: ARG002 - the library's signature
        """Wait, or raise :class:`GiveUp` when waiting is not worth it."""
        self.state.pause(self.backoff_strategy())


class _State:
    """What the attempts of one look-up share."""

    def __init__(
        self,
        health: Health,
        stop: threading.Event,
        patience: float,
        judge: Judge,
        address: str,
        behind: Health | None,
    ) -> None:
        self.health = health
        self.behind = behind
        self.stop = stop
        self.patience = patience
        self.judge = judge
        self.address = address
        self.begun = time.monotonic()
        self.asked: float | None = None
        self.reason = ""
        self.status: int | None = None
        self.limited = False

    def look(self, response: httpx.Response) -> None:
        """Raise what is wrong with an answer."""
        problem = self.judge(response)
        if problem is not None:
            self.failed(problem, response)
            raise problem
        self.health.good()
        if self.behind:
            self.behind.good()

    def failed(self, problem: Transient, response: httpx.Response | None = None) -> None:
        """Remember a failure and how long the service asks us to wait."""
        self.reason, self.status = problem.reason, problem.status
        self.asked = seconds_to_wait(response.headers, response.content) if response is not None else None
        self.limited = bool(problem.limit) or problem.status == 429
        self.health.bad(problem.reason, self.address, limited=self.limited)
        if self.behind:
            if response is None or response.status_code >= 500:
                self.behind.bad(problem.reason, self.address, limited=False)
            else:
                self.behind.good()
        if problem.limit or (self.asked is not None and self.health.flooded):
            gate = self.health.family if problem.limit == "family" else self.health.own
            gate.hold(60.0 if self.asked is None else self.asked)

    def down(self) -> str | None:
        """Why nobody asks any more."""
        return self.health.down() or (self.behind.down() if self.behind else None)

    def enter(self) -> None:
        """Wait until the service may be asked; raises :class:`GiveUp` when that is too long."""
        if (why := self.down()) is not None:
            raise GiveUp(why, self.status)
        while (seconds := self.health.gate()) > 0:
            if seconds > self.patience - (time.monotonic() - self.begun):
                raise GiveUp(self.reason or "rate limit", self.status)
            if self.stop.wait(seconds):
                raise GiveUp("interrupted", self.status)

    def pause(self, backoff: float) -> None:
        """Sleep before the next attempt."""
        if (why := self.down()) is not None:
            raise GiveUp(why, self.status)
        seconds = backoff if self.asked is None else self.asked + backoff / 10
        # a service that never said a word is not waited for as long as one that does, however it announces itself
        most = self.patience if self.health.answered or self.limited else self.patience / 3
        left = most - (time.monotonic() - self.begun)
        if seconds > left:
            raise GiveUp(self.reason, self.status)
        if self.stop.wait(seconds):
            raise GiveUp("interrupted", self.status)
