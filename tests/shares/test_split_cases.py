"""The split on small worlds, against amounts computed by hand."""

# ruff: noqa: E501 - a policy a line
from __future__ import annotations

from types import SimpleNamespace

import pytest

from depfund.errors import AllocationError, PolicyError
from depfund.model import Project, Weights
from depfund.money import Money

HUB = (("hub", "s"), {"hub": ("p", "q", "r")})


@pytest.mark.parametrize(
    ("policy", "expected", "reserve"),
    [
        ("redistribute", {"p": 400, "q": 400, "r": 400, "s": 2400}, {}),
        ("hold", {"p": 300, "q": 300, "r": 300, "s": 1800}, {"hub": 900}),
        ("fallback", {"p": 300, "q": 300, "r": 300, "s": 1800, "open_collective:f": 900}, {}),
        ("pass_down", {"p": 600, "q": 600, "r": 600, "s": 1800}, {}),
    ],
)
def test_an_unfundable_hub(
    make: SimpleNamespace, policy: str, expected: dict[str, int], reserve: dict[str, int]
) -> None:
    world = make.World(*HUB)
    known = make.facts({"hub": [], **{n: [f"github:{n}"] for n in "pqrs"}})
    rules = f'[unfundable]\npolicy = "{policy}"\n' + ('fallback = "open_collective:f"' if policy == "fallback" else "")
    plan = make.run(36, world.weights, known, rules, reflow=world.reflow)
    assert {k.removeprefix("github:"): v for k, v in make.paid(plan).items()} == expected
    assert make.held(plan) == reserve
    assert plan.coverage["fundable"] == "3/4"
    assert plan.coverage["uplift"] == "4/3"


def test_pass_down_with_a_closed_unfundable_cycle(make: SimpleNamespace) -> None:
    world = make.World(("a", "x"), {"x": ("y",), "y": ("x",)})
    known = make.facts({"a": ["github:a"], "x": [], "y": []})
    plan = make.run(10, world.weights, known, '[unfundable]\npolicy = "pass_down"', reflow=world.reflow)
    assert make.paid(plan) == {"github:a": 1000}


def test_nobody_can_be_paid(make: SimpleNamespace) -> None:
    plan = make.run(10, make.weights({"a": 1, "b": 2}), make.facts({"a": [], "b": []}))
    assert make.paid(plan) == {}
    assert make.held(plan) == {"reserve": 1000}
    assert make.codes(plan)["eligibility.no_channel"] == ["a", "b"]


def test_nothing_was_reached(make: SimpleNamespace) -> None:
    assert make.held(make.run(10, Weights(weighting="flow"))) == {"reserve": 1000}
    assert make.held(make.run(0, make.weights({"a": 1}))) == {}


def test_every_key_is_its_own_payee_without_facts(make: SimpleNamespace) -> None:
    plan = make.run("0.10 USD", make.weights({"a": 1, "b": 1, "c": 1}))
    assert make.paid(plan) == {"a": 4, "b": 3, "c": 3}
    assert plan.payments[0].because == {"a": 4}


@pytest.mark.parametrize(
    ("budget", "expected"), [("100 JPY", [34, 33, 33]), ("0.100 KWD", [34, 33, 33]), ("1 JPY", [1])]
)
def test_currencies_with_other_exponents(make: SimpleNamespace, budget: str, expected: list[int]) -> None:
    plan = make.run(budget, make.weights({"a": 1, "b": 1, "c": 1}))
    assert [payment.amount.minor for payment in plan.payments] == expected


