"""A loopback server that stands for every service, and a Config that knows nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from depfund.config import Config
from depfund.http import SERVICES

TOKENS = {"GITHUB_TOKEN": "ghp_marker0token1github", "OPENCOLLECTIVE_TOKEN": "marker0token1collective"}


class World:
    """Answers 404 to everything unless a test wrote an answer down; remembers what it was asked and with what."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.root = ""

    def say(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"content-type": "application/json", **named}, data)

    @property
    def addresses(self) -> set[str]:
        return {f"{method} {self.root}{path}" for method, path, _, _ in self.asked}

    def everything(self) -> str:
        """All that was sent to it, in one text."""
        return "\n".join(f"{path} {headers} {body!r}" for _, path, headers, body in self.asked)


@pytest.fixture
def world() -> Iterator[World]:
    found = World()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            found.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, data = found.answers.get(self.path, (404, {"content-type": "application/json"}, b"{}"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = answer  # noqa: N815 - the standard library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.root = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def environ(world: World, tmp_path: Path) -> dict[str, str]:
    """An environment in which every service is the loopback server."""
    endpoints = {f"DEPFUND_ENDPOINT_{name}": f"{world.root}/{name.lower()}" for name in (*SERVICES, "WEB")}
    return {**endpoints, **TOKENS, "DEPFUND_CACHE_DIR": str(tmp_path / "cache"), "HOME": str(tmp_path)}


@pytest.fixture
def config(environ: dict[str, str], tmp_path: Path) -> Config:
    return Config.load(tmp_path, environ=environ, patience=2.0, timeout=2.0)
