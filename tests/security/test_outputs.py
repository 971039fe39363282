"""What depfund writes: whole or not at all, never through a link, private where it is state, inert to its reader."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import depfund
from depfund import Channel, Evidence, Facts, Graph, Package, Payee, Project
from depfund.cli import main
from depfund.rounds.ledger import Ledger

DATA = Path(__file__).parents[1] / "data"
EVIL = (
    "=cmd|'/C calc'!A0\r\n<script>alert(1)</script>\x1b[31m\x1b]0;owned\x07\u202egpj.exe"
    "](javascript:alert(2)) `x` {{7*7}}"
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


def allocate(output: Path, *more: str) -> int:
    source = ["allocate", str(DATA / "chain.graph.json"), "--facts", str(DATA / "chain.facts.json"), "-b", "10 USD"]
    return run(*source, "-o", str(output), *more)


def test_a_file_is_replaced_whole_and_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = tmp_path / "report.md"
    target.symlink_to(victim)
    assert allocate(target, "--format", "markdown") == 0
    assert victim.read_text() == "precious"
    assert not target.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.md", "victim"]


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert allocate(target, "--format", "json") == 11
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_folder_of_payouts_writes_nothing_outside_itself(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    folder = tmp_path / "payouts"
    folder.mkdir()
    for name in ("custom.csv", "held.csv", "manifest.json", ".held.csv.part"):
        (folder / name).symlink_to(outside)
    assert allocate(folder, "--format", "payouts") == 0
    assert outside.read_text() == "precious"
    assert not any(path.is_symlink() for path in folder.iterdir() if path.suffix != ".part")


def test_state_is_private_to_its_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Ledger(tmp_path / "fund.ledger") as ledger:
            assert ledger.events() == []
            for path in tmp_path.iterdir():
                assert path.stat().st_mode & 0o777 == 0o600, path
    finally:
        os.umask(before)


def test_reports_obey_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert allocate(tmp_path / "report.json", "--format", "json") == 0
    finally:
        os.umask(before)
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o600


def poisoned() -> tuple[Graph, Facts]:
    purl = "pkg:pypi/alpha@1"
    graph = Graph(
        root=EVIL,
        packages=(Package(purl=purl, name=EVIL, version=EVIL, ecosystem="pypi"),),
        direct={purl: "runtime"},
    )
    channel = Channel(
        platform="custom",
        handle="javascript:alert(3)",
        url="javascript:alert(3)",
        standing="confirmed",
        evidence=(Evidence(where="javascript:alert(4)", what=EVIL),),
    )
    key = channel.key
    payee = Payee(key=key, name=EVIL, channels=(channel,))
    project = Project(url="https://git.example/a/a", packages=("pkg:pypi/alpha",), payees=(key,))
    return graph, Facts(projects={project.url: project}, payees={key: payee})


@pytest.fixture(scope="module")
def plan() -> depfund.Allocation:
    graph, facts = poisoned()
    return depfund.split("1000 USD", depfund.weigh(graph, facts=facts), facts)


def formats() -> list[str]:
    from depfund.exports import EXPORTS

    return [row.name for row in EXPORTS if not row.folder and not row.name.startswith("diff")]


@pytest.mark.parametrize("name", formats())
def test_hostile_names_are_inert_in_every_output(name: str, plan: depfund.Allocation) -> None:
    try:
        text = depfund.export(plan, name)
    except depfund.ExportError:
        return  # this plan has nothing of this kind
    assert "\x1b" not in text
    assert "\x07" not in text
    if name in {"html", "notebook", "badge", "markdown", "readme"}:
        assert "<script>alert" not in text
        assert 'href="javascript:' not in text
    if name in {"markdown", "readme"}:
        assert not re.search(r"(?<!\\)\]\(javascript:", text)
    if "," in text.partition("\n")[0] and not text.startswith(("{", "<")) and name not in {"table", "markdown"}:
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _number(cell) for cell in row), row
    if text.startswith("{"):
        json.loads(text)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == "-"
    return True


def test_the_terminal_gets_no_control_characters(tmp_path: Path) -> None:
    graph, facts = poisoned()
    (tmp_path / "g.json").write_text(graph.to_json())
    (tmp_path / "f.json").write_text(facts.to_json())
    for arguments in (
        ["allocate", "g.json", "--facts", "f.json", "-b", "10 USD"],
        ["graph", "g.json"],
        ["graph", "g.json", "--format", "dot"],
        ["funding", "g.json", "--facts", "f.json"],
        ["weigh", "g.json", "--format", "table"],
        ["explain", "missing\x1b[31m.json", "x"],
        ["graph", "missing\x1b[31m.lock"],
    ):
        command = [sys.executable, "-m", "depfund", *arguments]
        environ = {"PATH": os.environ.get("PATH", ""), "DEPFUND_OFFLINE": "1", "DEPFUND_CACHE_DIR": str(tmp_path / "c")}
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=60, check=False)
        assert b"\x1b" not in done.stdout + done.stderr, arguments
        assert b"Traceback" not in done.stderr, done.stderr.decode()


def test_names_in_policies_paths_and_addresses_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    (tmp_path / "depfund.toml").write_text(f"[fund]\nname = {json.dumps(EVIL)}\nweighting = {json.dumps(EVIL)}\n")
    purl = "pkg:pypi/alpha@1"
    hints = {"homepage": ("https://site.example/\u202e\x9b31m",), "repository": ("https://github.com/a/\u202eb",)}
    package = Package(purl=purl, name="alpha", version="1", ecosystem="pypi", hints=hints)
    graph = Graph(root=EVIL, packages=(package,), direct={purl: "runtime"})
    (tmp_path / "g.json").write_text(graph.to_json())
    plain, facts = poisoned()
    plan = depfund.split("10 USD", depfund.weigh(plain, facts=facts), facts)
    (tmp_path / "plan.json").write_text(plan.to_json())
    (tmp_path / "custom.toml").write_text('[limits]\nminimum = "1 USD"\n')
    with Ledger(tmp_path / "book") as book:
        book.append("opened", {"period": EVIL, "currency": "USD", "budget": 900, "accruals": {EVIL: "900"}})
        book.settle(EVIL, "USD")
        book.append(
            "opened", {"period": "next", "currency": "USD", "budget": 9, "accruals": {EVIL + "x": "19/3", "b": "8/3"}}
        )
    for arguments in (
        ["round", "show", "--ledger", "book"],
        ["round", "show", "--ledger", "book", "--period", "next"],
        ["round", "close", "--ledger", "book", "--period", "next"],
        ["round", "export", "--ledger", "book", "--format", "csv"],
        ["round", "export", "--ledger", "book", "--format", "beancount"],
        ["allocate", "g.json", "-b", "10 USD", "--policy", "custom.toml", "--offline"],
        ["compare", "g.json", "--offline"],
        ["policy", "check", "depfund.toml"],
        ["resolve", "g.json", "--dry-run"],
        ["round", "diff", "plan.json", "plan.json"],
        ["round", "verify", "--ledger", "missing\x1b[31m"],
        ["explain", "plan.json", "custom:javascript:alert(3)"],
        ["export", "plan.json", "--format", "\x1b[31m"],
    ):
        command = [sys.executable, "-m", "depfund", *arguments]
        environ = {"PATH": os.environ.get("PATH", ""), "DEPFUND_CACHE_DIR": str(tmp_path / "c")}
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=60, check=False)
        said = (done.stdout + done.stderr).decode()
        assert not any(sign in said for sign in ("\x1b", "\u202e", "\x9b", "\x07")), (arguments, said)
        assert "Traceback" not in said, said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_a_full_disk_behind_standard_output_is_one_paragraph() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "depfund", "formats"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("depfund: ")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_name_that_is_too_long_is_one_paragraph() -> None:
    command = [sys.executable, "-m", "depfund", "graph", "a" * 5_000]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {1, 3}
    assert done.stderr.startswith("depfund: ")
    assert len(done.stderr) < 2_000
