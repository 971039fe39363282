"""The Python index: latest metadata, and who has rights on the project.

``/pypi/NAME/json``, or for an index without that API the newest wheel's small ``.metadata`` by way of the simple API
(PEP 658, 691, 700, 714). Labels are read as PEP 753 says, then links by where they lead; ``project-status`` is
PEP 792's, at the top level or under ``meta``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from email.parser import HeaderParser
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from depfund.http import Answer
from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import funding, kind_of, usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "PYPI"
_LONGEST = 5_000
SIMPLE = "application/vnd.pypi.simple.v1+json"


def ask(want: Wanted, http: Http) -> Finding:
    """What the index says about the latest version of a project."""
    name = re.sub(r"[-_.]+", "-", want.full).lower()
    answer = http.get(SERVICE, f"/pypi/{quote(name)}/json", source=want.source)
    found = answer.json() if answer.ok else None
    if isinstance(found, dict) and isinstance(found.get("info"), dict):
        return _finding(want, answer, found)
    if http.endpoints.base(SERVICE, want.source).default or answer.error == "offline":
        return absent(want, answer, SERVICE)
    return _simple(want, http, name, answer)


def _finding(want: Wanted, answer: Answer, found: Mapping[str, object]) -> Finding:
    info = found["info"]
    assert isinstance(info, dict)  # noqa: S101 - looked at by the caller
    urls = info.get("project_urls")
    rows = [(str(label), url) for label, url in urls.items()] if isinstance(urls, dict) else []
    rows += [("Homepage", info["home_page"])] if text(info.get("home_page")) else []
    ownership = found.get("ownership")
    roles = ownership.get("roles") if isinstance(ownership, dict) else None
    people = tuple(
        Maintainer(name=str(row["user"]), role=str(row.get("role") or "").lower(), where=answer.url)
        for row in (roles if isinstance(roles, list) else [])
        if isinstance(row, dict) and text(row.get("user"))
    )
    return replace(
        _linked(want, answer, rows),
        maintainers=people or _people(info, answer),
        licence=text(info.get("license_expression"), 100) or text(info.get("license"), 100),
        status=_status(found) or ("yanked" if info.get("yanked") is True else None),
        organization=text(ownership.get("organization")) if isinstance(ownership, dict) else None,
        tried=(f"{SERVICE}: {answer.said}",),
    )


def _linked(want: Wanted, answer: Answer, rows: Iterable[tuple[str, object]]) -> Finding:
    """Repository, homepage and funding links among labelled links."""
    rows = list(rows)
    home = next((url for label, value in rows if kind_of(label) == "home" and (url := usable(value))), None)
    links = funding(rows, answer.url, answer.seen)
    paid = {link.url for link in links}
    sources = [(label, str(value), True) for label, value in rows if kind_of(label) == "source"]
    others = [
        (label, str(value), False) for label, value in rows if str(value) not in paid and kind_of(label) != "source"
    ]
    others.sort(key=lambda row: kind_of(row[0]) != "home")
    return place(Finding(purl=want.purl, exists=True, homepage=home, links=links), [*sources, *others], answer)


def _people(info: Mapping[str, object], answer: Answer) -> tuple[Maintainer, ...]:
    """Names out of the free-text fields, where the index does not state roles."""
    found: dict[str, str] = {}
    for field, role in (
        ("maintainer", "maintainer"),
        ("maintainer_email", "maintainer"),
        ("author", "author"),
        ("author_email", "author"),
    ):
        value = info.get(field)
        if not isinstance(value, str) or len(value) > _LONGEST:
            continue
        parts = re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", value) if field.endswith("email") else [value]
        for part in parts:
            name = text(part.partition("<")[0].strip().strip("\"'"), 100)
            if name and "@" not in name:
                found.setdefault(name, role)
    return tuple(Maintainer(name=name, role=role, where=answer.url) for name, role in found.items())


def _status(found: Mapping[str, object]) -> str | None:
    meta = found.get("meta")
    value = found.get("project-status") or (meta.get("project-status") if isinstance(meta, dict) else None)
    word = value.get("status") if isinstance(value, dict) else value
    return word if isinstance(word, str) and word in {"archived", "quarantined", "deprecated"} else None


def _simple(want: Wanted, http: Http, name: str, before: Answer) -> Finding:
    """The newest wheel's metadata, by the simple API of a mirror that has no JSON API."""
    base = http.endpoints.base(SERVICE, want.source)
    path = "/" if base.bare else f"/simple/{name}/"
    answer = http.get(SERVICE, f"/{name}/" if base.bare else path, source=want.source, accept=SIMPLE, expects="page")
    if not answer.ok:
        return absent(want, before if before.missing and answer.missing else answer, SERVICE)
    found = answer.json()
    rows = _files(found, answer)
    newest = max(rows, default=None)
    finding = Finding(purl=want.purl, exists=True, tried=(f"{SERVICE}: {answer.said}",))
    if isinstance(found, dict):
        finding = replace(finding, status=_status(found))
    if newest is None:
        return finding
    small = http.beside(SERVICE, newest[1] + ".metadata", source=want.source)
    if not small.ok:
        return replace(finding, tried=(*finding.tried, f"{SERVICE} metadata: {small.said}"))
    core = HeaderParser().parsestr(small.text())
    labelled: list[tuple[str, object]] = []
    for value in core.get_all("Project-URL", []):
        label, _, url = value.partition(",")
        labelled.append((label.strip(), url.strip()))
    if core.get("Home-page"):
        labelled.append(("Homepage", core["Home-page"]))
    info = {key.lower().replace("-", "_"): value for key, value in core.items()}
    return replace(
        _linked(want, small, labelled),
        maintainers=_people(info, small),
        licence=text(core.get("License-Expression"), 100) or text(core.get("License"), 100),
        status=finding.status,
        tried=(*finding.tried, f"{SERVICE} metadata: {small.said}"),
    )


def _files(found: object, answer: Answer) -> list[tuple[tuple[object, ...], str]]:
    """((sort key), address) of the wheels that have their metadata beside them."""
    rows: list[tuple[str, str, bool]] = []
    if isinstance(found, dict) and isinstance(found.get("files"), list):
        for row in found["files"]:
            if isinstance(row, dict) and not row.get("yanked"):
                has = row.get("core-metadata") or row.get("data-dist-info-metadata")
                rows.append((str(row.get("filename")), _joined(answer, str(row.get("url"))), bool(has)))
    else:
        for tag in re.findall(r"<a\s[^<>]*>", answer.text()):
            href = re.search(r"href=[\"']([^\"']+)", tag)
            if href and "data-yanked" not in tag:
                url = _joined(answer, href[1].partition("#")[0])
                rows.append(
                    (url.rpartition("/")[2], url, "data-core-metadata" in tag or "data-dist-info-metadata" in tag)
                )
    wheels: list[tuple[tuple[object, ...], str]] = []
    for filename, url, has in rows:
        try:
            _, version, _, _ = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            continue
        if has and url:
            wheels.append(((not version.is_prerelease, version, filename), url))
    return wheels


def _joined(answer: Answer, link: str) -> str:
    """Where a link of the index leads; empty for one that is no address."""
    try:
        return urljoin(answer.at, link)
    except ValueError:
        return ""
