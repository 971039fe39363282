"""Asking a weighting: names, parameters, stakes, and the checks that hold for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from fractions import Fraction
from importlib import import_module
from importlib.metadata import entry_points
from numbers import Rational
from pathlib import Path
from typing import Any

from depfund.errors import UsageError
from depfund.graph import as_graph, reach
from depfund.model import Basis, Graph, Note, Weights
from depfund.weights import blend
from depfund.weights._ask import Ask
from depfund.weights._exact import flag, number, pairs, to_unit
from depfund.weights._stakes import STAKES, stakes_of
from depfund.weights._table import PRESETS, WEIGHTINGS, Row
from depfund.weights.usage import count, of_packages

__all__ = ["ask_of", "run"]

Function = Callable[[Graph], Mapping[str, int | Fraction]]


def run(basis: Basis, weighting: str | Function, parameters: Mapping[str, object], root: str) -> Weights:
    """:func:`depfund.weights.weigh`."""
    if callable(weighting):
        name = getattr(weighting, "__name__", type(weighting).__name__)
        if parameters.keys() - STAKES.keys():
            raise UsageError(f"{name} is a function of the graph alone; it takes no parameters.")
        values = _called(weighting, name, basis, root)
        return Weights(weighting=name, level=basis.level, values=values, basis=basis)
    row = _row(weighting)
    if row is None:
        found = _entry_point(weighting)
        return run(basis, found, parameters, root)
    ask = ask_of(basis, weighting, parameters, root)
    values = _blended(ask) if weighting == "blend" else import_module(f"depfund.weights.{row.module}").values(ask)
    return Weights(
        weighting=weighting,
        parameters={name: _text(ask.parameters[name]) for name in sorted(ask.parameters) if _said(name, ask, row)},
        level=basis.level,
        values=_ordered(values),
        basis=basis,
        notes=tuple(ask.notes),
    )


def ask_of(basis: Basis, weighting: str, parameters: Mapping[str, object], root: str = "") -> Ask:
    """The complete question: defaults filled in, names checked, stakes computed."""
    row = _row(weighting)
    if row is None:
        raise _unknown(weighting)
    alias = {"manual": {"weights": "values"}, "blend": {"weights": "parts", "of": "parts"}}.get(weighting, {})
    given = {alias.get(name, name): value for name, value in parameters.items()}
    full = {**STAKES, **row.parameters, **given}
    known = [*row.parameters, *STAKES]
    for name in given:
        if name not in full or (name not in known and not (weighting == "blend" and _part(name))):
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"{weighting} takes no parameter {name!r}; it takes {', '.join(known)}.{hint}")
    if given.get("keep") is not None and str(given["keep"]).strip() == "equal" and "per_dependency" not in given:
        full["per_dependency"] = None
    full["usage"] = _counted(full["usage"])
    stakes, lost = stakes_of(basis, full)
    ask = Ask(basis=basis, stakes=stakes, parameters=full, root=root)
    for name in lost:
        message = f"{name} is used but is no direct dependency here; its count is left out."
        ask.notes.append(Note(level="info", code="stakes.unmatched", subject=name, message=message))
    return ask


def _counted(usage: object) -> object:
    """The counts behind ``usage``: a folder (text without ``=``) is counted, so that the parameters say what ran."""
    if isinstance(usage, Path) or (isinstance(usage, str) and not flag(usage) and "=" not in usage):
        folder = Path(usage)
        if not folder.exists():
            raise UsageError(f"usage is {str(usage)!r}, which is no folder; name the folder of your code, or counts.")
        return of_packages(count(folder)) or None
    return usage


def _part(name: str) -> bool:
    return _row(name.partition(".")[0]) is not None


def _row(name: str) -> Row | None:
    return WEIGHTINGS.get(name) or PRESETS.get(name)


def _unknown(name: str) -> UsageError:
    known = [*WEIGHTINGS, *PRESETS]
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return UsageError(f"{name!r} is no weighting; the weightings are {', '.join(known)}.{hint}")


def _entry_point(name: str) -> Function:
    for point in entry_points(group="depfund.weightings", name=name):
        loaded: Function = point.load()
        return loaded
    raise _unknown(name)


def _called(function: Function, name: str, basis: Basis, root: str) -> dict[str, int]:
    found = function(as_graph(basis, root))
    if not isinstance(found, Mapping):
        raise UsageError(f"{name} returned {type(found).__name__}; a weighting returns a mapping of node to number.")
    strange = sorted(str(key) for key in found if key not in basis.members)
    if strange:
        raise UsageError(f"{name} returned a weight for {strange[0]}, which is no node of the graph.")
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, Rational) or value < 0:
            raise UsageError(f"{name} returned {value!r} for {key}; a weight is an int or a Fraction, 0 or more.")
    reached = reach(basis.direct, basis.requires)
    keys = [key for key in sorted(found) if key in reached]
    values = to_unit([Fraction(found[key]) for key in keys])
    return {key: value for key, value in zip(keys, values, strict=True) if value}


def _blended(ask: Ask) -> dict[str, int]:
    parts = blend.parts_of(ask.parameters, lambda name: name != "blend" and _row(name) is not None)
    found = {}
    for name in parts:
        if _row(name) is None or name == "blend":
            raise _unknown(name) if name != "blend" else UsageError("blend cannot be a part of itself.")
        own = {key.partition(".")[2]: value for key, value in ask.parameters.items() if key.startswith(f"{name}.")}
        stakes = {key: ask.parameters[key] for key in STAKES}
        found[name] = run(ask.basis, name, {**stakes, **own}, ask.root).values
    return blend.mixed(parts, found)


def _ordered(values: Mapping[str, int]) -> dict[str, int]:
    found = {key: value for key, value in values.items() if value}
    keys = sorted(found)
    return found if keys == list(found) else {key: found[key] for key in keys}


def _said(name: str, ask: Ask, row: Row) -> bool:
    """Modifiers are only said when they differ from their defaults."""
    return name in row.parameters or name not in STAKES or ask.parameters[name] != STAKES[name]


def _text(value: object) -> str:
    """A parameter as text that means exactly the same when it is given again."""
    if value is None or value == "":
        return "none"
    if isinstance(value, Mapping):
        if any(isinstance(each, (Mapping, list, tuple, set, frozenset)) for each in value.values()):
            return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
        return ", ".join(f"{key}={each}" for key, each in pairs(value, "").items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return json.dumps(_plain(value), ensure_ascii=False)
    try:
        return str(number(value, ""))
    except UsageError:
        return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, (int, str)):
        return value
    return str(value) if value else 0  # no vote, which the text "0" would be
