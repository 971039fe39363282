"""Writing a policy file without losing a person's comments; the only door to tomlkit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from depfund.errors import PolicyError
from depfund.shares.policy import Policy

__all__ = ["set_value", "template", "unset_value"]

TEMPLATE = """\
# A fund's rules as data. Every key is optional; `depfund policy check` says what is wrong with one.
# Amounts are "5 USD", shares "10%" or "1/10".

[fund]
name = "{name}"
budget = "{budget}"              # or per_developer = "2000 USD" and developers = 135
period = "month"                 # month | quarter | year
weighting = "flow"               # see `depfund weightings`

[limits]
# minimum = "5 {currency}"             # all-or-nothing per payee
# maximum = "10%"                # per payee, of the budget, or an amount

[unfundable]
policy = "redistribute"          # redistribute | hold | fallback | pass_down | pass_up

# [boost]
# "pkg:pypi/urllib3" = 2

# [[exclude]]
# match = "github.com/acme/*"
# reason = "ours"

# [[fixed]]                      # paid first, by hand
# payee = "open_collective:django"
# amount = "500 {currency}"
# reason = "foundation membership"

[eligibility]
# own = ["github.com/acme"]      # first-party owners
# staff = ["github:someone"]     # people we employ
# archived = "exclude"
# licences = "osi"
"""


def template(name: str = "Our open source fund", budget: str = "1000 USD") -> str:
    """A commented policy file to begin with. Raises :class:`~depfund.errors.PolicyError` for a budget that is none."""
    text = TEMPLATE.format(name=name.replace("\\", "").replace('"', "'"), budget=budget, currency="USD")
    currency = Policy.parse(text).fund.currency
    return TEMPLATE.format(name=name.replace("\\", "").replace('"', "'"), budget=budget, currency=currency)


def set_value(text: str, path: str, value: Any) -> str:
    """``text`` with the key at ``path`` set to ``value``; everything else, comments included, stays as it is.

    ``path`` is as in error messages: ``limits.minimum``, ``boost."pkg:pypi/urllib3"``, ``exclude[0].reason``; one
    position behind the last row of an array of tables adds a row. In a pyproject.toml it is inside ``[tool.depfund]``.

    Raises :class:`~depfund.errors.PolicyError` when the result is no valid policy.
    """
    from tomlkit.items import AoT

    document, table = _open(text)
    steps = _steps(path)
    try:
        for at, step in enumerate(steps[:-1]):
            table = _enter(table, step, steps[at + 1], path)
        table[steps[-1]] = value
    except (AttributeError, TypeError, ValueError, LookupError) as error:  # something else stands at that place
        raise PolicyError(f"{path} cannot be set here: {error}.") from error
    if isinstance(table, AoT) and not isinstance(value, Mapping):
        raise PolicyError(f"{path} is a table; name one of its keys, as in {path}.KEY.")
    made: str = document.as_string()
    _check(made)
    return made


def unset_value(text: str, path: str) -> str:
    """``text`` without the key at ``path``. Raises :class:`~depfund.errors.PolicyError` when it is not there."""
    document, table = _open(text)
    steps = _steps(path)
    try:
        for step in steps[:-1]:
            table = table[step]
        del table[steps[-1]]
    except (AttributeError, TypeError, ValueError, LookupError):
        raise PolicyError(f"{path} is not in the policy file, so it cannot be removed.") from None
    made: str = document.as_string()
    _check(made)
    return made


def _open(text: str) -> tuple[Any, Any]:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise PolicyError(f"this policy is not TOML: {error}. Correct the place.") from error
    tool = document.get("tool")
    if isinstance(tool, dict):
        return document, tool.setdefault("depfund", tomlkit.table())
    return document, document


def _check(text: str) -> None:
    import tomllib

    try:
        raw = tomllib.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"with that change the policy would be no TOML: {error}.") from error
    tool = raw.get("tool")
    Policy.parse(tool["depfund"] if isinstance(tool, dict) else raw)


def _steps(path: str) -> list[str | int]:
    found: list[str | int] = []
    for quoted, bare, position in re.findall(r'"([^"]*)"|([^.\[\]"]+)|\[(\d+)\]', path):
        found.append(int(position) if position else (bare or quoted))
    if not found:
        raise PolicyError(f"{path!r} names no key; write it as limits.minimum.")
    return found


def _enter(table: Any, step: str | int, following: str | int, path: str) -> Any:
    import tomlkit

    if isinstance(step, int):
        if step == len(table):
            table.append(tomlkit.table())
        if step >= len(table):
            raise PolicyError(f"{path}: there are {len(table)} rows, so the next one is [{len(table)}].")
    elif step not in table:
        table[step] = tomlkit.aot() if isinstance(following, int) else tomlkit.table()
    return table[step]
