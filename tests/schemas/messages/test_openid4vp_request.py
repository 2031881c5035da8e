"""Request objects: what a wallet must refuse before a word of them is shown (threats D06, D07, D08, A01 to A08)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import WarifuError
from schemas.formats.jose import parse_jws, public_jwk, sign_jwt, x5c_header
from schemas.messages.dcql import parse_query
from schemas.messages.openid4vp import (
    AuthorizationRequest,
    RequestParameters,
    authorization_request_uri,
    build_request_object,
    client_id_for,
    parse_authorization_request_uri,
    parse_request_object,
)
from schemas.trust import Anchors, SigningIdentity
from tests.world import World

QUERY = {"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://catalogue.example/resident-record/1"]}}]}
KEY = {"kid": "k1", "alg": "ECDH-ES", "use": "enc"}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def parameters(world: World, **changes: Any) -> RequestParameters:
    given: dict[str, Any] = {
        "response_uri": "https://verifier.example/openid4vp/response/1",
        "response_mode": "direct_post.jwt",
        "nonce": world.nonce,
        "state": "state-0123456789",
        "query": parse_query(QUERY),
        "issued_at": world.at,
        "expires_at": world.at + timedelta(minutes=2),
        "encryption_jwk": {**public_jwk(world.holder(7).public_key), **KEY},
    }
    return RequestParameters(**{**given, **changes})


def build(world: World, **changes: Any) -> str:
    identity = world.bank.identity
    return build_request_object(parameters(world, **changes), signer=identity.signer, chain_der=identity.chain_der)


def forge(
    world: World, *, identity: SigningIdentity | None = None, typ: str = "oauth-authz-req+jwt", header: Any = None, **claims: Any
) -> str:
    """Return a request object whose claims are changed, or with None taken away, and signed again."""
    signer = identity or world.bank.identity
    original = parse_jws(build(world), typ="oauth-authz-req+jwt").claims()
    changed = {name: value for name, value in {**original, **claims}.items() if value is not None}
    return sign_jwt(typ, changed, signer.signer, header={"x5c": x5c_header(signer.chain_der), **(header or {})})


def parse(world: World, token: str, *, at: datetime | None = None, **changes: Any) -> AuthorizationRequest:
    given: dict[str, Any] = {"client_id": world.audience, "anchors": world.reader_anchors, "wallet_nonce": None, **changes}
    return parse_request_object(token, at=at or world.at, **given)


def code_of(world: World, token: str, **changes: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        parse(world, token, **changes)
    return caught.value.code


def test_what_is_built_is_read(world: World) -> None:
    request = parse(world, build(world, registrations=["a.b.c"]))
    assert request.client_id == world.audience == client_id_for(world.bank.identity.chain_der[0])
    assert request.verifier.organization == "割符銀行"
    assert (request.nonce, request.state, request.response_mode) == (world.nonce, "state-0123456789", "direct_post.jwt")
    assert request.query.document() == QUERY
    assert request.registrations == ("a.b.c",)
    assert request.content_encryption == "A128GCM"
    assert request.encryption_thumbprint is not None
    assert len(request.encryption_thumbprint) == 32


def test_the_object_is_what_the_conformance_suite_looks_for(world: World) -> None:
    jws = parse_jws(build(world), typ="oauth-authz-req+jwt")
    claims = jws.claims()
    assert len(jws.header["x5c"]) == 1
    assert claims["aud"] == "https://self-issued.me/v2"
    assert claims["iss"] == claims["client_id"]
    assert claims["response_type"] == "vp_token"
    assert claims["exp"] - claims["iat"] <= 300
    metadata = claims["client_metadata"]
    assert metadata["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
    assert metadata["jwks"]["keys"][0].keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert metadata["vp_formats_supported"] == {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}
    assert (
        not {"scope", "redirect_uri", "client_id_scheme", "presentation_definition", "request_uri", "wallet_nonce", "sub"} & claims.keys()
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires": 301}, "request_lifetime"),
        ({"expires": 0}, "request_lifetime"),
        ({"encryption_jwk": None}, "encryption_key_missing"),
        ({"response_mode": "direct_post"}, "encryption_key_unexpected"),
    ],
)
def test_a_verifier_cannot_build_what_no_wallet_should_take(world: World, changes: dict[str, Any], code: str) -> None:
    seconds = changes.pop("expires", None)
    if seconds is not None:
        changes["expires_at"] = world.at + timedelta(seconds=seconds)
    with pytest.raises(WarifuError) as caught:
        build(world, **changes)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"client_id": "x509_hash:AAAA"}, "client_id_mismatch"),
        ({"client_id": None}, "client_id_mismatch"),
        ({"aud": "https://other.example"}, "request_malformed"),
        ({"aud": None}, "request_malformed"),
        ({"response_type": "code"}, "request_malformed"),
        ({"response_mode": "fragment"}, "request_malformed"),
        ({"response_mode": None}, "request_malformed"),
        ({"redirect_uri": "https://verifier.example/cb"}, "request_malformed"),
        ({"scope": "openid"}, "request_malformed"),
        ({"request_uri": "https://verifier.example/r"}, "request_malformed"),
        ({"transaction_data": ["eyJ0eXBlIjoieCJ9"]}, "transaction_data_unsupported"),
        ({"nonce": None}, "request_malformed"),
        ({"nonce": "short"}, "request_malformed"),
        ({"nonce": "with space and some length"}, "request_malformed"),
        ({"state": 7}, "request_malformed"),
        ({"response_uri": None}, "request_malformed"),
        ({"response_uri": "http://verifier.example/r"}, "request_malformed"),
        ({"response_uri": "https://user@verifier.example/r"}, "request_malformed"),
        ({"response_uri": "https://verifier.example/r#f"}, "request_malformed"),
        ({"response_uri": "https://verifier.example/ r"}, "request_malformed"),
        ({"response_uri": "javascript:alert(1)"}, "request_malformed"),
        ({"dcql_query": None}, "request_malformed"),
        ({"dcql_query": {"credentials": []}}, "query_malformed"),
        ({"client_metadata": []}, "request_malformed"),
        ({"client_metadata": {}}, "request_malformed"),
        ({"client_metadata": {"jwks": {"keys": []}}}, "no_usable_encryption_key"),
        ({"verifier_info": {}}, "request_malformed"),
        ({"verifier_info": [{"data": "x"}]}, "request_malformed"),
        ({"exp": "soon"}, "request_malformed"),
        ({"exp": True}, "request_malformed"),
        ({"exp": None}, "request_not_fresh"),
        ({"wallet_nonce": "unasked"}, "wallet_nonce_mismatch"),
    ],
)
def test_a_signed_request_with_a_wrong_member_is_refused(world: World, claims: dict[str, Any], code: str) -> None:
    assert code_of(world, forge(world, **claims)) == code


def test_times(world: World) -> None:
    token = build(world)
    parse(world, token, at=world.at + timedelta(seconds=119))
    assert code_of(world, token, at=world.at + timedelta(seconds=120)) == "request_expired"
    assert code_of(world, token, at=world.at - timedelta(seconds=61)) == "request_not_fresh"
    late = int((world.at + timedelta(seconds=361)).timestamp())
    assert code_of(world, forge(world, exp=late)) == "request_not_fresh"
    echoed = forge(world, exp=late, wallet_nonce="mine")
    assert parse(world, echoed, wallet_nonce="mine").expires_at is not None


def test_the_wallets_nonce_comes_back(world: World) -> None:
    assert parse(world, build(world, wallet_nonce="mine"), wallet_nonce="mine")
    assert code_of(world, build(world), wallet_nonce="mine") == "wallet_nonce_mismatch"
    assert code_of(world, build(world, wallet_nonce="other"), wallet_nonce="mine") == "wallet_nonce_mismatch"


@pytest.mark.parametrize(
    "client_id",
    [
        "",
        "x509_san_dns:verifier.example",
        "redirect_uri:https://verifier.example",
        "origin:https://v.example",
        "verifier.example",
        "x509_hash:",
        "X509_HASH:",
    ],
)
def test_another_prefix_or_client_is_refused(world: World, client_id: str) -> None:
    code = "client_id_mismatch" if client_id.startswith("x509_hash:") else "client_id_prefix_unsupported"
    assert code_of(world, build(world), client_id=client_id) == code


def test_the_certificate_of_another_party_does_not_do(world: World) -> None:
    hall = world.city_hall.identity
    token = forge(world, identity=hall)
    assert code_of(world, token) == "client_id_mismatch"
    assert code_of(world, forge(world, identity=hall, client_id=client_id_for(hall.chain_der[0]))) == "client_id_mismatch"
    assert parse(world, forge(world, identity=hall, client_id=client_id_for(hall.chain_der[0])), client_id=client_id_for(hall.chain_der[0]))


def test_only_a_reader_under_the_registrar_may_ask(world: World) -> None:
    signer = world.warifu.document_signer
    client_id = client_id_for(signer.chain_der[0])
    token = forge(world, identity=signer, client_id=client_id)
    assert code_of(world, token, client_id=client_id) == "chain_untrusted"
    assert code_of(world, build(world), anchors=Anchors([])) == "chain_untrusted"
    attester = world.registrar_signer
    token = forge(world, identity=attester, client_id=client_id_for(attester.chain_der[0]))
    assert code_of(world, token, client_id=client_id_for(attester.chain_der[0])) == "extended_key_usage_mismatch"


def test_signature_type_and_header_are_checked(world: World) -> None:
    token = build(world)
    head, body, signature = token.split(".")
    other = "A" if signature[0] != "A" else "B"
    assert code_of(world, f"{head}.{body}.{other}{signature[1:]}") == "bad_signature"
    assert code_of(world, f"{head}.{body}.") in {"bad_signature", "bad_base64url"}
    assert code_of(world, forge(world, typ="JWT")) == "wrong_typ"
    assert code_of(world, forge(world, header={"crit": ["x"]})) == "header_not_allowed"
    root = [
        *world.bank.identity.chain_der,
        world.registrar.certificate.public_bytes(Encoding.DER),
    ]
    assert code_of(world, forge(world, header={"x5c": x5c_header(root)})) == "anchor_in_chain"


def test_unusable_keys_are_passed_over_and_an_invalid_point_is_not(world: World) -> None:
    good = {**public_jwk(world.holder(7).public_key), **KEY}
    bad = [{"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "a", "alg": "ECDH-ES"}, {**good, "alg": "RSA-OAEP"}, {**good, "use": "sig"}, 7]
    request = parse(world, forge(world, client_metadata={"jwks": {"keys": [*bad, {**good, "kid": "k2"}]}}))
    assert request.encryption_jwk is not None
    assert request.encryption_jwk["kid"] == "k2"
    assert code_of(world, forge(world, client_metadata={"jwks": {"keys": bad}})) == "no_usable_encryption_key"
    assert code_of(world, forge(world, client_metadata={"jwks": {"keys": [{**good, "y": good["x"]}]}})) == "bad_jwk"
    metadata = {"jwks": {"keys": [good]}, "encrypted_response_enc_values_supported": ["A128CBC-HS256", "A256GCM"]}
    assert parse(world, forge(world, client_metadata=metadata)).content_encryption == "A256GCM"
    metadata["encrypted_response_enc_values_supported"] = ["A128CBC-HS256"]
    assert code_of(world, forge(world, client_metadata=metadata)) == "no_usable_encryption_key"


# ---- links


def test_a_link_is_read_as_it_was_made() -> None:
    for base in ("haip-vp://", "https://wallet.example/authorize?x=1"):
        uri = authorization_request_uri(base, client_id="x509_hash:abc", request_uri="https://v.example/r/1")
        link = parse_authorization_request_uri(uri)
        assert (link.client_id, link.request_uri, link.request_uri_method) == ("x509_hash:abc", "https://v.example/r/1", "post")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "client_id=x",
        "request_uri=https%3A%2F%2Fv.example",
        "client_id=x&request_uri=http%3A%2F%2Fv.example",
        "client_id=x&request_uri=https%3A%2F%2Fv.example&request_uri_method=put",
        "client_id=x&client_id=y&request_uri=https%3A%2F%2Fv.example",
        "client_id=x&request_uri=https%3A%2F%2Fv.example%23f",
        "client_id=x&request_uri=file%3A%2F%2F%2Fetc%2Fpasswd",
    ],
)
def test_a_bad_link_is_refused(query: str) -> None:
    with pytest.raises(WarifuError) as caught:
        parse_authorization_request_uri(f"haip-vp://?{query}")
    assert caught.value.code == "request_malformed"
