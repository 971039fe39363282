"""node_modules as a lock describes it: what stands in each folder, by number.

A name means the nearest place, as Node resolves it: the package's own node_modules, then that of each folder above.
Places are numbers: those of packages in the order in which the file has them, then those of the project's own (itself,
its workspaces, folders that it links to). What is known of a place stands in a list, at its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _npm
from depfund.manifests._build import Builder

__all__ = ["NOWHERE", "RAW", "Entry", "Folder", "Nested", "Own", "Places"]

RAW = msgspec.Raw()
"""No JSON: the default of a field that is decoded later."""

NOWHERE = -1
"""The number of what stands nowhere: in a list that has one item more than there are places, the last one's."""

_HERE = "node_modules/"


class Entry(msgspec.Struct, rename="camel", gc=False):
    """One place of ``packages``."""

    name: str | None = None
    version: str | None = None
    resolved: str | bool | None = None
    link: bool | None = None
    dependencies: dict[str, str] | None = None
    optional_dependencies: dict[str, str] | None = None
    peer_dependencies: dict[str, str] | None = None
    peer_dependencies_meta: Any = None
    dev_dependencies: dict[str, str] | None = None
    funding: msgspec.Raw = RAW
    license: Any = None


class Nested(msgspec.Struct, gc=False):
    """One package of version 1: an :class:`Entry` that says less, under other names."""

    version: str | None = None
    resolved: str | bool | None = None
    dependencies: dict[str, str] | bool | None = msgspec.field(name="requires", default=None)
    inner: dict[str, Nested] | None = msgspec.field(name="dependencies", default=None)
    optional: bool = False
    name: ClassVar[None] = None
    optional_dependencies: ClassVar[None] = None
    peer_dependencies: ClassVar[None] = None
    peer_dependencies_meta: ClassVar[None] = None
    dev_dependencies: ClassVar[None] = None
    funding: ClassVar[msgspec.Raw] = RAW
    license: ClassVar[None] = None


class Folder(dict[str, int]):
    """One node_modules: the number of what stands there under each name. What it lacks, the folders above have.

    ``step`` is the path from the folder above to the package that this one belongs to.
    """

    __slots__ = ("above", "step")

    def __init__(self, step: str = "", above: Folder | None = None) -> None:
        super().__init__()
        self.step = step
        self.above = above

    def __missing__(self, name: str) -> int:
        above = self.above
        while above is not None:
            if name in above:
                return above[name]
            above = above.above
        return NOWHERE

    def place(self, name: str) -> str:
        """The path of ``name`` in it."""
        steps = [f"{_HERE}{name}"]
        folder = self
        while folder.above is not None:
            steps.append(folder.step)
            folder = folder.above
        return "".join(reversed(steps))


@dataclass(slots=True)
class Own:
    """A place of the project's own: what it asks for, what it is called, where it looks first."""

    place: str
    entry: Entry | Nested
    name: str
    look: Folder


