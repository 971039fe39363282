"""One spelling for every way to pay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.channels.address import from_graphql, from_url, named
from depfund.channels.platforms import BY_GRAPHQL, PLATFORMS

HANDLES = st.from_regex(r"\A[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,15}\Z")
PAGED = sorted(key for key, row in PLATFORMS.items() if row.path is not None and key not in {"thanks_dev", "tidelift"})


@given(st.sampled_from(PAGED), HANDLES, st.sampled_from(["", "www."]), st.sampled_from(["", "/"]), st.booleans())
def test_every_spelling_of_a_page_is_one_address(key: str, handle: str, www: str, slash: str, shout: bool) -> None:
    row = PLATFORMS[key]
    if handle in row.reserved:
        return
    url = row.link.format(handle.upper() if shout else handle).replace("https://", f"https://{www}") + slash
    assert from_url(url) == named(key, handle)


@given(st.sampled_from(sorted(BY_GRAPHQL)), HANDLES)
def test_what_github_shows_leads_to_the_same_address(graphql: str, handle: str) -> None:
    row = BY_GRAPHQL[graphql]
    if row.key in {"custom", "tidelift", "thanks_dev"}:
        return
    prefix = row.prefix or row.link.removesuffix("{}")
    assert from_graphql(graphql, prefix + handle) == named(row.key, handle)


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_nothing_and_an_address_stays_itself(text: str) -> None:
    found = from_url(text)
    if found is not None:
        again = from_url(found.url)
        assert again == found
        assert found.handle


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://github.com/sponsors/Octo-Cat", "github:octo-cat"),
        ("github.com/sponsors/x/", "github:x"),
        ("https://github.com/octocat", "custom:https://github.com/octocat"),
        ("https://github.com/x/y?sponsor=1", "custom:https://github.com/x/y?sponsor=1"),
        ("https://opencollective.com/Webpack/donate", "open_collective:webpack"),
        ("https://opencollective.com/host/projects/thing", "open_collective:thing"),
        ("https://www.patreon.com/c/Name/posts", "patreon:name"),
        ("https://www.patreon.com/user?u=123", "custom:https://www.patreon.com/user?u=123"),
        ("https://thanks.dev/u/gh/Name", "thanks_dev:u/gh/name"),
        ("https://liberapay.com/x/donate", "liberapay:x"),
        ("https://issuehunt.io/r/a/b", "issuehunt:a/b"),
        ("https://tidelift.com/funding/github/npm/@bevry/github-api", "tidelift:npm/@bevry/github-api"),
        ("https://tidelift.com/subscription/pkg/rubygems-x?utm=1", "tidelift:rubygems/x"),
        ("paypal.me/Somebody", "custom:https://paypal.me/Somebody"),
        ("HTTP://Example.ORG/Donate#top", "custom:http://example.org/Donate"),
        ("https://example.org:443/a", "custom:https://example.org/a"),
    ],
)
def test_links(text: str, key: str) -> None:
    found = from_url(text)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "donate",
        "mailto:me@example.org",
        "bitcoin:1abc",
        "ftp://example.org/x",
        "https://user:secret@example.org/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://exa mple.org",
        "https://example.org/\u202etxt",
        "javascript:alert(1)",
        "https://" + "a" * 3000 + ".org",
    ],
)
def test_what_is_no_web_address(text: str) -> None:
    assert from_url(text) is None
