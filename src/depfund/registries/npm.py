"""The npm registry: the latest version's document, with funding, repository and the accounts that may publish.

One request, ``/NAME/latest``: the whole packument may exceed ten megabytes and the abbreviated one lacks the
repository. ``funding`` comes in three shapes, ``repository`` as an object or a shorthand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import objects, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "NPM"


def ask(want: Wanted, http: Http) -> Finding:
    """What the registry says about the latest version of a package."""
    name = quote(want.full, safe="@")
    answer = http.get(SERVICE, f"/{name}/latest", source=want.source, name=want.full)
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        return absent(want, answer, SERVICE)
    repository = found.get("repository")
    folder = repository.get("directory") if isinstance(repository, dict) else None
    home = text(found.get("homepage"))
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        directory=text(folder, 300),
        links=objects(found.get("funding"), answer.url, answer.seen),
        maintainers=_people(found, answer.url),
        licence=_licence(found),
        status="deprecated" if found.get("deprecated") not in (None, False, "") else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )
    bugs = found.get("bugs")
    issues = bugs.get("url") if isinstance(bugs, dict) else bugs
    candidates = [
        ("repository", _address(repository), True),
        ("homepage", home, False),
        ("bugs", issues if isinstance(issues, str) else None, False),
    ]
    finding = place(finding, candidates, answer)
    return replace(finding, directory=text(folder, 300) or finding.directory)


def _address(repository: object) -> str | None:
    value = repository.get("url") if isinstance(repository, dict) else repository
    return value if isinstance(value, str) else None


def _people(found: Mapping[str, object], where: str) -> tuple[Maintainer, ...]:
    """Publishers: npm accounts, not GitHub logins. Objects, or ``name <mail>`` in old documents."""
    rows = found.get("maintainers")
    names = [
        text(row.get("name") if isinstance(row, dict) else str(row).partition("<")[0], 100)
        for row in (rows if isinstance(rows, list) else [])
    ]
    return tuple(Maintainer(name=name, role="maintainer", where=where) for name in dict.fromkeys(names) if name)


def _licence(found: Mapping[str, object]) -> str | None:
    value = found.get("license")
    if isinstance(value, dict):
        value = value.get("type")
    if value is None and isinstance(rows := found.get("licenses"), list):
        kinds = [row.get("type") if isinstance(row, dict) else row for row in rows]
        value = " OR ".join(str(kind) for kind in kinds if kind) or None
    return text(value, 100)
