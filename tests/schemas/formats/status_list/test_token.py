"""Status list tokens in both forms (threat rows A08, E01, E05)."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import pytest

from schemas.formats.cbor import cbor_encode, encode_bytes, head
from schemas.formats.cose import sign_cose, tag_sign1
from schemas.formats.jose import sign_jwt
from schemas.formats.status_list import CWT_MEDIA_TYPE, JWT_MEDIA_TYPE, parse_status_token, verify_status_token
from tests.schemas.formats.keys import AT, signer_for
from tests.schemas.formats.status_list.material import ABSENT, CHAIN, FORMS, SIGNER, URI, bits, crafted, refusal, sealed


def check(body: bytes, media_type: str) -> None:
    """Everything the format checks."""
    token = parse_status_token(body, media_type=media_type)
    verify_status_token(token, SIGNER.public_key)
    token.decode(max_decoded=4096)


@pytest.mark.parametrize("media_type", FORMS)
def test_what_is_sealed_is_read(media_type: str) -> None:
    token = parse_status_token(sealed(media_type), media_type=media_type)
    verify_status_token(token, SIGNER.public_key)
    assert (token.uri, token.iat, token.exp, token.ttl) == (URI, AT, AT + timedelta(hours=12), timedelta(minutes=1))
    assert token.chain_der == CHAIN
    assert token.bits.data == token.decode(max_decoded=128).data == bits().data


@pytest.mark.parametrize("media_type", FORMS)
def test_one_certificate_and_none_are_read(media_type: str) -> None:
    for chain in ((b"leaf",), ()):
        assert parse_status_token(sealed(media_type, chain_der=chain), media_type=media_type).chain_der == chain


@pytest.mark.parametrize("media_type", FORMS)
def test_ttl_is_seconds_or_a_timedelta(media_type: str) -> None:
    assert parse_status_token(sealed(media_type, ttl=90), media_type=media_type).ttl == timedelta(seconds=90)


def test_one_form_is_not_the_other() -> None:
    for form, other in (FORMS, FORMS[::-1]):
        refusal(parse_status_token, sealed(form), media_type=other)
    for media_type in ("application/jwt", "", "statuslist+jwt", "application/statuslist+jwt; charset=utf-8"):
        assert refusal(parse_status_token, sealed(JWT_MEDIA_TYPE), media_type=media_type).code == "status_media_type_unknown"


@pytest.mark.parametrize("media_type", FORMS)
def test_another_signer_is_refused(media_type: str) -> None:
    token = parse_status_token(sealed(media_type, signer=signer_for("somebody else")), media_type=media_type)
    assert refusal(verify_status_token, token, SIGNER.public_key).code == "bad_signature"


@pytest.mark.parametrize("media_type", FORMS)
def test_any_byte_changed_anywhere_is_refused(media_type: str) -> None:
    body = sealed(media_type, chain_der=())
    check(body, media_type)
    for place in range(len(body)):
        for flip in (1, 0x80):
            changed = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :]
            refusal(check, changed, media_type)


@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize("length", [0, 1, 10, -1])
def test_a_cut_token_is_refused(media_type: str, length: int) -> None:
    refusal(check, sealed(media_type)[:length], media_type)


@pytest.mark.parametrize("media_type", FORMS)
def test_bytes_behind_the_token_are_refused(media_type: str) -> None:
    for tail in (b"\n", b"\x00", b"a"):
        refusal(check, sealed(media_type) + tail, media_type)


@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize("typ", ["JWT", "dc+sd-jwt", "kb+jwt", "statuslist+cwt", "application/statuslist+jwt", "x"])
def test_another_type_of_token_is_refused(media_type: str, typ: str) -> None:
    assert refusal(check, crafted(media_type, typ=typ), media_type).code == "wrong_typ"


@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": ABSENT}, "bad_status_token"),
        ({"sub": 1}, "bad_status_token"),
        ({"sub": [URI]}, "bad_status_token"),
        ({"iat": ABSENT}, "bad_numeric_date"),
        ({"iat": "1"}, "bad_numeric_date"),
        ({"iat": True}, "bad_numeric_date"),
        ({"iat": -1}, "bad_numeric_date"),
        ({"exp": None}, "bad_numeric_date"),
        ({"exp": "1"}, "bad_numeric_date"),
        ({"exp": 2**62}, "bad_numeric_date"),
        ({"ttl": 0}, "bad_status_token"),
        ({"ttl": -1}, "bad_status_token"),
        ({"ttl": None}, "bad_status_token"),
        ({"ttl": "60"}, "bad_status_token"),
        ({"ttl": True}, "bad_status_token"),
        ({"ttl": 2**40}, "bad_status_token"),
        ({"status_list": ABSENT}, "bad_status_token"),
        ({"status_list": []}, "bad_status_token"),
        ({"status_list": "x"}, "bad_status_token"),
        ({"status_list": {"bits": 1}}, "bad_status_token"),
        ({"status_list": {"bits": 1, "lst": 1}}, "bad_status_token"),
        ({"status_list": {"bits": 1, "lst": None}}, "bad_status_token"),
        ({"width": 3}, "bad_status_list"),
        ({"width": None}, "bad_status_list"),
        ({"width": "1"}, "bad_status_list"),
        ({"width": True}, "bad_status_list"),
        ({"packed": b""}, "bad_status_list"),
        ({"packed": bytes(bits())}, "bad_status_list"),
        ({"packed": zlib.compress(bytes(4097))}, "status_list_too_large"),
    ],
)
def test_another_content_is_refused(media_type: str, claims: dict[str, Any], code: str) -> None:
    assert refusal(check, crafted(media_type, **claims), media_type).code == code


@pytest.mark.parametrize("media_type", FORMS)
def test_exp_and_ttl_may_be_absent(media_type: str) -> None:
    token = parse_status_token(crafted(media_type, exp=ABSENT, ttl=ABSENT), media_type=media_type)
    assert (token.exp, token.ttl) == (None, None)


def test_a_list_of_the_other_kind_is_refused() -> None:
    packed = zlib.compress(bytes(8))
    assert refusal(check, crafted(CWT_MEDIA_TYPE, status_list={"bits": 1, "lst": "eNo"}), CWT_MEDIA_TYPE).code == "bad_status_token"
    assert refusal(check, crafted(JWT_MEDIA_TYPE, packed=packed.hex() + "="), JWT_MEDIA_TYPE).code == "bad_base64url"


@pytest.mark.parametrize("media_type", FORMS)
def test_the_size_is_looked_at_first(media_type: str) -> None:
    assert refusal(parse_status_token, bytes(2**20 + 1), media_type=media_type).code == "too_large"
    assert refusal(parse_status_token, sealed(media_type), media_type=media_type, max_bytes=100).code == "too_large"


@pytest.mark.parametrize("media_type", FORMS)
def test_nothing_is_unpacked_before_it_is_asked_for(media_type: str) -> None:
    body = crafted(media_type, packed=zlib.compress(bytes(2**22)))
    verify_status_token(parse_status_token(body, media_type=media_type), SIGNER.public_key)
    assert refusal(check, body, media_type).code == "status_list_too_large"


def test_a_list_larger_than_the_default_limit_can_be_read_on_request() -> None:
    for media_type in FORMS:
        body = crafted(media_type, packed=zlib.compress(bytes(2**20)))
        token = parse_status_token(body, media_type=media_type)
        assert refusal(lambda token=token: token.bits).code == "status_list_too_large"
        assert len(token.decode(max_decoded=2**20)) == 2**23


def test_a_cwt_is_tagged_18_and_not_61() -> None:
    body = sealed(CWT_MEDIA_TYPE)
    assert body[:1] == b"\xd2"
    for other in (body[1:], head(6, 61) + body, head(6, 17) + body[1:], b"\xd8\x12" + body[1:], encode_bytes(body)):
        assert refusal(check, other, CWT_MEDIA_TYPE).code == "bad_status_token"


def test_a_cwt_without_payload_is_refused() -> None:
    body = tag_sign1(sign_cose(b"", signer=SIGNER, protected={16: CWT_MEDIA_TYPE}, detached=True))
    refusal(check, body, CWT_MEDIA_TYPE)


def test_a_cwt_with_an_unprotected_type_is_refused() -> None:
    body = tag_sign1(sign_cose(cbor_encode({}), signer=SIGNER, unprotected={16: CWT_MEDIA_TYPE}))
    assert refusal(check, body, CWT_MEDIA_TYPE).code == "wrong_typ"


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384"])
def test_another_algorithm_is_refused(alg: str) -> None:
    header, payload, signature = sign_jwt("statuslist+jwt", {}, SIGNER).split(".")
    from schemas.formats.encoding import b64url_encode, dump_json

    changed = b64url_encode(dump_json({"alg": alg, "typ": "statuslist+jwt"}))
    assert header != changed
    assert refusal(check, f"{changed}.{payload}.{signature}".encode(), JWT_MEDIA_TYPE).code == "alg_not_allowed"
