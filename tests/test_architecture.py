"""The house rules, checked: layers by import-linter, one door per third-party package, files that hold one idea."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import depfund

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "depfund"
DOORS = {
    "httpx": ("http",),
    "hishel": ("http",),
    "httpx_retries": ("http",),
    "networkx": ("graph.py",),
    "yaml": ("_yaml.py",),
    "yaml_rs": ("_yaml.py",),
    "pip_requirements_parser": ("manifests/requirements.py",),
    "jinja2": ("exports/",),
    "rich": ("exports/", "cli/"),
    "click": ("cli/",),
    "iso4217": ("money.py",),
    "tomlkit": ("shares/",),
    "sqlite3": ("rounds/", "http", "portfolio"),
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_third_party_package_has_one_door(package: str) -> None:
    users = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if package in imports(path)}
    assert not [user for user in users if not user.startswith(DOORS[package])]


@pytest.mark.parametrize("module", ["errors", "model", "money"])
def test_the_innermost_modules_need_the_standard_library_alone(module: str) -> None:
    allowed = set(sys.stdlib_module_names) | {"depfund"} | ({"iso4217"} if module == "money" else set())
    assert imports(SOURCE / f"{module}.py") <= allowed


def test_layers() -> None:
    pytest.importorskip("importlinter", reason="import-linter is in the test group")
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_all_is_what_is_exported() -> None:
    for name in depfund.__all__:
        assert getattr(depfund, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = depfund.nothing  # type: ignore[attr-defined]


def test_no_registry_host_is_written_anywhere() -> None:
    """The hosts are asked of the purl tables, so that this file does not name them either."""
    from urllib.parse import urlsplit

    from packageurl.contrib.purl2url import get_download_url, get_repo_url

    hosts = {urlsplit(get_repo_url("pkg:pypi/x@1")).hostname, urlsplit(get_download_url("pkg:npm/x@1")).hostname}
    hosts |= {urlsplit(get_repo_url("pkg:npm/x@1")).hostname}
    words = {".".join(host.split(".")[-2:]).encode() for host in hosts if host}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.split(b"\0")
    if not listed[0]:
        pytest.skip("not a git checkout")
    files = [ROOT / name.decode() for name in listed if name]
    guilty = [str(f) for f in files if f.is_file() and any(word in f.read_bytes() for word in words)]
    assert not guilty


def test_importing_depfund_loads_nothing_heavy() -> None:
    heavy = ["httpx", "networkx", "click", "rich", "jinja2", "msgspec", "yaml"]
    code = f"import sys, depfund; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
