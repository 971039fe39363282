"""One budget over many projects: the sum, its independence of order and engine, the cache, what is left out."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import depfund
from depfund import Allocation, Config, Facts, pipeline
from depfund.errors import PolicyError, SourceError, UsageError
from depfund.model import UNIT
from depfund.portfolio import Entry, Portfolio, airport, allocate_portfolio, apart, report, survey
from depfund.portfolio import engine as engines


def lock(folder: Path, edges: Mapping[str, list[str]], direct: list[str], kind: str = "npm") -> Path:
    """A package-lock.json or Cargo.lock of these packages."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "npm":
        rows: dict[str, object] = {"": {"name": folder.name, "dependencies": dict.fromkeys(direct, "*")}}
        for name, targets in edges.items():
            rows[f"node_modules/{name}"] = {"version": "1.0.0", "dependencies": dict.fromkeys(targets, "*")}
        path = folder / "package-lock.json"
        path.write_text(json.dumps({"name": folder.name, "lockfileVersion": 3, "packages": rows}), encoding="utf-8")
        return path
    text = ["version = 4", "", "[[package]]", f'name = "{folder.name}"', 'version = "0.1.0"']
    text += ["dependencies = [", *(f' "{name}",' for name in direct), "]"]
    for name, targets in edges.items():
        text += ["", "[[package]]", f'name = "{name}"', 'version = "1.0.0"']
        text += ['source = "registry+https://github.com/rust-lang/crates.io-index"']
        text += ["dependencies = [", *(f' "{target}",' for target in targets), "]"]
    path = folder / "Cargo.lock"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


@pytest.fixture(name="org")
def _org(tmp_path: Path) -> Path:
    org = tmp_path / "org"
    lock(org / "shop", {"a": ["b", "c"], "b": ["c"], "c": []}, ["a"])
    lock(org / "site", {"a": ["d"], "d": []}, ["a"])
    lock(org / "tool", {"serde": ["itoa"], "itoa": []}, ["serde"], "cargo")
    return org


def offline(tmp_path: Path) -> Config:
    return Config(offline=True, cache_dir=tmp_path / "cache")


def payable(*names: str) -> Facts:
    """Each package its own project with its own payee."""
    rows = {name: f"github:{name.rpartition('/')[2]}" for name in names}
    return Facts(
        projects={name: depfund.Project(url=name, packages=(name,), payees=(key,)) for name, key in rows.items()},
        payees={
            key: depfund.Payee(key=key, channels=(depfund.Channel(platform="github", handle=key[7:]),))
            for key in rows.values()
        },
    )


ALL = payable("pkg:npm/a", "pkg:npm/b", "pkg:npm/c", "pkg:npm/d", "pkg:cargo/serde", "pkg:cargo/itoa")


def plan_of(source: object, tmp_path: Path, **options: object) -> Allocation:
    return allocate_portfolio("1000 USD", source, facts=ALL, config=offline(tmp_path), **options)  # type: ignore[arg-type]


def test_the_sum_is_the_weighted_sum_of_what_weigh_gives_alone(org: Path, tmp_path: Path) -> None:
    rows = [("shop", 3), ("site", 1), ("tool", Fraction(1, 2))]
    table = Portfolio(entries=tuple(Entry(path=str(org / name), weight=Fraction(each)) for name, each in rows))
    found, _ = survey(table, facts=ALL, config=offline(tmp_path), scratch=tmp_path)
    whole: dict[str, Fraction] = {}
    for name, each in rows:
        alone = pipeline.weigh(pipeline.read(org / name, config=offline(tmp_path)), facts=ALL).values
        member = next(row for row in found.members if row.name == name)
        own = dict(zip((found.names[node] for node in member.nodes), member.sizes, strict=True))
        assert own == alone
        for key, value in alone.items():
            whole[key] = whole.get(key, Fraction(0)) + value * Fraction(each) / Fraction(9, 2)
    assert sum(found.weights.values.values()) == UNIT
    assert all(abs(found.weights.values.get(key, 0) - value) < 1 for key, value in whole.items())


def test_one_project_is_what_allocate_gives(org: Path, tmp_path: Path) -> None:
    one = plan_of(str(org / "shop"), tmp_path)
    other = depfund.allocate("1000 USD", org / "shop", facts=ALL, config=offline(tmp_path))
    assert [(p.payee, p.amount, p.because) for p in one.payments] == [
        (p.payee, p.amount, p.because) for p in other.payments
    ]


