"""What servers answer: every registry and channel through a whole resolution, and the wire below them."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

import depfund
from depfund import documents
from depfund.config import Config, Reporter
from depfund.errors import DepfundError, UnsafeAddress
from depfund.http import SERVICES, Answer, Endpoints, Http
from depfund.http.addresses import check
from depfund.http.judge import cacheable, judge
from depfund.http.retry import seconds_to_wait
from depfund.model import Facts, Graph, Package
from depfund.registries import depsdev
from depfund.registries._finding import wanted
from depfund.resolver import resolve
from fuzzing.target import Sample, Target, Wrong

__all__ = ["TARGETS"]

DATA = Path(__file__).resolve().parents[2] / "data" / "fuzz" / "answers"
"""A good answer of every registry, channel and aggregator, a file each, called like the service or the document."""

ASKED = {
    **dict.fromkeys(("PYPI-simple", "PYPI-simple-page", "PYPI-metadata"), "pkg:pypi/own@1"),
    **dict.fromkeys(("FUNDING", "GITHUB_WEB"), "pkg:pypi/raw@1"),
    **dict.fromkeys(("GOPROXY", "go-get"), "pkg:golang/v.example/e@v1.0.0"),
    **dict.fromkeys(("NUGET", "nuspec"), "pkg:nuget/I@1"),
    "NPM": "pkg:npm/%40x/b@1",
    "CRATES": "pkg:cargo/c@1",
    "DEPSDEV": "pkg:cargo/c@1",
    "RUBYGEMS": "pkg:gem/d@1",
    "PACKAGIST_REPO": "pkg:composer/v/f@1",
    "HEX": "pkg:hex/g@1",
    "PUBDEV": "pkg:pub/h@1",
    "MAVEN": "pkg:maven/g.example/a@1",
    "maven-metadata": "pkg:maven/g.example/a",
    "CONDA": "pkg:conda/k@1",
}
"""The package whose resolution leads to an answer; the others are reached by way of the first one, on PyPI.

