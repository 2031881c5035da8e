"""The compact form and its limits (threat rows A01, A04 to A08, A15, A16)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import sign_jws, sign_jwt
from schemas.formats.sdjwt import bind_key, parse_sd_jwt
from tests.schemas.formats.sdjwt.material import AT, AUDIENCE, HOLDER, ISSUER, NONCE, crafted, digest, disclosure, refusal, sealed

SALT = "c2FsdHNhbHRzYWx0c2FsdA"


def test_the_parts_come_out_as_they_were() -> None:
    text = sealed()
    sd_jwt = parse_sd_jwt(text)
    assert sd_jwt.bound_text == text
    assert sd_jwt.key_binding is None
    assert [d.text for d in sd_jwt.disclosures] == text.split("~")[1:-1]
    assert all(d.digest == digest(d.text) for d in sd_jwt.disclosures)
    assert sd_jwt.issuer_jwt.header["typ"] == "dc+sd-jwt"


def test_the_bound_text_ends_with_the_last_tilde() -> None:
    text = sealed()
    bound = bind_key(text, nonce=NONCE, audience=AUDIENCE, iat=AT, signer=HOLDER)
    sd_jwt = parse_sd_jwt(bound)
    assert sd_jwt.bound_text == text
    assert sd_jwt.key_binding is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_sd_jwt"),
        (sealed().split("~", 1)[0], "not_sd_jwt"),
        ("~", "not_compact_jws"),
        ("~~~", "not_compact_jws"),
        (sealed() + "~", "bad_json"),
        (sealed().replace("~", "~~", 1), "bad_json"),
        (sealed()[:-1], "not_compact_jws"),
        (sealed() + "a.b", "not_compact_jws"),
        (sealed() + "..", "bad_json"),
        (sealed() + "a.b.c.d", "not_compact_jws"),
        (" " + sealed(), "bad_base64url"),
        (sealed() + "\n", "not_compact_jws"),
        ("邉" + sealed(), "not_compact_jws"),
    ],
    ids=[
        "empty",
        "no tilde",
        "tilde only",
        "tildes only",
        "tilde more",
        "empty disclosure",
        "last tilde gone",
        "half a binding",
        "empty binding",
        "four parts",
        "space",
        "newline",
        "not ascii",
    ],
)
def test_another_shape_is_refused(text: str, code: str) -> None:
    error = refusal(parse_sd_jwt, text)
    assert (error.code, error.layer) == (code, "parse")


def test_the_json_serialisation_is_refused() -> None:
    protected, payload, signature = sealed().split("~", 1)[0].split(".")
    flattened = {
        "payload": payload,
        "protected": protected,
        "signature": signature,
        "header": {"disclosures": [disclosure(SALT, "a", "~")]},
    }
    general = {"payload": payload, "signatures": [{"protected": protected, "signature": signature}]}
    for form in (flattened, general):
        text = dump_json(form).decode()
        assert refusal(parse_sd_jwt, text).code == "not_sd_jwt"
        assert refusal(parse_sd_jwt, text + "~").code == "not_compact_jws"


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", None, "HS256", "HS512", "ES384", "RS256", "EdDSA", "es256", 256, ["ES256"]])
def test_another_algorithm_is_refused_before_any_key(alg: Any) -> None:
    payload = b64url_encode(dump_json({"vct": "x"}))
    for signature in ("", b64url_encode(bytes(64))):
        issuer_jwt = f"{b64url_encode(dump_json({'alg': alg, 'typ': 'dc+sd-jwt'}))}.{payload}.{signature}"
        assert refusal(parse_sd_jwt, issuer_jwt + "~").code == "alg_not_allowed"
        key_binding = f"{b64url_encode(dump_json({'alg': alg, 'typ': 'kb+jwt'}))}.{payload}.{signature}"
        assert refusal(parse_sd_jwt, sealed() + key_binding).code == "alg_not_allowed"


@pytest.mark.parametrize("typ", ["vc+sd-jwt", "kb+jwt", "statuslist+jwt", "JWT", "DC+SD-JWT", "application/dc+sd-jwt", "", None])
def test_another_type_of_token_is_refused(typ: Any) -> None:
    assert refusal(parse_sd_jwt, crafted({}, typ=typ)).code == "wrong_typ"
    assert refusal(parse_sd_jwt, sealed() + sign_jwt("dc+sd-jwt" if typ == "kb+jwt" else typ, {}, HOLDER)).code == "wrong_typ"


def test_a_type_asked_for_by_name_is_the_only_one_accepted() -> None:
    text = crafted({"a": 1}, typ="example+sd-jwt")
    assert parse_sd_jwt(text, typ="example+sd-jwt").payload == {"a": 1}
    assert refusal(parse_sd_jwt, text).code == "wrong_typ"
    assert refusal(parse_sd_jwt, sealed(), typ="example+sd-jwt").code == "wrong_typ"


@pytest.mark.parametrize("name", ["crit", "b64", "jku", "x5u", "zip", "jwk"])
def test_a_header_that_changes_the_meaning_or_brings_a_key_is_refused(name: str) -> None:
    assert refusal(parse_sd_jwt, crafted({}, header={name: "x"})).code == "header_not_allowed"
    assert refusal(parse_sd_jwt, sealed() + sign_jwt("kb+jwt", {}, HOLDER, header={name: "x"})).code == "header_not_allowed"


def test_a_key_binding_brings_no_certificate() -> None:
    assert refusal(parse_sd_jwt, sealed() + sign_jwt("kb+jwt", {}, HOLDER, header={"x5c": ["x"]})).code == "header_not_allowed"


@pytest.mark.parametrize("payload", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    assert refusal(parse_sd_jwt, sign_jws({"typ": "dc+sd-jwt"}, payload, ISSUER) + "~").code == "not_an_object"


@pytest.mark.parametrize(
    "payload", [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e400}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"{} {}", b"\xef\xbb\xbf{}", b""]
)
def test_a_payload_that_is_not_strict_json_is_refused(payload: bytes) -> None:
    assert refusal(parse_sd_jwt, sign_jws({"typ": "dc+sd-jwt"}, payload, ISSUER) + "~").code == "bad_json"


@pytest.mark.parametrize(
    "raw",
    [
        b'["s","n",{"a":1,"a":2}]',
        b'["s","n",NaN]',
        b'["s","n","\\ud800"]',
        b'["s","n","\xff"]',
        b'["s","n",1]]',
        b'["s","n",' + b"1" * 21 + b"]",
    ],
)
def test_a_disclosure_that_is_not_strict_json_is_refused(raw: bytes) -> None:
    text = b64url_encode(raw)
    assert refusal(parse_sd_jwt, crafted({"_sd": [digest(text)]}, [text])).code == "bad_json"


@pytest.mark.parametrize("change", ["=", "+", "/", " ", "\t", "%", "é"])
def test_lenient_base64_is_refused(change: str) -> None:
    text = disclosure(SALT, "name", "value")
    for spelling in (text + change, text[:5] + change + text[5:], text[:5] + change + text[6:]):
        assert refusal(parse_sd_jwt, crafted({}, [spelling])).code in {"bad_base64url", "bad_json"}


def test_unused_bits_of_the_last_character_must_be_zero() -> None:
    text = disclosure("s", "n", "1")
    assert len(text) % 4 in (2, 3)
    last = chr(ord(text[-1]) + 1)
    assert refusal(parse_sd_jwt, crafted({}, [text[:-1] + last])).code == "bad_base64url"


def test_five_hundred_and_twelve_disclosures_are_the_limit() -> None:
    texts = [disclosure(SALT, f"claim{number}", number) for number in range(513)]
    assert len(parse_sd_jwt(crafted({}, texts[:512])).disclosures) == 512
    assert refusal(parse_sd_jwt, crafted({}, texts)).code == "too_many_disclosures"


def test_the_count_is_taken_before_anything_is_split() -> None:
    assert refusal(parse_sd_jwt, "~" * 200_000).code == "too_many_disclosures"


def test_256_kib_are_the_limit() -> None:
    assert refusal(parse_sd_jwt, "a" * (256 * 1024) + "~").code == "too_large"


@pytest.mark.parametrize("levels", [17, 150, 10_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    raw = b'{"a":' * levels + b"1" + b"}" * levels
    assert refusal(parse_sd_jwt, sign_jws({"typ": "dc+sd-jwt"}, raw, ISSUER) + "~").code in {"too_deep", "bad_json"}
    text = b64url_encode(b'["s","n",' + raw + b"]")
    assert refusal(parse_sd_jwt, crafted({}, [text])).code in {"too_deep", "bad_json"}


def test_sixteen_levels_are_read() -> None:
    raw = b'{"a":' * 16 + b"1" + b"}" * 16
    assert parse_sd_jwt(sign_jws({"typ": "dc+sd-jwt"}, raw, ISSUER) + "~").payload
