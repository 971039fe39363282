"""The documentation site: made pages are what the program says, and Sphinx builds the rest without a warning."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("depfund_docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "schemas.md", "errors.md"])
def test_made_pages_are_what_the_program_says(page: str) -> None:
    made = generator().PAGES[page]()
    kept = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert kept == made, f"docs/reference/{page} is out of date; run: python docs/generate.py"


def test_every_page_has_one_title_and_no_dead_relative_link() -> None:
    pages = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    assert len(pages) > 20
    for page in pages:
        text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, page
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.slow  # `make docs` is part of every CI run
def test_sphinx_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="Sphinx is in the dependency group docs")
    pytest.importorskip("myst_parser", reason="MyST is in the dependency group docs")
    pytest.importorskip("furo", reason="Furo is in the dependency group docs")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", "-d", str(tmp_path / "trees")]
    done = subprocess.run([*command, str(DOCS), str(tmp_path / "html")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    api = (tmp_path / "html/reference/api.html").read_text(encoding="utf-8")
    assert 'id="depfund.pipeline.allocate"' in api
    assert 'id="depfund.model.Allocation"' in api
