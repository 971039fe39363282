"""A real Dask cluster of worker processes on this machine; one of them is killed in the middle of the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from depfund import Config, Facts
from depfund.errors import UsageError
from depfund.portfolio import allocate_portfolio

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", name="cluster")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dask")
    environ = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(folder), "DASK_DISTRIBUTED__WORKER__PRELOAD": "[]"}
    file = folder / "scheduler.json"
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    started = [subprocess.Popen([*base, *words], env=environ, cwd=folder, stderr=subprocess.DEVNULL)]
    try:
        for _ in range(300):
            if file.exists() and file.read_text():
                break
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"].removeprefix("tcp://")
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", f"tcp://{address}", "--no-dashboard"]
        for _ in range(2):
            command = [*worker, "--nthreads", "1", "--host", "127.0.0.1", "--nanny"]
            started.append(subprocess.Popen(command, env=environ, cwd=folder, stderr=subprocess.DEVNULL))
        with distributed.Client(f"tcp://{address}", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(20)


def repositories(folder: Path, count: int, size: int) -> None:
    for number in range(count):
        rows: dict[str, object] = {"": {"dependencies": {f"p{number}": "*"}}}
        for at in range(number, number + size):
            rows[f"node_modules/p{at}"] = {"version": "1.0.0", "dependencies": {f"p{at + 1}": "*"}}
        rows[f"node_modules/p{number + size}"] = {"version": "1.0.0"}
        home = folder / f"repo{number:03d}"
        home.mkdir(parents=True)
        text = json.dumps({"name": "x", "lockfileVersion": 3, "packages": rows})
        (home / "package-lock.json").write_text(text, encoding="utf-8")


def test_a_killed_worker_changes_no_byte(cluster: str, tmp_path: Path) -> None:
    repositories(tmp_path / "org", 80, 600)

    def plan(where: str) -> str:
        config = Config(offline=True, cache_dir=tmp_path / where.partition(":")[0])
        made = allocate_portfolio("1000 USD", str(tmp_path / "org"), facts=Facts(), config=config, executor=where)
        return made.to_json()

    with distributed.Client(f"tcp://{cluster}", set_as_default=False) as client:
        pids = client.run(os.getpid)
        killed: list[int] = []

        def kill_one_at_work() -> None:
            for _ in range(600):
                busy = [worker for worker, tasks in client.processing().items() if tasks]
                if busy:
                    killed.append(pids[busy[0]])
                    os.kill(pids[busy[0]], signal.SIGKILL)
                    return
                time.sleep(0.01)

        thread = threading.Thread(target=kill_one_at_work)
        thread.start()
        found = plan(f"dask://{cluster}")
        thread.join()
    assert len(killed) == 1
    assert found == plan("inline")


def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from depfund.portfolio import engine

    monkeypatch.setattr(engine, "PATIENCE", "1s")
    repositories(tmp_path / "org", 1, 2)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        allocate_portfolio(1, str(tmp_path / "org"), facts=Facts(), executor="dask://127.0.0.1:9")
