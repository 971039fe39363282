"""FUNDING.yml, read the way GitHub shows it: what it shows are entries, what it leaves out are entries with a problem.

One kindness beyond GitHub: ``github: a, b`` is read as two logins. Sources: docs.github.com "Displaying a sponsor
button in your repository"; limits of 5 logins and 4 custom links; SchemaStore's github-funding schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from depfund import _yaml
from depfund.channels.address import Address, from_url, named, plain
from depfund.channels.platforms import PLATFORMS
from depfund.errors import ManifestError

__all__ = ["FOLDERS", "NAMES", "Entry", "find", "is_name", "parse", "spellings"]

FOLDERS = (".github/", "", "docs/")
"""Where the file may stand, best first. In an owner's ``.github`` repository the same folders count."""

NAMES = ("FUNDING.yml", "funding.yml", "FUNDING.yaml")
"""Spellings worth asking for by name; a listing of the folder is matched without regard to case."""

_MOST = {"github": 5, "custom": 4}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file: ``raw`` as written under ``key``, its ``address``, or the ``problem`` that spoils it."""

    key: str
    raw: str
    address: Address | None
    problem: str = ""


def spellings() -> Iterator[str]:
    """Every path that the file is asked for under when no listing can be had, best first."""
    return (f"{folder}{name}" for folder in FOLDERS for name in NAMES)


def is_name(name: str) -> bool:
    """Whether a file of this name (without folder) is a FUNDING.yml."""
    return name.lower() in {"funding.yml", "funding.yaml"}


def find(paths: Iterable[str]) -> str | None:
    """Of a repository's file paths the one that counts."""
    by_lower = {path.lower(): path for path in sorted(paths, reverse=True)}
    wanted = (f"{folder}funding.{ending}" for folder in FOLDERS for ending in ("yml", "yaml"))
    return next((by_lower[path] for path in wanted if path in by_lower), None)


def parse(text: str | bytes, name: str = "FUNDING.yml") -> tuple[Entry, ...]:
    """All entries in the file's order, with what is wrong about the wrong ones.

    A file that is no YAML mapping gives one entry without address whose ``problem`` says so; keys that GitHub does
    not know (``otechie``, ``bountysource``) and keys without a value give nothing.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="replace")
        document = _yaml.load(text.removeprefix("\ufeff"), name)
    except ManifestError as error:
        return (Entry("", "", None, f"no YAML: {error.message}"),)
    if document is None:
        return ()
    if not isinstance(document, dict):
        return (Entry("", str(document)[:200], None, "no mapping of platforms"),)
    return tuple(entry for key, value in document.items() for entry in _entries(str(key).strip(), value))


def _entries(key: str, value: Any) -> Iterator[Entry]:
    if key not in PLATFORMS or key in {"funding_json", "foundation"}:
        return
    listed = isinstance(value, list)
    if isinstance(value, dict):
        yield Entry(key, str(value)[:200], None, "a mapping where a name belongs")
        return
    texts = [item.strip() for item in (value if listed else [value]) if isinstance(item, str)]
    texts = [text for text in texts if text not in _NOTHING]
    most = _MOST.get(key, 1)
    for number, text in enumerate(texts):
        if listed and most == 1:
            yield Entry(key, text, None, "a list where one name belongs")
        elif number >= most:
            yield Entry(key, text, None, f"more than {most} values")
        elif key == "github" and "," in text:
            for part in filter(None, (part.strip() for part in text.split(","))):
                yield _entry(key, text, part)
        else:
            yield _entry(key, text, text)


def _entry(key: str, raw: str, text: str) -> Entry:
    if key == "custom":
        address = from_url(text)
        return Entry(key, raw, address, "" if address else "no web address")
    if not PLATFORMS[key].handle.fullmatch(text) or not plain(text):
        return Entry(key, raw, None, f"no {PLATFORMS[key].title} name")
    return Entry(key, raw, named(key, text))
