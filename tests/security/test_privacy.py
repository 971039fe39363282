"""What leaves the machine: exactly the addresses that a dry run lists, and never the name of a private package."""

import pytest

import depfund
from depfund import Config, Graph, Package, Reporter
from depfund.http import SERVICES


class Heard(Reporter):
    def __init__(self) -> None:
        self.addresses: set[str] = set()

    def address(self, method: str, url: str) -> None:
        self.addresses.add(f"{method} {url}")


def graph(*packages: Package) -> Graph:
    return Graph(root="shop", packages=packages, direct={each.purl: "runtime" for each in packages})


def package(purl: str, **fields: object) -> Package:
    kind, _, rest = purl.removeprefix("pkg:").partition("/")
    name, _, version = rest.rpartition("@")
    return Package(purl=purl, name=name, version=version, ecosystem=kind, **fields)


PUBLIC = graph(
    package("pkg:pypi/alpha@1", hints={"repository": ("https://github.com/alpha-team/alpha",)}),
    package("pkg:npm/beta@2"),
    package("pkg:cargo/gamma@3"),
    package("pkg:gem/delta@4"),
    package("pkg:golang/example.com/epsilon@v5"),
    package("pkg:composer/zeta/zeta@6"),
    package("pkg:hex/eta@7"),
    package("pkg:pub/theta@8"),
    package("pkg:nuget/Iota@9"),
    package("pkg:maven/org.example/kappa@10"),
    package("pkg:conda/lambda@11"),
)


@pytest.mark.parametrize("token", [None, "ghp_marker"])
def test_a_dry_run_asks_nothing_and_lists_what_a_run_begins_with(world, config, token, tmp_path) -> None:
    dry, wet = Heard(), Heard()
    fields = {**{name: getattr(config, name) for name in ("endpoints", "environ")}, "github_token": token}
    facts = depfund.resolve(PUBLIC, config=Config(**fields, dry_run=True), reporter=dry)
    assert not world.asked
    assert not facts.payees
    depfund.resolve(PUBLIC, config=Config(**fields, cache_dir=tmp_path / "c", patience=2.0), reporter=wet)
    assert world.addresses
    assert world.addresses == wet.addresses  # whatever is asked was said first, one way and the other
    first = {address for address in wet.addresses if not address.endswith("/@v/v5.info")}  # follows from a 404
    assert first <= dry.addresses
    assert len(dry.addresses - first) <= 2  # what a repository would be asked for that was not there


PRIVATE = {
    "another index": package("pkg:pypi/secretname@1", hints={"registry": ("https://index.acme.example/simple",)}),
    "a private registry": package("pkg:npm/%40acme/secretname@1", hints={"registry": ("https://npm.acme.example",)}),
    "a folder": package("pkg:pypi/secretname@1", origin="path"),
    "git at a private host": package(
        "pkg:pypi/secretname@1", origin="vcs", hints={"vcs": ("https://git.acme.internal/x/secretname",)}
    ),
    "git over ssh": package(
        "pkg:npm/secretname@1", origin="vcs", hints={"vcs": ("git+ssh://git@git.acme.example/x/y",)}
    ),
    "first-party": package("pkg:pypi/secretname@1", first_party=True),
    "a private crate": package("pkg:cargo/secretname@1", hints={"registry": ("https://crates.acme.example/index",)}),
    "a private gem": package("pkg:gem/secretname@1", hints={"registry": ("https://gems.acme.example/",)}),
    "a private Maven": package(
        "pkg:maven/com.acme/secretname@1", hints={"registry": ("https://maven.acme.example/r",)}
    ),
    "an archive": package("pkg:pypi/secretname@1", origin="url", hints={"registry": ("https://dl.acme.example",)}),
}


@pytest.mark.parametrize("what", PRIVATE)
def test_private_packages_are_never_named_to_a_public_service(world, config, what: str) -> None:
    heard = Heard()
    facts = depfund.resolve(graph(PRIVATE[what], package("pkg:pypi/alpha@1")), config=config, reporter=heard)
    assert any("alpha" in address for address in world.addresses)
    services = "\n".join(f"{path} {body!r}" for _, path, _, body in world.asked if not path.startswith("/web/"))
    assert "secretname" not in services
    assert "acme" not in services
    known = {purl for project in facts.projects.values() for purl in project.packages}
    assert PRIVATE[what].first_party or any("secretname" in purl for purl in known | set(facts.unresolved))


def test_a_go_module_under_goprivate_is_nobodys_business(world, environ, tmp_path) -> None:
    config = Config.load(tmp_path, environ={**environ, "GOPRIVATE": "acme.example/*"}, patience=2.0, timeout=2.0)
    secret = package("pkg:golang/acme.example/secretname@v1")
    depfund.resolve(graph(secret, package("pkg:golang/example.com/open@v1")), config=config)
    assert any("example.com/open" in address for address in world.addresses)
    assert "secretname" not in world.everything()


def test_an_npm_scope_with_its_own_registry_is_private(world, environ, tmp_path) -> None:
    (tmp_path / ".npmrc").write_text("@acme:registry=https://npm.acme.example/\n")
    config = Config.load(tmp_path, environ=environ, patience=2.0, timeout=2.0)
    depfund.resolve(graph(package("pkg:npm/%40acme/secretname@1"), package("pkg:npm/open@1")), config=config)
    services = "\n".join(f"{path} {body!r}" for _, path, _, body in world.asked if not path.startswith("/web/"))
    assert "open" in services
    assert "secretname" not in services


def test_offline_and_given_facts_ask_nothing(world, config) -> None:
    fields = {name: getattr(config, name) for name in ("endpoints", "environ", "cache_dir")}
    depfund.resolve(PUBLIC, config=Config(**fields, offline=True))
    depfund.split("10 USD", depfund.weigh(PUBLIC, facts=depfund.Facts()), depfund.Facts())
    assert not world.asked


def test_only_known_services_have_a_public_address() -> None:
    for name, row in SERVICES.items():
        assert not row.base or row.base.startswith("https://"), name


def test_nothing_is_sent_that_identifies_who_asks(world, config) -> None:
    depfund.resolve(PUBLIC, config=config)
    sent = {name for _, _, headers, _ in world.asked for name in headers}
    known = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
    assert sent <= known | {"authorization", "personal-token"}, sent
    agents = {headers["user-agent"] for _, _, headers, _ in world.asked}
    assert len(agents) == 1
    assert next(iter(agents)).startswith("depfund/")
