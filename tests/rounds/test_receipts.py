"""Receipts by example: how amounts are written, whom a line names, what a match is."""

from __future__ import annotations

import pytest

from depfund.errors import LedgerError
from depfund.rounds.events import Event
from depfund.rounds.reconcile import Match, Receipt, events, match, read
from depfund.rounds.replay import Round, State, replay


def round_(fixed: dict[str, int], currency: str = "USD", **more: object) -> tuple[State, Round]:
    """A closed round that pays ``fixed``."""
    row = {"period": "1", "currency": currency}
    opened = {**row, "budget": sum(fixed.values()), "accruals": {}, "fixed": fixed, **more}
    steps = [("opened", opened), ("closed", {**row, "paid": {}})]
    made = [Event(number=n, kind=kind, at="", data=data, hash="") for n, (kind, data) in enumerate(steps, 1)]
    state = replay(made)
    return state, state.round("1", currency)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("5", 500),
        ("+5.5", 550),
        ("$ 5.00", 500),
        ("1,234.50", 123450),
        ("1.234,50", 123450),
        ("1.234.567,50", 123456750),
        ("1,234,567.5", 123456750),
        ("1,234", 123400),
        ("12,345,678", 1234567800),
        ("-1,234", -123400),
        ("12,5", 1250),
        ("0,05", 5),
        ("1234,5", 123450),
        ("1,2345", None),
        ("12,34,567", None),
        ("1'234.50", 123450),
        ("(5.00)", -500),
        ("(5.00", None),
        ("5.00)", None),
        ("-5.00", -500),
        ("0.001", None),
        (".5,3", None),
        (",5", None),
        (".", None),
        ("", None),
        ("many", None),
        ("5 EUR", 500),
    ],
)
def test_how_an_amount_is_written(text: str, minor: int | None) -> None:
    file = f'handle,amount\na,"{text}"\nb,1\n'
    _, (one, _) = read(file, "USD", "github")
    assert (one.minor, bool(one.problem)) == (minor or 0, minor is None)
    assert one.currency == ("EUR" if "EUR" in text else "USD")
    if minor is None:
        assert one.problem == f"{text!r} is no amount in USD"


def test_currencies_have_their_own_minor_units() -> None:
    _, rows = read("handle,amount,currency\na,5,jpy\nb,5,\nc,1.234,KWD\nd,5 eur,USD\ne,9,ZZZ\nf\n\n", "JPY", "github")
    found = [(row.line, row.minor, row.currency, row.problem) for row in rows]
    assert found == [
        (2, 5, "JPY", ""),
        (3, 5, "JPY", ""),
        (4, 1234, "KWD", ""),
        (5, 500, "USD", ""),
        (6, 0, "ZZZ", "'9' is no amount in ZZZ"),
        (7, 0, "JPY", "'' is no amount in JPY"),
    ]


def test_what_was_not_paid_is_said() -> None:
    _, rows = read(
        "sponsorable,amount,status,currency\na,5,FAILED,EUR\nb,5,settled,\n,5,settled,\nc,5,pending,\n", "USD"
    )
    assert rows == [
        Receipt(line=2, texts=("a",), minor=0, currency="EUR", problem="it is marked failed"),
        Receipt(line=3, texts=("b",), minor=500, currency="USD"),
        Receipt(line=4, texts=(), minor=500, currency="USD", problem="it names nobody"),
        Receipt(line=5, texts=("c",), minor=0, currency="USD", problem="it is marked pending"),
    ]


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("sponsorable,amount", "github"),
        ("Sponsored_Handle,amount", "github"),
        ("maintainer,collective slug,amount", "open_collective"),
        ("toAccountSlug,amount", "open_collective"),
        ("collective,payee,amount", "bank"),
        ("name\tvalue", "bank"),
        ("payee;net amount", "bank"),
    ],
)
def test_the_form_is_known_by_its_columns(head: str, form: str) -> None:
    mark = max(",;\t", key=head.count)
    text = f"{head}\n{mark.join(['5'] * (head.count(mark) + 1))}\n"
    assert read(text, "USD")[0] == form


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(LedgerError, match=r"no column for the payee.* are a, amount\. Rename one to payee"):
        read("a,amount\n1,2\n", "USD", file="x.csv")
    with pytest.raises(LedgerError, match=r"x\.csv has no column for the amount.* are payee\. Rename one to amount"):
        read("payee\n1\n", "USD", file="x.csv")
    for text in ("", " \npayee,amount\n", ",,\n"):
        with pytest.raises(LedgerError, match="is empty"):
            read(text, "USD")


@pytest.mark.parametrize(
    ("form", "amounts", "minor"),
    [
        ("bank", (-5, -3, 2), (500, 300, -200)),
        ("bank", (-5, 3), (-500, 300)),
        ("bank", (-5, 0, 0, 0), (500, 0, 0, 0)),
        ("bank", (5, 3), (500, 300)),
        ("open_collective", (-5, -3), (500, 300)),
        ("github", (-5, -3), (-500, -300)),
    ],
)
def test_a_payers_statement_shows_payments_as_negative(
    form: str, amounts: tuple[int, ...], minor: tuple[int, ...]
) -> None:
    rows = "".join(f"a,{amount}\n" for amount in amounts)
    names = {"bank": "payee", "open_collective": "slug", "github": "handle"}
    _, found = read(f"{names[form]},amount\n{rows}", "USD", form)  # type: ignore[arg-type]
    assert tuple(row.minor for row in found) == minor
    assert tuple(row.line for row in found) == tuple(range(2, 2 + len(amounts)))


