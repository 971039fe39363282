"""What do we use? A file in, a Graph out. One file per format, none of them touches the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from depfund.errors import ManifestError, UnknownFormat
from depfund.manifests._accounts import bare, without_accounts
from depfund.manifests._file import File, open_file
from depfund.manifests._merge import merge
from depfund.model import Graph

__all__ = [
    "FORMATS",
    "File",
    "Format",
    "lock_file",
    "lockable",
    "merge",
    "open_file",
    "read_file",
    "reader",
    "recognise",
    "search",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table: its name, the module that reads it, the file names it goes by, and what it is.

    ``rank`` orders files of one project in one folder: a lock (1) beats the manifest beside it (3).
    ``aliases`` are other names that ``--as`` takes; the file names themselves always are.
    """

    name: str
    module: str
    files: tuple[str, ...]
    title: str
    ecosystem: str
    rank: int = 1
    aliases: tuple[str, ...] = ()


FORMATS: tuple[Format, ...] = (
    Format("graph", "graph_json", ("*.graph.json", "graph.json"), "depfund's own graph", "any"),
    Format("uv-lock", "uv_lock", ("uv.lock",), "uv", "pypi"),
    Format("poetry-lock", "poetry_lock", ("poetry.lock",), "Poetry 1.0 to 2.1", "pypi"),
    Format("pdm-lock", "pdm_lock", ("pdm.lock",), "PDM", "pypi"),
    Format("pylock", "pylock", ("pylock.toml", "pylock.*.toml"), "PEP 751", "pypi"),
    Format("pipfile-lock", "pipfile_lock", ("Pipfile.lock",), "Pipenv", "pypi"),
    Format(
        "requirements",
        "requirements",
        ("*requirements*.txt", "*requirements*.in", "*constraints*.txt", "requirements/*.txt", "requirements/*.in"),
        "requirements files of pip",
        "pypi",
        rank=2,
    ),
    Format("pyproject", "pyproject", ("pyproject.toml",), "PEP 621, PEP 735 and Poetry tables", "pypi", rank=3),
    Format("pipfile", "pipfile", ("Pipfile",), "Pipenv's manifest", "pypi", rank=3),
    Format("setup-cfg", "setup_cfg", ("setup.cfg",), "setuptools", "pypi", rank=4, aliases=("setup.cfg",)),
    Format("conda-lock", "conda_lock", ("conda-lock.yml", "*.conda-lock.yml"), "conda-lock", "conda"),
    Format("pixi-lock", "pixi_lock", ("pixi.lock",), "Pixi 4 to 7", "conda"),
    Format(
        "conda-env",
        "conda_env",
        ("environment.yml", "environment.yaml", "environment-*.yml"),
        "conda environment",
        "conda",
        rank=3,
    ),
    Format(
        "package-lock",
        "package_lock",
        ("package-lock.json", "npm-shrinkwrap.json"),
        "npm 1 to 3",
        "npm",
        aliases=("npm-shrinkwrap",),
    ),
    Format(
        "yarn-lock",
        "yarn_lock",
        ("yarn.lock",),
        "Yarn classic and berry",
        "npm",
        aliases=("yarn-lock-v1", "yarn-lock-berry"),
    ),
    Format("pnpm-lock", "pnpm_lock", ("pnpm-lock.yaml",), "pnpm 5 to 9", "npm"),
    Format("bun-lock", "bun_lock", ("bun.lock",), "Bun", "npm"),
    Format("deno-lock", "deno_lock", ("deno.lock",), "Deno 2 to 5", "npm"),
    Format("package-json", "package_json", ("package.json",), "npm's manifest", "npm", rank=3),
    Format("cargo-lock", "cargo_lock", ("Cargo.lock",), "Cargo", "cargo"),
    Format("go-mod", "go_mod", ("go.mod", "go.sum", "go.work", "vendor/modules.txt"), "Go modules", "golang", rank=2),
    Format("gemfile-lock", "gemfile_lock", ("Gemfile.lock", "gems.locked", "*.gemfile.lock"), "Bundler", "gem"),
    Format("composer-lock", "composer_lock", ("composer.lock",), "Composer", "composer"),
    Format("mix-lock", "mix_lock", ("mix.lock",), "Mix", "hex"),
    Format("pubspec-lock", "pubspec_lock", ("pubspec.lock",), "Dart and Flutter", "pub"),
    Format("nuget-lock", "nuget_lock", ("packages.lock.json", "packages.*.lock.json"), "NuGet", "nuget"),
    Format(
        "gradle-lockfile", "gradle_lockfile", ("gradle.lockfile", "*.gradle.lockfile", "*.lockfile"), "Gradle", "maven"
    ),
    Format("pom", "pom", ("pom.xml", "*.pom"), "Maven, as declared", "maven", rank=3),
    Format("package-resolved", "package_resolved", ("Package.resolved",), "Swift Package Manager 1 to 3", "swift"),
    Format("podfile-lock", "podfile_lock", ("Podfile.lock",), "CocoaPods", "cocoapods"),
    Format(
        "cyclonedx",
        "cyclonedx",
        ("bom.json", "*.cdx.json", "*cyclonedx*.json", "bom.xml", "*.cdx.xml"),
        "CycloneDX 1.2 to 1.7, JSON and XML",
        "any",
        rank=2,
    ),
    Format(
        "spdx",
        "spdx",
        ("*.spdx.json", "*spdx*.json", "*.spdx", "*.spdx3.json", "*.jsonld"),
        "SPDX 2.2, 2.3 (JSON, tag-value) and 3 (JSON-LD), GitHub's export",
        "any",
        rank=2,
    ),
)
"""Every format, one a line; entry points of the group ``depfund.manifests`` are looked at only for other names."""


