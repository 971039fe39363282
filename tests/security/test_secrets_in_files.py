"""Passwords in the addresses of lockfiles stay there: no graph, note, error or report has one."""

from __future__ import annotations

from pathlib import Path

import pytest

import depfund
from depfund.manifests._accounts import bare

DATA = Path(__file__).parents[1] / "data" / "secrets"
FILES = sorted(path.name for path in DATA.iterdir())
S = "hunter2secret"
U = f"https://user:{S}@index.acme.example"


@pytest.mark.parametrize("name", FILES)
def test_a_password_stays_in_its_file(name: str) -> None:
    assert S in (DATA / name).read_text()
    graph = depfund.read(DATA / name, lock=False)
    assert graph.packages
    assert S not in graph.to_json()


@pytest.mark.parametrize("name", FILES)
def test_an_error_does_not_show_it_either(name: str, tmp_path: Path) -> None:
    lines = (DATA / name).read_text().splitlines(keepends=True)
    for at in range(len(lines)):
        for odd in ("\x01]}\n", '"'):
            (tmp_path / name).write_text("".join([*lines[:at], odd, *lines[at:]]))
            try:
                text = depfund.read(tmp_path / name, lock=False).to_json()
            except depfund.DepfundError as error:
                text = str(error)
            assert S not in text


def test_nested_files_too(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r base.txt\n")
    (tmp_path / "base.txt").write_text(f"g @ git+{U}/g@abc\nu @ {U}/u-1.tar.gz\n")
    assert S not in depfund.read(tmp_path / "requirements.txt").to_json()


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("https://u:p@h.example/a", "https://h.example/a"),
        ("https://token@h.example/a@b", "https://h.example/a@b"),
        ("git+ssh://git@h.example/a", "git+ssh://git@h.example/a"),
        ("git+ssh://git:p@h.example/a", "git+ssh://git@h.example/a"),
        ("https://u:p@ss@h.example/a and https://v:q@i.example", "https://h.example/a and https://i.example"),
        ("https://h.example/@scope/a", "https://h.example/@scope/a"),
        ("https://h.example?x=a@b", "https://h.example?x=a@b"),
        ("a@b", "a@b"),
    ],
)
def test_what_is_left_of_an_address(text: str, rest: str) -> None:
    assert bare(text) == rest
