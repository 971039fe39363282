# ruff: noqa: E501 - documents read better with a component on one line
"""SBOMs with funding references: valid by the standards' own validators, and otherwise unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from depfund import exports
from depfund.errors import ExportError
from depfund.exports import Context
from depfund.model import Allocation, Channel, Facts, Payee, Project

PURL = "pkg:pypi/p00002"
URL = "https://open-collective.example/webpack"


def enriched(plan: Allocation, name: str, document: object, **more: object) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return exports.render(plan, name, Context(source_document=data, **more))  # type: ignore[arg-type]


def validate_cyclonedx(text: str, version: str) -> None:
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib is in the test group")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text)
    assert error is None, error


def bom(version: str = "1.6") -> dict[str, object]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 7,
        "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
        "components": [
            {"type": "library", "name": "p00002", "version": "0.9", "bom-ref": "a", "purl": f"{PURL}@0.9",
             "externalReferences": [{"type": "vcs", "url": "https://forge.example/org/p00002"}]},
            {"type": "library", "name": "stranger", "version": "1", "bom-ref": "b", "purl": "pkg:npm/stranger@1",
             "components": [{"type": "library", "name": "p00003", "version": "1.3", "bom-ref": "c", "purl": "pkg:pypi/p00003@1.3"}]},
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["a", "b"]}],
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6"])
def test_cyclonedx_gets_references_and_stays_valid(plan: Allocation, version: str) -> None:
    before = bom(version)
    text = enriched(plan, "cyclonedx", before)
    validate_cyclonedx(text, version)
    after = json.loads(text)
    first = after["components"][0]
    assert {"type": "other", "url": URL, "comment": "funding: open_collective"} in first["externalReferences"]
    assert {"name": "depfund:funding:url", "value": URL} in first["properties"]
    assert after["components"][1]["components"][0]["properties"][0]["value"] == "https://thanks-dev.example/u/gh/one"
    assert "properties" not in after["components"][1]
    # Taken out again, the document is what it was.
    del first["properties"], first["externalReferences"][1]
    inner = after["components"][1]["components"][0]
    del inner["properties"], inner["externalReferences"]
    assert after == before


def test_enriching_twice_changes_nothing(plan: Allocation) -> None:
    once = enriched(plan, "cyclonedx", bom())
    assert enriched(plan, "cyclonedx", once.encode()) == once


def test_facts_add_the_channels_that_are_not_paid(plan: Allocation) -> None:
    more = Channel(platform="github", handle="webpack", url="https://github.example/webpack", standing="confirmed")
    gone = replace(more, url="https://gone.example/", standing="gone")
    facts = Facts(
        projects={
            "https://forge.example/org/p00002": Project(
                url="https://forge.example/org/p00002", packages=(PURL,), payees=("x",)
            )
        },
        payees={"x": Payee(key="x", channels=(more, gone))},
    )
    found = json.loads(enriched(plan, "cyclonedx", bom(), facts=facts))["components"][0]["properties"]
    assert [one["value"] for one in found] == [URL, "https://github.example/webpack"]


def test_without_a_document_a_new_one_is_made(plan: Allocation) -> None:
    text = exports.render(plan, "cyclonedx")
    validate_cyclonedx(text, "1.6")
    made = json.loads(text)
    assert len(made["components"]) == 12
    assert sum("externalReferences" in one for one in made["components"]) == 9


def test_links_that_are_none_are_left_out(nasty: Allocation) -> None:
    text = exports.render(nasty, "cyclonedx")
    assert "javascript:" not in text.replace("](javascript:", "")
    assert '"url": "data:' not in text


@pytest.mark.parametrize(("name", "data", "words"), [
    ("cyclonedx", b"{", "is not JSON"),
    ("cyclonedx", b"[]", "no JSON object"),
    ("cyclonedx", b"{}", "no bomFormat"),
    ("cyclonedx", b"\xff\xfe", "is not JSON"),
    ("spdx", b"{}", "no SPDX JSON"),
    ("spdx", b"[" * 5000, "is not JSON"),
])  # fmt: skip
def test_a_document_that_is_none_is_refused(plan: Allocation, name: str, data: bytes, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        enriched(plan, name, data)


def test_spdx_needs_its_document(plan: Allocation) -> None:
    with pytest.raises(ExportError, match="source document"):
        exports.render(plan, "spdx")


def spdx_two() -> dict[str, object]:
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "app",
        "documentNamespace": "https://app.example/spdx/1",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: example-1"]},
        "packages": [
            {"SPDXID": "SPDXRef-a", "name": "p00002", "versionInfo": "1.2", "downloadLocation": "NOASSERTION",
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"{PURL}@1.2"}]},
            {"SPDXID": "SPDXRef-b", "name": "stranger", "downloadLocation": "NOASSERTION"},
        ],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
        ],
    }  # fmt: skip


def test_spdx_two_gets_references_and_stays_valid(plan: Allocation, tmp_path: Path) -> None:
    text = enriched(plan, "spdx", spdx_two())
    refs = json.loads(text)["packages"][0]["externalRefs"]
    assert refs[1] == {
        "referenceCategory": "OTHER",
        "referenceType": "funding",
        "referenceLocator": URL,
        "comment": "open_collective",
    }
    assert enriched(plan, "spdx", text.encode()) == text
    api = pytest.importorskip("spdx_tools.spdx.parser.parse_anything", reason="spdx-tools is not installed")
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    (tmp_path / "app.spdx.json").write_text(text, encoding="utf-8")
    assert validate_full_spdx_document(api.parse_file(str(tmp_path / "app.spdx.json"))) == []


def test_spdx_tag_value_gets_a_line(plan: Allocation) -> None:
    before = (
        "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n\nPackageName: p00002\nSPDXID: SPDXRef-a\n"
        f"ExternalRef: PACKAGE-MANAGER purl {PURL}@1.2\n\nPackageName: p00002\nExternalRef: PACKAGE_MANAGER purl {PURL}@1.3\n"
    )
    made = enriched(plan, "spdx", before.encode())
    assert made.count(f"ExternalRef: OTHER funding {URL}\n") == 2
    assert made.replace(f"ExternalRef: OTHER funding {URL}\n", "") == before
    assert enriched(plan, "spdx", made.encode()) == made


def test_spdx_three_has_a_type_for_it(plan: Allocation) -> None:
    before = {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "@graph": [
            {"type": "software_Package", "spdxId": "https://app.example/a", "software_packageUrl": f"{PURL}@1.2"},
            {"type": "software_Package", "spdxId": "https://app.example/b",
             "externalIdentifier": [{"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": f"{PURL}@1.2"}]},
            {"type": "Person", "spdxId": "https://app.example/c"},
        ],
    }  # fmt: skip
    text = enriched(plan, "spdx", before)
    one, two, three = json.loads(text)["@graph"]
    wanted = {"type": "ExternalRef", "externalRefType": "funding", "locator": [URL], "comment": "open_collective"}
    assert one["externalRef"] == two["externalRef"] == [wanted]
    assert "externalRef" not in three
    assert enriched(plan, "spdx", text.encode()) == text


@pytest.mark.corpus
def test_real_documents_stay_valid(shared: Path, plan: Allocation) -> None:
    seen = 0
    for path in sorted((shared / "corpus/cyclonedx").rglob("*.json")):
        data = path.read_bytes()
        if path.name.endswith(".truth.json") or b'"bomFormat"' not in data[:4000] or len(data) > 2_000_000:
            continue
        before = json.loads(data)
        purls = [one["purl"] for one in before.get("components", ()) if "purl" in one][:20]
        payments = (replace(plan.payments[1], because=dict.fromkeys(purls, 0)),)
        after = json.loads(enriched(replace(plan, payments=payments), "cyclonedx", data))
        assert sum("properties" in one for one in after["components"]) >= len(purls)
        seen += 1
    assert seen


XML = """<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">
  <!-- ä -->
  <metadata><component type="application"><name>app</name></component></metadata>
  <components>
    <component type="library"><name>one</name><version>1</version><purl>pkg:pypi/p00002@0.9</purl></component>
    <component type="library"><name>two</name><purl>pkg:pypi/p00002@1</purl>
      <externalReferences><reference type="vcs"><url>https://forge.example/x</url></reference></externalReferences>
      <properties><property name="a">b</property></properties>
      <components>
        <component type="library"><name>three</name><purl>pkg:pypi/p00003@1</purl>
          <properties><property name="a">b</property></properties></component>
      </components>
    </component>
    <component type="library"><name>four</name><purl>pkg:npm/stranger@1</purl></component>
  </components>
