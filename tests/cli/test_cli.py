"""The command line: results on standard output, one paragraph and an exit code for everything that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from depfund.cli import main

DATA = Path(__file__).parents[1] / "data"
GRAPH, FACTS = str(DATA / "chain.graph.json"), str(DATA / "chain.facts.json")
ALLOCATE = ["allocate", GRAPH, "--facts", FACTS, "--budget"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def test_the_plan_is_saved_explained_and_exported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    code, out, _ = run(capsys, *ALLOCATE, "60 USD", "--plan", plan)
    assert code == 0
    assert "50.00" in out
    document = json.loads(Path(plan).read_text())
    assert sum(p["amount"]["minor"] for p in document["payments"]) == 6000
    code, out, _ = run(capsys, "explain", plan, "b")
    assert (code, "10.00 USD" in out) == (0, True)
    code, out, _ = run(capsys, "explain", plan, "github:a-team", "--format", "json")
    assert json.loads(out)["amount"]["minor"] == 5000
    for form in ("json", "csv", "markdown", "html", "beancount", "github-sponsors"):
        assert run(capsys, "export", plan, "--format", form, "-o", str(tmp_path / form))[0] == 0
        assert (tmp_path / form).stat().st_size
    assert run(capsys, "export", plan, "--format", "payouts", "--output", str(tmp_path / "pay"))[0] == 0
    assert (tmp_path / "pay" / "manifest.json").is_file()


def test_json_is_the_same_bytes_under_other_hash_seeds_and_locales() -> None:
    words = [sys.executable, "-m", "depfund", *ALLOCATE, "1000.01 EUR", "--format", "json"]
    seen = set()
    for seed, locale in (("0", "C"), ("1", "C.UTF-8"), ("4242", "POSIX")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale}
        seen.add(subprocess.run(words, env=env, capture_output=True, check=True).stdout)
    assert len(seen) == 1
    assert json.loads(seen.pop())["budget"] == {"minor": 100_001, "currency": "EUR"}


def test_graph_weigh_compare_funding(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "graph", GRAPH, "--format", "json")[1])
    assert (document["kind"], document["schema"], document["direct"]) == ("graph", 1, {"pkg:pypi/a@1": "runtime"})
    assert "digraph" in run(capsys, "graph", GRAPH, "--format", "dot")[1]
    weights = json.loads(
        run(capsys, "weigh", GRAPH, "--weighting", "flow", "--set", "keep=1/2", "--level", "package")[1]
    )
    assert weights["values"]["pkg:pypi/a"] == 8 * 10**14
    assert weights["unit"] == 10**15
    assert "shapley" in run(capsys, "compare", GRAPH)[1]
    funding = json.loads(run(capsys, "funding", GRAPH, "--facts", FACTS, "--format", "json")[1])
    assert [row["payees"] for row in funding["packages"]] == [["github:a-team"], ["open_collective:b"], []]
    assert run(capsys, "funding", GRAPH, "--facts", FACTS, "--strict")[0] == 0


def test_strict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"kind": "facts", "schema": 1}')
    code, _, err = run(capsys, "funding", GRAPH, "--facts", str(facts), "--strict")
    assert code == 9
    assert "1 direct dependencies have no payee: a." in err


@pytest.mark.parametrize("kind", ["graph", "facts", "weights", "allocation", "policy"])
def test_schemas(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert json.loads(run(capsys, "schema", kind)[1])["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize("command", ["formats", "weightings", "--version", "--help"])
def test_what_is_known(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, err = run(capsys, command)
    assert (code, err) == (0, "")
    assert out


def test_standard_input_needs_a_format(capsys: pytest.CaptureFixture[str]) -> None:
    words = [sys.executable, "-m", "depfund", "graph", "-", "--as", "graph", "--format", "json"]
    done = subprocess.run(words, input=Path(GRAPH).read_bytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    code, _, err = run(capsys, "graph", "-")
    assert (code, "--as FORMAT" in err) == (2, True)


BAD_FILES = {
    "empty": ("uv.lock", b"", 3),
    "truncated": ("uv.lock", b'version = 1\n[[package]]\nname = "a', 3),
    "noise": ("poetry.lock", bytes(range(256)) * 40, 3),
    "unknown": ("groceries.xyz", b"milk, eggs", 3),
    "wrong-version": ("uv.lock", b"version = 99\n", 3),
    "truncated-json": ("package-lock.json", b'{"lockfileVersion": 3, "packages": {"": ', 3),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    file, data, expected = BAD_FILES[name]
    (tmp_path / file).write_bytes(data)
    target = tmp_path / "out.json"
    words = ["allocate", str(tmp_path / file), "--budget", "1 USD", "--offline", "--format", "json", "-o", str(target)]
    code, out, err = run(capsys, *words)
    assert (code, out) == (expected, "")
    assert err.count("\n") == 1
    assert err.startswith("depfund: ")
    assert file in err
    assert not target.exists()


@pytest.mark.parametrize("budget", ["nan", "-1", "1e3 XYZ", "0.105", "ten", "", "1 USD EUR"])
def test_bad_budgets(capsys: pytest.CaptureFixture[str], budget: str) -> None:
    code, out, err = run(capsys, "allocate", GRAPH, f"--budget={budget}", "--facts", FACTS)
    assert (code, out, err.count("\n")) == (4, "", 1)


def test_other_wrong_calls(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "allocate", str(tmp_path / "none.lock"), "--budget", "1 USD")[0] == 3
    assert run(capsys, *ALLOCATE, "1 USD", "--weighting", "astrology")[0] == 2
    assert run(capsys, *ALLOCATE, "1 USD", "--set", "keep")[0] == 2
    assert run(capsys, *ALLOCATE, "1 USD", "--format", "papyrus")[0] == 11
    assert run(capsys, *ALLOCATE, "1 USD", "-o", str(tmp_path / "no" / "where"))[0] == 11
    assert run(capsys, "allocate", GRAPH, "--facts", FACTS)[0] == 2
    assert run(capsys, "allocate", GRAPH, "--budget", "1 USD", "--facts", GRAPH)[0] == 6
    policy = tmp_path / "depfund.toml"
    policy.write_text("[limits]\nminimun = 3\n")
    code, _, err = run(capsys, *ALLOCATE, "1 USD", "--policy", str(policy))
    assert (code, "minimun" in err) == (5, True)


def test_zero_packages_and_cycles(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text('version = 1\nrequires-python = ">=3.11"\n')
    code, out, _ = run(capsys, "allocate", str(lock), "--budget", "1 USD", "--offline", "--format", "json")
    assert code == 0
    assert [row["minor"] for row in json.loads(out)["held"]] == [100]


def test_a_file_is_replaced_whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    assert run(capsys, *ALLOCATE, "60 USD", "--format", "csv", "-o", str(target))[0] == 0
    assert "before" not in target.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_the_policy_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "depfund.toml")
    assert run(capsys, "policy", "init", path, "--budget", "500 EUR")[0] == 0
    assert run(capsys, "policy", "init", path)[0] == 5
    code, out, _ = run(capsys, "policy", "check", path)
    assert (code, "500.00 EUR a month" in out) == (0, True)
    assert run(capsys, "policy", "set", path, "limits.minimum", "5 EUR")[0] == 0
    assert "# all-or-nothing per payee" in Path(path).read_text()
    assert json.loads(run(capsys, "policy", "show", path)[1])["limits"]["minimum"] == "5.00 EUR"
    assert run(capsys, "policy", "set", path, "limits.minimum", "5 USD")[0] == 5
    code, out, _ = run(capsys, "allocate", GRAPH, "--facts", FACTS, "--policy", path, "--format", "json")
    assert json.loads(out)["budget"] == {"minor": 50_000, "currency": "EUR"}


def test_usage_counts_the_imports_beside_the_sources(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = json.loads(Path(GRAPH).read_text())
    document["direct"] = {"pkg:pypi/a@1": "runtime", "pkg:pypi/c@1": "runtime"}
    (tmp_path / "graph.json").write_text(json.dumps(document))
    (tmp_path / "app.py").write_text("import c\nfrom c import d\nimport c.e\n")
    words = ["allocate", str(tmp_path / "graph.json"), "--facts", FACTS, "--budget", "1 USD", "--format", "json"]
    plan = json.loads(run(capsys, *words, "--weighting", "direct", "--set", "stakes=usage")[1])
    assert plan["weights"]["values"] == {"https://git.example/a/a": 2 * 10**14, "pkg:pypi/c": 8 * 10**14}


def test_what_a_payout_file_cannot_take_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    run(capsys, *ALLOCATE, "60.30 USD", "--plan", plan)
    code, out, err = run(capsys, "export", plan, "--format", "github-sponsors")
    assert code == 0
    assert out.splitlines() == ["Maintainer username,Sponsorship amount in USD", "a-team,50"]
    assert "not in this file: 0.25 USD" in err
    code, out, _ = run(capsys, "export", plan, "--format", "diff", "--previous", plan)
    assert code == 0
    assert run(capsys, "export", plan, "--format", "csv", "--set", "colour=red")[0] == 11


def test_a_device_or_a_pipe_is_written_to_and_not_replaced(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import stat
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_text()))
    reader.start()
    assert run(capsys, *ALLOCATE, "60 USD", "--format", "csv", "-o", str(pipe))[0] == 0
    reader.join(10)
    assert "50.00" in seen[0]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
