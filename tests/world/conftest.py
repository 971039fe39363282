"""A world server for the tests: started once for each seed and set of options, asked as a resolver and as a judge."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from depfund.channels.address import from_url
from depfund.config import Config
from depfund.graph import versionless
from depfund.manifests._purl import make
from depfund.model import Facts, Graph, Package, Payee

ECOSYSTEMS = ("pypi", "npm", "cargo", "gem", "composer", "golang", "nuget", "hex", "pub", "maven", "conda")
NEUTRAL = frozenset({"foundation", "funding_json"})
"""Platforms that the world's truth does not know: a project's foundation, a manifest without web addresses."""


@dataclass
class Score:
    """Channels found against channels that a perfect resolver finds."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))


@dataclass
class World:
    """A running server. ``bases`` are its base addresses by key."""

    bases: dict[str, str]
    folder: Path

    def config(self, cache: Path, *, token: str | None = "anything", **more: object) -> Config:
        """A Config that asks this world and nothing else."""
        endpoints = {key.upper(): url for key, url in self.bases.items() if key not in {"root", "canary"}}
        values: dict[str, object] = {
            "github_token": token,
            "endpoints": endpoints,
            "cache_dir": cache,
            "environ": {},
            **more,
        }
        return Config(**values)  # type: ignore[arg-type]

    def call(self, path: str, body: object = None) -> Any:
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(self.bases["root"] + path, data=data)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def truths(self, purls: list[str]) -> list[dict[str, Any]]:
        return self.call("/__truth__", {"purls": purls})

    def reset(self, faults: str = "") -> None:
        self.call("/__reset__", {})
        self.call("/__faults__", faults)

    def stats(self) -> dict[str, Any]:
        return self.call("/__stats__")

    def graph(self, ecosystem: str, count: int, skip: int = 0) -> Graph:
        """Packages of an ecosystem: names of real lockfiles, then invented ones."""
        known = json.loads(gzip.decompress((self.folder / "data" / "versions.json.gz").read_bytes()))
        rows = sorted(key.partition("/")[2] for key in known if key.startswith(f"{ecosystem}/"))
        rows += [_invent(ecosystem, number) for number in range(max(0, count + skip - len(rows)))]
        step = max(1, len(rows) // (count + skip))
        names = rows[skip * step :: step][:count]
        packages = []
        for name in names:
            namespace, _, last = name.rpartition(":" if ecosystem == "maven" else "/")
            version = (known.get(f"{ecosystem}/{name}") or ["1.0.0"])[0]
            purl = make(ecosystem, last, version, namespace or None)
            packages.append(Package(purl=purl, name=name, version=version, ecosystem=ecosystem))
        unique = {package.purl: package for package in packages}
        return Graph(root="world", packages=tuple(sorted(unique.values(), key=lambda package: package.purl)))

    def score(self, graph: Graph, facts: Facts) -> Score:
        """The payable channels of each project against the truth about its packages.

        A channel beyond those is right when the truth knows it as another address of a payee that is right.
        """
        score = Score()
        truths: dict[str, list[dict[str, Any]]] = {}
        for package, truth in zip(graph.packages, self.truths([p.purl for p in graph.packages]), strict=True):
            truths.setdefault(versionless(package.purl), []).append(truth)
        for project in facts.projects.values():
            rows = [truth for purl in project.packages for truth in truths[purl]]
            payees = [facts.payees[key] for key in project.payees]
            found = {channel.key for payee in payees for channel in payee.channels if channel.payable}
            found = {key for key in found if key.partition(":")[0] not in NEUTRAL}
            wanted = {_plain(key) for truth in rows for key in truth.get("valid_channels", ())}
            allowed = {_plain(key) for truth in rows for key in truth.get("tolerated_channels", ())}
            known = {key for truth in rows for key in truth.get("payees", ())}
            extra = {key for key in found - wanted - allowed if self._payee(key) not in known}
            score.right += len(found - extra)
            score.missed += [f"{project.url} {key}" for key in sorted(wanted - found)]
            score.wrong += [f"{project.url} {key}" for key in sorted(extra)]
            score.split += _split(project.url, rows, payees)
        return score

    def _payee(self, channel: str) -> str:
        truth = self.call(f"/__truth__?channel={quote(channel, safe=':')}")
        return str(truth["payee"]) if truth["valid"] else ""


def _split(url: str, truths: list[dict[str, Any]], payees: list[Payee]) -> list[str]:
    """Payees of the truth that are two here, or two that are one."""
    of = {channel.key: payee.key for payee in payees for channel in payee.channels}
    pairs = {
        (row["payee"], of[_plain(row["id"])])
        for truth in truths
        for row in truth.get("channels", ())
        if row["valid"] and row["usable"] and _plain(row["id"]) in of and row["platform"] != "custom"
    }
    left, right = {one for one, _ in pairs}, {other for _, other in pairs}
    return [] if len(pairs) == len(left) == len(right) else [f"{url} {sorted(pairs)}"]


def _plain(key: str) -> str:
    platform, _, handle = key.partition(":")
    address = from_url(handle) if platform == "custom" else None
    return address.key if address else f"{platform}:{unquote(handle).lower()}"


def _invent(ecosystem: str, number: int) -> str:
    word = f"{('amber', 'brisk', 'calm', 'dapper', 'early')[number % 5]}-{number}"
    if ecosystem in {"hex", "pub"}:
        return word.replace("-", "_")
    if ecosystem == "composer":
        return f"vendor-{number % 90}/{word}"
    if ecosystem == "golang":
        return f"github.com/w-amber-fox-{number % 60}/{word}"
    if ecosystem == "maven":
        return f"org.place{number % 80}:{word}"
    return word


Start = Callable[..., World]


@pytest.fixture(name="start", scope="session")
def _start() -> Iterator[Start]:
    """Starts a world: ``start(seed, *options)``; the same ones give the same server."""
    folder = Path(os.environ.get("DEPFUND_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "world"
    if not (folder / "serve.py").is_file():
        pytest.skip("../shared/world is not beside this checkout")
    for module in ("uvicorn", "uvloop", "httptools", "graphql"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"the world server needs {module}")
    running: dict[tuple[str, ...], tuple[subprocess.Popen[str], World]] = {}

    def start(seed: int, *options: str) -> World:
        key = (str(seed), *options)
        if key not in running:
            command = [sys.executable, str(folder / "serve.py"), "--port", "0", "--seed", str(seed), *options]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            line = process.stdout.readline()
            running[key] = process, World(json.loads(line), folder)
        world = running[key][1]
        world.reset()
        return world

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(timeout=20)
