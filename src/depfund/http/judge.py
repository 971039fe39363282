"""Is this answer one? What a service says is held against what it should say before it is believed or cached."""

from __future__ import annotations

from typing import NoReturn

import httpx
import msgspec

from depfund.http.retry import STRANGE_TRIES, TRIES, Failed, Transient

__all__ = ["cacheable", "judge"]

_AGAIN = frozenset({408, 421, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_LIMITED = ("rate limit", "too many requests", "abuse detection", "quota")


def judge(response: httpx.Response, expects: str, *, strange: bool = False) -> Transient | None:
    """What is wrong with ``response`` that another try may cure; None when it is an answer (a 404 is one).

    ``expects`` is json, graphql, xml, text or page. ``strange`` is an address that somebody's data named: there an
    HTML page where JSON was hoped for is most often no accident, so it is asked less often. Raises
    :class:`~depfund.http.retry.Failed` for a redirect of a stranger's that must not be followed: that is final.
    """
    status = response.status_code
    most = STRANGE_TRIES if strange else TRIES
    if status == 429:
        return Transient("429", status, most, limit="family" if _secondary(response) else "")
    if expects == "graphql" and status in {502, 504}:
        return Transient(str(status), status, min(most, response.request.extensions["costly"]))
    if status in _AGAIN:
        return Transient(str(status), status, most)
    if status in {401, 403}:
        if _limited(response):
            return Transient("rate limit", status, most, limit="family" if _secondary(response) else "service")
        return None if strange else Transient(str(status), status, 3)
    if status in {301, 302, 303, 307, 308}:
        why = response.request.extensions["redirect"](response.headers.get("location", ""))
        if why and response.request.extensions["pin"]:
            raise Failed(why, status)  # a stranger's own host says so, and would say so again
        return Transient(why, status, min(most, 6)) if why else None  # not what a service means: a hiccup before it
    if not 200 <= status < 300 or status == 204 or not response.request.extensions["body"]:
        return None
    if not response.content.strip():
        return Transient("an empty body", status, most if expects in {"json", "graphql", "xml"} else 4)
    if expects in {"json", "graphql"}:
        return _json(response, expects, most)
    if expects in {"xml", "text"} and _is_html(response.content):
        return Transient(f"HTML instead of {'XML' if expects == 'xml' else 'text'}", status, most)
    if expects == "xml" and not _whole_xml(response.content):
        return Transient("broken XML", status, most)
    return None


def _json(response: httpx.Response, expects: str, most: int) -> Transient | None:
    status = response.status_code
    try:
        found = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        most = min(most, 6) if most == STRANGE_TRIES else most
        words = "HTML instead of JSON" if _is_html(response.content) else "broken JSON"
        return Transient(words, status, most)
    if expects != "graphql":
        return None
    if not isinstance(found, dict):
        return Transient("no GraphQL answer", status, most)
    if any(_says_limited(each) for each in _errors(found)) and not found.get("data"):
        return Transient("rate limit", status, most, limit="service")
    return None


def cacheable(response: httpx.Response, expects: str) -> bool:
    """Whether an answer may be remembered: good ones and misses; of GraphQL only what is whole."""
    if response.status_code in {404, 410, 301, 302, 307, 308}:
        return True
    if not 200 <= response.status_code < 300:
        return False
    if expects != "graphql":
        return True
    try:
        found = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return False
    if not isinstance(found, dict) or not isinstance(found.get("data"), dict):
        return False
    return all(map(_says_missing, _errors(found)))


def _errors(found: dict[str, object]) -> list[dict[str, object]]:
    """What is said to have gone wrong: objects; anything else is put as one that says nothing."""
    errors = found.get("errors") or []
    return [each if isinstance(each, dict) else {} for each in errors] if isinstance(errors, list) else [{}]


def _says_missing(error: dict[str, object]) -> bool:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return str(error.get("type")) in {"NOT_FOUND", "FORBIDDEN"} or str(code).replace("_", "").lower() == "notfound"


def _says_limited(error: dict[str, object]) -> bool:
    kind, message = str(error.get("type") or "").upper(), str(error.get("message") or "").lower()
    return kind in {"RATE_LIMITED", "RATE_LIMIT"} or any(word in message for word in _LIMITED)


def _limited(response: httpx.Response) -> bool:
    """A refusal that is about how often, not about what."""
    if "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0":
        return True
    text = response.content[:2000].lower()
    return any(word.encode() in text for word in _LIMITED)


def _secondary(response: httpx.Response) -> bool:
    return b"secondary rate limit" in response.content[:2000].lower()


def _is_html(body: bytes) -> bool:
    return (
        body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
    )


def _whole_xml(body: bytes) -> bool:
    """Well-formed, and without declarations that could blow up in a parser."""
    from xml.parsers import expat

    def declared(*_: object) -> NoReturn:
        raise ValueError("an entity is declared")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = declared  # whatever the encoding: in UTF-16 no search for its name would find it
    try:
        parser.Parse(body, True)  # noqa: FBT003 - positional in expat
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return True
