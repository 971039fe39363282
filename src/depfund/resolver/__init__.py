"""Who makes each package and how they are paid: the rooms of registries and channels, asked in the order of trust.

A package leads to a repository (its registry says which), a repository to claims about channels, a claim to a verdict
of the platform it names, and all of them together to payees. The result does not depend on the order of packages or
answers; what could not be asked is a note that names the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfund.config import Config, Reporter
from depfund.http import door
from depfund.model import Facts, Graph
from depfund.resolver._facts import facts
from depfund.resolver._run import Run

if TYPE_CHECKING:
    from depfund.http import Http

__all__ = ["resolve"]


def resolve(
    graph: Graph,
    config: Config,
    reporter: Reporter | None = None,
    *,
    known: Facts | None = None,
    http: Http | None = None,
) -> Facts:
    """Facts about every package of ``graph`` that is not first-party.

    ``known`` are the user's own facts: what they say of a project comes before everything found. ``http`` replaces the
    door to the network. Failed look-ups are notes, never errors; Ctrl-C keeps what is known.
    """
    reporter = reporter or Reporter()
    asked = http or door(config, reporter)
    try:
        run = Run(graph, config, reporter, asked)
        run.ask()
        return facts(run, known or Facts())
    finally:
        if http is None:
            asked.close()
