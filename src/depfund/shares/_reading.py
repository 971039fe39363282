"""How a policy file is read: each key has a kind that reads it, writes it back, and says its JSON Schema.

The tables of the file are dataclasses whose fields carry their kind, so that validation, ``to_plain``, the schema
and the reference page cannot disagree.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from depfund.errors import MoneyError, PolicyError
from depfund.money import Money
from depfund.money import fraction as exact

__all__ = [
    "Kind",
    "choice",
    "key",
    "listing",
    "mapping",
    "plain_of",
    "read_table",
    "schema_of",
    "suggest",
    "table",
    "tables",
]

Read = Callable[[Any, str, str], Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a key holds: ``read(value, path, currency)``, ``plain(value)`` (the way back) and its JSON Schema."""

    read: Read
    plain: Callable[[Any], Any]
    schema: Mapping[str, Any]
    name: str


def key(kind: Kind, default: Any = None, about: str = "", *, name: str = "", rest: bool = False) -> Any:
    """A dataclass field that is a key of the file. ``name`` where the key is no Python name; ``rest`` takes others."""
    data = {"kind": kind, "about": about, "name": name, "rest": rest}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=data)
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=data)
    return dataclasses.field(default=default, metadata=data)


def flag(about: str) -> Any:
    """A key that is true or false, and false by default."""
    return key(FLAG, default=False, about=about)


def required(kind: Kind, about: str = "") -> Any:
    """A key without which its table says nothing."""
    return dataclasses.field(metadata={"kind": kind, "about": about, "name": "", "rest": False})


def spelled(field: dataclasses.Field[Any]) -> str:
    """The key of a field as the file spells it."""
    return str(field.metadata["name"] or field.name)


def join(path: str, step: str) -> str:
    """``limits`` and ``github:octocat`` make ``limits."github:octocat"``: the path as TOML writes it."""
    part = step if step.replace("_", "").replace("-", "").isalnum() and step.isascii() else f'"{step}"'
    return f"{path}.{part}" if path else part


def suggest(word: str, known: Iterable[str]) -> str:
    """A half sentence with the closest known word, or with all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, 1, 0.6)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(names)}."


def _wrong(path: str, value: object, wanted: str) -> PolicyError:
    shown = repr(value)
    return PolicyError(f"{path} is {shown if len(shown) < 60 else shown[:57] + '...'}; it is {wanted}.")


def _text(value: Any, path: str, _: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(path, value, "a text")
    return value.strip()


def _flag(value: Any, path: str, _: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, value, "true or false")
    return value


def _integer(value: Any, path: str, _: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(path, value, "a whole number, 1 or more")
    return value


def fraction(value: object) -> Fraction | None:
    """``"10%"``, ``"1/10"``, ``"0.1"`` or a whole number, exactly; None when it is none of these."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Fraction)):
        return None
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            return exact(value.strip()[:-1].strip()) / 100
        return exact(value) if isinstance(value, str) else Fraction(value)
    except ValueError:
        return None


def _number(value: Any, path: str, _: str) -> Fraction:
    found = fraction(value)
    if found is None or found < 0:
        raise _wrong(path, value, "a number, zero or more, such as 2, '3/2' or '150%'")
    return found


def _share(value: Any, path: str, _: str) -> Fraction:
    found = fraction(value)
    if found is None or not 0 <= found <= 1:
        raise _wrong(path, value, "a share between 0 and 1, such as '10%' or '1/10'")
    return found


def _amount(value: Any, path: str, currency: str) -> Money:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _wrong(path, value, "an amount such as '5 USD'")
    try:
        return Money.parse(value, currency)
    except MoneyError as error:
        raise PolicyError(f"{path}: {error}") from error


def _limit(value: Any, path: str, currency: str) -> Money | Fraction:
    if isinstance(value, str) and ("%" in value or "/" in value):
        return _share(value, path, currency)
    return _amount(value, path, currency)


def _scalar(value: Any, path: str, _: str) -> Any:
    if isinstance(value, list) and all(isinstance(one, (str, int)) for one in value):
        return tuple(value)
    if isinstance(value, Mapping):
        return {str(name): _scalar(one, join(path, str(name)), _) for name, one in value.items()}
    if not isinstance(value, (str, int)):
        raise _wrong(path, value, "a text, a whole number, true or false, or a list of these")
    return value


