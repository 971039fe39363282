"""One spelling for every way in which people write where their code is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.registries._repository import canonical, is_forge, locate

SAME = [
    "https://github.com/Acme/Widget",
    "http://www.github.com/acme/widget/",
    "https://github.com/acme/widget.git",
    "git+https://github.com/acme/widget.git#v1",
    "git://github.com/acme/widget.git",
    "git@github.com:acme/widget.git",
    "ssh://git@github.com/acme/widget",
    "git+ssh://git@github.com:acme/widget.git",
    "scm:git:https://github.com/acme/widget.git",
    "scm:git:git@github.com:acme/widget.git",
    "acme/widget",
    "github:acme/widget",
    "github.com/acme/widget",
    "https://github.com/acme/widget/issues",
    "https://github.com/acme/widget#readme",
    "https://raw.githubusercontent.com/acme/widget/main/x",
    "https://api.github.com/repos/acme/widget",
    "https://user:pass@github.com/acme/widget",
    "https://github.com/acme/widget?tab=readme",
    " <https://github.com/acme/widget> ",
]


@pytest.mark.parametrize("text", SAME)
def test_all_these_are_the_same_repository(text: str) -> None:
    assert canonical(text) == "https://github.com/acme/widget"


@pytest.mark.parametrize(
    ("text", "url", "folder"),
    [
        ("https://github.com/a/b/tree/main/packages/c", "https://github.com/a/b", "packages/c"),
        ("https://gitlab.com/g/sub/p/-/tree/main/x/y", "https://gitlab.com/g/sub/p", "x/y"),
        ("https://gitlab.com/g/p/issues", "https://gitlab.com/g/p", None),
        ("gitlab:g/sub/p", "https://gitlab.com/g/sub/p", None),
        ("https://codeberg.org/a/b/src/branch/main/x", "https://codeberg.org/a/b", "x"),
        ("https://git.sr.ht/~a/b", "https://git.sr.ht/~a/b", None),
        ("https://go.googlesource.com/tools/+/master", "https://go.googlesource.com/tools", None),
        ("https://git.acme.example/team/x.git", "https://git.acme.example/team/x", None),
        ("https://code.acme.example/team/x.git", "https://code.acme.example/team/x", None),
    ],
)
def test_other_hosts_groups_and_folders(text: str, url: str, folder: str | None) -> None:
    assert locate(text) == (url, folder)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "widget",
        "https://acme.example",
        "https://github.com",
        "https://github.com/acme",
        "https://github.com/sponsors/acme",
        "https://github.com/orgs/acme/repositories",
        "https://gist.github.com/acme/1234",
        "https://acme.github.io/widget",
        "mailto:a@acme.example",
        "https://[broken",
        "javascript:alert(1)",
        "https://gitlab.com/groups/acme",
        "a b/c",
        "https://github.com/../..",
        "x" * 5000,
        3,
    ],
)
def test_these_name_no_repository(text: object) -> None:
    assert canonical(text) is None  # type: ignore[arg-type]


def test_a_homepage_is_only_believed_on_hosts_that_hold_repositories() -> None:
    assert is_forge("https://github.com/acme/widget")
    assert not is_forge("acme/widget")
    assert not is_forge("https://code.acme.example/team/x.git")


@given(st.text(max_size=100))
def test_any_text_is_a_repository_or_none_and_canonical_is_a_fixed_point(text: str) -> None:
    found = canonical(text)
    if found is not None:
        assert found == found.lower()
        assert found.startswith("https://")
        assert canonical(found) in {found, None} or not is_forge(found)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9_.-]{0,10}[a-z0-9]", fullmatch=True),
)
def test_a_github_repository_survives_every_wrapping(owner: str, name: str) -> None:
    if owner.endswith("-") or name.endswith(".git"):
        return
    expected = canonical(f"https://github.com/{owner}/{name}")
    for text in (
        f"git+https://github.com/{owner}/{name}.git",
        f"git@github.com:{owner}/{name}.git",
        f"https://github.com/{owner}/{name}/tree/main/x",
    ):
        assert canonical(text) == expected
