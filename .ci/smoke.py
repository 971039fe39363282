"""A smoke test of an installed depfund: run it outside the checkout; its argument is the folder of the examples."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import depfund


def main(examples: Path) -> None:
    """Read, weigh by every weighting, split, write every format, and the same on the command line."""
    from depfund.exports import EXPORTS
    from depfund.weights import WEIGHTINGS

    funds = examples / "funds"
    facts = depfund.Facts.from_json((funds / "facts.json").read_text(encoding="utf-8"))
    graph = depfund.read(funds / "graph.json")
    for name in WEIGHTINGS.keys() - {"manual", "votes", "blend"}:
        assert sum(depfund.weigh(graph, name, facts=facts).values.values()) == 10**15, name
    plan = depfund.allocate("1000 USD", funds / "graph.json", facts=facts)
    assert sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) == 100_000
    assert depfund.Allocation.from_json(plan.to_json()) == plan
    for row in EXPORTS:
        if not row.folder and not row.name.startswith("diff"):
            try:
                assert depfund.export(plan, row.name)
            except depfund.ExportError as error:
                print(f"  {row.name}: {error}")
    for policy in sorted(funds.glob("*/depfund.toml")):
        depfund.allocate(None, funds / "graph.json", facts=facts, policy=policy)
    assert depfund.resolve(graph, config=depfund.Config(offline=True)).unresolved
    readers(Path("scratch"))
    looked_up(graph)
    for words in (["--version"], ["formats"], ["weightings"], ["schema", "allocation"]):
        subprocess.run([sys.executable, "-m", "depfund", *words], check=True, stdout=subprocess.DEVNULL)
    print(f"smoke test passed: depfund {depfund.__version__} from {Path(depfund.__file__).parent}")


class NotThere(BaseHTTPRequestHandler):
    """Every service, and it knows nothing."""

    def do_GET(self) -> None:
        """404."""
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


def looked_up(graph: depfund.Graph) -> None:
    """The client, its retries and its cache, against this machine; the second time from the cache."""
    from depfund.http import SERVICES

    server = ThreadingHTTPServer(("127.0.0.1", 0), NotThere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_address[1]}"
    endpoints = {name: f"{root}/{name.lower()}" for name in (*SERVICES, "WEB")}
    config = depfund.Config(endpoints=endpoints, cache_dir=Path("cache"), patience=2.0, timeout=5.0)
    first = depfund.resolve(graph, config=config)
    server.shutdown()
    server.server_close()
    assert any("404" in why or "no such" in why for why in first.unresolved.values()), first.unresolved
    again = depfund.resolve(graph, config=replace(config, offline=True))
    assert first.unresolved.keys() == again.unresolved.keys()
    assert list(Path("cache").iterdir())


def readers(folder: Path) -> None:
    """One small file for each decoder that a dependency brings."""
    folder.mkdir(exist_ok=True)
    files = {
        "requirements.txt": "idna==3.10  # via requests\nrequests==2.32.5\n",
        "uv.lock": 'version = 1\n[[package]]\nname = "idna"\nversion = "3.10"\nsource = { virtual = "." }\n',
        "pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .: {}\npackages: {}\nsnapshots: {}\n",
        "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}',
        "pom.xml": "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>",
        "yarn.lock": '# yarn lockfile v1\n\n\na@^1:\n  version "1.0.0"\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        depfund.read(folder / name, lock=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
