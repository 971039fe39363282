"""Maven Central: the POM of a locked version, and what it inherits from its parents.

A POM has no funding element. ``scm``, ``url``, ``developers``, ``organization``, ``licenses`` and
``issueManagement`` are inherited one by one from the nearest ancestor that states them (maven.mdo).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

from depfund.http import Answer
from depfund.model import Maintainer
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "MAVEN"
PARENTS = 6
_PROPERTY = re.compile(r"\$\{([^}]+)\}")


def ask(want: Wanted, http: Http) -> Finding:
    """What the POM of the newest locked version and its parents say."""
    group, artifact = want.namespace, want.name
    version = want.versions[-1] if want.versions else None
    tried: list[str] = []
    if version is None:
        path = f"{_root(want, http)}/{group.replace('.', '/')}/{artifact}/maven-metadata.xml"
        listed = http.get(SERVICE, quote(path), source=want.source)
        tried.append(f"{SERVICE} metadata: {listed.said}")
        version = _newest(listed)
        if version is None:
            return absent(want, listed, SERVICE)
    poms: list[tuple[ET.Element, Answer]] = []
    here: tuple[str, str, str] | None = (group, artifact, version)
    while here is not None and len(poms) <= PARENTS:
        answer = http.get(SERVICE, _path(want, http, *here), source=want.source)
        tried.append(f"{SERVICE} {here[1]}: {answer.said}" if poms else f"{SERVICE}: {answer.said}")
        pom = _parsed(answer)
        if pom is None:
            break
        poms.append((pom, answer))
        here = None if want.known or pom.find("scm") is not None else _parent(pom)
    if not poms:
        return replace(absent(want, answer, SERVICE), tried=tuple(tried))
    return replace(_finding(want, poms), tried=tuple(tried))


def _root(want: Wanted, http: Http) -> str:
    return "/maven2" if http.is_public(SERVICE, want.source) else ""


def _path(want: Wanted, http: Http, group: str, artifact: str, version: str) -> str:
    return quote(f"{_root(want, http)}/{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.pom")


def _parsed(answer: Answer) -> ET.Element | None:
    if not answer.ok:
        return None
    try:
        root = ET.fromstring(answer.body)  # noqa: S314 - judged well-formed and free of entities by http
    except ET.ParseError:
        return None
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2] if isinstance(each.tag, str) else each.tag
    return root


def _newest(answer: Answer) -> str | None:
    root = _parsed(answer)
    if root is None:
        return None
    return text(root.findtext("versioning/release")) or text(root.findtext("versioning/latest"))


def _parent(pom: ET.Element) -> tuple[str, str, str] | None:
    found = tuple(text(pom.findtext(f"parent/{key}")) for key in ("groupId", "artifactId", "version"))
    group, artifact, version = found
    if not group or not artifact or not version or "${" in f"{group}{artifact}{version}":
        return None
    return group, artifact, version


def _finding(want: Wanted, poms: list[tuple[ET.Element, Answer]]) -> Finding:
    values = dict(_properties(poms))

    def fill(value: str | None) -> str | None:
        for _ in range(3):
            if value is None or "${" not in value:
                return value
            value = _PROPERTY.sub(lambda m: values.get(m[1], m[0]), value)
        return None

    answer = poms[0][1]
    finding = Finding(purl=want.purl, exists=True)
    home: str | None = None
    for pom, here in poms:
        home = home or fill(text(pom.findtext("url")))
        if finding.licence is None:
            names = [text(each.findtext("name"), 100) for each in pom.findall("licenses/license")]
            finding = replace(finding, licence=" OR ".join(name for name in names if name) or None)
        if not finding.maintainers:
            people = [each.findtext("name") or each.findtext("id") for each in pom.findall("developers/developer")]
            rows = [Maintainer(name=name, role="developer", where=here.url) for p in people if (name := text(p, 100))]
            finding = replace(finding, maintainers=tuple(rows))
        if finding.organization is None:
            finding = replace(finding, organization=text(pom.findtext("organization/name"), 200))
        if finding.repository is None:
            fields = ("scm/url", "scm/connection", "scm/developerConnection")
            rows_ = [(field.replace("/", "."), fill(text(pom.findtext(field))), True) for field in fields]
            finding = place(finding, rows_, here)
    finding = replace(finding, homepage=usable(home))
    if finding.repository is None:
        issues = next((found for pom, _ in poms if (found := fill(text(pom.findtext("issueManagement/url"))))), None)
        finding = place(finding, [("url", home, False), ("issueManagement.url", issues, False)], answer)
    return finding


def _properties(poms: list[tuple[ET.Element, Answer]]) -> Iterator[tuple[str, str]]:
    """What ``${…}`` stands for: the farthest ancestor first, so that the nearest wins."""
    for pom, _ in reversed(poms):
        for each in pom.findall("properties/*"):
            if isinstance(each.tag, str) and each.text:
                yield each.tag, each.text.strip()
    child = poms[0][0]
    for key in ("groupId", "artifactId", "version", "name", "url"):
        value = text(child.findtext(key)) or text(child.findtext(f"parent/{key}"))
        if value and "${" not in value:
            yield f"project.{key}", value
            yield f"pom.{key}", value
