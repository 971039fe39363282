"""The room as a whole: the table, unknown names, options, same bytes, injection in every format."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from depfund import exports
from depfund.errors import ExportError
from depfund.exports import EXPORTS, Context
from depfund.model import Allocation, Held
from depfund.money import Money

SPDX = b'{"spdxVersion": "SPDX-2.3", "packages": []}'
TEXT = [row.name for row in EXPORTS if not row.folder]


def context(plan: Allocation, name: str) -> Context:
    return Context(previous=plan, source_document=SPDX if name == "spdx" else None)


def test_names_are_unique_and_every_row_has_a_title_and_a_module() -> None:
    names = [row.name for row in EXPORTS]
    assert len(set(names)) == len(names)
    assert all(row.title and row.module for row in EXPORTS)


@pytest.mark.parametrize("name", TEXT)
def test_every_format_renders_and_gives_the_same_bytes_again(plan: Allocation, name: str) -> None:
    made = exports.render(plan, name, context(plan, name))
    assert made.endswith("\n")
    assert made == exports.render(Allocation.from_json(plan.to_json()), name, context(plan, name))


@pytest.mark.parametrize("name", TEXT)
def test_an_empty_plan_renders(name: str) -> None:
    empty = Allocation(budget=Money(minor=0), policy={"fund": {"developers": 1}})
    assert exports.render(empty, name, context(empty, name))


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1,234"), ("KWD", "1.234"), ("EUR", "12.34")])
def test_amounts_follow_the_minor_units(name: str, currency: str, shown: str) -> None:
    plan = Allocation(
        budget=Money(minor=1234, currency=currency),
        held=(Held(subject="x", minor=1234, reason="why"),),
        policy={"fund": {"developers": 1}},
    )
    if name == "pledge":
        with pytest.raises(ExportError, match="US dollars"):
            exports.render(plan, name)
        return
    made = exports.render(plan, name, context(plan, name))
    if name in {"table", "markdown", "html", "notebook"}:
        assert shown in made
    elif name in {"csv", "held", "beancount", "ledger-csv"}:
        assert shown.replace(",", "") in made


@pytest.mark.parametrize("name", TEXT)
def test_names_of_strangers_are_harmless(nasty: Allocation, name: str) -> None:
    nasty = (
        replace(nasty, policy={**nasty.policy, "fund": {"name": "x", "developers": 1}}) if name == "pledge" else nasty
    )
    made = exports.render(nasty, name, context(nasty, name))
    # JSON keeps every character, escaped by JSON's own rules: it must read back as it was.
    for hidden in "\x00\x07\x1b" if name == "json" else "\x00\x07\x1b\x7f\x9b\u202e\u2066\u200b\u2028":
        assert hidden not in made, f"{hidden!r} is hidden in {name}"
    if name in {"html", "notebook", "badge"}:
        assert "<script" not in made
        assert "<img" not in made
        assert "javascript:" not in "".join(part.split('"')[0] for part in made.split('href="')[1:])
        assert "data:text" not in "".join(part.split('"')[0] for part in made.split('href="')[1:])
        assert "49" not in made.split("{{")[0][-20:]
    if name.endswith("csv") or name in {"held", "custom", "ko-fi", "open-collective", "github-sponsors", "invoices"}:
        for row in csv.reader(io.StringIO(made, newline="")):
            for value in row:
                number = value.lstrip("-").replace(".", "", 1).isdigit()
                assert number or value.lstrip()[:1] not in set("=+-@\uff1d"), (name, value)


def test_csv_rows_are_as_many_as_payments(nasty: Allocation) -> None:
    rows = list(csv.DictReader(io.StringIO(exports.render(nasty, "csv"), newline="")))
    assert len(rows) == len(nasty.payments) + len(nasty.held)


def test_an_unknown_format_names_the_known_ones(plan: Allocation) -> None:
    with pytest.raises(ExportError, match=r"'pdf\\x1b' is not a format .* table, json, csv"):
        exports.render(plan, "pdf\x1b")


def test_underscores_and_hyphens_are_the_same(plan: Allocation) -> None:
    assert exports.render(plan, "github_sponsors") == exports.render(plan, "github-sponsors")


def test_unknown_options_are_refused_by_name(plan: Allocation) -> None:
    with pytest.raises(ExportError, match="table has no option 'widht'; it takes color, rows, width"):
        exports.render(plan, "table", widht=80)
    with pytest.raises(ExportError, match="json has no option 'x'; it takes none"):
        exports.render(plan, "json", x=1)
    with pytest.raises(ExportError, match="no option 'platform'"):
        exports.render(plan, "ko-fi", platform="patreon")


def test_a_folder_format_is_not_text(plan: Allocation, tmp_path: Path) -> None:
    assert exports.is_folder("payouts")
    assert not exports.is_folder("csv")
    with pytest.raises(ExportError, match="--output DIR"):
        exports.render(plan, "payouts")
    with pytest.raises(ExportError, match="not a folder format"):
        exports.write_all(plan, "csv", tmp_path)


def test_plugins_are_found_by_name_only(plan: Allocation, monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "telegram"

        def load(self) -> object:
            return lambda plan, context, **options: f"STOP {plan.budget} STOP {sorted(options)}\n"

    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group: [Point()] if group == "depfund.exports" else []
    )
    assert exports.render(plan, "telegram", loud=True) == "STOP 1,000.00 USD STOP ['loud']\n"
    assert exports.render(plan, "csv").startswith("kind,")


def test_nothing_depends_on_the_hash_seed(tmp_path: Path, plan: Allocation) -> None:
    (tmp_path / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    code = (
        "import sys, hashlib, depfund.exports as e; from depfund.model import Allocation\n"
        f"plan = Allocation.from_json(open({str(tmp_path / 'plan.json')!r}, 'rb').read())\n"
        "print([hashlib.sha256(e.render(plan, r.name, e.Context(previous=plan)).encode()).hexdigest()"
        " for r in e.EXPORTS if not r.folder and r.name != 'spdx'])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "COLUMNS": "90", "LC_ALL": locale, "PATH": ""},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed, locale in (("0", "C"), ("7", "C.UTF-8"))
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert "'" in runs[0]


def test_loading_the_room_loads_no_format(plan: Allocation) -> None:
    names = ("rich", "jinja2", "csv", "importlib.metadata", "depfund.exports.html")
    code = f"import sys, depfund.exports; print([m for m in {names} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_json_is_the_allocation(plan: Allocation) -> None:
    assert Allocation.from_json(exports.render(plan, "json")) == plan
    assert json.loads(exports.render(plan, "json"))["kind"] == "allocation"
