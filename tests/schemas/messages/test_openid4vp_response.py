"""Responses: built by a wallet, read by a verifier; modes, state, shapes, and the published encrypted response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import public_jwk
from schemas.formats.jwe import decrypt_jwe, encrypt_jwe
from schemas.messages.openid4vp import (
    AuthorizationRequest,
    ResponseKey,
    WalletDeclinedError,
    build_error_response,
    build_response,
    parse_response,
    parse_vp_token,
)
from tests.schemas.messages.test_openid4vp_request import KEY, build, parse
from tests.world import World, signer_for

STATE = "state-0123456789"
TOKEN = {"q": ["presentation"]}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def key_of(name: str) -> ResponseKey:
    private = signer_for(name).private_key
    secret = b64url_encode(private.private_numbers().private_value.to_bytes(32, "big"))
    return ResponseKey({**public_jwk(private.public_key()), "d": secret}, "k1")


def requests(world: World) -> tuple[AuthorizationRequest, AuthorizationRequest]:
    """Return one request for an encrypted answer and one for an answer in clear."""
    public = {**public_jwk(signer_for("response").public_key), **KEY}
    return (
        parse(world, build(world, encryption_jwk=public)),
        parse(world, build(world, response_mode="direct_post", encryption_jwk=None)),
    )


def code_of(form: Mapping[str, str], *, encrypted: bool, state: str = STATE) -> str:
    with pytest.raises(WarifuError) as caught:
        parse_response(
            form, mode="direct_post.jwt" if encrypted else "direct_post", state=state, key=key_of("response") if encrypted else None
        )
    return caught.value.code


def encrypt(content: Any, **changes: Any) -> dict[str, str]:
    recipient = {**public_jwk(signer_for("response").public_key), **KEY}
    return {"response": encrypt_jwe(json.dumps(content).encode(), recipient={**recipient, **changes}, enc="A256GCM")}


def test_what_a_wallet_builds_a_verifier_reads(world: World) -> None:
    encrypted, clear = requests(world)
    assert build_response(encrypted, TOKEN).keys() == {"response"}
    assert parse_response(build_response(encrypted, TOKEN), mode="direct_post.jwt", state=STATE, key=key_of("response")) == {
        "q": ("presentation",)
    }
    form = build_response(clear, TOKEN)
    assert json.loads(form["vp_token"]) == TOKEN
    assert parse_response(form, mode="direct_post", state=STATE, key=None) == {"q": ("presentation",)}


def test_modes_are_not_interchangeable(world: World) -> None:
    encrypted, clear = requests(world)
    assert code_of(build_response(clear, TOKEN), encrypted=True) == "response_mode_mismatch"
    assert code_of(build_response(encrypted, TOKEN), encrypted=False) == "response_mode_mismatch"
    assert code_of({**build_response(clear, TOKEN), **build_response(encrypted, TOKEN)}, encrypted=True) == "response_mode_mismatch"
    assert code_of({}, encrypted=False) == "response_mode_mismatch"


@pytest.mark.parametrize("state", [None, "", "other", 7, ["state-0123456789"]])
def test_the_state_is_the_requests(state: Any) -> None:
    assert code_of(encrypt({"vp_token": TOKEN, "state": state}), encrypted=True) == "state_mismatch"
    if isinstance(state, str):
        assert code_of({"vp_token": json.dumps(TOKEN), "state": state}, encrypted=False) == "state_mismatch"


def test_an_answer_to_another_key_is_refused() -> None:
    other = {**public_jwk(signer_for("other").public_key), **KEY}
    jwe = encrypt_jwe(json.dumps({"vp_token": TOKEN, "state": STATE}).encode(), recipient=other, enc="A128GCM")
    assert code_of({"response": jwe}, encrypted=True) == "jwe_decryption_failed"
    assert code_of(encrypt({"vp_token": TOKEN, "state": STATE}, kid="k2"), encrypted=True) == "kid_mismatch"


def test_inside_an_encrypted_answer_the_token_is_an_object() -> None:
    assert code_of(encrypt({"vp_token": json.dumps(TOKEN), "state": STATE}), encrypted=True) == "response_malformed"
    assert code_of(encrypt([1]), encrypted=True) == "not_an_object"


@pytest.mark.parametrize(
    "token",
    [
        None,
        "x",
        [],
        ["x"],
        {},
        {"q": "x"},
        {"q": []},
        {"q": [1]},
        {"q": [""]},
        {"q": ["x"] * 17},
        {f"q{n}": ["x"] for n in range(9)},
        {"q": {"0": "x"}},
    ],
)
def test_a_token_of_another_shape_is_refused(token: Any) -> None:
    with pytest.raises(WarifuError) as caught:
        parse_vp_token(token)
    assert caught.value.code == "response_malformed"
    assert code_of({"vp_token": json.dumps(token), "state": STATE}, encrypted=False) in {"response_malformed", "not_an_object"}


def test_a_refusal_of_the_wallet_is_told_by_its_known_name(world: World) -> None:
    encrypted, _ = requests(world)
    for sent, told in (("access_denied", "access_denied"), ("<script>", "unspecified")):
        with pytest.raises(WalletDeclinedError) as caught:
            parse_response(build_error_response(encrypted, sent), mode="direct_post.jwt", state=STATE, key=key_of("response"))
        assert caught.value.error == told
    with pytest.raises(WalletDeclinedError):
        parse_response(encrypt({"error": "access_denied", "state": STATE}), mode="direct_post.jwt", state=STATE, key=key_of("response"))
    assert code_of({"error": "access_denied"}, encrypted=True) == "state_mismatch"


def test_the_published_encrypted_response_opens(foreign_vectors: Path) -> None:
    vector = json.loads((foreign_vectors / "openid4vp/encrypted_response.json").read_text())
    jwk = vector["private_jwk"]
    plaintext = decrypt_jwe(
        vector["response_jwe"], key={name: jwk[name] for name in ("kty", "crv", "x", "y", "d")}, expected_kid=jwk["kid"]
    )
    assert parse_vp_token(json.loads(plaintext)["vp_token"])
