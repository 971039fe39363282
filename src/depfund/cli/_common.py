"""What the commands share: options, sources, output, progress."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from depfund.config import Config, Reporter
from depfund.documents import save
from depfund.errors import ExportError, SourceError, UsageError
from depfund.model import Facts, Graph, Note

F = TypeVar("F", bound=Callable[..., Any])

sources = click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
as_format = click.option("--as", "as_format", metavar="FORMAT", help="Read the sources as this format.")
budget = click.option("--budget", "-b", metavar="AMOUNT", help='Such as "1000 USD"; default: the policy\'s.')
weighting = click.option("--weighting", "-w", metavar="NAME", help="See `depfund weightings`; default: flow.")
level = click.option(
    "--level", type=click.Choice(["version", "package", "project"]), default="project", show_default=True
)
output = click.option("--output", "-o", type=click.Path(dir_okay=True), help="Write to this file, atomically.")
offline = click.option("--offline", is_flag=True, help="Open no socket: use the cache, the lockfile and --facts.")
facts_option = click.option(
    "--facts", "facts_file", metavar="FILE", help="Use this facts file instead of looking things up."
)
policy_option = click.option(
    "--policy", "policy_file", metavar="FILE", help="Default: depfund.toml beside the first source."
)
settings = click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter, such as keep=1/2.")
dry_run = click.option("--dry-run", is_flag=True, help="List every address that would be asked, and ask none.")


def choice(*names: str, default: str) -> Callable[[F], F]:
    """``--format`` of the given names."""
    return click.option("--format", "form", type=click.Choice(names), default=default, show_default=True)


def common(function: F) -> F:
    """``--quiet`` and ``--no-progress``, which every command takes."""
    function = click.option("--quiet", "-q", is_flag=True, help="No notes and no progress on standard error.")(function)
    return click.option("--no-progress", is_flag=True, help="No progress bar, even on a terminal.")(function)


def say(text: str) -> None:
    """One line on standard output, control characters made visible."""
    from depfund.exports import visible

    click.echo(visible(text))


def complain(text: str) -> None:
    """One paragraph on standard error, control characters made visible."""
    from depfund.exports import visible

    click.echo(f"depfund: {visible(text)}", err=True)


def tell(notes: Sequence[Note], *, quiet: bool) -> None:
    """Warnings and errors among ``notes`` on standard error, two of a kind."""
    if quiet:
        return
    from depfund.exports import told

    for level, message in told(note for note in notes if note.level != "info"):
        complain(f"{level}: {message}")


def write(text: str, path: str | None) -> None:
    """``text`` to standard output, or to ``path`` atomically: see :func:`depfund.documents.save`."""
    if path is None or path == "-":
        click.echo(text, nl=not text.endswith("\n"))
        return
    target = Path(path)
    if target.is_dir():
        raise ExportError(f"{path} is a folder; name a file to write to.")
    try:
        save(text, target)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}. Check that the folder exists.") from error


def config_of(sources: Sequence[str], *, offline: bool = False, dry_run: bool = False) -> Config:
    """The Config for a run over ``sources``."""
    first = Path(sources[0]) if sources and sources[0] != "-" else Path()
    config = Config.load(first if first.is_dir() else first.parent)
    return replace(config, offline=config.offline or offline, dry_run=dry_run)


def graph_of(sources: Sequence[str], form: str | None, config: Config, *, lock: bool = True) -> Graph:
    """The Graph of the sources; ``-`` is standard input and needs ``--as``."""
    from depfund.manifests import File
    from depfund.pipeline import read_all

    if "-" in sources:
        if form is None:
            raise UsageError("standard input has no name to know the format by; add --as FORMAT (`depfund formats`).")
        data = sys.stdin.buffer.read()
        if not data:
            raise SourceError("standard input is empty.")
    files: list[File | str] = [File(path="-", data=data) if source == "-" else source for source in sources]
    return read_all(files if len(files) > 1 else files[0], format=form, lock=lock, config=config)


def facts_of(path: str | None, graph: Graph, config: Config, *, quiet: bool, progress: bool) -> Facts:
    """Facts from a file, or looked up with a progress bar on a terminal."""
    from depfund.pipeline import resolve

    if path is not None:
        given: Facts = load(path, Facts)
        return given
    with reporter(quiet=quiet, progress=progress, dry=config.dry_run) as report:
        return resolve(graph, config=config, reporter=report)


def load(path: str, cls: type[Any]) -> Any:
    """A document from a file."""
    from depfund.documents import loads

    return loads(read_bytes(path), cls, name=path)


def read_bytes(path: str) -> bytes:
    """The bytes of a file, or of standard input."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Check the path.") from error


def parameters(settings: Sequence[str]) -> dict[str, str]:
    """``--set key=value`` options as a mapping."""
    pairs = [setting.partition("=") for setting in settings]
    for key, sign, _ in pairs:
        if not sign or not key:
            raise UsageError(f"--set {key!r} has no value; write it as --set keep=1/2.")
    return {key.strip(): value.strip() for key, _, value in pairs}


class _DryRun(Reporter):
    """Prints every address instead of progress."""

    def address(self, method: str, url: str) -> None:
        say(f"{method} {url}")


@contextlib.contextmanager
def reporter(*, quiet: bool, progress: bool, dry: bool = False) -> Iterator[Reporter]:
    """A progress bar where standard error is a terminal, silence elsewhere, a list of addresses in a dry run."""
    if dry:
        yield _DryRun()
    elif quiet or not progress or not sys.stderr.isatty():
        yield Reporter()
    else:
        from depfund.cli._progress import bars

        with bars() as shown:
            yield shown
