"""CycloneDX as XML: funding references put in as text, so that every other byte of the document stays.

The places come from expat: elements of a component have a fixed order in the schema, references before properties
before nested components. A document type (entities) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from depfund.errors import ExportError
from depfund.exports._funding import References
from depfund.exports._safe import xml
from depfund.graph import versionless

__all__ = ["enrich"]

_REFS, _PROPS = "externalReferences", "properties"
_LATER = frozenset(
    {"components", "evidence", "releaseNotes", "modelCard", "data", "cryptoProperties", "tags", "signature"}
)


@dataclass(slots=True)
class _Component:
    """An open component: where things are (byte offsets; -1 for not there)."""

    prefix: str
    depth: int
    refs: int = -1
    props: int = -1
    before_props: int = -1
    later: int = -1
    text: list[str] = field(default_factory=list)


def enrich(data: bytes, found: References, name: str) -> str:
    """``data`` with references and properties (``name``) of :func:`~depfund.exports._funding.references`.

    Raises :class:`~depfund.errors.ExportError` for what is no well-formed UTF-8 XML, or has a document type.
    """
    reader = _Reader(data, found, name)
    try:
        data.decode("utf-8")
        reader.parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise ExportError(f"the source document is not well-formed UTF-8 XML ({error}); export it again.") from error
    made, last = [], 0
    for at, piece in sorted(reader.inserts, key=lambda pair: pair[0]):
        made += [data[last:at].decode(), piece]
        last = at
    return "".join([*made, data[last:].decode()])


class _Reader:
    """Follows the open elements and notes what goes where."""

    def __init__(self, data: bytes, found: References, name: str) -> None:
        self.inserts: list[tuple[int, str]] = []
        self._data, self._found, self._name = data, found, name
        self._stack: list[str] = []
        self._open: list[_Component] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        raise ExportError("the source document declares a document type, which no SBOM needs; it is not read.")

    def _start(self, tag: str, _: object) -> None:
        prefix, local = _split(tag)
        if self._open and len(self._stack) == self._open[-1].depth + 1:
            here = self._open[-1]
            if local == _PROPS:
                here.before_props = self.parser.CurrentByteIndex
            elif local in _LATER and here.later < 0:
                here.later = self.parser.CurrentByteIndex
        if local == "component":
            self._open.append(_Component(prefix=prefix, depth=len(self._stack)))
        self._stack.append(local)

    def _text(self, value: str) -> None:
        if self._open and self._stack[-1] == "purl" and len(self._stack) == self._open[-1].depth + 2:
            self._open[-1].text.append(value)

    def _end(self, tag: str) -> None:
        local = self._stack.pop()
        if not self._open:
            return
        here, at = self._open[-1], self.parser.CurrentByteIndex
        if len(self._stack) == here.depth + 1 and local in {_REFS, _PROPS}:
            # An empty element has no end tag to write in front of: -2, it is left alone.
            place = at if self._data.startswith(b"</" + tag.encode(), at) else -2
            here.refs, here.props = (place, here.props) if local == _REFS else (here.refs, place)
        elif local == "component" and len(self._stack) == here.depth:
            self._open.pop()
            links = self._found.get(versionless("".join(here.text).strip()), [])
            self.inserts += _inserts(here, at, links, self._name)


def _split(tag: str) -> tuple[str, str]:
    prefix, colon, local = tag.rpartition(":")
    return prefix + colon, local


def _inserts(here: _Component, end: int, links: list[tuple[str, str]], name: str) -> list[tuple[int, str]]:
    """What goes where for one component."""
    if not links:
        return []
    p = here.prefix
    refs = "".join(
        f'<{p}reference type="other"><{p}url>{xml(url)}</{p}url>'
        f"<{p}comment>funding: {xml(platform)}</{p}comment></{p}reference>"
        for platform, url in links
    )
    props = "".join(f'<{p}property name="{name}">{xml(url)}</{p}property>' for _, url in links)
    later = here.later if here.later >= 0 else end
    made = []
    if here.refs == -1:
        place = here.before_props if here.before_props >= 0 else later
        made.append((place, f"<{p}{_REFS}>{refs}</{p}{_REFS}>"))
    elif here.refs >= 0:
        made.append((here.refs, refs))
    if here.props == -1:
        made.append((later, f"<{p}{_PROPS}>{props}</{p}{_PROPS}>"))
    elif here.props >= 0:
        made.append((here.props, props))
    return made