def test_two_projects_of_one_payee_are_one_payment_over_both(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:x"], "b": ["github:x"], "c": ["github:y"]})
    plan = make.run(10, make.weights({"a": 1, "b": 3, "c": 1}), known, '[limits]\nminimum = "8 USD"')
    assert make.paid(plan) == {"github:x": 1000}
    assert plan.payments[0].because == {"a": 250, "b": 750}
    assert plan.payments[0].projects == ("a", "b")
    assert [(e.stage, e.minor) for e in plan.payments[0].effects] == [("weight", 800), ("limits", 200)]
    assert plan.coverage["unpaid"] == {"github:y": {"minor": 200, "reason": "limits.minimum"}}


def test_payees_on_the_preferred_platform_share_a_project(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:x", "github:y", "ko_fi:z"], "b": ["patreon:p", "open_collective:o", "github:q"]})
    made = make.weights({"a": 1, "b": 1})
    assert make.paid(make.run(1, made, known)) == {"github:x": 25, "github:y": 25, "open_collective:o": 50}
    order = '[channels]\norder = ["ko_fi", "patreon"]'
    assert make.paid(make.run(1, made, known, order)) == {"ko_fi:z": 50, "patreon:p": 50}


def test_standings_decide_who_is_payable(make: SimpleNamespace) -> None:
    gone = make.payee("github:x", make.channel("github:x", standing="not_enrolled"))
    both = make.payee(
        "open_collective:o", make.channel("open_collective:o", standing="archived"), make.channel("github:o")
    )
    known = make.facts({"a": ["github:x"], "b": ["open_collective:o"]}, gone, both)
    plan = make.run(1, make.weights({"a": 1, "b": 1}), known)
    assert make.paid(plan) == {"open_collective:o": 100}
    assert plan.payments[0].channel is not None
    assert plan.payments[0].channel.platform == "github"
    [note] = [note for note in plan.notes if note.code == "eligibility.no_channel"]
    assert "github:x is not enrolled" in note.message


def test_low_confidence_is_held_until_confirmed(make: SimpleNamespace) -> None:
    doubtful = make.payee("github:x", confidence=0.4)
    known = make.facts({"a": ["github:x"], "b": ["github:y"]}, doubtful)
    made = make.weights({"a": 1, "b": 3})
    plan = make.run(1, made, known)
    assert (make.paid(plan), make.held(plan)) == ({"github:y": 75}, {"github:x": 25})
    assert plan.held[0].code == "confidence"
    confirmed = make.run(1, made, known, '[eligibility]\nconfirmed = ["https://github.com/sponsors/X"]')
    assert make.paid(confirmed) == {"github:x": 25, "github:y": 75}
    assert make.paid(make.run(1, made, known, '[eligibility]\nconfidence = "40%"')) == {"github:x": 25, "github:y": 75}


def test_fixed_amounts_come_first_and_their_payees_take_no_part(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["open_collective:django"], "b": ["github:b"], "c": ["github:c"]})
    rules = '[[fixed]]\npayee = "https://opencollective.com/Django"\namount = "5 USD"\nreason = "member"\n[[fixed]]\npayee = "foundation:psf"\namount = "10%"'
    plan = make.run(10, make.weights({"a": 2, "b": 1, "c": 1}), known, rules)
    assert make.paid(plan) == {"open_collective:django": 500, "foundation:psf": 100, "github:b": 200, "github:c": 200}
    assert {p.payee: dict(p.because) for p in plan.payments}["foundation:psf"] == {"policy:fixed": 100}
    with pytest.raises(AllocationError, match=r"fixed amounts sum to 5\.00 USD, more than the budget 4\.00 USD"):
        make.run(4, make.weights({"a": 1}), known, '[[fixed]]\npayee = "github:z"\namount = "5 USD"')


def test_existing_support_is_topped_up(make: SimpleNamespace) -> None:
    rules = '[already]\n"a" = "2 USD"\n"b" = "9 USD"'
    plan = make.run(4, make.weights({"a": 1, "b": 1, "c": 1}), None, rules)
    assert make.paid(plan) == {"a": 100, "c": 300}
    assert [(e.stage, e.minor) for e in plan.payments[1].effects] == [("weight", 133), ("support", 167)]


def test_boost_exclude_and_absence_are_one(make: SimpleNamespace) -> None:
    made = make.weights({"pkg:pypi/a@1": 1, "pkg:pypi/b@1": 1, "pkg:pypi/c@2": 2}, level="version")
    zero = make.paid(make.run(10, made, None, '[boost]\n"pkg:pypi/c" = 0'))
    out = make.paid(make.run(10, made, None, '[[exclude]]\nmatch = "pkg:pypi/c"'))
    absent = make.paid(make.run(10, make.weights({"pkg:pypi/a@1": 1, "pkg:pypi/b@1": 1})))
    assert zero == out == absent == {"pkg:pypi/a@1": 500, "pkg:pypi/b@1": 500}
    twice = make.paid(make.run(10, made, None, '[boost]\n"pkg:pypi/a" = "3/1"\n"pkg:pypi/b" = "50%"'))
    assert twice == {"pkg:pypi/a@1": 545, "pkg:pypi/b@1": 91, "pkg:pypi/c@2": 364}


def test_excluded_with_pass_down(make: SimpleNamespace) -> None:
    world = make.World(*HUB)
    rules = '[[exclude]]\nmatch = "hub"\npass = "pass_down"'
    assert make.paid(make.run(36, world.weights, None, rules, reflow=world.reflow)) == {
        "p": 600,
        "q": 600,
        "r": 600,
        "s": 1800,
    }
    with pytest.raises(PolicyError, match="pass_down"):
        make.run(36, world.weights, None, rules)


def test_caps_leave_a_reserve(make: SimpleNamespace) -> None:
    plan = make.run(10, make.weights({"a": 1, "b": 2}), None, '[limits]\nmaximum = "40%"')
    assert (make.paid(plan), make.held(plan)) == ({"a": 400, "b": 400}, {"reserve": 200})
    assert make.codes(plan)["limits.maximum"] == ["reserve"]


def test_floors_and_own_limits(make: SimpleNamespace) -> None:
    rules = '[limits]\nmaximum = "5 USD"\n[limits.payees."a"]\nfloor = "2 USD"\n[limits.payees."c"]\nmaximum = "70%"'
    plan = make.run(10, make.weights({"a": 1, "b": 2, "c": 97}), None, rules)
    assert make.paid(plan) == {"a": 200, "b": 100, "c": 700}
    with pytest.raises(AllocationError, match="floors"):
        make.run(1, make.weights({"a": 1}), None, '[limits.payees."a"]\nfloor = "2 USD"')


def test_minimum_prefix_and_channel_minimum(make: SimpleNamespace) -> None:
    dear = make.payee("github:a", make.channel("github:a", minimum=Money(minor=700)))
    known = make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["github:c"]}, dear)
    plan = make.run(10, make.weights({"a": 5, "b": 3, "c": 2}), known)
    assert make.paid(plan) == {"github:b": 600, "github:c": 400}
    both = make.payee("github:a", dear.channels[0], make.channel("liberapay:a"))
    plan = make.run(
        10,
        make.weights({"a": 5, "b": 3, "c": 2}),
        make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["github:c"]}, both),
    )
    assert make.paid(plan)["github:a"] == 500
    assert plan.payments[0].channel == both.channels[1]


