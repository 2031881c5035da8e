"""JWE under the limits of HAIP (threat rows A33, A34)."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from jwcrypto import jwe, jwk

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json
from schemas.formats.jwe import CONTENT_ENCRYPTIONS, decrypt_jwe, encrypt_jwe

PRIVATE = jwk.JWK.generate(kty="EC", crv="P-256", kid="of this request", use="enc", alg="ECDH-ES").export(as_dict=True)
PUBLIC = {name: value for name, value in PRIVATE.items() if name != "d"}
OTHER = jwk.JWK.generate(kty="EC", crv="P-256").export(as_dict=True)
KID = PRIVATE["kid"]


def refused(call: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def opened(token: str, **changes: Any) -> bytes:
    return decrypt_jwe(token, **({"key": PRIVATE, "expected_kid": KID} | changes))


def foreign(plaintext: bytes = b"secret", **header: Any) -> str:
    """A token as jwcrypto makes it, with header parameters of the sender's choice."""
    protected = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": KID} | header
    made = jwe.JWE(plaintext, json.dumps(protected), algs=[*jwe.default_allowed_algs, "ECDH-ES", "PBES2-HS256+A128KW", "RSA1_5"])
    made.add_recipient(jwk.JWK(**{name: PUBLIC[name] for name in ("kty", "crv", "x", "y")}))
    return made.serialize(compact=True)


def reheaded(token: str, *, drop: tuple[str, ...] = (), raw: bytes | None = None, **changes: Any) -> str:
    """``token`` with another header; the tag no longer fits, so the header must be refused before it is looked at."""
    first, *rest = token.split(".")
    header = json.loads(b64url_decode(first)) | changes
    return ".".join([b64url_encode(raw or dump_json({name: value for name, value in header.items() if name not in drop})), *rest])


TOKEN = encrypt_jwe(b"secret", recipient=PUBLIC, enc="A128GCM")


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTIONS)
@pytest.mark.parametrize("plaintext", [b"0", b"{}", bytes(30_000)])
def test_what_is_encrypted_is_opened(enc: str, plaintext: bytes) -> None:
    token = encrypt_jwe(plaintext, recipient=PUBLIC, enc=enc, header={"cty": "json"})
    assert opened(token) == plaintext
    assert opened(token, key=jwk.JWK(**PRIVATE)) == plaintext
    header = json.loads(b64url_decode(token.split(".")[0]))
    assert {name: header[name] for name in ("alg", "enc", "kid", "cty")} == {"alg": "ECDH-ES", "enc": enc, "kid": KID, "cty": "json"}
    assert header["epk"].keys() == {"kty", "crv", "x", "y"}


def test_nothing_cannot_be_encrypted() -> None:
    assert refused(encrypt_jwe, b"", recipient=PUBLIC, enc="A128GCM") == "nothing_to_encrypt"


def test_every_call_takes_a_fresh_key() -> None:
    tokens = {encrypt_jwe(b"secret", recipient=PUBLIC, enc="A256GCM") for _ in range(5)}
    assert len({token.split(".")[0] for token in tokens}) == len({token.split(".")[2] for token in tokens}) == 5


def test_a_key_without_kid_makes_a_token_without_kid() -> None:
    token = encrypt_jwe(b"secret", recipient={name: value for name, value in PUBLIC.items() if name != "kid"}, enc="A128GCM")
    assert "kid" not in json.loads(b64url_decode(token.split(".")[0]))
    assert opened(token, expected_kid=None) == b"secret"
    assert refused(opened, token) == "kid_mismatch"


def test_any_party_info_is_accepted() -> None:
    assert opened(foreign(apu="QWxpY2U", apv="Qm9i")) == b"secret"


def test_another_key_opens_nothing() -> None:
    assert refused(opened, TOKEN, key=OTHER) == "jwe_decryption_failed"


def test_every_character_counts() -> None:
    for place, character in enumerate(TOKEN):
        refused(opened, TOKEN[:place] + ("A" if character != "A" else "B") + TOKEN[place + 1 :])


# -- A33 -------------------------------------------------------------------------------------------------------------------


