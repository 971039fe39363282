"""Go modules: ``go.mod``, ``go.work``, ``vendor/modules.txt``, and ``go.sum`` where it stands alone. None has edges.

* ``go.mod``: the ``require`` lines are the build list of a module (Go 1.17 and later); ``// indirect`` marks what the
  module does not import itself. A ``replace`` by a folder is first-party; one by another module keeps the name that is
  required, with a note. ``exclude``, ``retract``, ``tool`` and a go.sum beside add no package.
* ``go.work``: the modules it uses are first-party, each other module stands at the highest version that one requires.
* ``go.sum`` also holds versions that were only looked at; alone it is read with a note.

A module path keeps its case and its major version suffix (``…/v2``). Source: Go Modules Reference.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from depfund.errors import ManifestError
from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._go_syntax import statements
from depfund.manifests._semver import order
from depfund.model import Graph

__all__ = ["read"]

FORGES = ("github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/")
"""Hosts on which the first three parts of a module path are its repository."""

_VERSION = re.compile(r"v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


@dataclass(slots=True)
class Module:
    """What a go.mod says: ``requires`` maps module paths to (version, direct); ``local`` are replaced by folders."""

    path: str = ""
    requires: dict[str, tuple[str, bool]] = field(default_factory=dict)
    local: set[tuple[str, str]] = field(default_factory=set)
    swapped: dict[tuple[str, str], str] = field(default_factory=dict)
    uses: list[tuple[int, str]] = field(default_factory=list)


def read(file: File) -> Graph:
    """The graph of one of the four files, told apart by name and content.

    Raises :class:`~depfund.errors.ManifestError`.
    """
    try:
        text = file.text()
        if file.name == "modules.txt" or (text.startswith("# ") and "\n## " in text):
            return _vendored(file, text)
        if file.name == "go.sum" or _is_sum(text):
            return _summed(file, text)
        if file.name == "go.work":
            return _workspace(file, text)
        return _module(file, text)
    except ManifestError as error:
        raise error.under("", file=file.path) from error


def _is_sum(text: str) -> bool:
    first = text.lstrip().partition("\n")[0].split()
    return len(first) == 3 and first[2].startswith("h1:")


def parse(text: str) -> Module:
    """A go.mod or go.work. Raises ManifestError with the line."""
    module = Module()
    for number, verb, words, comment in statements(text):
        where = f"line {number}"
        if verb == "module" and words:
            module.path = words[0]
        elif verb == "require":
            if len(words) != 2:
                raise ManifestError("a require row is a module path and a version.", where=where)
            if words[0] in module.requires and module.requires[words[0]][0] != words[1]:
                kept, direct = module.requires[words[0]]
                words[1] = max(kept, words[1], key=order)
                comment = "" if direct else comment
            module.requires[words[0]] = (words[1], not _indirect(comment))
        elif verb == "replace":
            _replace(module, words, where)
        elif verb == "use":
            module.uses += [(number, word) for word in words]
    return module


def _indirect(comment: str) -> bool:
    """``indirect`` alone or in front of a semicolon, as Go reads it."""
    return comment == "indirect" or comment.startswith("indirect;")


def _replace(module: Module, words: list[str], where: str) -> None:
    try:
        arrow = words.index("=>")
        old, new = words[:arrow], words[arrow + 1 :]
        path, version = old[0], old[1] if len(old) > 1 else ""
        target = new[0]
    except (ValueError, IndexError) as error:
        raise ManifestError("a replace row is a module, an arrow and what stands for it.", where=where) from error
    if len(new) == 1:
        module.local.add((path, version))
    else:
        module.swapped[path, version] = f"{target} {new[1]}"


def _add(build: Builder, path: str, version: str, *, own: bool = False) -> str:
    if version and not _VERSION.fullmatch(version) and not own:
        build.note("odd_version", path, f"{version!r} is no module version; it is kept as written.")
    namespace, _, name = path.strip("/").rpartition("/")
    if not name:
        raise ManifestError(f"{path!r} is no module path.")
    purl = _purl.make("golang", name, version or None, namespace=namespace or None)
    if own:
        return build.package(purl, path, version or None, "golang", origin="path", first_party=True)
    hints = {}
    if path.startswith(FORGES) and len(parts := path.split("/")) >= 3:
        hints = {"repository": ("https://" + "/".join(parts[:3]),)}
    return build.package(purl, path, version or None, "golang", hints=hints)


def _require(build: Builder, module: Module, path: str, version: str, *, direct: bool, own: set[str]) -> None:
    if path in own or {(path, ""), (path, version)} & module.local:
        _add(build, path, version, own=True)
        return
    swapped = module.swapped.get((path, version)) or module.swapped.get((path, ""))
    if swapped:
        build.note("replaced", path, f"{path} {version} is replaced by {swapped}; it stands here under its own name.")
    purl = _add(build, path, version)
    if direct:
        build.direct(purl)


def _module(file: File, text: str) -> Graph:
    module = parse(text)
    if not module.path and not module.requires:
        raise ManifestError("no module and no require line; this is no go.mod.")
    build = Builder(file, "go-mod", edges=False, root=module.path)
    for path, (version, direct) in module.requires.items():
        _require(build, module, path, version, direct=direct, own={module.path})
    return build.graph()


def _workspace(file: File, text: str) -> Graph:
    work = parse(text)
    build = Builder(file, "go-mod", edges=False, root="")
    used: list[Module] = []
    for number, folder in work.uses:
        try:
            found = file.sibling(posixpath.join(folder, "go.mod"))
        except ManifestError as error:
            raise error.under(f"line {number}", file=file.path) from error
        if found is None:
            build.note("missing", folder, f"{file.path} uses {folder}, where no go.mod was found.")
            continue
        try:
            used.append(parse(found.text()))
        except ManifestError as error:
            raise error.under("", file=found.path) from error
    own = {module.path for module in used}
    chosen: dict[str, tuple[str, bool]] = {}
    for module in used:
        work.local |= module.local
        work.swapped = {**module.swapped, **work.swapped}
        for path, (version, direct) in module.requires.items():
            kept, before = chosen.get(path, (version, False))
            chosen[path] = (max(kept, version, key=order), direct or before)
    for path in sorted(own):
        _add(build, path, "", own=True)
    for path, (version, direct) in chosen.items():
        _require(build, work, path, version, direct=direct, own=own)
    build.root = work.path or (used[0].path if len(used) == 1 else "")
    return build.graph()


def _summed(file: File, text: str) -> Graph:
    build = Builder(file, "go-mod", edges=False)
    build.note(
        "go_sum",
        file.path,
        f"{file.path} holds every version that Go looked at, not only those in the build; read go.mod where you can.",
    )
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[2].startswith("h"):
            raise ManifestError("a row of go.sum is a module path, a version and a hash.", where=f"line {number}")
        if not words[1].endswith("/go.mod"):
            build.direct(_add(build, words[0], words[1]))
    return build.graph()


def _vendored(file: File, text: str) -> Graph:
    build = Builder(file, "go-mod", edges=False)
    above = _above(file)
    build.root = above.path
    path = version = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# "):
            words = line[2:].split()
            if not words:
                raise ManifestError("a module row without a module.", where=f"line {number}")
            path, version = words[0], words[1] if len(words) > 1 and words[1] != "=>" else ""
            new = words[words.index("=>") + 1 :] if "=>" in words else []
            if len(new) == 1:
                above.local.add((path, version))
            elif new:
                above.swapped[path, version] = " ".join(new)
            if version:
                _require(build, above, path, version, direct=False, own={above.path})
        elif line.startswith("## ") and "explicit" in line.split("; ")[0] and version:
            known = above.requires.get(path)
            _require(build, above, path, version, direct=known[1] if known else not above.requires, own={above.path})
    return build.graph()


def _above(file: File) -> Module:
    """The go.mod of the folder that ``vendor`` stands in, which knows what is direct."""
    try:
        found = file.sibling("../go.mod")
    except ManifestError:
        return Module()
    if found is None:
        return Module()
    try:
        return parse(found.text())
    except ManifestError as error:
        raise error.under("", file=found.path) from error
