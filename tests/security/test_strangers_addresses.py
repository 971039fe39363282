"""Addresses that strangers name in registries, repositories and manifests lead to no private place, end to end."""

import json

import pytest

import depfund
from depfund import Graph, Package, Reporter
from depfund.http import Http

INNER = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://10.0.0.1/",
    "https://localhost/",
    "https://printer.local/",
    "https://intranet/",
    "https://user:password@git.example/",
    "https://git.example\\@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "javascript:alert(1)",
    "https://git.example/\r\nX-Evil: 1",
    "//127.0.0.1/",
    "",
]


class Heard(Reporter):
    def __init__(self) -> None:
        self.addresses: list[str] = []

    def address(self, method: str, url: str) -> None:
        self.addresses.append(url)


@pytest.mark.parametrize("address", INNER)
def test_a_registry_cannot_send_depfund_to_a_private_place(world, config, address: str) -> None:
    links = {"Homepage": address, "Source": address, "Funding": address, "Repository": address}
    world.say(
        "/pypi/pypi/alpha/json", json.dumps({"info": {"name": "alpha", "home_page": address, "project_urls": links}})
    )
    heard = Heard()
    purl = "pkg:pypi/alpha@1"
    package = Package(purl=purl, name="alpha", version="1", ecosystem="pypi", hints={"homepage": (address,)})
    facts = depfund.resolve(
        Graph(root="x", packages=(package,), direct={purl: "runtime"}), config=config, reporter=heard
    )
    assert any("/pypi/alpha/json" in path for _, path, _, _ in world.asked)
    assert all(url.startswith(world.root) for url in heard.addresses), heard.addresses
    for bad in ("169.254", "localhost", "printer", "intranet", "passwd", "127.1", "2130706433", "10.0.0.1"):
        assert not any(bad in path.partition("?")[0] for _, path, _, _ in world.asked if path.startswith("/web")), bad
    assert "X-Evil" not in world.everything()
    assert not any("password" in url for url in heard.addresses)
    for payee in facts.payees.values():
        assert all(channel.url.startswith("https://") for channel in payee.channels)


@pytest.mark.parametrize("address", [INNER[at] for at in (0, 1, 6, 11, 13, 15)])
def test_a_redirect_does_not_lead_inside(world, config, address: str) -> None:
    world.say("/web/site.example/go", "", status=302, location=address)
    with Http(config) as http:
        answer = http.fetch("https://site.example/go")
    assert answer.error or answer.status == 404
    assert world.asked
    assert all(path.startswith("/web/site.example") for _, path, _, _ in world.asked)


def test_redirects_come_to_an_end(world, config) -> None:
    for at in range(30):
        world.say(f"/web/site.example/{at}", "", status=302, location=f"https://site.example/{at + 1}")
    with Http(config) as http:
        assert http.fetch("https://site.example/0").error == "too many redirects"
    assert 2 <= len(world.asked) <= 7


def test_a_name_that_resolves_inside_is_refused(config) -> None:
    from depfund import Config

    for inner in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "100.64.0.1", "0.0.0.0"):
        asked: list[str] = []

        def look_up(host: str, port: int, inner: str = inner, asked: list[str] = asked) -> list[str]:
            asked.append(host)
            return [inner]

        with Http(Config(patience=0.5, timeout=0.5), look_up=look_up) as http:
            answer = http.fetch("https://rebinding.example/")
        assert asked == ["rebinding.example"]
        assert "refused" in answer.said


def test_a_strangers_redirect_that_is_refused_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked again for what the rules forbid."""
    import httpx

    from depfund import Config
    from depfund.http.wire import Wire

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        headers = {"location": "https://169.254.169.254/latest/meta-data/"}
        return httpx.Response(302, headers=headers, stream=httpx.ByteStream(b""))

    monkeypatch.setattr(Wire, "_transport", lambda *_, **__: httpx.MockTransport(answer))
    with Http(Config(patience=5.0), look_up=lambda *_: ["93.184.215.14"]) as http:
        found = http.fetch("https://site.example/go")
    assert found.said == "refused: private address"
    assert asked == ["93.184.215.14"]


SPELLINGS = [
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/",
    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fec0::1]/", "https://[fe80::1%25eth0]/",
    "https://0.0.0.0/", "https://100.64.0.1/", "https://192.168.1.1./", "https://localhost./", "https://a.localhost/",
    "https://198.18.0.1/", "https://[100::1]/", "https://240.0.0.1/", "https://255.255.255.255/", "https://224.0.0.1/",
    "https://user@site.example/", "https://site.example@127.0.0.1/", "https://site.example\\@127.0.0.1/",
    "https://[64:ff9b:1::7f00:1]/", "https://[fd00::1]/", "https://169.254.169.254/", "https://metadata.internal/",
]  # fmt: skip


@pytest.mark.parametrize("address", [*SPELLINGS, "https://１２７.0.0.1/", "https://①②⑦.0.0.1/", "https://ⓛocalhost.x/"])
def test_no_spelling_of_a_private_address_is_connected_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Names are resolved as the system would: whatever they turn out to be is looked at before it is connected to."""
    import httpx

    from depfund import Config
    from depfund.http.addresses import resolve
    from depfund.http.wire import Wire

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    def look_up(host: str, port: int) -> list[str]:
        return resolve(host, port) if host[:1].isdigit() else ["127.0.0.1"]

    monkeypatch.setattr(Wire, "_transport", lambda *_, **__: httpx.MockTransport(answer))
    with Http(Config(patience=0.5, timeout=0.5), look_up=look_up) as http:
        assert http.fetch(address).error
    assert not asked


@pytest.mark.parametrize("source", ["http://index.example/simple", "http://10.0.0.1/simple", "https://10.0.0.1/simple"])
def test_an_index_that_only_a_lockfile_names_is_asked_by_https_at_a_public_address(monkeypatch, source: str) -> None:
    import httpx

    from depfund import Config
    from depfund.http.wire import Wire
    from depfund.registries import look_up

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(404, stream=httpx.ByteStream(b"{}"))

    packages = [
        Package(purl=f"pkg:{kind}/g/secretname@1", name="secretname", version="1", ecosystem=kind, hints=hints)
        for hints in ({"registry": (source,)},)
        for kind in ("pypi", "npm", "maven")
    ]
    monkeypatch.setattr(Wire, "_transport", lambda *_, **__: httpx.MockTransport(answer))
    with Http(Config(patience=0.5), look_up=lambda *_: ["93.184.215.14"]) as http:
        found = look_up(packages, http)
    assert not asked
    assert all("refused" in str(each.tried) for each in found.values())
    mine = Config(patience=0.5, environ={"PIP_EXTRA_INDEX_URL": source})
    with Http(mine, look_up=lambda *_: ["10.0.0.1"]) as http:
        look_up(packages[:1], http)
    assert asked  # named by the user: plain http and private networks are their business
