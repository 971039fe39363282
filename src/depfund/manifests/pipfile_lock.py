"""``Pipfile.lock`` of pipenv: sections of pinned packages without edges; the ``Pipfile`` beside names the direct ones.

The section ``default`` is runtime, ``develop`` and every custom category are dev. Local projects (``path``), which
pipenv may key by a hash, are first-party.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._decode import json, shape
from depfund.manifests._file import File
from depfund.manifests._python import normal, pypi, repository, without_account
from depfund.manifests.pipfile import declared
from depfund.model import KINDS, Graph, Kind

__all__ = ["read"]

_ARCHIVES = (".whl", ".zip", ".gz", ".bz2", ".xz")


class Row(msgspec.Struct):
    """An entry of a section."""

    version: str = ""
    index: str = ""
    git: str = ""
    path: str = ""
    file: str = ""
    editable: bool = False


def read(file: File) -> Graph:
    """The packages of a ``Pipfile.lock``."""
    plain = json(file, dict[str, Any])
    meta = plain.pop("_meta", None)
    if not isinstance(meta, dict):
        raise ManifestError("no _meta table; this is no Pipfile.lock.", file=file.path, where="_meta")
    spec = meta.get("pipfile-spec", 6)
    if spec != 6:
        raise ManifestError(f"pipfile-spec {spec} is not known here.", file=file.path, where="_meta.pipfile-spec")
    sections = {name: _section(rows, name, file) for name, rows in plain.items()}
    builder = Builder(file, "pipfile-lock", edges=False, root=file.here.name if file.here else "")
    indexes = {
        str(source.get("name", "")): without_account(str(source.get("url", "")))
        for source in meta.get("sources", []) or []
        if isinstance(source, dict)
    }
    purls: dict[tuple[str, str], str] = {}
    kinds: dict[str, tuple[Kind, ...]] = {}
    for section, rows in sections.items():
        kind: Kind = "runtime" if section == "default" else "dev"
        for name, row in rows.items():
            try:
                purl = _package(builder, name, row, indexes)
            except ManifestError as error:
                raise error.under(f"{section}.{name}") from error
            purls[section, normal(name)] = purl
            if kind not in kinds.setdefault(purl, ()):
                kinds[purl] = (*kinds[purl], kind)
    for purl, labels in kinds.items():
        package = builder.packages[purl]
        if not package.first_party:
            builder.packages[purl] = replace(package, scopes=tuple(sorted(labels, key=KINDS.index)))
    _direct(builder, file, sections, purls)
    return builder.graph()


def _section(rows: Any, name: str, file: File) -> dict[str, Row]:
    try:
        return shape(rows, dict[str, Row], file)
    except ManifestError as error:
        raise error.under(name) from error


def _package(builder: Builder, key: str, row: Row, indexes: dict[str, str]) -> str:
    name = normal(key)
    version = row.version.lstrip("=").strip() or None
    local = row.path or (row.file if "://" not in row.file else "")
    if row.git:
        hints = {"vcs": (without_account(row.git),), "repository": (repository(row.git),)}
        return builder.package(pypi(name, version), key, version, "pypi", origin="vcs", hints=hints)
    if local:
        first = not local.endswith(_ARCHIVES)
        return builder.package(pypi(name, version), key, version, "pypi", origin="path", first_party=first)
    if row.file:
        hints = {"url": (without_account(row.file),)}
        return builder.package(pypi(name, version), key, version, "pypi", origin="url", hints=hints)
    index = indexes.get(row.index) or (next(iter(indexes.values())) if len(indexes) == 1 else "")
    return builder.package(pypi(name, version), key, version, "pypi", hints={"registry": (index,)} if index else {})


def _direct(
    builder: Builder, file: File, sections: dict[str, dict[str, Row]], purls: dict[tuple[str, str], str]
) -> None:
    beside = file.sibling("Pipfile")
    if beside is not None:
        for section, _, wanted in declared(beside).sections:
            purl = purls.get((section, wanted.name)) or purls.get(("default", wanted.name))
            if purl:
                builder.direct(purl, "runtime" if section == "default" else "dev")
        return
    # pipenv writes an index for the packages that the Pipfile names, and for no other, unless there are several.
    marked = {(section, name) for section, rows in sections.items() for name, row in rows.items() if row.index}
    total = sum(map(len, sections.values()))
    for section, rows in sections.items():
        for name in rows:
            if not 0 < len(marked) < total or (section, name) in marked:
                builder.direct(purls[section, normal(name)], "runtime" if section == "default" else "dev")
    builder.note(
        "no_manifest",
        file.path,
        "no Pipfile beside this Pipfile.lock, and only that names the direct dependencies for sure.",
    )
