"""``setup.cfg`` of setuptools, as declared: install_requires, extras, setup_requires and tests_require.

``file:`` values are followed inside the project's folder. What ``setup.py`` computes cannot be read from here.
"""

from __future__ import annotations

import configparser

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests.pyproject import Declared, declare
from depfund.model import Graph

__all__ = ["declared", "read"]


def read(file: File) -> Graph:
    """The declared dependencies, with a note ``unpinned``."""
    project = declared(file)
    builder = Builder(file, "setup-cfg", edges=False, root=project.name or (file.here.name if file.here else ""))
    declare(builder, project)
    return builder.graph()


def declared(file: File) -> Declared:
    """Everything ``file`` asks for."""
    parser = configparser.RawConfigParser(strict=True)
    try:
        parser.read_string(file.text(), source=file.path)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((at for at, _ in getattr(error, "errors", ())), None)
        raise ManifestError(
            f"not an INI file that setuptools reads: {error.message.splitlines()[0]}",
            file=file.path,
            where=f"line {line}" if line else "",
        ) from error
    found = Declared(name=parser.get("metadata", "name", fallback=""))
    for key in ("install_requires", "install-requires"):
        found.add("runtime", _rows(parser.get("options", key, fallback=""), file), f"options.{key}", file)
    for key in ("setup_requires", "setup-requires"):
        found.add("build", _rows(parser.get("options", key, fallback=""), file), f"options.{key}", file)
    for key in ("tests_require", "tests-require"):
        found.add("dev", _rows(parser.get("options", key, fallback=""), file), f"options.{key}", file)
    if parser.has_section("options.extras_require"):
        for extra, value in parser.items("options.extras_require"):
            found.add("optional", _rows(value, file), f"options.extras_require.{extra}", file)
    return found


def _rows(value: str, file: File) -> list[str]:
    """The requirements of a value, one a line or with ``;`` between them, or those of the files it names."""
    text = value.strip()
    if text.startswith("file:"):
        rows: list[str] = []
        for name in text[5:].split(","):
            beside = file.sibling(name.strip())
            if beside is not None:
                rows += beside.text().splitlines()
    elif "\n" in value:
        rows = value.splitlines()
    else:
        rows = (
            text.split(";")
            if text.count(";") and not any(sign in text for sign in ("==", "<", ">", "'", '"'))
            else [text]
        )
    return [row.partition(" #")[0].strip() for row in rows if row.strip() and not row.strip().startswith(("#", "-"))]
