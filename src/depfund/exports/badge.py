"""badge, readme: a badge as self-contained SVG, and a README snippet."""

from __future__ import annotations

from depfund.errors import ExportError
from depfund.exports._context import Context
from depfund.exports._safe import markdown, xml
from depfund.exports._summary import coverage
from depfund.model import Allocation

__all__ = ["render", "render_readme"]

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-labelledby="t">
<title id="t">{left}: {right}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{cut}" height="20" fill="#3b4252"/>
<rect x="{cut}" width="{rest}" height="20" fill="#1b6e53"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{x1}" y="14" textLength="{l1}">{left}</text><text x="{x2}" y="14" textLength="{l2}">{right}</text></g>
</svg>
"""


def render(plan: Allocation, context: Context, *, label: str = "we fund our dependencies") -> str:  # noqa: ARG001
    """A flat SVG badge: ``label``, and how many of the dependencies are funded."""
    found = coverage(plan)
    right = f"{found.packages} of {found.all_packages}" if found.all_packages else str(plan.budget)
    if len(label) > 80:
        raise ExportError(f"a badge's label has at most 80 characters, this one {len(label)}.")
    l1, l2 = 6 * len(label) + len(label) // 2, 6 * len(right) + len(right) // 2
    cut, rest = l1 + 12, l2 + 12
    return _SVG.format(
        width=cut + rest, cut=cut, rest=rest, left=xml(label), right=xml(right),
        l1=l1, l2=l2, x1=cut // 2, x2=cut + rest // 2,
    )  # fmt: skip


def render_readme(plan: Allocation, context: Context, *, badge: str = "badge.svg", report: str = "") -> str:  # noqa: ARG001
    """Markdown for a README; ``badge`` is the path of the badge, ``report`` the address of the published report."""
    found = coverage(plan)
    paid = str(type(plan.budget)(minor=sum(p.amount.minor for p in plan.payments), currency=plan.budget.currency))
    share = f", for {found.packages} of {found.all_packages} packages" if found.all_packages else ""
    image = f"![We fund our dependencies](<{badge.replace('>', '%3E').replace('<', '%3C')}>)"
    lines = ["## We fund our dependencies", "", f"[{image}](<{report}>)" if report else image, ""]
    people = "payee" if len(plan.payments) == 1 else "payees"
    lines.append(
        f"{markdown(paid)} to {len(plan.payments)} {people}{share}. Made with depfund: every amount has its reason."
    )
    return "\n".join(lines) + "\n"
