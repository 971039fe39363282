"""What is known here: formats, weightings, schema."""

from __future__ import annotations

import click

from depfund.cli import _common as c
from depfund.documents import KINDS, encode, schema

__all__ = ["COMMANDS"]


@click.command()
@c.common
def formats(quiet: bool, no_progress: bool) -> None:
    """The formats that depfund reads and writes, one line each."""
    from depfund.exports import EXPORTS
    from depfund.manifests import FORMATS

    for row in FORMATS:
        click.echo(f"read   {row.name:<18} {row.title} ({', '.join(row.files)})")
    for out in EXPORTS:
        click.echo(f"write  {out.name:<18} {out.title}")


@click.command()
@c.common
def weightings(quiet: bool, no_progress: bool) -> None:
    """The weightings, one line each, with their parameters."""
    from depfund.weights import PRESETS, WEIGHTINGS

    for name, row in {**WEIGHTINGS, **PRESETS}.items():
        settings = " ".join(f"{key}={value}" for key, value in row.parameters.items() if value is not None)
        click.echo(f"{name:<13} {row.title}{f'  [{settings}]' if settings else ''}")


@click.command("schema")
@click.argument("kind", type=click.Choice([*KINDS, "policy"]))
@c.output
@c.common
def schema_(kind: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """The JSON Schema of a document."""
    from depfund.shares.policy import Policy

    c.write(encode(Policy.schema() if kind == "policy" else schema(kind)), output)


COMMANDS = (formats, weightings, schema_)
