"""A long run: every target in turn, going on from what led somewhere new, each kind of crash once and made small."""

from __future__ import annotations

import hashlib
import re
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzzing.target import Sample, Target, limited

__all__ = ["Campaign", "Crash"]

TURN = 1.0
"""Seconds of processor time a target has before the next one goes on."""

MOST = 400
"""Changed samples that are remembered for a target."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\S*/\S*|\d+|\W+")


@dataclass(slots=True)
class Crash:
    """One kind of wrong outcome: where, what, how often, and the smallest input that was found for it."""

    target: str
    sample: Sample
    trace: str
    times: int = 1


@dataclass(slots=True)
class _Progress:
    examples: int = 0
    seen: set[str] = field(default_factory=set)
    learned: list[Sample] = field(default_factory=list)


class Campaign:
    """``run`` feeds the ``targets`` until the time is over; ``crashes`` by kind, ``examples`` by target."""

    def __init__(self, targets: Iterable[Target], seed: int, say: Callable[[str], None]) -> None:
        self.targets = list(targets)
        self.rng = Random(seed)
        self.say = say
        self.progress = {target.name: _Progress() for target in self.targets}
        self.crashes: dict[str, Crash] = {}

    def run(self, minutes: float) -> None:
        """Feed the targets in turn."""
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until:
            for target in self.targets:
                end = time.process_time() + TURN
                while time.process_time() < end and time.monotonic() < until:
                    self._one(target)

    def _one(self, target: Target) -> None:
        mine = self.progress[target.name]
        mine.examples += 1
        sample, data = target.changed(self.rng, mine.learned)
        try:
            with limited():
                outcome = target.outcome(sample, data)
        except Exception as error:
            self._crashed(target, Sample(sample.name, data), error)
            return
        kind = _QUOTED.sub(" ", outcome)[:300]
        if kind not in mine.seen:
            mine.seen.add(kind)
            if len(data) < 60_000:
                new = Sample(sample.name, data)
                if len(mine.learned) < MOST:
                    mine.learned.append(new)
                else:
                    mine.learned[self.rng.randrange(MOST)] = new

    def _crashed(self, target: Target, sample: Sample, error: Exception) -> None:
        kind = _kind(target, error)
        if kind in self.crashes:
            self.crashes[kind].times += 1
            return
        trace = "".join(traceback.format_exception(error))
        self.crashes[kind] = Crash(target.name, sample, trace)
        self.crashes[kind].sample = Sample(sample.name, self._small(target, sample, kind))
        self.say(f"{target.name}: {kind}\n{trace[-1500:]}\n{self.crashes[kind].sample.data[:600]!r}\n")

    def _small(self, target: Target, sample: Sample, kind: str) -> bytes:
        """The input without the parts that the crash does not need, as far as four hundred tries go."""
        data, tries = sample.data, 400
        size = max(1, len(data) // 2)
        while size and tries:
            at = 0
            while at < len(data) and tries:
                tries -= 1
                less = data[:at] + data[at + size :]
                try:
                    with limited(5):
                        target.outcome(sample, less)
                except Exception as error:
                    if _kind(target, error) == kind:
                        data = less
                        continue
                at += size
            size //= 2
        return data

    def save(self, folder: Path) -> None:
        """Write the input and the traceback of every kind of crash."""
        folder.mkdir(parents=True, exist_ok=True)
        for kind, crash in self.crashes.items():
            name = hashlib.sha256(kind.encode()).hexdigest()[:12]
            (folder / f"{name}.input").write_bytes(crash.sample.data)
            said = f"{crash.target}\n{crash.sample.name}\n{crash.times} times\n{kind}\n\n{crash.trace}"
            (folder / f"{name}.txt").write_text(said, encoding="utf-8", errors="backslashreplace")


def _kind(target: Target, error: Exception) -> str:
    """What tells one kind of crash from another: the error and the line of depfund it passed last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/depfund/" in frame.filename]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].name}:{frames[-1].lineno}" if frames else ""
    what = _QUOTED.sub(" ", str(error))[:40] if type(error).__name__ == "Wrong" else ""
    return f"{target.name} {type(error).__name__} {where} {what}".strip()
