"""Spellings: payee keys, project addresses and purls as people write them, and what a rule matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cached_property, lru_cache
from urllib.parse import unquote

from depfund.model import Channel, Payee

__all__ = ["ADDRESSES", "PLATFORMS", "Index", "Matcher", "Names", "bare", "channel_of", "payee_key"]

ADDRESSES: Mapping[str, str] = {
    "open_collective": "https://opencollective.com/{}",
    "github": "https://github.com/sponsors/{}",
    "thanks_dev": "https://thanks.dev/{}",
    "liberapay": "https://liberapay.com/{}",
    "ko_fi": "https://ko-fi.com/{}",
    "patreon": "https://www.patreon.com/{}",
    "buy_me_a_coffee": "https://buymeacoffee.com/{}",
    "polar": "https://polar.sh/{}",
    "tidelift": "https://tidelift.com/funding/github/{}",
    "lfx_crowdfunding": "https://crowdfunding.lfx.linuxfoundation.org/projects/{}",
    "community_bridge": "https://crowdfunding.lfx.linuxfoundation.org/projects/{}",
    "issuehunt": "https://issuehunt.io/r/{}",
    "otechie": "https://otechie.com/{}",
    "custom": "{}",
    "funding_json": "{}",
    "foundation": "",
}
"""Platforms as GitHub's FUNDING.yml spells them, and where a handle is found."""

PLATFORMS = tuple(ADDRESSES)

_SCHEME = re.compile(r"^(?:git\+)?(?:https?|ssh|git)://(?:www\.)?")
_PAGES = (
    (re.compile(r"(?:github\.com/sponsors|github\.com/orgs)/([^/?#]+)(?:/.*)?"), "github"),
    (re.compile(r"github\.com/([^/?#]+)"), "github"),
    (re.compile(r"opencollective\.com/([^/?#]+)(?:/.*)?"), "open_collective"),
    (re.compile(r"thanks\.dev/(?:d/)?(u/[^?#]+|[^/?#]+)"), "thanks_dev"),
    (re.compile(r"liberapay\.com/([^/?#]+)(?:/.*)?"), "liberapay"),
    (re.compile(r"ko-fi\.com/([^/?#]+)(?:/.*)?"), "ko_fi"),
    (re.compile(r"patreon\.com/([^/?#]+)(?:/.*)?"), "patreon"),
    (re.compile(r"buymeacoffee\.com/([^/?#]+)(?:/.*)?"), "buy_me_a_coffee"),
)


@lru_cache(maxsize=1 << 16)
def bare(text: str) -> str:
    """An address or purl in lower case without scheme, ``www.``, ``.git`` and slashes at its end, decoded."""
    plain = _SCHEME.sub("", unquote(text.strip()).lower())
    return plain.rstrip("/").removesuffix(".git")


def payee_key(text: str) -> str:
    """The key that a spelling means: ``https://github.com/sponsors/Octocat`` is ``github:octocat``."""
    word = text.strip()
    platform, colon, handle = word.partition(":")
    if colon and platform.lower() in ADDRESSES:
        return f"{platform.lower()}:{handle if handle.startswith('http') else handle.lower().lstrip('@')}"
    for pattern, name in _PAGES:
        if found := pattern.fullmatch(bare(word)):
            return f"{name}:{found[1].rstrip('/')}"
    return f"custom:{word}" if re.match(r"https?://", word, re.IGNORECASE) else word.lower()


def channel_of(key: str) -> Channel | None:
    """The channel that a key names, or None when its platform is not known."""
    platform, colon, handle = key.partition(":")
    if not colon or platform not in ADDRESSES or not handle:
        return None
    return Channel(platform=platform, handle=handle, url=ADDRESSES[platform].format(handle))


class Names:
    """Every spelling that means a payee. Made once per split; unknown spellings mean themselves."""

    def __init__(self, payees: Iterable[Payee], others: Iterable[str] = ()) -> None:
        self._payees = sorted(payees, key=lambda payee: payee.key)
        self._others = set(others)
        self.keys = self._others | {payee.key for payee in self._payees}

    @cached_property
    def _known(self) -> dict[str, str]:
        # A payee's own key beats another's alias or channel, so the keys go in last.
        found: dict[str, str] = {}
        for payee in self._payees:
            for spelling in (*payee.aliases, *(channel.key for channel in payee.channels)):
                found.setdefault(payee_key(spelling).lower(), payee.key)
        for payee in self._payees:
            found[payee_key(payee.key).lower()] = payee.key
            found[payee.key.lower()] = payee.key
        for key in sorted(self._others):
            found[key.lower()] = key
        return found

    def find(self, text: str) -> str:
        """The payee's key, or ``text`` in its canonical spelling when nobody has it."""
        if text in self.keys:
            return text
        return self._known.get(text.strip().lower()) or self._known.get(payee_key(text).lower()) or payee_key(text)


class Matcher:
    """Which of several patterns a payee, project or package meets.

    A pattern is a payee key, an address without its scheme (``github.com/acme/*``; ``github.com/acme`` means the
    owner and everything below) or a purl of any version; ``*`` matches anything.
    """

    __slots__ = ("_exact", "_globs")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._exact: dict[str, int] = {}
        self._globs: list[tuple[int, re.Pattern[str]]] = []
        for at, pattern in enumerate(patterns):
            if _is_glob(pattern):
                self._globs.append((at, re.compile(translate(bare(pattern)))))
            else:
                for word in _exactly(pattern):
                    self._exact.setdefault(word, at)

    def __bool__(self) -> bool:
        return bool(self._exact or self._globs)

    def first(self, spellings: Iterable[str]) -> int | None:
        """The position of the first pattern that one of ``spellings`` meets, or None."""
        words = [form for spelling in spellings for form in _forms(bare(spelling))]
        found = [self._exact[word] for word in words if word in self._exact]
        found += [at for at, glob in self._globs if any(glob.fullmatch(word) for word in words)]
        return min(found, default=None)


class Index:
    """The other way round: which of many subjects a pattern means. Subjects come with all their spellings."""

    __slots__ = ("_words",)

    def __init__(self, subjects: Mapping[str, Iterable[str]]) -> None:
        self._words: dict[str, dict[str, None]] = {}
        for subject, spellings in subjects.items():
            for spelling in spellings:
                for form in _forms(bare(spelling)):
                    self._words.setdefault(form, {})[subject] = None

    def find(self, pattern: str) -> list[str]:
        """The subjects that ``pattern`` means, in their order of code points."""
        if _is_glob(pattern):
            glob = re.compile(translate(bare(pattern)))
            met = [subject for word, row in self._words.items() if glob.fullmatch(word) for subject in row]
        else:
            met = [subject for word in _exactly(pattern) for subject in self._words.get(word, ())]
        return sorted(set(met))


def _is_glob(pattern: str) -> bool:
    return "*" in pattern


def _exactly(pattern: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((bare(pattern), bare(payee_key(pattern)))))


def _forms(word: str) -> list[str]:
    """The word, a purl without its version, and the owners above an address."""
    forms = [word]
    if word.startswith("pkg:"):
        name = word.partition("?")[0].partition("#")[0]
        cut = name.rfind("@")
        # The scope of an npm name begins with @ too; a version's @ does not follow a slash.
        if cut > 0 and name[cut - 1] != "/":
            forms.append(name[:cut])
    elif "/" in word and ":" not in word:
        steps = word.split("/")
        forms += ["/".join(steps[:count]) for count in range(2, len(steps))]
    return forms
