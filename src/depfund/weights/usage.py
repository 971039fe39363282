"""How often the user's own code imports each direct dependency, counted with :mod:`ast`; nothing is run.

Static counts are noisy for namespace packages and for plugins that are loaded by configuration, hence the + 1 of
``stakes="usage"``.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

__all__ = ["count", "of_packages"]

_SKIPPED = {"node_modules", "site-packages", "build", "dist", "venv", "env", "__pycache__"}
_KNOWN: Mapping[str, str] = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jwt": "pyjwt",
    "openssl": "pyopenssl",
    "pil": "pillow",
    "rest_framework": "djangorestframework",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def count(folder: str | Path) -> dict[str, int]:
    """Top-level import name → number of import statements that name it, over every ``.py`` file under ``folder``.

    The standard library, relative imports, hidden folders and installed packages are left out, and so are files
    that do not parse. Keys in code point order.
    """
    found: Counter[str] = Counter()
    for path in _files(Path(folder)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found.update(name for node in ast.walk(tree) for name in _imported(node))
    return {name: found[name] for name in sorted(found) if name not in sys.stdlib_module_names}


def of_packages(counts: Mapping[str, int], names: Mapping[str, str] | None = None) -> dict[str, int]:
    """``counts`` by package name: ``names`` (import name → package) first, then well-known ones, else the same name."""
    known = {**_KNOWN, **{key.lower(): value for key, value in (names or {}).items()}}
    found: Counter[str] = Counter()
    for name in sorted(counts):
        found[known.get(name.lower(), name.lower().replace("_", "-"))] += counts[name]
    return dict(sorted(found.items()))


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    found: list[Path] = []
    todo = [folder]
    while todo:
        try:
            entries = sorted(todo.pop().iterdir())
        except OSError:
            continue
        for path in entries:
            if path.name.startswith(".") or path.name in _SKIPPED or path.is_symlink():
                continue
            if path.is_dir():
                todo.append(path)
            elif path.suffix == ".py" and path.is_file():
                found.append(path)
    return sorted(found)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return sorted({alias.name.partition(".")[0] for alias in node.names})
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module.partition(".")[0]]
    return []
