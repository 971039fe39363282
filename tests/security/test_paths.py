"""A project's files lead to nothing outside the project: not by .., an absolute path, a symbolic link or a device."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import depfund
from depfund import DepfundError

SECRET = "hunter2secret"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    for name in ("requirements.txt", "pyproject.toml", "Cargo.toml", "package.json", "Pipfile", "secret"):
        (tmp_path / "outside" / name).write_text(f"{SECRET}==1\n")
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def read(path: Path) -> str:
    """Everything that reading tells, graph or error."""
    try:
        return depfund.read(path, lock=False).to_json()
    except DepfundError as error:
        return str(error)


@pytest.mark.parametrize("way", ["../outside/requirements.txt", "{outside}/requirements.txt", "link.txt", "/dev/stdin"])
@pytest.mark.parametrize("flag", ["-r", "-c", "--requirement", "-e"])
def test_requirements_do_not_leave_the_folder(project: Path, way: str, flag: str) -> None:
    outside = project.parent / "outside"
    (project / "link.txt").symlink_to(outside / "requirements.txt")
    (project / "requirements.txt").write_text(f"{flag} {way.format(outside=outside)}\nidna==3\n")
    assert SECRET not in read(project / "requirements.txt")


def test_a_workspace_does_not_leave_the_folder(project: Path) -> None:
    (project / "member").symlink_to(project.parent / "outside")
    (project / "Cargo.toml").write_text('[workspace]\nmembers = ["member", "../outside", "*", "/etc"]\n')
    (project / "Cargo.lock").write_text('version = 4\n[[package]]\nname = "a"\nversion = "1.0.0"\n')
    assert SECRET not in read(project / "Cargo.lock")
    package = {"name": "x", "workspaces": ["member", "../outside", "../*", "/etc/*"]}
    (project / "package.json").write_text(json.dumps(package))
    (project / "yarn.lock").write_text("# yarn lockfile v1\n\n\n")
    assert SECRET not in read(project / "yarn.lock")


def test_a_workspace_of_a_name_that_no_folder_can_have_is_none(project: Path) -> None:
    (project / "package.json").write_text(json.dumps({"name": "x", "workspaces": ["a" * 5000, "b" * 300 + "/*"]}))
    (project / "yarn.lock").write_text("# yarn lockfile v1\n\n\n")
    assert not depfund.read(project / "yarn.lock").packages


def test_a_search_does_not_follow_links_outside(project: Path) -> None:
    (project / "linked").symlink_to(project.parent / "outside")
    (project / "requirements.txt").symlink_to(project.parent / "outside" / "requirements.txt")
    (project / "round").symlink_to(project)
    (project / "poetry.lock").symlink_to("/dev/zero")
    (project / "sub").mkdir()
    (project / "sub" / "requirements.txt").write_text("idna==3\n")
    text = read(project)
    assert SECRET not in text
    assert "idna" in text


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "requirements.txt", "package-lock.json", "pom.xml"])
def test_a_device_or_a_pipe_is_no_lockfile(project: Path, name: str) -> None:
    for target in ("/dev/zero", "/dev/null", str(project)):
        (project / name).unlink(missing_ok=True)
        (project / name).symlink_to(target)
        with pytest.raises(DepfundError):
            depfund.read(project / name)
    (project / name).unlink()
    os.mkfifo(project / name)
    with pytest.raises(DepfundError, match="not a file"):
        depfund.read(project / name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "C:\\windows", "a\0b", "%2e%2e/x", "con"])
def test_names_of_packages_are_never_paths(project: Path, name: str) -> None:
    lock = {"lockfileVersion": 3, "packages": {"": {"dependencies": {name: "1"}}}}
    lock["packages"][f"node_modules/{name}"] = {"version": "1.0.0"}  # type: ignore[index]
    (project / "package-lock.json").write_text(json.dumps(lock))
    before = sorted(str(path) for path in project.parent.rglob("*"))
    read(project / "package-lock.json")
    assert sorted(str(path) for path in project.parent.rglob("*")) == before


def test_a_pipe_or_a_device_is_waited_for_by_nobody(project: Path) -> None:
    """Settings, policies, git's configuration and source files, too: each of these would hang, or fill the memory."""
    code = (
        "import os, pathlib, sys\nfrom depfund import Config, portfolio\nfrom depfund.http import Endpoints\n"
        "from depfund.portfolio.discovery import _remotes\nfrom depfund.weights.usage import count\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "environ = {'HOME': sys.argv[1], 'PWD': sys.argv[1], 'PIP_CONFIG_FILE': f'{here}/pip.conf'}\n"
        "ends = Endpoints(Config.load(here, environ=environ))\n"
        "for service in ('PYPI', 'NPM', 'GOPROXY'):\n    ends.base(service, None, '@x/y')\n"
        "assert _remotes(here / 'config') == ('', False)\nassert count(here) == {}\n"
    )
    names = ("pyproject.toml", "pip.conf", ".npmrc", "uv.toml", "config", "code.py")
    for odd in ("pipe", "device", "sparse"):
        for name in names:
            path = project / name
            path.unlink(missing_ok=True)
            if odd == "pipe":
                os.mkfifo(path)
            elif odd == "device":
                path.symlink_to("/dev/zero")
            elif name not in {"config", "code.py"}:
                path.touch()
                os.truncate(path, 1 << 36)
        command = [sys.executable, "-c", code, str(project)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (odd, done.stderr[-1500:])