@pytest.mark.parametrize("executor", ["inline", "process", "threads"])
def test_no_engine_no_order_and_no_cache_changes_a_byte(org: Path, tmp_path: Path, executor: str) -> None:
    sources = [str(org / name) for name in ("shop", "site", "tool")]
    first = plan_of(sources, tmp_path / "one").to_json()
    random.Random(7).shuffle(sources)
    if executor == "threads":
        with ThreadPoolExecutor(3) as pool:
            again = plan_of(sources, tmp_path / "two", executor=pool)
    else:
        again = plan_of(sources[::-1], tmp_path / "two", executor=executor, workers=2)
    assert again.to_json() == first
    assert plan_of(sources, tmp_path / "two").to_json() == first


def test_only_a_changed_lockfile_is_weighed_again(org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from depfund.portfolio import total

    asked: list[str] = []
    real = total.weigh_all
    monkeypatch.setattr(total, "weigh_all", lambda tasks, job: asked.extend(t.shown for t in tasks) or real(tasks, job))
    plan_of(str(org), tmp_path, executor="inline")
    assert len(asked) == 3
    asked.clear()
    lock(org / "site", {"a": ["d", "b"], "d": [], "b": []}, ["a"])
    warm = plan_of(str(org), tmp_path, executor="inline")
    assert asked == ["site/package-lock.json"]
    assert warm.to_json() == plan_of(str(org), tmp_path / "fresh").to_json()


def test_a_changed_neighbour_is_seen(tmp_path: Path) -> None:
    home = tmp_path / "app"
    home.mkdir()
    (home / "requirements.txt").write_text("-r more.txt\n", encoding="utf-8")
    (home / "more.txt").write_text("one==1\n", encoding="utf-8")
    first = plan_of(str(home), tmp_path)
    (home / "more.txt").write_text("two==1\n", encoding="utf-8")
    assert set(plan_of(str(home), tmp_path).weights.values) == {"pkg:pypi/two"}
    assert set(first.weights.values) == {"pkg:pypi/one"}


def test_mixed_ecosystems_count_once_each(tmp_path: Path) -> None:
    home = tmp_path / "org" / "app"
    lock(home, {"a": []}, ["a"])
    lock(home / "web", {"b": []}, ["b"])
    lock(home, {"serde": []}, ["serde"], "cargo")
    (home / ".git").mkdir()
    values = plan_of(str(tmp_path / "org"), tmp_path).weights.values
    assert values == {"pkg:cargo/serde": UNIT // 2, "pkg:npm/a": UNIT // 4, "pkg:npm/b": UNIT // 4}


def test_a_duplicate_with_halved_weights_changes_nothing(org: Path, tmp_path: Path) -> None:
    half = Fraction(1, 2)
    site = Entry(path=str(org / "site"))
    once = Portfolio(entries=(Entry(path=str(org / "shop"), weighted=True), site))
    shop = Entry(path=str(org / "shop"), weight=half, weighted=True)
    twice = Portfolio(entries=(shop, shop, site))
    assert plan_of(once, tmp_path).weights.values == plan_of(twice, tmp_path).weights.values


def codes(plan: Allocation) -> dict[str, str]:
    return {note.code: note.subject for note in plan.notes}


def test_what_discovery_leaves_out_is_said(org: Path, tmp_path: Path) -> None:
    def checkout(name: str, config: str) -> None:
        lock(org / name, {"z": []}, ["z"])
        (org / name / ".git").mkdir()
        (org / name / ".git" / "config").write_text(config, encoding="utf-8")

    origin = '[remote "origin"]\n\turl = {}\n'
    checkout("one", origin.format("git@forge.example:acme/one.git"))
    checkout("two", origin.format("https://forge.example/acme/one"))
    checkout(
        "fork", origin.format("https://forge.example/us/x") + '[remote "upstream"]\n url = https://forge.example/x\n'
    )
    lock(org / "again" / "shop", {"a": ["b", "c"], "b": ["c"], "c": []}, ["a"])
    text = (org / "shop" / "package-lock.json").read_bytes()
    (org / "again" / "shop" / "package-lock.json").write_bytes(text)
    lock(org / "one" / "third_party" / "copy", {"y": []}, ["y"])
    plan = plan_of(str(org), tmp_path)
    names = [row["name"] for row in plan.coverage["portfolio"]["projects"]]
    assert names == ["again/shop", "one", "site", "tool"]
    assert any(note.code == "left_out.duplicate" and note.subject.endswith("/shop") for note in plan.notes)
    said = codes(plan)
    assert said["left_out.fork"].endswith("fork")
    assert said["left_out.duplicate"].endswith("two")
    assert said["left_out.vendored"].endswith("third_party")


def test_a_table_gives_weights_teams_and_scopes(org: Path, tmp_path: Path) -> None:
    (org / "portfolio.toml").write_text(
        """
        [tags]
        staging = "1/2"
        [[project]]
        path = "shop"
        headcount = 6
        team = "web"
        [[project]]
        path = "site"
        headcount = 4
        tags = ["staging"]
        team = "web"
        [[project]]
        path = "tool"
        headcount = 2
        team = "infra"
        [[project]]
        path = "tool"
        headcount = 2
        archived = true
        """,
        encoding="utf-8",
    )
    plan = plan_of(str(org), tmp_path)
    assert {row["name"]: row["part"] for row in plan.coverage["portfolio"]["projects"]} == {
        "shop": "3/5",
        "site": "1/5",
        "tool": "1/5",
    }
    assert "left_out.archived" in codes(plan)
    for rule in ("contribution", "shared"):
        rows = {row["name"]: row for row in report(plan, "team", rule=rule)}
        assert sum(row["paid"] + row["held"] for row in rows.values()) == plan.budget.minor
    by_team = {row["name"]: row["paid"] for row in report(plan, "team")}
    assert by_team == {"web": 80_000, "infra": 20_000}
    assert {row["name"]: row["paid"] for row in report(plan, "ecosystem")} == {"npm": 80_000, "cargo": 20_000}


def test_a_payee_of_two_teams_is_shared_alike(tmp_path: Path) -> None:
    lock(tmp_path / "o" / "x", {"a": []}, ["a"])
    lock(tmp_path / "o" / "y", {"a": [], "b": []}, ["a", "b"])
    entries = (Entry(path=str(tmp_path / "o" / "x"), team="x"), Entry(path=str(tmp_path / "o" / "y"), team="y"))
    teams = plan_of(Portfolio(entries=entries), tmp_path).coverage["portfolio"]["teams"]
    assert teams["x"] == {"github:a": {"contribution": 50_000, "shared": 37_500}}
    assert teams["y"]["github:a"] == {"contribution": 25_000, "shared": 37_500}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[project]]\npth = 'x'\n", "project[0].pth"),
        ("[[project]]\nname = 'x'\n", "exactly one of path, glob and git"),
        ("[[project]]\npath = 'x'\nweight = -1\n", "project[0].weight"),
        ("[[project]]\npath = 'x'\nscopes = ['prod']\n", "prod"),
        ("weight = 'size'\n[[project]]\npath = 'x'\n", "size"),
        ("[[project]]\npath = 'x'\nheadcount = 1\nrevenue = 2\n", "name the one that counts"),
        ("[[project]]\ngit = 'x'\nrev = '--output=/x'\n", "dash"),
        ("[[project]\n", "not TOML"),
    ],
)
def test_a_broken_table_names_its_key(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "portfolio.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"portfolio\.toml") as caught:
        Portfolio.load(path)
    assert named in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_measure_must_be_stated_by_all(org: Path, tmp_path: Path) -> None:
    rows = (Entry(path=str(org / "shop"), headcount=Fraction(1)), Entry(path=str(org / "site")))
    with pytest.raises(PolicyError, match="site does not state"):
        plan_of(Portfolio(entries=rows, measure="headcount"), tmp_path)


def test_one_broken_lockfile_stops_no_organisation(org: Path, tmp_path: Path) -> None:
    (org / "tool" / "Cargo.lock").write_text("[[package", encoding="utf-8")
    plan = plan_of(str(org), tmp_path)
    assert codes(plan)["unreadable"] == "tool/Cargo.lock"
    assert sum(plan.weights.values.values()) == UNIT
    with pytest.raises(SourceError, match=r"Cargo\.lock"):
        plan_of(str(org / "tool"), tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no project"):
        plan_of(str(tmp_path / "empty"), tmp_path)


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@t.invalid", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="paths are Unicode there")
def test_a_folder_whose_name_is_no_unicode_is_shown_with_escapes(org: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(org) + b"/caf\xe9"))
    (org / "site").rename(odd)
    (odd / "requirements.txt").write_text("one==1\n-r nowhere.txt\n", encoding="utf-8")
    for _ in range(2):
        plan = plan_of(str(org), tmp_path)
        assert [row["name"] for row in plan.coverage["portfolio"]["projects"]] == ["caf\\udce9", "shop", "tool"]
        assert Allocation.from_json(plan.to_json()) == plan


def test_a_bare_repository_is_read_at_a_revision(org: Path, tmp_path: Path) -> None:
    home = org / "shop"
    git(home, "init")
    git(home, "add", ".")
    git(home, "commit", "-m", "one")
    git(home, "tag", "v1")
    lock(home, {"d": []}, ["d"])
    git(home, "commit", "-a", "-m", "two")
    git(tmp_path, "clone", "--bare", str(home), "shop.git")
    bare = tmp_path / "shop.git"
    old = plan_of(Portfolio(entries=(Entry(git=str(bare), rev="v1"),)), tmp_path)
    new = plan_of(str(bare), tmp_path)
    assert set(old.weights.values) == {"pkg:npm/a", "pkg:npm/b", "pkg:npm/c"}
    assert set(new.weights.values) == {"pkg:npm/d"}
    assert not (bare / "package-lock.json").exists()
    with pytest.raises(SourceError, match="revision"):
        plan_of(Portfolio(entries=(Entry(git=str(bare), rev="nowhere"),)), tmp_path)


def test_pass_down_happens_inside_each_lockfile(org: Path, tmp_path: Path) -> None:
    facts = payable("pkg:npm/c", "pkg:npm/d", "pkg:cargo/itoa")
    policy = depfund.Policy.parse('[unfundable]\npolicy = "pass_down"\n')
    plan = allocate_portfolio("900 USD", str(org), facts=facts, policy=policy, config=offline(tmp_path))
    paid = {payment.payee: payment.amount.minor for payment in plan.payments}
    assert paid == {"github:c": 30_000, "github:d": 30_000, "github:itoa": 30_000}


def test_facts_are_looked_up_once_for_the_union(org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = []
    monkeypatch.setattr(pipeline, "resolve", lambda graph, **_: graphs.append(graph) or ALL)
    allocate_portfolio(100, str(org), config=offline(tmp_path))
    assert [package.purl for package in graphs[0].packages if not package.first_party] == [
        *("pkg:cargo/itoa@1.0.0", "pkg:cargo/serde@1.0.0"),
        *(f"pkg:npm/{name}@1.0.0" for name in "abcd"),
    ]
    assert len(graphs) == 1


def test_only_a_changed_lockfile_is_read_again_for_facts(
    org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from depfund.portfolio import run

    graphs: list[depfund.Graph] = []
    asked: list[str] = []
    real = run.gather_all
    monkeypatch.setattr(pipeline, "resolve", lambda graph, **_: graphs.append(graph) or ALL)
    monkeypatch.setattr(run, "gather_all", lambda tasks, job: asked.extend(t.shown for t in tasks) or real(tasks, job))
    allocate_portfolio(100, str(org), config=offline(tmp_path), executor="inline")
    lock(org / "site", {"a": ["d", "b"], "d": [], "b": []}, ["a"])
    asked.clear()
    allocate_portfolio(100, str(org), config=offline(tmp_path), executor="inline")
    assert asked == ["site/package-lock.json"]
    fresh = Config(offline=True, cache_dir=tmp_path / "fresh")
    allocate_portfolio(100, [str(org / name) for name in ("tool", "site", "shop")], config=fresh, executor="inline")
    assert graphs[1].packages == graphs[2].packages
    assert graphs[1].direct == graphs[2].direct


def test_leaving_a_project_out_moves_what_the_sum_says(org: Path, tmp_path: Path) -> None:
    table = Portfolio(entries=tuple(Entry(path=str(org / name)) for name in ("shop", "site", "tool")))
    found, _ = survey(table, facts=ALL, config=offline(tmp_path), scratch=tmp_path)
    rest = Portfolio(entries=table.entries[:2])
    without, _ = survey(rest, facts=ALL, config=offline(tmp_path), scratch=tmp_path)
    keys = {*found.weights.values, *without.weights.values}
    gap = sum(abs(found.weights.values.get(k, 0) - without.weights.values.get(k, 0)) for k in keys)
    assert abs(apart(found)["tool"] - Fraction(gap, 2 * UNIT)) < Fraction(len(keys), UNIT)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**9), min_size=1, max_size=8))
