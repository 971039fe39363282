"""How long a service asks us to wait, in every form in which services say it."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.http.retry import seconds_to_wait

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, b"", 7.0),
        ({"retry-after": "0.250"}, b"", 0.25),
        ({"retry-after": " 3 "}, b"", 3.0),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, b"", 90.0),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, b"", 0.0),
        ({"retry-after": "soon"}, b"", None),
        ({"retry-after": "-3"}, b"", None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 30)}, b"", 30.1),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW + 30) * 1000)}, b"", 30.1),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, b"", 12.0),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": str(int(NOW) + 30)}, b"", None),
        ({"retry-after": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99"}, b"", 2.0),
        ({}, b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in 56 seconds."}', 56.0),
        ({}, b"Please try again in 2 minutes", 120.0),
        ({}, b"nothing of the kind", None),
        ({"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, b"", None),
        ({}, b"", None),
    ],
)
def test_every_form(headers: dict[str, str], body: bytes, seconds: float | None) -> None:
    found = seconds_to_wait(headers, body, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=0.2))


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-remaining"]), st.text(max_size=30)
    ),
    st.binary(max_size=60),
)
def test_any_words_are_understood_or_passed_over(headers: dict[str, str], body: bytes) -> None:
    found = seconds_to_wait(headers, body, NOW)
    assert found is None or found >= 0
