"""Reading a lockfile into a graph, whole processes on the same files: npm's arborist, uv, syft, cyclonedx-py.

The files are generated (1,500 packages), so that everybody can run this; further folders may be named, each with a
lockfile. Peers that are not installed are left out, and those that cannot read a file are named on standard error.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import _peers
from listing import package_lock


def uv_project(folder: Path, count: int) -> None:
    """A project and its uv.lock, which ``uv export`` reads without the network."""
    text = ["version = 1", "revision = 3", 'requires-python = ">=3.11"', "", "[[package]]", 'name = "app"']
    text += ['version = "0.1.0"', 'source = { virtual = "." }', "dependencies = ["]
    text += [*(f'    {{ name = "lib-{at}" }},' for at in range(40)), "]", "", "[package.metadata]"]
    text += ["requires-dist = [", *(f'    {{ name = "lib-{at}" }},' for at in range(40)), "]", ""]
    for at in range(count):
        text += ["[[package]]", f'name = "lib-{at}"', f'version = "1.{at % 9}.0"']
        text += ['source = { registry = "https://index.example/simple" }']
        if targets := [to for to in (at * 2 + 40, at * 2 + 41, at + 7) if to < count]:
            text += ["dependencies = [", *(f'    {{ name = "lib-{to}" }},' for to in sorted(targets, key=str)), "]"]
        url = f"https://files.example/lib-{at}-1.tar.gz"
        text += [f'sdist = {{ url = "{url}", hash = "sha256:{at:064x}", size = {at} }}', ""]
    (folder / "uv.lock").write_text("\n".join(text), encoding="utf-8")
    wanted = ", ".join(f'"lib-{at}"' for at in range(40))
    project = f'[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = [{wanted}]\n'
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")


def peers(folder: Path, lock: str) -> dict[str, list[str]]:
    """The commands that read ``lock``."""
    commands = {"depfund": [*_peers.DEPFUND, "graph", lock, "--offline", "--format", "json", "-q"]}
    if (syft := _peers.tool("syft")) is not None:
        commands["syft"] = [syft, "scan", f"file:{lock}", "-o", "syft-json", "-q"]
    if lock == "package-lock.json" and (modules := _peers.npm_modules()) is not None:
        commands["node arborist"] = ["node", "-e", _peers.ARBORIST, modules, str(folder)]
    if lock == "uv.lock" and (uv := _peers.tool("uv")) is not None:
        commands["uv export"] = [uv, "export", "--frozen", "--offline", "--no-hashes", "-q"]
    if lock == "requirements.txt" and (bom := _peers.tool("cyclonedx-py")) is not None:
        commands["cyclonedx-py"] = [bom, "requirements", lock]
    return commands


def main() -> None:
    """One JSON line a peer and file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    folders = parser.parse_args().folders
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        for name in ("npm", "uv", "pip"):
            (made / name).mkdir()
        (made / "npm" / "package-lock.json").write_text(package_lock(1500), encoding="utf-8")
        (made / "npm" / "package.json").write_text(json.dumps({"name": "app"}), encoding="utf-8")
        uv_project(made / "uv", 1500)
        pins = "\n".join(f"lib-{at}==1.{at % 9}.0" for at in range(1500))
        (made / "pip" / "requirements.txt").write_text(pins + "\n", encoding="utf-8")
        for folder in [*sorted(made.iterdir()), *folders]:
            for lock in ("package-lock.json", "uv.lock", "requirements.txt", "Cargo.lock", "yarn.lock"):
                if (folder / lock).is_file():
                    case = f"{lock}, 1,500 packages" if folder.parent == made else f"{folder.name}/{lock}"
                    _peers.tell("reading", case, _peers.race(peers(folder.resolve(), lock), folder.resolve(), 5))


if __name__ == "__main__":
    main()