def test_a_horizon_saves_what_is_below_the_minimum(make: SimpleNamespace) -> None:
    rules = '[limits]\nminimum = "4 USD"\nhorizon = 4'
    plan = make.run(10, make.weights({"a": 85, "b": 14, "c": 1}), None, rules)
    assert make.paid(plan) == {"a": 859}
    assert [(h.subject, h.minor, h.code) for h in plan.held] == [("b", 141, "saving")]


def test_lots_of_a_channel(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["open_collective:c"]})
    plan = make.run("10.50 USD", make.weights({"a": 1, "b": 1, "c": 1}), known, '[channels.lots]\ngithub = "1 USD"')
    assert make.paid(plan) == {"github:a": 400, "github:b": 300, "open_collective:c": 350}
    alone = make.facts({"a": ["github:a"], "b": ["github:b"]})
    plan = make.run("10.50 USD", make.weights({"a": 1, "b": 1}), alone, '[limits]\nlot = "1 USD"')
    assert (make.paid(plan), make.held(plan)) == ({"github:a": 500, "github:b": 500}, {"reserve": 50})


def test_who_bears_the_fees(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": ["liberapay:b"]})
    made, rate = make.weights({"a": 1, "b": 1}), 'github = {percent = "3%", fixed = "0.30 USD"}'
    plan = make.run(100, made, known, f'[fees]\nbearer = "payee_bears"\n{rate}')
    assert make.paid(plan) == {"github:a": 5000, "liberapay:b": 5000}
    assert [(x.gross, x.fee, x.net) for x in plan.fees.lines] == [(5000, 180, 4820)]
    plan = make.run(100, made, known, f'[fees]\nbearer = "pool_bears"\n{rate}')
    # L = (10000 - 30/0.97) / (0.5 + 0.5/0.97): both get 4908.63; 5091.37 are sent to a.
    assert make.paid(plan) == {"github:a": 4908, "liberapay:b": 4909}
    assert (plan.fees.taken, plan.fees.on_top) == (183, 0)
    plan = make.run(100, made, known, f'[fees]\nbearer = "on_top"\n{rate}')
    assert make.paid(plan) == {"github:a": 5000, "liberapay:b": 5000}
    assert [(x.gross, x.fee, x.net) for x in plan.fees.lines] == [(5186, 186, 5000)]
    assert (plan.fees.taken, plan.fees.on_top) == (0, 186)


def test_a_pool_that_bears_fees_keeps_the_minimum_net(make: SimpleNamespace) -> None:
    known = make.facts({n: [f"github:{n}"] for n in "abc"})
    rules = '[limits]\nminimum = "5 USD"\n[fees]\nbearer = "pool_bears"\ngithub = {percent = "6%", rounding = "up"}'
    plan = make.run("10.65 USD", make.weights({"a": 1, "b": 1, "c": 1}), known, rules)
    assert sorted(make.paid(plan)) == ["github:a", "github:b"]
    assert min(make.paid(plan).values()) >= 500
    plan = make.run("10.60 USD", make.weights({"a": 1, "b": 1, "c": 1}), known, rules)
    assert make.paid(plan) == {"github:a": 996}


def test_one_payee_over_several_channels(make: SimpleNamespace) -> None:
    both = make.payee("open_collective:x", make.channel("open_collective:x"), make.channel("github:x"))
    known = make.facts({"a": ["open_collective:x"]}, both)
    rules = '[channels.shares."github:x"]\nopen_collective = 3\ngithub = 1\n[channels.minimums]\ngithub = "2 USD"'
    plan = make.run(10, make.weights({"a": 1}), known, rules)
    assert [(p.channel.platform, p.amount.minor) for p in plan.payments] == [("open_collective", 750), ("github", 250)]
    plan = make.run(6, make.weights({"a": 1}), known, rules)
    assert [(p.channel.platform, p.amount.minor) for p in plan.payments] == [("open_collective", 600)]


def test_eligibility_lists(make: SimpleNamespace) -> None:
    acme, lib = "https://github.com/acme/tool", "https://github.com/lib/lib"
    old = Project(url="https://github.com/o/old", packages=("pkg:pypi/old",), payees=("github:o",), archived=True)
    shut = Project(url="https://github.com/s/shut", payees=("github:s",), licence="LicenseRef-Proprietary")
    known = make.facts(
        {acme: ["github:alice"], lib: ["github:lib", "github:alice"], old.url: old, shut.url: shut, "v": ["github:v"]}
    )
    made = make.weights(dict.fromkeys([acme, lib, old.url, shut.url, "v"], 1))
    rules = """
    [eligibility]
    own = ["github.com/acme"]
    staff = ["github:alice"]
    archived = "exclude"
    licences = "osi"
    venture_backed = ["github:v"]
    """
    plan = make.run(10, made, known, rules)
    assert make.paid(plan) == {"github:lib": 1000}
    found = make.codes(plan)
    assert found["eligibility.own"] == [acme]
    assert found["eligibility.staff"] == ["github:alice"]
    assert found["eligibility.archived"] == [old.url]
    assert found["eligibility.licence"] == [shut.url]
    assert found["eligibility.venture_backed"] == ["v"]
    assert found["eligibility.licence_unknown"] == [lib, "v"]


def test_conflicts_are_paid_and_disclosed(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:portfolio-co"], "b": ["github:b"]})
    plan = make.run(10, make.weights({"a": 1, "b": 1}), known, '[eligibility]\nconflicts = ["github:Portfolio-Co"]')
    assert [bool(p.conflict) for p in plan.payments] == [False, True]
    assert make.codes(plan)["eligibility.conflict"] == ["github:portfolio-co"]


def test_need_and_company_factor(make: SimpleNamespace) -> None:
    poor = make.payee("github:a", asks=Money(minor=10000), receives=Money(minor=7500))
    known = make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["github:c"]}, poor)
    rules = '[need]\nincome = true\n[eligibility]\ncompany_backed = ["github:c"]\ncompany_factor = "1/2"'
    plan = make.run(7, make.weights({"a": 1, "b": 1, "c": 1}), known, rules)
    assert make.paid(plan) == {"github:a": 100, "github:b": 400, "github:c": 200}


