"""Reading a lockfile into a graph, whole processes on the same files: npm's arborist, uv, syft, cyclonedx-py.

    python benchmarks/reading.py [--rounds N] [FOLDER ...]

The files are generated (1,500 packages), so that everybody can run this; further folders may be named, each with a
lockfile. Peers that are not installed, that cannot read a file or that take more than a minute are left out and named
on standard error; a case begins no further round after two minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
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
    mine = [*_peers.DEPFUND, "graph", lock, "--offline", "--format", "json", "-q"]
    commands: dict[str, list[str] | None] = {"depfund": mine}
    syft = _peers.tool("syft")
    commands["syft"] = [syft, "scan", f"file:{lock}", "-o", "syft-json", "-q"] if syft else None
    if lock == "package-lock.json":
        modules = _peers.npm_modules()
        commands["node arborist"] = ["node", "-e", _peers.ARBORIST, modules, str(folder)] if modules else None
    if lock == "uv.lock":
        uv = _peers.tool("uv")
        commands["uv export"] = [uv, "export", "--frozen", "--offline", "--no-hashes", "-q"] if uv else None
    if lock == "requirements.txt":
        bom = _peers.tool("cyclonedx-py")
        commands["cyclonedx-py"] = [bom, "requirements", lock] if bom else None
    for name in [name for name, command in commands.items() if command is None]:
        print(f"{name} is not installed: left out.", file=sys.stderr)
    return {name: command for name, command in commands.items() if command is not None}


def main() -> None:
    """One JSON line a peer and file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folders: list[Path] = asked.folders
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        for name in ("npm", "uv", "pip"):
            (made / name).mkdir()
        (made / "npm" / "package-lock.json").write_text(package_lock(1500), encoding="utf-8")
        wanted = {f"lib-{at}": "*" for at in range(40)}
        manifest = json.dumps({"name": "app", "dependencies": wanted})
        (made / "npm" / "package.json").write_text(manifest, encoding="utf-8")
        uv_project(made / "uv", 1500)
        pins = "\n".join(f"lib-{at}==1.{at % 9}.0" for at in range(1500))
        (made / "pip" / "requirements.txt").write_text(pins + "\n", encoding="utf-8")
        for folder in [*sorted(made.iterdir()), *folders]:
            for lock in ("package-lock.json", "uv.lock", "requirements.txt", "Cargo.lock", "yarn.lock"):
                if (folder / lock).is_file():
                    case = f"{lock}, 1,500 packages" if folder.parent == made else f"{folder.name}/{lock}"
                    commands = peers(folder.resolve(), lock)
                    _peers.tell("reading", case, _peers.race(commands, folder.resolve(), asked.rounds))


if __name__ == "__main__":
    main()
