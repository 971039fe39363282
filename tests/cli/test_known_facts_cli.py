"""A person's corrections go into a resolution through the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from depfund import documents
from depfund.cli import cli
from depfund.model import Graph, Package

PROJECT = "https://github.com/acme/one"


def test_resolve_takes_the_payees_that_a_person_names(tmp_path: Path) -> None:
    package = Package(
        purl="pkg:npm/one@1.0.0", name="one", version="1.0.0", ecosystem="npm", hints={"repository": (PROJECT,)}
    )
    graph = tmp_path / "graph.json"
    graph.write_text(documents.dumps(Graph(root="root", packages=(package,))), encoding="utf-8")
    mine = {
        "schema": 1,
        "kind": "facts",
        "projects": {PROJECT: {"packages": ["pkg:npm/one"], "payees": ["github:somebody"]}},
        "payees": {
            "github:somebody": {
                "channels": [{"platform": "github", "handle": "somebody", "standing": "confirmed"}],
                "confidence": 1,
            }
        },
    }
    facts = tmp_path / "mine.json"
    facts.write_text(json.dumps(mine), encoding="utf-8")
    said = CliRunner(env={"DEPFUND_CACHE_DIR": str(tmp_path / "cache")}).invoke(
        cli, ["resolve", str(graph), "--offline", "--facts", str(facts)]
    )
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    rows = {url: project["payees"] for url, project in found["projects"].items()}
    assert ["github:somebody"] in rows.values(), rows
