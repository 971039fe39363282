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


RUNS = {
    "requirements.txt": [
        "a" + " " * 100_000 + "\x01",
        "a==1\n    # via " + "(" * 100_000,
        "a==1\n # via (" + ".toml" * 20_000,
    ],
    "unknown.json": ["{" + "\n" * 65_000 + "\x01", "{" + " \n" * 32_000],
    "go.work": ["go 1.22\n" + "\n" * 100_000 + "use ./a", "\n" * 65_000],
    "setup.cfg": ["[metadata]\n" + "\n" * 100_000 + "x"],
    "pyproject.toml": ["\n" * 100_000 + "x", '[tool.poetry.dependencies]\na = "' + " " * 60_000 + "x" * 9 + '"'],
}


def test_a_run_of_one_character_sends_no_pattern_in_circles(tmp_path: Path) -> None:
    """Each of these took minutes or more in a regular expression that went over its text once for every character."""
    for name, texts in RUNS.items():
        for at, text in enumerate(texts):
            folder = tmp_path / f"{name}-{at}"
            folder.mkdir()
            (folder / name).write_text(text)
    code = (
        "import sys, pathlib, depfund\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    for source in (path, next(path.iterdir())):\n"
        "        try:\n            depfund.read(source, lock=False)\n"
        "        except depfund.DepfundError as error:\n            assert len(str(error)) < 2000\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_registry_cannot_send_a_pattern_in_circles(world, config) -> None:
    """An author's field of commas and an index page of open tags: both as large as an answer may be."""
    body = '{"info": {"author_email": "' + "," * 3_000_000 + '", "maintainer_email": "' + "\\u0022," * 500_000 + '"}}'
    world.say("/pypi/pypi/alpha/json", body)
    world.say("/own/simple/beta/", "<a " * 1_000_000, content_type="text/html")
    packages = [
        depfund.Package(purl="pkg:pypi/alpha@1", name="alpha", version="1", ecosystem="pypi"),
        depfund.Package(
            purl="pkg:pypi/beta@1",
            name="beta",
            version="1",
            ecosystem="pypi",
            hints={"registry": (f"{world.root}/own/simple",)},
        ),
    ]
    graph = Graph(root="x", packages=tuple(packages), direct={each.purl: "runtime" for each in packages})
    import dataclasses

    environ = {**config.environ, "PIP_EXTRA_INDEX_URL": f"{world.root}/own/simple"}
    depfund.resolve(graph, config=dataclasses.replace(config, environ=environ))
    assert {"/pypi/pypi/alpha/json", "/own/simple/beta/"} <= {path for _, path, _, _ in world.asked}


@pytest.mark.parametrize("text", ["1e999999999", "1E+999999999", "1e-999999999", "9" * 5_000, "1/0"])
def test_a_short_number_cannot_be_a_long_one(text: str, tmp_path: Path) -> None:
    from depfund.portfolio.table import Portfolio
    from depfund.shares.ballots import Ballots

    refused = 0
    for attempt in (
        lambda: Policy.parse({"boost": {"pkg:pypi/a": text}}),
        lambda: Policy.parse({"limits": {"maximum": text + "%"}}),
        lambda: Portfolio.parse({"project": [{"path": "a", "weight": text}]}),
        lambda: depfund.weigh(Graph(root="x"), keep=text),
        lambda: Ballots.parse(f"voter,candidate,credits\nann,a,{text}\n", "quadratic"),
        lambda: depfund.Money.parse(text + " USD"),
    ):
        with pytest.raises(DepfundError):
            attempt()
        refused += 1
    assert refused == 6


def test_a_payees_own_fee_cannot_be_a_bomb_nor_give_money_back() -> None:
    from depfund import Channel
    from depfund.shares.limits import rate_of

    for fee in ("1e999999999", "-500", "100", "1/0", "nan", "9" * 5_000):
        assert rate_of(Policy(), Channel(platform="open_collective", handle="a", fee=fee)) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_in_a_registrys_xml_are_refused_in_every_encoding(world, config, encoding: str) -> None:
    text = ENTITIES.replace('version="1.0"', f'version="1.0" encoding="{encoding}"')
    world.say("/maven/maven2/g/a/1/a-1.pom", text.encode(encoding), content_type="text/xml")
    package = depfund.Package(purl="pkg:maven/g/a@1", name="a", version="1", ecosystem="maven")
    facts = depfund.resolve(Graph(root="x", packages=(package,), direct={package.purl: "runtime"}), config=config)
    assert any(path.endswith(".pom") for _, path, _, _ in world.asked)
    assert "lol" not in facts.to_json()


def test_deep_xml_of_a_registry_is_read_or_refused(world, config) -> None:
    world.say("/maven/maven2/g/a/1/a-1.pom", "<a>" * 100_000 + "</a>" * 100_000, content_type="text/xml")
    package = depfund.Package(purl="pkg:maven/g/a@1", name="a", version="1", ecosystem="maven")
    facts = depfund.resolve(Graph(root="x", packages=(package,), direct={package.purl: "runtime"}), config=config)
    assert not facts.payees
