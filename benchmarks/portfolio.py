"""An organisation of generated repositories: cold, with one lockfile changed, and with nothing changed.

``python benchmarks/portfolio.py [REPOSITORIES] [PACKAGES]`` (1,000 and 2,000) writes lockfiles of five ecosystems, made
by drawing packages and edges by a fixed seed, and facts for all of them; nothing is looked up. It prints seconds, the
memory of the parent, and whether another order, worker count and executor give the same bytes. The peer is the same
work by one ``depfund weigh`` after another: what a shell loop would do, measured on a sample and scaled.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from depfund import documents
from depfund.config import Config
from depfund.model import Channel, Facts, Payee, Project
from depfund.portfolio import Entry, Portfolio, allocate_portfolio

KINDS = ("npm", "pypi", "cargo", "gem", "composer")


def shape(count: int, draw: random.Random) -> list[list[int]]:
    """For each place what it requires: later places, 2.4 on average, hubs near its own place."""
    rows = []
    for place in range(count):
        rest = count - place - 1
        wanted = min(int(draw.expovariate(1 / 2.4) + 0.5), rest)
        rows.append(sorted({place + 1 + int((rest - 1) * draw.random() ** 2) for _ in range(wanted)}))
    return rows


def lockfile(kind: str, names: list[str], versions: list[str], rows: list[list[int]]) -> tuple[str, str]:
    """The file name and the text of a lock of this kind; the first packages are direct."""
    top = range(max(2, int(len(names) ** 0.5)))
    digest = hashlib.sha256("".join(names[:3]).encode()).hexdigest()
    if kind == "npm":
        packages: dict[str, object] = {"": {"name": "app", "dependencies": {names[at]: "*" for at in top}}}
        for at, name in enumerate(names):
            packages[f"node_modules/{name}"] = {
                "version": versions[at],
                "integrity": f"sha512-{digest}",
                "dependencies": {names[to]: f"^{versions[to]}" for to in rows[at]},
            }
        return "package-lock.json", json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages}, indent=1)
    if kind == "pypi":
        text = ['version = 1\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [']
        text += [*(f'    {{ name = "{names[at]}" }},' for at in top), "]\n"]
        for at, name in enumerate(names):
            text += ["[[package]]", f'name = "{name}"', f'version = "{versions[at]}"']
            text += ['source = { registry = "https://index.example/simple" }', "dependencies = ["]
            text += [*(f'    {{ name = "{names[to]}" }},' for to in rows[at]), "]"]
            text += [f'sdist = {{ url = "https://files.example/{name}.tar.gz", hash = "sha256:{digest}" }}', ""]
        return "uv.lock", "\n".join(text)
    if kind == "cargo":
        text = ["version = 4\n\n[[package]]", 'name = "app"', 'version = "0.1.0"', "dependencies = ["]
        text += [*(f' "{names[at]}",' for at in top), "]\n"]
        for at, name in enumerate(names):
            text += ["[[package]]", f'name = "{name}"', f'version = "{versions[at]}"']
            text += ['source = "registry+https://github.com/rust-lang/crates.io-index"', f'checksum = "{digest}"']
            text += ["dependencies = [", *(f' "{names[to]}",' for to in rows[at]), "]\n"]
        return "Cargo.lock", "\n".join(text)
    if kind == "gem":
        text = ["GEM", "  remote: https://gems.example/", "  specs:"]
        for at, name in enumerate(names):
            text += [f"    {name} ({versions[at]})", *(f"      {names[to]} (>= 1)" for to in rows[at])]
        return "Gemfile.lock", "\n".join([*text, "", "DEPENDENCIES", *(f"  {names[at]}" for at in top), ""])
    packages_ = [
        {
            "name": f"acme/{name}",
            "version": versions[at],
            "require": {f"acme/{names[to]}": "^1" for to in rows[at]},
            "type": "library",
        }
        for at, name in enumerate(names)
    ]
    return "composer.lock", json.dumps({"content-hash": digest, "packages": packages_, "packages-dev": []}, indent=1)


def write(folder: Path, count: int, size: int, seed: int = 1) -> None:
    """``count`` repositories, each with one lock of about ``size`` packages; popular packages are in many."""
    draw = random.Random(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        chosen = sorted({int(4 * size * draw.random() ** 1.5) for _ in range(int(size * 1.35))})
        draw.shuffle(chosen)
        names = [f"{kind}-lib-{each:05d}" for each in chosen[:size]]
        versions = [f"1.{draw.randrange(3)}.0" for _ in names]
        name, text = lockfile(kind, names, versions, shape(len(names), draw))
        home = folder / f"team{number % 20:02d}" / f"repo{number:04d}"
        home.mkdir(parents=True)
        (home / name).write_text(text, encoding="utf-8")
        if kind == "composer":
            wanted = {f"acme/{each}": "^1" for each in names[: max(2, int(len(names) ** 0.5))]}
            (home / "composer.json").write_text(json.dumps({"require": wanted}), encoding="utf-8")


def facts_for(size: int) -> Facts:
    """Projects of three packages each, every one with a payee; 500 payees in all."""
    projects, payees = {}, {}
    for kind in KINDS:
        for first in range(0, 4 * size, 3):
            url = f"https://forge.example/{kind}/{first:05d}"
            body = "composer/acme" if kind == "composer" else kind
            purls = tuple(f"pkg:{body}/{kind}-lib-{each:05d}" for each in range(first, first + 3))
            key = f"github:maker-{first % 100}-{kind}"
            payees[key] = Payee(key=key, channels=(Channel(platform="github", handle=key.partition(":")[2]),))
            projects[url] = Project(url=url, packages=purls, payees=(key,))
    return Facts(projects=projects, payees=payees)


def processor() -> float:
    """Seconds of processor time so far, those of finished children included."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def run(folder: Path, facts: Facts, cache: Path, **options: object) -> tuple[float, float, str]:
    """Seconds, seconds of processor time, and the digest of the whole JSON document."""
    entries = [Entry(path=str(team), team=team.name) for team in sorted(folder.iterdir())]
    if options.pop("backwards", False):
        entries.reverse()
    start, used = time.perf_counter(), processor()
    plan = allocate_portfolio(
        "100000 USD",
        Portfolio(entries=tuple(entries)),
        facts=facts,
        config=Config(offline=True, cache_dir=cache),
        **options,  # type: ignore[arg-type]
    )
    spent, used = time.perf_counter() - start, processor() - used
    return spent, used, hashlib.sha256(plan.to_json().encode()).hexdigest()


