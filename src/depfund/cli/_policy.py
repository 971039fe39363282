"""A fund's rules: policy init, check, show, set."""

from __future__ import annotations

import json
from pathlib import Path

import click

from depfund.cli import _common as c
from depfund.documents import encode
from depfund.errors import PolicyError

__all__ = ["COMMANDS"]

file = click.argument("path", metavar="[FILE]", default="depfund.toml")


@click.group()
def policy() -> None:
    """The policy file: a fund's rules as data (depfund.toml, or [tool.depfund] of pyproject.toml)."""


@policy.command()
@file
@click.option("--name", default="Our open source fund", show_default=True, help="The fund's name.")
@click.option("--budget", default="1000 USD", show_default=True, help="The amount of one period.")
@c.common
def init(path: str, name: str, budget: str, quiet: bool, no_progress: bool) -> None:
    """Write a commented policy file to begin with; an existing file is left alone."""
    from depfund.shares.policy_edit import template

    if Path(path).exists():
        raise PolicyError(f"{path} exists already; edit it, or name another file.")
    c.write(template(name, budget), path)
    if not quiet:
        c.complain(f"wrote {path}. Edit it, then `depfund policy check {path}`.")


@policy.command()
@file
@c.common
def check(path: str, quiet: bool, no_progress: bool) -> None:
    """Say whether a policy file is valid; the key that is wrong is named."""
    from depfund.shares.policy import Policy

    found = Policy.load(path)
    if not quiet:
        budget = found.budget()
        c.say(f"{path} is a valid policy{f' for {found.fund.name}' if found.fund.name else ''}.")
        for missing in found.missing:
            c.complain(f"warning: {missing}")
        c.say(f"budget: {budget or 'none stated'} a {found.fund.period}; weighting: {found.fund.weighting}")


@policy.command()
@file
@c.output
@c.common
def show(path: str, output: str | None, quiet: bool, no_progress: bool) -> None:
    """The policy as JSON, keys at their defaults left out."""
    from depfund.shares.policy import Policy

    c.write(encode(Policy.load(path).to_plain()), output)


@policy.command("set")
@click.argument("path", metavar="FILE")
@click.argument("key")
@click.argument("value")
@c.common
def set_(path: str, key: str, value: str, quiet: bool, no_progress: bool) -> None:
    """Set one KEY (such as limits.minimum) to VALUE; comments stay. VALUE is JSON where it parses, else text."""
    from depfund.shares.policy_edit import set_value

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}. `depfund policy init` writes one.") from error
    try:
        parsed: object = json.loads(value)
    except ValueError:
        parsed = value
    c.write(set_value(text, key, parsed), path)


COMMANDS = (policy,)
