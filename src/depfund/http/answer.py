"""Answer: what one address said, or why it said nothing. Look-ups never raise; they end in one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SEEN", "Answer"]

SEEN = "x-depfund-seen"
"""The header, kept with the answer, that says on which day it was given."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Answer:
    """What one address said.

    ``url`` is the address as a reader knows it (after redirects; a stand-in for a public service is named as that
    service), never with credentials; ``at`` is where it was asked, for relative links in the body. ``status`` is None
    when nothing answered. ``headers`` have lower-case names. ``error`` is set whenever the question stays open: no
    answer, a refusal, a broken body. A 404 or 410 is an answer.
    """

    url: str
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    from_cache: bool = False
    at: str = ""

    @property
    def ok(self) -> bool:
        """A usable body: status 2xx and nothing wrong with it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """The service says that it does not have this (404, 410)."""
        return self.error is None and self.status in {404, 410}

    @property
    def said(self) -> str:
        """The outcome in few words, the same in every run: ``200``, ``404``, ``HTML instead of JSON``, ``offline``."""
        if self.error is not None:
            return self.error
        return str(self.status) if self.status is not None else "no answer"

    @property
    def seen(self) -> str:
        """The ISO date on which the service said so: earlier than today when the cache answers."""
        return self.headers.get(SEEN, "")

    def json(self) -> object | None:
        """The body as plain data; None when it is no JSON or the answer is not usable."""
        import msgspec

        try:
            found: object = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return None
        return found

    def text(self) -> str:
        """The body as text: UTF-8, with a replacement sign for what is not."""
        return self.body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
