"""Ballots as people and form tools write them."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import PolicyError
from depfund.model import Payee
from depfund.shares._spelling import Candidates
from depfund.shares.ballots import Ballots
from depfund.shares.signals import Data

FORMS = {
    "one vote a row": "voter,candidate\nv1,a\nv1,b\nv2,b\n",
    "tabs and comments": "\ufeff# who\temail\nemail\tproject\nv1\ta\n\n# later\nv1\tb\nv2\tb\n",
    "semicolons": "Voter;Project\nv1;a\nv1;b\nv2;b\n",
    "one voter a row": "voter,choice 1,choice 2,choice 3\nv1,a,b,\nv2,b,,\n",
    "no header": "v1,a,b\nv2,b\n",
    "several in a cell": 'member,projects\nv1,"a; b"\nv2,b\n',
    "a matrix": "voter,a,b,c\nv1,x,x,\nv2,no,yes,0\n",
    "other columns": "timestamp,email,project,why\n2026-01-01,v1,a,good\n2026-01-01,v1,b,\n2026-01-02,v2,b,fine\n",
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_forms(form: str) -> None:
    votes = Ballots.parse(FORMS[form]).votes
    assert {voter: [name for name, _ in row] for voter, row in votes.items()} == {"v1": ["a", "b"], "v2": ["b"]}


def test_numbers() -> None:
    long = Ballots.parse("voter,candidate,credits\nv1,a,9\nv1,b,2.5\n", "quadratic").votes
    wide = Ballots.parse("v1,a=9,b=2.5\n", "quadratic").votes
    matrix = Ballots.parse("voter,a,b,c\nv1,9,2.50,\n", "quadratic").votes
    money = Ballots.parse('voter,candidate,amount\nv1,a,"9.00 USD"\nv1,b,2.5 EUR\n', "quadratic_funding").votes
    assert long == wide == matrix == money == {"v1": (("a", Fraction(9)), ("b", Fraction(5, 2)))}


def test_ranks() -> None:
    for text in (
        "voter,rank,project\nv1,2,b\nv1,1,a\nv1,10,c\n",
        "voter,first,second,third\nv1,a,b,c\n",
        "voter,c,a,b\nv1,3,1,2\n",
    ):
        votes = Ballots.parse(text, "borda")
        assert votes.matched(lambda word: (word, ""))[0] == [["a", "b", "c"]]


def test_who_voted_for_nothing_still_counts_as_a_voter() -> None:
    assert Ballots.parse("voter,choice 1\nv1,a\nv2,\n").matched(lambda word: (word, ""))[0] == [["a"], []]


def test_a_candidate_named_twice_counts_once() -> None:
    assert Ballots.parse("v1,a,A,a\n").matched(lambda word: (word.lower(), ""))[0] == [["a"]]


@pytest.mark.parametrize(
    ("text", "method", "message"),
    [
        ("voter,candidate,credits\nv,a,-1\n", "quadratic", "line 2: -1 is negative"),
        ("project,why\na,b\n", "approval", "no column names the voter"),
        ("voter,a,b\nv,1,soon\n", "quadratic", "line 2"),
    ],
)
def test_broken(text: str, method: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Ballots.parse(text, method)


@given(st.text(max_size=60))
def test_any_text_is_ballots_or_an_error_with_its_line(text: str) -> None:
    for method in ("approval", "borda", "quadratic"):
        try:
            Ballots.parse(text, method)
        except PolicyError as error:
            assert "line" in str(error)  # noqa: PT017
    try:
        Data.parse(text)
    except PolicyError as error:
        assert "line" in str(error)  # noqa: PT017


@pytest.fixture
def candidates(make: SimpleNamespace) -> Candidates:
    nodes = {
        "https://github.com/babel/babel": ("pkg:npm/%40babel/core@7.1.0", "pkg:npm/%40babel/parser@7.2.0"),
        "https://github.com/psf/requests": ("pkg:pypi/requests@2.0",),
        "pkg:pypi/six": ("pkg:pypi/six@1.16", "pkg:pypi/six@1.17"),
        "pkg:npm/six": ("pkg:npm/six@1.0",),
    }
    both = make.payee(
        "open_collective:babel", make.channel("open_collective:babel"), make.channel("github:babel"), name="Babel team"
    )
    return Candidates(nodes, [both, Payee(key="github:psf", name="Python Software Foundation")])


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("requests", "https://github.com/psf/requests"),
        ("Requests ", "https://github.com/psf/requests"),
        ("psf/requests", "https://github.com/psf/requests"),
        ("https://www.github.com/psf/Requests.git", "https://github.com/psf/requests"),
        ("pkg:pypi/requests", "https://github.com/psf/requests"),
        ("reqeusts", "https://github.com/psf/requests"),
        ("@babel/core", "https://github.com/babel/babel"),
        ("babel/babel", "https://github.com/babel/babel"),
        ("pkg:npm/@babel/parser", "https://github.com/babel/babel"),
        ("pkg:pypi/six@1.17", "pkg:pypi/six"),
        ("pkg:npm/six", "pkg:npm/six"),
        ("github:babel", "payee:open_collective:babel"),
        ("https://opencollective.com/babel", "payee:open_collective:babel"),
        ("Python Software Foundation", "payee:github:psf"),
        ("babel_team", "payee:open_collective:babel"),
        ("six", None),
        ("leftpad", None),
        ("", None),
    ],
)
def test_spellings(candidates: Candidates, word: str, target: str | None) -> None:
    found, remark = candidates.find(word)
    assert found == target
    assert bool(remark) == (target is None or word == "reqeusts")
