"""How fast an allocation becomes text: ratios to the plain csv and json modules writing as many rows, in one run.

``python -m benchmarks.exporting`` prints one line per case; ``--json`` prints a list of objects.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
import sys
import time
from collections.abc import Callable

from depfund import exports
from depfund.exports import Context
from depfund.model import UNIT, Allocation, Basis, Channel, Effect, Evidence, Payment, Weights
from depfund.money import Money, apportion


def plan(payments: int, packages: int) -> Allocation:
    """A plan of ``payments`` payees over ``packages`` packages in a web of requirements."""
    nodes = [f"https://forge.example/org/p{at:06d}" for at in range(packages)]
    basis = Basis(
        level="project",
        members={node: (f"pkg:pypi/p{at:06d}@1.{at}",) for at, node in enumerate(nodes)},
        direct=dict.fromkeys(nodes[::20], "runtime"),
        requires={node: dict.fromkeys(nodes[at + 1 : at + 4], "runtime") for at, node in enumerate(nodes)},
    )
    made = []
    for at in range(payments):
        platform = ("github", "open_collective", "ko_fi", "custom")[at % 4]
        evidence = (
            Evidence(where=f"https://forge.example/p{at}/FUNDING.yml", what=f"{platform}: p{at}", seen="2026-01-02"),
        )
        url = f"https://{platform}.example/p{at}"
        way = Channel(platform=platform, handle=f"p{at}", url=url, evidence=evidence)
        minor = 500 + at % 977
        purl = f"pkg:pypi/p{at % packages:06d}@1.{at % packages}"
        made.append(
            Payment(
                payee=f"{platform}:p{at}", name=f"Project {at}", channel=way, amount=Money(minor=minor),
                because={purl: minor}, effects=(Effect(stage="share", minor=minor),),
            )
        )  # fmt: skip
    values, _ = apportion(UNIT, dict.fromkeys(nodes, 1))
    total = sum(payment.amount.minor for payment in made)
    weights = Weights(weighting="flow", values=values, basis=basis)
    return Allocation(budget=Money(minor=total), payments=tuple(made), weights=weights)


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """The median of ``times`` runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def raw_csv(found: Allocation) -> str:
    """The same columns by the csv module alone, nothing neutralised."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(
        [
            "payment", p.payee, p.name, p.amount.minor, "USD", p.amount.minor, 0, p.amount.minor, p.channel.platform,
            p.channel.handle, p.channel.url, p.channel.standing, p.confidence, " ".join(p.because), "",
        ]
        for p in found.payments if p.channel
    )  # fmt: skip
    return stream.getvalue()


def main() -> None:
    """Run every case."""
    many, page = plan(100_000, 100_000), plan(5_000, 5_000)
    plain = json.loads(many.to_json())
    direct = list(page.weights.basis.direct)[:40] if page.weights.basis else []
    told = Context(explain=lambda _: {"by_direct": dict.fromkeys(direct, 1)})
    peer_csv = seconds(lambda: raw_csv(many))
    peer_json = seconds(lambda: json.dumps(plain, indent=2, sort_keys=True))
    cases = (
        ("csv, 100,000 payments", lambda: exports.render(many, "csv"), "csv module, same columns", peer_csv),
        ("json, 100,000 payments", lambda: exports.render(many, "json"), "json module, same document", peer_json),
        ("payout files, 100,000 payments", lambda: exports.held(many, "github-sponsors"), "csv module", peer_csv),
        (
            "html, 5,000 packages",
            lambda: exports.render(page, "html", told),
            "json module, 100,000 payments",
            peer_json,
        ),
        (
            "markdown, 5,000 packages",
            lambda: exports.render(page, "markdown"),
            "json module, 100,000 payments",
            peer_json,
        ),
        (
            "table, 5,000 packages",
            lambda: exports.render(page, "table", width=120),
            "json module, 100,000 payments",
            peer_json,
        ),
    )
    rows = []
    for name, run, peer, base in cases:
        took = seconds(run)
        rows.append(
            {
                "case": name,
                "peer": peer,
                "ratio": round(took / base, 3),
                "seconds": round(took, 3),
                "peer_seconds": round(base, 3),
            }
        )
    if "--json" in sys.argv:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            against = f"{row['seconds']} s against {row['peer_seconds']} s"
            print(f"{row['ratio']:>7} x {row['peer']:<32} {row['case']:<34} {against}")


if __name__ == "__main__":
    main()