</bom>
"""


def test_cyclonedx_xml_gets_references_and_stays_valid(plan: Allocation) -> None:
    text = enriched(plan, "cyclonedx", XML.encode())
    assert text.count(f"<url>{URL}</url><comment>funding: open_collective</comment>") == 2
    assert text.count(f'<property name="depfund:funding:url">{URL}</property>') == 2
    assert text.count("thanks-dev.example") == 2
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib is in the test group")
    pytest.importorskip("lxml", reason="cyclonedx-python-lib validates XML with lxml")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.xml import XmlValidator

    assert XmlValidator(SchemaVersion.V1_6).validate_str(XML) is None
    assert XmlValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_cyclonedx_xml_keeps_prefixes_and_other_bytes(plan: Allocation) -> None:
    before = (
        '<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.5"><c:components><c:component type="library"><c:name>x</c:name>'
        "<c:purl>pkg:pypi/p00002@1</c:purl><c:externalReferences/></c:component></c:components></c:bom>"
    )
    props = f'<c:properties><c:property name="depfund:funding:url">{URL}</c:property></c:properties>'
    assert enriched(plan, "cyclonedx", before.encode()) == before.replace("</c:component>", props + "</c:component>")


@pytest.mark.parametrize(("data", "words"), [
    (b'<!DOCTYPE a [<!ENTITY b "c">]><bom/>', "document type"),
    (b"<bom>", "not well-formed"),
    ("<?xml version='1.0' encoding='utf-16'?><bom/>".encode("utf-16"), "not"),
])  # fmt: skip
def test_xml_that_is_none_is_refused(plan: Allocation, data: bytes, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        enriched(plan, "cyclonedx", data)
