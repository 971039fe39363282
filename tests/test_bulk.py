"""Values made in bulk are plain values; the collector is at rest only while it should be."""

from __future__ import annotations

import copy
import gc
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from depfund._bulk import quick, unhurried
from depfund.model import Effect, Payment
from depfund.money import Money
from depfund.why import Reason

AMOUNT = Money(minor=5, currency="EUR")


def test_what_is_made_quickly_is_the_same_value() -> None:
    made = quick(Payment)(payee="a", amount=AMOUNT, effects=(Effect(stage="weight", minor=5),))
    plain = Payment(payee="a", amount=AMOUNT, effects=(Effect(stage="weight", minor=5),))
    assert type(made) is Payment
    assert made == plain
    assert repr(made) == repr(plain)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == replace(made) == plain
    assert hash(quick(Effect)(stage="a", minor=1)) == hash(Effect(stage="a", minor=1))


def test_defaults_are_made_anew_for_each() -> None:
    make = quick(Payment)
    assert make(payee="a", amount=AMOUNT).because is not make(payee="a", amount=AMOUNT).because
    with pytest.raises(TypeError, match="amount"):
        make(payee="a")  # type: ignore[call-arg]


def test_it_is_frozen_all_the_same() -> None:
    made = quick(Payment)(payee="a", amount=AMOUNT)
    with pytest.raises(FrozenInstanceError):
        made.payee = "b"  # type: ignore[misc]


def test_values_that_keep_what_they_search_can_be_made_too() -> None:
    made = quick(Reason)(node="a", weight=1)
    assert made == Reason(node="a", weight=1)
    assert made.by_direct is None
    assert made.breaks == ()


@unhurried()
def fails() -> None:
    assert not gc.isenabled()
    raise RuntimeError("inside")


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_as_it_was_whatever_happens(before: bool) -> None:
    was = gc.isenabled()
    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(RuntimeError, match="inside"):
            fails()
        assert gc.isenabled() is before
    finally:
        (gc.enable if was else gc.disable)()
