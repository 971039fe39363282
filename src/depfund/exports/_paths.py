"""Why a package is there, in one line: a shortest chain of projects from a direct dependency, in one pass for all."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from depfund.graph import versionless
from depfund.model import Allocation, Payment

__all__ = ["Chains", "label", "who"]


class Chains:
    """Shortest chains over the plan's basis; empty answers when the plan carries none."""

    def __init__(self, plan: Allocation) -> None:
        basis = plan.weights.basis
        self._parent: dict[str, str] = {}
        self.node: dict[str, str] = {}
        self.direct: Mapping[str, object] = basis.direct if basis else {}
        if basis is None:
            return
        for key, members in basis.members.items():
            self.node[key] = key
            for purl in members:
                self.node[purl] = key
                self.node.setdefault(versionless(purl), key)
        seen = set(basis.direct)
        todo = deque(basis.direct)
        while todo:
            source = todo.popleft()
            for target in basis.requires.get(source, ()):
                if target not in seen:
                    seen.add(target)
                    self._parent[target] = source
                    todo.append(target)

    def to(self, purl: str) -> list[str]:
        """Nodes from a direct dependency to the node of ``purl``; empty when it is unknown or unreached."""
        key = self.node.get(purl)
        if key is None or (key not in self._parent and key not in self.direct):
            return []
        chain = [key]
        while (above := self._parent.get(chain[-1])) is not None:
            chain.append(above)
        return chain[::-1]


def label(key: str) -> str:
    """A node's short name: a purl's name, the last parts of a project's address."""
    if key.startswith("pkg:"):
        body = versionless(key)[4:]
        kind, slash, name = body.partition("/")
        return (name if slash else kind).replace("%40", "@")
    short = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _, path = short.partition("/")
    return path or host


def who(payment: Payment) -> str:
    """A payee's name, else what stands behind the platform in its key (an address without its scheme)."""
    if payment.name:
        return payment.name
    if payment.payee.startswith("pkg:"):
        return label(payment.payee)
    head, colon, rest = payment.payee.partition(":")
    if not colon or head in {"http", "https"}:
        rest = payment.payee
    return rest.removeprefix("https://").removeprefix("http://").rstrip("/") or payment.payee
