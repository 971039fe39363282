"""The policy file: what it reads, what it refuses (naming the key), and that editing keeps comments."""

# ruff: noqa: E501, Q000 - one broken policy a line
from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from depfund.errors import PolicyError
from depfund.money import Money
from depfund.shares import split
from depfund.shares.policy import Policy
from depfund.shares.policy_edit import set_value, template, unset_value

DATA = Path(__file__).resolve().parents[1] / "data" / "shares"

EVERYTHING = """
[fund]
name = "Fund"
currency = "EUR"
budget = "1,000.50 EUR"
coverage = "90%"
period = "quarter"
weighting = "depth"
level = "package"
[fund.parameters]
decay = 0.5
max_depth = 3
[scopes]
include = ["runtime", "dev"]
dev_share = "1/4"
[limits]
minimum = 5
maximum = "10%"
horizon = 3
lot = "1 EUR"
[limits.payees."github:octocat"]
minimum = "10 EUR"
maximum = "50 EUR"
floor = "10 EUR"
[unfundable]
policy = "fallback"
fallback = {pypi = "open_collective:psf", default = "open_collective:f"}
expiry = 2
[boost]
"pkg:pypi/urllib3" = 1.5
"github:octocat" = "3/2"
[[exclude]]
match = "github.com/acme/*"
reason = "ours"
pass = "pass_down"
[[fixed]]
payee = "open_collective:django"
amount = "10%"
[already]
"github:octocat" = "20 EUR"
[votes]
method = "borda"
share = "1/4"
[grants]
method = "greedy"
denominations = ["10 EUR", "20 EUR"]
instalments = 3
[grants.costs]
"github:a" = {monthly = "5 EUR", months = 2}
"github:b" = "7 EUR"
[eligibility]
own = "github.com/acme"
archived = "exclude"
licences = "osi"
confidence = 0.6
[need]
income = true
[channels]
order = ["github"]
[channels.lots]
github = "1 EUR"
[channels.shares."github:octocat"]
github = 2
ko_fi = 1
[fees]
bearer = "pool_bears"
checked = 2026-11-01
github = "6%"
open_collective = {percent = "10%", fixed = "0.30 EUR", rounding = "up"}
[[payee]]
match = "pkg:pypi/x"
payee = "github:x"
[endpoints]
PYPI = "https://mirror.example"
"""


def test_every_table_is_read_and_written_back() -> None:
    policy = Policy.parse(EVERYTHING)
    assert policy.fund.budget == Money(minor=100050, currency="EUR")
    assert policy.limits.minimum == Money(minor=500, currency="EUR")
    assert policy.limits.maximum == Fraction(1, 10)
    assert policy.boost == {"pkg:pypi/urllib3": Fraction(3, 2), "github:octocat": Fraction(3, 2)}
    assert policy.exclude[0].onward == "pass_down"
    assert policy.fees.rates["github"] == Fraction(6, 100)
    assert policy.eligibility.own == ("github.com/acme",)
    assert policy.parameters() == {"decay": "0.5", "max_depth": 3, "scopes": ["runtime", "dev"], "dev_share": "1/4"}
    assert policy.parameters(named=False) == {"scopes": ["runtime", "dev"], "dev_share": "1/4"}
    assert (policy.horizon(), policy.horizon(ledger=True), Policy().horizon(), Policy().horizon(ledger=True)) == (
        3,
        3,
        1,
        12,
    )
    assert Policy.parse(policy.to_plain()) == policy
    assert Policy.parse("").to_plain() == {}


def test_the_budget_by_head_count() -> None:
    policy = Policy.parse('[fund]\nper_developer = "2000 USD"\ndevelopers = 135')
    assert policy.budget() == Money(minor=27_000_000)
    assert Policy().budget() is None


def test_a_fallback_may_be_named_while_another_policy_is_in_force() -> None:
    policy = Policy.parse('[unfundable]\npolicy = "redistribute"\nfallback = "open_collective:example"\nexpiry = 2')
    assert policy.unfundable.policy == "redistribute"


