"""What a registry says about a package, in one shape for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from packageurl import PackageURL

from depfund.http import Answer
from depfund.model import Evidence, Maintainer, Note, Package
from depfund.registries._repository import locate

__all__ = ["Finding", "Link", "Wanted", "absent", "clip", "note", "place", "text", "wanted"]

_PLAIN = re.compile(r"pkg:(cargo|gem|npm|pypi)/([a-z0-9-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that a registry gives as a way to fund a package: the ``label`` it stands under, ``where`` and when."""

    url: str
    label: str = ""
    where: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of a package, from the latest metadata of its registry.

    ``purl`` is versionless. ``exists`` is None when nobody could say. ``repository`` is canonical
    (``https://host/owner/name``), ``directory`` the package's folder in it. ``links`` are funding links, in the
    registry's order; ``older_links`` those of the locked versions that the latest no longer has. ``status`` is
    archived, deprecated, yanked, quarantined or removed. ``tried`` lists each look-up and what it answered.
    """

    purl: str
    exists: bool | None = None
    repository: str | None = None
    homepage: str | None = None
    links: tuple[Link, ...] = ()
    maintainers: tuple[Maintainer, ...] = ()
    licence: str | None = None
    status: str | None = None
    organization: str | None = None
    directory: str | None = None
    evidence: tuple[Evidence, ...] = ()
    tried: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    older_links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One name to look up: all its locked ``versions``, and the ``source`` that the lockfile records (or None).

    ``known`` is the repository that an aggregator gave: enough not to ask a registry a second question for it.
    """

    purl: str
    kind: str
    namespace: str
    name: str
    versions: tuple[str, ...] = ()
    source: str | None = None
    origin: str = "registry"
    known: str | None = None
    hints: Mapping[str, tuple[str, ...]]

    @property
    def full(self) -> str:
        """The name as the ecosystem writes it: ``@scope/name``, ``vendor/name``, ``group:artifact``, a module path."""
        if not self.namespace:
            return self.name
        return f"{self.namespace}{':' if self.kind == 'maven' else '/'}{self.name}"


def wanted(packages: Iterable[Package], purl: str) -> Wanted:
    """The look-up for all ``packages`` that are locked versions of the versionless ``purl``."""
    rows = sorted(packages, key=lambda each: each.purl)
    kind, namespace, name = _parts(purl)
    sources = sorted({source for row in rows for source in row.hints.get("registry", ())})
    origins = {row.origin for row in rows}
    return Wanted(
        purl=purl,
        kind=kind,
        namespace=namespace,
        name=name,
        versions=tuple(sorted({row.version for row in rows if row.version})),
        source=sources[0] if sources else None,
        origin="registry" if "registry" in origins else min(origins),
        hints={key: value for row in reversed(rows) for key, value in row.hints.items()},
    )


def _parts(purl: str) -> tuple[str, str, str]:
    """Type, namespace and name; where nothing is encoded and no rule of the type applies, as they stand."""
    if plain := _PLAIN.fullmatch(purl):
        return plain[1], "", plain[2]
    parts = PackageURL.from_string(purl)
    return parts.type, parts.namespace or "", parts.name


def place(finding: Finding, candidates: Iterable[tuple[str, str | None, bool]], answer: Answer) -> Finding:
    """``finding`` with the first of ``candidates`` that names a repository.

    A candidate is (field, text, explicit): the field's name for the evidence, what it says, and whether the field
    is meant for repositories.
    """
    for field, value, explicit in candidates:
        found = locate(value, explicit=explicit)
        if found and value:
            seen = Evidence(where=answer.url, what=f"{field}: {clip(value)}", seen=answer.seen)
            return replace(
                finding,
                repository=found[0],
                directory=finding.directory or found[1],
                evidence=(*finding.evidence, seen),
            )
    return finding


def absent(want: Wanted, answer: Answer, what: str) -> Finding:
    """The finding of a look-up that gave no metadata: the package is unknown there, or the question stays open."""
    said = f"{what}: {answer.said}"
    if answer.missing:
        return Finding(purl=want.purl, exists=False, tried=(said,))
    gap = note("warning", "registry_gap", want.purl, f"{what} could not be asked ({answer.said}).")
    return Finding(purl=want.purl, tried=(said,), notes=(gap,))


def note(level: str, code: str, subject: str, message: str) -> Note:
    """A Note of this room."""
    return Note(level=level, code=code, subject=subject, message=message)  # type: ignore[arg-type]


def text(value: object, limit: int = 2000) -> str | None:
    """``value`` when it is text that says something, on one line; else None."""
    if not isinstance(value, str):
        return None
    plain = " ".join(value.split())
    return plain if plain and len(plain) <= limit and plain.upper() not in {"UNKNOWN", "NONE", "NULL"} else None


def clip(value: str, limit: int = 300) -> str:
    """``value`` on one line, short enough for a report."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
