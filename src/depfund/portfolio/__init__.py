"""The whole organisation: many projects, one budget. ``w_org = Σ ω_p·w_p`` in integers, never a union of graphs.

Source: allocation.md, section 9. Projects are found (:mod:`~depfund.portfolio.discovery`) or listed in a
``portfolio.toml`` (:mod:`~depfund.portfolio.table`); each lockfile is weighed alone on any
``concurrent.futures.Executor`` (:mod:`~depfund.portfolio.engine`), cached by what it depends on, and added exactly.
"""

from __future__ import annotations

from depfund.portfolio.charge import airport, apart, contributions, report
from depfund.portfolio.run import allocate_portfolio, portfolio_of, survey
from depfund.portfolio.table import Entry, Portfolio
from depfund.portfolio.total import Organisation

__all__ = [
    "Entry",
    "Organisation",
    "Portfolio",
    "airport",
    "allocate_portfolio",
    "apart",
    "contributions",
    "portfolio_of",
    "report",
    "survey",
]
