"""What is looked up is what the purl says, also where its parts are taken as they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from depfund import Package
from depfund.registries._finding import wanted

KINDS = st.sampled_from(["cargo", "composer", "gem", "golang", "maven", "npm", "pypi"])
NAMES = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,8}[a-zA-Z0-9])?", fullmatch=True)


@given(KINDS, st.none() | NAMES, NAMES)
def test_the_parts_are_those_of_packageurl(kind: str, namespace: str | None, name: str) -> None:
    if kind in {"composer", "golang", "maven"}:
        namespace = namespace or "group"
    elif kind != "npm":
        namespace = None
    purl = PackageURL(kind, f"@{namespace}" if namespace and kind == "npm" else namespace, name).to_string()
    want = wanted([Package(purl=f"{purl}@1.0", name=name, version="1.0", ecosystem=kind)], purl)
    parts = PackageURL.from_string(purl)
    assert (want.kind, want.namespace, want.name) == (parts.type, parts.namespace or "", parts.name)


@pytest.mark.parametrize("purl", ["pkg:pypi/a_b", "pkg:npm/%40s/n", "pkg:gem/A", "pkg:pypi/a.b", "pkg:npm/a"])
def test_unusual_names_take_the_long_way(purl: str) -> None:
    want = wanted([Package(purl=purl, name="x", version="", ecosystem="x")], purl)
    parts = PackageURL.from_string(purl)
    assert (want.kind, want.namespace, want.name) == (parts.type, parts.namespace or "", parts.name)
