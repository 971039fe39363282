"""What people call a project on a ballot, matched to payees and nodes with tolerance, and never by guessing alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from depfund.model import Payee
from depfund.shares._keys import bare, payee_key

__all__ = ["PAYEE", "Candidates"]

PAYEE = "payee:"
"""In front of a candidate that is a payee and not a node of the weights."""

_CLOSE = 0.84


def _plain(text: str) -> str:
    return re.sub(r"[\s._-]+", "-", bare(text)).strip("-")


class Candidates:
    """Everything that can be voted for: nodes with their packages, and payees.

    Spellings are looked up from the most exact kind to the least: payee keys and addresses; project addresses and
    purls; package names, ``owner/name`` and repository names; names and handles of payees. The first kind that
    knows the word decides; when it means several there, it means none. Last, one close spelling is accepted.
    """

    def __init__(self, nodes: Mapping[str, Iterable[str]], payees: Iterable[Payee]) -> None:
        self.levels: tuple[dict[str, set[str]], ...] = ({}, {}, {}, {})
        for payee in payees:
            target = PAYEE + payee.key
            for text in (payee.key, *payee.aliases, *(c.key for c in payee.channels), *(c.url for c in payee.channels)):
                self._put(0, text, target)
            for text in (payee.name, *(channel.handle for channel in payee.channels), payee.key.partition(":")[2]):
                self._put(3, text, target)
        for node, purls in nodes.items():
            for text in (node, *purls):
                self._put(1, text, node)
                word = bare(text).partition("?")[0].partition("#")[0]
                if word.startswith("pkg:"):
                    cut = word.rfind("@")
                    word = word[:cut] if cut > 0 and word[cut - 1] != "/" else word
                    self._put(1, word, node)
                    word = word.partition("/")[2]
                elif "/" in word:
                    word = word.partition("/")[2]
                self._put(2, word, node)
                if "@" not in word:
                    self._put(2, word.rpartition("/")[2], node)

    def _put(self, level: int, text: str, target: str) -> None:
        if word := _plain(text):
            self.levels[level].setdefault(word, set()).add(target)

    def find(self, text: str) -> tuple[str | None, str]:
        """The candidate that ``text`` means, or None; and a remark where that is not plain."""
        for word in (_plain(text), _plain(payee_key(text))):
            for level in self.levels:
                if targets := level.get(word):
                    if len(targets) == 1:
                        return next(iter(targets)), ""
                    several = ", ".join(sorted(target.removeprefix(PAYEE) for target in targets)[:4])
                    return None, f"{text!r} means several: {several}; write one of these. The vote is not counted."
        word = _plain(text)
        known = {
            name: targets for level in reversed(self.levels) for name, targets in level.items() if len(targets) == 1
        }
        close = difflib.get_close_matches(word, sorted(known), 2, _CLOSE) if len(word) > 3 else []
        if close and len({target for name in close for target in known[name]}) == 1:
            target = next(iter(known[close[0]]))
            return target, f"{text!r} was read as {close[0]!r}."
        return None, f"{text!r} is no payee, project or package of this graph; the vote is not counted."
