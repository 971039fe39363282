"""JSON documents: every public value as JSON with a schema number, and back, checked.

Shapes come from the types in :mod:`depfund.model` (msgspec reads and writes the dataclasses themselves), so the JSON
Schema of a document and the code cannot disagree.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from depfund.errors import FactsError, MoneyError
from depfund.model import SCHEMA, UNIT, Allocation, Document, Facts, Graph, Payee, Project, Weights
from depfund.money import Money

__all__ = ["KINDS", "digest", "dumps", "encode", "loads", "save", "schema", "to_builtins"]

KINDS: dict[str, type[Document]] = {"graph": Graph, "facts": Facts, "weights": Weights, "allocation": Allocation}
_NAMES = {cls: kind for kind, cls in KINDS.items()}
T = TypeVar("T", bound=Document)


def to_builtins(document: Document) -> dict[str, Any]:
    """The document as plain mappings and lists, with ``schema`` and ``kind``."""
    plain: dict[str, Any] = msgspec.to_builtins(_opened(document))
    return plain


def _opened(document: Document) -> dict[str, Any]:
    """The document as a mapping of what it holds; JSON of it is JSON of the document, without a copy in between."""
    found = {"schema": SCHEMA, "kind": _NAMES[type(document)], **_fields(document)}
    if isinstance(document, Allocation):
        found["weights"] = _fields(document.weights)
    return found


def _fields(document: Document) -> dict[str, Any]:
    found = {each.name: getattr(document, each.name) for each in fields(document)}  # type: ignore[arg-type]
    return {**found, "unit": UNIT} if isinstance(document, Weights) else found


def encode(value: object) -> str:
    """Any plain value as indented JSON with sorted keys and a newline at its end: the same value, the same bytes."""
    return _written(value).decode()


def _written(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"


def digest(value: object) -> str:
    """``sha256:…`` of a text, of a document's JSON text, or of a plain value as :func:`encode` writes it."""
    if isinstance(value, str):
        written = value.encode()
    else:
        written = _written(_opened(value) if isinstance(value, Document) else value)
    return "sha256:" + hashlib.sha256(written).hexdigest()


def save(text: str, path: Path, *, private: bool = False) -> None:
    """Write ``path`` atomically: a reader sees the old file or the whole new one; ``private`` gives it mode 0600.

    A device or a pipe (``/dev/null``, a process substitution) is written to, never replaced. Raises ``OSError``.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as device:
            device.write(text)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def dumps(document: Document) -> str:
    """The JSON text of ``document``."""
    return encode(_opened(document))


def loads(text: str | bytes, cls: type[T], *, name: str = "") -> T:
    """Read a document of type ``cls``. Raises :class:`~depfund.errors.FactsError` with the place inside the text."""
    kind = _NAMES[cls]
    file = name or f"this {kind} document"
    try:
        plain = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FactsError(f"{file} is not JSON: {error}. Save it again with depfund, or correct the place.") from error
    return convert(plain, cls, name=file)


def convert(plain: object, cls: type[T], *, name: str = "") -> T:
    """A document from plain mappings, checked as :func:`loads` does."""
    kind = _NAMES[cls]
    file = name or f"this {kind} document"
    if not isinstance(plain, dict):
        raise FactsError(f"{file} holds no JSON object; a {kind} document begins with {{.")
    if plain.get("kind", kind) != kind:
        raise FactsError(f"{file} is a document of kind {plain.get('kind')!r}, where {kind!r} is needed.")
    if plain.get("schema", SCHEMA) != SCHEMA:
        raise FactsError(f"{file} has schema {plain.get('schema')!r}; this version of depfund reads schema {SCHEMA}.")
    body = {key: value for key, value in plain.items() if key not in {"schema", "kind", "unit"}}
    try:
        if cls is Facts:
            body = _facts(body)
        found = msgspec.convert(body, cls, strict=True)
    except (msgspec.ValidationError, MoneyError) as error:
        raise FactsError(f"{file} does not have the shape of a {kind} document: {error}.") from error
    _check(found, file)
    return found


def _check(found: object, file: str) -> None:
    """What a type cannot say."""
    if isinstance(found, Weights):
        total = sum(found.values.values())
        if total not in {0, UNIT} or any(value < 0 for value in found.values.values()):
            raise FactsError(f"{file}: the values sum to {total}; weights are zero or more and sum to {UNIT}.")
    elif isinstance(found, Facts):
        for url, project in found.projects.items():
            for key in project.payees:
                if key not in found.payees:
                    raise FactsError(f"{file}: projects[{url!r}].payees names {key!r}, which payees does not hold.")
        for key, payee in found.payees.items():
            if not 0 <= payee.confidence <= 1:
                raise FactsError(f"{file}: payees[{key!r}].confidence is {payee.confidence}; it is between 0 and 1.")
    elif isinstance(found, Allocation):
        _check(found.weights, file)
        total = sum(p.amount.minor for p in found.payments) + sum(h.minor for h in found.held) + found.fees.taken
        if total != found.budget.minor:
            raise FactsError(
                f"{file}: payments, held and fees sum to {total} minor units, the budget is {found.budget.minor}."
            )


def _facts(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as a person writes them: keys once, evidence and maintainers as text, a minimum as ``"5 USD"``."""
    body = dict(plain)
    for table, field, cls in (("projects", "url", Project), ("payees", "key", Payee)):
        rows = body.get(table, {})
        if not isinstance(rows, dict):
            raise msgspec.ValidationError(f"Expected `object` - at `$.{table}`")
        known = set(cls.__dataclass_fields__)
        for key, row in rows.items():
            if isinstance(row, dict) and (unknown := sorted(set(row) - known)):
                raise msgspec.ValidationError(f"unknown key {unknown[0]!r} - at `$.{table}[{key!r}]`")
        body[table] = {key: {**_loose(row), field: key} if isinstance(row, dict) else row for key, row in rows.items()}
    return body


def _loose(row: Mapping[str, Any]) -> dict[str, Any]:
    new = {key: value for key, value in row.items() if value is not None}
    if isinstance(new.get("maintainers"), list):
        new["maintainers"] = [{"name": m} if isinstance(m, str) else m for m in new["maintainers"]]
    if isinstance(new.get("evidence"), list):
        new["evidence"] = [{"where": e, "what": ""} if isinstance(e, str) else e for e in new["evidence"]]
    if isinstance(new.get("minimum"), (str, int)):
        money = Money.parse(new["minimum"])
        new["minimum"] = {"minor": money.minor, "currency": money.currency}
    if isinstance(new.get("channels"), list):
        new["channels"] = [_loose(c) if isinstance(c, dict) else c for c in new["channels"]]
    return new


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the documents of ``kind``. Raises ``KeyError`` for an unknown kind."""
    made = msgspec.json.schema(KINDS[kind])
    name = KINDS[kind].__name__
    top = made["$defs"][name]
    top["properties"] = {"schema": {"const": SCHEMA}, "kind": {"const": kind}, **top["properties"]}
    if "Weights" in made["$defs"]:
        made["$defs"]["Weights"]["properties"]["unit"] = {"const": UNIT}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"depfund {kind}", **made}