def alone(folder: Path, facts: Path, sample: int) -> float:
    """Seconds a repository for one ``depfund weigh`` process after another."""
    locks = sorted(path for path in folder.glob("*/*/*") if path.name != "composer.json")[:sample]
    environ = {**os.environ, "DEPFUND_OFFLINE": "1"}
    start = time.perf_counter()
    for lock in locks:
        command = [sys.executable, "-m", "depfund", "weigh", str(lock), "--facts", str(facts), "-q"]
        subprocess.run(command, check=True, capture_output=True, env=environ)
    return (time.perf_counter() - start) / len(locks)


def main() -> None:
    """One JSON line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="?", type=int, default=1000)
    parser.add_argument("packages", nargs="?", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        write(base / "org", options.repositories, options.packages)
        facts = facts_for(options.packages)
        (base / "facts.json").write_text(documents.dumps(facts), encoding="utf-8")
        peer = alone(base / "org", base / "facts.json", 10) * options.repositories
        found: list[tuple[str, float, float, str]] = [("cold", *run(base / "org", facts, base / "cache"))]
        found.append(("nothing changed", *run(base / "org", facts, base / "cache")))
        found.append(("other order, one worker", *run(base / "org", facts, base / "two", backwards=True, workers=1)))
        lock = min((base / "org").glob("*/*/uv.lock"))
        text = lock.read_text(encoding="utf-8")
        lock.write_text(text.replace('version = "1.0.0"', 'version = "1.9.0"', 5), encoding="utf-8")
        found.append(("one lockfile changed", *run(base / "org", facts, base / "cache")))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        for case, spent, used, digest in found:
            row = {
                "benchmark": "portfolio",
                "case": case,
                "ratio": round(peer / spent, 2),
                "peer": "one depfund weigh process a repository",
                "seconds": round(spent, 2),
                "processor_seconds": round(used, 2),
                "repositories": options.repositories,
                "packages": options.packages,
                "same_bytes_as_cold": digest == found[0][3],
                "parent_gb": round(memory, 2),
            }
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