def reader(name: str) -> tuple[Format, Callable[[File], Graph]]:
    """The row and the ``read`` function of a format by name, alias or file name; UnknownFormat otherwise."""
    wanted = name.lower().replace("_", "-")
    for row in FORMATS:
        if wanted in {row.name, *row.aliases, *(file.lower() for file in row.files)}:
            return row, import_module(f"depfund.manifests.{row.module}").read
    from importlib.metadata import entry_points

    from depfund.manifests._recognise import by_name

    if (named := by_name(name)) is not None:  # a file name of a pattern, such as requirements-dev.txt
        return named, import_module(f"depfund.manifests.{named.module}").read

    for point in entry_points(group="depfund.manifests", name=name):
        return Format(name, point.value, (), "a reader of another distribution", "any"), point.load()
    known = ", ".join(row.name for row in FORMATS)
    raise UnknownFormat(f"{name!r} is no format that depfund reads. Known: {known}.")


def recognise(file: File) -> Format:
    """The format of ``file``, by its name and content. Raises SourceError (empty) or UnknownFormat."""
    from depfund.manifests._recognise import recognise as by_name_and_content

    return by_name_and_content(file)


def read_file(file: File, format: str | None = None) -> Graph:
    """The graph of one file, of the named format or the one it is recognised as.

    Raises :class:`~depfund.errors.SourceError` and its branches, each naming the file; no other error leaves here.
    """
    if not file.data or file.data.isspace():
        recognise(file)  # says that it is empty
    row, read = reader(format or recognise(file).name)
    try:
        graph = read(file)
    except ManifestError as error:
        error.message = bare(error.message)
        raise error.under("", file=file.path) from error.__cause__
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ManifestError(
            f"it does not have the shape of {row.title} ({type(error).__name__}: {bare(str(error))[:200]}).",
            file=file.path,
        ) from error
    return without_accounts(graph)


def search(folder: Path) -> list[Path]:
    """The files of a folder that say what its projects use, each project once, sorted."""
    from depfund.manifests._search import search as walk

    return walk(folder)


def lockable(graph: Graph) -> bool:
    """Whether ``graph`` was read from an unpinned Python manifest, which uv can lock."""
    formats = {source.format for source in graph.sources}
    return bool(formats) and formats <= _LOCKABLE and any(note.code in {"unpinned", "dynamic"} for note in graph.notes)


_LOCKABLE = {"requirements", "pyproject", "setup-cfg", "pipfile"}


def lock_file(file: File, graph: Graph, environ: Mapping[str, str] | None = None) -> Graph:
    """``graph``, read from the unpinned ``file``, with versions and edges. Raises LockingError."""
    from depfund.manifests._lock import locked

    return locked(file, graph, environ)
