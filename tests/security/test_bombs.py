# ruff: noqa: PT017 - either outcome is right, and the error has more to keep
"""Input and answers that are small on the wire and large in memory: refused in bounded memory, never expanded."""

import gzip
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import depfund
from depfund import DepfundError, Facts, Graph, Policy
from depfund.http import Http

LAUGHS = "\n".join(
    ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)]
)
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE project [<!ENTITY a "lollollollol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><project><artifactId>&i;</artifactId><dependencies/></project>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE project [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<project><groupId>g</groupId><artifactId>&x;</artifactId><version>1</version></project>"
)
DEEP = 200_000

FILES = {
    "pnpm-lock.yaml": f"lockfileVersion: '9.0'\n{LAUGHS}\n",
    "conda-lock.yml": f"version: 1\nmetadata: {{}}\npackage: []\n{LAUGHS}\n",
    "pixi.lock": f"version: 6\n{LAUGHS}\n",
    "pom.xml": ENTITIES,
    "bom.xml": ENTITIES.replace("project", "bom"),
    "package-lock.json": '{"lockfileVersion": 3, "packages": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}",
    "bom.json": '{"bomFormat": "CycloneDX", "components": ' + "[" * DEEP + "]" * DEEP + "}",
    "uv.lock": "version = 1\na = " + "[" * DEEP + "]" * DEEP,
    "Pipfile.lock": "[" * DEEP,
    "composer.lock": '{"packages": ' + "9" * 5_000_000 + "}",
    "mix.lock": "%{" + "{" * DEEP,
    "requirements.txt": "-r requirements.txt\n-r ./requirements.txt\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_bomb_is_refused_in_bounded_memory(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name])
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "import depfund\n"
        "try:\n    depfund.read(sys.argv[1], lock=False)\n"
        "except depfund.DepfundError as error:\n    assert len(str(error)) < 2000\n    print('refused')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    if name != "requirements.txt":
        assert done.stdout == "refused\n"


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pom.xml"
    path.write_text(EXTERNAL)
    with pytest.raises(DepfundError) as caught:
        depfund.read(path)
    assert "root:" not in str(caught.value)


def test_a_compressed_answer_is_cut_while_it_is_read(world, config) -> None:
    bomb = gzip.compress(b'{"a": "' + b"x" * 200_000_000 + b'"}', 9)
    world.say("/pypi/pypi/alpha/json", bomb, content_encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Http(config) as http:
        answer = http.get("PYPI", "/pypi/alpha/json", limit=1_000_000)
    assert not answer.ok
    assert len(answer.body) <= 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("cls", [Facts, Graph])
@pytest.mark.parametrize("text", ["[" * DEEP, '{"kind":' * DEEP, '{"notes": ' + "[" * DEEP + "]" * DEEP + "}"])
def test_deep_documents_are_refused(cls, text: str) -> None:
    with pytest.raises(DepfundError):
        cls.from_json(text)


@pytest.mark.parametrize("text", ["a = " + "[" * DEEP, "a = " + "{a=" * 5000, "fund.budget = " + "9" * 100_000])
def test_deep_policies_are_refused(text: str) -> None:
    with pytest.raises(DepfundError) as caught:
        Policy.parse(text)
    assert len(str(caught.value)) < 2000


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "uv.lock")
        with path.open("wb") as file:
            file.truncate(1 << 32)  # sparse
        with pytest.raises(depfund.SourceError, match="larger than"):
            depfund.read(path)


@pytest.mark.parametrize("budget", ["1" * 5000 + " USD", "1e999999999", "9" * 100_000, "1E+400 USD"])
def test_a_budget_cannot_be_a_bomb(budget: str) -> None:
    try:
        depfund.Money.parse(budget)
    except DepfundError as error:
        assert len(str(error)) < 300_000
