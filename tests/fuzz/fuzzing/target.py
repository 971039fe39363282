"""A target: samples, what to do with a changed one, and the few outcomes that are right."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from depfund.errors import DepfundError
from fuzzing.mutate import mutated

__all__ = ["LONGEST_MESSAGE", "SECONDS", "Sample", "Target", "Wrong", "limited", "place"]

SECONDS = 20
"""Processor time of one example before it counts as endless: the slowest takes a hundredth of it."""

LONGEST_MESSAGE = 4_000
"""Characters of an error: a paragraph, whatever was in the file."""


class Wrong(AssertionError):  # noqa: N818 - the word says it
    """An outcome that is neither a sound value nor an error that names its place."""


def place() -> Path:
    """A folder of its own, gone when the process ends."""
    path = tempfile.mkdtemp(prefix="depfund-fuzz-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


@dataclass(frozen=True, slots=True)
class Sample:
    """A good (or known to be broken) input: its file name and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """``feed(sample, data)`` reads ``data``, a changed form of ``sample``, and returns a word for what came of it.

    It raises :class:`~depfund.errors.DepfundError` for a refusal and :class:`Wrong` where a law does not hold; every
    other exception is a crash. ``names`` says what a refusal must mention.
    """

    name: str
    syntax: str
    samples: Callable[[], list[Sample]]
    feed: Callable[[Sample, bytes], str]
    names: Callable[[Sample], str] = lambda sample: sample.name

    def changed(self, rng: Random, learned: Sequence[Sample] = ()) -> tuple[Sample, bytes]:
        """A sample, more often a good one, and a changed form of it; ``learned`` are forms worth going on from."""
        samples = self.samples()
        if learned and rng.random() < 0.4:
            sample = rng.choice(learned)
            return sample, mutated(sample.data, self.syntax, rng, [each.data for each in samples])
        good = [sample for sample in samples if "broken" not in sample.name]
        sample = rng.choice(good if good and rng.random() < 0.85 else samples)
        return sample, mutated(sample.data, self.syntax, rng, [each.data for each in samples])

    def outcome(self, sample: Sample, data: bytes) -> str:
        """What came of one example, in few words; raises what a fuzzer must report."""
        try:
            return f"read: {self.feed(sample, data)}"
        except DepfundError as error:
            said = str(error)
            if self.names(sample) not in said:
                raise Wrong(f"the error does not name {self.names(sample)!r}: {said[:300]}") from error
            if len(said) > LONGEST_MESSAGE:
                raise Wrong(f"the error has {len(said)} characters: {said[:300]}") from error
            return f"refused: {type(error).__name__}: {said}"


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise :class:`Wrong` inside after so much processor time; a loaded machine makes no difference."""

    def late(number: int, frame: object) -> None:
        raise Wrong(f"no outcome after {seconds} seconds of processor time")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
