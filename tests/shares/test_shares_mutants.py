"""The split's small print, to the unit: each case tells two readings of one line apart."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from depfund.errors import PolicyError
from depfund.model import Allocation, Project
from depfund.money import Money
from depfund.shares import split
from depfund.shares._reading import fraction
from depfund.shares.ballots import Ballots
from depfund.shares.grants import instalments
from depfund.shares.policy import Policy
from depfund.shares.signals import Data
from depfund.shares.tables import Fund, Grants


def moved(plan: Allocation, key: str) -> list[tuple[str, int]]:
    [payment] = [each for each in plan.payments if each.payee == key]
    return [(effect.stage, effect.minor) for effect in payment.effects]


def approvals(ballots: list[list[str]], method: str) -> dict[str, int]:
    return {name: sum(name in row for row in ballots) for name in {n for row in ballots for n in row}}


def test_accruals_are_exact_to_the_millionth_of_a_unit(make: SimpleNamespace) -> None:
    plan = make.run(1, make.weights({"a": 1, "b": 1, "c": 1}), ledger=True)
    exact = {key: Fraction(row.exact) * 10**6 for key, row in plan.accruals.items()}
    assert exact == {"a": 33_333_334, "b": 33_333_333, "c": 33_333_333}


def test_what_is_held_does_not_accrue(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": []})
    plan = make.run(10, make.weights({"a": 3, "b": 1}), known, '[unfundable]\npolicy = "hold"', ledger=True)
    assert make.held(plan) == {"b": 250}
    assert {key: row.exact for key, row in plan.accruals.items()} == {"github:a": "750"}


def test_what_is_fixed_moves_everybody_and_comes_from_the_policy(make: SimpleNamespace) -> None:
    plan = make.run(10, make.weights({"a": 1}), None, '[[fixed]]\npayee = "f"\namount = "1 USD"')
    assert moved(plan, "f") == [("fixed", 100)]
    assert moved(plan, "a") == [("weight", 1_000), ("fixed", -100)]


def test_the_reason_of_what_is_fixed_is_a_note_and_none_is_none(make: SimpleNamespace) -> None:
    rules = '[[fixed]]\npayee = "f"\namount = "1 USD"\nreason = "hosting"\n[[fixed]]\npayee = "g"\namount = "1 USD"'
    plan = make.run(10, make.weights({"a": 1}), None, rules)
    notes = [(note.code, note.subject, note.message) for note in plan.notes]
    assert notes == [("fixed", "f", "1.00 USD by hand: hosting.")]


def test_a_channel_for_what_is_fixed_is_asked_for_where_facts_are(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"]})
    rules = '[[fixed]]\npayee = "github:f"\namount = "1 USD"\n[[fixed]]\npayee = "f"\namount = "1 USD"'
    assert make.codes(make.run(10, make.weights({"a": 1}), known, rules))["fixed.channel"] == ["f"]
    assert "fixed.channel" not in make.codes(make.run(10, make.weights({"a": 1}), None, rules))


def test_a_pool_that_bears_fees_saves_until_the_minimum_arrives(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": ["github:b"]})
    rules = '[limits]\nminimum = "5 USD"\n[fees]\nbearer = "pool_bears"\ngithub = "6%"'
    plan = make.run("15.50 USD", make.weights({"a": 104, "b": 51}), known, rules, ledger=True)
    assert [(row.subject, row.minor, row.code) for row in plan.held] == [("github:b", 510, "saving")]


def test_instalments_are_a_stage_and_one_payment_is_none(make: SimpleNamespace) -> None:
    rules = '[grants]\ncount = 2\namount = "4 USD"\n'
    weights = make.weights({"a": 2, "b": 1})
    assert [stage for stage, _ in moved(make.run(12, weights, None, rules), "a")] == ["weight", "grants"]
    plan = make.run(12, weights, None, rules + "instalments = 2")
    assert moved(plan, "a")[1:] == [("grants", -400), ("instalments", -200)]


def test_instalments_keep_to_lots() -> None:
    assert instalments(1_000, 3, 100) == [300, 300, 400]
    assert instalments(1_000, (Fraction(1, 4), Fraction(3, 4)), 100) == [200, 800]


def test_monthly_pays_a_plain_cost_at_once(make: SimpleNamespace) -> None:
    rules = (
        '[grants]\ncount = 2\ninstalments = "monthly"\n[grants.costs]\na = "4 USD"\nb = {monthly = "1 USD", months = 3}'
    )
    plan = make.run(7, make.weights({"a": 1, "b": 1}), None, rules)
    assert (make.paid(plan), make.held(plan)) == ({"a": 400, "b": 100}, {"b": 200})


def test_the_top_ends_with_the_first_who_cannot_be_paid(make: SimpleNamespace) -> None:
    rules = '[grants]\ncount = 4\n[grants.costs]\na = "2 USD"\nb = "2 USD"\nc = "2 USD"\nd = "1 USD"'
    plan = make.run(5, make.weights({"a": 4, "b": 3, "c": 2, "d": 1}), None, rules)
    assert (make.paid(plan), make.held(plan)) == ({"a": 200, "b": 200}, {"reserve": 100})
    [note] = [note for note in plan.notes if note.code == "grants.budget"]
    assert note.message == "the 1.00 USD that are left do not pay for c, so nobody after it is chosen."
    whole = make.run(4, make.weights({"a": 4, "b": 3}), None, '[grants]\ncount = 2\namount = "2 USD"')
    assert make.paid(whole) == {"a": 200, "b": 200}


@pytest.mark.parametrize(("minimum", "paid"), [("2 USD", {"a": 200}), ("2.01 USD", {})])
def test_a_lump_sum_is_its_minimum_or_nothing(make: SimpleNamespace, minimum: str, paid: dict[str, int]) -> None:
    rules = f'[grants]\ncount = 1\namount = "2 USD"\n[limits]\nminimum = "{minimum}"'
    plan = make.run(5, make.weights({"a": 1}), None, rules)
    assert make.paid(plan) == paid
    assert ("grants.cost" in make.codes(plan)) is (paid == {})


def test_denominations_go_by_what_is_asked_for_or_by_the_cap(make: SimpleNamespace) -> None:
    asks = make.payee("github:a", asks=Money(minor=500))
    known = make.facts({"a": ["github:a"], "b": ["github:b"], "c": ["github:c"]}, asks)
    rules = '[grants]\ncount = 3\ndenominations = ["1 USD", "3 USD", "5 USD", "7 USD"]\n'
    weights = make.weights({"a": 1, "b": 1, "c": 1})
    plan = make.run(20, weights, known, rules + '[limits.payees."github:b"]\nmaximum = "3.50 USD"')
    both = make.run(20, weights, known, rules + '[limits]\nmaximum = "3 USD"')
    assert make.paid(both) == {"github:a": 300, "github:b": 300, "github:c": 300}
    assert make.paid(plan) == {"github:a": 500, "github:b": 300}
    assert make.codes(plan)["grants.cost"] == ["github:c"]


def test_ballots_for_a_payee_and_for_a_project_that_is_held(make: SimpleNamespace) -> None:
    known = make.facts(
        {"a": ["github:a"], "b": ["github:b"], "c": ["github:c"]}, make.payee("github:b", confidence=0.2)
    )
    rules = '[votes]\n[grants]\nmethod = "equal_shares"\namount = "2 USD"\n'
    ballots = Ballots.parse("v1,b\nv2,github:c\nv3,github:c\n")
    weights = make.weights({"a": 1, "b": 1, "c": 1})
    plan = make.run(6, weights, known, rules, count=approvals, ballots=ballots)
    assert (make.paid(plan), make.held(plan)) == ({"github:c": 200}, {"reserve": 400})


def test_who_has_no_cost_gets_no_lump_sum(make: SimpleNamespace) -> None:
    plan = make.run(5, make.weights({"a": 1, "b": 1}), None, '[grants]\ncount = 2\n[grants.costs]\na = "2 USD"')
    assert make.paid(plan) == {"a": 200}
    [note] = [note for note in plan.notes if note.code == "grants.cost"]
    assert note.message == "b gets no lump sum: grants.costs does not name it."


@pytest.mark.parametrize(("least", "subjects"), [("2 USD", []), ("2.01 USD", ["github:a"])])
def test_a_first_instalment_that_its_channel_does_not_take(
    make: SimpleNamespace, least: str, subjects: list[str]
) -> None:
    known = make.facts({"a": ["github:a"]})
    rules = f'[channels.minimums]\ngithub = "{least}"\n[grants]\ncount = 1\namount = "4 USD"\ninstalments = 2'
    plan = make.run(4, make.weights({"a": 1}), known, rules)
    assert make.codes(plan).get("grants.instalments", []) == subjects


def test_a_lot_alone_holds_without_facts(make: SimpleNamespace) -> None:
    plan = make.run("5.50 USD", make.weights({"a": 1, "b": 1}), None, '[limits]\nlot = "1 USD"')
    assert (make.paid(plan), make.held(plan)) == ({"a": 300, "b": 200}, {"reserve": 50})


def test_whom_rounding_leaves_nothing(make: SimpleNamespace) -> None:
    rules = '[[fixed]]\npayee = "f"\namount = "0%"'
    plan = make.run("0.01 USD", make.weights({"a": 1, "b": 1}), None, rules)
    assert make.paid(plan) == {"a": 1}
    assert plan.coverage["unpaid"] == {"b": {"minor": 1, "reason": "rounding"}}  # half a unit, before it is rounded


def test_payees_of_one_project_share_its_weight(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:x", "github:y"], "b": ["github:z"]})
    plan = make.run(4, make.weights({"a": 1, "b": 1}), known)
    assert {each.payee: each.weight for each in plan.payments} == {
        "github:x": 25 * 10**13,
        "github:y": 25 * 10**13,
        "github:z": 5 * 10**14,
    }


def test_a_list_of_owners_means_their_projects_and_an_exclusion_their_account(make: SimpleNamespace) -> None:
    known = make.facts({"https://github.com/acme/x": ["open_collective:x"], "b": ["github:b"]})
    weights = make.weights({"https://github.com/acme/x": 1, "b": 1})
    own = make.run(4, weights, known, '[eligibility]\nown = ["github:acme"]')
    assert make.paid(own) == {"github:b": 400}
    plan = make.run(4, weights, known, '[[exclude]]\nmatch = "github:acme"')
    assert make.paid(plan) == {"github:b": 200, "open_collective:x": 200}


def test_a_named_payee_keeps_the_channels_that_were_found(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"]}, make.payee("github:a", make.channel("open_collective:found")))
    weights = make.weights({"a": 1})

    def road(rules: str) -> str:
        [payment] = make.run(4, weights, known, rules).payments
        return str(payment.channel.key)

    assert road('[[payee]]\npayee = "github:a"\nname = "A"') == "open_collective:found"
    assert road('[[payee]]\npayee = "github:a"\nchannels = ["liberapay:given"]') == "liberapay:given"
    assert road('[[payee]]\npayee = "github:new"\nmatch = ["a"]') == "github:new"


def test_votes_for_somebody_excluded_are_redistributed(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "c": ["github:c"]})
    rules = '[votes]\nshare = "1/2"\n[[exclude]]\nmatch = "github:c"\nreason = "asked"'
    ballots = Ballots.parse("v1,github:c\nv2,a\n")
    plan = make.run(4, make.weights({"a": 1}), known, rules, count=approvals, ballots=ballots)
    assert make.paid(plan) == {"github:a": 400}
    assert {note.message for note in plan.notes if note.code == "exclude"} == {
        "github:c matches exclude 'github:c': asked; its weight is redistributed."
    }


def test_votes_without_a_share_are_read_and_have_no_part(make: SimpleNamespace) -> None:
    weights, ballots = make.weights({"a": 3, "b": 1}), Ballots.parse("v1,b\n")
    plan = make.run(4, weights, None, "[votes]", count=approvals, ballots=ballots)
    assert make.paid(plan) == {"a": 300, "b": 100}
    assert make.codes(plan) == {"votes.share": ["votes"]}
    stated = make.run(4, weights, None, '[votes]\nshare = "1/2"', count=approvals, ballots=ballots)
    assert (make.paid(stated), make.codes(stated)) == ({"a": 150, "b": 250}, {})


@pytest.mark.parametrize("share", ["100%", "1/2"])
def test_without_a_vote_or_a_count_the_graph_decides(make: SimpleNamespace, share: str) -> None:
    weights, rules = make.weights({"a": 3, "b": 1}), f'[votes]\nshare = "{share}"'
    plan = make.run(4, weights, None, rules, count=approvals, ballots=Ballots.parse("v1,nobody\n"))
    assert make.paid(plan) == {"a": 300, "b": 100}
    assert make.codes(plan) == {"votes.none": ["votes"], "votes.unmatched": ["nobody"]}
    plan = make.run(4, weights, None, rules, ballots=Ballots.parse("v1,b\n"))
    assert (make.paid(plan), make.codes(plan)) == ({"a": 300, "b": 100}, {"votes.none": ["votes"]})


def test_votes_alone_decide_where_nothing_has_a_weight(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "c": ["github:c"]})
    ballots = Ballots.parse("v1,github:c\n")
    plan = make.run(4, make.weights({}), known, '[votes]\nshare = "100%"', count=approvals, ballots=ballots)
    assert make.paid(plan) == {"github:c": 400}


def test_a_boost_by_a_payee_that_only_the_policy_names(make: SimpleNamespace) -> None:
    rules = '[[payee]]\npayee = "github:new"\nmatch = ["a"]\n[boost]\n"github:new" = 3'
    plan = make.run(4, make.weights({"a": 1, "b": 1}), None, rules)
    assert (make.paid(plan), make.codes(plan)) == ({"b": 100, "github:new": 300}, {})


def test_decisions_are_notes_with_facts_and_without(make: SimpleNamespace) -> None:
    weights, rules = make.weights({"a": 1, "b": 1}), '[[exclude]]\nmatch = "{}"'
    assert make.codes(make.run(4, weights, None, rules.format("b"))) == {"exclude": ["b"]}
    known = make.facts({"a": ["github:a", "github:x"], "b": ["github:b"]})
    plan = make.run(4, weights, known, rules.format("github:x"))
    assert make.paid(plan) == {"github:a": 200, "github:b": 200}
    [note] = plan.notes
    assert (note.code, note.subject) == ("exclude", "github:x")
    assert note.message == "github:x matches exclude 'github:x'; a pays its other payees."


def test_a_vote_for_a_payee_without_a_channel_is_unfundable(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"]}, make.payee("github:c", make.channel("github:c", standing="invalid")))
    weights, rules = make.weights({"a": 1}), '[votes]\nshare = "1/2"\n[unfundable]\npolicy = "{}"'

    def plan(policy: str) -> Allocation:
        found: Allocation = make.run(
            4, weights, known, rules.format(policy), count=approvals, ballots=Ballots.parse("v1,github:c\n")
        )
        return found

    kept = plan("hold")
    assert (make.paid(kept), make.held(kept)) == ({"github:a": 200}, {"github:c": 200})
    assert {row.reason for row in kept.held} == {"no channel of github:c can be paid"}
    assert make.paid(plan('fallback"\nfallback = "github:f')) == {"github:a": 200, "github:f": 200}
    assert [make.paid(plan(policy)) for policy in ("redistribute", "pass_down", "pass_up")] == [{"github:a": 400}] * 3


def test_the_files_of_a_policy_that_was_found_lie_in_its_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outer.csv").write_text("v1,a\n")
    (inner / "own.csv").write_text("v1,a\nv2,a\n")
    file = inner / "depfund.toml"
    file.write_text('[votes]\nfile = "../outer.csv"\n')
    read = Policy.load(file).ballots
    assert read is not None
    assert len(read.votes) == 1
    with pytest.raises(PolicyError, match=r"votes\.file names \.\./outer\.csv, which is outside"):
        Policy.load(file, confined=True)
    file.write_text('[votes]\nfile = "own.csv"\n')
    read = Policy.load(file, confined=True).ballots
    assert read is not None
    assert len(read.votes) == 2
    file.write_text("[votes]\n")
    assert Policy.load(file, confined=True).ballots is None


def test_a_policys_file_is_of_64_mib_at_most(tmp_path: Path) -> None:
    with (tmp_path / "votes.csv").open("wb") as file:
        file.truncate(2**26 + 1)
    (tmp_path / "depfund.toml").write_text('[votes]\nfile = "votes.csv"\n')
    with pytest.raises(PolicyError, match=r"votes\.csv, which is no file of at most 64 MiB"):
        Policy.load(tmp_path / "depfund.toml")


def test_a_budget_needs_both_of_its_factors() -> None:
    assert Policy(fund=Fund(per_developer=Money(minor=5))).budget() is None
    assert Policy(fund=Fund(developers=2)).budget() is None
    assert Policy(fund=Fund(per_developer=Money(minor=5), developers=2)).budget() == Money(minor=10)


def test_the_weight_of_the_excluded_is_moved_at_once(make: SimpleNamespace) -> None:
    plan = make.run(4, make.weights({"a": 1, "b": 1}), None, '[[exclude]]\nmatch = "b"')
    assert moved(plan, "a") == [("weight", 200), ("boosts", 200)]


def test_what_tables_say_when_nothing_is_said(make: SimpleNamespace) -> None:
    plan = make.run(4, make.weights({"a": 1, "b": 1}), None, '[eligibility]\ncompany_backed = ["b"]')
    assert (make.paid(plan), make.codes(plan)) == ({"a": 400}, {"eligibility.company_backed": ["b"]})
    policy, grants = Policy(), Grants()
    assert (policy.signals.low, policy.signals.high) == (Fraction(1, 2), 2)
    assert (policy.eligibility.confidence, policy.eligibility.company_factor) == (Fraction(1, 2), 0)
    assert (grants.months, grants.instalments, grants.count) == (12, 1, None)


@pytest.mark.parametrize("value", [True, 0.5, None, [1]])
def test_what_is_no_fraction(value: object) -> None:
    assert fraction(value) is None


def test_the_schema_describes_its_keys() -> None:
    fund = Policy.schema()["properties"]["fund"]["properties"]
    assert fund["name"] == {"type": "string", "minLength": 1, "description": "the fund's name, for reports"}
    assert fund["developers"]["minimum"] == 1


def test_data_without_rules_multiplies_by_its_column_times(make: SimpleNamespace) -> None:
    policy = Policy(data=Data.parse("match,times\na,2\n"))
    plan = split(Money(minor=300), make.weights({"a": 1, "b": 1}), None, policy)
    assert make.paid(plan) == {"a": 200, "b": 100}
    with pytest.raises(PolicyError, match="has no column times"):
        split(Money(minor=300), make.weights({"a": 1}), None, Policy(data=Data.parse("match,stars\na,2\n")))


def test_why_nobody_is_known_is_said(make: SimpleNamespace) -> None:
    known = make.facts({"a": ["github:a"], "b": []}, unresolved={"b": "its page is gone"})
    plan = make.run(4, make.weights({"a": 1, "b": 1}), known, '[unfundable]\npolicy = "hold"')
    assert [row.reason for row in plan.held] == ["no payee of b is known: its page is gone"]


def test_a_named_payee_is_found_by_its_alias(make: SimpleNamespace) -> None:
    known = make.facts(
        {"a": ["open_collective:x"]},
        make.payee("open_collective:x", make.channel("open_collective:x"), aliases=("github:x",)),
    )
    plan = make.run(4, make.weights({"a": 1}), known, '[[payee]]\npayee = "github:x"\nname = "X"')
    assert [(each.payee, each.name) for each in plan.payments] == [("open_collective:x", "X")]


def test_a_package_is_excluded_by_its_projects_address(make: SimpleNamespace) -> None:
    project = Project(url="https://github.com/acme/x", packages=("pkg:pypi/x",), payees=("github:x",))
    known = make.facts({project.url: project, "b": ["github:b"]})
    weights = make.weights({"pkg:pypi/x": 1, "b": 1})
    assert make.paid(make.run(4, weights, known)) == {"github:b": 200, "github:x": 200}
    plan = make.run(4, weights, known, f'[[exclude]]\nmatch = "{project.url}"')
    assert make.paid(plan) == {"github:b": 400}


def test_a_factor_for_companies_leaves_the_other_lists_as_they_are(make: SimpleNamespace) -> None:
    rules = '[eligibility]\nown = ["a"]\ncompany_backed = ["b"]\ncompany_factor = "1/2"'
    plan = make.run(3, make.weights({"a": 3, "b": 2, "c": 2}), None, rules)
    assert make.paid(plan) == {"b": 100, "c": 200}


def test_what_the_policy_says_of_a_payee_beats_the_facts_and_the_rest_stays(make: SimpleNamespace) -> None:
    found = make.payee("github:a", asks=Money(minor=400), receives=Money(minor=100))
    known = make.facts({"a": ["github:a"], "b": ["github:b"]}, found)

    def message(more: str) -> str:
        rules = f'[need]\nincome = true\n[[payee]]\npayee = "github:a"\n{more}'
        plan = make.run(7, make.weights({"a": 1, "b": 1}), known, rules)
        [note] = [note for note in plan.notes if note.code == "need"]
        return str(note.message).rpartition(": ")[2]

    assert message("") == "weight times 3/4."
    assert message('asks = "2 USD"') == "weight times 1/2."
    assert message('receives = "3 USD"') == "weight times 1/4."
    assert message('asks = "8 USD"\nreceives = "6 USD"') == "weight times 1/4."


def test_the_tool_table_counts_in_any_file_and_usage_lies_in_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "fund.toml"
    file.write_text('[tool.depfund.fund]\nname = "F"\n')
    assert Policy.load(file).fund.name == "F"
    for usage, right in (("../u.csv", False), ("u.csv", True), ("a=../1", True)):
        file.write_text(f'[fund.parameters]\nusage = "{usage}"\n')
        if right:
            assert Policy.load(file, confined=True).fund.parameters == {"usage": usage}
        else:
            with pytest.raises(PolicyError, match=r"fund\.parameters\.usage names"):
                Policy.load(file, confined=True)
