"""Which format a file is of, and what is said when nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from depfund.errors import SourceError, UnknownFormat
from depfund.manifests import FORMATS, File, open_file, read_file, reader, recognise


def file(name: str, data: bytes | str) -> File:
    return File(path=name, data=data.encode() if isinstance(data, str) else data)


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("uv.lock", "x", "uv-lock"),
        ("tool.py.lock", "x", "uv-lock"),
        ("requirements-dev.txt", "a==1", "requirements"),
        ("dev-requirements.in", "a", "requirements"),
        ("requirements/dev.txt", "a", "requirements"),
        ("deps.txt", "a==1\nb>=2 # why\n-r c.txt\n", "requirements"),
        ("pylock.dev.toml", 'lock-version = "1.0"\npackages = []', "pylock"),
        ("my.lock", "# yarn lockfile v1\n", "yarn-lock"),
        ("my.lock", "__metadata:\n  version: 6\n", "yarn-lock"),
        ("x.json", '{"lockfileVersion": 3, "packages": {}}', "package-lock"),
        ("x.json", '{"lockfileVersion": 1, "workspaces": {}, "packages": {},}', "bun-lock"),
        ("x.json", '{"bomFormat": "CycloneDX"}', "cyclonedx"),
        ("x.json", '{"sbom": {"spdxVersion": "SPDX-2.3"}}', "spdx"),
        ("x.json", '{"schema": 1, "kind": "graph", "root": "", "packages": []}', "graph"),
        ("x.xml", '<?xml version="1.0"?><bom xmlns="http://cyclonedx.example"/>', "cyclonedx"),
        ("x.xml", "<project></project>", "pom"),
        ("some.spdx.json", '{"bomFormat": "CycloneDX"}', "cyclonedx"),
    ],
)
def test_by_name_or_content(name: str, data: str, wanted: str) -> None:
    assert recognise(file(name, data)).name == wanted


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("uv.lock", "", r"uv\.lock is empty"),
        ("uv.lock", " \n\t", r"uv\.lock is empty"),
        ("x.bin", b"\x00\x01\xff", r"x\.bin is of no format .* no text file"),
        ("bun.lockb", b"\x00\x01\xff", r"bun install --save-text-lockfile"),
        ("Cargo.toml", "[package]\nname = 'x'", r"cargo generate-lockfile"),
        ("notes.txt", "Dear all,\nhello", r"notes\.txt is of no format .*--as"),
        ("plan.json", '{"kind": "allocation", "budget": 1}', r"another document of depfund"),
    ],
)
def test_what_is_not_known(name: str, data: bytes | str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        recognise(file(name, data))


def test_a_format_by_any_of_its_names() -> None:
    for row in FORMATS:
        for name in (row.name, *row.aliases, *(name for name in row.files if "*" not in name)):
            assert reader(name)[0] is row
    assert reader("requirements-dev.txt")[0].name == "requirements"
    assert reader("UV_LOCK")[0].name == "uv-lock"
    with pytest.raises(UnknownFormat, match=r"'nonsense' is no format.*uv-lock"):
        reader("nonsense")


def test_every_row_has_its_reader() -> None:
    for row in FORMATS:
        assert callable(reader(row.name)[1]), row.name


def test_reading_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    with pytest.raises(SourceError, match=r"uv\.lock does not exist"):
        open_file(path)
    with pytest.raises(SourceError, match="is not a file"):
        open_file(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match=r"uv\.lock is empty"):
        read_file(open_file(path), "uv-lock")
    path.write_bytes(b"version = 1\n\xff")
    with pytest.raises(SourceError, match=r"uv\.lock, at line 2: byte 0xff is not UTF-8"):
        read_file(open_file(path))
