"""Addresses that strangers name: which are refused by their text, which after name resolution."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import UnsafeAddress
from depfund.http.addresses import check, is_public_ip, pick

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
    "2002:7f00:1::", "192.0.2.1", "::",
]  # fmt: skip


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_refused_in_every_wrapping(ip: str) -> None:
    assert not is_public_ip(ip)
    host = f"[{ip}]" if ":" in ip else ip
    with pytest.raises(UnsafeAddress, match="refused"):
        check(f"https://{host}/funding.json")
    with pytest.raises(UnsafeAddress, match="private"):
        pick("looks-fine.example", 443, lambda *_: [ip])


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x", "ftp://a.example/x", "file:///etc/passwd", "javascript:alert(1)", "", "https://", "https:///x",
        "https://localhost/x", "https://printer/x", "https://db.internal/x", "https://nas.local/", "https://router.lan/",
        "https://user:pass@a.example/", "https://127.1/x", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/",
        "https://a.example:99999/", "https://a.example\\@b.example/", "https://a.example/\r\nx", "https://[::1/", "https://localhost./",
        "https://a.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_refused_by_their_text(url: str) -> None:
    with pytest.raises(UnsafeAddress, match="refused"):
        check(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/x", "https://A.Example:8443/x?y=1", "https://8.8.8.8/", "https://xn--bcher-kva.example/"]
)
def test_others_pass(url: str) -> None:
    assert check(url)[0]


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(UnsafeAddress):
        pick("mixed.example", 443, lambda *_: ["8.8.8.8", "127.0.0.1"])
    assert pick("fine.example", 443, lambda *_: ["2606:4700::1111", "8.8.8.8"]) == "8.8.8.8"


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(ip: ipaddress.IPv4Address) -> None:
    assert is_public_ip(f"::ffff:{ip}") == is_public_ip(str(ip))


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        host, port = check(text)
    except UnsafeAddress:
        return
    assert host
    assert 0 < port < 65536
