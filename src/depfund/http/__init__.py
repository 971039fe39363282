"""The one door to the network.

A stack of small transports, outermost first::

    Http → hishel's CacheTransport → Policy → httpx-retries' RetryTransport → Wire → httpx's HTTPTransport

``client`` says what rooms may ask, ``endpoints`` and ``settings`` where services are, ``addresses`` what must never
be asked, ``store`` keeps answers, ``policy`` puts on tokens and freshness, ``judge`` tells an answer from a failure,
``retry`` when to ask again, ``wire`` sends one request and reads one body.
"""

from depfund.http.answer import Answer
from depfund.http.client import Http
from depfund.http.endpoints import SERVICES, Endpoints

__all__ = ["SERVICES", "Answer", "Endpoints", "Http"]