def test_a_named_file_that_is_not_there_yet(make: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "depfund.toml"
    path.write_text('[votes]\nfile = "ballots.csv"\nshare = "1/4"\n')
    policy = Policy.load(path)
    assert "votes.file names ballots.csv, which cannot be read" in policy.missing[0]
    with pytest.raises(PolicyError, match=r"ballots\.csv"):
        split(Money(minor=100), make.weights({"a": 1}), None, policy)


def test_the_currency_is_that_of_the_amounts() -> None:
    assert Policy.parse('[limits]\nminimum = "500 JPY"').fund.currency == "JPY"
    assert Policy.parse('[fund]\nbudget = "10 EUR"\n[limits]\nminimum = 5').limits.minimum == Money(
        minor=500, currency="EUR"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[limit]\nminimum = 1", "limit is not known; did you mean limits"),
        ("[limits]\nmaximun = 1", "limits.maximun is not known; did you mean maximum"),
        ('[limits.payees."github:o"]\nmin = 1', 'limits.payees."github:o".min is not known; did you mean minimum'),
        ("[fund]\nbudget = true", "fund.budget is True; it is an amount"),
        ('[fund]\nbudget = "12 XXL"', "fund.budget: 'XXL' is not a currency"),
        ('[fund]\ncurrency = "ABC"', "fund.currency: 'ABC' is not a currency"),
        ('[fund]\ncurrency = "usd"', "fund.currency is 'usd'; write it as 'USD'"),
        ('[fund]\nbudget = "-5 USD"', "negative"),
        ('[fund]\nbudget = "0.001 USD"', "fractions of a minor unit"),
        ('[fund]\nbudget = "5 USD"\nper_developer = "5 USD"\ndevelopers = 1', "fund.budget and fund.per_developer"),
        ('[fund]\nper_developer = "5 USD"', "fund.developers is missing"),
        ('[fund]\nlevel = "repository"', "fund.level is 'repository'; it is one of version, package, project"),
        ('[fund]\nperiod = 3', "fund.period is 3; it is one of"),
        ('[fund]\nbar = "5 USD"', "fund.bar is an amount per developer"),
        ('[fund]\ncurrency = "EUR"\n[limits]\nminimum = "5 USD"', "limits.minimum is 5.00 USD, but the fund's currency is EUR"),
        ('[already]\na = "5 USD"\nb = "5 EUR"', "already.b is 5.00 EUR, but the fund's currency is USD"),
        ('[scopes]\ninclude = ["test"]', r"scopes.include\[0\] is 'test'; it is one of runtime"),
        ('[scopes]\ndev_share = "120%"', "scopes.dev_share is '120%'; it is a share between 0 and 1"),
        ('[limits]\nminimum = "9 USD"\nmaximum = "8 USD"', "limits.minimum is 9.00 USD, above limits.maximum 8.00 USD"),
        ('[limits]\nhorizon = 0', "limits.horizon is 0; it is a whole number, 1 or more"),
        ('[limits.payees.a]\nfloor = "60%"\nmaximum = "1/2"', "limits.payees.a.floor is above limits.payees.a.maximum"),
        ('[limits]\nlot = "0 USD"', "limits.lot is 0"),
        ('[unfundable]\npolicy = "burn"', "unfundable.policy is 'burn'; it is one of redistribute"),
        ('[unfundable]\npolicy = "fallback"', "unfundable.fallback is missing"),
        ('[boost]\nx = -1', "boost.x is -1; it is a number, zero or more"),
        ('[boost]\n"pkg:pypi/x" = "much"', 'boost."pkg:pypi/x" is \'much\''),
        ('[[exclude]]\nreason = "x"', r"exclude\[0\].match is missing"),
        ('[exclude]\nmatch = "x"', r"exclude is .*; it is an array of tables, written \[\[exclude\]\]"),
        ('[[exclude]]\nmatch = "x"\npass = "down"', r"exclude\[0\].pass is 'down'; it is one of redistribute, pass_down"),
        ('[[exclude]]\nmatch = "x"\npass = "pass_down"\n[unfundable]\npolicy = "pass_up"', r"exclude\[0\].pass is \"pass_down\""),
        ('[[fixed]]\npayee = "x"', r"fixed\[0\].amount is missing"),
        ('[votes]\nmethod = "loud"', "votes.method is 'loud'"),
        ('[grants]\nmethod = "top"\namount = "1 USD"', "grants.count is missing"),
        ('[grants]\ncount = 3', "grants.amount is missing"),
        ('[grants]\nmethod = "equal_shares"\namount = "1 USD"', "needs the ballots"),
        ('[grants]\ncount = 1\namount = "1 USD"\ninstalments = ["1/2", "1/3"]', "grants.instalments sum to 5/6"),
        ('[grants]\ncount = 1\n[grants.costs]\na = {monthly = "1 USD", months = 13}', "grants.costs.a.months is 13"),
        ('[eligibility]\nstaff = [1]', r"eligibility.staff\[0\] is 1; it is a text"),
        ('[channels]\norder = ["gihub"]', r"channels.order\[0\] is 'gihub'"),
        ('[channels.lots]\ngihub = "1 USD"', "channels.lots.gihub is not known; did you mean github"),
        ('[fees]\nbearrer = "on_top"', "fees.bearrer is not known; did you mean bearer"),
        ('[fees]\ngihub = "6%"', "fees.gihub is not known; did you mean github"),
        ('[fees]\ngithub = "100%"', "fees.github takes everything"),
        ('[fees]\nchecked = "soon"', "fees.checked is 'soon'; it is a date"),
        ('[[signals.rules]]\ncolumn = "x"\ntimes = 2', r"signals.rules\[0\] has no condition"),
        ('fund = 3', "fund is 3; it is a table"),
        ("[fund", "this policy is not TOML"),
    ],
)  # fmt: skip
def test_a_broken_policy_names_its_key(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Policy.parse(text)


def test_the_example_of_the_reference_page_is_valid() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "policy.md"
    for block in page.read_text(encoding="utf-8").split("```toml\n")[1:]:
        Policy.parse(block.partition("```")[0])


def test_the_reference_page_has_every_key() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
    for table, shape in Policy.schema()["properties"].items():
        keys = {**shape.get("properties", {}), **shape.get("items", {}).get("properties", {})}
        assert f"`[{table}]`" in text or f"`[[{table}]]`" in text
        platforms = set(Policy.schema()["properties"]["fees"]["properties"]) - {"bearer", "checked"}
        for key in set(keys) - platforms:
            assert f"| `{key}` |" in text, (table, key)


def test_the_schema_knows_every_key() -> None:
    schema = Policy.schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= set(Policy.parse(EVERYTHING).to_plain())
    assert schema["properties"]["exclude"]["items"]["required"] == ["match"]
    assert "pass" in schema["properties"]["exclude"]["items"]["properties"]
    assert {"bearer", "github"} <= set(schema["properties"]["fees"]["properties"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("not-toml.toml", "is not TOML"),
        ("not-utf8.toml", "is not TOML"),
        ("absent.toml", "cannot be read"),
        ("unknown-key.toml", "unknown-key.toml: limits.minimun is not known"),
        ("ballot-without-voter.toml", r"ballot-without-voter.csv, line 3: the voter is missing"),
        ("ballot-without-number.toml", r"ballot-without-number.csv, line 2: pool has no number"),
        ("signals-with-a-word.toml", r"signals-with-a-word.csv, line 2: 'many' is not a number"),
    ],
)
def test_a_broken_file_is_named(name: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Policy.load(DATA / name)


def test_pyproject(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n')
    with pytest.raises(PolicyError, match=r"no \[tool.depfund\] table"):
        Policy.load(path)
    path.write_text('[tool.depfund.limits]\nminimum = "5 USD"\n[tool.depfund.endpoints]\nWEB = "http://127.0.0.1:1"\n')
    assert Policy.load(path) == Policy.load(tmp_path)
    assert Policy.load(path).limits.minimum == Money(minor=500)


def test_editing_keeps_comments() -> None:
    text = template("Acme", "500 EUR")
    assert Policy.parse(text).budget() == Money(minor=50000, currency="EUR")
    assert '# minimum = "5 EUR"' in text
    more = set_value(text, "limits.minimum", "5 EUR")
    more = set_value(more, 'boost."pkg:pypi/urllib3"', 2)
    more = set_value(more, "exclude[0].match", "github.com/acme/*")
    more = set_value(more, "fund.budget", "600 EUR")
    policy = Policy.parse(more)
    assert (policy.limits.minimum, policy.boost, policy.exclude[0].match, policy.budget()) == (
        Money(minor=500, currency="EUR"), {"pkg:pypi/urllib3": 2}, "github.com/acme/*", Money(minor=60000, currency="EUR"),
    )  # fmt: skip
    kept = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert [line.partition("#")[2] for line in more.splitlines() if "#" in line] == kept
    assert Policy.parse(unset_value(more, "limits.minimum")).limits.minimum is None
    with pytest.raises(PolicyError, match=r"limits.minimun is not known"):
        set_value(text, "limits.minimun", 5)
    with pytest.raises(PolicyError, match="not in the policy file"):
        unset_value(text, "limits.maximum")
    with pytest.raises(PolicyError, match=r"the next one is \[0\]"):
        set_value(text, "fixed[3].payee", "x")
    project = set_value('[project]\nname = "x"  # ours\n\n[tool.ruff]\nline-length = 9\n', "limits.minimum", "5 USD")
    assert "# ours" in project
    assert "[tool.depfund.limits]" in project


def test_a_row_of_tables_is_not_replaced_by_a_value() -> None:
    text = '[[exclude]]\nmatch = "a"\n'
    with pytest.raises(PolicyError, match=r"exclude\[0\] is a table"):
        set_value(text, "exclude[0]", "10 USD")
