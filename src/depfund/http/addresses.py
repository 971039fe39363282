"""Which addresses found in strangers' data may be asked: https, public, checked after name resolution."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from depfund.errors import UnsafeAddress

__all__ = ["Resolve", "check", "is_literal", "is_public_ip", "parts_of", "pick", "resolve"]

Resolve = Callable[[str, int], list[str]]
"""(host, port) → its IP addresses; raises OSError when the name has none."""

LONGEST = 2048
_INNER = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL = ipaddress.ip_network("2000::/3")
"""All that IPv6 has of public addresses; what is outside is local, reserved, or was once (``fec0::/10``)."""


def parts_of(url: str) -> SplitResult:
    """The parts of an address that a stranger wrote; all of them empty where it has none (``https://[``)."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of ``host``, as the system's resolver orders them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def is_public_ip(text: str) -> bool:
    """Whether an IP address is reachable on the public internet, also when it is wrapped in another one."""
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public_ip(str(inner))
        if ip not in _GLOBAL:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check(url: str) -> tuple[str, int]:
    """(host, port) of an address that may be asked as far as its text tells.

    Raises :class:`~depfund.errors.UnsafeAddress`: not https, credentials in it, a private or loopback address (in
    any spelling that a resolver understands), a name that only means something inside a network.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    except ValueError:
        raise UnsafeAddress("refused: not an address") from None
    if len(url) > LONGEST or not host or any(ord(c) < 33 or ord(c) == 127 for c in url) or "\\" in url:
        raise UnsafeAddress("refused: not an address")
    if parts.scheme != "https":
        raise UnsafeAddress("refused: not https")
    if "@" in parts.netloc:
        raise UnsafeAddress("refused: credentials in the address")
    literal = _literal(host)
    if literal is not None:
        if not is_public_ip(literal):
            raise UnsafeAddress("refused: private address")
    elif "." not in host or host.endswith(tuple(f".{end}" for end in _INNER)):
        raise UnsafeAddress("refused: private address")
    return host, port


def _literal(host: str) -> str | None:
    """The IP address that a host spells out, in the forms of inet_aton too (``127.1``, ``0x7f000001``)."""
    try:
        return str(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    if not host[:1].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_literal(host: str) -> bool:
    """Whether a host is an IP address already."""
    return _literal(host) is not None


def pick(host: str, port: int, look_up: Resolve) -> str:
    """The one IP address to connect to, so that no second look-up can lead elsewhere.

    Raises UnsafeAddress when any of the name's addresses is private, OSError when the name has none.
    """
    try:
        found = [host] if _literal(host) else look_up(host, port)
    except UnicodeError:
        raise UnsafeAddress("refused: not an address") from None
    if not found or not all(is_public_ip(each) for each in found):
        raise UnsafeAddress("refused: private address")
    return next((each for each in found if ":" not in each), found[0])