def test_compression_is_refused() -> None:
    bomb = foreign(zlib.compress(bytes(10_000)), zip="DEF")
    assert refused(opened, bomb) == "header_not_allowed"
    for value in ("DEF", "GZ", "", None):
        assert refused(opened, reheaded(TOKEN, zip=value)) == "header_not_allowed"


def test_the_size_is_looked_at_first() -> None:
    large = encrypt_jwe(bytes(40_000), recipient=PUBLIC, enc="A128GCM")
    assert len(large) > 48 * 1024
    assert refused(opened, large) == "too_large"
    assert refused(opened, "." * 50_000) == "too_large"
    assert len(opened(large, max_bytes=100_000)) == 40_000


# -- A34 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "alg", ["dir", "RSA1_5", "RSA-OAEP", "PBES2-HS256+A128KW", "A256KW", "ECDH-ES+A128KW", "ecdh-es", "none", "", None, 1, ["ECDH-ES"]]
)
def test_another_key_agreement_is_refused(alg: Any) -> None:
    assert refused(opened, reheaded(TOKEN, alg=alg)) == "alg_not_allowed"


def test_a_wrapped_key_is_refused_even_where_it_would_open() -> None:
    assert refused(opened, foreign(alg="ECDH-ES+A256KW")) == "alg_not_allowed"


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256CBC-HS512", "A192GCM", "a128gcm", "", None, 1, ["A128GCM"]])
def test_another_content_encryption_is_refused(enc: Any) -> None:
    assert refused(opened, reheaded(TOKEN, enc=enc)) == "enc_not_allowed"
    assert refused(encrypt_jwe, b"x", recipient=PUBLIC, enc=enc) == "enc_not_allowed"


def test_cbc_is_refused_even_where_it_would_open() -> None:
    assert refused(opened, foreign(enc="A128CBC-HS256")) == "enc_not_allowed"


@pytest.mark.parametrize("name", ["crit", "b64", "jku", "x5u", "jwk", "x5c", "p2c", "p2s"])
def test_a_header_that_changes_the_meaning_or_brings_a_key_is_refused(name: str) -> None:
    assert refused(opened, reheaded(TOKEN, **{name: 1})) == "header_not_allowed"
    assert refused(encrypt_jwe, b"x", recipient=PUBLIC, enc="A128GCM", header={name: 1}) == "header_not_allowed"


@pytest.mark.parametrize("name", ["alg", "enc", "kid", "epk", "apu", "apv"])
def test_the_senders_own_parameters_are_not_the_callers(name: str) -> None:
    assert refused(encrypt_jwe, b"x", recipient=PUBLIC, enc="A128GCM", header={name: "x"}) == "header_not_allowed"


@pytest.mark.parametrize("kid", ["of another request", "", None, 1, [KID]])
def test_the_key_of_another_request_is_refused(kid: Any) -> None:
    assert refused(opened, reheaded(TOKEN, kid=kid)) == "kid_mismatch"


EPK = json.loads(b64url_decode(TOKEN.split(".")[0]))["epk"]


