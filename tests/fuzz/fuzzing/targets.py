"""Every target, one table."""

from __future__ import annotations

from fuzzing import answers, files, manifests, rounds
from fuzzing.target import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    target.name: target for room in (manifests, files, rounds, answers) for target in room.TARGETS
}
