r"""Other people's text, made harmless: one function per place that it is written to.

Names, links and reasons come from strangers. Everywhere a control character, a bidirectional override, a zero-width
character or a line break is shown as its escape (``\\n``, ``\\u202e``), so that nothing hides and nothing breaks out.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from urllib.parse import quote, urlsplit

__all__ = ["address", "beancount", "cell", "code", "dot", "markdown", "markdown_link", "visible", "xml"]

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MARKDOWN = re.compile(
    r"[\\`*{}\[\]|~$]"  # emphasis, code, links, cells, strikethrough, formulas
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore inside a word is no emphasis
    r"|:(?=//)|(?<=www)\."  # addresses that readers would turn into links by themselves
    r"|^[#+=-](?!\d)",  # what only means something where a line begins
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_LINKS = frozenset({"https", "http", "mailto"})
_URL_SAFE = "%/:?#[]@!$&'*+,;=-._~"


def visible(text: str) -> str:
    """``text`` on one line with every control, format and bidirectional character shown as an escape."""
    if text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def _escape(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def cell(text: str) -> str:
    """``text`` for a spreadsheet: a cell that would be read as a formula begins with an apostrophe.

    That is one whose first character that is no space is ``= + - @`` or a full-width form of these (OWASP, *CSV
    Injection*). Spreadsheets show such a cell as text; other readers strip one leading apostrophe.
    """
    shown = visible(text)
    return "'" + shown if shown.lstrip().startswith(_FORMULA) else shown


def address(url: str | None) -> str:
    """``url`` where it may become a link (https, http, mailto, and nothing odd in it), else empty."""
    if not url or not url.isprintable() or any(char in url for char in ' "<>\\^`{}|'):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in _LINKS or (parts.scheme.lower() != "mailto" and not host):
        return ""
    return url


def markdown(text: str) -> str:
    """``text`` as itself in Markdown, table cells included: punctuation escaped, HTML as entities."""
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", visible(text)))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")


def code(text: str) -> str:
    """``text`` as a code span that may stand in a table cell."""
    shown = visible(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_link(text: str, url: str | None) -> str:
    """A Markdown link where :func:`address` allows one, else the text alone."""
    safe = address(url)
    return f"[{markdown(text)}](<{quote(safe, safe=_URL_SAFE)}>)" if safe else markdown(text)


def beancount(text: str) -> str:
    """``text`` as a Beancount string."""
    shown = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'


def dot(text: str) -> str:
    """``text`` as a quoted Graphviz identifier."""
    shown = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'


def xml(text: str) -> str:
    """``text`` for SVG and HTML, attributes included."""
    return escape(visible(text), quote=True)
