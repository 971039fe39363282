# ruff: noqa: INP001 - a script, not part of a package
"""The README's picture: the report of a saved plan, photographed by Chromium.

``python docs/picture.py REPORT.html PICTURE.png [WIDTH HEIGHT]``; needs Chromium (Debian: ``chromium``).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def photograph(report: Path, picture: Path, width: int = 1280, height: int = 1500) -> None:
    """Write ``picture``, a PNG of the first ``height`` pixels of ``report``. Raises ``SystemExit`` without Chromium."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit("no Chromium was found; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603 - the browser that was found, no shell
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={picture.resolve()}",
                report.resolve().as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) not in {3, 5}:
        raise SystemExit(__doc__)
    photograph(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