def test_a_platform_names_the_payee_in_one_column_a_bank_in_any() -> None:
    _, (one,) = read("sponsorable,maintainer,amount\nx,a,5\n", "USD")
    _, (other,) = read("payee,reference,amount\nx,a,5\n", "USD")
    assert (one.texts, other.texts) == (("x",), ("x", "a"))


def lines(*rows: tuple[str, int], **more: str) -> list[Receipt]:
    return [
        Receipt(line=at, texts=(text,) if text else (), minor=minor, currency="USD", **more)
        for at, (text, minor) in enumerate(rows, 2)
    ]


def test_lines_of_one_payee_add_up() -> None:
    state, this = round_({"github:a": 500, "github:b": 500, "github:c": 5, "github:d": 5, "open_collective:e": 9})
    found = match(
        state, this, lines(("A", 300), ("@a", 200), ("github:b", 499), ("c", 5), ("c", -5), ("z", 1)), "github"
    )
    assert found == [
        Match(kind="different", payee="github:b", expected=500, actual=499, lines=(4,)),
        Match(kind="different", payee="github:c", expected=5, actual=0, lines=(5, 6)),
        Match(kind="missing", payee="github:d", expected=5),
        Match(kind="unknown", payee="z", actual=1, lines=(7,)),
        Match(kind="matched", payee="github:a", expected=500, actual=500, lines=(2, 3)),
    ]
    data = {"period": "1", "currency": "USD", "payee": "github:b", "expected": 500, "actual": 499}
    assert events(this, found)[0] == ("reconciled", data)
    assert [data["payee"] for _, data in events(this, found)] == ["github:b", "github:c", "github:a"]
    assert [data["payee"] for _, data in events(this, found, missing=True)] == [
        "github:b",
        "github:c",
        "github:d",
        "github:a",
    ]


def test_what_cannot_be_matched_is_listed_with_its_reason() -> None:
    state, this = round_({"github:a": 500, "github:b": 5})
    this.actual["github:b"] = 4
    rows = [
        *lines(("a", -1)),
        *lines(("b", 7), ("", 7), problem="it is marked failed"),
        Receipt(line=9, texts=("x",), minor=1, currency="EUR"),
    ]
    assert match(state, this, rows, "github") == [
        Match(kind="unread", payee="", lines=(3,), reason="it is marked failed"),
        Match(kind="unread", payee="github:a", expected=500, lines=(2,), reason="more was returned than paid"),
        Match(kind="unread", payee="github:b", lines=(2,), reason="it is marked failed"),
        Match(kind="unread", payee="x", lines=(9,), reason="it is in EUR, the round in USD"),
        Match(kind="done", payee="github:b", expected=5, actual=4),
    ]


def test_what_needs_a_look_comes_first() -> None:
    state, this = round_({"github:z": 5, "github:y": 5, "github:w": 5, "github:v": 5, "github:u": 5})
    this.actual["github:u"] = 5
    rows = lines(("z", 4), ("x", 5), ("w", -5), ("v", 5))
    assert [(one.kind, one.payee[-1]) for one in match(state, this, rows, "github")] == [
        ("different", "z"), ("missing", "y"), ("unknown", "x"), ("unread", "w"), ("matched", "v"), ("done", "u"),
    ]  # fmt: skip


def test_whom_a_line_names() -> None:
    state, this = round_(
        {"github:ann": 1, "open_collective:ann": 2, "github:new": 3, "custom:x": 4},
        channels={"custom:x": "github:road"},
    )
    state.aliases["github:old"] = "github:new"
    state.aliases["github:other"] = "github:elsewhere"
    found = match(state, this, lines(("ann", 1), ("old", 3), ("road", 4), ("other", 5)), "github")
    assert {(one.kind, one.payee, one.actual) for one in found} == {
        ("matched", "github:ann", 1),
        ("matched", "github:new", 3),
        ("matched", "custom:x", 4),
        ("unknown", "other", 5),
    }
    both = match(state, this, lines(("ann", 1)), "bank")  # a bank's line may mean either
    assert [(one.kind, one.payee) for one in both] == [("unknown", "ann")]
    state.channels["custom:x"] = "liberapay:later"
    this.channels.clear()
    kinds = {one.payee: one.kind for one in match(state, this, [], "bank")}
    assert kinds == {"custom:x": "missing"}
    assert {one.payee for one in match(state, this, [], "github")} == {"github:ann", "github:new"}


def test_a_bank_names_payees_inside_a_text() -> None:
    state, this = round_({"foundation:gnome": 1, "foundation:kde": 2, "foundation:curl": 3, "foundation:gnome-x": 4})
    rows = lines(("depfund kde 2026", 2), ("to curl, thanks", 3), ("for gnome-x", 4), ("curl and gnome", 9))
    assert {(one.kind, one.payee, one.lines) for one in match(state, this, rows, "bank")} == {
        ("unknown", "depfund kde 2026", (2,)),  # three letters are too few to be looked for
        ("missing", "foundation:kde", ()),
        ("matched", "foundation:curl", (3,)),
        ("matched", "foundation:gnome-x", (4,)),
        ("unknown", "curl and gnome", (5,)),
        ("missing", "foundation:gnome", ()),
    }
    inside = match(state, this, lines(("for curl", 3)), "github")
    assert inside == [Match(kind="unknown", payee="for curl", actual=3, lines=(2,))]
