"""Listing who asks for funding, whole processes on the same files: ``npm fund``'s library in node, and pip-fund.

npm reads a lock of 1,500 packages that records funding addresses, offline. pip-fund has no lockfiles; it lists the
environment it runs in, depfund the frozen requirements of that environment. Peers that are not installed are left out.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import _peers


def package_lock(count: int) -> str:
    """A package-lock of ``count`` packages, every fourth with a funding address."""
    rows: dict[str, object] = {"": {"name": "app", "dependencies": {f"lib-{at}": "*" for at in range(40)}}}
    for at in range(count):
        row: dict[str, object] = {"version": f"1.{at % 9}.0", "integrity": f"sha512-{at:086d}==", "license": "MIT"}
        targets = [to for to in (at * 2 + 40, at * 2 + 41, at + 7) if to < count]
        row["dependencies"] = {f"lib-{to}": "^1.0.0" for to in targets}
        if at % 4 == 0:
            row["funding"] = {"type": "github", "url": f"https://github.com/sponsors/maker-{at % 97}"}
        rows[f"node_modules/lib-{at}"] = row
    return json.dumps({"name": "app", "lockfileVersion": 3, "requires": True, "packages": rows}, indent=2)


def main() -> None:
    """One JSON line a peer."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "package-lock.json").write_text(package_lock(1500), encoding="utf-8")
        (folder / "package.json").write_text(
            json.dumps({"name": "app", "dependencies": {f"lib-{at}": "*" for at in range(40)}}), encoding="utf-8"
        )
        mine = [*_peers.DEPFUND, "funding", "package-lock.json", "--offline", "-q"]
        commands = {"depfund": mine}
        if (modules := _peers.npm_modules()) is not None:
            commands["node libnpmfund"] = ["node", "-e", _peers.LIBNPMFUND, modules, str(folder)]
        _peers.tell("listing", "package-lock.json, 1,500 packages", _peers.race(commands, folder))
        if (pip_fund := _peers.tool("pip-fund")) is not None:
            frozen = subprocess.run([_peers.PYTHON, "-m", "pip", "freeze"], check=True, capture_output=True, text=True)
            lines = [line for line in frozen.stdout.splitlines() if "==" in line]
            (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            mine = [*_peers.DEPFUND, "funding", "requirements.txt", "--offline", "-q"]
            pair = {"depfund": mine, "pip-fund": [pip_fund]}
            _peers.tell("listing", f"this environment, {len(lines)} packages", _peers.race(pair, folder))


if __name__ == "__main__":
    main()
