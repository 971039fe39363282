"""The commands portfolio and report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from depfund.cli import main


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


def test_from_a_folder_to_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, package in (("one", "a"), ("two", "b")):
        home = tmp_path / "org" / name
        home.mkdir(parents=True)
        rows = {"": {"dependencies": {package: "*"}}, f"node_modules/{package}": {"version": "1.0.0"}}
        text = json.dumps({"name": name, "lockfileVersion": 3, "packages": rows})
        (home / "package-lock.json").write_text(text, encoding="utf-8")
    facts = tmp_path / "facts.json"
    facts.write_text(
        json.dumps(
            {
                "schema": 1,
                "kind": "facts",
                "projects": {"https://forge.example/a": {"packages": ["pkg:npm/a"], "payees": ["github:a"]}},
                "payees": {"github:a": {"name": "A", "channels": [{"platform": "github", "handle": "a"}]}},
            }
        ),
        encoding="utf-8",
    )
    plan = tmp_path / "plan.json"
    given = ["--budget", "10 USD", "--facts", str(facts), "--offline", "--format", "json", "-q"]
    assert run("portfolio", str(tmp_path / "org"), *given, "--output", str(plan)) == 0
    assert run("report", str(plan), "--by", "project", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["name"], row["paid"], row["held"]) for row in rows] == [("one", 1000, 0), ("two", 0, 0)]
    assert run("report", str(plan), "--by", "team", "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines() == ["name,paid,held,currency", "unassigned,1000,0,USD"]
    assert run("report", str(plan), "--by", "ecosystem") == 0
    assert "npm" in capsys.readouterr().out
