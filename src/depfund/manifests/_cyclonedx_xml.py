"""CycloneDX XML as the same :class:`~depfund.manifests.cyclonedx.Bom` that the JSON gives."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from depfund.errors import ManifestError
from depfund.manifests import _xml
from depfund.manifests._file import File
from depfund.manifests._xml import Element
from depfund.manifests.cyclonedx import Bom, Component, Dependency, Licence, Metadata, Named, Reference, Service

__all__ = ["parse"]

SPACE = "http://cyclonedx.org/schema/bom/"


def parse(file: File) -> Bom:
    """The document. Raises ManifestError for broken XML and for other vocabularies."""
    top = _xml.parse(file)
    if top.name != "bom" or not top.space.startswith(SPACE):
        raise ManifestError("the root element is not a CycloneDX bom.", file=file.path, where=f"<{top.name}>")
    metadata, listed = top.first("metadata", "component"), top.first("dependencies")
    try:
        return Bom(
            bom_format="CycloneDX",
            spec_version=top.space.removeprefix(SPACE),
            metadata=Metadata(component=_tree(metadata, _component) if metadata else None),
            components=[_tree(each, _component) for each in _children(top, "components", "component")],
            services=[_service(each) for each in _children(top, "services", "service")],
            dependencies=None if listed is None else _dependencies(listed),
        )
    except ManifestError as error:
        raise error.under("", file=file.path) from error


def _children(place: Element, group: str, name: str) -> list[Element]:
    found = place.first(group)
    return found.all(name) if found else []


def _tree(element: Element, make: Callable[[Element], Component]) -> Component:
    """A component with what it contains, without recursion."""
    whole = make(element)
    todo = [(element, whole)]
    while todo:
        place, component = todo.pop()
        for child in _children(place, "components", "component"):
            made = make(child)
            component.components = component.components or []
            component.components.append(made)
            todo.append((child, made))
    return whole


def _component(element: Element) -> Component:
    name = element.value("name")
    if name is None:
        raise ManifestError("a component without a name.", where=f"component {element.attributes.get('bom-ref', '')}")
    properties = b" ".join(
        each.attributes.get("name", "").encode()
        for each in _children(element, "properties", "property")
        if each.text.strip() == "true"
    )
    return Component(
        name=name,
        type=element.attributes.get("type"),
        bom_ref=element.attributes.get("bom-ref"),
        group=element.value("group"),
        version=element.value("version"),
        purl=element.value("purl"),
        scope=element.value("scope"),
        licenses=_licences(element),
        references=[
            Reference(type=each.attributes.get("type", ""), url=each.value("url") or "", comment=each.value("comment"))
            for each in _children(element, "externalReferences", "reference")
        ],
        properties=msgspec.Raw(properties),
    )


def _licences(element: Element) -> list[Licence]:
    found: list[Licence] = []
    place = element.first("licenses")
    for each in place.children if place else ():
        if each.name == "license":
            found.append(Licence(license=Named(id=each.value("id"), name=each.value("name"))))
        elif each.name == "expression":
            found.append(Licence(expression=each.text.strip()))
    return found


def _service(element: Element) -> Service:
    inner = [Service(bom_ref=ref) for ref in _service_refs(element)]
    return Service(bom_ref=element.attributes.get("bom-ref"), services=inner)


def _service_refs(element: Element) -> list[str]:
    found, todo = [], [element]
    while todo:
        for child in _children(todo.pop(), "services", "service"):
            found.append(child.attributes.get("bom-ref", ""))
            todo.append(child)
    return found


def _dependencies(listed: Element) -> list[Dependency]:
    """Rows, and rows inside rows, which older documents use."""
    found: list[Dependency] = []
    todo = listed.all("dependency")[::-1]
    while todo:
        row = todo.pop()
        inner = row.all("dependency")
        ref = row.attributes.get("ref")
        if ref is None:
            raise ManifestError("a dependency without a ref.", where=f"dependencies[{len(found)}]")
        found.append(Dependency(ref=ref, depends_on=[each.attributes.get("ref", "") for each in inner]))
        todo += [each for each in inner[::-1] if each.children]
    return found
