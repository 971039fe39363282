"""Laws of merging: what is one payee, under which key, with what confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.channels.address import Address, from_url, named
from depfund.channels.payees import merge
from depfund.channels.trust import (
    BASE,
    CONFLICT,
    REPOSITORY,
    SOURCES,
    THRESHOLD,
    Claim,
    Source,
    confidence,
)
from depfund.channels.verdict import Verdict
from depfund.model import Payee

PROJECT = "https://github.com/org/thing"


def claim(address: Address, source: Source = "funding_yml", what: str = "x") -> Claim:
    return Claim(address=address, source=source, where="a file", what=what)


def collective(slug: str, *logins: str, **more: object) -> Verdict:
    values: dict[str, object] = {"standing": "confirmed", "states": frozenset(logins), "host": "opensource", **more}
    return Verdict(address=named("open_collective", slug), **values)  # type: ignore[arg-type]


def account(login: str, kind: str = "Organization", standing: str = "confirmed") -> Verdict:
    return Verdict(address=named("github", login), kind=kind, standing=standing)  # type: ignore[arg-type]


def table(*verdicts: Verdict) -> dict[Address, Verdict]:
    return {verdict.address: verdict for verdict in verdicts}


ORG, SLUG = named("github", "org"), named("open_collective", "org-oss")


def test_an_organisation_and_its_collective_are_one_payee() -> None:
    paid = merge({PROJECT: [claim(ORG), claim(SLUG)]}, table(account("org"), collective("org-oss", "org")))
    (payee,) = paid.payees.values()
    assert payee.key == "open_collective:org-oss"
    assert [channel.key for channel in payee.channels] == ["open_collective:org-oss", "github:org"]
    assert "github:org" in payee.aliases
    assert paid.of[PROJECT] == (payee.key,)


def test_a_person_is_not_a_collective() -> None:
    paid = merge({PROJECT: [claim(ORG), claim(SLUG)]}, table(account("org", "User"), collective("org-oss", "org")))
    assert set(paid.payees) == {"github:org", "open_collective:org-oss"}


def test_a_collective_that_states_nothing_stays_apart() -> None:
    paid = merge({PROJECT: [claim(ORG), claim(SLUG)]}, table(account("org"), collective("org-oss")))
    assert len(paid.payees) == 2


def test_an_archived_collective_proves_nothing() -> None:
    verdicts = table(account("org"), collective("org-oss", "org", standing="archived"))
    paid = merge({PROJECT: [claim(ORG), claim(SLUG)]}, verdicts)
    assert len(paid.payees) == 2
    assert paid.of[PROJECT][0] == "github:org"


def test_a_fiscal_host_makes_nobody_one() -> None:
    slugs = [named("open_collective", f"c{number}") for number in range(5)]
    paid = merge({PROJECT: [claim(slug) for slug in slugs]}, table(*(collective(slug.handle) for slug in slugs)))
    assert len(paid.payees) == 5


def test_a_collective_found_in_reverse_adds_no_channel() -> None:
    paid = merge({PROJECT: [claim(ORG)]}, table(account("org")), reverse={"org": collective("org-oss", "org")})
    (payee,) = paid.payees.values()
    assert [channel.key for channel in payee.channels] == ["github:org"]
    assert "open_collective:org-oss" in payee.aliases


def test_a_renamed_collective_is_one_payee_under_its_present_slug() -> None:
    old = named("open_collective", "old")
    moved = collective("new")
    paid = merge({PROJECT: [claim(old)]}, {old: moved})
    (payee,) = paid.payees.values()
    assert payee.key == "open_collective:new"
    assert payee.aliases == ("open_collective:old",)


def test_what_cannot_be_paid_stays_listed_last() -> None:
    gone = Verdict(address=named("ko_fi", "x"), standing="gone", where="https://ko-fi.com/x", what="404")
    paid = merge({PROJECT: [claim(gone.address), claim(ORG, "sponsors_listing")]}, table(gone, account("org")))
    assert paid.of[PROJECT] == ("github:org", "ko_fi:x")
    assert [channel.standing for channel in paid.payees["ko_fi:x"].channels] == ["gone"]


def test_the_uploader_against_the_repository_is_a_conflict() -> None:
    stranger = from_url("https://patreon.com/stranger")
    assert stranger
    paid = merge({PROJECT: [claim(ORG), claim(stranger, "registry")]}, table(account("org")))
    assert paid.payees["patreon:stranger"].confidence < THRESHOLD / 100
    assert paid.payees["github:org"].confidence >= THRESHOLD / 100
    assert [note.code for note in paid.notes] == ["payee_conflict"]


def test_agreement_is_no_conflict() -> None:
    other = named("ko_fi", "org")
    rows = [claim(ORG), claim(ORG, "registry"), claim(other, "registry")]
    paid = merge({PROJECT: rows}, table(account("org")))
    assert not paid.notes
    assert paid.payees["ko_fi:org"].confidence >= THRESHOLD / 100


def test_a_custom_link_is_known_by_its_short_spelling_too() -> None:
    link = from_url("paypal.me/x")
    assert link
    (payee,) = merge({PROJECT: [claim(link)]}, {}).payees.values()
    assert payee.key == "custom:https://paypal.me/x"
    assert "custom:paypal.me/x" in payee.aliases


ADDRESSES = st.sampled_from([ORG, SLUG, named("ko_fi", "a"), named("patreon", "b"), named("thanks_dev", "u/gh/org")])
CLAIMS = st.lists(st.builds(claim, ADDRESSES, st.sampled_from(SOURCES), st.sampled_from("xyz")), max_size=8)
VERDICTS = st.sets(
    st.sampled_from([account("org"), account("org", "User"), collective("org-oss", "org"), collective("org-oss")])
)


@given(st.dictionaries(st.sampled_from("pqr"), CLAIMS), VERDICTS, st.randoms())
def test_order_decides_nothing(claims: dict[str, list[Claim]], verdicts: set[Verdict], random: object) -> None:
    known = table(*sorted(verdicts, key=repr))
    shuffled = {project: list(rows) for project, rows in reversed(claims.items())}
    for rows in shuffled.values():
        random.shuffle(rows)  # type: ignore[attr-defined]
    one, other = merge(claims, known), merge(shuffled, dict(reversed(known.items())))
    assert one == other


@given(st.dictionaries(st.sampled_from("pqr"), CLAIMS), VERDICTS)
def test_every_claim_is_some_payee_and_keys_are_unambiguous(
    claims: dict[str, list[Claim]], verdicts: set[Verdict]
) -> None:
    paid = merge(claims, table(*sorted(verdicts, key=repr)))
    seen: dict[str, str] = {}
    for key, payee in paid.payees.items():
        assert key == payee.key == payee.channels[0].key
        assert 0 <= payee.confidence <= 1
        assert payee.channels == tuple(sorted(payee.channels, key=lambda channel: not channel.payable))
        for spelling in _spellings(payee):
            assert seen.setdefault(spelling, key) == key
    for project, rows in claims.items():
        channels = {channel.key for key in paid.of[project] for channel in paid.payees[key].channels}
        assert {row.address.key for row in rows} <= channels


def _spellings(payee: Payee) -> set[str]:
    return {payee.key, *payee.aliases, *(channel.key for channel in payee.channels)}


SETS = st.sets(st.sampled_from(SOURCES), min_size=1)


@given(SETS, st.booleans(), st.booleans())
def test_confidence_is_a_share_of_a_hundred(sources: set[Source], confirmed: bool, conflict: bool) -> None:
    sure = confidence(sources, confirmed=confirmed, conflict=conflict)
    assert 0 <= sure <= 100
    assert sure <= CONFLICT or not conflict or "override" in sources


@given(SETS, st.sampled_from(SOURCES))
def test_more_evidence_never_lowers_confidence(sources: set[Source], more: Source) -> None:
    assert confidence(sources | {more}, confirmed=True) >= confidence(sources, confirmed=True)
    assert confidence(sources, confirmed=True) >= confidence(sources, confirmed=False)


def test_one_good_source_is_enough_and_a_conflict_never() -> None:
    for source in (*REPOSITORY, "registry", "sponsors_listing", "foundation"):
        assert confidence({source}, confirmed=False) >= THRESHOLD, source  # type: ignore[arg-type]
    assert CONFLICT < THRESHOLD
    assert list(BASE) == list(SOURCES)
    assert confidence(set(), confirmed=True) == 0


@pytest.mark.parametrize("source", SOURCES)
def test_only_the_users_word_is_certain(source: Source) -> None:
    assert (confidence({source}, confirmed=True) == 100) == (source == "override")
