"""``pom.xml`` of Maven, as declared: versions where they are written, no edges.

Properties (``${…}``), ``dependencyManagement`` and ``parent`` are followed as far as they stand in files of the
project's folder, an imported BOM too that is one of its modules; what others decide is not known here: such a package
has no version, and a note says so. ``modules`` are first-party, and so is a dependency on one of them. Scopes: compile
and runtime are runtime, test is dev, provided is build, optional is optional; system is a file of the project. Profiles
and plugins are left out. Document types and entities are refused.

Source: Maven, "POM Reference" and "Introduction to the Dependency Mechanism".
"""

from __future__ import annotations

from depfund.manifests import _purl
from depfund.manifests._build import Builder
from depfund.manifests._file import File
from depfund.manifests._place import Place
from depfund.manifests._pom import Dependency, load, modules
from depfund.model import Graph, Kind

__all__ = ["read"]

SCOPES: dict[str, Kind] = {"compile": "runtime", "runtime": "runtime", "test": "dev", "provided": "build"}
"""Maven's scopes as kinds; ``system`` is a path, ``import`` names no dependency."""


def read(file: File) -> Graph:
    """What a pom.xml and the modules below it declare. Raises :class:`~depfund.errors.ManifestError`."""
    top = load(file)
    projects = [top, *modules(top)]
    build = Builder(file, "pom", edges=False, root=top.artifact)
    known = {(project.group, project.artifact): project for project in projects}
    own = set(known)
    own |= {(each.group, each.artifact) for project in projects for each in project.line()}
    own |= {(each.group, each.artifact) for project in projects for above in project.line() for each in modules(above)}
    for project in projects:
        with Place(project.file) as place:
            for dependency in place.rows("dependencies", project.dependencies(known)):
                _add(build, dependency, own)
    build.note(
        "declared",
        file.path,
        f"{file.path} declares its direct dependencies only. For the whole tree write an SBOM "
        "(mvn org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom) and read target/bom.json.",
        "info",
    )
    return build.graph()


def _add(build: Builder, dependency: Dependency, own: set[tuple[str, str]]) -> None:
    name = f"{dependency.group}:{dependency.artifact}"
    version = dependency.version
    if version is not None and ("${" in version or version[:1] in "[("):
        build.note("no_version", name, f"the version {version!r} of {name} cannot be told from {build.file.path}.")
        version = None
    elif version is None:
        build.note("no_version", name, f"the version of {name} is decided outside of {build.file.path}.", "info")
    purl = _purl.make("maven", dependency.artifact, version, namespace=dependency.group)
    if (dependency.group, dependency.artifact) in own:
        build.package(purl, name, version, "maven", origin="path", first_party=True)
        return
    if dependency.scope == "system":
        build.note("system", name, f"{name} is a file of the project (scope system).", "info")
        build.package(purl, name, version, "maven", origin="path")
        build.direct(purl)
        return
    kind: Kind = SCOPES.get(dependency.scope, "runtime")
    build.direct(
        build.package(purl, name, version, "maven"), "optional" if dependency.optional and kind == "runtime" else kind
    )
