"""Both roads through a classic yarn lock, the quick and the careful one, see the same entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.errors import ManifestError
from depfund.manifests import _yarn_v1
from depfund.manifests._file import File

NAMES = st.sampled_from(["a", "b.c", "@s/d", "e-f"])
RANGES = st.sampled_from(["^1.0.0", "*", "1 || 2", ">= 2", "npm:other@1", "file:../x"])


@st.composite
def entries(draw: st.DrawFn, number: int) -> str:
    name = draw(NAMES)
    keys = [f"{name}@{wanted} {number}" for wanted in draw(st.lists(RANGES, min_size=1, max_size=3, unique=True))]
    text = ", ".join(f'"{key}"' for key in keys) + ":\n"
    text += f'  version "{number}.0.0"\n  resolved "https://x.example/{name}/-/{number}.tgz#1"\n'
    usual = draw(st.integers(0, 9)) > 0  # most entries are as yarn writes them: those take the quick road
    integrity = ["", "  integrity sha512-aa==\n"]
    text += draw(st.sampled_from(integrity if usual else ['  integrity "sha512-aa=="\n', "  uid abc\n"]))
    tables = draw(st.lists(st.sampled_from(["dependencies", "optionalDependencies", "other"]), unique=True))
    for table in sorted(set(tables) - {"other"}) if usual else tables:
        rows = draw(st.lists(st.tuples(NAMES, RANGES), min_size=1, max_size=4))
        text += f"  {table}:\n" + "".join(f'    "{one}" "{wanted}"\n' for one, wanted in rows)
    return text + draw(st.sampled_from(["\n", "\n\n", "\n# a remark\n\n"] if usual else ["", "# a remark\n"]))


@st.composite
def locks(draw: st.DrawFn) -> str:
    head = draw(st.sampled_from(["# yarn lockfile v1\n\n\n", "", "\n"]))
    return head + "".join(draw(entries(number)) for number in range(draw(st.integers(1, 5))))


@given(text=locks(), at=st.just(0) | st.integers(0, 600), other=st.sampled_from([*' \n":#x\\\t\x1fé', ""]))
def test_both_roads_see_the_same(text: str, at: int, other: str) -> None:
    if at:
        text = text[:at] + other + text[at + 1 :]
    file = File(path="yarn.lock", data=text.encode())
    quick = _yarn_v1._quick(file, text)
    if quick is None:
        return
    entries, asked = _yarn_v1._slow(file, text)
    assert quick[0] == entries
    assert quick[1].items() >= asked.items()


def test_what_yarn_writes_takes_the_quick_road() -> None:
    text = '# yarn lockfile v1\n\n\na@^1:\n  version "1.0.0"\n  resolved "https://x.example/a/-/a.tgz#1"\n'
    text += '  dependencies:\n    b "^2"\n  optionalDependencies:\n    "@s/c" "^3"\n'
    found = _yarn_v1._quick(File(path="yarn.lock", data=text.encode()), text)
    assert found is not None
    (entry,), asked = found
    assert (entry.line, entry.needs, entry.may) == (4, ['    b "^2"'], ['    "@s/c" "^3"'])
    assert [asked[line] for line in entry.needs + entry.may] == ["b@^2", "@s/c@^3"]


def test_a_broken_line_is_named_by_the_careful_road() -> None:
    text = 'a@^1:\n  version "1.0.0"\n  resolved "x"\n  dependencies:\n    b\n'
    with pytest.raises(ManifestError, match="line 5"):
        _yarn_v1.parse(File(path="yarn.lock", data=text.encode()))
