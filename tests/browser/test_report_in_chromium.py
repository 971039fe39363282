"""The report in a real browser: phone and desktop, light and dark, an accessibility check by axe-core.

Needs Chromium, node, and the packages of ``package.json`` (``npm install --no-package-lock`` in this folder, or
anywhere named by ``DEPFUND_NODE_MODULES``); skipped with a reason where one is absent.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from depfund import exports
from depfund.exports import Context
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

HERE = Path(__file__).resolve().parent
MODULES = Path(os.environ.get("DEPFUND_NODE_MODULES", HERE / "node_modules"))
SHOTS = os.environ.get("DEPFUND_SCREENSHOTS", "-")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")
ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "\u202egpj.exe",
    "W" * 200,
    "名前" * 60,
    "&amp;&lt;",
)

pytestmark = pytest.mark.slow


def plan(packages: int, payees: int, *, attacked: bool = False) -> Allocation:
    nodes = [f"https://forge.example/organisation/package-{at:04d}" for at in range(packages)]
    purls = [f"pkg:pypi/package-{at:04d}@1.{at}.0" for at in range(packages)]
    basis = Basis(
        level="project",
        members={node: (purl,) for node, purl in zip(nodes, purls, strict=True)},
        direct=dict.fromkeys(nodes[:: max(packages // 14, 1)], "runtime"),
        requires={node: dict.fromkeys(nodes[at + 1 : at + 3], "runtime") for at, node in enumerate(nodes)},
    )
    parts, _ = apportion(1_000_000, {f"{at:05d}": 10**6 // (at + 1) for at in range(payees)})
    payments = []
    for at, minor in enumerate(parts.values()):
        platform = ("github", "open_collective", "thanks_dev", "ko_fi", "liberapay", "patreon", "custom")[at % 7]
        evidence = (
            Evidence(
                where=f"https://forge.example/organisation/package-{at}/blob/main/.github/FUNDING.yml",
                what=f"{platform}: person-{at}",
                seen="2026-01-02",
            ),
        )
        because, _ = apportion(minor, dict.fromkeys(purls[at::payees], 1))
        name = ATTACKS[at % len(ATTACKS)] if attacked and at < 12 else f"Person or project {at}"
        payments.append(
            Payment(
                payee=f"{platform}:person-{at}",
                name=name,
                amount=Money(minor=minor),
                because=because,
                channel=Channel(
                    platform=platform,
                    handle=f"person-{at}",
                    url=f"https://{platform.replace('_', '-')}.example/person-{at}",
                    evidence=evidence,
                ),
                effects=(Effect(stage="share", minor=minor - 3), Effect(stage="rounding", minor=3)),
                conflict=name if at == 1 else None,
                confidence=0.9,
            )
        )
    values, _ = apportion(UNIT, dict.fromkeys(nodes, 1))
    return Allocation(
        budget=Money(minor=1_200_000), payments=tuple(payments),
        held=tuple(Held(subject=nodes[at], minor=20_000, reason="nobody to pay is known") for at in range(10)),
        fees=Fees(lines=tuple(FeeLine(payee=p.payee, platform="github", gross=100, fee=6, net=94) for p in payments[:3])),  # noqa: E501
        coverage={name: {"all": packages, "resolved": packages - 5, "payable": packages - 9, "paid": packages - 10}
                  for name in ("direct", "packages", "projects", "weight")},
        weights=Weights(weighting="flow", parameters={"keep": "1/2"}, values=values, basis=basis),
        digests={"graph": "sha256:" + "ef" * 32}, policy={"fund": {"name": "Example fund", "currency": "USD"}},
        notes=tuple(Note(level="warning", code="x", subject="x", message=f"look-up {at} failed: 404") for at in range(9)),  # noqa: E501
    )  # fmt: skip


def context(found: Allocation) -> Context:
    direct = list(found.weights.basis.direct) if found.weights.basis else []
    compare = {"rows": [{"weighting": name, "moved": "38%", "tau": "0.42"} for name in ("shapley", "equal", "direct")]}
    return Context(
        explain=lambda who: {"by_direct": {d: len(who) + at for at, d in enumerate(direct)}}, compare=compare
    )


@pytest.fixture(name="findings", scope="module")
def _findings(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    if CHROMIUM is None or NODE is None:
        pytest.skip("Chromium and node are needed (Debian: chromium, nodejs)")
    if not (MODULES / "axe-core").is_dir() or not (MODULES / "playwright-core").is_dir():
        pytest.skip("axe-core and playwright-core are needed: npm install --no-package-lock in tests/browser")
    folder = tmp_path_factory.mktemp("pages")
    small = plan(40, 12)
    pages = {
        "small": small,
        "thousand": plan(1000, 350),
        "attacked": plan(60, 30, attacked=True),
        "empty": Allocation(budget=Money(minor=0)),
        "yen": replace(small, budget=Money(minor=1_200_000, currency="JPY"), payments=tuple(
            replace(p, amount=Money(minor=p.amount.minor, currency="JPY")) for p in small.payments)),
    }  # fmt: skip
    files = []
    for name, found in pages.items():
        path = folder / f"{name}.html"
        path.write_text(exports.render(found, "html", context(found)), encoding="utf-8")
        files.append(str(path))
    run = subprocess.run(
        [NODE, str(HERE / "check.mjs"), str(MODULES), CHROMIUM, SHOTS, *files],
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found_there: list[dict[str, Any]] = json.loads(run.stdout)
    assert len(found_there) == 4 * len(files)
    return found_there


@pytest.mark.parametrize(
    ("key", "good", "words"),
    [
        ("messages", [], "the console is silent: no error, no violation of the policy, no dialog"),
        ("requests", [], "nothing is asked for"),
        ("scroll", 0, "no horizontal scroll"),
        ("scrollOpen", 0, "no horizontal scroll with everything open"),
        ("labels", [], "no label of a picture lies over another or leaves its frame"),
        ("violations", [], "axe-core finds nothing"),
    ],
)
def test_page(findings: list[dict[str, Any]], key: str, good: object, words: str) -> None:
    bad = {f"{one['file']} {one['width']} {one['colorScheme']}": one[key] for one in findings if one[key] != good}
    assert not bad, words