class Places:
    """The places of one lock; ``where`` says of a path which part of the file an error is about."""

    def __init__(self, builder: Builder, where: Callable[[str], str] = "packages[{!r}]".format) -> None:
        self.builder = builder
        self.where = where
        self.top = Folder()
        self.entries: list[Entry | Nested] = []
        self.names: list[str] = []
        self.looks: list[Folder] = []
        """The folder in which each package looks first."""
        self.real: dict[int, str] = {}
        """The names of what stands under another one."""
        self.optional: set[int] = set()
        """For version 1: the places flagged optional. What others require of them is an optional dependency."""
        self.own: list[Own] = []

    def place(self, number: int) -> str:
        """The path of a package."""
        name, look = self.names[number], self.looks[number]
        return look.place(name) if look.above is None or look.get(name) == number else look.above.place(name)

    def flat(self, rows: Mapping[str, Entry]) -> None:
        """Number the places that versions 2 and 3 list by their paths."""
        folders = {"": self.top}
        entries, names, looks, real = self.entries, self.names, self.looks, self.real
        own = {"": Entry()}
        links: list[tuple[Folder, str, str]] = []
        for place, entry in rows.items():
            host, here, name = place.rpartition(_HERE)
            if here and not host:
                folder = self.top
            elif host[-1:] == "/":
                if host not in folders:
                    folders[host] = Folder()
                folder = folders[host]
            else:
                if place:
                    _npm.inside(self.builder.file, place, self.where(place))
                own[place] = entry
                continue
            resolved = entry.resolved
            if entry.link:
                if not isinstance(resolved, str):
                    where = f"{self.where(place)}.resolved"
                    raise ManifestError(
                        "a link without a folder it leads to.", file=self.builder.file.path, where=where
                    )
                links.append((folder, name, self._inside(resolved.removeprefix("file:"), place)))
            elif type(resolved) is str and resolved[:1] != "h" and _npm.origin(resolved) == "path":
                self._inside(resolved.removeprefix("file:"), place)
                own[place] = entry
                links.append((folder, name, place))
            else:
                folder[name] = len(entries)
                if entry.name:
                    real[len(entries)] = entry.name
                entries.append(entry)
                names.append(name)
                looks.append(folder)
        self._join(folders, own, links)

    def _join(self, folders: dict[str, Folder], own: dict[str, Entry], links: list[tuple[Folder, str, str]]) -> None:
        """Put each folder under the one above it; find where packages and projects look first, where links lead."""
        count = len(self.entries)
        nearest: dict[str, Folder] = {}
        stack = [("", self.top)]
        for path in sorted({*folders, *(place and f"{place}/" for place in own)}):
            while not path.startswith(stack[-1][0]):
                stack.pop()  # of sorted paths, those that one begins with stand right before it
            above, nearest[path] = stack[-1]
            if path in folders and path:
                nearest[path] = folder = folders[path]
                folder.step, folder.above = path[len(above) :], stack[-1][1]
                stack.append((path, folder))
                number = self._package(folders, path[:-1])
                if number >= 0:
                    self.looks[number] = folder
        numbers = {place: count + at for at, place in enumerate(own)}
        called: dict[str, str] = {}
        for folder, name, place in links:
            folder[name] = numbers[place] if place in numbers else self._package(folders, place)
            called[place] = name
        for place, entry in own.items():
            name = entry.name or called.get(place) or place.rpartition("/")[2]
            self.own.append(Own(place, entry, name if place else "", nearest[place and f"{place}/"]))

    def _package(self, folders: Mapping[str, Folder], place: str) -> int:
        """The number of the package at a path."""
        host, _, name = place.rpartition(_HERE)
        return folders[host].get(name, NOWHERE) if host in folders else NOWHERE

    def nested(self, rows: Mapping[str, Nested], project: Entry) -> None:
        """Number the places of the tree that version 1 writes."""
        entries, names, looks = self.entries, self.names, self.looks
        own: list[tuple[Folder, str, Own]] = []
        todo = [(self.top, rows)]
        while todo:
            folder, rows = todo.pop()
            for name, entry in rows.items():
                look, real = folder, name
                if entry.inner:
                    look = Folder(f"{_HERE}{name}/", folder)
                    todo.append((look, entry.inner))
                version = entry.version
                if not version:
                    entry.version = None
                elif ":" in version:
                    real, version = _npm.alias(name, version)
                    if ":" in version:
                        entry.resolved, version = version, _npm.commit(version)
                    entry.version = version or None
                resolved = entry.resolved
                if type(resolved) is str and resolved[:1] != "h" and _npm.origin(resolved) == "path":
                    self._inside(resolved.removeprefix("file:"), folder, name)
                    own.append((folder, name, Own(name, entry, name, look)))
                    continue
                if entry.optional:
                    self.optional.add(len(entries))
                if real != name:
                    self.real[len(entries)] = real
                folder[name] = len(entries)
                entries.append(entry)
                names.append(name)
                looks.append(look)
        self.own = [Own("", project, "", self.top), *(mine for _, _, mine in own)]
        for number, (folder, name, mine) in enumerate(own, len(entries) + 1):
            folder[name] = number
            if isinstance(mine.entry, Nested) and mine.entry.optional:
                self.optional.add(number)

    def _inside(self, reference: str, above: Folder | str, name: str = "") -> str:
        """Where a link leads; ``above`` is the place, or the folder in which ``name`` stands."""
        try:
            return _npm.inside(self.builder.file, reference, "")
        except ManifestError as error:  # paths are only put together when one is shown
            place = above if isinstance(above, str) else above.place(name)
            raise error.under(f"{self.where(place)}.resolved", file=self.builder.file.path) from None