def test_payees_that_the_user_knows_better(make: SimpleNamespace) -> None:
    known = make.facts({"https://github.com/a/a": ["github:wrong"], "https://github.com/b/b": []})
    rules = """
    [[payee]]
    match = ["github.com/a/a", "github.com/b/*"]
    payee = "open_collective:right"
    name = "Right"
    """
    plan = make.run(10, make.weights({"https://github.com/a/a": 1, "https://github.com/b/b": 1}), known, rules)
    assert make.paid(plan) == {"open_collective:right": 1000}
    assert plan.payments[0].name == "Right"
    assert plan.payments[0].channel.url == "https://opencollective.com/right"


def test_amounts_in_another_currency_are_refused(make: SimpleNamespace) -> None:
    with pytest.raises(PolicyError, match=r"limits\.minimum is 5\.00 USD, but the budget is in EUR"):
        make.run("10 EUR", make.weights({"a": 1}), None, '[limits]\nminimum = "5 USD"')


def test_grants_by_votes_choose_nobody_without_votes(make: SimpleNamespace) -> None:
    rules = '[votes]\n[grants]\ncount = 1\namount = "1 USD"'
    plan = make.run(1, make.weights({"a": 1}), None, rules)
    assert (make.paid(plan), make.held(plan)) == ({}, {"reserve": 100})
    assert make.codes(plan)["votes.none"] == ["votes"]


