"""depfund's own graph document, as ``depfund graph --format json`` writes it; a person may have edited it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from packageurl import PackageURL

from depfund.documents import loads
from depfund.errors import FactsError, ManifestError
from depfund.manifests._build import finish
from depfund.manifests._file import File
from depfund.model import Graph, Kind, Note, Source

__all__ = ["read"]


def read(file: File) -> Graph:
    """The graph again. Purls are made canonical; an edge to a package that is not there is an error."""
    try:
        graph = loads(file.text(), Graph, name=file.path)
    except FactsError as error:
        raise ManifestError(str(error).removeprefix(f"{file.path} "), file=file.path) from error
    names: dict[str, str] = {}
    packages = {}
    for place, package in enumerate(graph.packages):
        purl = names[package.purl] = _canonical(package.purl, file, f"packages[{place}].purl")
        packages[purl] = package if purl == package.purl else replace(package, purl=purl)
    requires: dict[str, dict[str, Kind]] = {}
    for source, row in graph.requires.items():
        found = requires.setdefault(_known(source, names, file, "requires"), {})
        found.update(_row(row, names, file, f"requires[{source!r}]"))
    sources = graph.sources or (Source(path=file.path, format="graph", sha256=file.sha256, edges=bool(requires)),)
    direct = _row(graph.direct, names, file, "direct")
    notes: list[Note] = list(graph.notes)
    return finish(graph.root, packages, direct, requires, sources, notes)


def _row(row: Mapping[str, Kind], names: Mapping[str, str], file: File, place: str) -> dict[str, Kind]:
    return {_known(target, names, file, place): kind for target, kind in row.items()}


def _known(purl: str, names: Mapping[str, str], file: File, place: str) -> str:
    found = names.get(purl)
    if found is None:
        raise ManifestError(f"{purl!r} is not among the packages.", file=file.path, where=place)
    return found


def _canonical(purl: str, file: File, place: str) -> str:
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in purl):
        raise ManifestError(f"the purl {purl!r} holds a control character or blank.", file=file.path, where=place)
    try:
        parsed = PackageURL.from_string(purl)
    except ValueError as error:
        raise ManifestError(f"{purl!r} is no package URL: {error}.", file=file.path, where=place) from error
    return PackageURL(parsed.type, parsed.namespace, parsed.name, parsed.version, None, parsed.subpath).to_string()
