"""RFC 9901 7.3: the holder signed for this verifier, this transaction and these disclosures (threat rows A17 to A22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import key_from_jwk, public_jwk, sign_jwt
from schemas.formats.numeric_date import to_numeric_date
from schemas.formats.sdjwt import bind_key, check_key_binding, confirmation_key, digest_of, parse_sd_jwt, select_disclosures
from tests.schemas.formats.keys import signer_for
from tests.schemas.formats.sdjwt.material import AT, AUDIENCE, CLAIMS, HOLDER, ISSUER, NONCE, refusal, sealed

CHOSEN = select_disclosures(sealed(), [("family_name",), ("birth_date",)])
_ABSENT = object()


def check(text: str, **changes: Any) -> None:
    expected: dict[str, Any] = {"holder_key": HOLDER.public_key, "nonce": NONCE, "audience": AUDIENCE, "at": AT}
    check_key_binding(parse_sd_jwt(text), **(expected | changes))


def code(text: str, **changes: Any) -> str:
    error = refusal(check, text, **changes)
    assert error.layer == "key-binding"
    return error.code


def bound(text: str = CHOSEN, *, signer: Any = HOLDER, **claims: Any) -> str:
    """``text`` with a key binding whose claims are replaced one by one, or left out."""
    plain = {"iat": to_numeric_date(AT), "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest_of(text)} | claims
    return text + sign_jwt("kb+jwt", {name: value for name, value in plain.items() if value is not _ABSENT}, signer)


def test_what_bind_key_makes_is_accepted() -> None:
    check(bind_key(CHOSEN, nonce=NONCE, audience=AUDIENCE, iat=AT, signer=HOLDER))
    check(bound())


def test_only_an_unbound_sd_jwt_can_be_bound() -> None:
    assert refusal(bind_key, bound(), nonce=NONCE, audience=AUDIENCE, iat=AT, signer=HOLDER).code == "not_presentable"


# -- A17 -------------------------------------------------------------------------------------------------------------------


def test_a_stripped_key_binding_is_refused() -> None:
    assert code(CHOSEN) == "key_binding_missing"


# -- A18 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nonce", [_ABSENT, None, "", [NONCE], {"n": NONCE}, 1, True, NONCE + "x", NONCE.lower(), "of another session"])
def test_a_nonce_of_another_transaction_or_none_is_refused(nonce: Any) -> None:
    assert code(bound(nonce=nonce)) == "nonce_mismatch"


def test_an_empty_expectation_is_met_by_nothing() -> None:
    assert code(bound(nonce=""), nonce="") == "nonce_mismatch"
    assert code(bound(aud=""), audience="") == "audience_mismatch"


# -- A19 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "audience",
    [
        _ABSENT,
        None,
        "",
        [AUDIENCE],
        {"aud": AUDIENCE},
        1,
        AUDIENCE.removeprefix("x509_hash:"),
        AUDIENCE + "/",
        AUDIENCE.upper(),
        "https://verifier.example",
    ],
)
def test_another_audience_is_refused(audience: Any) -> None:
    assert code(bound(aud=audience)) == "audience_mismatch"


# -- A20 -------------------------------------------------------------------------------------------------------------------


def test_disclosures_changed_after_binding_are_refused() -> None:
    text = bound()
    *disclosed, key_binding = text.split("~")
    every = sealed().split("~")
    for other in (disclosed[:-1], [disclosed[0], *reversed(disclosed[1:])], [*disclosed, every[3]], [disclosed[0]]):
        assert code("~".join([*other, key_binding])) == "sd_hash_mismatch"


@pytest.mark.parametrize(
    "sd_hash",
    [_ABSENT, None, "", 1, [digest_of(CHOSEN)], digest_of(CHOSEN[:-1]), digest_of(CHOSEN) + "="],
    ids=["absent", "null", "empty", "number", "array", "without the last tilde", "padded"],
)
def test_another_sd_hash_is_refused(sd_hash: Any) -> None:
    assert code(bound(sd_hash=sd_hash)) == "sd_hash_mismatch"


# -- A21 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-301, "key_binding_too_old"), (61, "key_binding_from_future"), (10**9, "key_binding_from_future"), (-(10**9), "key_binding_too_old")],
)
def test_an_iat_outside_the_window_is_refused(seconds: int, expected: str) -> None:
    assert code(bound(iat=to_numeric_date(AT) + seconds)) == expected


@pytest.mark.parametrize("seconds", [-300, 0, 60])
def test_an_iat_inside_the_window_is_accepted(seconds: int) -> None:
    check(bound(iat=to_numeric_date(AT) + seconds))


def test_the_window_is_the_callers() -> None:
    old = bound(iat=to_numeric_date(AT) - 20)
    assert code(old, max_age=timedelta(seconds=10)) == "key_binding_too_old"
    assert code(bound(iat=to_numeric_date(AT) + 1), skew=timedelta(0)) == "key_binding_from_future"


@pytest.mark.parametrize("iat", [_ABSENT, None, "1775044800", True, [1], -1, 10**15, {}])
def test_an_iat_that_is_no_time_is_refused(iat: Any) -> None:
    assert code(bound(iat=iat)) == "bad_numeric_date"


# -- A22 -------------------------------------------------------------------------------------------------------------------


def test_another_signer_is_refused() -> None:
    for other in (ISSUER, signer_for("somebody else")):
        assert code(bound(signer=other)) == "key_binding_signature"


def test_a_holder_key_other_than_the_signed_one_is_refused() -> None:
    assert code(bound(), holder_key=signer_for("somebody else").public_key) == "key_binding_signature"


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), bytes(65), b"\xff" * 64, bytes(31) + b"\x01" + bytes(32)])
def test_a_signature_of_another_form_is_refused(signature: bytes) -> None:
    head, payload, _ = bound().rsplit(".", 2)
    assert code(f"{head}.{payload}.{b64url_encode(signature)}") == "key_binding_signature"


def test_the_holder_key_comes_from_the_signed_payload() -> None:
    assert confirmation_key(CLAIMS) == HOLDER.public_key


JWK = public_jwk(HOLDER.public_key)


@pytest.mark.parametrize(
    ("cnf", "expected"),
    [
        (_ABSENT, "cnf_missing"),
        (None, "cnf_missing"),
        ("x", "cnf_missing"),
        ([JWK], "cnf_missing"),
        ({}, "cnf_not_jwk"),
        ({"kid": "1"}, "cnf_not_jwk"),
        ({"jkt": "x"}, "cnf_not_jwk"),
        ({"jku": "https://evil.example"}, "cnf_not_jwk"),
        ({"jwk": JWK, "jku": "https://evil.example"}, "cnf_not_jwk"),
        ({"jwk": JWK, "x5c": []}, "cnf_not_jwk"),
        ({"jwk": None}, "bad_jwk"),
        ({"jwk": [JWK]}, "bad_jwk"),
        ({"jwk": JWK | {"d": JWK["x"]}}, "bad_jwk"),
        ({"jwk": JWK | {"x5u": "https://evil.example"}}, "bad_jwk"),
        ({"jwk": JWK | {"crv": "P-384"}}, "bad_jwk"),
        ({"jwk": JWK | {"kty": "oct", "k": "AA"}}, "bad_jwk"),
        ({"jwk": JWK | {"alg": "HS256"}}, "bad_jwk"),
        ({"jwk": JWK | {"y": JWK["x"]}}, "bad_jwk"),
        ({"jwk": JWK | {"x": "AA"}}, "bad_jwk"),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": JWK["x"]}}, "bad_jwk"),
    ],
)
def test_another_confirmation_is_refused(cnf: Any, expected: str) -> None:
    payload = {} if cnf is _ABSENT else {"cnf": cnf}
    assert refusal(confirmation_key, payload).code == expected


def test_the_jwk_reader_agrees_with_its_writer() -> None:
    assert key_from_jwk(JWK) == HOLDER.public_key
