# ruff: noqa: E501 - tables of payments read better on one line each
"""Plans to export: one worked by hand, one of any size, one whose every name is an attack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from depfund.model import (
    UNIT,
    Allocation,
    Basis,
    Channel,
    Effect,
    Evidence,
    FeeLine,
    Fees,
    Held,
    Note,
    Payment,
    Weights,
)
from depfund.money import Money, apportion


def channel(platform: str, handle: str, url: str = "", **more: object) -> Channel:
    evidence = (
        Evidence(where=f"https://forge.example/{handle}/FUNDING.yml", what=f"{platform}: {handle}", seen="2026-01-02"),
    )
    return Channel(
        platform=platform,
        handle=handle,
        url=url or f"https://{platform.replace('_', '-')}.example/{handle}",
        evidence=evidence,
        **more,
    )  # type: ignore[arg-type]


def pay(
    key: str, minor: int, way: Channel | None, because: dict[str, int], currency: str = "USD", **more: object
) -> Payment:
    return Payment(
        payee=key,
        channel=way,
        amount=Money(minor=minor, currency=currency),
        because=because,
        effects=(Effect(stage="share", minor=minor),),
        **more,  # type: ignore[arg-type]
    )


def basis(packages: int) -> Basis:
    """A chain-like web: every tenth node is direct, each node requires its neighbour and one further on."""
    nodes = [f"https://forge.example/org/p{at:05d}" for at in range(packages)]
    members = {node: (f"pkg:pypi/p{at:05d}@1.{at}",) for at, node in enumerate(nodes)}
    direct = dict.fromkeys(nodes[:: 10 if packages > 20 else 3], "runtime")
    requires = {
        node: {nodes[to]: "runtime" for to in (at + 1, at + 7) if to < packages} for at, node in enumerate(nodes[:-1])
    }
    return Basis(level="project", members=members, direct=direct, requires=requires)  # type: ignore[arg-type]


@pytest.fixture(name="plan")
def _plan() -> Allocation:
    """1,000.00 USD: 12 packages, every platform, held money, notes, a conflict; fees borne by the payees."""
    return example()


def example() -> Allocation:
    web = basis(12)
    purls = [members[0] for members in web.members.values()]
    payments = (
        pay("github:octocat", 30050, channel("github", "octocat", minimum=Money(minor=500)), {purls[0]: 20000, purls[1]: 10050}, name="Octo Cat", confidence=0.97),
        pay("open_collective:webpack", 25000, channel("open_collective", "webpack", host="opensource", fee="10"), {purls[2]: 25000}, name="webpack"),
        pay("thanks_dev:u/gh/one", 10000, channel("thanks_dev", "u/gh/one"), {purls[3]: 10000}),
        pay("ko_fi:two", 5000, channel("ko_fi", "two"), {purls[4]: 5000}),
        pay("liberapay:three", 4000, channel("liberapay", "three"), {purls[5]: 4000}),
        pay("patreon:four", 3000, channel("patreon", "four"), {purls[6]: 3000}, conflict="portfolio company"),
        pay("funding_json:https://five.example/funding.json", 2000, Channel(
            platform="funding_json", handle="DE00 1234", evidence=(Evidence(where="https://five.example/funding.json", what="bank: DE00 1234", seen="2026-01-03"),),
        ), {purls[7]: 2000}),
        pay("custom:https://six.example/give", 1000, channel("custom", "https://six.example/give", "https://six.example/give"), {purls[8]: 1000}),
        pay("github:tiny", 450, channel("github", "tiny", minimum=Money(minor=500)), {purls[9]: 450}),
        pay("pkg:pypi/p00010", 500, None, {purls[10]: 500}),
    )  # fmt: skip
    values, _ = apportion(UNIT, {key: 12 - at for at, key in enumerate(web.members)})
    paid = sum(payment.amount.minor for payment in payments)
    return Allocation(
        budget=Money(minor=100_000),
        payments=payments,
        held=(
            Held(subject="https://forge.example/org/p00011", minor=15000, reason="nobody to pay is known", code="unfundable"),
            Held(subject="reserve", minor=100_000 - 15000 - paid, reason="below every minimum", code="reserve"),
        ),
        fees=Fees(bearer="payee_bears", lines=(
            FeeLine(payee="open_collective:webpack", platform="open_collective", gross=25000, fee=2500, net=22500),
        )),
        coverage={
            "packages": {"all": 12, "resolved": 11, "payable": 11, "paid": 11},
            "direct": {"all": 4, "resolved": 4, "payable": 4, "paid": 4},
            "weight": {"all": UNIT, "resolved": UNIT * 9 // 10, "payable": UNIT * 9 // 10, "paid": UNIT * 9 // 10},
            "uplift": "12/11",
            "unpaid": {"github:small": {"minor": 120, "reason": "limits.minimum"}},
        },
        weights=Weights(weighting="flow", parameters={"keep": "1/2", "per_dependency": "1/5"}, values=values, basis=web),
        digests={"facts": "sha256:" + "ab" * 32, "graph": "sha256:" + "cd" * 32},
        policy={"fund": {"name": "Example fund", "developers": 5}},
        notes=(
            Note(level="info", code="seen", subject="x", message="everything was read"),
            Note(level="warning", code="unresolved", subject="pkg:pypi/p00011", message="nobody to pay is known for p00011"),
        ),
    )  # fmt: skip


def large(packages: int, *, payees: int | None = None) -> Allocation:
    """A plan over many packages; every payee is on a platform, amounts fall off slowly."""
    count = payees or packages
    web = basis(packages)
    purls = [members[0] for members in web.members.values()]
    parts, _ = apportion(10_000_000, {f"{at:06d}": count - at for at in range(count)})
    platforms = ("github", "open_collective", "ko_fi", "custom")
    groups: list[dict[str, int]] = [{} for _ in range(count)]
    for at, purl in enumerate(purls):
        groups[at % count][purl] = 0
    payments = []
    for at, minor in enumerate(parts.values()):
        split, _ = apportion(minor, dict.fromkeys(groups[at], 1)) if groups[at] else ({}, 0)
        platform = platforms[at % 4]
        payments.append(
            pay(
                f"{platform}:somebody-{at:05d}",
                minor,
                channel(platform, f"somebody-{at:05d}"),
                split,
                name=f"Somebody {at}",
            )
        )
    values, _ = apportion(UNIT, dict.fromkeys(web.members, 1))
    return Allocation(
        budget=Money(minor=10_000_000),
        payments=tuple(payments),
        weights=Weights(weighting="flow", parameters={"keep": "1/2"}, values=values, basis=web),
        digests={"graph": "sha256:" + "ef" * 32},
    )


@pytest.fixture(name="make_large")
def _make_large() -> Callable[..., Allocation]:
    return large


NASTY = {
    "formula": '=HYPERLINK("https://evil.example","click")',
    "plus": "+cmd|' /C calc'!A0",
    "minus": "-1+1",
    "at": "@SUM(1+9)*cmd",
    "tab": "\t=1+1",
    "image": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "markdown": "[click](javascript:alert(1)) ![x](http://evil.example/x) | `code` **b** @octocat",
    "ansi": "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "override": "\u202egpj.exe\u2066 hidden\u200b",
    "lines": 'one\r\ntwo\n2026-01-01 ! "evil" "row"\u2028three',
    "quotes": "\"double\" 'single' \\back\\",
    "rich": "[bold red]markup[/] [link=https://evil.example]x[/link] :bomb:",
    "template": "{{ 7*7 }}{% for x in y %}",
    "null": "a\x00b\x7f\x9b",
    "wide": "\uff1d1+1",
}


@pytest.fixture(name="nasty")
def _nasty() -> Allocation:
    return attacked()


def attacked() -> Allocation:
    """:func:`example` with an attack in every place that strangers write."""
    plan = example()
    payments = []
    for at, (label, text) in enumerate(NASTY.items()):
        links = (
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "https://ok.example/a?b=1&c=<x>",
            'https://ok.example/"x',
        )
        way = Channel(
            platform=("custom", "ko_fi", "open_collective", "github")[at % 4], handle=text, url=links[at % 4], host=text,
            evidence=(Evidence(where=links[at % 4], what=text, seen=text),),
        )  # fmt: skip
        payments.append(pay(f"custom:{text}", 1000, way, {f"pkg:pypi/{label}@{text}": 1000}, name=text, conflict=text))
    return replace(
        plan,
        payments=tuple(payments),
        held=tuple(Held(subject=text, minor=(100_000 - 1000 * len(NASTY)) // len(NASTY), reason=text, code=text) for text in NASTY.values()),
        budget=Money(minor=1000 * len(NASTY) + len(NASTY) * ((100_000 - 1000 * len(NASTY)) // len(NASTY))),
        fees=Fees(),
        notes=tuple(Note(level="warning", code=text, subject=text, message=text) for text in NASTY.values()),
        policy={"fund": {"name": NASTY["lines"]}, NASTY["image"]: NASTY["formula"]},
        digests={NASTY["image"]: NASTY["lines"]},
        coverage={NASTY["image"]: NASTY["formula"]},
        weights=replace(plan.weights, weighting=NASTY["image"], parameters={NASTY["image"]: NASTY["ansi"]}),
    )  # fmt: skip
