"""``mix.lock`` of Elixir's Mix: hex and git packages with edges; what is direct stands in mix.exs (Elixir code) only.

A row is ``"app": {:hex, :name, version, checksum, managers, dependencies, repository, …}`` or
``{:git, address, commit, options}``. The purl carries the hex name, which may differ from the app's. Optional
dependencies that nothing else asks for are not locked and left out. A git package has its commit as version and
no list of dependencies.

Source: Mix documentation and Hex's ``Hex.Mix`` (``to_lock``).
"""

from __future__ import annotations

from dataclasses import dataclass

from depfund.errors import ManifestError
from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._elixir import Atom, Pairs, Tuple, term
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph, Kind

__all__ = ["read"]


@dataclass(slots=True)
class Row:
    """An entry: its purl and the apps it depends on, with the hex name and whether that is optional."""

    purl: str
    needs: list[tuple[str, str, Kind]]


def read(file: File) -> Graph:
    """The graph of a mix.lock. Raises :class:`~depfund.errors.ManifestError`."""
    build = Builder(file, "mix-lock", edges=True)
    rows: dict[str, Row] = {}
    with Place(file):
        plain = term(file.text())
    if not isinstance(plain, Pairs) or plain.kind != "map":
        raise ManifestError("a mix.lock is one map, %{…}.", file=file.path)
    with Place(file) as place:
        for app, value in place.pairs(plain.items):
            if app in rows:
                raise ManifestError("the key stands twice.")
            if (row := _row(build, app, value)) is not None:
                rows[app] = row
    named = {build.packages[row.purl].name: row for row in rows.values()}
    for row in rows.values():
        for app, name, kind in row.needs:
            if (target := rows.get(app) or named.get(name)) is not None:
                build.edge(row.purl, target.purl, kind)
    if rows:
        build.note("no_direct", file.path, f"{file.path} does not say what is direct: that stands in mix.exs.", "info")
    return build.graph()


def _row(build: Builder, app: str, value: object) -> Row | None:
    if not isinstance(value, Tuple) or not value.items or not isinstance(value.items[0], Atom):
        raise ManifestError('an entry is a tuple such as {:hex, :name, "1.0.0", …}.')
    how, rest = value.items[0], value.items[1:]
    if how == "hex":
        return _hex(build, rest)
    if how == "git" and len(rest) >= 2 and isinstance(rest[0], str) and isinstance(rest[1], str):
        address, commit = str(rest[0]), str(rest[1])
        purl = _purl.make("hex", app, commit)
        return Row(build.package(purl, app, commit, "hex", origin="vcs", hints={"vcs": (address,)}), [])
    if how == "path":
        purl = _purl.make("hex", app)
        return Row(build.package(purl, app, None, "hex", origin="path", first_party=True), [])
    build.note("skipped", app, f"{app} is locked as {{:{how}, …}}, which is not read.")
    return None


def _hex(build: Builder, rest: tuple[object, ...]) -> Row:
    if len(rest) < 2 or not isinstance(rest[0], str) or not isinstance(rest[1], str):
        raise ManifestError("a hex entry has a name and a version.")
    name, version = str(rest[0]), str(rest[1])
    repository = str(rest[5]) if len(rest) > 5 and isinstance(rest[5], str) else "hexpm"
    _, _, organisation = repository.partition(":")
    hints = {} if repository == "hexpm" else {"registry": (repository,)}
    purl = _purl.make("hex", name, version, namespace=organisation or None)
    needs: list[tuple[str, str, Kind]] = []
    for each in rest[4].items if len(rest) > 4 and isinstance(rest[4], Pairs) else ():
        options = each.items[-1] if isinstance(each, Tuple) else None
        if isinstance(each, Tuple) and each.items and isinstance(each.items[0], str):
            given = dict(options.items) if isinstance(options, Pairs) and options.kind == "keywords" else {}
            optional: Kind = "optional" if given.get(Atom("optional")) == Atom("true") else "runtime"
            needs.append((str(each.items[0]), str(given.get(Atom("hex"), each.items[0])), optional))
    return Row(build.package(purl, name, version, "hex", hints=hints), needs)
