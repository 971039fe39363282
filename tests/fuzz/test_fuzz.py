"""The short slice of every target, the same examples every time; ``python tests/fuzz --minutes 60`` is the long run."""

from __future__ import annotations

from random import Random

import pytest
from fuzzing.target import Target, limited
from fuzzing.targets import TARGETS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 25


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_samples_come_to_something(target: Target) -> None:
    """Every sample has an outcome, and not all are refused: a target whose samples went stale finds nothing."""
    outcomes = [target.outcome(sample, sample.data) for sample in target.samples()]
    assert any(outcome.startswith("read") for outcome in outcomes), outcomes


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)  # fmt: skip
@given(rng=st.randoms(use_true_random=False))
def test_changed_samples_come_to_a_value_or_an_error(target: Target, rng: Random) -> None:
    """A sound value or an error of depfund's that names its place; nothing else, and in bounded time."""
    sample, data = target.changed(rng)
    with limited():
        target.outcome(sample, data)
