"""round and payees on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from depfund.cli import main

DATA = Path(__file__).parents[1] / "data"
GRAPH, FACTS = str(DATA / "chain.graph.json"), str(DATA / "chain.facts.json")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def open_round(capsys: pytest.CaptureFixture[str], period: str, *more: str) -> dict:
    words = ["round", "open", GRAPH, "--facts", FACTS, "--budget", "60 USD", "--period", period, "--format", "json"]
    code, out, err = run(capsys, *words, *more)
    assert code == 0, err
    return json.loads(out)


def test_a_small_share_is_saved_until_it_reaches_the_minimum(capsys: pytest.CaptureFixture[str]) -> None:
    Path("depfund.toml").write_text('[limits.payees."open_collective:b"]\nminimum = "25 USD"\n')
    paid = []
    for period in ("2026-01", "2026-02", "2026-03"):
        opened = open_round(capsys, period, "--policy", "depfund.toml")
        assert opened["accruals"] == {"github:a-team": "5000", "open_collective:b": "1000"}
        code, out, _ = run(capsys, "round", "close", "--format", "json")
        assert code == 0
        paid.append(json.loads(out)["paid"])
    assert paid == [
        {"github:a-team": 5000},
        {"github:a-team": 5000},
        {"github:a-team": 5000, "open_collective:b": 3000},
    ]
    code, out, err = run(capsys, "round", "close", "--period", "2026-02", "--format", "json")
    assert (code, json.loads(out)["fresh"], "already" in err) == (0, False, True)
    state = json.loads(run(capsys, "round", "show", "--format", "json")[1])
    assert (state["kind"], state["balances"]["USD"]) == ("ledger", {})
    code, out, _ = run(capsys, "round", "verify")
    assert (code, "6 events" in out) == (0, True)


def test_a_round_is_opened_once_and_unknown_ones_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "round", "close")
    assert (code, "does not exist" in err) == (10, True)
    open_round(capsys, "2026-01")
    words = ["round", "open", GRAPH, "--facts", FACTS, "--budget", "60 USD", "--period", "2026-01"]
    code, _, err = run(capsys, *words)
    assert (code, "opened before" in err) == (10, True)
    code, _, err = run(capsys, "round", "close", "--period", "2026-02")
    assert (code, "no round 2026-02" in err) == (10, True)


def test_a_saved_plan_is_booked_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "allocate", GRAPH, "--facts", FACTS, "--budget", "60 USD", "--plan", "plan.json")
    code, out, _ = run(capsys, "round", "open", "plan.json", "--period", "1", "--format", "json")
    assert (code, json.loads(out)["accruals"]["github:a-team"]) == (0, "5000")
    code, _, err = run(capsys, "round", "open", "plan.json", "--period", "2", "--budget", "1 USD")
    assert (code, "has its budget" in err) == (2, True)


def test_nobody_new_is_paid_silently(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "allocate", GRAPH, "--facts", FACTS, "--budget", "60 USD", "--plan", "plan.json")
    code, out, _ = run(capsys, "payees", "review", "plan.json")
    assert (code, out.count("new project")) == (10, 2)
    assert run(capsys, "payees", "approve", "plan.json")[0] == 0
    assert run(capsys, "payees", "review", "plan.json")[0] == 0
    facts = Path(FACTS).read_text().replace("github:a-team", "github:evil").replace('"a-team"', '"evil"')
    Path("hijacked.json").write_text(facts)
    words = ["--budget", "60 USD", "--facts", "hijacked.json"]
    assert run(capsys, "round", "open", GRAPH, *words, "--period", "1", "--plan", "bad.json")[0] == 0
    code, out, err = run(capsys, "round", "close", "--format", "json")
    assert (code, json.loads(out)["paid"]) == (0, {"open_collective:b": 1000})
    assert "withheld: github:evil" in err
    held = json.loads(run(capsys, "payees", "hold", "bad.json")[1])["held"]
    assert [(row["subject"], row["minor"], row["code"]) for row in held] == [("github:evil", 5000, "lock")]


def test_what_arrived_is_booked_and_payees_change_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    open_round(capsys, "2026-01")
    run(capsys, "round", "close")
    Path("gh.csv").write_text("Maintainer username,Sponsorship amount in USD\na-team,49.97\n")
    code, out, _ = run(capsys, "round", "reconcile", "gh.csv", "--format", "json")
    document = json.loads(out)
    assert (code, document["form"], document["booked"]) == (0, "github", 1)
    assert document["rows"][0]["kind"] == "different"
    assert json.loads(run(capsys, "round", "reconcile", "gh.csv", "--format", "json")[1])["booked"] == 0
    assert run(capsys, "round", "event", "rename", "github:a-team", "github:new-name")[0] == 0
    state = json.loads(run(capsys, "round", "show", "--format", "json")[1])
    assert state["balances"]["USD"] == {"github:new-name": "3"}
    assert run(capsys, "round", "event", "leave", "github:new-name")[0] == 0
    assert json.loads(run(capsys, "round", "show", "--format", "json")[1])["pool"] == {"USD": "3"}
    assert open_round(capsys, "2026-02")["budget"] == 6000
    state = json.loads(run(capsys, "round", "show", "--format", "json")[1])
    assert state["pool"] == {"USD": "0"}
    for form in ("csv", "json", "beancount"):
        assert run(capsys, "round", "export", "--format", form)[0] == 0


def test_tampering_exits_10_and_names_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    open_round(capsys, "2026-01")
    run(capsys, "round", "close")
    head = run(capsys, "round", "verify")[1].split()[-1]
    assert run(capsys, "round", "verify", "--head", head)[0] == 0
    assert run(capsys, "round", "verify", "--head", "0" * 64)[0] == 10
    db = sqlite3.connect("depfund.ledger")
    db.executescript("DROP TRIGGER events_are_not_changed")
    db.execute("UPDATE events SET body = replace(body, '5000', '9000') WHERE number = 1")
    db.commit()
    db.close()
    code, _, err = run(capsys, "round", "verify")
    assert (code, "event 1 was changed" in err) == (10, True)
