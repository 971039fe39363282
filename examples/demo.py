"""The main job on a small real project: lock it, look up who makes it, split 1,000 USD, write the report.

Run by ``make demo``. Without network it says so and runs on the facts recorded beside the example.
"""

from __future__ import annotations

import sys
from pathlib import Path

import depfund
from depfund.cli import main

HERE = Path(__file__).resolve().parent
PROJECT = HERE / "webapp"
OUT = HERE.parent / "out"


def say(text: str) -> None:
    """One line of progress on standard error."""
    print(f"demo: {text}", file=sys.stderr)


def sources() -> tuple[Path, Path | None]:
    """``(graph, facts)``: today's lock of the example, or what was recorded when the network is away."""
    recorded = PROJECT / "recorded"
    say("locking examples/webapp with uv (metadata only, nothing is installed) …")
    try:
        graph = depfund.read(PROJECT / "pyproject.toml")
    except depfund.LockingError as error:
        say(f"the network is away ({str(error).splitlines()[0]})")
        say("using the graph and the facts recorded beside the example instead.")
        return recorded / "graph.json", recorded / "facts.json"
    path = OUT / "webapp.graph.json"
    path.write_text(graph.to_json(), encoding="utf-8")
    say(f"{len(graph.packages)} packages, {len(graph.direct)} of them direct; looking up who makes them …")
    return path, None


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    graph, facts = sources()
    given = ["--facts", str(facts)] if facts else []
    plan = str(OUT / "plan.json")
    try:
        main(["allocate", str(graph), "--budget", "1000 USD", *given, "--plan", plan])
    except SystemExit as end:
        if end.code:
            raise
    for form, name in (("html", "report.html"), ("markdown", "report.md")):
        try:
            main(["export", plan, "--format", form, "--output", str(OUT / name)])
        except SystemExit as end:
            if end.code:
                raise
    say("the report is out/report.html, the plan out/plan.json; ask it: depfund explain out/plan.json pydantic")
