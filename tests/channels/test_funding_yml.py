"""FUNDING.yml: each broken file is named for its defect."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.channels.funding_yml import find, parse, spellings

DATA = Path(__file__).parents[1] / "data" / "channels" / "funding_yml"

EXPECTED: dict[str, tuple[list[str], list[str]]] = {
    "bom_and_crlf": (["github:x", "custom:https://rust-lang.org/funding"], []),
    "comma_list": (["github:a", "github:b", "github:c"], []),
    "custom_links": (["github:x", "open_collective:y"], ["no web address"]),
    "document_markers": (["github:a", "github:b"], []),
    "empty": ([], []),
    "every_line_indented": (["github:spaced", "patreon:too"], []),
    "hidden_characters_in_names": ([], ["no Patreon name", "no Ko-fi name", "no Liberapay name", "no web address"]),
    "list_where_a_name_belongs": ([], ["a list where one name belongs"]),
    "login_as_url": ([], ["no GitHub Sponsors name"]),
    "mapping_where_a_name_belongs": ([], ["a mapping where a name belongs"]),
    "path_where_a_name_belongs": ([], ["no Ko-fi name"]),
    "plain_string": ([], ["no mapping of platforms"]),
    "six_logins": (["github:one", "github:two", "github:three", "github:four", "github:five"], ["more than 5 values"]),
    "tab": ([], ["no YAML"]),
    "template": ([], []),
    "thanks_dev_without_u": ([], ["no thanks.dev name"]),
    "unknown_keys": (["github:z"], []),
}


def test_every_file_is_expected() -> None:
    assert {path.stem for path in DATA.glob("*.yml")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_file(name: str) -> None:
    entries = parse((DATA / f"{name}.yml").read_bytes())
    shown, problems = EXPECTED[name]
    assert [entry.address.key for entry in entries if entry.address] == shown
    found = [entry.problem for entry in entries if not entry.address]
    assert len(found) == len(problems)
    assert all(problem.startswith(start) for problem, start in zip(found, problems, strict=True))


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_file_raises(text: str | bytes) -> None:
    for entry in parse(text):
        assert (entry.address is None) == bool(entry.problem)


@given(st.lists(st.sampled_from([*spellings(), "README.md", "docs/funding.YAML", "x/FUNDING.yml"])))
def test_the_folder_decides_and_the_case_does_not(paths: list[str]) -> None:
    found = find(paths)
    places = [path.rpartition("/")[0] for path in paths if path.lower().rpartition("/")[2].startswith("funding.y")]
    wanted = next((folder for folder in (".github", "", "docs") if folder in places), None)
    assert (found is None) == (wanted is None)
    assert found is None or found.rpartition("/")[0] == wanted


@pytest.mark.corpus
def test_real_files_are_read(shared: Path) -> None:
    folder = shared / "reference" / "funding-yml"
    files = sorted(folder.glob("*.yml"))
    assert files
    for path in files:
        entries = parse(path.read_bytes())
        assert not any(entry.problem.startswith("no YAML") for entry in entries), path.name
