"""``python tests/fuzz --minutes 60``: the long run. Inputs that made something crash are written to ``--output``."""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

from fuzzing.campaign import Campaign
from fuzzing.targets import TARGETS

MEMORY = 3 << 30
"""Bytes of address space: whatever needs more is a bomb that was not refused."""


def main() -> int:
    """Run and report; 1 where something crashed."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--target", action="append", default=[], help="part of a target's name; default: all of them")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed, the same examples")
    parser.add_argument("--output", type=Path, default=Path(tempfile.gettempdir(), "depfund-fuzz"))
    given = parser.parse_args()
    chosen = [each for name, each in TARGETS.items() if not given.target or any(part in name for part in given.target)]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    campaign = Campaign(chosen, given.seed, lambda text: print(text, flush=True))
    print(f"seed {given.seed}, {len(chosen)} targets, {given.minutes:g} minutes", flush=True)
    try:
        campaign.run(given.minutes)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    gc.collect()
    for name, done in campaign.progress.items():
        print(f"{name:<28} {done.examples:>9,} examples {len(done.seen):>6,} outcomes")
    total = sum(done.examples for done in campaign.progress.values())
    print(f"{'all':<28} {total:>9,} examples, {len(campaign.crashes)} kinds of crash")
    campaign.save(given.output)
    return 1 if campaign.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
