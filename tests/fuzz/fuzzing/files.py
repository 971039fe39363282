"""What people and projects write by hand, and the documents that depfund saves: policies, facts, ballots, settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import depfund
from depfund import documents
from depfund.channels import funding_json, funding_yml
from depfund.config import Config
from depfund.errors import DepfundError
from depfund.http.endpoints import SERVICES, Endpoints
from depfund.model import Allocation, Facts, Graph, Weights
from depfund.money import Money
from depfund.portfolio.table import Portfolio
from depfund.shares.ballots import Ballots
from depfund.shares.policy import Policy
from depfund.shares.policy_edit import set_value, unset_value
from depfund.shares.signals import Data
from fuzzing.target import Sample, Target, Wrong, place

__all__ = ["TARGETS", "text_of"]

HERE = Path(__file__).resolve().parents[2]
DATA = HERE / "data"
FUNDS = HERE.parent / "examples" / "funds"


def text_of(data: bytes) -> str:
    """The bytes as text, any bytes at all."""
    return data.decode("utf-8", "surrogateescape")


def folder(where: Path, *patterns: str) -> Callable[[], list[Sample]]:
    """Samples: the small files of a folder."""

    @cache
    def found() -> list[Sample]:
        paths = sorted({path for pattern in patterns for path in where.glob(pattern) if path.is_file()})
        return [Sample(str(path), path.read_bytes()) for path in paths if path.stat().st_size < 60_000]

    return found


def made(*rows: tuple[str, str]) -> Callable[[], list[Sample]]:
    """Samples written here."""
    return lambda: [Sample(name, text.encode()) for name, text in rows]


@cache
def scratch() -> Path:
    """A folder for inputs that have to be files."""
    return place()


# Funding files


def feed_funding_yml(sample: Sample, data: bytes) -> str:
    found = {entry.problem.partition(":")[0] for entry in funding_yml.parse(data, sample.name)}
    for entry in funding_yml.parse(text_of(data), sample.name):
        if entry.address and not entry.address.url.isprintable():
            raise Wrong(f"{entry.address} is no address")
    return str(sorted(found))


def feed_funding_json(sample: Sample, data: bytes) -> str:
    try:
        found = funding_json.parse(data)
    except funding_json.NotUsable as error:
        return error.verdict
    for url in found.repositories:
        funding_json.covers("https://github.com/a/thing/blob/main/funding.json", url)
        funding_json.homes(url)
    for money in (found.asks, found.receives):
        if money is not None and (money.minor < 0 or Money.parse(str(money)) != money):
            raise Wrong(f"{money!r} is no amount")
    return f"{len(found.addresses)} {found.others}"


def feed_well_known(sample: Sample, data: bytes) -> str:
    text = text_of(data)
    first = text.partition("\n")[0]
    return f"{funding_json.lists(text, first)} {funding_json.covers(first, text)} {funding_json.homes(first) != ()}"


# Documents


def feed_document(sample: Sample, data: bytes) -> str:
    cls = documents.KINDS[Path(sample.name).name.partition("-")[0]]
    found = documents.loads(data, cls, name=sample.name)
    text = documents.dumps(found)
    if documents.dumps(documents.loads(text, cls)) != text:
        raise Wrong("saved and loaded, it is another document")
    return cls.__name__


@cache
def plan() -> tuple[Graph, Facts, Weights, Allocation]:
    """One small run, whose values are the samples of every kind of document."""
    graph = Graph.from_json((DATA / "chain.graph.json").read_bytes())
    facts = Facts.from_json((DATA / "chain.facts.json").read_bytes())
    weights = depfund.weigh(graph, facts=facts)
    return graph, facts, weights, depfund.split("10 USD", weights, facts)


def saved() -> list[Sample]:
    samples = [
        Sample(f"{kind}-saved", documents.dumps(each).encode())
        for kind, each in zip(documents.KINDS, plan_by_kind(), strict=True)
    ]
    written = [
        Sample(f"facts-{at}", path.read_bytes())
        for at, path in enumerate((DATA / "chain.facts.json", FUNDS / "facts.json"))
    ]
    return samples + written + [Sample("graph-by-hand", (FUNDS / "graph.json").read_bytes())]


def plan_by_kind() -> list[object]:
    values = {type(each): each for each in plan()}
    return [values[cls] for cls in documents.KINDS.values()]


def feed_facts(sample: Sample, data: bytes) -> str:
    """Facts that load can be split by, explained and exported; the sums hold whatever they say."""
    graph = plan()[0]
    facts = Facts.from_json(data)
    weights = depfund.weigh(graph, facts=facts)
    made = depfund.split("10 USD", weights, facts)
    conserved(made)
    for form in ("markdown", "csv", "html"):
        depfund.export(made, form)
    return str(len(made.payments))


def conserved(found: Allocation) -> None:
    total = sum(p.amount.minor for p in found.payments) + sum(h.minor for h in found.held) + found.fees.taken
    if total != found.budget.minor or any(p.amount.minor <= 0 for p in found.payments):
        raise Wrong("payments, held and fees are not the budget")
    text = documents.dumps(found)
    if documents.dumps(documents.loads(text, Allocation)) != text:
        raise Wrong("saved and loaded, it is another allocation")


def feed_exports(sample: Sample, data: bytes) -> str:
    """A plan that loads can be said and paid in every format, and each text is one of its kind."""
    import csv
    import io
    from xml.etree import ElementTree as ET

    from depfund.exports import EXPORTS

    found = documents.loads(data, Allocation, name=sample.name)
    said = []
    for row in EXPORTS:
        if row.folder or row.name.startswith("diff"):
            continue
        try:
            text = depfund.export(found, row.name)
        except DepfundError:
            said.append(row.name)
            continue
        if row.name not in JSON_EXPORTS and not all(c.isprintable() or c in "\r\n\t" for c in text):
            raise Wrong(f"{row.name} holds characters that do not show")
        if text.startswith("{"):
            json.loads(text)
        elif text.startswith(("<svg", "<?xml")):
            ET.fromstring(text)
        elif row.suffix == ".csv":
            rows = list(csv.reader(io.StringIO(text, newline="")))
            if len({len(cells) for cells in rows}) > 1:
                raise Wrong(f"{row.name} has rows of different lengths")
    for who in (*[p.payee for p in found.payments[:2]], "a"):
        try:
            depfund.explain(found, who)
        except DepfundError:
            said.append("explain")
    return str(said)


JSON_EXPORTS = frozenset({"json", "accounting", "pledge", "cyclonedx", "spdx", "diff-json"})

# Policies and what they name


def feed_policy(sample: Sample, data: bytes) -> str:
    path = scratch() / "depfund.toml"
    path.write_bytes(data)
    found = Policy.load(path)
    plain = found.to_plain()
    again = Policy.parse(plain)
    if replace(again, ballots=None, data=None, missing=()) != replace(found, ballots=None, data=None, missing=()):
        raise Wrong("written and read, it is another policy")
    graph, facts, _, _ = plan()
    parameters = found.parameters()
    try:
        weights = depfund.weigh(graph, found.fund.weighting, level=found.fund.level, facts=facts, **parameters)
        split = depfund.split(found.budget() or "10 USD", weights, facts, policy=found)
    except DepfundError as error:
        return f"read, but {type(error).__name__}"
    conserved(split)
    return f"{sorted(plain)} {len(split.payments)}"


def feed_policy_edit(sample: Sample, data: bytes) -> str:
    text = text_of(data)
    where, _, rest = text.partition("\n")
    for change in (lambda: set_value(rest, where, "10 USD"), lambda: unset_value(rest, where)):
        try:
            Policy.parse(change())
        except DepfundError as error:
            refused = str(error)
            if not refused:
                raise Wrong("a refusal without a word") from error
    return "tried"


def feed_ballots(sample: Sample, data: bytes) -> str:
    said = []
    for method in ("approval", "one_each", "borda", "quadratic", "quadratic_funding"):
        try:
            found = Ballots.parse(text_of(data), method, name=sample.name)
        except DepfundError as error:
            if sample.name not in str(error):
                raise Wrong(f"the error does not name the file: {error}") from error
            said.append("refused")
            continue
        found.matched(lambda word: (word, "") if word in "ab" else (None, "no such candidate"))
        said.append(str(len(found.votes) > 2))
    return str(said)


def feed_signals(sample: Sample, data: bytes) -> str:
    return str(len(Data.parse(text_of(data), name=sample.name).rows) > 0)


def feed_portfolio(sample: Sample, data: bytes) -> str:
    path = scratch() / "portfolio.toml"
    path.write_bytes(data)
    found = Portfolio.load(path)
    if any(found.weight_of(entry) < 0 for entry in found.entries):
        raise Wrong("a weight below zero")
    return f"{found.measure} {len(found.entries)}"


# Amounts, names, addresses, settings


def feed_money(sample: Sample, data: bytes) -> str:
    found = Money.parse(text_of(data))
    if Money.parse(str(found)) != found:
        raise Wrong(f"{found!r} is written as {found}")
    return found.currency


def feed_purl(sample: Sample, data: bytes) -> str:
    """A purl from a document that somebody wrote: the graph, its weights and its questions."""
    purl = data.decode("utf-8", "replace")
    one = {"purl": purl, "name": purl, "ecosystem": "pypi"}
    plain = {"root": "x", "packages": [one], "direct": {purl: "runtime"}}
    graph = documents.convert(plain, Graph, name=sample.name)
    for level in ("version", "package", "project"):
        depfund.weigh(graph, level=level)
    made = depfund.split("10 USD", depfund.weigh(graph), Facts())
    for form in ("table", "markdown", "csv", "html", "json"):
        depfund.export(made, form)
    return str(graph.packages[0].purl == purl)


def feed_address(sample: Sample, data: bytes) -> str:
    """Links as strangers write them: where a repository, a channel and a request are looked for in them."""
    from depfund.channels.address import from_graphql, from_url
    from depfund.errors import UnsafeAddress
    from depfund.exports._safe import address
    from depfund.http.addresses import check
    from depfund.http.targets import clean
    from depfund.registries import canonical
    from depfund.registries._links import funding

    text = text_of(data)
    found = from_url(text)
    from_graphql("GITHUB", text)
    repository = canonical(text) or canonical(text, explicit=False)
    funding([("funding", text), ("support", text), ("x", text)], "", "")
    clean(text)
    Endpoints(Config()).route(text)
    if repository and not (repository.startswith("https://") and repository.isprintable()):
        raise Wrong(f"{repository!r} is no repository")
    if address(text) and not text.lower().startswith(("http://", "https://", "mailto:")):
        raise Wrong(f"{text!r} became a link")
    try:
        host, _ = check(text)
    except UnsafeAddress:
        host = ""
    return f"{found and found.platform} {bool(repository)} {bool(host)}"


def feed_settings(sample: Sample, data: bytes) -> str:
    """Configuration that is broken is as if it were not there; where it is read it leads somewhere."""
    home = scratch() / "home"
    home.mkdir(exist_ok=True)
    environ = {
        "HOME": str(home),
        "PIP_CONFIG_FILE": str(home / "pip.conf"),
        "PWD": str(home),
        "UV_CONFIG_FILE": str(home / "uv.toml"),
    }
    for path in home.iterdir():
        path.unlink()
    name = Path(sample.name).name.removeprefix("settings-")
    if name == "environ":
        rows = (line.partition("=") for line in text_of(data).replace("\0", "").splitlines())
        environ |= {key: value for key, _, value in rows if key}
    else:
        (home / (".npmrc" if name == "npmrc" else name)).write_bytes(data)
    config = Config.load(home, environ=environ)
    ends = Endpoints(config)
    urls = []
    for service in (*SERVICES, "WEB"):
        for source, name in ((None, ""), ("https://mirror.example/simple", "x"), ("https://npm.example/", "@acme/x")):
            urls.append(ends.base(service, source, name).url)
            ends.settings.credentials("https://npm.example/")
    ends.configured("https://mirror.example/x")
    from depfund.http.targets import agent

    if not agent(config).isprintable():
        raise Wrong("a User-Agent that is no header")
    return str(len(set(urls)))


AMOUNTS = ("1,000.50 EUR", "EUR 1000", "7", "0.10 USD", "1000 JPY", "1.001 BHD")
PURLS = (
    *("pkg:pypi/a@1", "pkg:npm/%40x/y@1.0.0+b", "pkg:golang/g.example/a/b@v1#c", "pkg:generic/x"),
    "pkg:maven/g.example/a@1?type=jar",
)
LINKS = (
    *("https://github.com/sponsors/x", "git+ssh://git@github.com:a/b.git#v1", "https://opencollective.com/x/donate"),
    *("https://1.2.3.4:8080/a?b=c#d", "scm:git:https://git.example/a/b.git", "a/b"),
)
EDITS = ("limits.minimum", 'boost."pkg:pypi/a"', "exclude[0].reason", "exclude[1].match", "fixed[7].payee")
WELL_KNOWN = "https://site.example/funding.json\nhttps://github.com/a/b\n"
SIGNALS = "match,maintainers,times\npkg:pypi/a,1,1.5\ngithub:x,,0.5\n"


def kept(*patterns: str) -> Callable[[], list[Sample]]:
    return folder(DATA / "fuzz" / "files", *patterns)


def lines(name: str, *texts: str) -> Callable[[], list[Sample]]:
    return made(*((name, text) for text in texts))


def one_kind(kind: str) -> Callable[[], list[Sample]]:
    return lambda: [each for each in saved() if each.name.startswith(kind)]


def policies() -> list[Sample]:
    return [*kept("policy*.toml")(), *folder(FUNDS, "*/depfund.toml")()]


def edits() -> list[Sample]:
    text = (DATA / "fuzz" / "files" / "policy.toml").read_text()
    return [Sample("edit", f"{path}\n{text}".encode()) for path in EDITS]


def nothing(_: Sample) -> str:
    """What a refusal names where the input is no file."""
    return ""


TARGETS = [
    Target("FUNDING.yml", "yaml", folder(DATA / "channels" / "funding_yml", "*.yml"), feed_funding_yml),
    Target("funding.json", "json", kept("funding.json"), feed_funding_json),
    Target("well-known", "lines", made(("funding-manifest-urls", WELL_KNOWN)), feed_well_known),
    Target("documents", "json", saved, feed_document),
    Target("facts", "json", one_kind("facts"), feed_facts, names=nothing),
    Target("exports", "json", one_kind("allocation"), feed_exports, names=nothing),
    Target("policy", "toml", policies, feed_policy, names=lambda _: "depfund.toml"),
    Target("policy edits", "lines", edits, feed_policy_edit, names=nothing),
    Target("ballots", "lines", kept("ballots-*.csv"), feed_ballots),
    Target("signals", "lines", made(("signals.csv", SIGNALS)), feed_signals),
    Target("portfolio", "toml", kept("portfolio.toml"), feed_portfolio, names=lambda _: "portfolio"),
    Target("money", "lines", lines("an amount", *AMOUNTS), feed_money, names=nothing),
    Target("purl", "lines", lines("this graph", *PURLS), feed_purl, names=nothing),
    Target("addresses", "lines", lines("a link", *LINKS), feed_address, names=nothing),
    Target("settings", "lines", kept("settings-*"), feed_settings, names=nothing),
]
