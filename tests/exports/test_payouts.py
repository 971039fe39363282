"""Payout files: parsed back by the csv module, summed, and set against the budget."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund import exports
from depfund.errors import ExportError
from depfund.exports import Context
from depfund.exports._entries import entries
from depfund.exports.payouts import files
from depfund.model import Allocation, Channel, Evidence, FeeLine, Fees, Held, Payment
from depfund.money import Money, exponent

PLATFORMS = (
    "github",
    "open_collective",
    "thanks_dev",
    "liberapay",
    "ko_fi",
    "patreon",
    "funding_json",
    "custom",
    "tidelift",
    "",
)


@st.composite
def plans(draw: st.DrawFn) -> Allocation:
    """Any plan that keeps the law: every bearer, platform, standing, minimum and currency."""
    code = draw(st.sampled_from(["USD", "USD", "EUR", "JPY", "KWD"]))
    bearer = draw(st.sampled_from(["payee_bears", "pool_bears", "on_top"]))
    payments, lines, extra = [], [], 0
    for at in range(draw(st.integers(0, 8))):
        platform = draw(st.sampled_from(PLATFORMS))
        handle = draw(st.sampled_from(["octocat", "Octocat", "a-b", "x" * 40, "=1+1", "two words", "u/gh/one"]))
        amount = draw(st.integers(0, 3_000_000))
        minimum = draw(
            st.none() | st.builds(Money, minor=st.integers(0, 5000), currency=st.sampled_from(["USD", code]))
        )
        standing = draw(st.sampled_from(["declared", "confirmed", "not_enrolled", "archived", "gone"]))
        way = Channel(platform=platform, handle=handle, standing=standing, minimum=minimum) if platform else None
        key = f"{platform or 'pkg'}:{handle}-{at}"
        payments.append(Payment(payee=key, channel=way, amount=Money(minor=amount, currency=code)))
        if draw(st.booleans()):
            fee = draw(st.integers(0, amount))
            gross = amount if bearer == "payee_bears" else amount + fee
            extra += gross - amount
            lines.append(FeeLine(payee=key, platform=platform, gross=gross, fee=fee, net=gross - fee))
    held = tuple(
        Held(subject=f"s{at}", minor=draw(st.integers(0, 10**6)), reason="r") for at in range(draw(st.integers(0, 3)))
    )
    taken = extra if bearer == "pool_bears" else 0
    total = sum(p.amount.minor for p in payments) + sum(h.minor for h in held) + taken
    return Allocation(
        budget=Money(minor=total, currency=code),
        payments=tuple(payments),
        held=held,
        fees=Fees(bearer=bearer, taken=taken, on_top=extra if bearer == "on_top" else 0, lines=tuple(lines)),
    )


def minor(text: str, currency: str) -> int:
    value = Decimal(text).scaleb(exponent(currency))
    assert value == int(value)
    return int(value)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(plans())
def test_files_and_held_and_fees_sum_to_the_budget(plan: Allocation) -> None:
    made = files(plan, Context())
    code = plan.budget.currency
    sent = 0
    manifest = json.loads(made["manifest.json"])
    for entry in manifest["files"]:
        text = made[entry["file"]]
        assert entry["sha256"] == hashlib.sha256(text.encode()).hexdigest()
        if entry["format"] == "held":
            continue
        column = "Sponsorship amount in USD" if entry["format"] == "github-sponsors" else "amount"
        total = sum(minor(row[column], code) for row in read(text))
        assert total == entry["minor"] == sum(entry["payees"].values())
        sent += total
    stages: dict[str, int] = {}
    for row in read(made["held.csv"]):
        where = "split" if row["stage"] == "split" else "files"
        stages[where] = stages.get(where, 0) + minor(row["amount"], code)
    assert stages.get("split", 0) == sum(held.minor for held in plan.held)
    assert sent + sum(stages.values()) == plan.budget.minor + plan.fees.on_top
    sums = manifest["sums"]
    assert sums["files"] + sums["held_by_split"] + sums["held_by_files"] + sums["fees_apart"] == plan.budget.minor


@given(plans())
def test_every_payment_is_in_one_file_or_held(plan: Allocation) -> None:
    made = files(plan, Context())
    placed: dict[str, int] = {}
    for entry in json.loads(made["manifest.json"])["files"]:
        for payee, amount in entry["payees"].items():
            placed[payee] = placed.get(payee, 0) + amount
    for row in read(made["held.csv"]):
        if row["stage"] != "split":
            who = row["subject"].removeprefix("'")
            placed[who] = placed.get(who, 0) + minor(row["amount"], plan.budget.currency)
    logins: dict[str, list[str]] = {}
    wanted: dict[str, int] = {}
    for entry in entries(plan):
        # Payments of one GitHub login are one row, under the first one's key.
        handle = entry.channel.handle.lower() if entry.channel and entry.platform == "github" else ""
        key = entry.payment.payee
        if handle and entry.channel and entry.channel.payable:
            logins.setdefault(handle, []).append(key)
            key = logins[handle][0] if plan.budget.currency == "USD" and handle in {"octocat", "a-b"} else key
        wanted[key] = wanted.get(key, 0) + entry.gross
    assert {key: value for key, value in placed.items() if value} == {
        key: value for key, value in wanted.items() if value
    }


@given(plans())
def test_the_github_file_keeps_the_rules_of_the_upload(plan: Allocation) -> None:
    text = exports.render(plan, "github-sponsors")
    lines = text.split("\n")
    assert lines[0] == "Maintainer username,Sponsorship amount in USD"
    assert lines[-1] == ""
    rows = [line.split(",") for line in lines[1:-1]]
    assert len({login for login, _ in rows}) == len(rows)
    assert all(amount.isdigit() and 1 <= int(amount) <= 12_000 for _, amount in rows)
    if plan.budget.currency != "USD":
        assert not rows
    minimums = {
        p.channel.handle.lower(): p.channel.minimum.minor
        for p in plan.payments
        if p.channel and p.channel.platform == "github" and p.channel.minimum and p.channel.minimum.currency == "USD"
        and p.channel.payable
    }  # fmt: skip
    assert all(int(amount) * 100 >= minimums.get(login, 0) for login, amount in rows)
    gone = {p.channel.handle.lower() for p in plan.payments if p.channel and p.channel.payable}
    assert {login for login, _ in rows} <= gone


def github(login: str, cents: int, **more: object) -> Payment:
    way = Channel(platform="github", handle=login, **more)  # type: ignore[arg-type]
    return Payment(payee=f"github:{login}".lower(), channel=way, amount=Money(minor=cents))


def plan_of(*payments: Payment, currency: str = "USD") -> Allocation:
    total = sum(payment.amount.minor for payment in payments)
    return Allocation(budget=Money(minor=total, currency=currency), payments=payments)


def test_one_login_is_summed_before_it_is_rounded() -> None:
    plan = plan_of(github("octocat", 160), github("OctoCat", 150))
    assert exports.render(plan, "github-sponsors").splitlines()[1:] == ["octocat,3"]
    (left,) = exports.held(plan, "github-sponsors")
    assert (left.subject, left.minor, left.code) == ("github:octocat", 10, "export.github-sponsors.lot")


@pytest.mark.parametrize(
    ("payment", "rows", "held", "words"),
    [
        (github("a", 99), [], 99, "minimum of 1.00 USD"),
        (github("a", 100), ["a,1"], 0, ""),
        (github("a", 499, minimum=Money(minor=500)), [], 499, "minimum of 5.00 USD"),
        (github("a", 500, minimum=Money(minor=500)), ["a,5"], 0, ""),
        (github("a", 599, minimum=Money(minor=550)), [], 599, "minimum of 5.50 USD"),
        (github("a", 1_200_000), ["a,12000"], 0, ""),
        (github("a", 1_300_050), ["a,12000"], 100_050, "at most 12,000 USD"),
        (github("a", 900, standing="not_enrolled"), [], 900, "not enrolled"),
        (github("a", 900, standing="gone"), [], 900, "is gone"),
        (github("-a", 900), [], 900, "not a GitHub login"),
        (github("a,b\n=1", 900), [], 900, "not a GitHub login"),
        (github("a" * 40, 900), [], 900, "not a GitHub login"),
    ],
)
def test_what_does_not_fit_is_held_with_its_reason(payment: Payment, rows: list[str], held: int, words: str) -> None:
    plan = plan_of(payment)
    assert exports.render(plan, "github-sponsors").splitlines()[1:] == rows
    left = exports.held(plan, "github-sponsors")
    assert sum(item.minor for item in left) == held
    assert all(words in item.reason for item in left)


def test_another_currency_is_held_whole() -> None:
    plan = plan_of(replace(github("a", 500), amount=Money(minor=500, currency="EUR")), currency="EUR")
    (left,) = exports.held(plan, "github-sponsors")
    assert left.minor == 500
    assert "US dollars" in left.reason


def test_a_row_limit_makes_several_files(tmp_path: Path) -> None:
    plan = plan_of(*(github(f"u{at}", 100 * at) for at in range(1, 8)))
    paths = exports.write_all(plan, "payouts", tmp_path, rows=3)
    names = [path.name for path in paths if path.name.startswith("github")]
    assert names == ["github-sponsors-1.csv", "github-sponsors-2.csv", "github-sponsors-3.csv"]
    texts = [(tmp_path / name).read_text() for name in names]
    assert all(text.startswith("Maintainer username,Sponsorship amount in USD\n") for text in texts)
    assert [len(text.splitlines()) for text in texts] == [4, 4, 2]
    assert sum(int(line.split(",")[1]) for text in texts for line in text.splitlines()[1:]) == 28
    with pytest.raises(ExportError, match="rows is 1 or more"):
        exports.write_all(plan, "payouts", tmp_path, rows=0)


def test_the_github_file_is_the_template_of_the_upload(shared: Path, plan: Allocation) -> None:
    template = (shared / "reference/github/bulk-sponsorships-template.csv").read_text(encoding="utf-8")
    assert exports.render(plan, "github-sponsors").splitlines()[0] == template.splitlines()[0]


def test_open_collective_links_are_filled_in(plan: Allocation) -> None:
    (row,) = read(exports.render(plan, "open-collective"))
    assert row["link"] == "https://opencollective.com/webpack/donate?amount=250.00"
    assert (row["amount"], row["fee"], row["net"], row["host"]) == ("250.00", "25.00", "225.00", "opensource")
    (row,) = read(exports.render(plan, "open-collective", interval="month", contribute_as="acme"))
    assert parse_qs(urlsplit(row["link"]).query) == {
        "interval": ["month"],
        "amount": ["250.00"],
        "contributeAs": ["acme"],
    }
    with pytest.raises(ExportError, match="month, year or empty"):
        exports.render(plan, "open-collective", interval="weekly")


def test_a_slug_cannot_leave_its_place_in_the_link() -> None:
    way = Channel(platform="open_collective", handle="../evil?x=1#y", standing="confirmed")
    plan = plan_of(Payment(payee="open_collective:x", channel=way, amount=Money(minor=500)))
    (row,) = read(exports.render(plan, "open-collective"))
    parts = urlsplit(row["link"])
    assert (parts.path, parts.query, parts.fragment) == ("/..%2Fevil%3Fx%3D1%23y/donate", "amount=5.00", "")


def test_worklists_hold_the_platform_they_are_named_for(plan: Allocation) -> None:
    for name in ("thanks-dev", "liberapay", "ko-fi", "patreon"):
        (row,) = read(exports.render(plan, name))
        assert row["platform"] == name.replace("-", "_")
        assert row["link"].startswith("https://")
    custom = read(exports.render(plan, "custom"))
    assert [row["payee"] for row in custom] == ["custom:https://six.example/give", "pkg:pypi/p00010"]
    assert "no channel is known" in custom[1]["step"]


def test_bank_channels_are_marked(plan: Allocation) -> None:
    (row,) = read(exports.render(plan, "invoices"))
    assert (row["kind"], row["address"], row["amount"]) == ("bank", "DE00 1234", "20.00")
    assert row["manifest"] == "https://five.example/funding.json"


@pytest.mark.parametrize(
    ("platform", "handle", "what", "kind"),
    [
        ("foundation", "numfocus", "", "foundation"),
        ("funding_json", "https://x.example/funding.json", "", "manifest"),
        ("funding_json", "IBAN", "type=cheque", "cheque"),
        ("funding_json", "someone", "embankment", "other"),
        ("funding_json", "https://pay.example/x", "", "other"),
    ],
)
def test_invoices_say_what_sort_of_channel_it_is(platform: str, handle: str, what: str, kind: str) -> None:
    way = Channel(
        platform=platform, handle=handle, evidence=(Evidence(where="https://x.example/funding.json", what=what),)
    )
    plan = plan_of(Payment(payee=f"{platform}:{handle}", channel=way, amount=Money(minor=500)))
    (row,) = read(exports.render(plan, "invoices"))
    assert row["kind"] == kind


def test_a_channel_that_must_not_be_paid_is_held() -> None:
    way = Channel(platform="ko_fi", handle="x", standing="archived")
    plan = plan_of(Payment(payee="ko_fi:x", channel=way, amount=Money(minor=500)))
    assert read(exports.render(plan, "ko-fi")) == []
    (left,) = exports.held(plan, "ko-fi")
    assert left.minor == 500


def test_the_folder_is_written_whole_and_stale_files_go(plan: Allocation, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "payouts"
    paths = exports.write_all(plan, "payouts", folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    assert paths[-1].name == "manifest.json"
    mine = folder / "notes.txt"
    mine.write_text("keep me")
    only = plan_of(github("a", 500))
    exports.write_all(only, "payouts", folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "allocation.json", "github-sponsors.csv", "held.csv", "manifest.json", "notes.txt",
    ]  # fmt: skip


def test_a_plan_that_contradicts_itself_is_not_written(plan: Allocation, tmp_path: Path) -> None:
    broken = replace(plan, held=())
    with pytest.raises(ExportError, match="nothing was written"):
        exports.write_all(broken, "payouts", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_folder_that_cannot_be_made_is_an_export_error(plan: Allocation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        exports.write_all(plan, "payouts", tmp_path / "file")


def test_a_link_in_the_folder_is_replaced_not_followed(plan: Allocation, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "held.csv").symlink_to(target)
    (folder / ".manifest.json.part").symlink_to(target)
    exports.write_all(plan, "payouts", folder)
    assert target.read_text() == "precious"
    assert not (folder / "held.csv").is_symlink()


def test_the_csv_sums_to_the_budget(plan: Allocation) -> None:
    rows = read(exports.render(plan, "csv"))
    assert sum(Decimal(row["amount"]) for row in rows) == plan.budget.decimal()
    assert {row["kind"] for row in rows} == {"payment", "held"}


@given(plans())
def test_any_csv_sums_to_the_budget(plan: Allocation) -> None:
    rows = read(exports.render(plan, "csv"))
    assert sum(minor(row["amount"], plan.budget.currency) for row in rows) == plan.budget.minor


@given(plans())
def test_debits_equal_credits_and_the_pot_ends_empty(plan: Allocation) -> None:
    made = json.loads(exports.render(plan, "accounting"))
    accounts: dict[str, int] = {}
    for entry in made["entries"]:
        assert sum(entry["postings"].values()) == 0
        for account, minor in entry["postings"].items():
            accounts[account] = accounts.get(account, 0) + minor
    assert accounts.get("Assets:OpenSource:Budget", 0) == 0
    rows = list(csv.DictReader(io.StringIO(exports.render(plan, "ledger-csv"), newline="")))
    for number in {row["entry"] for row in rows}:
        both = [[Decimal(row[side] or 0) for row in rows if row["entry"] == number] for side in ("debit", "credit")]
        assert sum(both[0]) == sum(both[1])
