"""How long reading a JavaScript lock takes, as a ratio to the fastest sound decoder of the same bytes.

    python benchmarks/reading_js.py [FILE...]

JSON against msgspec, classic Yarn locks against the yarnlock wheel, YAML against yaml-rs; medians of one run in one
process, the two taken in turns. What is timed is the whole of ``depfund.read``. Without FILE the largest locks of
../shared/corpus are read.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

import depfund

CORPUS = Path(os.environ.get("DEPFUND_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "corpus"
FILES = (
    "package-lock/drips-network__app__v3/package-lock.json",
    "package-lock/opencollective__backyourstack__v1/package-lock.json",
    "yarn-lock-v1/sourcecred__sourcecred/yarn.lock",
    "yarn-lock-berry/jestjs__jest/yarn.lock",
    "pnpm-lock/vitejs__vite__v9/pnpm-lock.yaml",
)
ROUNDS = 31


def peer(path: Path) -> tuple[str, Callable[[], object]]:
    data = path.read_bytes()
    if path.suffix == ".json":
        return "msgspec", lambda: msgspec.json.decode(data)
    if b"__metadata:" not in data and path.name == "yarn.lock":
        import yarnlock

        return "yarnlock", lambda: yarnlock.yarnlock_parse(data.decode())
    import yaml_rs

    return "yaml-rs", lambda: yaml_rs.loads(data.decode())


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(paths: list[Path]) -> None:
    print(f"{'file':60} {'bytes':>9} {'read':>8} {'peer':>18} {'ratio':>6}")
    for path in paths:
        name, theirs = peer(path)
        depfund.read(path)
        ours, other = zip(
            *((seconds(lambda: depfund.read(path)), seconds(theirs)) for _ in range(ROUNDS)),  # noqa: B023
            strict=True,
        )
        one, two = statistics.median(ours), statistics.median(other)
        shown = "/".join(path.parts[-3:])
        print(f"{shown:60} {path.stat().st_size:9} {one * 1e3:6.1f}ms {name:>9} {two * 1e3:6.1f}ms {one / two:6.2f}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [CORPUS / name for name in FILES if (CORPUS / name).is_file()])
