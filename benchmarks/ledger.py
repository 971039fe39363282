"""A fund of 36 months over 2,000 packages and 300 payees: split, booked and closed each month, the reserve in bounds.

``python benchmarks/ledger.py [MONTHS [PACKAGES [PAYEES]]]`` prints one line of JSON: seconds of the whole run and
of the ledger alone, the ratio of the latter to bare ``sqlite3`` writing the same rows in as many transactions
of the same durability, and the largest part of the proved bound that the reserve reached.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import depfund
from depfund.graph import versionless
from depfund.model import Channel, Facts, Graph, Package, Payee, Project
from depfund.pipeline import allocate_graph
from depfund.rounds.ledger import Ledger
from depfund.rounds.opening import opened


def world(packages: int, payees: int, seed: int = 1) -> tuple[Graph, Facts]:
    draw = random.Random(seed)
    purls = [f"pkg:npm/p{at:05d}@1.{at}.0" for at in range(packages)]
    requires = {
        purl: dict.fromkeys((purls[draw.randrange(at + 1, packages)] for _ in range(draw.randrange(4))), "runtime")
        for at, purl in enumerate(purls[:-1])
    }
    graph = Graph(
        root="fund",
        packages=tuple(
            Package(purl=p, name=p[8:14], version=p[15:], ecosystem="npm", scopes=("runtime",)) for p in purls
        ),
        direct=dict.fromkeys(purls[:60], "runtime"),
        requires={purl: row for purl, row in requires.items() if row},
    )
    keys = [f"github:p{at:03d}" for at in range(payees)]
    projects = {
        f"https://git.example/p{at}": Project(
            url=f"https://git.example/p{at}", packages=(versionless(purl),), payees=(keys[at % payees],)
        )
        for at, purl in enumerate(purls)
    }
    people = {
        key: Payee(key=key, channels=(Channel(platform="github", handle=key[7:], standing="confirmed"),))
        for key in keys
    }
    return graph, Facts(projects=projects, payees=people)


def bound(minimum: int, lot: int) -> int:
    return lot * max(1, -(-minimum // lot))


def run(months: int, packages: int, payees: int) -> dict[str, object]:
    graph, facts = world(packages, payees)
    policy = depfund.Policy.parse('[limits]\nminimum = "25 USD"\n')
    spent, closest, budgets, paid = 0.0, Fraction(0), 0, 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with Ledger(Path(folder) / "l") as ledger:
            for month in range(months):
                money = depfund.Money(minor=100_000 + 1_013 * month)
                plan = allocate_graph(money, graph, policy=policy, facts=facts, ledger=True)
                start = time.perf_counter()
                data = opened(plan, f"month {month:02d}")
                ledger.append("opened", data)
                this, _ = ledger.settle(f"month {month:02d}", "USD")
                spent += time.perf_counter() - start
                budgets += money.minor - this.held
                paid += sum(this.paid.values())
                state = ledger.state()
                balances, terms = state.balances["USD"], state.terms["USD"]
                assert paid + sum(balances.values()) == budgets
                assert all(0 <= balance < bound(*terms[payee]) for payee, balance in balances.items())
                closest = max(closest, sum(balances.values()) / sum(bound(*term) for term in terms.values()))
            whole = time.perf_counter() - began
            assert ledger.verify().balances == ledger.state().balances
            rows = [json.dumps(event.data) for event in ledger.events()]
        start = time.perf_counter()
        db = sqlite3.connect(Path(folder) / "bare", isolation_level=None)
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE events (body TEXT)")
        for row in rows:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO events VALUES (?)", (row,))
            db.execute("COMMIT")
        db.close()
        bare = time.perf_counter() - start
    return {
        "benchmark": "ledger",
        "months": months,
        "packages": packages,
        "payees": payees,
        "seconds": round(whole, 2),
        "ledger_seconds": round(spent, 3),
        "ratio_to_bare_sqlite3": round(spent / bare, 1),
        "reserve_of_its_bound": f"{float(closest):.3f}",
    }


if __name__ == "__main__":
    print(json.dumps(run(*([int(word) for word in sys.argv[1:]] + [36, 2_000, 300][len(sys.argv) - 1 :]))))