def test_grants_share_ballots_equally(make: SimpleNamespace) -> None:
    from depfund.shares.ballots import Ballots

    def count(ballots: list[list[str]], method: str) -> dict[str, int]:
        return {name: sum(name in row for row in ballots) for name in {n for row in ballots for n in row}}

    rules = '[votes]\n[grants]\nmethod = "equal_shares"\ninstalments = ["1/3", "2/3"]\n[grants.costs]\na = "4 USD"\nb = "3 USD"\nc = "1 USD"'
    ballots = Ballots.parse("v1,a\nv2,a,b\n")
    plan = make.run(10, make.weights({"a": 1, "b": 1, "c": 8}), None, rules, count=count, ballots=ballots)
    assert make.paid(plan) == {"a": 133, "b": 100}
    assert make.held(plan) == {"a": 267, "b": 200, "reserve": 300}


def test_a_fallback_for_each_ecosystem(make: SimpleNamespace) -> None:
    known = make.facts({"pkg:pypi/a": [], "pkg:npm/b": [], "pkg:cargo/c": [], "d": ["github:d"]})
    rules = '[unfundable]\npolicy = "fallback"\nfallback = {pypi = "open_collective:p", default = "open_collective:o"}'
    plan = make.run(4, make.weights(dict.fromkeys(["pkg:pypi/a", "pkg:npm/b", "pkg:cargo/c", "d"], 1)), known, rules)
    assert make.paid(plan) == {"github:d": 100, "open_collective:o": 200, "open_collective:p": 100}
    assert {p.payee: dict(p.because) for p in plan.payments}["open_collective:o"] == {
        "pkg:cargo/c": 100,
        "pkg:npm/b": 100,
    }


def test_a_project_is_its_packages_in_the_reasons(make: SimpleNamespace) -> None:
    from depfund.model import Basis

    members = {"https://code.example/m": ("pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/b@2")}
    made = make.weights({"https://code.example/m": 1}, basis=Basis(level="project", members=members))
    plan = make.run("0.10 USD", made, None)
    assert plan.payments[0].because == {"pkg:npm/a@1": 4, "pkg:npm/b@1": 3, "pkg:npm/b@2": 3}
    assert plan.coverage["packages"] == {"all": 3, "resolved": 3, "payable": 3, "paid": 3}


