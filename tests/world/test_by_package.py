"""The same world through the command line, package by package, as somebody else would check it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from depfund import documents
from depfund.graph import versionless

pytestmark = pytest.mark.world

COUNT = int(os.environ.get("DEPFUND_WORLD_COUNT", "40"))
SEED = int(os.environ.get("DEPFUND_WORLD_SEEDS", "23").split(",")[0])


def plain(key: str) -> str:
    """A key without what spellings differ in: case, escapes, the scheme of a link."""
    platform, _, handle = unquote(key).lower().partition(":")
    return f"{platform}:{handle.rpartition('://')[2].removeprefix('www.').rstrip('/')}"


def run(world: Any, folder: Path, graph: Path, *, token: bool) -> dict[str, Any]:
    env = {key: value for key, value in os.environ.items() if key not in {"GITHUB_TOKEN", "GH_TOKEN"}}
    env |= {f"DEPFUND_ENDPOINT_{key.upper()}": url for key, url in world.bases.items() if key not in {"root", "canary"}}
    env |= {"DEPFUND_CACHE_DIR": str(folder / "cache")} | ({"GITHUB_TOKEN": "x"} if token else {})
    command = [sys.executable, "-m", "depfund", "funding", str(graph), "--format", "json", "--no-progress"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("ecosystem", "token"), [("composer", True), ("pypi", False)])
def test_each_package_leads_to_its_own_payees(start: Any, tmp_path: Path, ecosystem: str, token: bool) -> None:
    world = start(SEED)
    graph = world.graph(ecosystem, COUNT)
    path = tmp_path / "graph.json"
    path.write_text(documents.dumps(graph), encoding="utf-8")
    found = run(world, tmp_path, path, token=token)
    truths = dict(zip((p.purl for p in graph.packages), world.truths([p.purl for p in graph.packages]), strict=True))
    of_project: dict[str, set[str]] = {}
    for row in found["packages"]:
        truth = truths[row["purl"]]
        allowed = {plain(key) for key in (*truth.get("valid_channels", ()), *truth.get("tolerated_channels", ()))}
        of_project.setdefault(row["project"] or versionless(row["purl"]), set()).update(allowed)
    right, wrong, missed, strangers, forbidden = 0, [], [], [], []
    for row in found["packages"]:
        truth = truths[row["purl"]]
        payable = {plain(c["key"]) for c in row["channels"] if c["standing"] in {"declared", "confirmed"}}
        payable = {key for key in payable if key.partition(":")[0] not in {"foundation", "funding_json"}}
        project = row["project"] or versionless(row["purl"])
        right += len(payable & of_project[project])
        wrong += [f"{row['purl']} {key}" for key in sorted(payable - of_project[project])]
        missed += [f"{row['purl']} {key}" for key in truth.get("valid_channels", ()) if plain(key) not in payable]
        banned = {plain(key) for key in truth.get("forbidden_channels", ())} - of_project[project]
        forbidden += sorted(payable & banned)
        payees = [found["payees"][key] | {"key": key} for key in row["payees"]]
        names = {plain(n) for p in payees for n in (p["key"], *p.get("aliases", ()), *(_keys(p)))}
        strangers += [f"{row['purl']} {key}" for key in truth.get("payees", ()) if plain(key) not in names]
    assert not wrong
    assert not forbidden
    assert right
    assert len(missed) <= 0.01 * right, missed
    if token:
        assert len(strangers) <= 0.01 * right, strangers


def _keys(payee: dict[str, Any]) -> list[str]:
    return [f"{channel['platform']}:{channel['handle']}" for channel in payee["channels"]]
