"""Values by the hundred thousand: frozen dataclasses made quickly, the garbage collector at rest meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field, fields, make_dataclass
from typing import Any, TypeVar, cast

__all__ = ["quick", "unhurried"]

C = TypeVar("C", bound=Callable[..., object])


def quick(cls: C) -> C:
    """A maker that is called like ``cls``, a frozen dataclass, and takes half the time.

    The __init__ of a frozen dataclass asks the base class to set each field. An unfrozen twin with the same slots
    sets them itself and may then become one. What is made is a plain ``cls``; what its ``__post_init__`` would check
    is for the caller to know.
    """

    def become(self: Any) -> None:
        self.__class__ = cls

    made: Any = cls
    rows = [(f.name, f.type, field(default=f.default, default_factory=f.default_factory)) for f in fields(made)]
    namespace = {"__post_init__": become}
    twin = make_dataclass(made.__name__, rows, slots="__slots__" in vars(made), kw_only=True, namespace=namespace)
    return cast("C", twin)


@contextmanager
def unhurried() -> Iterator[None]:
    """The garbage collector at rest: it would look through what is being made several times, and find nothing."""
    # The collector belongs to the whole process. It is only ever turned off where it was on, and on again whatever
    # happens; of two threads that work at once the first to end turns it on for both, which costs the other one time.
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
