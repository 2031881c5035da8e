"""Key proofs: what a sound one gives, and every way in which one is refused (OpenID4VCI 1.0 F.1, F.4; threats C14, C15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import public_jwk, sign_jwt
from schemas.messages.key_proof import PROOF_TYP, build_key_proof, check_key_proof
from tests.world import AT, signer_for

HOLDER, OTHER = signer_for("holder"), signer_for("other holder")
ISSUER = "https://localhost:8443/999997"
SEAL = int(AT.timestamp())


def proof(*, header: dict[str, Any] | None = None, typ: str = PROOF_TYP, **changes: Any) -> str:
    """Return a proof by HOLDER whose claims are changed; a value of None leaves the claim out."""
    claims = {"aud": ISSUER, "iat": SEAL, "nonce": "n-1"} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return sign_jwt(typ, claims, HOLDER, header={"jwk": public_jwk(HOLDER.public_key)} if header is None else header)


def refusal(text: str, **kwargs: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        check_key_proof(text, **{"audience": ISSUER, "at": AT} | kwargs)
    return caught.value.code


def test_what_the_wallet_builds_the_issuer_reads() -> None:
    built = build_key_proof(HOLDER, audience=ISSUER, nonce="n-1", iat=AT)

    checked = check_key_proof(built, audience=ISSUER, at=AT)

    assert public_jwk(checked.public_key) == public_jwk(HOLDER.public_key)
    assert checked.nonce == "n-1"


def test_a_proof_names_no_client_and_no_other_key() -> None:
    header, claims, _ = build_key_proof(HOLDER, audience=ISSUER, nonce="n-1", iat=AT).split(".")

    assert parse_part(claims).keys() == {"aud", "iat", "nonce"}
    assert parse_part(header) == {"alg": "ES256", "typ": PROOF_TYP, "jwk": public_jwk(HOLDER.public_key)}


def parse_part(part: str) -> dict[str, Any]:
    from schemas.formats.encoding import b64url_decode

    return parse_json_object(b64url_decode(part))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://other.example/999997"}, "wrong_audience"),
        ({"aud": [ISSUER]}, "wrong_audience"),
        ({"aud": ISSUER + "/"}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
        ({"iat": SEAL + 10 * 365 * 86400}, "proof_not_fresh"),
        ({"iat": SEAL - 10 * 365 * 86400}, "proof_not_fresh"),
        ({"iat": SEAL + 61}, "proof_not_fresh"),
        ({"iat": SEAL - 361}, "proof_not_fresh"),
        ({"exp": SEAL - 61}, "proof_not_fresh"),
        ({"nbf": SEAL + 61}, "proof_not_fresh"),
        ({"iat": None}, "bad_proof"),
        ({"iat": True}, "bad_proof"),
        ({"iat": str(SEAL)}, "bad_proof"),
        ({"exp": "later"}, "bad_proof"),
        ({"nonce": None}, "proof_nonce_missing"),
        ({"nonce": ""}, "proof_nonce_missing"),
        ({"nonce": 7}, "proof_nonce_missing"),
        ({"typ": "JWT"}, "wrong_typ"),
        ({"typ": "dpop+jwt"}, "wrong_typ"),
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(proof(**changes)) == code


@pytest.mark.parametrize("seconds", [-60, 0, 300, 360])
def test_the_window_holds_a_slow_clock(seconds: int) -> None:
    check_key_proof(proof(), audience=ISSUER, at=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"kid": "did:example:1"},
        {"jwk": public_jwk(HOLDER.public_key), "kid": "1"},
        {"jwk": public_jwk(HOLDER.public_key), "x5c": ["MA=="]},
        {"jwk": public_jwk(HOLDER.public_key), "trust_chain": ["a"]},
    ],
)
def test_a_key_named_twice_or_elsewhere_is_refused(header: dict[str, Any]) -> None:
    assert refusal(proof(header=header)) == "proof_key_ambiguous"


def test_a_private_key_in_the_header_is_refused() -> None:
    secret = b64url_encode(b"\x01" * 32)
    assert refusal(proof(header={"jwk": {**public_jwk(HOLDER.public_key), "d": secret}})) == "bad_jwk"


def test_a_symmetric_key_is_refused() -> None:
    assert refusal(proof(header={"jwk": {"kty": "oct", "k": "AAAA"}})) == "bad_jwk"


def test_a_proof_signed_by_another_key_is_refused() -> None:
    assert refusal(proof(header={"jwk": public_jwk(OTHER.public_key)})) == "bad_signature"


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "RS256"])
def test_other_algorithms_are_refused(alg: str) -> None:
    header, claims, signature = proof().split(".")
    head = b64url_encode(dump_json({**parse_part(header), "alg": alg}))
    assert refusal(f"{head}.{claims}.{signature}") == "alg_not_allowed"


def test_one_changed_byte_is_refused() -> None:
    header, claims, signature = proof().split(".")
    changed = b64url_encode(dump_json({**parse_part(claims), "nonce": "n-2"}))
    assert refusal(f"{header}.{changed}.{signature}") == "bad_signature"


def test_other_curves_are_refused() -> None:
    numbers = ec.derive_private_key(7, ec.SECP384R1()).public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-384",
        "x": b64url_encode(numbers.x.to_bytes(48, "big")),
        "y": b64url_encode(numbers.y.to_bytes(48, "big")),
    }
    assert refusal(proof(header={"jwk": jwk})) == "bad_jwk"


def test_oversize_is_refused_before_it_is_read() -> None:
    assert refusal("a" * 10_000) == "too_large"