``own`` comes from an index without a JSON API, ``raw`` is resolved without a token.
"""

KNOWN = {path.stem: path.read_bytes() for path in sorted(DATA.iterdir())}
SYNTAX = {path.stem: {".json": "json", ".yml": "yaml"}.get(path.suffix, "lines") for path in sorted(DATA.iterdir())}


class Door:
    """Stands for :class:`depfund.http.Http`: the answers above, one of them changed, judged as a real answer is."""

    trouble = None
    interrupted = False

    def __init__(self, config: Config, changed: Mapping[str, bytes], *, page: bool) -> None:
        self.config = config
        self.endpoints = Endpoints(config)
        self.bodies = {**KNOWN, **changed}
        self.page = page

    def _answer(self, name: str, url: str, expects: str, limit: int = 1 << 30) -> Answer:
        data = self.bodies.get(name)
        if data is None:
            return Answer(url=url, status=404)
        extensions = {"redirect": lambda _: None, "body": True, "costly": 1}
        response = httpx.Response(
            200, content=data[:limit], request=httpx.Request("GET", "https://s.example", extensions=extensions)
        )
        problem = judge(response, expects)
        cacheable(response, expects)
        if problem is not None:
            return Answer(url=url, status=200, body=data, error=problem.reason, at="https://s.example/x/")
        return Answer(
            url=url, status=200, body=data, headers={"x-depfund-seen": "2026-01-01"}, at="https://s.example/x/"
        )

    def get(
        self, service: str, path: str, *, expects: str | None = None, source: str | None = None, **_: Any
    ) -> Answer:
        base = self.endpoints.base(service, source)
        name = service
        if service == "PYPI" and source:
            simple = "PYPI-simple-page" if self.page else "PYPI-simple"
            name = simple if "/simple" in path or base.bare else "none"
            expects = "page"
        elif path.endswith(".nuspec"):
            name = "nuspec"
        elif path.endswith("maven-metadata.xml"):
            name = "maven-metadata"
        elif service == "GITHUB_RAW":
            name = "FUNDING" if path.endswith("/widget/HEAD/.github/FUNDING.yml") else "none"
        return self._answer(name, base.shown + path, expects or SERVICES[service].expects)

    def fetch(self, url: str, *, accept: str | None = None, body: bool = True, **_: Any) -> Answer:
        try:
            check(url)
        except UnsafeAddress as error:
            return Answer(url="refused", error=str(error))
        if not body:
            return Answer(url=url, status=200)
        name = (
            "go-get"
            if "go-get" in url
            else "liberapay"
            if "liberapay" in url
            else "funding.json"
            if url.endswith("/funding.json")
            else "none"
        )
        return self._answer(name, url, "json" if accept and "json" in accept else "page")

    def beside(self, service: str, url: str, **_: Any) -> Answer:
        return self._answer("PYPI-metadata", url, "text")

    def graphql(self, service: str, query: str, variables: Mapping[str, object], **_: Any) -> Answer:
        if service == "GITHUB_GRAPHQL" and not self.config.github_token:
            return Answer(url="", error="no token")
        return self._answer(service, service, "graphql")

    def post(self, service: str, path: str, payload: object) -> Answer:
        return self._answer(service, service + path, "json")

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [function(each) for each in items]

    def is_public(self, service: str, source: str | None = None, name: str = "") -> bool:
        return self.endpoints.is_public(service, source, name)

    def interrupt(self) -> None: ...

    def unanswered(self) -> dict[str, str]:
        return {}

    down = unanswered

    def close(self) -> None: ...


def graph_for(purl: str) -> Graph:
    plain, _, version = purl.partition("@")
    kind = plain.removeprefix("pkg:").partition("/")[0]
    name = unquote(plain.rpartition("/")[2])
    hints = {"registry": ("https://index.example/simple",)} if name == "own" else {}
    package = Package(purl=purl, name=name, version=version or None, ecosystem=kind, hints=hints)
    return Graph(root="x", packages=(package,), direct={purl: "runtime"})


def feed_answer(sample: Sample, data: bytes) -> str:
    """A resolution never fails for what a server says, and its facts can be saved, loaded and split by."""
    purl = ASKED.get(sample.name, "pkg:pypi/a@1")
    graph = graph_for(purl)
    config = Config(github_token=None if "/raw@" in purl else "t", environ={})
    door: Any = Door(config, {sample.name: data}, page=sample.name == "PYPI-simple-page")
    try:
        if sample.name == "DEPSDEV":
            found, _ = depsdev.bulk([wanted(graph.packages, "pkg:cargo/c")], door)
            return str([each.repository is not None for each in found.values()])
        facts = resolve(graph, config, Reporter(), http=door)
        text = documents.dumps(facts)
        if documents.dumps(documents.loads(text, Facts)) != text:
            raise Wrong("saved and loaded, the facts are others")
        made = depfund.split("10 USD", depfund.weigh(graph, facts=facts), facts)
    except DepfundError as error:
        raise Wrong(f"a server's answer ended the run: {error!r}") from error
    channels = [c for p in facts.payees.values() for c in p.channels]
    for channel in channels:
        if not (channel.url.startswith(("https://", "http://")) and channel.url.isprintable()):
            raise Wrong(f"a channel at {channel.url!r}")
    return f"{len(made.payments)} {sorted({c.platform for c in channels})} {sorted({n.code for n in facts.notes})}"


def _alone(name: str) -> list[Sample]:
    return [Sample(name, KNOWN[name])]


# The wire itself


def feed_wire(sample: Sample, data: bytes) -> str:
    """Raw answers: a status line, headers, a blank line and a body that may be compressed."""
    head, _, content = data.partition(b"\n\n")
    first, *rows = head.decode("latin-1").split("\n")
    headers = [(k.strip(), v.strip()) for k, _, v in (row.partition(":") for row in rows) if k.strip()]
    status = int(first) if re.fullmatch("[1-5][0-9][0-9]", first) else 200

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))

    config = Config(
        endpoints={
            "PYPI": "http://127.0.0.1/pypi",
            "WEB": "http://127.0.0.1/web",
            "OPENCOLLECTIVE": "http://127.0.0.1/oc",
        },
        patience=0.0,
        environ={},
    )
    mock = httpx.MockTransport(answer)
    http = Http(config, look_up=lambda *_: ["127.0.0.1"])
    http._wire._transport = lambda *_, **__: mock  # type: ignore[assignment,method-assign,return-value]
    answers = [
        http.get("PYPI", "/pypi/a/json", limit=100_000),
        http.fetch("https://site.example/x", limit=100_000),
        http.graphql("OPENCOLLECTIVE", "{a}", {}),
    ]
    http.close()
    seconds_to_wait({k.lower(): v for k, v in headers}, content)
    if any(len(each.body) > 48 << 20 for each in answers) or any(len(each.body) > 100_000 for each in answers[:2]):
        raise Wrong("more than was allowed")
    if any(each.ok and each.error for each in answers):
        raise Wrong("an answer that is good and wrong")
    return str([each.said for each in answers])


def raw(status: int, content: bytes, **headers: str) -> bytes:
    rows = [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return "\n".join([str(status), *rows, "", ""]).encode() + content


def wire_samples() -> list[Sample]:
    plain = b'{"data": {"a": 1}}'
    return [
        Sample("plain", raw(200, plain, content_type="application/json", etag='"x"', cache_control="max-age=1")),
        Sample("gzip", raw(200, gzip.compress(plain * 50, mtime=0), content_encoding="gzip")),
        Sample("deflate", raw(200, zlib.compress(plain), content_encoding="deflate")),
        Sample("redirect", raw(302, b"", location="https://other.example/y")),
        Sample("here", raw(307, b"", location="/web/site.example/y")),
        Sample(
            "limited",
            raw(
                429,
                b"Try again in 5 seconds",
                retry_after="1",
                x_ratelimit_reset="1700000000",
                x_ratelimit_remaining="0",
            ),
        ),
        Sample("refused", raw(403, b"secondary rate limit", retry_after="Wed, 21 Oct 2015 07:28:00 GMT")),
        Sample(
            "errors",
            raw(200, b'{"data": null, "errors": [{"type": "RATE_LIMITED", "extensions": {"code": "NotFound"}}]}'),
        ),
        Sample("html", raw(502, b"<!DOCTYPE html><html></html>", content_type="text/html")),
    ]


TARGETS = [
    *(Target(f"answer {name}", SYNTAX[name], partial(_alone, name), feed_answer) for name in KNOWN),
    Target("wire", "lines", wire_samples, feed_wire),
]
