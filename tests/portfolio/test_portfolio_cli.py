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


def lock(home: Path, edges: dict[str, list[str]]) -> None:
    """A package-lock of these packages; the first is direct."""
    home.mkdir(parents=True, exist_ok=True)
    rows: dict[str, object] = {"": {"dependencies": {next(iter(edges)): "*"}}}
    rows |= {f"node_modules/{k}": {"version": "1.0.0", "dependencies": dict.fromkeys(v, "*")} for k, v in edges.items()}
    text = json.dumps({"name": home.name, "lockfileVersion": 3, "packages": rows})
    (home / "package-lock.json").write_text(text, encoding="utf-8")


def facts_of(path: Path, *names: str) -> str:
    """A facts file in which each package has a payee of its name."""
    plain = {
        "schema": 1,
        "kind": "facts",
        "projects": {
            f"https://forge.example/{n}": {"packages": [f"pkg:npm/{n}"], "payees": [f"github:{n}"]} for n in names
        },
        "payees": {f"github:{n}": {"name": n, "channels": [{"platform": "github", "handle": n}]} for n in names},
    }
    path.write_text(json.dumps(plain), encoding="utf-8")
    return str(path)


def test_an_explanation_says_through_which_projects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(tmp_path / "org" / "deep", {"a": ["b"], "b": ["c"], "c": []})
    lock(tmp_path / "org" / "flat", {"c": []})
    for at in range(7):
        lock(tmp_path / "org" / f"more{at}", {"c": [], f"x{at}": []})
    facts = facts_of(tmp_path / "facts.json", "a", "b", "c")
    plan = tmp_path / "plan.json"
    given = ["--budget", "900 USD", "--facts", facts, "--offline", "--format", "json", "-q", "--output", str(plan)]
    assert run("portfolio", str(tmp_path / "org"), *given) == 0
    assert run("explain", str(plan), "github:c", "--format", "json") == 0
    why = json.loads(capsys.readouterr().out)
    named = {row["name"]: row for row in why["through"]["projects"]}
    others = why["through"]["others"]
    assert sum(row["minor"] for row in named.values()) + others["minor"] == why["amount"]["minor"]
    assert (len(named), others["projects"]) == (5, 4)
    paid = json.loads(plan.read_text(encoding="utf-8"))["coverage"]["portfolio"]["payees"]
    assert all(
        sum(row["minor"] for row in through["projects"]) + through["others"]["minor"] > 0 for through in paid.values()
    )
    assert named["flat"]["path"] == ["https://forge.example/c"]
    only_b = [f"https://forge.example/{name}" for name in "ab"]
    assert [row["path"] for row in paid["github:b"]["projects"]] == [only_b]
    assert run("explain", str(plan), "github:b") == 0
    said = capsys.readouterr().out
    assert "through deep" in said
    assert "you → forge.example/a → forge.example/b" in said


def test_without_a_project_and_between_two_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, package in (("one", "a"), ("two", "b"), ("three", "c")):
        lock(tmp_path / "org" / name, {package: []})
    facts = facts_of(tmp_path / "facts.json", "a", "b", "c")
    given = ["--budget", "9 USD", "--facts", facts, "--offline", "--format", "json", "-q", "--output"]
    org, old, new = str(tmp_path / "org"), str(tmp_path / "old.json"), str(tmp_path / "new.json")
    assert run("portfolio", org, *given, old) == 0
    assert run("portfolio", org, "--without", "two", *given, new) == 0
    plan = json.loads(Path(new).read_text(encoding="utf-8"))
    assert {row["name"] for row in plan["coverage"]["portfolio"]["projects"]} == {"one", "three"}
    assert ("left_out.asked", "two") in [(note["code"], note["subject"]) for note in plan["notes"]]
    assert run("report", new, "--by", "project", "--previous", old, "--format", "json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert {name: (row["previous"], row["difference"]) for name, row in rows.items()} == {
        "one": (300, 150),
        "three": (300, 150),
        "two": (300, -300),
    }
    assert sum(row["difference"] for row in rows.values()) == 0
    assert run("report", new, "--by", "project", "--previous", old) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["project", "paid", "held", "previous", "difference"]
    assert table[-1].split()[-2:] == ["-3.00", "USD"]
    assert len({len(line) for line in table}) == 1
    assert run("report", new, "--by", "team", "--previous", old, "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines()[1] == "unassigned,900,0,900,0,USD"
    assert run("export", new, "--format", "diff", "--previous", old) == 0
    assert "1 left" in capsys.readouterr().out
    assert run("portfolio", org, "--without", "tow", *given, new) == 2
    assert "Did you mean two?" in capsys.readouterr().err
    assert run("portfolio", org, "--without", "one", "--without", "two", "--without", "three", *given, new) == 2
