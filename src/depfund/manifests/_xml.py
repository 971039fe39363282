"""XML as plain nested elements, read by the standard library's expat with everything dangerous refused.

Document type declarations and entities (the billion laughs, files and addresses pulled in from outside) are refused,
nesting is bounded, namespaces are cut from the names, comments and instructions skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from depfund.errors import ManifestError
from depfund.manifests._file import File

__all__ = ["DEPTH", "Element", "parse"]

DEPTH = 1000
"""Deeper nesting is refused."""


@dataclass(slots=True)
class Element:
    """An element: local ``name``, ``space`` (its namespace), attributes, children and the text directly inside."""

    name: str
    space: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list[Element]:
        """Its children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, *path: str) -> Element | None:
        """The first child of a name, and so on down the path."""
        found: Element | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def value(self, *path: str) -> str | None:
        """The stripped text at the path, None where there is none."""
        found = self.first(*path)
        return (found.text.strip() or None) if found else None


def parse(file: File) -> Element:
    """The root element. Raises ManifestError with the line."""
    top = Element("")
    stack = [top]
    texts: list[list[str]] = [[]]
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refused(what: str) -> ManifestError:
        return ManifestError(what, file=file.path, where=f"line {parser.CurrentLineNumber}")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEPTH:
            raise refused(f"elements nested deeper than {DEPTH}.")
        space, _, local = name.rpartition(" ")
        element = Element(local, space, {key.rpartition(" ")[2]: value for key, value in attributes.items()})
        stack[-1].children.append(element)
        stack.append(element)
        texts.append([])

    def end(_: str) -> None:
        stack.pop().text = "".join(texts.pop())

    def declared(*_: object) -> NoReturn:
        raise refused("a document type or entity is declared; such XML is not read.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text)
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    parser.UnparsedEntityDeclHandler = declared
    parser.ExternalEntityRefHandler = declared
    try:
        parser.Parse(file.data, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise ManifestError(f"not XML: {error}.", file=file.path, where=f"line {error.lineno}") from error
    except (LookupError, ValueError) as error:
        raise refused(f"the encoding cannot be read: {error}.") from error
    return top.children[0]
