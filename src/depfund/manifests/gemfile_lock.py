"""``Gemfile.lock`` of Bundler: gems with edges and direct dependencies; groups stand in the Gemfile (Ruby code) only.

Sections ``GEM``, ``GIT``, ``PATH`` and ``PLUGIN SOURCE`` hold specs; ``DEPENDENCIES`` what the Gemfile asks for.
Variants of one gem for several platforms (``nokogiri (1.19.4-x86_64-linux)``) are one gem, unless their versions
differ. Gems of a ``PATH`` section are first-party. A required gem that is not locked (``bundler``, default gems) is
left out.

Source: Bundler's ``lockfile_parser.rb``, which defines the format by its patterns.
"""

from __future__ import annotations

import re

from depfund.errors import ManifestError
from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.model import Graph

__all__ = ["read"]

SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
OTHERS = frozenset({"PLATFORMS", "DEPENDENCIES", "RUBY VERSION", "BUNDLED WITH", "CHECKSUMS"})
PUBLIC = frozenset({"https://rubygems.org/", "http://rubygems.org/", "rubygems.org"})
_ROW = re.compile(r"( +)([^ (!]+)(?: \(([^)]*)\))?(!)?[^\n]*")
_OPTION = re.compile(r"  ([a-z_-]+): ?(.*)")


class Lock:
    """What is read line by line: gems by name, what each requires by name, and what the Gemfile asks for."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self.gems: dict[str, list[str]] = {}
        self.edges: list[tuple[str, str]] = []
        self.wanted: list[str] = []
        self.section = ""
        self.seen = False
        self.options: dict[str, list[str]] = {}
        self.current = ""

    def line(self, line: str) -> None:
        if not line.strip():
            return
        if line[0] != " ":
            _merge_conflict(line)
            self.section, self.options, self.current = line.rstrip(), {}, ""
            self.seen = self.seen or self.section in SOURCES | OTHERS
        elif self.section in SOURCES and (option := _OPTION.fullmatch(line)):
            self.options.setdefault(option[1], []).append(option[2].strip())
        elif self.section in SOURCES or self.section == "DEPENDENCIES":
            self.row(line)

    def row(self, line: str) -> None:
        row = _ROW.fullmatch(line)
        if row is None:
            raise ManifestError(f"{line.strip()[:80]!r} is no row of a Gemfile.lock.")
        indent, name, version = len(row[1]), row[2], row[3]
        if self.section == "DEPENDENCIES":
            self.wanted.append(name)
        elif indent <= 4:
            self.current = _add(self.build, self.section, self.options, name, version)
            self.gems.setdefault(name, []).append(self.current)
        elif self.current:
            self.edges.append((self.current, name))


def read(file: File) -> Graph:
    """The graph of a Gemfile.lock. Raises :class:`~depfund.errors.ManifestError`."""
    build = Builder(file, "gemfile-lock", edges=True)
    lock = Lock(build)
    with Place(file) as place:
        for line in place.lines(file.text()):
            lock.line(line)
    if not lock.seen:
        raise ManifestError(
            "no section of a Gemfile.lock (GEM, PATH, DEPENDENCIES).",
            file=file.path,
            hint="Write the file again with `bundle lock`.",
        )
    for source, name in lock.edges:
        for target in lock.gems.get(name, ()):
            build.edge(source, target)
    for name in lock.wanted:
        if name in lock.gems:
            for gem in lock.gems[name]:
                build.direct(gem)
        elif name != "bundler":
            build.note("not_locked", name, f"the Gemfile asks for {name}, which {file.path} does not hold.")
    own = [package.name for package in build.packages.values() if package.first_party]
    build.root = own[0] if len(own) == 1 else ""
    return build.graph()


def _merge_conflict(line: str) -> None:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        raise ManifestError("a merge conflict is left in the file.", hint="Resolve it and run `bundle lock`.")


def _add(build: Builder, section: str, options: dict[str, list[str]], name: str, version: str | None) -> str:
    if not version:
        raise ManifestError(f"{name} has no version.")
    # Bundler's own rule: everything behind the first dash is the platform.
    plain = version.partition("-")[0]
    purl = _purl.make("gem", name, plain)
    remotes = options.get("remote", [])
    if section == "PATH":
        return build.package(purl, name, plain, "gem", origin="path", first_party=True)
    if section == "GIT":
        return build.package(purl, name, plain, "gem", origin="vcs", hints={"vcs": tuple(remotes)})
    private = tuple(each for each in remotes if each not in PUBLIC)
    # Several remotes in one section: the lock does not say which of them served the gem.
    hints = {"registry": private} if private and len(private) == len(remotes) else {}
    return build.package(purl, name, plain, "gem", hints=hints)
