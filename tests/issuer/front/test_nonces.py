"""Nonces without rows: made here, for one purpose, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.front.nonces import NonceMint
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode

AT = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
LIFE = timedelta(minutes=5)
MINT = NonceMint(b"k" * 32, "c_nonce", LIFE)


def refusal(nonce: str, *, mint: NonceMint = MINT, at: datetime = AT) -> str:
    with pytest.raises(WarifuError) as caught:
        mint.expiry(nonce, at=at)
    return caught.value.code


@given(st.binary(min_size=16, max_size=16))
def test_a_nonce_is_recognised_until_it_expires(random: bytes) -> None:
    nonce = MINT.make(random=random, at=AT)
    assert MINT.expiry(nonce, at=AT + LIFE - timedelta(seconds=1)) == AT + LIFE
    assert refusal(nonce, at=AT + LIFE) == "nonce_expired"


@given(st.integers(min_value=0, max_value=39), st.integers(min_value=1, max_value=255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    data = bytearray(b64url_decode(MINT.make(random=b"r" * 16, at=AT)))
    data[place] ^= change
    assert refusal(b64url_encode(bytes(data))) == "nonce_unknown"


@given(st.text(max_size=80))
def test_no_text_is_recognised(text: str) -> None:
    assert refusal(text) == "nonce_unknown"


def test_another_key_or_purpose_makes_other_nonces() -> None:
    nonce = MINT.make(random=b"r" * 16, at=AT)
    assert refusal(nonce, mint=NonceMint(b"K" * 32, "c_nonce", LIFE)) == "nonce_unknown"
    assert refusal(nonce, mint=NonceMint(b"k" * 32, "dpop", LIFE)) == "nonce_unknown"
