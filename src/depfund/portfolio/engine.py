"""Where the work runs: any ``concurrent.futures.Executor``; a pool of processes by default, Dask by address."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from depfund.errors import UsageError

__all__ = ["Inline", "each", "opened"]

T = TypeVar("T")
PATIENCE = "20s"
"""How long a Dask scheduler is waited for."""
SMALL = 8
"""With fewer files than this a pool costs more than it saves."""


class Inline(Executor):
    """An executor that does the work at once, here."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn`` and return its future, done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to the future
            future.set_exception(error)
        return future


@contextmanager
def opened(executor: Executor | str | None, files: int, workers: int | None = None) -> Iterator[Executor]:
    """The executor to use. A caller's own is left open; what is made here is closed.

    ``executor``: an Executor, ``dask://HOST:PORT`` (extra ``dask``), ``process``, ``inline``, or None to choose.
    """
    if isinstance(executor, Executor):
        yield executor
    elif isinstance(executor, str) and executor.startswith("dask://"):
        with _dask(executor.removeprefix("dask://")) as found:
            yield found
    elif executor not in {None, "process", "inline"}:
        raise UsageError(f"{executor!r} is no executor; name dask://HOST:PORT, process or inline.")
    elif executor == "inline" or workers == 1 or (executor is None and files < SMALL):
        yield Inline()
    else:
        with ProcessPoolExecutor(workers or os.cpu_count() or 1, mp_context=_context()) as pool:
            yield pool


def _context() -> Any:
    """Forking needs no importable main module, but is only safe without other threads."""
    forks = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client as _Client
    except ImportError as error:
        raise UsageError("an executor at dask:// needs the extra: pip install 'depfund[dask]'.") from error
    try:
        connect: Any = _Client
        client = connect(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}: {error}. Check the host and the port.") from error
    try:
        yield client.get_executor(retries=5)
    finally:
        client.close()


def each(executor: Executor, work: Callable[..., T], batches: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, T]]:
    """``(place, work(*batches[place]))`` in order; what a broken pool did not finish is done here.

    A single batch is done here too: no pool of processes does it sooner.
    """
    if len(batches) == 1 and isinstance(executor, ProcessPoolExecutor):
        executor = Inline()
    waiting = [(at, _submitted(executor, work, batch)) for at, batch in enumerate(batches)]
    for at, future in waiting:
        try:
            found = work(*batches[at]) if future is None else future.result()
        except BrokenProcessPool:
            found = work(*batches[at])
        yield at, found


def _submitted(executor: Executor, work: Callable[..., T], batch: tuple[Any, ...]) -> Future[T] | None:
    try:
        return executor.submit(work, *batch)
    except BrokenProcessPool:
        return None
