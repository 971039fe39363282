"""Which road the money takes, where two readings of one line differ: platforms, owners, fallbacks, weights."""

from __future__ import annotations

from types import SimpleNamespace


def test_payees_share_by_the_best_of_their_platforms(make: SimpleNamespace) -> None:
    both = make.payee("github:x", make.channel("github:x"), make.channel("open_collective:x"))
    plan = make.run(4, make.weights({"a": 1}), make.facts({"a": ["github:x", "open_collective:y"]}, both))
    assert make.paid(plan) == {"github:x": 200, "open_collective:y": 200}
    assert plan.coverage["projects"] == {"all": 1, "resolved": 1, "payable": 1, "paid": 1}


def test_a_boost_by_an_owner_means_its_projects_once(make: SimpleNamespace) -> None:
    own, other = "https://github.com/acme/x", "https://github.com/b/y"
    weights, rules = make.weights({own: 1, other: 1, "c": 1}), '[boost]\n"github:acme" = 3'
    known = make.facts({own: ["github:acme"], other: ["github:acme"], "c": ["github:c"]})
    assert make.paid(make.run(7, weights, known, rules)) == {"github:acme": 600, "github:c": 100}
    address = '[boost]\n"https://github.com/acme" = 3'
    assert make.paid(make.run(5, weights, known, address)) == {"github:acme": 400, "github:c": 100}
    assert make.paid(make.run(5, weights, None, rules)) == {own: 300, other: 100, "c": 100}


def test_a_fallback_without_a_channel_is_held(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": []})
    rules = '[unfundable]\npolicy = "fallback"\nfallback = "f"'
    plan = make.run(4, make.weights({"a": 1, "b": 1}), known, rules)
    assert (make.paid(plan), make.held(plan)) == ({"github:a": 200}, {"b": 200})


def test_what_is_passed_down_is_boosted_too(make: SimpleNamespace) -> None:
    world = make.World(("hub", "s"), {"hub": ("p",)})
    known = make.facts({"hub": [], "p": ["github:p"], "s": ["github:s"]})
    rules = '[unfundable]\npolicy = "pass_down"\n[boost]\np = 3'
    plan = make.run(4, world.weights, known, rules, reflow=world.reflow)
    assert make.paid(plan) == {"github:p": 300, "github:s": 100}


def test_the_weight_of_a_payment_is_that_before_anything_was_moved(make: SimpleNamespace) -> None:
    rules = '[[exclude]]\nmatch = "b"\n[[fixed]]\npayee = "f"\namount = "1 USD"'
    plan = make.run(4, make.weights({"a": 1, "b": 1}), None, rules)
    assert {each.payee: each.weight for each in plan.payments} == {"a": 5 * 10**14, "f": 0}
