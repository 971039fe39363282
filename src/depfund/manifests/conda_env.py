"""``environment.yml`` of conda, as declared: conda's match specs, and a list of pip's requirements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from depfund import _yaml
from depfund.errors import ManifestError
from depfund.manifests._build import Builder
from depfund.manifests._conda import match
from depfund.manifests._file import File
from depfund.manifests._purl import make
from depfund.manifests._python import Wanted, parse, pypi, repository, without_account
from depfund.model import Graph

__all__ = ["Environment", "declared", "read"]


@dataclass(slots=True)
class Environment:
    """What the file asks for."""

    name: str = ""
    channels: tuple[str, ...] = ()
    conda: list[tuple[str, str | None]] = field(default_factory=list)
    pip: list[Wanted] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[tuple[str, str]]:
        """``(manager, name)`` of everything asked for."""
        return [("conda", name) for name, _ in self.conda] + [("pip", wanted.name) for wanted in self.pip]


def read(file: File) -> Graph:
    """The declared packages; only ``==`` and ``name=version=build`` give a version."""
    environment = declared(file)
    builder = Builder(file, "conda-env", edges=False, root=environment.name)
    loose = False
    for name, version in environment.conda:
        builder.direct(builder.package(make("conda", name, version), name, version, "conda"))
        loose = loose or version is None
    for wanted in environment.pip:
        builder.direct(_pip(builder, wanted))
    for odd in environment.odd:
        builder.note("invalid_requirement", file.path, f"{odd[:200]!r} is no requirement; it is left out.")
    for line in environment.elsewhere:
        builder.note("not_followed", file.path, f"{line[:200]!r} names a file of its own; read that one beside this.")
    if loose:
        builder.note(
            "not_locked",
            file.path,
            f"{file.path} does not pin its packages; `conda-lock` or `pixi lock` makes a lock with versions and edges.",
            "info",
        )
    return builder.graph()


def _pip(builder: Builder, wanted: Wanted) -> str:
    version = wanted.spec.lstrip("=").strip() if wanted.spec.startswith("==") and "*" not in wanted.spec else None
    if wanted.url.startswith("git+"):
        hints = {"vcs": (without_account(wanted.url),), "repository": (repository(wanted.url),)}
        return builder.package(pypi(wanted.name), wanted.name, None, "pypi", origin="vcs", hints=hints)
    if wanted.url:
        hints = {"url": (without_account(wanted.url),)}
        return builder.package(pypi(wanted.name), wanted.name, None, "pypi", origin="url", hints=hints)
    if version and "," in version:
        version = None
    return builder.package(pypi(wanted.name, version), wanted.name, version, "pypi")


def declared(file: File) -> Environment:
    """Everything ``file`` asks for. Raises ManifestError with the place of what has a wrong type."""
    plain = _yaml.load(file.data, file.path)
    if not isinstance(plain, dict):
        raise ManifestError("a mapping is expected at the top.", file=file.path, hint="See conda's environment.yml.")
    name = plain.get("name")
    found = Environment(name=name if isinstance(name, str) else "")
    rows: Any = plain.get("dependencies") or []
    if not isinstance(rows, list):
        raise ManifestError("a list is expected here.", file=file.path, where="dependencies")
    for place, row in enumerate(rows):
        if isinstance(row, dict):
            pip = row.get("pip") or []
            if not isinstance(pip, list):
                raise ManifestError("a list is expected here.", file=file.path, where=f"dependencies[{place}].pip")
            for text in pip:
                _pip_row(found, text)
        elif isinstance(row, str) and (spec := match(row)):
            found.conda.append(spec)
        else:
            found.odd.append(str(row))
    return found


def _pip_row(found: Environment, text: Any) -> None:
    if not isinstance(text, str):
        found.odd.append(str(text))
        return
    plain = text.partition(" #")[0].strip()
    if plain.startswith(("-e ", "--editable ")) and "#egg=" in plain:
        url, _, egg = plain.partition(" ")[2].partition("#egg=")
        plain = f"{egg.partition('&')[0]} @ {url.strip()}"
    elif plain.startswith("git+") and "#egg=" in plain:
        url, _, egg = plain.partition("#egg=")
        plain = f"{egg.partition('&')[0]} @ {url}"
    elif plain.startswith("-"):
        if plain.startswith(("-r", "-c", "--requirement", "--constraint")):
            found.elsewhere.append(plain)
        return  # an option, such as the index
    wanted = parse(plain)
    if wanted is None:
        found.odd.append(text)
    else:
        found.pip.append(wanted)
