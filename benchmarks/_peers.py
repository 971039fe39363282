"""Whole processes side by side: best of several rounds, interleaved, so that a busy machine is busy for all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PYTHON = sys.executable
DEPFUND = [PYTHON, "-m", "depfund"]

ARBORIST = """
const Arborist = require(process.argv[1] + '/@npmcli/arborist');
new Arborist({path: process.argv[2]}).loadVirtual().then(tree => {
  const edges = [...tree.inventory.values()].map(n => [n.name, n.version, [...n.edgesOut.keys()]]);
  process.stdout.write(JSON.stringify(edges));
});
"""
LIBNPMFUND = """
const Arborist = require(process.argv[1] + '/@npmcli/arborist');
const {readTree} = require(process.argv[1] + '/libnpmfund');
new Arborist({path: process.argv[2]}).loadVirtual().then(tree => {
  process.stdout.write(JSON.stringify(readTree(tree)));
});
"""


def npm_modules() -> str | None:
    """Where npm keeps its own libraries: beside the npm that is installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    folder = Path(npm).resolve().parent.parent / "node_modules"
    return str(folder) if (folder / "libnpmfund").is_dir() else None


def tool(name: str) -> str | None:
    """A program beside this Python, or on the path."""
    beside = Path(PYTHON).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def race(
    commands: Mapping[str, list[str]], folder: Path, rounds: int = 7, *, patience: float = 60, budget: float = 120
) -> dict[str, float]:
    """The best seconds of each command that works here; one unmeasured round first.

    A command that takes longer than ``patience`` seconds is out, and no round begins when ``budget`` seconds are spent.
    """
    environ = {**os.environ, "DEPFUND_OFFLINE": "1", "DEPFUND_CACHE_DIR": str(folder / ".cache")}
    environ |= {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
    best: dict[str, float] = {}
    broken: set[str] = set()
    begun = time.perf_counter()
    for turn in range(rounds + 1):
        if turn > 1 and time.perf_counter() - begun > budget:
            break
        for name, command in commands.items():
            if name in broken:
                continue
            start = time.perf_counter()
            try:
                done = subprocess.run(
                    command, cwd=folder, env=environ, capture_output=True, check=False, timeout=patience
                )
            except subprocess.TimeoutExpired:
                broken.add(name)
                print(f"{name} took more than {patience:.0f} s: left out.", file=sys.stderr)
                continue
            spent = time.perf_counter() - start
            if done.returncode:
                broken.add(name)
                print(f"{name} does not work here: {done.stderr.decode(errors='replace')[-300:]}", file=sys.stderr)
            elif turn:
                best[name] = min(spent, best.get(name, spent))
    return best


def tell(benchmark: str, case: str, best: Mapping[str, float]) -> None:
    """One JSON line for each peer: how many times faster depfund is."""
    mine = best.get("depfund")
    for name, spent in best.items():
        if name != "depfund" and mine:
            row = {
                "benchmark": benchmark,
                "case": case,
                "peer": name,
                "ratio": round(spent / mine, 2),
                "depfund_ms": round(mine * 1e3, 1),
                "peer_ms": round(spent * 1e3, 1),
            }
            print(json.dumps(row), flush=True)
