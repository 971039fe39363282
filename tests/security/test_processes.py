"""Other people's code does not run: uv is called without a shell and with a clean environment, plugins by name only."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import depfund
from depfund import Config, DepfundError

UV = """#!{python}
import json, os, sys
with open({log!r}, "w") as file:
    json.dump({{"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "stdin": sys.stdin.read()}}, file)
sys.exit(1)
"""


@pytest.fixture
def uv(tmp_path: Path) -> tuple[Path, Path]:
    """A uv that writes down how it was called."""
    log, program = tmp_path / "called.json", tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(UV.format(python=sys.executable, log=str(log)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, log


def test_uv_gets_arguments_not_a_shell_and_no_secrets(uv, tmp_path) -> None:
    program, log = uv
    project = tmp_path / "a; touch owned $(touch owned) `touch owned`"
    project.mkdir()
    (project / "requirements.txt").write_text("idna>=3\n")
    environ = {
        "PATH": str(program.parent),
        "HOME": str(tmp_path),
        "GITHUB_TOKEN": "ghp_marker",
        "OPENCOLLECTIVE_TOKEN": "marker",
        "AWS_SECRET_ACCESS_KEY": "marker",
        "PYTHONPATH": "/evil",
        "LD_PRELOAD": "/evil.so",
        "PYTHONSTARTUP": "/evil.py",
        "UV_PROJECT": "/evil",
        "UV_ENV_FILE": "/evil",
        "HTTPS_PROXY": "http://proxy.example:1",
        "DEPFUND_CACHE_DIR": str(tmp_path / "c"),
    }
    from depfund.pipeline import read

    with pytest.raises(depfund.LockingError):
        read(project / "requirements.txt", config=Config.load(project, environ=environ))
    called = json.loads(log.read_text())
    assert called["argv"][1] == "lock"
    assert called["stdin"] == ""
    assert not called["cwd"].startswith(str(project))
    given = {key for key in called["env"] if not key.startswith(("LC_", "PWD", "_", "SHLVL"))}
    assert given <= {"PATH", "HOME", "HTTPS_PROXY"}, given
    assert "marker" not in json.dumps(called)
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize(
    "line",
    ["--config-setting=x", "-e ./evil", "evil @ file:///etc", "idna>=3 --install-option=--evil", "--find-links /etc"],
)
def test_lines_of_requirements_are_not_options_of_uv(uv, tmp_path, line: str) -> None:
    program, log = uv
    (tmp_path / "requirements.txt").write_text(f"idna>=3\n{line}\n")
    config = Config.load(tmp_path, environ={"PATH": str(program.parent), "HOME": str(tmp_path)})
    from depfund.pipeline import read

    with pytest.raises(DepfundError):
        read(tmp_path / "requirements.txt", config=config)
    if log.exists():
        words = json.loads(log.read_text())["argv"][1:]
        assert words[0] == "lock"
        assert not any(word.startswith(("--config", "--find-links", "--install", "evil")) for word in words)


def test_a_project_is_never_built_or_imported(tmp_path: Path) -> None:
    for name in ("setup.py", "conftest.py", "depfund.py", "sitecustomize.py", "uv.py", "Gemfile", "mix.exs"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["idna>=3"]\n')
    graph = depfund.read(tmp_path, lock=False)
    assert [package.name for package in graph.packages] == ["idna"]
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "name", ["os:system", "os.system", "../evil", "builtins", "subprocess", "json:loads", "__init__", ""]
)
def test_a_plugin_is_loaded_by_its_registered_name_alone(name: str) -> None:
    graph = depfund.Graph.from_json((Path(__file__).parents[1] / "data/chain.graph.json").read_text())
    plan = depfund.split("1 USD", depfund.weigh(graph))
    with pytest.raises(depfund.UsageError):
        depfund.weigh(graph, name)
    with pytest.raises(depfund.ExportError):
        depfund.export(plan, name)
    if name:
        with pytest.raises(depfund.UnknownFormat):
            depfund.read(Path(__file__), format=name)


def test_nothing_in_the_source_runs_a_shell_or_unpickles() -> None:
    source = Path(depfund.__file__).parent
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("shell=True", "os.system(", "os.popen(", "pickle", "eval(", " exec(", " yaml.load(", "marshal"):
            assert word not in text.replace("re.compile(", ""), f"{path.relative_to(source)}: {word}"


def test_importing_depfund_runs_no_process_and_opens_no_file_of_the_project(tmp_path: Path) -> None:
    code = (
        "import sys\nseen = []\nsys.addaudithook(lambda event, args: seen.append((event, args)) if event in "
        "('subprocess.Popen', 'os.system', 'socket.connect', 'os.exec') else None)\n"
        "import depfund; depfund.allocate; depfund.Policy\nassert not seen, seen\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)


@pytest.mark.parametrize("path", [".", "", "bin", ".:bin", "./bin:"])
def test_a_uv_that_lies_in_the_project_is_not_run(uv, tmp_path: Path, monkeypatch, path: str) -> None:
    program, log = uv
    (tmp_path / "uv").write_text(program.read_text())
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    from depfund.errors import LockingError
    from depfund.manifests._lock import find_uv

    try:
        found = find_uv({"PATH": path})
    except LockingError:
        return
    assert Path(found).is_absolute()
    assert not Path(found).is_relative_to(tmp_path)
    assert not log.exists()


def git(folder: Path, *words: str) -> None:
    fixed = ["git", "-c", "user.name=x", "-c", "user.email=x@site.example", "-c", "init.defaultBranch=main"]
    subprocess.run([*fixed, *words], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("url", ["ssh://git.example/x", "ext::{evil} %S", "git://git.example/x"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_repositorys_own_configuration_runs_nothing(tmp_path: Path, monkeypatch, url: str, bare: bool) -> None:
    """An object that is missing, a remote that promises it, and a program that would fetch it."""
    evil, owned = tmp_path / "evil.sh", tmp_path / "owned"
    evil.write_text(f"#!/bin/sh\ntouch {owned}\n")
    evil.chmod(0o755)
    work = tmp_path / "org" / "work"
    work.mkdir(parents=True)
    (work / "requirements.txt").write_text("idna==3.10\n")
    git(work, "init")
    git(work, "add", ".")
    git(work, "commit", "-m", "x")
    (work / "requirements.txt").write_text("idna==3.9\n")
    git(work, "commit", "-a", "-m", "y")
    home = work / ".git"
    if bare:
        git(tmp_path, "clone", "--bare", str(work), str(tmp_path / "org" / "embedded"))
        home = tmp_path / "org" / "embedded"
    for each in (home / "objects").rglob("*"):
        if each.is_file() and "pack" not in each.parts and "info" not in each.parts:
            each.unlink()  # every object is missing now
    for each in (home / "objects" / "pack").glob("*"):
        each.unlink()
    with (home / "config").open("a") as config:
        config.write(
            f"[core]\n\tsshCommand = {evil}\n\tfsmonitor = {evil}\n\tgitProxy = {evil}\n"
            f'[remote "origin"]\n\turl = {url.format(evil=evil)}\n\tpromisor = true\n\tpartialCloneFilter = blob:none\n'
            '[extensions]\n\tpartialClone = origin\n[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always\n'
        )
    monkeypatch.setenv("GIT_SSH_COMMAND", str(evil))
    from depfund.portfolio import git as plumbing

    plumbing.first_commit(home.parent if not bare else home)
    with pytest.raises(depfund.SourceError):
        plumbing.extract(home, "HEAD", tmp_path / "out")
    assert not owned.exists()


def test_git_gets_no_secret_and_is_not_taken_from_the_project(tmp_path: Path, monkeypatch) -> None:
    from depfund.portfolio import git as plumbing

    log = tmp_path / "environ"
    for folder in (tmp_path / "bin", tmp_path / "project"):
        folder.mkdir()
        (folder / "git").write_text(f"#!/bin/sh\nenv > {log}-{folder.name}\nexit 1\n")
        (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setenv("GITHUB_TOKEN", "marker")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    with pytest.raises(depfund.SourceError):
        plumbing.extract(tmp_path / "project", "HEAD", tmp_path / "out")
    assert not Path(f"{log}-project").exists()
    said = Path(f"{log}-bin").read_text()
    assert "marker" not in said
    assert "/elsewhere" not in said
