"""The one door to the network.

A stack of small transports, outermost first::

    Http → hishel's CacheTransport → Policy → httpx-retries' RetryTransport → Wire → httpx's HTTPTransport

``client`` says what rooms may ask, ``endpoints`` and ``settings`` where services are, ``addresses`` what must never
be asked, ``store`` keeps answers, ``policy`` puts on tokens and freshness, ``judge`` tells an answer from a failure,
``retry`` when to ask again, ``wire`` sends one request and reads one body; ``silent`` stands for all of it where
nothing can be asked. Network libraries are imported when a door is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from depfund.config import Config, Reporter
from depfund.http.answer import Answer
from depfund.http.endpoints import SERVICES, Endpoints

if TYPE_CHECKING:
    from depfund.http.client import Http

__all__ = ["SERVICES", "Answer", "Endpoints", "Http", "door"]


def door(config: Config, reporter: Reporter) -> Http:
    """The way to the network for ``config``: :class:`Http`, or its silent twin offline with nothing in the cache."""
    from depfund.http.silent import Silent, nothing_kept

    if config.offline and nothing_kept(config.cache_dir):
        return cast("Http", Silent(config))  # the same interface, without the libraries of the network
    from depfund.http.client import Http

    return Http(config, reporter)


def __getattr__(name: str) -> Any:
    if name == "Http":
        from depfund.http.client import Http

        return Http
    raise AttributeError(f"module 'depfund.http' has no attribute {name!r}")