@pytest.mark.parametrize(
    "epk",
    [
        None,
        {},
        [EPK],
        "x",
        EPK | {"y": EPK["x"]},
        EPK | {"crv": "P-384"},
        EPK | {"d": EPK["x"]},
        EPK | {"kty": "OKP"},
        EPK | {"x": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": EPK["x"]},
    ],
)
def test_another_ephemeral_key_is_refused(epk: Any) -> None:
    assert refused(opened, reheaded(TOKEN, epk=epk)) == "bad_jwk"


@pytest.mark.parametrize("value", [1, None, [], "A" * 2000, "QQ==", "!"])
@pytest.mark.parametrize("name", ["apu", "apv"])
def test_another_party_info_is_refused(name: str, value: Any) -> None:
    assert refused(opened, reheaded(TOKEN, **{name: value})) in {"bad_party_info", "bad_base64url", "too_large"}


@pytest.mark.parametrize("raw", [b"[]", b"", b"{", b'{"alg":"ECDH-ES","alg":"dir"}', b'"x"', b"{} {}"])
def test_a_header_that_is_not_strict_json_is_refused(raw: bytes) -> None:
    assert refused(opened, reheaded(TOKEN, raw=raw or b" ")) in {"bad_json", "not_an_object"}


@pytest.mark.parametrize("place", [1, 2, 4])
@pytest.mark.parametrize("length", [1, 8, 11, 13, 15, 17, 32])
def test_a_part_of_another_length_is_refused(place: int, length: int) -> None:
    parts = TOKEN.split(".")
    parts[place] = b64url_encode(bytes(length))
    assert refused(opened, ".".join(parts)) == "bad_jwe_part"


@pytest.mark.parametrize("text", ["", "....", "a.b.c", TOKEN + ".", "." + TOKEN, TOKEN + "=", " " + TOKEN, TOKEN + "\n", "{}", "é" + TOKEN])
def test_another_shape_is_refused(text: str) -> None:
    assert refused(opened, text) in {"not_compact_jwe", "bad_base64url", "bad_json"}


@pytest.mark.parametrize("change", [{"d": "x"}, {"kty": "oct"}, {"crv": "P-384"}, {"y": PUBLIC["x"]}, {"x": "AA"}])
def test_another_recipient_is_refused(change: dict[str, Any]) -> None:
    assert refused(encrypt_jwe, b"x", recipient=PUBLIC | change, enc="A128GCM") == "bad_jwk"


@pytest.mark.parametrize("change", [{"alg": "ES256"}, {"use": "sig"}, {"use": None}])
def test_a_key_for_something_else_is_refused(change: dict[str, Any]) -> None:
    assert refused(encrypt_jwe, b"x", recipient=PUBLIC | change, enc="A128GCM") == "key_use_not_allowed"


@pytest.mark.parametrize(
    "key",
    [
        PUBLIC,
        {},
        PRIVATE | {"d": "AA"},
        PRIVATE | {"d": 1},
        PRIVATE | {"crv": "P-384"},
        jwk.JWK(**PUBLIC),
        jwk.JWK.generate(kty="EC", crv="P-384"),
        jwk.JWK.generate(kty="oct", size=256),
    ],
)
def test_another_own_key_is_refused(key: Any) -> None:
    assert refused(opened, TOKEN, key=key) == "bad_jwk"


# -- published vectors -----------------------------------------------------------------------------------------------------


def test_the_published_response_is_opened(foreign_vectors: Path) -> None:
    document = json.loads((foreign_vectors / "openid4vp" / "encrypted_response.json").read_text("utf-8"))
    token, key = document["response_jwe"], document["private_jwk"]
    assert json.loads(decrypt_jwe(token, key=key, expected_kid="ac")) == document["expected_plaintext"]
    assert json.loads(b64url_decode(token.split(".")[0])) == document["expected_header"]
    assert refused(decrypt_jwe, token, key=key, expected_kid="jc") == "kid_mismatch"
    recipient = document["request"]["client_metadata"]["jwks"]["keys"][0]
    again = encrypt_jwe(dump_json(document["expected_plaintext"]), recipient=recipient, enc="A128GCM")
    assert json.loads(decrypt_jwe(again, key=key, expected_kid="ac")) == document["expected_plaintext"]
    for other in document["request"]["client_metadata"]["jwks"]["keys"][1:]:
        assert refused(encrypt_jwe, b"x", recipient=other, enc="A128GCM") == "bad_jwk"


def test_wycheproof_tokens_are_opened_only_where_valid_and_of_the_profile(foreign_vectors: Path) -> None:
    accepted = refusals = 0
    for group in json.loads((foreign_vectors / "wycheproof" / "json_web_encryption_test.json").read_text("utf-8"))["testGroups"]:
        for case in group["tests"]:
            try:
                plaintext = decrypt_jwe(case["jwe"], key=group["private"], expected_kid=None)
            except WarifuError:
                refusals += 1
            else:
                assert case["result"] == "valid", case
                assert plaintext.hex() == case["pt"]
                accepted += 1
    assert (accepted, refusals) == (2, 137)
