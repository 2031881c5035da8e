"""JWS, JWK and x5c (threat rows A01 to A08, A22, A26, A27)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import (
    jwk_thumbprint,
    key_from_jwk,
    parse_jws,
    public_jwk,
    sign_ec,
    sign_jws,
    sign_jwt,
    verify_ec,
    verify_jws,
    x5c_chain,
    x5c_header,
)
from tests.schemas.formats.keys import signer_for

SIGNER = signer_for("jose signer")
KEY = SIGNER.public_key
JWK = public_jwk(KEY)
LANES = [
    "dc+sd-jwt",
    "kb+jwt",
    "openid4vci-proof+jwt",
    "dpop+jwt",
    "oauth-client-attestation+jwt",
    "oauth-client-attestation-pop+jwt",
    "statuslist+jwt",
    "oauth-authz-req+jwt",
    "openidvci-issuer-metadata+jwt",
    "key-attestation+jwt",
]


def refused(call: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def token(header: Any, payload: bytes = b"{}", signature: bytes = bytes(64)) -> str:
    return ".".join(
        [b64url_encode(header if isinstance(header, bytes) else dump_json(header)), b64url_encode(payload), b64url_encode(signature)]
    )


def check(text: str, typ: str = "kb+jwt") -> dict[str, Any]:
    jws = parse_jws(text, typ=typ)
    verify_jws(jws, KEY)
    return jws.claims()


def test_what_is_signed_verifies() -> None:
    assert check(sign_jwt("kb+jwt", {"nonce": "n"}, SIGNER, header={"kid": "1"})) == {"nonce": "n"}


def test_the_algorithm_is_not_the_callers() -> None:
    jws = parse_jws(sign_jws({"alg": "none", "typ": "kb+jwt"}, b"{}", SIGNER), typ="kb+jwt")
    assert jws.header["alg"] == "ES256"
    verify_jws(jws, KEY)


@pytest.mark.parametrize("offered", LANES)
@pytest.mark.parametrize("lane", LANES)
def test_a_token_is_accepted_in_its_own_lane_alone(lane: str, offered: str) -> None:
    text = sign_jwt(offered, {}, SIGNER)
    if lane == offered:
        check(text, lane)
    else:
        assert refused(check, text, lane) == "wrong_typ"


@pytest.mark.parametrize(
    "alg",
    ["none", "None", "nOnE", "NONE", "", None, "HS256", "RS256", "ES384", "ES256K", "EdDSA", "es256", "ES256 ", 0, ["ES256"], {"a": 1}],
)
def test_another_algorithm_is_refused(alg: Any) -> None:
    for signature in (b"", bytes(64)):
        assert refused(check, token({"alg": alg, "typ": "kb+jwt"}, signature=signature)) == "alg_not_allowed"
    assert refused(check, token({"typ": "kb+jwt"})) == "alg_not_allowed"


@pytest.mark.parametrize(
    "secret",
    [
        KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        KEY.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        json.dumps(JWK).encode(),
        JWK["x"].encode(),
        b"",
    ],
    ids=["pem", "der", "point", "jwk", "x", "empty"],
)
def test_an_hmac_made_with_the_public_key_is_refused(secret: bytes) -> None:
    for alg in ("HS256", "ES256"):
        signing_input = token({"alg": alg, "typ": "kb+jwt"}).rsplit(".", 1)[0]
        mac = hmac.digest(secret, signing_input.encode(), "sha256")
        for signature in (mac, mac + mac):
            expected = "alg_not_allowed" if alg == "HS256" else "bad_signature"
            assert refused(check, f"{signing_input}.{b64url_encode(signature)}") == expected


@pytest.mark.parametrize("name", ["crit", "b64", "jku", "x5u", "zip"])
@pytest.mark.parametrize("value", [[], ["b64"], False, "https://evil.example", None])
def test_a_header_that_changes_the_meaning_is_refused(name: str, value: Any) -> None:
    assert refused(check, sign_jwt("kb+jwt", {}, SIGNER, header={name: value})) == "header_not_allowed"


@pytest.mark.parametrize(
    "header", [b"[]", b'"x"', b"1", b"null", b"", b'{"alg":"ES256","typ":"kb+jwt","alg":"none"}', b'{"alg":"ES256","typ":"kb+jwt"} '[:-2]]
)
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    assert refused(check, token(header)) in {"not_an_object", "bad_json"}


@pytest.mark.parametrize("payload", [b"[]", b'"x"', b"1", b"null", b"", b'{"a":1,"a":1}'])
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    assert refused(check, sign_jws({"typ": "kb+jwt"}, payload, SIGNER)) in {"not_an_object", "bad_json"}


GOOD = sign_jwt("kb+jwt", {"nonce": "n"}, SIGNER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        GOOD + ".",
        GOOD + ".x",
        "." + GOOD,
        GOOD.rsplit(".", 1)[0],
        json.dumps({"payload": "e30", "signatures": []}),
        GOOD + " ",
        " " + GOOD,
        "é" + GOOD,
    ],
)
def test_another_shape_is_refused(text: str) -> None:
    assert refused(check, text) in {"not_compact_jws", "bad_json", "bad_base64url"}


def test_the_size_is_looked_at_first() -> None:
    assert refused(parse_jws, "." * (256 * 1024 + 1), typ="kb+jwt") == "too_large"
    assert refused(parse_jws, GOOD, typ="kb+jwt", max_bytes=100) == "too_large"


def test_a_larger_limit_holds_for_the_payload_as_well() -> None:
    text = sign_jwt("kb+jwt", {"a": "x" * 300_000}, SIGNER)
    assert refused(parse_jws, text, typ="kb+jwt") == "too_large"
    assert len(parse_jws(text, typ="kb+jwt", max_bytes=500_000).claims()["a"]) == 300_000


def test_every_character_counts() -> None:
    for place, character in enumerate(GOOD):
        refused(check, GOOD[:place] + ("A" if character != "A" else "B") + GOOD[place + 1 :])


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(63), bytes(65), b"\xff" * 64, b"\x00" * 63 + b"\x01", b"\x00" * 31 + b"\x01" + b"\x00" * 32]
)
def test_a_signature_of_another_form_is_refused(signature: bytes) -> None:
    assert refused(verify_ec, KEY, b"message", signature) == "bad_signature"


def test_a_der_signature_is_refused() -> None:
    from cryptography.hazmat.primitives import hashes

    der = SIGNER.private_key.sign(b"message", ec.ECDSA(hashes.SHA256()))
    assert refused(verify_ec, KEY, b"message", der) == "bad_signature"


def test_signatures_with_short_numbers_are_64_bytes_long() -> None:
    for number in range(2000):
        signature = sign_ec(SIGNER.private_key, str(number).encode())
        assert len(signature) == 64
        if not signature[0] or not signature[32]:
            verify_ec(KEY, str(number).encode(), signature)


# -- keys ------------------------------------------------------------------------------------------------------------------


def test_a_key_is_read_as_written() -> None:
    assert key_from_jwk(JWK) == KEY
    assert key_from_jwk(JWK | {"kid": "1", "use": "sig", "alg": "ES256"}) == KEY
    assert JWK.keys() == {"kty", "crv", "x", "y"}


@pytest.mark.parametrize(
    "change",
    [
        {"d": "x"},
        {"k": "x"},
        {"p": "x"},
        {"x5u": "x"},
        {"jku": "x"},
        {"kty": "oct"},
        {"kty": "RSA"},
        {"kty": None},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"crv": None},
        {"x": None},
        {"x": 1},
        {"x": ""},
        {"x": JWK["x"] + "A"},
        {"x": JWK["x"] + "="},
        {"x": "!" * 43},
        {"y": JWK["x"]},
        {"x": "A" * 43, "y": "A" * 43},
        {"alg": "HS256"},
        {"alg": ["ES256"]},
    ],
    ids=str,
)
def test_another_key_is_refused(change: dict[str, Any]) -> None:
    assert refused(key_from_jwk, JWK | change) in {"bad_jwk", "bad_base64url"}


@pytest.mark.parametrize("jwk", [None, [], "x", 1, {}, [JWK], json.dumps(JWK)])
def test_what_is_no_jwk_is_refused(jwk: Any) -> None:
    assert refused(key_from_jwk, jwk) == "bad_jwk"


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    text = json.dumps({name: JWK[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    assert jwk_thumbprint(KEY) == hashlib.sha256(text.encode()).digest()


# -- x5c -------------------------------------------------------------------------------------------------------------------


def test_a_chain_is_read_as_written() -> None:
    for chain in ((b"leaf",), (b"leaf", b"issuer"), (bytes(8192), b"a", b"bb", b"ccc")):
        assert x5c_chain({"x5c": x5c_header(chain)}) == chain
    assert x5c_chain({}) == ()


LEAF = base64.b64encode(b"leaf1").decode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        LEAF,
        {},
        [1],
        [None],
        [[LEAF]],
        [LEAF] * 5,
        [LEAF.rstrip("=")],
        [LEAF + "\n"],
        [" " + LEAF],
        ["-_-_"],
        ["é"],
        ["bGVhZjF="],
        [base64.b64encode(bytes(8193)).decode()],
        ["A" * 20_000],
    ],
    ids=lambda value: repr(value)[:20],
)
def test_another_chain_is_refused(value: Any) -> None:
    assert refused(x5c_chain, {"x5c": value}) == "bad_x5c"


# -- published vectors -----------------------------------------------------------------------------------------------------


def groups(folder: Path, name: str) -> Any:
    return json.loads((folder / "wycheproof" / name).read_text("utf-8"))["testGroups"]


def test_wycheproof_signatures_of_fixed_length(foreign_vectors: Path) -> None:
    seen = 0
    for group in groups(foreign_vectors, "ecdsa_secp256r1_sha256_p1363_test.json"):
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(group["publicKey"]["uncompressed"]))
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            if case["result"] == "valid":
                verify_ec(key, message, signature)
            else:
                assert refused(verify_ec, key, message, signature) == "bad_signature", case
            seen += 1
    assert seen == 262


def test_wycheproof_signatures_in_der_are_never_accepted(foreign_vectors: Path) -> None:
    for group in groups(foreign_vectors, "ecdsa_secp256r1_sha256_test.json"):
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(group["publicKey"]["uncompressed"]))
        for case in group["tests"]:
            assert refused(verify_ec, key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])) == "bad_signature", case


def test_wycheproof_keys_off_the_curve_are_refused(foreign_vectors: Path) -> None:
    refusals = 0
    for group in groups(foreign_vectors, "ecdh_secp256r1_webcrypto_test.json"):
        for case in group["tests"]:
            if case["result"] == "valid":
                key_from_jwk(case["public"])
            else:
                assert refused(key_from_jwk, case["public"]) in {"bad_jwk", "bad_base64url"}, case
                refusals += 1
    assert refusals == 23


def test_wycheproof_tokens_are_of_no_lane_of_ours(foreign_vectors: Path) -> None:
    for name in ("json_web_signature_test.json", "json_web_crypto_test.json", "json_web_key_test.json"):
        for group in groups(foreign_vectors, name):
            for case in group["tests"]:
                text = case.get("jws", case.get("jwe"))
                if isinstance(text, str):
                    refused(check, text)
