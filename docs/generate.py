# ruff: noqa: INP001 - a script, not part of a package
"""The reference pages that are made from the program: ``python docs/generate.py`` writes them.

``tests/docs/test_generated.py`` fails when a page is not what the program says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).parent / "reference"
_NOTE = "<!-- Written by `python docs/generate.py`; edit that script or the program, not this page. -->\n"


def cli_page() -> str:
    """Every command with its help, as the program prints it."""
    from depfund.cli import cli

    lines = ["# Command line", "", _NOTE]
    lines += [
        "Results go to standard output, everything else to standard error. `--output FILE` writes atomically.",
        "Exit codes are listed in [Errors and exit codes](errors.md), formats under [Exports](exports.md).",
        "",
    ]
    for path, command in _commands(("depfund",), cli):
        context = _context(path, command)
        level = "##" if len(path) <= 2 else "###"
        lines += [f"{level} {' '.join(path)}", "", "```text", context.get_help().rstrip(), "```", ""]
    return "\n".join(lines)


def _commands(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            if not command.commands[name].hidden:
                yield from _commands((*path, name), command.commands[name])


def _context(path: tuple[str, ...], command: click.Command) -> click.Context:
    context: click.Context | None = None
    for name in path[:-1]:
        context = click.Context(click.Group(name), info_name=name, parent=context)
    return click.Context(
        command,
        info_name=path[-1],
        parent=context,
        terminal_width=100,
        max_content_width=100,
        help_option_names=["-h", "--help"],
    )


def schemas_page() -> str:
    """Fields of each document, from the JSON Schemas."""
    from depfund.documents import KINDS, schema

    lines = ["# JSON documents", "", _NOTE]
    lines += [
        "Every document has `schema` (1) and `kind`, keys are sorted, and the same input gives the same bytes. The",
        "tables below come from the JSON Schemas that `depfund schema KIND` prints (2020-12); `depfund schema policy`",
        "prints that of [the policy file](policy.md). Fields with a default may be left out when a document is written",
        "by hand.",
        "",
    ]
    shown: set[str] = set()
    for kind in KINDS:
        made = schema(kind)
        top = KINDS[kind].__name__
        lines += [f"## {kind}", ""]
        for name in sorted(made["$defs"], key=lambda each: (each != top, each)):
            if name in shown:
                continue
            shown.add(name)
            lines += _fields(name, made["$defs"][name], heading=name != top)
    return "\n".join(lines)


def _fields(name: str, shape: Mapping[str, Any], *, heading: bool) -> list[str]:
    lines = [f"### {name}", ""] if heading else []
    required = set(shape.get("required", ()))
    lines += ["| field | type | when left out |", "| --- | --- | --- |"]
    for field, row in shape.get("properties", {}).items():
        if "const" in row:
            missing = "may be"
        elif field in required:
            missing = "required"
        else:
            default = row.get("default")
            missing = f"`{json.dumps(default)}`" if default or default in (0, False) else "empty"
        lines.append(f"| `{field}` | {_type(row)} | {missing} |")
    return [*lines, ""]


def _type(row: Mapping[str, Any]) -> str:
    if "$ref" in row:
        return f"[{(name := row['$ref'].rsplit('/', 1)[-1])}](#{name.lower()})"
    if "const" in row:
        return f"`{json.dumps(row['const'])}`"
    if "enum" in row:
        return ", ".join(f"`{each}`" for each in row["enum"])
    if "anyOf" in row:
        return " or ".join(_type(each) for each in row["anyOf"])
    if row.get("type") == "array":
        return f"list of {_type(row['items'])}" if row.get("items") else "list"
    if row.get("type") == "object":
        more = row.get("additionalProperties")
        return f"mapping to {_type(more)}" if isinstance(more, Mapping) and more else "mapping"
    return str(row.get("type", "anything"))


def errors_page() -> str:
    """The exception tree with exit codes."""
    from depfund import errors

    lines = ["# Errors and exit codes", "", _NOTE]
    lines += [
        "Everything that depfund raises on purpose is a branch of `DepfundError`; the command line prints its message,",
        "one paragraph of what happened, where and what to do next, on standard error and ends with the branch's exit",
        "code. A problem that does not stop a run is a `Note` on the result instead. 130 is an interruption (Ctrl-C).",
        "",
        "| exit code | exception | raised when |",
        "| --- | --- | --- |",
        "| 0 | | all went well; notes may still say what is missing |",
    ]
    tree = [getattr(errors, name) for name in errors.__all__]
    for cls in sorted(tree, key=lambda each: (each.exit_code, len(each.__mro__), each.__name__)):
        said = " ".join(cls.__doc__.split("\n\n")[0].split())
        lines.append(f"| {cls.exit_code} | {{py:exc}}`~depfund.errors.{cls.__name__}` | {said} |")
    return "\n".join([*lines, ""])


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "schemas.md": schemas_page,
    "errors.md": errors_page,
}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (HERE / name).write_text(make(), encoding="utf-8")
