"""How long a read takes, as a ratio to the fastest sound decoder on the same bytes, in one run.

    python benchmarks/reading_python.py [FOLDER]

FOLDER holds the corpus (default: ../shared/corpus). Every Python or conda file over 1 MB is read whole (recognised,
decoded, checked, made a Graph); the peer only decodes it: rtoml for TOML, yaml-rs for YAML. Interleaved, median of 9.
The bar is a ratio of 3. A made lock of 20,000 packages shows the memory: the bar is 500 MB.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import rtoml
import yaml_rs

from depfund.manifests import File, open_file, read_file

BAR = 3.0
MEGABYTES = 500


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(path: Path, rounds: int = 9) -> tuple[float, float, float]:
    text = path.read_text(encoding="utf-8")
    peer = rtoml.loads if path.name.endswith((".toml", "uv.lock", "poetry.lock", "pdm.lock")) else yaml_rs.loads
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(seconds(lambda: peer(text)))
        ours.append(seconds(lambda: read_file(open_file(path))))
    return statistics.median(ours), statistics.median(theirs), statistics.median(ours) / statistics.median(theirs)


def large(packages: int) -> File:
    rows = ["version = 1\n"]
    for number in range(packages):
        wanted = ", ".join(f'{{ name = "p{other}" }}' for other in range(number + 1, min(number + 6, packages)))
        rows.append(
            f'[[package]]\nname = "p{number}"\nversion = "1.{number}"\n'
            'source = { registry = "https://index.example" }\n'
            f'dependencies = [{wanted}]\nwheels = [{{ url = "https://files.example/p{number}-1.{number}.whl" }}]\n'
        )
    return File(path="uv.lock", data="".join(rows).encode())


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "corpus")
    worst = 0.0
    for path in sorted(folder.rglob("*")):
        if path.name in {"uv.lock", "conda-lock.yml", "pixi.lock", "poetry.lock"} and path.stat().st_size > 1_000_000:
            ours, theirs, times = ratio(path)
            worst = max(worst, times)
            print(f"{path.relative_to(folder)}: {ours * 1e3:.1f} ms / {theirs * 1e3:.1f} ms = {times:.2f} (bar {BAR})")
    graph = read_file(large(20_000))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(graph.packages):,} packages: the process peaks at {peak:.0f} MB (bar {MEGABYTES})")
    return int(worst > BAR or peak > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
