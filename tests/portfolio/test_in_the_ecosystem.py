"""The pre-commit hook and the GitHub Action, run for real in scratch repositories.

Both install depfund with pip, as their users do, so they need the Python index; nothing else is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIMIT = 900


def run(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    found = subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=LIMIT, encoding="utf-8"
    )
    print(found.stdout, found.stderr)
    return found


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t.invalid", "-c", "init.defaultBranch=main"]
    done = run("git", *who, "-c", "commit.gpgsign=false", *words, cwd=folder)
    assert done.returncode == 0
    return done.stdout.strip()


def lock(folder: Path, *direct: str) -> None:
    rows: dict[str, object] = {"": {"name": "app", "dependencies": dict.fromkeys(direct, "*")}}
    rows |= {f"node_modules/{name}": {"version": "1.0.0"} for name in direct}
    text = json.dumps({"name": "app", "lockfileVersion": 3, "packages": rows}, indent=2)
    (folder / "package-lock.json").write_text(text + "\n", encoding="utf-8")


def facts(folder: Path, *paid: str) -> None:
    plain = {
        "schema": 1,
        "kind": "facts",
        "projects": {
            f"https://forge.example/{n}": {"packages": [f"pkg:npm/{n}"], "payees": [f"github:{n}"]} for n in paid
        },
        "payees": {f"github:{n}": {"name": n, "channels": [{"platform": "github", "handle": n}]} for n in paid},
    }
    (folder / "facts.json").write_text(json.dumps(plain), encoding="utf-8")


@pytest.fixture(name="clone", scope="module")
def _clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """depfund as it stands, as a repository of its own."""
    if not (ROOT / "action.yml").exists():
        pytest.skip("this is no checkout: there is no action.yml")
    home = tmp_path_factory.mktemp("depfund")
    for name in ("pyproject.toml", "README.md", "LICENSE", "action.yml", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, home / name)
    shutil.copytree(ROOT / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
    git(home, "init", "--quiet")
    git(home, "add", ".")
    git(home, "commit", "--quiet", "-m", "depfund")
    return home


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Iterator[Path]:
    """A checkout on a branch that adds a dependency nobody is paid for; its origin is beside it."""
    home = tmp_path / "app"
    home.mkdir()
    git(home, "init", "--quiet")
    lock(home, "paid")
    facts(home, "paid")
    git(home, "add", ".")
    git(home, "commit", "--quiet", "-m", "one")
    git(tmp_path, "clone", "--quiet", "--bare", str(home), "origin.git")
    git(home, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(home, "checkout", "--quiet", "-b", "more")
    return home


def test_the_hook_lets_a_commit_through_only_when_everybody_is_known(
    clone: Path, project: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    rows = {"id": "depfund-funding", "args": ["--facts", "facts.json"]}
    config = {"repos": [{"repo": str(clone), "rev": git(clone, "rev-parse", "HEAD"), "hooks": [rows]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(project, "add", ".")
    environ = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    environ.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    first = run(*command, cwd=project, env=environ)
    if "InstallError" in first.stdout or "CalledProcessError" in first.stdout:
        pytest.skip(f"the hook could not be installed from the Python index: {first.stdout[-300:]}")
    assert first.returncode == 0, first.stdout
    assert "Passed" in first.stdout
    lock(project, "paid", "unpaid")
    git(project, "add", ".")
    second = run(*command, cwd=project, env=environ)
    assert second.returncode == 1
    assert "exit code: 9" in second.stdout
    assert "unpaid" in second.stdout
    (project / "notes.txt").write_text("no lockfile", encoding="utf-8")
    git(project, "add", ".")
    untouched = run(*command[:-1], "--files", "notes.txt", cwd=project, env=environ)
    assert "Skipped" in untouched.stdout


class Runner:
    """What GitHub's runner does with a composite action, as far as this one needs it."""

    def __init__(self, action: Path, project: Path, scratch: Path, inputs: Mapping[str, str]) -> None:
        made: dict[str, Any] = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        self.inputs = {name: str(row.get("default", "")) for name, row in made["inputs"].items()} | inputs
        self.steps = {step["name"]: step for step in made["runs"]["steps"] if "run" in step}
        self.project, self.scratch = project, scratch
        self.scratch.mkdir()
        self.files = {name: scratch / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for path in self.files.values():
            path.touch()
        self.event = scratch / "event.json"
        self.event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
        bins = scratch / "bin"
        bins.mkdir()
        (bins / "gh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{scratch}/gh.txt"\n', encoding="utf-8")
        (bins / "gh").chmod(0o755)
        self.values = {
            "github.action_path": str(action),
            "github.base_ref": "main",
            "github.event.pull_request.number": "7",
            "github.token": "a-token",
        }

    def filled(self, text: str) -> str:
        for name, value in {**{f"inputs.{key}": value for key, value in self.inputs.items()}, **self.values}.items():
            text = text.replace(f"${{{{ {name} }}}}", value)
        for line in self.outputs():
            key, _, value = line.partition("=")
            text = text.replace(f"${{{{ steps.check.outputs.{key} }}}}", value)
        assert "${{" not in text, f"nothing gives {text} a value"
        return text

    def outputs(self) -> list[str]:
        return self.files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()

    def step(self, name: str, python: Path) -> subprocess.CompletedProcess[str]:
        step = self.steps[name]
        assert step["shell"] == "bash"
        script = self.scratch / "step.sh"
        script.write_text(self.filled(step["run"]), encoding="utf-8")
        environ = {
            "PATH": os.pathsep.join([str(self.scratch / "bin"), str(python), os.environ["PATH"]]),
            "HOME": str(self.scratch),
            "RUNNER_TEMP": str(self.scratch),
            "GITHUB_EVENT_PATH": str(self.event),
            "GITHUB_WORKSPACE": str(self.project),
            **{key: os.environ[key] for key in os.environ if key.startswith(("PIP_", "UV_", "SSL_"))},
            **{key: str(path) for key, path in self.files.items()},
            **{key: self.filled(value) for key, value in step.get("env", {}).items()},
        }
        options = ["--noprofile", "--norc", "-e", "-o", "pipefail"]  # as GitHub runs `shell: bash`
        return run("bash", *options, str(script), cwd=self.project, env=environ)


@pytest.fixture(name="python", scope="module")
def _python(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Python into which the action's own step has installed depfund."""
    home = tmp_path_factory.mktemp("python")
    assert run(sys.executable, "-m", "venv", str(home / "venv"), cwd=home).returncode == 0
    found = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    runner = Runner(clone, home, home / "runner", {})
    done = runner.step("Install", found)
    if done.returncode:
        pytest.skip(f"depfund could not be installed from the Python index: {done.stderr[-300:]}")
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_action_says_what_changed_and_who_is_unknown(
    clone: Path, project: Path, python: Path, tmp_path: Path
) -> None:
    lock(project, "paid", "more", "unpaid")
    facts(project, "paid", "more")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "two")
    runner = Runner(clone, project, tmp_path / "runner", {"facts": "facts.json", "budget": "90 USD"})
    assert runner.step("Check", python).returncode == 0
    assert runner.outputs() == ["code=9"]
    summary = runner.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    assert "unpaid" in summary
    assert "# What changed" in summary
    assert "| github:more" in summary.replace("more (github:more)", "github:more")
    assert "1 payees joined" in summary
    assert runner.step("Comment", python).returncode == 0
    asked = (tmp_path / "runner" / "gh.txt").read_text(encoding="utf-8").splitlines()
    assert asked[:3] == ["pr", "comment", "7"]
    assert Path(asked[-1]).read_text(encoding="utf-8") == summary
    assert runner.step("Verdict", python).returncode == 9


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_action_passes_where_everybody_is_known(clone: Path, project: Path, python: Path, tmp_path: Path) -> None:
    runner = Runner(clone, project, tmp_path / "runner", {"facts": "facts.json"})
    assert runner.step("Check", python).returncode == 0
    assert runner.outputs() == ["code=0"]
    assert "The check passed." in runner.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    lax = Runner(clone, project, tmp_path / "lax", {"facts": "nowhere.json", "strict": "false", "budget": "1 USD"})
    assert lax.step("Check", python).returncode == 0
    assert lax.outputs() == ["code=3"]
    assert "no difference to show" in lax.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
