"""Each lockfile's vector is what ``depfund weigh`` gives for it alone, whatever its ecosystem, level and weighting."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from depfund import Config, Facts, Project, documents
from depfund.cli import main
from depfund.portfolio import Organisation, portfolio_of, survey
from depfund.portfolio.total import Member

CARGO = "registry+https://github.com/rust-lang/crates.io-index"
FILES = {
    "npm/package-lock.json": json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "": {"dependencies": {"a": "*", "b": "*"}, "devDependencies": {"d": "*"}},
                "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "*", "c": "^1"}},
                "node_modules/b": {"version": "1.0.0", "dependencies": {"c": "^2"}},
                "node_modules/c": {"version": "2.0.0"},
                "node_modules/a/node_modules/c": {"version": "1.0.0", "dependencies": {"b": "*"}},
                "node_modules/d": {"version": "1.0.0", "dev": True, "dependencies": {"c": "^2"}},
            },
        }
    ),
    "cargo/Cargo.lock": "\n".join(
        ['version = 4\n\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = [\n "serde",\n "tokio",\n]\n']
        + [
            f'[[package]]\nname = "{name}"\nversion = "1.0.0"\nsource = "{CARGO}"\ndependencies = [{row}]\n'
            for name, row in (("serde", '"itoa"'), ("tokio", '"itoa", "serde"'), ("itoa", ""))
        ]
    ),
    "gem/Gemfile.lock": "GEM\n  remote: https://gems.example/\n  specs:\n    rack (1.0)\n    rails (7.0)\n"
    "      rack (>= 1)\n      thor\n    thor (1.0)\n      rack\n\nDEPENDENCIES\n  rails\n  thor\n",
    "pypi/poetry.lock": '[[package]]\nname = "one"\nversion = "1.0"\noptional = false\npython-versions = "*"\n'
    '[package.dependencies]\ntwo = "*"\n\n[[package]]\nname = "two"\nversion = "2.0"\noptional = false\n'
    'python-versions = "*"\n\n[metadata]\nlock-version = "2.0"\npython-versions = "*"\ncontent-hash = "x"\n',
    "composer/composer.lock": json.dumps(
        {
            "packages": [
                {"name": "v/x", "version": "1.0", "require": {"v/y": "^1"}},
                {"name": "v/y", "version": "1.0", "require": {}},
            ],
            "packages-dev": [],
        }
    ),
}
FACTS = Facts(
    projects={
        "https://forge.example/both": Project(url="https://forge.example/both", packages=("pkg:npm/a", "pkg:npm/c")),
        "https://forge.example/serde": Project(url="https://forge.example/serde", packages=("pkg:cargo/serde",)),
    }
)


def weighed(path: Path, facts: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, int]:
    """The values that the command line prints for one lockfile."""
    with pytest.raises(SystemExit) as left:
        main(["weigh", str(path), "--facts", str(facts), "--offline", "-q", *words])
    assert not left.value.code
    values: dict[str, int] = json.loads(capsys.readouterr().out)["values"]
    return {key: value for key, value in values.items() if value}


def own(found: Organisation, member: Member) -> dict[str, int]:
    """A member's vector by name."""
    rows = zip(member.nodes, member.sizes, strict=True)
    return {found.names[node]: size for node, size in rows if size}


@pytest.mark.parametrize(
    ("weighting", "level", "parameters"),
    [
        ("flow", "project", {}),
        ("flow", "version", {"keep": "1/3", "per_dependency": "none"}),
        ("shapley", "package", {}),
        ("equal", "project", {"dev_share": "1/4"}),
        ("direct", "version", {"scopes": "runtime"}),
    ],
)
@pytest.mark.parametrize("turn", ["cold", "warm"])
def test_each_vector_is_what_weigh_says(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    weighting: str,
    level: str,
    parameters: dict[str, str],
    turn: str,
) -> None:
    for name, text in FILES.items():
        (tmp_path / "org" / name).parent.mkdir(parents=True)
        (tmp_path / "org" / name).write_text(text, encoding="utf-8")
    facts = tmp_path / "facts.json"
    facts.write_text(documents.dumps(FACTS), encoding="utf-8")
    config = Config(offline=True, cache_dir=tmp_path / "cache")
    for number in range(2 if turn == "warm" else 1):
        scratch = tmp_path / f"scratch{number}"
        scratch.mkdir()
        found, _ = survey(
            portfolio_of(str(tmp_path / "org")),
            weighting=weighting,
            level=level,
            parameters=parameters,
            facts=FACTS,
            config=config,
            scratch=scratch,
        )
    assert {member.name for member in found.members} == {name.split("/")[0] for name in FILES}
    words = ["--weighting", weighting, "--level", level]
    words += [word for key, value in parameters.items() for word in ("--set", f"{key}={value}")]
    for name in FILES:
        member = next(row for row in found.members if row.name == name.split("/")[0])
        assert own(found, member) == weighed(tmp_path / "org" / name, facts, capsys, *words)
        assert sum(member.sizes) == member.scale * 10**15


CORPUS = Path(os.environ.get("DEPFUND_SHARED") or Path(__file__).parents[3] / "shared") / "corpus"


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_each_vector_of_real_lockfiles_is_what_weigh_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("cargo-lock", "gemfile-lock", "go-mod", "package-lock", "pnpm-lock", "poetry-lock", "uv-lock")
    picked = [min(path for path in (CORPUS / name).iterdir() if path.is_dir()) for name in names]
    for folder in picked:
        shutil.copytree(folder, tmp_path / "org" / folder.parent.name)
    config = Config(offline=True, cache_dir=tmp_path / "cache")
    (tmp_path / "scratch").mkdir()
    table = portfolio_of(str(tmp_path / "org"))
    found, _ = survey(table, facts=Facts(), config=config, scratch=tmp_path / "scratch")
    facts = tmp_path / "facts.json"
    facts.write_text(documents.dumps(Facts()), encoding="utf-8")
    single = [member for member in found.members if len(member.files) == 1]
    assert len(single) >= 4
    for member in single:
        path = tmp_path / "org" / member.files[0]
        assert own(found, member) == weighed(path, facts, capsys)
