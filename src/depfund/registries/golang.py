"""Go: a module's repository, from the proxy, the module path, or the page of its vanity import path.

The proxy says whether the module exists and, in practice, where it came from (``Origin``). On the large forges the
path says it; elsewhere ``https://PATH?go-get=1`` carries ``<meta name="go-import" content="ROOT VCS URL [DIR]">``
(Go Modules Reference; the fourth field since Go 1.25; ``mod`` names a proxy and is passed over).
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.model import Evidence
from depfund.registries._finding import Finding, Wanted, absent, place
from depfund.registries._repository import locate

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask", "escaped", "imports"]

SERVICE = "GOPROXY"
_FORGES = ("github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "git.sr.ht/", "gitea.com/", "gitee.com/")
_MAJOR = re.compile(r"/v([2-9]|[1-9]\d+)$")


def ask(want: Wanted, http: Http) -> Finding:
    """What the proxy and the module path say."""
    module = want.full
    answer = http.get(SERVICE, f"/{escaped(module)}/@latest", source=want.source, name=module, expects="json")
    tried: tuple[str, ...] = (f"{SERVICE}: {answer.said}",)
    if answer.missing and want.versions:
        # a module that only has pseudo-versions may have no @latest in a proxy's cache
        version = _tag(want.versions[-1])
        again = http.get(SERVICE, f"/{escaped(module)}/@v/{escaped(version)}.info", name=module, expects="json")
        answer, tried = again, (*tried, f"{SERVICE} {version}: {again.said}")
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        finding = replace(absent(want, answer, SERVICE), tried=tried)
        # the path is still the truth about where a module lives, as long as nobody says that there is none
        return _by_path(finding, module) if finding.exists is None else finding
    origin = found.get("Origin")
    origin = origin if isinstance(origin, dict) else {}
    finding = _by_path(Finding(purl=want.purl, exists=True, tried=tried), module)
    if finding.repository:
        return finding
    url, folder = origin.get("URL"), origin.get("Subdir")
    finding = place(finding, [("Origin", url if isinstance(url, str) else None, True)], answer)
    if finding.repository:
        return replace(finding, directory=folder if isinstance(folder, str) and folder else finding.directory)
    return _vanity(finding, module, http)


def escaped(path: str) -> str:
    """A module path or version as the proxy wants it: ``!`` and the small letter for a capital one."""
    return quote(re.sub(r"[A-Z]", lambda m: "!" + m[0].lower(), path), safe="/!~+.-_@")


def _tag(version: str) -> str:
    return version if version.startswith("v") else f"v{version}"


def _by_path(finding: Finding, module: str) -> Finding:
    if not module.startswith(_FORGES):
        return finding
    found = locate(f"https://{'/'.join(module.split('/')[:3])}", explicit=False)
    if found is None:
        return finding
    rest = _MAJOR.sub("", "/".join(module.split("/")[3:]).join(("/", ""))).strip("/")
    seen = Evidence(where=finding.purl, what=f"module path: {module}")
    return replace(finding, repository=found[0], directory=rest or None, evidence=(*finding.evidence, seen))


def _vanity(finding: Finding, module: str, http: Http) -> Finding:
    """The repository of a vanity import path, by its own page."""
    path = _MAJOR.sub("", module)
    answer = http.fetch(f"https://{path}?go-get=1")
    tried = (*finding.tried, f"https://{path}?go-get=1: {answer.said}")
    if answer.error is not None:
        return replace(finding, tried=tried)
    for root, vcs, url, folder in imports(answer.text()):
        if vcs != "mod" and (f"{path}/").startswith(f"{root}/"):
            placed = place(finding, [("go-import", url, True)], answer)
            inner = "/".join(part for part in (folder, path.removeprefix(root).strip("/")) if part)
            return replace(placed, directory=inner or None, tried=tried)
    return replace(finding, tried=tried)


class _Metas(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "meta" and values.get("name") == "go-import":
            self.found.append((values.get("content") or "").split())


def imports(html: str) -> list[tuple[str, str, str, str]]:
    """(root, vcs, repository, folder) of each go-import tag."""
    parser = _Metas()
    parser.feed(html[:200_000])
    return [(row[0], row[1], row[2], row[3] if len(row) > 3 else "") for row in parser.found if len(row) in {3, 4}]
