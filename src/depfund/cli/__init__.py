"""The command line: each command a sentence over :mod:`depfund.pipeline`.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import contextlib
import os
import sys

import click

from depfund.cli import _money, _policy, _portfolio, _rounds, _tables, _what
from depfund.cli._common import complain
from depfund.errors import DepfundError

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="depfund", prog_name="depfund", message="%(prog)s %(version)s")
def cli() -> None:
    """A lockfile and a budget in; exact amounts, the people they go to, and the reason for every cent out.

    SOURCE is a lockfile, a manifest, an SBOM, a graph document, a folder (searched), or `-` with --as FORMAT.
    Exit codes: 0 done, 2 usage, 3 source, 4 money, 5 policy, 6 facts, 7 network, 8 allocation, 9 incomplete
    (--strict), 10 ledger, 11 export, 130 interrupted.
    """


for room in (_what, _money, _tables, _policy, _rounds, _portfolio):
    for command in room.COMMANDS:
        cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; errors are one paragraph, never a traceback."""
    try:
        code = cli.main(arguments, prog_name="depfund", standalone_mode=False)
    except click.exceptions.Abort:
        complain("interrupted. What was looked up is in the cache; run the same command again to go on.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except DepfundError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("interrupted. What was looked up is in the cache; run the same command again to go on.")
        sys.exit(130)
    except BrokenPipeError:
        _no_output()  # the reader (head, less) went away
        sys.exit(0)
    except OSError as error:
        if error.filename is None:
            _no_output()  # standard output itself: a full disk behind a redirection
        where = error.filename or "the system says"
        complain(str(DepfundError(f"{where}: {error.strerror or error}. Check the path and the disk.")))
        sys.exit(DepfundError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _no_output() -> None:
    """Point standard output elsewhere, so that the interpreter's flush at the end is quiet."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
