"""An organisation of generated repositories: cold, with one lockfile changed, and with nothing changed.

``python benchmarks/portfolio.py [REPOSITORIES] [PACKAGES]`` (1,000 and 2,000) writes lockfiles of five ecosystems and
facts for all of them; nothing is looked up. Names and edges are those of real lockfiles (the corpus in ``../shared``,
or DEPFUND_SHARED), laid side by side to the size asked for, each repository without some of its direct dependencies by
a fixed seed; ``--made``, or where there is no corpus, they are drawn by the seed alone. It prints seconds, the memory
of the parent, and whether another order, worker count and executor give the same bytes. The peer is the same work by
one ``depfund weigh`` after another: what a shell loop would do, measured on a sample and scaled.
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
from typing import NamedTuple

import depfund
from depfund import documents
from depfund.config import Config
from depfund.model import Channel, Facts, Payee, Project
from depfund.portfolio import Entry, Portfolio, allocate_portfolio

KINDS = ("npm", "pypi", "cargo", "gem", "composer")


REAL = {
    "npm": ("package-lock/*/package-lock.json", "yarn-lock-v1/*/yarn.lock"),
    "pypi": ("uv-lock/*/uv.lock", "poetry-lock/*/poetry.lock"),
    "cargo": ("cargo-lock/*/Cargo.lock",),
    "gem": ("gemfile-lock/*/Gemfile.lock",),
    "composer": ("composer-lock/*/composer.lock",),
}
"""What of the corpus repositories of each kind are made from."""


class Shape(NamedTuple):
    """Who requires whom, by name, and what is direct."""

    edges: dict[str, list[str]]
    direct: list[str]


def corpus() -> Path | None:
    """The folder of real lockfiles, where there is one."""
    shared = Path(os.environ.get("DEPFUND_SHARED") or Path(__file__).parents[2] / "shared")
    return shared / "corpus" if (shared / "corpus").is_dir() else None


def real(folder: Path, kind: str) -> list[Shape]:
    """The shapes of the corpus' lockfiles of ``kind`` with at least a hundred packages, the largest first."""
    found = []
    for pattern in REAL[kind]:
        for path in sorted(folder.glob(pattern)):
            graph = depfund.read(path, lock=False)
            names = {package.purl: package.name for package in graph.packages if not package.first_party}
            edges: dict[str, list[str]] = {name: [] for name in names.values()}
            for purl, name in names.items():
                edges[name] += [names[to] for to in graph.requires.get(purl, ()) if to in names]
            direct = sorted({names[purl] for purl in graph.direct if purl in names})
            found.append(Shape({name: sorted({*row} - {name}) for name, row in edges.items()}, direct))
    return sorted((shape for shape in found if len(shape.edges) >= 100), key=lambda shape: -len(shape.edges))


def made(kind: str, size: int, draw: random.Random) -> Shape:
    """A shape drawn by the seed: each requires later ones, 2.4 on average, most of them near its own place."""
    names = [f"{kind}-lib-{each:05d}" for each in sorted({int(4 * size * draw.random() ** 1.5) for _ in range(size)})]
    names = [f"acme/{name}" if kind == "composer" else name for name in names]
    draw.shuffle(names)
    edges: dict[str, list[str]] = {}
    for place, name in enumerate(names):
        rest = len(names) - place - 1
        wanted = min(int(draw.expovariate(1 / 2.4) + 0.5), rest)
        edges[name] = sorted({names[place + 1 + int((rest - 1) * draw.random() ** 2)] for _ in range(wanted)})
    return Shape(edges, sorted(names[: max(2, int(size**0.5))]))


def laid(shapes: list[Shape], size: int, draw: random.Random) -> Shape:
    """Shapes side by side, again under other names when all are used, less a tenth of what is direct."""
    edges: dict[str, set[str]] = {}
    direct: set[str] = set()
    start, turn = draw.randrange(len(shapes)), 0
    while len(edges) < size * 1.05:
        shape, again = shapes[(start + turn) % len(shapes)], turn // len(shapes)
        mark = f"-{again + 1}" if again else ""
        for name, row in shape.edges.items():
            edges.setdefault(name + mark, set()).update(to + mark for to in row)
        direct.update(name + mark for name in shape.direct)
        turn += 1
    kept = sorted(name for name in direct if draw.random() > 0.1)
    reached, todo = set(kept), list(kept)
    while todo and len(reached) < size:
        for to in sorted(edges[todo.pop()] - reached):
            reached.add(to)
            todo.append(to)
    return Shape({name: sorted(edges[name] & reached) for name in sorted(reached)}, kept)


def lockfile(kind: str, shape: Shape, draw: random.Random) -> tuple[str, str]:
    """The file name and the text of a lock of this kind."""
    names = list(shape.edges)
    place = {name: at for at, name in enumerate(names)}
    rows = [[place[to] for to in row] for row in shape.edges.values()]
    top = [place[name] for name in shape.direct]
    versions = [f"1.{draw.randrange(3)}.0" for _ in names]
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
            "name": name,
            "version": versions[at],
            "require": {names[to]: "^1" for to in rows[at]},
            "type": "library",
        }
        for at, name in enumerate(names)
    ]
    return "composer.lock", json.dumps({"content-hash": digest, "packages": packages_, "packages-dev": []}, indent=1)


def write(folder: Path, count: int, size: int, real_in: Path | None, seed: int = 1) -> Facts:
    """``count`` repositories with one lock of about ``size`` packages each; the facts of all: three packages a project.

    Every project has a payee; there are 500.
    """
    draw = random.Random(seed)
    stock = {kind: real(real_in, kind) if real_in else [made(kind, size, draw) for _ in range(8)] for kind in KINDS}
    used: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        shape = laid(stock[kind], size, draw)
        used[kind].update(shape.edges)
        name, text = lockfile(kind, shape, draw)
        home = folder / f"team{number // len(KINDS) % 20:02d}" / f"repo{number:04d}"
        home.mkdir(parents=True)
        (home / name).write_text(text, encoding="utf-8")
        if kind == "composer":
            wanted = dict.fromkeys(shape.direct, "^1")
            (home / "composer.json").write_text(json.dumps({"require": wanted}), encoding="utf-8")
    return facts_for(used)


def facts_for(used: dict[str, set[str]]) -> Facts:
    """Projects of three packages each, every one with a payee; 500 payees in all."""
    projects, payees = {}, {}
    for kind, names in used.items():
        order = sorted(names)
        for first in range(0, len(order), 3):
            url = f"https://forge.example/{kind}/{first:05d}"
            purls = tuple(f"pkg:{kind}/{name.replace('@', '%40')}" for name in order[first : first + 3])
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
    parser.add_argument("--made", action="store_true", help="draw the lockfiles by the seed alone")
    options = parser.parse_args()
    found_in = None if options.made else corpus()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        facts = write(base / "org", options.repositories, options.packages, found_in)
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
                "lockfiles": "from real ones" if found_in else "made" if options.made else "made, for want of a corpus",
                "same_bytes_as_cold": digest == found[0][3],
                "parent_gb": round(memory, 2),
            }
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