def test_the_airport_rule_shares_the_largest_need(needs: dict[str, int]) -> None:
    parts = airport(needs)
    assert sum(parts.values()) == max(needs.values())
    order = sorted(needs, key=lambda name: needs[name])
    assert all(parts[one] <= parts[other] for one, other in pairwise(order))
    assert all(parts[name] <= needs[name] for name in needs)


def test_words_that_mean_nothing_are_refused(org: Path, tmp_path: Path) -> None:
    plan = depfund.allocate("10 USD", org / "shop", facts=ALL, config=offline(tmp_path))
    with pytest.raises(UsageError, match="portfolio"):
        report(plan, "team")
    with pytest.raises(UsageError, match="executor"):
        plan_of(str(org), tmp_path, executor="cloud://x")


class _Killed(engines.Inline):
    """A pool that breaks at its second task."""

    count = 0

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        from concurrent.futures import Future
        from concurrent.futures.process import BrokenProcessPool

        self.count += 1
        if self.count == 1:
            future: Future[object] = Future()
            future.set_exception(BrokenProcessPool("a worker was killed"))
            return future
        raise BrokenProcessPool("the pool is gone")


def test_a_broken_pool_costs_time_only(org: Path, tmp_path: Path) -> None:
    assert (
        plan_of(str(org), tmp_path / "a", executor=_Killed()).to_json() == plan_of(str(org), tmp_path / "b").to_json()
    )
