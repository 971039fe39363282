"""Every benchmark, one after the other: ``python -m benchmarks [NAME...]``.

Standard output is JSON lines: first the machine, then what each benchmark says (its own JSON lines as they are, other
lines as ``{"benchmark", "line"}``). ``--quick`` makes the organisation small.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUICK = {"portfolio": ["50", "500"], "weighting": ["2000"]}


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    model = ""
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), "")
    except OSError:
        model = platform.processor()
    return {
        "machine": model or platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def main() -> int:
    """Run them; the exit code says whether one of them failed."""
    known = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    options = parser.parse_args()
    for name in options.names:
        if name not in known:
            parser.error(f"{name} is no benchmark; they are {', '.join(known)}")
    print(json.dumps(machine()), flush=True)
    failed = False
    for name in options.names or known:
        words = QUICK.get(name, []) if options.quick else []
        done = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), *words], stdout=subprocess.PIPE, text=True, check=False
        )
        for line in done.stdout.splitlines():
            print(line if line.startswith("{") else json.dumps({"benchmark": name, "line": line}), flush=True)
        if done.returncode:
            failed = True
            print(json.dumps({"benchmark": name, "failed": done.returncode}), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
