"""funding.json: what is one, what is not, and what proves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.channels.funding_json import LIMIT, NotUsable, covers, homes, lists, parse
from depfund.money import Money


def plan(guid: str, status: str, amount: object, frequency: str) -> dict[str, Any]:
    return {
        "guid": guid,
        "status": status,
        "name": "A plan",
        "amount": amount,
        "currency": "USD",
        "frequency": frequency,
        "channels": ["one"],
    }


def manifest() -> dict[str, Any]:
    return {
        "entity": {
            "type": "individual",
            "role": "owner",
            "name": "Somebody",
            "email": "x@site.example",
            "description": "A person.",
            "webpageUrl": {"url": "https://site.example"},
        },
        "projects": [
            {
                "guid": "thing",
                "name": "Thing",
                "description": "It works.",
                "webpageUrl": {"url": "https://site.example"},
                "repositoryUrl": {"url": "https://github.com/a/thing", "wellKnown": None},
                "licenses": ["spdx:MIT"],
                "tags": ["x"],
            }
        ],
        "funding": {
            "channels": [
                {"guid": "one", "type": "payment-provider", "address": "https://opencollective.com/thing"},
                {"guid": "two", "type": "bank", "address": "XX00 1234"},
            ],
            "plans": [plan("p", "active", 10.5, "monthly"), plan("q", "inactive", 9000, "yearly")],
            "history": [
                {"year": 2024, "currency": "EUR", "income": 5},
                {"year": 2025, "currency": "EUR", "income": 1200.5},
            ],
        },
    }


def test_channels_goal_and_income_are_read() -> None:
    found = parse(json.dumps(manifest()))
    assert [address.key for _, address in found.addresses] == ["open_collective:thing"]
    assert [text.partition(":")[0] for text, _ in found.addresses] == ["payment-provider"]
    assert found.others == ("bank",)
    assert found.asks == Money.parse("126 USD")
    assert found.receives == Money.parse("1200.50 EUR")
    assert found.repositories == {"https://github.com/a/thing": ""}


def _without(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def _plan(**values: object) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["funding"]["plans"][0].update(values)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (_without("entity", "email"), "invalid"),
        (_without("projects", 0, "repositoryUrl"), "invalid"),
        (_plan(currency="dollars"), "invalid"),
        (_plan(amount=-1), "invalid"),
        (_plan(amount="nan"), "invalid"),
        (_plan(amount="inf"), "invalid"),
        (_plan(amount="1e999999"), "invalid"),
        (lambda document: document["funding"]["history"][0].update(income="nan"), "invalid"),
        (_plan(frequency="daily"), "invalid"),
        (_plan(channels=["nobody"]), "invalid"),
        (lambda document: document["funding"].update(channels=[]), "invalid"),
        (_without("entity"), "not_funding_json"),
    ],
)
def test_broken_manifests(change: Callable[[dict[str, Any]], None], verdict: str) -> None:
    document = manifest()
    change(document)
    with pytest.raises(NotUsable) as error:
        parse(json.dumps(document))
    assert error.value.verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"drips": {"ethereum": {"ownedBy": "0x00"}}}', "not_funding_json"),
        ('{"opRetro": {"projectId": "0x00"}}', "not_funding_json"),
        ("docs/public/funding.json", "malformed"),
        ("<!doctype html><title>Hello</title>", "malformed"),
        ('{"entity": {', "malformed"),
        ('{"entity": NaN, "funding": 1}', "malformed"),
        ("[]", "not_funding_json"),
        (" " * (LIMIT + 1), "oversized"),
        ("[" * 100_000, "malformed"),
    ],
)
def test_other_files(text: str, verdict: str) -> None:
    with pytest.raises(NotUsable) as error:
        parse(text)
    assert error.value.verdict == verdict


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_else_is_raised(plain: object) -> None:
    for document in (plain, {"entity": plain, "funding": plain}):
        with pytest.raises(NotUsable):
            parse(json.dumps(document))


@pytest.mark.parametrize(
    ("place", "target", "proven"),
    [
        ("https://github.com/a/b/blob/main/funding.json", "https://github.com/a/b", True),
        ("https://github.com/a/b/blob/main/funding.json", "https://github.com/A/B/", True),
        ("https://github.com/a/b/blob/main/funding.json", "https://github.com/a/bc", False),
        ("https://github.com/a/b/blob/main/funding.json", "https://github.com/a/c", False),
        ("https://github.com/a/a/blob/main/funding.json", "https://github.com/a/c", True),
        ("https://gitlab.com/a/b/-/raw/main/funding.json", "https://gitlab.com/a/b", True),
        ("https://x.example/funding.json", "https://x.example/any", True),
        ("https://x.example/.well-known/funding.json", "https://x.example", True),
        ("https://x.example/me/funding.json", "https://x.example/you", False),
        ("https://x.example/funding.json", "https://y.example", False),
        ("https://x.example/funding.json", "https://github.com/a/b", False),
    ],
)
def test_the_place_proves(place: str, target: str, proven: bool) -> None:
    assert covers(place, target) is proven


@pytest.mark.parametrize(
    ("text", "proven"),
    [
        ("https://x.example/funding.json\n", True),
        ("https://other.example/f\n\nhttps://x.example/funding.json  ", True),
        ("http://x.example/funding.json\n", False),
        ("see https://x.example/funding.json\n", False),
        ("\n" * 100 + "https://x.example/funding.json", False),
        ("", False),
    ],
)
def test_a_back_link_stands_on_a_line_of_its_own(text: str, proven: bool) -> None:
    assert lists(text, "https://x.example/funding.json") is proven


def test_homes() -> None:
    assert homes("https://X.example/docs/index.html") == (
        "https://x.example/docs/funding.json",
        "https://x.example/funding.json",
        "https://x.example/.well-known/funding.json",
    )
    assert homes("ftp://x.example/") == ()


@pytest.mark.corpus
def test_real_manifests(shared: Path) -> None:
    folder = shared / "reference" / "funding-json"
    for path in sorted(folder.glob("*.json")):
        if "not-floss-fund" in path.name:
            with pytest.raises(NotUsable):
                parse(path.read_bytes())
        else:
            assert parse(path.read_bytes()).repositories, path.name
