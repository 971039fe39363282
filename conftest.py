"""Documentation that runs: every Python and console block of README.md, docs/ and the docstrings is a test.

A ```python block is executed, a ``>>>`` line in a docstring checked. In a ```console block each ``$ depfund …`` line is
run through the command line's own entry point and the lines below it must be what it prints (``...`` stands for
anything).
Blocks run in the repository's root, in a scratch copy of what they write.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.parsers.myst import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_console(example: Example) -> str | None:
    """Run the commands of a console block; the difference when the output is not what the document says."""
    from depfund.cli import main

    steps: list[tuple[str, list[str]]] = []
    for line in str(example.parsed).splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps:
            steps[-1][1].append(line)
    for command, expected in steps:
        words = shlex.split(command, comments=True)
        if not words or words[0] != "depfund":
            return f"only depfund commands can be run in a console block, not {command!r}"
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
            main(words[1:])
        want, got = "\n".join(expected).strip() + "\n", out.getvalue().strip() + "\n"
        if expected and not doctest.OutputChecker().check_output(
            want, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        ):
            return f"$ {command}\nexpected:\n{want}\ngot:\n{got}"
    return None


class ConsoleBlocks:
    """A sybil parser for ```console blocks with a ``$ depfund`` line."""

    def __call__(self, document: Document) -> Iterator[Region]:
        """The blocks as regions."""
        for found in _BLOCK.finditer(document.text):
            if "$ depfund" in found[1]:
                yield Region(found.start(), found.end(), found[1], run_console)


@pytest.fixture(scope="module")
def in_the_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Documents speak of paths in a checkout: blocks run in a copy of its examples, and write there."""
    import shutil

    folder = tmp_path_factory.mktemp("document")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for name in ("tests/data", "docs"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("_build"))
    before = Path.cwd()
    os.chdir(folder)
    kept = dict(os.environ)
    os.environ["DEPFUND_OFFLINE"] = "1"
    os.environ["DEPFUND_CACHE_DIR"] = str(folder / "cache")
    yield
    os.environ.clear()
    os.environ.update(kept)
    os.chdir(before)


pytest_collect_file = (
    Sybil(
        parsers=[PythonCodeBlockParser(), ConsoleBlocks()],
        patterns=["README.md", "docs/**/*.md", "examples/**/*.md"],
        excludes=["docs/_build/**"],
        fixtures=["in_the_root"],
    )
    + Sybil(parsers=[DocTestParser(doctest.ELLIPSIS)], patterns=["src/**/*.py"], fixtures=["in_the_root"])
).pytest()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``slow`` run where they are asked for: ``pytest -m slow``."""
    if "slow" not in str(config.option.markexpr):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes long; run it with -m slow"))
