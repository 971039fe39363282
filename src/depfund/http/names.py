"""One resolver for a run: a name is looked up by one thread at a time, and what was said is remembered.

The system's resolver may take five seconds for a name that is not there; forty threads that ask for the same name
would each wait for it. An answer, and a name that does not exist after two looks, hold for the whole run; a failure of
the moment holds for a moment. Addresses are still checked by whoever connects (:func:`depfund.http.addresses.pick`).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from depfund.http.addresses import Resolve, is_literal
from depfund.http.retry import Failed, Transient

__all__ = ["Names"]

LOOKS = 2
"""How often a name that the resolver does not know is looked up before it is taken for absent."""
MOMENT = 1.0
"""Seconds that a failure of the resolver itself is remembered."""
MOMENTS = 3
"""Such failures of one name, without any answer, after which it is left alone for the run."""
PAUSE = 0.2
AT_ONCE = 4
"""Different names under way together: a resolver that is flooded loses questions, and each costs five seconds."""
_ABSENT = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(slots=True)
class _Name:
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: list[str] | None = None
    lost: str = ""
    looks: int = 0
    moments: int = 0
    until: float = 0.0


class Names:
    """Looks names up for all threads of a run. ``pause`` sleeps and says whether to stop (an Event's ``wait``)."""

    def __init__(self, look_up: Resolve, pause: Callable[[float], bool]) -> None:
        self._look_up = look_up
        self._pause = pause
        self._names: dict[tuple[str, int], _Name] = {}
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def find(self, host: str, port: int) -> list[str]:
        """The IP addresses of ``host``.

        Raises :class:`Failed` when it has none (for the rest of the run), :class:`Transient` when the resolver could
        not say.
        """
        if is_literal(host):
            return [host]
        with self._lock:
            name = self._names.setdefault((host, port), _Name())
        with name.lock:
            while name.found is None:
                if name.lost:
                    raise Failed(name.lost)
                if time.monotonic() < name.until:
                    raise Transient("name not resolved", tries=MOMENTS)
                self._look(name, host, port)
            return name.found

    def _look(self, name: _Name, host: str, port: int) -> None:
        try:
            with self._turns:
                name.found = self._look_up(host, port)
        except OSError as error:
            if error.errno in _ABSENT or not isinstance(error, socket.gaierror):
                name.looks += 1
                if name.looks >= LOOKS:
                    name.lost = "no such host"
                elif self._pause(PAUSE):
                    raise Failed("interrupted") from None
                return
            name.moments += 1
            name.until = time.monotonic() + MOMENT
            if name.moments >= MOMENTS:
                name.lost = "name not resolved"