def test_a_fee_of_the_fiscal_host(make: SimpleNamespace) -> None:
    hosted = make.payee("open_collective:a", make.channel("open_collective:a", fee="10"))
    plan = make.run(10, make.weights({"a": 1}), make.facts({"a": ["open_collective:a"]}, hosted))
    assert [(x.gross, x.fee, x.net) for x in plan.fees.lines] == [(1000, 100, 900)]
    plan = make.run(
        10, make.weights({"a": 1}), make.facts({"a": ["open_collective:a"]}, hosted), "[fees]\nopen_collective = 0"
    )
    assert [(x.gross, x.fee, x.net) for x in plan.fees.lines] == [(1000, 0, 1000)]


def test_never_more_than_is_asked_for(make: SimpleNamespace) -> None:
    modest = make.payee("github:a", asks=Money(minor=3600), receives=Money(minor=1200))
    known = make.facts({"a": ["github:a"], "b": ["github:b"]}, modest)
    assert make.paid(make.run(10, make.weights({"a": 1, "b": 1}), known, "[limits]\nasks = true")) == {
        "github:a": 200,
        "github:b": 800,
    }
    rules = '[fund]\nperiod = "year"\n[limits]\nasks = true'
    assert make.paid(make.run(100, make.weights({"a": 1, "b": 1}), known, rules)) == {
        "github:a": 2400,
        "github:b": 7600,
    }


def test_licence_expressions(make: SimpleNamespace) -> None:
    from depfund.shares._licences import OSI, allows

    said = {
        "MIT": True, "mit": True, "MIT OR LicenseRef-X": True, "MIT AND LicenseRef-X": False, "(MIT OR X) AND ISC": True,
        "GPL-2.0-only WITH Classpath-exception-2.0": True, "Apache-2.0/MIT": True, "LGPL-2.1+": True, "SSPL-1.0": False,
        "see LICENSE file": None, "": None, "MIT OR": None, "(MIT": None,
    }  # fmt: skip
    assert {text: allows(text, OSI) for text in said} == said


def test_keys_that_differ_in_case_only_are_two_payees(make: SimpleNamespace) -> None:
    plan = make.run(
        10, make.weights({"A": 1, "a": 1}), None, '[limits.payees.A]\nmaximum = "1 USD"\n[already]\na = "2 USD"'
    )
    assert make.paid(plan) == {"A": 100, "a": 900}


def test_every_spelling_means_the_payee(make: SimpleNamespace) -> None:
    both = make.payee(
        "open_collective:x",
        make.channel("open_collective:x"),
        make.channel("github:X-Team"),
        aliases=("custom:https://x.example/Give",),
    )
    known = make.facts({"a": ["open_collective:x"], "b": ["github:b"]}, both)
    for name in (
        "open_collective:X",
        "github:x-team",
        "https://github.com/x-team",
        "https://x.example/Give",
        "opencollective.com/x/donate",
    ):
        plan = make.run(10, make.weights({"a": 1, "b": 1}), known, f'[limits.payees."{name}"]\nmaximum = "1 USD"')
        assert make.paid(plan) == {"github:b": 900, "open_collective:x": 100}, name


def test_a_channel_minimum_in_another_currency_binds_nobody(make: SimpleNamespace) -> None:
    yen = make.payee("github:a", make.channel("github:a", minimum=Money(minor=5000, currency="JPY")))
    plan = make.run(
        "1 USD",
        make.weights({"a": 1}),
        make.facts({"a": ["github:a"]}, yen),
        '[channels.shares."github:a"]\ngithub = 1',
    )
    assert make.paid(plan) == {"github:a": 100}


def test_a_rest_that_no_channel_of_a_payee_takes_is_held(make: SimpleNamespace) -> None:
    rules = '[channels.lots]\ngithub = "1 USD"\n[limits]\nlot = "0.50 USD"\n[channels.shares."github:a"]\ngithub = 1'
    plan = make.run("2.50 USD", make.weights({"a": 1}), make.facts({"a": ["github:a"]}), rules)
    assert (make.paid(plan), make.held(plan)) == ({"github:a": 200}, {"reserve": 50})
