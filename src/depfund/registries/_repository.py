"""From what people write as their repository to one spelling of it."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

__all__ = ["canonical", "is_forge", "locate", "words"]


def words(text: str) -> frozenset[str]:
    """The words of ``text``: a set that can be read and extended like a sentence."""
    return frozenset(text.split())


_SHORT = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "codeberg": "codeberg.org"}
_PAIR = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_SCP = re.compile(r"(?:[\w.-]+@)([A-Za-z0-9.-]+):(?!\d+/)(?!//)(.+)")
_PREFIX = re.compile(r"^(?:scm:)?(?:(?:git|hg|svn|bzr)[:|+](?!//))+", re.IGNORECASE)
_FORGES = words(
    """github.com gitlab.com bitbucket.org codeberg.org git.sr.ht hg.sr.ht sr.ht gitee.com notabug.org framagit.org
    gitea.com invent.kde.org code.videolan.org foss.heptapod.net git.savannah.gnu.org
    gitbox.apache.org git.kernel.org go.googlesource.com android.googlesource.com chromium.googlesource.com
    repo.or.cz pagure.io git.launchpad.net opendev.org gitflic.ru disroot.org git.disroot.org"""
)
_ONE_PART = frozenset({"go.googlesource.com", "gitbox.apache.org", "pagure.io", "repo.or.cz", "git.launchpad.net"})
_NOT_OWNERS = words(
    """about account apps blog collections contact customer-stories enterprise events explore features issues join
    login logout marketplace new notifications organizations orgs pricing pulls readme search security sessions
    settings signup site sponsors stars topics trending users explore dashboard help groups -"""
)
_PAGES = words(
    """- tree blob raw issues merge_requests pulls pull wiki wikis commits commit tags releases archive src branches
    actions discussions network graphs projects activity blame edit"""
)


def canonical(text: str | None, *, explicit: bool = True) -> str | None:
    """``https://host/owner/name`` in lower case, without ``.git``; None when ``text`` names no repository.

    Understands ``git+https``, ``git``, ``ssh`` and scp forms, Maven's ``scm:`` prefix, shorthands (``owner/name``,
    ``gitlab:group/name``), pages inside a repository, and GitLab's subgroups. ``explicit`` says that the field is
    meant for a repository, so that a host nobody knows is believed where the address looks like one.
    """
    found = locate(text, explicit=explicit)
    return found[0] if found else None


def is_forge(text: str | None) -> bool:
    """Whether ``text`` names a repository on a host that is known to hold repositories."""
    return locate(text, explicit=False) is not None


def locate(text: str | None, *, explicit: bool = True) -> tuple[str, str | None] | None:
    """(the canonical address, the folder inside it that the text points to or None)."""
    if not isinstance(text, str):
        return None
    text = text.strip().strip("<>\"'")
    if not text or len(text) > 1000 or " " in text or not text.isprintable():
        return None
    text, vcs = _plain(text, short=explicit)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in {"https", "http", "git", "ssh"} or "." not in host:
        return None
    host = _host(host)
    path = [plain for part in parts.path.split("/") if (plain := unquote(part)).isprintable() and plain]
    if host == "raw.githubusercontent.com":
        host, path = "github.com", path[:2]
    if host == "api.github.com":
        host, path = "github.com", path[1:3] if path[:1] == ["repos"] else []
    if any(not re.fullmatch(r"[~\w.+-]+", part) for part in path[:2]):
        return None
    if host in _ONE_PART:
        return _one(host, path)
    if host == "github.com" or host in {
        "bitbucket.org",
        "codeberg.org",
        "git.sr.ht",
        "hg.sr.ht",
        "gitee.com",
        "gitea.com",
    }:
        return _two(host, path)
    if host in _FORGES or host.startswith(("gitlab.", "git.", "gitea.", "forgejo.")) or ".gitlab." in host:
        return _many(host, path, explicit=explicit or host in _FORGES)
    if explicit and (vcs or any(part.endswith(".git") for part in path)):
        return _many(host, path, explicit=True)
    return None


def _plain(text: str, *, short: bool) -> tuple[str, bool]:
    """(``text`` as an address with a scheme, whether it is marked as one of a version control system)."""
    forge, colon, rest = text.partition(":")
    if colon and short and forge.lower() in _SHORT and not rest.startswith("/"):
        return f"https://{_SHORT[forge.lower()]}/{rest.partition('#')[0]}", True
    if short and _PAIR.fullmatch(text.partition("#")[0]):
        return f"https://github.com/{text.partition('#')[0]}", True
    bare = _PREFIX.sub("", text)
    vcs = bare != text or bare.startswith(("git://", "ssh://", "git@"))
    bare = bare.partition("#")[0]
    if bare.startswith("//"):
        bare = f"https:{bare}"
    if "://" not in bare:
        if match := _SCP.fullmatch(bare):
            return f"ssh://{match[1]}/{match[2].lstrip('/')}", True
        if re.match(r"(www\.)?[\w-]+(\.[\w-]+)+/", bare):
            return f"https://{bare}", vcs
    if match := re.fullmatch(r"(?:git|ssh)://(?:[\w.-]+@)?([\w.-]+):(?!\d+(?:/|$))(.+)", bare):
        return f"ssh://{match[1]}/{match[2].lstrip('/')}", True
    return bare, vcs


def _host(host: str) -> str:
    for prefix in ("www.", "ssh.", "altssh."):
        if host.removeprefix(prefix) in _FORGES:
            return host.removeprefix(prefix)
    return "github.com" if host in {"github.com:443", "codeload.github.com", "git.github.com"} else host


def _two(host: str, path: list[str]) -> tuple[str, str | None] | None:
    """Hosts where owner and name are all there is."""
    if len(path) < 2 or path[0].lower() in _NOT_OWNERS:
        return None
    name = path[1].removesuffix(".git").rstrip(".")
    if not name:
        return None
    folder = None
    if len(path) > 4 and path[2] in {"tree", "blob", "src"}:
        start = 5 if host == "codeberg.org" and path[3] in {"branch", "tag", "commit"} else 4
        folder = "/".join(path[start:]) or None
    return f"https://{host}/{path[0]}/{name}".lower(), folder


def _many(host: str, path: list[str], *, explicit: bool) -> tuple[str, str | None] | None:
    """Hosts with groups inside groups: everything up to the first page of the repository."""
    kept: list[str] = []
    folder = None
    for index, part in enumerate(path):
        if part in _PAGES and len(kept) >= 2:
            after = path[index + 1 :] if part == "-" else path[index:]
            if after[:1] in (["tree"], ["blob"]):
                folder = "/".join(after[2:]) or None
            break
        kept.append(part.removesuffix(".git"))
        if part.endswith(".git"):
            break
    if len(kept) < (1 if explicit and host not in _FORGES else 2) or kept[0].lower() in _NOT_OWNERS:
        return None
    if any(not re.fullmatch(r"[~\w.+-]+", part) for part in kept):
        return None
    return f"https://{host}/{'/'.join(kept)}".lower(), folder


def _one(host: str, path: list[str]) -> tuple[str, str | None] | None:
    kept = [part for part in path if part != "+"][: 2 if path[:1] in (["repos"], ["fork"]) else 1]
    if not kept:
        return None
    return f"https://{host}/{'/'.join(kept)}".lower().removesuffix(".git"), None
