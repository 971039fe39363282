"""Reading SBOMs, beside the raw decoder: ``depfund.read`` and ``msgspec.json.decode`` of the same bytes.

    python benchmarks/reading_sbom.py [FOLDER]

``FOLDER`` holds real SBOMs (default: the corpus beside the project, ``DEPFUND_SHARED``); every ``*.json`` over 1 MB in
it is read. Without it a made-up CycloneDX document of 3,000 components stands in. The bar is a ratio of 3.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

import depfund
from depfund.config import Config

BAR = 3.0
ROUNDS = 31


def paired(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float, float]:
    """Medians in milliseconds and the median of the ratios of neighbouring runs."""
    rows = []
    for _ in range(ROUNDS):
        marks = [time.perf_counter()]
        for function in (one, other):
            function()
            marks.append(time.perf_counter())
        rows.append((marks[1] - marks[0], marks[2] - marks[1]))
    ratio = statistics.median(b / a for a, b in rows)
    return statistics.median(a for a, _ in rows) * 1e3, statistics.median(b for _, b in rows) * 1e3, ratio


def made(folder: Path) -> Path:
    """A CycloneDX document of 3,000 components, each requiring the next three."""
    names = [f"package-{number}" for number in range(3000)]
    components = [
        {
            "type": "library",
            "bom-ref": name,
            "name": name,
            "version": "1.2.3",
            "purl": f"pkg:npm/{name}@1.2.3",
            "description": "A component that stands for one that has been described at some length. " * 2,
            "licenses": [{"license": {"id": "MIT"}}],
            "externalReferences": [{"type": "vcs", "url": f"git+https://code.example/acme/{name}.git"}],
        }
        for name in names
    ]
    rows = [{"ref": name, "dependsOn": names[at + 1 : at + 4]} for at, name in enumerate(names)]
    path = folder / "bom.json"
    root = {"component": {"type": "application", "bom-ref": "app", "name": "app"}}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": root, "components": components}
    document["dependencies"] = [{"ref": "app", "dependsOn": names[:1]}, *rows]
    path.write_text(json.dumps(document))
    return path


def main() -> int:
    shared = Path(os.environ.get("DEPFUND_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "corpus"
    folders = [Path(sys.argv[1])] if len(sys.argv) > 1 else [shared / "cyclonedx", shared / "spdx"]
    files = sorted(path for folder in folders for path in folder.rglob("*.json") if path.stat().st_size > 1_000_000)
    config = Config.load()
    worst = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for path in files or [made(Path(scratch))]:
            data = path.read_bytes()
            raw, ours, ratio = paired(partial(msgspec.json.decode, data), partial(depfund.read, path, config=config))
            worst = max(worst, ratio)
            size, name = len(data) / 1e6, "/".join(path.parts[-3:])
            print(f"{ratio:5.2f} x  {ours:7.2f} ms, raw decoder {raw:6.2f} ms  {size:.1f} MB  {name}")
    print(f"worst ratio {worst:.2f}, bar {BAR:.0f}")
    return 0 if worst <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
