# ruff: noqa: PT017 - either outcome is right, and the error has more to keep
"""Policies, facts, ballots and settings that somebody else wrote: refused in a paragraph, or read; nothing else."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import depfund
from depfund import Allocation, Config, DepfundError, Facts, Graph, Policy, PolicyError, Weights

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner))
KEYS = st.sampled_from(
    ["fund", "limits", "payees", "minimum", "maximum", "unfundable", "policy", "boost", "exclude", "match", "fixed",
     "payee", "amount", "votes", "file", "share", "grants", "count", "fees", "bearer", "github", "channels", "order"]
)  # fmt: skip
VALUES = st.sampled_from(["5 USD", "10%", "1/0", "-1", "1/10", "redistribute", "hold", "nan", "", "a\0b", "..", "*"])
TABLES = st.recursive(
    SCALARS | VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
FACTS = st.sampled_from(
    ["kind", "schema", "projects", "payees", "unresolved", "notes", "channels", "packages", "platform", "handle",
     "standing", "minimum", "confidence", "evidence", "maintainers", "github:a", "https://git.example/a/a"]
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS | VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FACTS, inner, max_size=5)
)


@given(st.dictionaries(KEYS, TABLES, max_size=5))
def test_any_policy_is_read_or_refused(raw: dict[str, object]) -> None:
    try:
        policy = Policy.parse(raw)
    except DepfundError as error:
        assert str(error)
    else:
        assert Policy.parse(policy.to_plain()) == policy


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    try:
        Policy.parse(text)
    except DepfundError as error:
        assert str(error)


@given(DOCUMENTS | JSON)
@pytest.mark.parametrize("cls", [Facts, Graph, Weights, Allocation])
def test_any_document_is_read_or_refused(cls: type, plain: object) -> None:
    try:
        found = cls.from_json(json.dumps(plain))
    except DepfundError as error:
        assert str(error)
    else:
        assert cls.from_json(found.to_json()) == found


@given(st.binary())
@pytest.mark.parametrize("cls", [Facts, Graph, Weights, Allocation])
def test_any_bytes_are_a_document_or_refused(cls: type, data: bytes) -> None:
    with pytest.raises(DepfundError):
        cls.from_json(data)


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_ballots_are_read_or_refused(text: str) -> None:
    from depfund.shares.ballots import Ballots

    for method in ("approval", "quadratic", "borda"):
        try:
            Ballots.parse(text, method)
        except DepfundError as error:
            assert str(error)


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "folder", "a\0b", "x" * 5000])
def test_a_policy_cannot_make_depfund_read_what_is_no_file(name: str, tmp_path: Path) -> None:
    if name == "pipe":
        os.mkfifo(tmp_path / name)
    if name == "folder":
        (tmp_path / name).mkdir()
    path = tmp_path / "depfund.toml"
    path.write_text(f"[votes]\nfile = {json.dumps(name)}\nmethod = 'approval'\nshare = '1/4'\n")
    try:
        policy = Policy.load(path)
    except PolicyError as error:
        assert len(str(error)) < 6000
    else:
        assert policy.missing


@pytest.mark.parametrize(
    "text",
    ["tool = 3", "[tool]\ndepfund = 3", "[tool.depfund]\nendpoints = 3", "[tool.depfund.endpoints]\nPYPI = 3",
     "a = " + "[" * 100_000, "a = " + "9" * 100_000, "\x00", "[tool.depfund.endpoints]\nPYPI = 'gopher://x'"],
)  # fmt: skip
def test_a_projects_pyproject_cannot_break_the_config(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    try:
        config = Config.load(tmp_path, environ={})
    except DepfundError as error:
        assert "tool.depfund.endpoints" in str(error)
    else:
        assert not config.github_token


def test_facts_cannot_pay_more_than_the_budget_or_less_than_nothing() -> None:
    graph = Graph.from_json((Path(__file__).parents[1] / "data/chain.graph.json").read_text())
    text = (Path(__file__).parents[1] / "data/chain.facts.json").read_text()
    for minimum in ("1 USD", "999999999 USD", "0 USD"):
        facts = Facts.from_json(text.replace('"1 USD"', json.dumps(minimum)))
        plan = depfund.split("10 USD", depfund.weigh(graph, facts=facts), facts)
        assert all(payment.amount.minor > 0 for payment in plan.payments)
        assert sum(p.amount.minor for p in plan.payments) + sum(h.minor for h in plan.held) + plan.fees.taken == 1000
    with pytest.raises(DepfundError):
        Facts.from_json(text.replace('"1 USD"', '"-1 USD"'))
    with pytest.raises(DepfundError):
        Facts.from_json(text.replace('"confidence": 1', '"confidence": 1e9'))


OUTSIDE = {
    "votes": "[votes]\nmethod = 'approval'\nshare = '1/4'\nfile = {name}\n",
    "signals": "[signals]\nfile = {name}\n",
    "usage": "[fund]\nparameters = {{ stakes = 'usage', usage = {name} }}\n",
}


@pytest.mark.parametrize("what", OUTSIDE)
@pytest.mark.parametrize("name", ["/proc/self/environ", "../secret.csv", "link.csv", "loop.csv", "{tmp}/secret.csv"])
def test_a_policy_that_was_only_found_reads_nothing_outside_its_folder(tmp_path: Path, what: str, name: str) -> None:
    (tmp_path / "secret.csv").write_text("voter,candidate\nme,hunter2secret\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.csv").symlink_to(tmp_path / "secret.csv")
    (project / "loop.csv").symlink_to("loop.csv")
    (project / "depfund.toml").write_text(OUTSIDE[what].format(name=json.dumps(name.format(tmp=tmp_path))))
    (project / "graph.json").write_text((Path(__file__).parents[1] / "data/chain.graph.json").read_text())
    with pytest.raises(PolicyError) as caught:
        depfund.allocate("10 USD", project / "graph.json", facts=Facts())
    assert "hunter2secret" not in str(caught.value)
    if what == "votes" and "secret" in name:
        assert Policy.load(project / "depfund.toml").ballots  # named, it may
