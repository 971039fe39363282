"""Laws of the JavaScript readers, on generated and on mutated input."""

from __future__ import annotations

import contextlib
import gc
import json as stdlib_json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depfund.errors import ManifestError
from depfund.graph import reach
from depfund.manifests import _npm, _purl, reader
from depfund.manifests._build import fresh
from depfund.manifests._decode import json as decode
from depfund.manifests._file import File
from depfund.manifests._yarn_v1 import parse
from depfund.manifests.bun_lock import strict
from depfund.model import Graph, Package

DATA = Path(__file__).resolve().parents[1] / "data" / "manifests"
NAMES = st.sampled_from(["a", "b", "c", "@s/a", "@s/b", "d-e"])
VERSIONS = st.sampled_from(["1.0.0", "2.0.0", "3.0.0-rc.1"])
odd = st.text(alphabet=string.ascii_letters + string.digits + "@/._-~+% é", min_size=1, max_size=12)


def slow(name: str, version: str) -> str:
    scope, slash, rest = name.rpartition("/")
    return _purl._slow("npm", rest, version, scope if slash else None, None)


@given(st.lists(st.tuples(odd | NAMES, odd | VERSIONS), max_size=5))
def test_short_cuts_make_the_purls_of_packageurl(rows: list[tuple[str, str]]) -> None:
    names, versions = [name for name, _ in rows], [version for _, version in rows]
    try:
        wanted = [slow(name, version) for name, version in rows]
    except ManifestError:
        with pytest.raises(ManifestError):
            _npm.purls(names, versions)
        with pytest.raises(ManifestError):
            [_npm.purl(name, version) for name, version in rows]
        return
    assert _npm.purls(names, versions) == wanted
    assert [_npm.purl(name, version) for name, version in rows] == wanted


def test_a_package_made_quickly_is_a_package() -> None:
    quick = fresh("pkg:npm/a@1", "a", "1", "npm", ("dev",), "vcs", True, {"vcs": ("x",)})
    plain = Package(
        purl="pkg:npm/a@1", name="a", version="1", ecosystem="npm", scopes=("dev",), origin="vcs", first_party=True,
        hints={"vcs": ("x",)},
    )  # fmt: skip
    assert quick == plain
    assert type(quick) is Package
    with pytest.raises(AttributeError):
        quick.name = "b"  # type: ignore[misc]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, dict[str, object]]:
    """Places of node_modules at random, two deep and more, each asking for names at random."""
    places: dict[str, dict[str, object]] = {}
    hosts = [""]
    for _ in range(draw(st.integers(0, 12))):
        host = draw(st.sampled_from(hosts))
        place = f"{host}/node_modules/{draw(NAMES)}".lstrip("/")
        places[place] = {
            "version": draw(VERSIONS),
            "dependencies": dict.fromkeys(draw(st.lists(NAMES, max_size=3)), "*"),
            "peerDependencies": dict.fromkeys(draw(st.lists(NAMES, max_size=1)), "*"),
        }
        hosts.append(place)
    places[""] = {"dependencies": dict.fromkeys(draw(st.lists(NAMES, max_size=3)), "*")}
    return places


def naive(places: dict[str, dict[str, object]], place: str, name: str) -> str | None:
    """Node's own rule, written as its documentation has it."""
    while True:
        found = f"{place}/node_modules/{name}".lstrip("/")
        if found in places:
            return found
        if not place:
            return None
        place = place.rpartition("node_modules/")[0].rstrip("/")


