"""The properties of allocation.md, section 10, that concern money, over random weights, facts and policies.

``HYPOTHESIS_PROFILE=long pytest tests/shares/test_split_laws.py`` runs 100,000 examples of each.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from depfund.errors import AllocationError
from depfund.model import Channel, Facts, Payee, Project, Weights
from depfund.money import Money, apportion
from depfund.shares import split
from depfund.shares.policy import Policy

NODES = [f"https://code.example/o/{name}" for name in "abcdefgh"]
KEYS = [f"{platform}:{name}" for platform in ("github", "open_collective", "liberapay") for name in "uvwx"]
shares = st.fractions(0, 1, max_denominator=12)


def weightings(least: int = 0) -> st.SearchStrategy[Weights]:
    sizes = st.dictionaries(st.sampled_from(NODES), st.integers(1, 50), min_size=least, max_size=8)
    return sizes.map(lambda row: Weights(weighting="flow", values=apportion(10**15, row)[0] if row else {}))


def known(*, minimums: bool = True) -> st.SearchStrategy[Facts]:
    """Facts by the roll of dice: many small choices, of which none is worth shrinking."""
    return st.integers(0, 2**32).map(lambda seed: _known(Random(seed), minimums))


def _known(dice: Random, minimums: bool) -> Facts:
    payees = {}
    for key in KEYS:
        platform, _, handle = key.partition(":")
        standing = dice.choice(["confirmed", "declared", "confirmed", "not_enrolled"])
        minimum = dice.choice([None, None, Money(minor=300), Money(minor=1000)]) if minimums else None
        road = Channel(platform=platform, handle=handle, standing=standing, minimum=minimum)
        payees[key] = Payee(key=key, channels=(road,), confidence=dice.choice([1.0, 0.9, 0.3]))
    projects = {
        node: Project(
            url=node,
            packages=(f"pkg:pypi/{node[-1]}",),
            payees=tuple(dice.sample(KEYS, dice.randrange(4))),
            archived=dice.random() < 0.5,
        )
        for node in NODES
    }
    return Facts(projects=projects, payees=payees)


def policies() -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(0, 2**32).map(lambda seed: _policy(Random(seed)))


def _policy(dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"limits": {}, "unfundable": {"policy": dice.choice(["redistribute", "hold", "fallback"])}}
    if found["unfundable"]["policy"] == "fallback":
        found["unfundable"]["fallback"] = dice.choice(["foundation:f", KEYS[0]])
    if dice.random() < 0.5:
        found["limits"]["minimum"] = f"{dice.randrange(10)} USD"
    if dice.random() < 0.5:
        found["limits"]["maximum"] = dice.choice(["10%", "1/3", "100%", "12 USD"])
    if dice.random() < 0.5:
        found["limits"]["horizon"] = dice.randint(1, 4)
    if dice.random() < 0.3:
        found["limits"]["payees"] = {dice.choice(KEYS): {"floor": "1 USD"}}
    if dice.random() < 0.5:
        found["channels"] = {"lots": {"github": "1 USD"}}
    if dice.random() < 0.5:
        found["boost"] = {dice.choice(NODES + KEYS): dice.choice([0, 2, "1/3"]) for _ in range(dice.randint(1, 3))}
    if dice.random() < 0.5:
        found["exclude"] = [{"match": dice.choice(NODES + KEYS)}]
    if dice.random() < 0.5:
        found["fixed"] = [{"payee": dice.choice(KEYS), "amount": dice.choice(["1 USD", "10%"])}]
    if dice.random() < 0.5:
        found["already"] = {dice.choice(KEYS): f"{dice.randrange(30)} USD"}
    if dice.random() < 0.5:
        found["eligibility"] = {"archived": dice.choice(["exclude", "pay"])}
    if dice.random() < 0.5:
        bearer = dice.choice(["payee_bears", "pool_bears", "on_top"])
        rate = {"percent": dice.choice(["3%", "1/2"]), "fixed": dice.choice(["0 USD", "0.30 USD"])}
        found["fees"] = {"bearer": bearer, "github": rate}
    if dice.random() < 0.2:
        found["grants"] = {
            "method": "top",
            "count": dice.randint(1, 3),
            "amount": "20 USD",
            "instalments": dice.randint(1, 3),
        }
    return found


def tried(budget: int, weights: Weights, facts: Facts | None, policy: dict[str, Any]) -> Any:
    try:
        return split(Money(minor=budget), weights, facts, Policy.parse(policy))
    except AllocationError as error:
        assert "error in depfund" not in str(error)  # noqa: PT017
        assume(False)


@given(st.integers(0, 20000), weightings(), st.one_of(st.none(), known()), policies())
def test_every_cent_is_accounted_for(
    budget: int, weights: Weights, facts: Facts | None, policy: dict[str, Any]
) -> None:
    plan = tried(budget, weights, facts, policy)
    assert sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) + plan.fees.taken == budget
    assert all(held.minor > 0 and held.reason for held in plan.held)
    for payment in plan.payments:
        assert payment.amount.minor > 0
        assert sum(payment.because.values()) == payment.amount.minor
        assert all(part > 0 for part in payment.because.values())
        assert sum(effect.minor for effect in payment.effects) == payment.amount.minor
        assert all(effect.minor for effect in payment.effects)
    assert len({payment.payee for payment in plan.payments}) == len(plan.payments)


@given(st.integers(0, 20000), weightings(), known(), policies())
def test_limits_hold(budget: int, weights: Weights, facts: Facts, policy: dict[str, Any]) -> None:
    plan = tried(budget, weights, facts, policy)
    limits = Policy.parse(policy).limits
    fixed = {row["payee"] for row in policy.get("fixed", ())}
    sent = {line.payee: line.gross for line in plan.fees.lines} if plan.fees.bearer == "pool_bears" else {}
    for payment in plan.payments:
        if payment.payee in fixed or policy.get("grants", {}).get("instalments", 1) > 1:
            continue
        if limits.minimum is not None:
            assert payment.amount.minor >= limits.minimum.minor
        if payment.channel is not None and payment.channel.minimum is not None:
            assert payment.amount.minor >= payment.channel.minimum.minor
        if isinstance(limits.maximum, Money):
            assert payment.amount.minor <= limits.maximum.minor
        elif limits.maximum is not None:
            assert payment.amount.minor <= budget * limits.maximum
        if "channels" in policy and payment.payee.startswith("github:"):
            # a lump sum is what arrives, whoever bears the fee; other amounts are what is sent
            lump = payment.amount.minor if "grants" in policy else sent.get(payment.payee, payment.amount.minor)
            assert lump % 100 == 0


@given(st.integers(0, 20000), weightings(), known(), policies())
def test_the_order_of_everything_is_irrelevant(
    budget: int, weights: Weights, facts: Facts, policy: dict[str, Any]
) -> None:
    plan = tried(budget, weights, facts, policy)
    turned = Weights(weighting="flow", values=dict(reversed(list(weights.values.items()))))
    other = Facts(
        projects=dict(reversed(list(facts.projects.items()))), payees=dict(reversed(list(facts.payees.items())))
    )
    mirrored = {key: policy[key] for key in reversed(list(policy))}
    assert tried(budget, turned, other, mirrored).to_json() == plan.to_json()


@given(st.integers(0, 20000), weightings(), known())
def test_empty_rules_and_boost_1_change_nothing(budget: int, weights: Weights, facts: Facts) -> None:
    plain = tried(budget, weights, facts, {})
    same = tried(
        budget, weights, facts, {"boost": dict.fromkeys(NODES, 1), "limits": {"maximum": "100%", "minimum": "0 USD"}}
    )
    assert amounts(same) == amounts(plain)


@given(st.integers(0, 20000), weightings(), known(), st.sampled_from(KEYS + NODES))
def test_boost_0_is_exclusion(budget: int, weights: Weights, facts: Facts, name: str) -> None:
    assert amounts(tried(budget, weights, facts, {"boost": {name: 0}})) == amounts(
        tried(budget, weights, facts, {"exclude": [{"match": name}]})
    )


@given(weightings(1), known(minimums=False), st.integers(1, 5))
def test_a_multiple_of_the_budget_is_that_multiple_of_each_within_a_unit(
    weights: Weights, facts: Facts, times: int
) -> None:
    one, many = amounts(tried(5000, weights, facts, {})), amounts(tried(5000 * times, weights, facts, {}))
    assert all(abs(many[key] - times * one.get(key, 0)) <= times for key in many)


@given(st.integers(0, 20000), weightings(1), known(minimums=False))
def test_redistribution_keeps_ratios(budget: int, weights: Weights, facts: Facts) -> None:
    held = amounts(tried(budget, weights, facts, {"unfundable": {"policy": "hold"}}))
    plan = tried(budget, weights, facts, {})
    if "uplift" in plan.coverage:
        uplift, fundable = Fraction(plan.coverage["uplift"]), Fraction(plan.coverage["fundable"])
        assert uplift * fundable == 1
        for key, amount in amounts(plan).items():
            if key.startswith(tuple(KEYS)):
                assert abs(amount - held.get(key, 0) * uplift) <= 1 + uplift


@given(st.integers(0, 20000), weightings(1), known(minimums=False), st.integers(1, 900))
def test_an_unfundable_project_under_hold_only_takes_its_own_part(
    budget: int, weights: Weights, facts: Facts, size: int
) -> None:
    rules = {"unfundable": {"policy": "hold"}}
    extra = "https://code.example/o/z"
    parts, _ = apportion(10**15, {**weights.values, extra: size * 10**12})
    after = amounts(tried(budget, Weights(weighting="flow", values=parts), facts, rules))
    before = amounts(tried(budget, weights, facts, rules))
    assert all(part <= before.get(key, 0) + 1 for key, part in after.items() if not key.endswith(extra))


@given(st.integers(0, 20000), weightings(), known(minimums=False), policies())
def test_currencies_with_the_same_exponent_are_split_alike(
    budget: int, weights: Weights, facts: Facts, policy: dict[str, Any]
) -> None:
    dollars = tried(budget, weights, facts, policy)
    text = repr(policy).replace("USD", "EUR")
    euros = split(Money(minor=budget, currency="EUR"), weights, facts, Policy.parse(eval(text)))
    assert amounts(dollars) == amounts(euros)


def amounts(plan: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for payment in plan.payments:
        found[payment.payee] = found.get(payment.payee, 0) + payment.amount.minor
    for held in plan.held:
        found["held " + held.subject] = found.get("held " + held.subject, 0) + held.minor
    return found


def test_a_plan_is_its_json(make: SimpleNamespace) -> None:
    plan = make.run(10, make.weights({"a": 1, "b": 2}))
    assert plan.to_json() == type(plan).from_json(plan.to_json()).to_json()
