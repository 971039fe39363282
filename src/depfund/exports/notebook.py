"""notebook: an HTML fragment; notebooks call it through ``Allocation._repr_html_``."""

from __future__ import annotations

from depfund.exports._amounts import figure, percent
from depfund.exports._context import Context
from depfund.exports._paths import label, who
from depfund.exports._safe import address, xml
from depfund.exports._summary import sentence, summary
from depfund.model import Allocation, Payment

__all__ = ["render"]


def render(plan: Allocation, context: Context, *, rows: int = 20) -> str:  # noqa: ARG001
    """The answer and the ``rows`` largest payments as a table; no style, no script, no identifiers."""
    found = summary(plan)
    code = plan.budget.currency
    lines = [
        f"<div><p><strong>{xml(sentence(plan, found))}</strong></p>",
        (
            f'<table><thead><tr><th scope="col">Payee</th><th scope="col">{xml(code)}</th><th scope="col">Share</th>'
            '<th scope="col">For</th></tr></thead><tbody>'
        ),
    ]
    for at in found.order[:rows]:
        payment = plan.payments[at]
        names = list(
            dict.fromkeys(label(purl) for purl in sorted(payment.because, key=lambda p: (-payment.because[p], p)))
        )
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        lines.append(
            f"<tr><td>{_who(payment)}</td><td>{figure(payment.amount.minor, code)}</td>"
            f"<td>{percent(payment.amount.minor, plan.budget.minor)}</td><td>{xml(shown)}</td></tr>"
        )
    lines.append("</tbody></table>")
    if len(found.order) > rows:
        rest = sum(plan.payments[at].amount.minor for at in found.order[rows:])
        lines.append(f"<p>and {len(found.order) - rows} more payees with {figure(rest, code)} {xml(code)}</p>")
    return "\n".join(lines) + "</div>\n"


def _who(payment: Payment) -> str:
    name = xml(who(payment))
    url = address(payment.channel.url) if payment.channel else ""
    return f'<a href="{xml(url)}" rel="noopener noreferrer">{name}</a>' if url else name
