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
