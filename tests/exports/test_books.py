"""Accounting and the pledge: read back by beancount's own parser, by the csv and json modules, and balanced."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from depfund import exports
from depfund.errors import ExportError
from depfund.exports import Context
from depfund.model import Allocation, FeeLine, Fees
from depfund.money import Money


def beans(text: str) -> tuple[list[object], list[object]]:
    parser = pytest.importorskip("beancount.loader", reason="beancount, the program's own parser, is not installed")
    found, errors, _ = parser.load_string(text, dedent=False)
    return found, errors


def test_beancount_reads_it_and_its_balances_hold(plan: Allocation) -> None:
    found, errors = beans(exports.render(plan, "beancount"))
    assert errors == []
    payments = [entry for entry in found if type(entry).__name__ == "Transaction" and entry.narration == "payment"]
    assert sum(-p.units.number for e in payments for p in e.postings if p.account.endswith(":Budget")) == Decimal(
        "810.00"
    )
    assert {entry.flag for entry in payments} == {"!"}


def test_beancount_sees_text_as_text(nasty: Allocation) -> None:
    found, errors = beans(exports.render(nasty, "beancount"))
    assert errors == []
    kinds = [type(entry).__name__ for entry in found]
    assert kinds.count("Transaction") == 1 + len(nasty.payments) + len(nasty.held)
    assert kinds.count("Balance") == 1


@pytest.mark.parametrize("bearer", ["payee_bears", "pool_bears", "on_top"])
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_fees_balance_whoever_bears_them(plan: Allocation, bearer: str, currency: str) -> None:
    gross = 25000 if bearer == "payee_bears" else 27500
    line = FeeLine(payee="open_collective:webpack", platform="open_collective", gross=gross, fee=2500, net=gross - 2500)
    extra = gross - 25000
    fees = Fees(
        bearer=bearer,
        lines=(line,),
        taken=extra if bearer == "pool_bears" else 0,
        on_top=extra if bearer == "on_top" else 0,
    )
    payments = tuple(replace(p, amount=Money(minor=p.amount.minor, currency=currency)) for p in plan.payments)
    made = replace(plan, fees=fees, payments=payments, budget=Money(minor=100_000 + fees.taken, currency=currency))
    _, errors = beans(exports.render(made, "beancount"))
    assert errors == []


def test_the_date_is_asked_for_or_that_of_the_evidence(plan: Allocation) -> None:
    assert json.loads(exports.render(plan, "accounting"))["date"] == "2026-01-03"
    assert json.loads(exports.render(plan, "accounting", date="2027-02-28"))["date"] == "2027-02-28"
    assert (
        json.loads(exports.render(plan, "accounting", Context(generated="2027-03-01T10:00:00Z")))["date"]
        == "2027-03-01"
    )
    with pytest.raises(ExportError, match="is not a date"):
        exports.render(plan, "beancount", date="soon")
    with pytest.raises(ExportError, match="is not a date"):
        exports.render(plan, "beancount", date="2027-02-30")


def test_the_pledge_record_has_the_members_fields(shared: Path, plan: Allocation) -> None:
    mine = json.loads(exports.render(plan, "pledge", url="https://fund.example/post"))
    theirs = json.loads((shared / "reference/opensourcepledge/members/sentry.json").read_text(encoding="utf-8"))
    assert set(mine) <= set(theirs) | {"jobsUrl", "blogProfileSlug"}
    assert set(mine) >= {
        "id",
        "role",
        "active",
        "name",
        "description",
        "shortDescription",
        "url",
        "joinDate",
        "annualReports",
    }
    (report,) = mine["annualReports"]
    assert {key: type(value) for key, value in report.items() if key != "usdAmountPaid"} == {
        "url": str, "year": str, "reportDate": str, "averageNumberOfDevs": int,
    }  # fmt: skip
    assert report["usdAmountPaid"] == 810
    assert report["year"] == "2026"


def test_the_pledge_says_what_it_needs(plan: Allocation) -> None:
    with pytest.raises(ExportError, match=r"fund\.developers"):
        exports.render(replace(plan, policy={}), "pledge")
    assert (
        json.loads(exports.render(replace(plan, policy={}), "pledge", developers=3, name="Acme & Söhne"))["id"]
        == "acme-s-hne"
    )
    assert json.loads(exports.render(plan, "pledge", paid=1_000_050))["annualReports"][0]["usdAmountPaid"] == 10000.5
