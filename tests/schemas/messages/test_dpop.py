"""DPoP proofs (RFC 9449 4.3): sound ones in every permitted spelling, and every way in which one is refused (C09, C10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import jwk_thumbprint, public_jwk, sign_jwt
from schemas.messages.dpop import DPOP_TYP, access_token_hash, build_dpop, check_dpop, key_thumbprint
from tests.world import AT, signer_for

WALLET, OTHER = signer_for("wallet"), signer_for("other wallet")
URL = "https://localhost:8443/999997/credential"
SEAL = int(AT.timestamp())
TOKEN = "token-of-the-wallet"


def proof(*, header: dict[str, Any] | None = None, typ: str = DPOP_TYP, **changes: Any) -> str:
    """Return a proof by WALLET for POST URL with TOKEN; a value of None leaves the claim out."""
    claims = {"jti": "jti-1", "htm": "POST", "htu": URL, "iat": SEAL, "ath": access_token_hash(TOKEN)} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return sign_jwt(typ, claims, WALLET, header={"jwk": public_jwk(WALLET.public_key)} if header is None else header)


def refusal(text: str, **kwargs: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        check_dpop(text, **{"method": "POST", "url": URL, "at": AT, "access_token": TOKEN} | kwargs)
    return caught.value.code


def test_what_the_wallet_builds_the_issuer_reads() -> None:
    built = build_dpop(WALLET, method="POST", url=f"{URL}?a=b#c", iat=AT, jti="j", access_token=TOKEN, nonce="s")

    checked = check_dpop(built, method="POST", url=URL, at=AT, access_token=TOKEN)

    assert checked == (b64url_encode(jwk_thumbprint(WALLET.public_key)), "j", AT, "s")
    assert checked.jkt == key_thumbprint(WALLET)


def test_at_the_token_endpoint_there_is_no_token_to_hash() -> None:
    built = build_dpop(WALLET, method="POST", url=URL, iat=AT, jti="j")
    assert check_dpop(built, method="POST", url=URL, at=AT).nonce is None


@pytest.mark.parametrize(
    "htu",
    [
        URL,
        f"{URL}?x=1",
        f"{URL}#f",
        "HTTPS://LOCALHOST:8443/999997/credential",
    ],
)
def test_equivalent_addresses_are_accepted(htu: str) -> None:
    check_dpop(proof(htu=htu), method="POST", url=URL, at=AT, access_token=TOKEN)


@pytest.mark.parametrize("htu", ["https://front.example:443/t", "https://FRONT.example/t", "https://front.example/t"])
def test_the_default_port_may_be_written_out(htu: str) -> None:
    check_dpop(proof(htu=htu), method="POST", url="https://front.example/t", at=AT, access_token=TOKEN)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"htm": "GET"}, "dpop_wrong_request"),
        ({"htm": None}, "dpop_wrong_request"),
        ({"htm": "post"}, "dpop_wrong_request"),
        ({"htu": "https://localhost:8443/999997/token"}, "dpop_wrong_request"),
        ({"htu": "http://localhost:8443/999997/credential"}, "dpop_wrong_request"),
        ({"htu": "https://localhost:8444/999997/credential"}, "dpop_wrong_request"),
        ({"htu": "https://other.example/999997/credential"}, "dpop_wrong_request"),
        ({"htu": None}, "dpop_wrong_request"),
        ({"htu": 7}, "dpop_wrong_request"),
        ({"htu": "https://u@localhost:8443/999997/credential"}, "bad_dpop"),
        ({"htu": "https://localhost:99999999/999997/credential"}, "bad_dpop"),
        ({"ath": None}, "dpop_wrong_token"),
        ({"ath": access_token_hash("another")}, "dpop_wrong_token"),
        ({"ath": TOKEN}, "dpop_wrong_token"),
        ({"iat": None}, "bad_dpop"),
        ({"iat": True}, "bad_dpop"),
        ({"iat": 1e9}, "bad_dpop"),
        ({"iat": SEAL + 3600}, "dpop_not_fresh"),
        ({"iat": SEAL - 3600}, "dpop_not_fresh"),
        ({"iat": SEAL + 31}, "dpop_not_fresh"),
        ({"iat": SEAL - 121}, "dpop_not_fresh"),
        ({"jti": None}, "bad_dpop"),
        ({"jti": ""}, "bad_dpop"),
        ({"jti": "j" * 257}, "bad_dpop"),
        ({"nonce": 5}, "bad_dpop"),
        ({"typ": "JWT"}, "wrong_typ"),
        ({"typ": "openid4vci-proof+jwt"}, "wrong_typ"),
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(proof(**changes)) == code


@pytest.mark.parametrize("seconds", [-30, -10, 0, 10, 120])
def test_small_differences_of_clocks_are_accepted(seconds: int) -> None:
    check_dpop(proof(), method="POST", url=URL, at=AT + timedelta(seconds=seconds), access_token=TOKEN)


def test_further_claims_are_ignored() -> None:
    check_dpop(proof(nbf=SEAL, exp=SEAL - 5, extra={"a": 1}), method="POST", url=URL, at=AT, access_token=TOKEN)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {**public_jwk(WALLET.public_key), "d": b64url_encode(b"\x01" * 32)}},
        {"jwk": "text"},
        {"jwk": {**public_jwk(WALLET.public_key), "crv": "P-384"}},
    ],
)
def test_keys_that_are_refused(header: dict[str, Any]) -> None:
    assert refusal(proof(header=header)) == "bad_jwk"


def test_a_proof_by_another_key_is_refused() -> None:
    assert refusal(proof(header={"jwk": public_jwk(OTHER.public_key)})) == "bad_signature"


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c.d", "é.é.é"])
def test_what_is_no_jwt_is_refused(text: str) -> None:
    assert refusal(text) in {"not_compact_jws", "bad_base64url", "bad_json", "not_an_object"}


def test_algorithms_other_than_es256_are_refused() -> None:
    _, claims, signature = proof().split(".")
    for alg in ("none", "HS256", "ES512"):
        head = b64url_encode(dump_json({"alg": alg, "typ": DPOP_TYP, "jwk": public_jwk(WALLET.public_key)}))
        assert refusal(f"{head}.{claims}.{signature}") == "alg_not_allowed"
