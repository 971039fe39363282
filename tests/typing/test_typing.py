"""The public types as two type checkers see them."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def check(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_mypy_agrees() -> None:
    pytest.importorskip("mypy", reason="mypy is in the dependency group lint")
    check("mypy", "--strict", str(HERE / "public.py"))


def test_pyrefly_agrees() -> None:
    pytest.importorskip("pyrefly", reason="pyrefly is in the dependency group lint")
    check("pyrefly", "check", str(HERE / "public.py"))
