"""JSON documents: round trips, sorted keys, errors that name the place."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from depfund import Allocation, Facts, Graph, Held, Money, Package, Weights
from depfund.documents import KINDS, digest, dumps, loads, save, schema
from depfund.errors import FactsError
from depfund.graph import basis

GRAPH = Graph(
    root="app",
    packages=(Package(purl="pkg:pypi/a@1", name="a", version="1", ecosystem="pypi", scopes=("runtime",)),),
    direct={"pkg:pypi/a@1": "runtime"},
)
FACTS = {
    "kind": "facts",
    "schema": 1,
    "projects": {
        "https://github.com/a/b": {
            "packages": ["pkg:pypi/a"],
            "maintainers": ["somebody"],
            "payees": ["github:x"],
            "archived": None,
            "evidence": ["a note of my own"],
        }
    },
    "payees": {
        "github:x": {
            "name": "X",
            "channels": [
                {
                    "platform": "github",
                    "handle": "x",
                    "url": "",
                    "standing": "declared",
                    "minimum": "5 USD",
                    "evidence": [],
                }
            ],
            "confidence": 1,
        }
    },
    "unresolved": {},
    "notes": [],
}


def test_round_trips_are_equal_and_stable() -> None:
    facts = loads(json.dumps(FACTS), Facts)
    plan = Allocation(
        budget=Money(minor=5),
        held=(Held(subject="reserve", minor=5, reason="nobody to pay"),),
        weights=Weights(weighting="equal", basis=basis(GRAPH)),
    )
    for document in (GRAPH, facts, plan, plan.weights):
        text = dumps(document)
        assert loads(text, type(document)) == document
        assert dumps(loads(text, type(document))) == text
        assert json.loads(text)["schema"] == 1
    assert Allocation.from_json(plan.to_json()) == plan


def test_facts_as_a_person_writes_them() -> None:
    facts = loads(json.dumps(FACTS), Facts)
    assert facts.projects["https://github.com/a/b"].maintainers[0].name == "somebody"
    assert facts.payees["github:x"].channels[0].minimum == Money(minor=500)
    assert facts.payees["github:x"].key == "github:x"


def broken(**changes: object) -> str:
    return json.dumps({**FACTS, **changes})


@pytest.mark.parametrize(
    ("text", "cls", "words"),
    [
        ("", Facts, "not JSON"),
        ("[]", Facts, "no JSON object"),
        ('{"kind":"graph"}', Facts, "of kind 'graph'"),
        ('{"schema":2}', Facts, "schema 2"),
        ("[" * 100_000, Facts, "not JSON"),
        (broken(payees={}), Facts, r"projects\['https://github.com/a/b'\].payees names 'github:x'"),
        (broken(payees={"github:x": {"confidence": 7}}), Facts, "confidence is 7"),
        (broken(payees={"github:x": {"chanels": []}}), Facts, "unknown key 'chanels'"),
        (
            broken(payees={"github:x": {"channels": [{"platform": "github", "handle": "x", "minimum": "x USD"}]}}),
            Facts,
            "not an amount",
        ),
        ('{"root": 1}', Graph, "Expected `str`"),
        ('{"weighting": "flow", "values": {"a": 5}}', Weights, "sum to 5"),
        ('{"budget": {"minor": 5, "currency": "USD"}}', Allocation, "sum to 0 minor units, the budget is 5"),
    ],
)
def test_broken_documents(text: str, cls: type[Facts], words: str) -> None:
    with pytest.raises(FactsError, match=words):
        loads(text, cls)


@pytest.mark.parametrize("kind", KINDS)
def test_documents_meet_their_schema(kind: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the schema checker is in the test group")
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    documents = {
        "graph": GRAPH,
        "facts": loads(json.dumps(FACTS), Facts),
        "weights": Weights(weighting="flow"),
        "allocation": Allocation(budget=Money(minor=0)),
    }
    jsonschema.validate(json.loads(dumps(documents[kind])), made)


def test_a_file_is_saved_whole_and_privately_where_asked(tmp_path: Path) -> None:
    target = tmp_path / "state"
    target.write_text("before")
    save("after", target, private=True)
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("after", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    with pytest.raises(OSError, match="No such file"):
        save("x", tmp_path / "no" / "where")
    assert digest("") == digest("") != digest({})
