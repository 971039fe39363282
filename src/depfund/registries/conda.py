"""Anaconda.org: the home and development pages of a conda package. Recipe maintainers are packagers, not upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from depfund.http.addresses import parts_of
from depfund.registries._finding import Finding, Wanted, absent, place, text
from depfund.registries._links import usable

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["ask"]

SERVICE = "CONDA"
DEFAULT = "conda-forge"


def ask(want: Wanted, http: Http) -> Finding:
    """What the channel that the lockfile records (conda-forge where it does not) says about a package."""
    answer = http.get(SERVICE, f"/package/{quote(_channel(want))}/{quote(want.name)}")
    found = answer.json() if answer.ok else None
    if not isinstance(found, dict):
        return absent(want, answer, SERVICE)
    home = text(found.get("home"))
    finding = Finding(
        purl=want.purl,
        exists=True,
        homepage=usable(home),
        licence=text(found.get("license"), 100),
        tried=(f"{SERVICE}: {answer.said}",),
    )
    candidates = [
        ("dev_url", text(found.get("dev_url")), True),
        ("source_git_url", text(found.get("source_git_url")), True),
        ("home", home, False),
    ]
    return place(finding, candidates, answer)


def _channel(want: Wanted) -> str:
    """``conda-forge`` out of an address such as ``https://host/conda-forge/linux-64``; defaults are ``main``."""
    source = want.source or DEFAULT
    parts = [part for part in parts_of(source).path.split("/") if part] if "://" in source else source.split("/")
    if parts[:1] == ["pkgs"]:
        parts = parts[1:]
    name = parts[0] if parts else DEFAULT
    return {"defaults": "main"}.get(name, name)