def _unscalar(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _unscalar(one) for name, one in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _date(value: Any, path: str, _: str) -> str:
    import datetime as dt

    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    try:
        return dt.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _wrong(path, value, "a date such as 2026-11-01") from None


def _same(value: Any) -> Any:
    return value


def _written(value: Money | Fraction | int) -> Any:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 and value > 1 else str(value)
    return str(value) if isinstance(value, Money) else value


_AMOUNT = {"type": ["string", "integer"], "description": "an amount such as '5 USD'"}
_SHARE = {"type": ["string", "integer"], "description": "a share such as '10%' or '1/10'"}

TEXT = Kind(read=_text, plain=_same, schema={"type": "string", "minLength": 1}, name="text")
FLAG = Kind(read=_flag, plain=_same, schema={"type": "boolean"}, name="true or false")
INTEGER = Kind(read=_integer, plain=_same, schema={"type": "integer", "minimum": 1}, name="whole number")
NUMBER = Kind(read=_number, plain=_written, schema={"type": ["string", "integer", "number"]}, name="number")
SHARE = Kind(read=_share, plain=_written, schema=_SHARE, name="share")
AMOUNT = Kind(read=_amount, plain=_written, schema=_AMOUNT, name="amount")
LIMIT = Kind(read=_limit, plain=_written, schema={"type": ["string", "integer"]}, name="amount or share")
DATE = Kind(read=_date, plain=_same, schema={"type": "string", "format": "date"}, name="date")
ANYTHING = Kind(
    read=_scalar,
    plain=_unscalar,
    schema={"type": ["string", "integer", "number", "boolean", "array", "object"]},
    name="value",
)


def choice(*names: str) -> Kind:
    """One of ``names``."""

    def read(value: Any, path: str, _: str) -> str:
        if value not in names:
            raise PolicyError(f"{path} is {value!r}; it is one of {', '.join(names)}.")
        return str(value)

    return Kind(read=read, plain=_same, schema={"enum": list(names)}, name=" · ".join(names))


def listing(one: Kind) -> Kind:
    """A list, kept as a tuple; a single value may stand for a list of one."""

    def read(value: Any, path: str, currency: str) -> tuple[Any, ...]:
        if isinstance(value, str):
            return (one.read(value, path, currency),)
        if not isinstance(value, (list, tuple)):
            raise _wrong(path, value, f"a list of {one.name}s")
        return tuple(one.read(each, f"{path}[{at}]", currency) for at, each in enumerate(value))

    return Kind(
        read=read,
        plain=lambda values: [one.plain(each) for each in values],
        schema={"type": ["array", "string"], "items": dict(one.schema)},
        name=f"list of {one.name}{'' if '·' in one.name else 's'}",
    )


def mapping(one: Kind, names: Iterable[str] | None = None) -> Kind:
    """A table with keys of the user's own (or of ``names``) and values of one kind."""
    known = tuple(names or ())

    def read(value: Any, path: str, currency: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _wrong(path, value, f"a table whose values are {one.name}s")
        for name in value:
            if known and name not in known:
                raise PolicyError(f"{join(path, str(name))} is not known; {suggest(str(name), known)}")
        return {str(name): one.read(each, join(path, str(name)), currency) for name, each in value.items()}

    shape: dict[str, Any] = {"type": "object", "additionalProperties": dict(one.schema)}
    if known:
        shape = {
            "type": "object",
            "properties": {name: dict(one.schema) for name in known},
            "additionalProperties": False,
        }
    return Kind(
        read=read,
        plain=lambda values: {name: one.plain(values[name]) for name in sorted(values)},
        schema=shape,
        name=f"table of {one.name}s",
    )


def either(one: Kind, other: Kind, when: type | tuple[type, ...]) -> Kind:
    """``one`` when the value is a ``when``, else ``other``."""
    return Kind(
        read=lambda value, path, currency: (one if isinstance(value, when) else other).read(value, path, currency),
        plain=lambda value: (one if isinstance(value, when) else other).plain(value),
        schema={"anyOf": [dict(one.schema), dict(other.schema)]},
        name=f"{one.name} or {other.name}",
    )


def table(cls: type) -> Kind:
    """A table of the file, read into its dataclass."""
    return Kind(
        read=lambda value, path, currency: read_table(cls, value, path, currency),
        plain=plain_of,
        schema=schema_of(cls),
        name="table",
    )


def tables(cls: type) -> Kind:
    """An array of tables, ``[[exclude]]``."""

    def read(value: Any, path: str, currency: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise _wrong(path, value, f"an array of tables, written [[{path}]]")
        return tuple(read_table(cls, each, f"{path}[{at}]", currency) for at, each in enumerate(value))

    return Kind(
        read=read,
        plain=lambda rows: [plain_of(row) for row in rows],
        schema={"type": "array", "items": schema_of(cls)},
        name="array of tables",
    )


def read_table(cls: type, raw: object, path: str, currency: str) -> Any:
    """``raw`` as the dataclass ``cls``. Raises :class:`~depfund.errors.PolicyError` that names the key."""
    if not isinstance(raw, Mapping):
        raise _wrong(path, raw, "a table")
    fields = {spelled(field): field for field in dataclasses.fields(cls) if "kind" in field.metadata}
    rest = next((field for field in fields.values() if field.metadata["rest"]), None)
    values: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in raw.items():
        field = fields.get(name)
        if field is not None and field is not rest:
            values[field.name] = field.metadata["kind"].read(value, join(path, name), currency)
        elif rest is not None and name in rest.metadata["kind"].schema["properties"]:
            others[name] = value
        else:
            known = {*fields, *(rest.metadata["kind"].schema["properties"] if rest else ())} - {
                rest.name if rest else ""
            }
            raise PolicyError(f"{join(path, str(name))} is not known; {suggest(str(name), known)}")
    if rest is not None and others:
        values[rest.name] = rest.metadata["kind"].read(others, path, currency)
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and field.name not in values:
            raise PolicyError(f"{join(path, name)} is missing; {field.metadata['about']}")
    return cls(**values)


def plain_of(value: Any) -> dict[str, Any]:
    """The dataclass as the file would write it, without the keys that are at their defaults."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        if "kind" not in field.metadata:
            continue
        each = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if each == default:
            continue
        plain = field.metadata["kind"].plain(each)
        found |= plain if field.metadata["rest"] else {spelled(field): plain}
    return {name: found[name] for name in sorted(found)}


def schema_of(cls: type) -> dict[str, Any]:
    """The JSON Schema of a table."""
    shape: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    needed = []
    for field in dataclasses.fields(cls):
        if "kind" not in field.metadata:
            continue
        made = dict(field.metadata["kind"].schema)
        if field.metadata["rest"]:
            shape["properties"] |= made.get("properties", {})
            shape["additionalProperties"] = made.get("additionalProperties", False)
            continue
        if field.metadata["about"]:
            made["description"] = field.metadata["about"]
        shape["properties"][spelled(field)] = made
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            needed.append(spelled(field))
    return {**shape, "required": needed} if needed else shape
