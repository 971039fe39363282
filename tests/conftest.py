"""What all tests share: no address beyond loopback, the folder beside the project, hypothesis profiles."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=100_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


def shared() -> Path:
    """The folder beside the project; the test is skipped with a reason where it is absent."""
    folder = Path(os.environ.get("DEPFUND_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("the folder ../shared (corpus, reference, world) is not beside this checkout")
    return folder


@pytest.fixture(name="shared")
def _shared() -> Path:
    return shared()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are offline: a socket to anything but this machine is a failure, not a wait."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in {"127.0.0.1", "::1", "localhost", "local"}:
            raise AssertionError(f"a test asked for {host}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in list(os.environ):
        if name.startswith(("DEPFUND_", "GITHUB_", "GH_TOKEN", "OPENCOLLECTIVE_")) and name != "DEPFUND_SHARED":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("DEPFUND_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