@given(trees())
def test_nearest_wins(places: dict[str, dict[str, object]]) -> None:
    data = stdlib_json.dumps({"lockfileVersion": 3, "packages": places}).encode()
    graph = reader("package-lock")[1](File(path="package-lock.json", data=data))
    purls = {
        place: slow(place.rpartition("node_modules/")[2], str(row["version"])) for place, row in places.items() if place
    }
    wanted: set[tuple[str, str]] = set()
    steps: dict[str, set[str]] = {}
    for place, row in places.items():
        for name in {**row.get("peerDependencies", {}), **row["dependencies"]}:  # type: ignore[dict-item]
            if (target := naive(places, place, name)) is not None and target != place:
                wanted.add((purls.get(place, ""), purls[target]))
                steps.setdefault(place, set()).add(target)
    got = {(source, target) for source, row in graph.requires.items() for target in row}
    got |= {("", target) for target in graph.direct}
    assert got == {(a, b) for a, b in wanted if a != b}
    assert {package.purl for package in graph.packages} == set(purls.values())
    reached = {purls[place] for place in reach(steps.get("", ()), steps) if place}
    assert {package.purl for package in graph.packages if package.scopes} == reached
    assert [*graph.direct] == sorted(graph.direct)
    assert [*graph.requires] == sorted(graph.requires)
    assert all([*row] == sorted(row) for row in graph.requires.values())


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='a":{},\\\n', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a":\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(alphabet='ab":\\', max_size=3), values, max_size=3), values, st.data(), st.booleans())
def test_a_key_twice_is_an_error_and_nothing_else_is(
    plain: dict[str, object], extra: object, data: st.DataObject, ascii_: bool
) -> None:
    text = stdlib_json.dumps(plain, ensure_ascii=ascii_)
    assert decode(File(path="x.json", data=text.encode()), object) == plain
    if plain:
        key = data.draw(st.sampled_from(sorted(plain)))
        twice = f"{text[:-1]}, {stdlib_json.dumps(key)} : {stdlib_json.dumps(extra)}}}".replace('"a"', '"\\u0061"', 1)
        with pytest.raises(ManifestError, match="stands twice"):
            decode(File(path="x.json", data=twice.encode()), object)


@given(values)
def test_bun_text_means_the_json_it_was_made_of(plain: object) -> None:
    loose = stdlib_json.dumps(plain, indent=1).replace("\n", ' // it\'s, "so" ]\n').replace("[ ", "[ /* ,] */ ")
    assert stdlib_json.loads(strict(loose)) == plain


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_trailing_commas_go_and_places_stay(row: list[int]) -> None:
    text = "[" + "".join(f"{n},\n" for n in row) + "]"
    assert stdlib_json.loads(strict(text)) == row
    assert len(strict(text)) == len(text)


def test_the_classic_parser_agrees_with_the_yarnlock_wheel() -> None:
    yarnlock = pytest.importorskip("yarnlock")
    text = (DATA / "yarn-lock/classic/yarn.lock").read_text()
    theirs = yarnlock.yarnlock_parse(text)
    ours: dict[str, dict[str, object]] = {}
    entries, asked = parse(File(path="yarn.lock", data=text.encode()))
    for entry in entries:
        for key in entry.keys:
            ours[key] = {"version": entry.version, "needs": {asked[line] for line in entry.needs + entry.may}}
    same = [key for key in theirs if key in ours]  # the wheel keeps one key of an entry and adds the bare name
    assert {"@scope/tester@^1.0.0", "@scope/beta@^2.0.0", "delta@^1.0.0", "maybe@^1.0.0"} <= set(same)
    for key in same:
        row = theirs[key]
        needs = row["dependencies"] | row["optionalDependencies"]
        assert ours[key] == {"version": row["version"], "needs": {f"{name}@{wanted}" for name, wanted in needs.items()}}


SAMPLES = [
    ("package-lock", "package-lock/v3/package-lock.json"),
    ("package-lock", "package-lock/v1/package-lock.json"),
    ("yarn-lock", "yarn-lock/classic/yarn.lock"),
    ("yarn-lock", "yarn-lock/berry/yarn.lock"),
    ("pnpm-lock", "pnpm-lock/v5/pnpm-lock.yaml"),
    ("pnpm-lock", "pnpm-lock/v6/pnpm-lock.yaml"),
    ("pnpm-lock", "pnpm-lock/v9/pnpm-lock.yaml"),
    ("bun-lock", "bun-lock/bun.lock"),
    ("deno-lock", "deno-lock/deno.lock"),
    ("package-json", "package-json/package.json"),
]


@pytest.mark.parametrize(("name", "path"), SAMPLES)
@settings(max_examples=60)
@given(data=st.data())
def test_mutated_files_give_a_graph_or_the_error(name: str, path: str, data: st.DataObject) -> None:
    text = (DATA / path).read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 8))
        piece = data.draw(
            st.sampled_from(
                [b"", b"\0", b"\xff", b'"', b":", b",", b"{", b"]", b"\n", b"  ", b"../", b"@", b"null", b"7"]
            )
        )
        text = text[:at] + piece + text[at + cut :]
    try:
        assert isinstance(reader(name)[1](File(path=path, data=text)), Graph)
        message = path
    except ManifestError as error:
        message = str(error)
    assert path in message


def test_the_collector_is_on_again_after_reading_whatever_happens() -> None:
    assert gc.isenabled()
    for data in ((DATA / "package-lock/v3/package-lock.json").read_bytes(), b"{"):
        with contextlib.suppress(ManifestError):
            reader("package-lock")[1](File(path="package-lock.json", data=data))
        assert gc.isenabled()
