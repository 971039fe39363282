"""Many runs in one process, and two at once: memory stays flat, no file or socket is left open, both are right."""

import gc
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import depfund
from depfund import Config, Facts, Graph, Package
from depfund.http import SERVICES

EXAMPLES = Path(__file__).parents[2] / "examples/funds"


@pytest.fixture
def server() -> Iterator[str]:
    """Every service: a package's repository is named by the registry, everything else is not there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.split("/")
            known = self.path.startswith("/pypi/pypi/")
            info = {"name": parts[-2], "project_urls": {"Funding": f"https://ko-fi.com/{parts[-2]}"}} if known else {}
            data = json.dumps({"info": info}).encode()
            self.send_response(200 if known else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


def environ(root: str, cache: Path) -> dict[str, str]:
    endpoints = {f"DEPFUND_ENDPOINT_{name}": f"{root}/{name.lower()}" for name in (*SERVICES, "WEB")}
    return {**endpoints, "DEPFUND_CACHE_DIR": str(cache), "HOME": str(cache)}


def graph(size: int) -> Graph:
    purls = [f"pkg:pypi/p{at}@1" for at in range(size)]
    packages = tuple(Package(purl=each, name=each[9:-2], version="1", ecosystem="pypi") for each in sorted(purls))
    return Graph(root="shop", packages=packages, direct=dict.fromkeys(purls, "runtime"))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def once(given: Facts) -> None:
    plan = depfund.allocate("1000 USD", EXAMPLES / "graph.json", facts=given)
    depfund.export(plan, "json")
    depfund.export(plan, "csv")


@pytest.mark.parametrize("runs", [20, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_memory_is_flat_and_no_file_is_left_open(runs: int) -> None:
    given = Facts.from_json((EXAMPLES / "facts.json").read_text())
    for _ in range(5):
        once(given)
    gc.collect()
    files, threads = open_files(), threading.active_count()
    tracemalloc.start()
    try:
        once(given)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(runs):
            once(given)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert open_files() <= files
    assert threading.active_count() == threads
    assert grown < 300_000, f"{grown} bytes more after {runs} runs"


@pytest.mark.parametrize("runs", [3, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_looking_up_leaves_no_socket_open(server: str, tmp_path: Path, runs: int) -> None:
    def resolve(at: int) -> int:
        config = Config.load(tmp_path, environ=environ(server, tmp_path / str(at)), patience=2.0, timeout=5.0)
        return len(depfund.resolve(graph(4), config=config).projects)

    resolve(0)
    gc.collect()
    files, threads = open_files(), threading.active_count()
    for at in range(runs):
        assert resolve(at + 1) == 4
    gc.collect()
    assert open_files() <= files + 2  # the server's own side may still be closing
    assert threading.active_count() <= threads + 1


def test_two_processes_share_one_cache_and_both_are_right(server: str, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text(graph(40).to_json())
    command = [sys.executable, "-m", "depfund", "resolve", "graph.json", "--quiet"]
    env = {**environ(server, tmp_path / "cache"), "PATH": os.environ.get("PATH", "")}
    runs = [
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    texts = []
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
        texts.append(out)
    assert texts[0] == texts[1]
    assert len(Facts.from_json(texts[0]).projects) == 40


def test_two_threads_share_one_cache_and_both_are_right(server: str, tmp_path: Path) -> None:
    config = Config.load(tmp_path, environ=environ(server, tmp_path / "cache"), patience=2.0, timeout=5.0)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(depfund.resolve(graph(30), config=config).to_json()))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(found) == 2
    assert found[0] == found[1]
