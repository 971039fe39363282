"""What the readers of Python's formats share: names, requirement strings, and which locked version one means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from depfund.manifests._build import Builder
from depfund.manifests._purl import make

__all__ = ["Locked", "Wanted", "dialect", "normal", "parse", "pypi", "repository", "unrequired", "without_account"]

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>[^\s;]+(?:;(?!\s)[^\s;]*)*)|\(?(?P<spec>[<>=!~^*\d][^;@)]*)?\)?)?\s*(?:;(?P<marker>.*))?",
    re.DOTALL,
)
_EXTRA_MARKER = re.compile(r"\bextra\s*==|==\s*extra\b|\bin\s+extras\b")


@lru_cache(maxsize=65_536)
def normal(name: str) -> str:
    """PEP 503."""
    return str(canonicalize_name(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A requirement string taken apart (PEP 508). ``extra`` says that its marker asks for an extra."""

    name: str
    extras: tuple[str, ...] = ()
    spec: str = ""
    url: str = ""
    marker: str = ""

    @property
    def extra(self) -> bool:
        """Whether it only holds for an extra of the package that states it."""
        return bool(self.marker) and _EXTRA_MARKER.search(self.marker) is not None


@lru_cache(maxsize=65_536)
def parse(text: str) -> Wanted | None:
    """``text`` as a :class:`Wanted`, or None for what is no requirement.

    Lenient where ``packaging`` is strict: old metadata in locks has specifiers that no longer are any.
    """
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        return None
    extras = tuple(sorted(normal(extra.strip()) for extra in (match["extras"] or "").split(",") if extra.strip()))
    return Wanted(
        name=normal(match["name"]),
        extras=extras,
        spec=(match["spec"] or "").strip(),
        url=match["url"] or "",
        marker=(match["marker"] or "").strip(),
    )


class Locked:
    """The locked versions by normalised name, and which of them a requirement means."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}

    def add(self, name: str, version: str | None, purl: str) -> None:
        """``purl`` is locked under the normalised ``name``."""
        self.rows.setdefault(name, {})[purl] = version or ""

    def find(self, name: str, spec: str = "") -> Iterable[str]:
        """The purls of ``name`` that ``spec`` (PEP 440, or Poetry's dialect) allows.

        One locked version is the answer whatever is asked (the lock knows of overrides); so are all of several
        when none fits.
        """
        row = self.rows.get(name)
        if row is None:
            return ()
        if len(row) < 2 or not spec or spec == "*":
            return row
        fitting = [purl for purl, version in row.items() if allows(spec, version)]
        return fitting or row


@lru_cache(maxsize=16_384)
def allows(spec: str, version: str) -> bool:
    """Whether ``version`` is one of ``spec``: alternatives joined by ``||``, each a list of clauses."""
    try:
        wanted = Version(version)
    except InvalidVersion:
        return True
    for alternative in re.split(r"\|\|?", spec):
        try:
            if SpecifierSet(_clauses(alternative)).contains(wanted, prereleases=True):
                return True
        except (InvalidSpecifier, InvalidVersion):
            return True  # cannot tell: leave the edge in
    return False


def dialect(spec: str) -> str:
    """``spec`` as PEP 440 where it is one list of clauses; "" for alternatives, which PEP 440 cannot say."""
    if "||" in spec or "|" in spec:
        return ""
    try:
        return _clauses(spec)
    except InvalidVersion:
        return spec


def _clauses(alternative: str) -> str:
    """Poetry's dialect as PEP 440: carets, tildes, bare versions and blanks instead of commas."""
    clauses = []
    joined = re.sub(r"(===|[<>=!~^]=?)\s+", r"\1", alternative.strip())
    for clause in re.split(r"[,\s]+", joined):
        if clause in {"", "*"}:
            continue
        if clause[0] == "^" or (clause[0] == "~" and clause[1:2] != "="):
            clauses += _range(clause[0], clause[1:].lstrip("=v "))
        elif clause[0] == "=" and clause[1:2] != "=":
            clauses.append(f"=={clause[1:]}")
        elif clause[0] not in "<>=!~":
            clauses.append(f"=={clause}")
        else:
            clauses.append(clause)
    return ",".join(clauses)


def _range(sign: str, text: str) -> list[str]:
    """``^1.2.3`` is >=1.2.3,<2.0.0 and ``~1.2.3`` is >=1.2.3,<1.3.0; the first part that is not 0 bounds a caret."""
    release = list(Version(text.replace(".*", "")).release)
    if sign == "~":
        place = min(1, len(release) - 1)
    else:
        place = next((i for i, part in enumerate(release) if part), len(release) - 1)
    upper = [*release[:place], release[place] + 1]
    return [f">={text.replace('.*', '')}", f"<{'.'.join(map(str, upper))}"]


def repository(url: str) -> str:
    """The repository's address of a VCS url: without ``git+``, revision, query and fragment."""
    plain = url.partition("#")[0].partition("?")[0].removeprefix("git+").removeprefix("hg+").removeprefix("svn+")
    head, joint, tail = plain.rpartition("@")
    if (
        joint
        and "/" not in tail.split("://")[-1].partition("/")[0]
        and "://" in head
        and "/" in head.split("://", 1)[1]
    ):
        plain = head  # a revision after the path, not an account in front of the host
    return without_account(plain)


def without_account(url: str) -> str:
    """``url`` without ``user:password@``; "" for one with variables in it. Secrets stay in the file they are in."""
    if "${" in url:
        return ""
    scheme, joint, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{joint}{host.rpartition('@')[2]}{slash}{path}" if joint else url


def unrequired(builder: Builder) -> list[str]:
    """The packages that no other one requires, and one of each cycle nothing leads into: roots of last resort."""
    from depfund.graph import components, reach

    required = {target for row in builder.requires.values() for target in row}
    roots = [purl for purl in builder.packages if purl not in required]
    reached = reach(roots, builder.requires)
    if len(reached) < len(builder.packages):
        for group in components(sorted(set(builder.packages) - reached), builder.requires):
            if group[0] not in reached:
                roots.append(group[0])
                reached |= reach([group[0]], builder.requires)
    return sorted(roots)


def pypi(name: str, version: str | None = None) -> str:
    """The purl of a Python package whose name is normal already."""
    return make("pypi", name, version)
