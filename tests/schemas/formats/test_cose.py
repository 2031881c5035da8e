"""COSE_Sign1 and COSE_Key (threat rows B07 and B17)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.cbor import CBORTag, cbor_decode, cbor_encode
from schemas.formats.cose import (
    ALG,
    CRIT,
    ES256,
    ESP256,
    X5CHAIN,
    Sign1,
    chain_of,
    cose_key,
    cose_key_bytes,
    key_from_cose,
    parse_sign1,
    sign_cose,
    signature_structure,
    tag_sign1,
    verify_sign1,
    x5chain_header,
    x5chain_value,
)
from schemas.formats.jose import key_from_jwk
from tests.schemas.formats.keys import TestSigner, signer_for

ISSUER = signer_for("issuer")
OTHER = signer_for("other")
PAYLOAD = b"what is signed"


def read(data: bytes) -> Sign1:
    return parse_sign1(cbor_decode(data))


def signed(protected: bytes, unprotected: Any = None, payload: bytes | None = PAYLOAD, *, signer: TestSigner = ISSUER) -> bytes:
    """A COSE_Sign1 over these very headers, with a signature that is right for them."""
    signature = signer.sign(signature_structure(protected, payload or b""))
    return cbor2.dumps([protected, {} if unprotected is None else unprotected, payload, signature])


def refused(data: bytes, *, detached: bytes | None = None, external_aad: bytes = b"") -> str:
    """Return the code with which parsing or checking refuses ``data``."""
    with pytest.raises(WarifuError) as caught:
        verify_sign1(read(data), ISSUER.public_key, detached_payload=detached, external_aad=external_aad)
    return caught.value.code


@given(st.binary(max_size=300), st.binary(max_size=40), st.booleans())
def test_what_is_signed_verifies(payload: bytes, external_aad: bytes, detached: bool) -> None:
    data = sign_cose(payload, signer=ISSUER, detached=detached, external_aad=external_aad)
    sign1 = read(data)
    verify_sign1(sign1, ISSUER.public_key, detached_payload=payload if detached else None, external_aad=external_aad)
    assert sign1.payload == (None if detached else payload)
    assert data == cbor2.dumps([b"\xa1\x01\x26", {}, sign1.payload, sign1.signature])


def test_tagged_and_untagged_are_the_same() -> None:
    data = sign_cose(PAYLOAD, signer=ISSUER, protected={16: "application/x"}, unprotected={4: b"kid"})
    assert read(tag_sign1(data)) == read(data)
    verify_sign1(read(tag_sign1(data)), ISSUER.public_key)
    assert read(data).protected == {ALG: ES256, 16: "application/x"}
    assert read(data).unprotected == {4: b"kid"}


def test_another_key_payload_or_context_is_refused() -> None:
    data = sign_cose(PAYLOAD, signer=ISSUER)
    assert refused(sign_cose(PAYLOAD, signer=OTHER)) == "bad_signature"
    assert refused(data, external_aad=b"x") == "bad_signature"
    assert refused(sign_cose(PAYLOAD, signer=ISSUER, detached=True), detached=b"else") == "bad_signature"


@given(st.data())
def test_any_flipped_bit_of_the_signed_parts_is_refused(data: st.DataObject) -> None:
    original = bytearray(sign_cose(PAYLOAD, signer=ISSUER, protected={16: "t"}, unprotected={}))
    position = data.draw(st.integers(0, len(original) - 1))
    original[position] ^= 1 << data.draw(st.integers(0, 7))
    refused(bytes(original))


@pytest.mark.parametrize("algorithm", [ES256, ESP256])
def test_both_names_of_the_algorithm_are_accepted(algorithm: int) -> None:
    verify_sign1(read(signed(cbor2.dumps({ALG: algorithm}))), ISSUER.public_key)


@pytest.mark.parametrize("algorithm", [None, -8, -35, 5, 0, "ES256", "none", b"", True, [], {}])
def test_other_algorithms_are_refused(algorithm: Any) -> None:
    assert refused(signed(cbor2.dumps({ALG: algorithm}))) == "alg_not_allowed"


@pytest.mark.parametrize("protected", [b"", b"\xa0", cbor2.dumps({16: "x"})])
def test_an_algorithm_outside_the_protected_header_counts_for_nothing(protected: bytes) -> None:
    assert refused(signed(protected, {ALG: ES256})) == "alg_not_allowed"
    assert refused(signed(protected)) == "alg_not_allowed"


def test_a_label_in_both_headers_is_refused() -> None:
    assert refused(signed(cbor2.dumps({ALG: ES256}), {ALG: ES256})) == "cose_header_not_allowed"
    assert refused(signed(cbor2.dumps({ALG: ES256, 4: b"a"}), {4: b"b"})) == "cose_header_not_allowed"


def test_critical_headers_are_refused() -> None:
    assert refused(signed(cbor2.dumps({ALG: ES256, CRIT: [16], 16: "x"}))) == "cose_header_not_allowed"
    assert refused(signed(cbor2.dumps({ALG: ES256}), {CRIT: [16]})) == "cose_header_not_allowed"


def test_a_key_that_equals_the_label_of_the_algorithm_is_refused() -> None:
    for key in (b"\xf5", b"\xf9\x3c\x00"):
        assert refused(signed(b"\xa1" + key + b"\x26")) == "cbor_key_not_allowed"
    unprotected = cbor2.dumps([b"\xa1\x01\x26", {}, PAYLOAD, bytes(64)]).replace(b"\xa0", b"\xa1\xf5\x26", 1)
    assert refused(unprotected) == "cbor_key_not_allowed"


@pytest.mark.parametrize("protected", [b"\x80", b"\x01", b"\xa1\x01\x26\x00", b"\xbf\x01\x26\xff", b"\xa2\x01\x26\x01\x26", b"\xff"])
def test_malformed_protected_headers_are_refused(protected: bytes) -> None:
    assert refused(signed(protected)) in {"bad_cose", "bad_cbor", "cbor_trailing_bytes"}


@pytest.mark.parametrize("size", [0, 63, 65, 70, 72])
def test_signatures_of_another_length_are_refused(size: int) -> None:
    assert refused(cbor2.dumps([b"\xa1\x01\x26", {}, PAYLOAD, bytes(size)])) == "bad_signature"


def test_a_der_signature_is_refused() -> None:
    der = ISSUER.private_key.sign(signature_structure(b"\xa1\x01\x26", PAYLOAD), ec.ECDSA(hashes.SHA256()))
    assert refused(cbor2.dumps([b"\xa1\x01\x26", {}, PAYLOAD, der])) == "bad_signature"


def test_the_payload_must_stand_where_the_context_wants_it() -> None:
    attached, detached = sign_cose(PAYLOAD, signer=ISSUER), sign_cose(PAYLOAD, signer=ISSUER, detached=True)
    assert refused(attached, detached=PAYLOAD) == "cose_payload_misplaced"
    assert refused(detached) == "cose_payload_misplaced"
    empty = sign_cose(b"", signer=ISSUER, detached=True)
    assert refused(empty) == "cose_payload_misplaced"


def test_a_mac_in_place_of_a_signature_is_refused() -> None:
    members = cbor2.loads(sign_cose(PAYLOAD, signer=ISSUER))
    assert refused(cbor2.dumps(CBORTag(17, members))) == "cose_mac_not_accepted"
    mac = cbor2.dumps([cbor2.dumps({ALG: 5}), {}, PAYLOAD, bytes(32)])
    assert refused(mac) == "alg_not_allowed"


@pytest.mark.parametrize(
    "structure",
    [
        None,
        {},
        [],
        b"",
        "x",
        [b"", {}, b""],
        [b"", {}, b"", b"", b""],
        ["", {}, b"", b""],
        [b"", [], b"", b""],
        [b"", {}, "", b""],
        [b"", {}, b"", None],
    ],
)
@pytest.mark.parametrize("tagged", [False, True])
def test_other_structures_are_refused(structure: Any, tagged: bool) -> None:
    assert refused(cbor2.dumps(CBORTag(18, structure) if tagged else structure)) == "bad_cose"


def test_another_tag_is_refused() -> None:
    members = cbor2.loads(sign_cose(PAYLOAD, signer=ISSUER))
    with pytest.raises(WarifuError) as caught:
        parse_sign1(CBORTag(98, members))
    assert caught.value.code == "bad_cose"
    assert refused(cbor2.dumps(CBORTag(61, CBORTag(18, members)))) == "cbor_tag_not_allowed"


def test_a_chain_is_one_byte_string_or_an_array() -> None:
    for chain in ([b"leaf"], [b"leaf", b"intermediate"]):
        data = sign_cose(PAYLOAD, signer=ISSUER, unprotected=x5chain_header(chain))
        assert data == sign_cose(PAYLOAD, signer=ISSUER, unprotected={X5CHAIN: x5chain_value(chain)})[:-64] + data[-64:]
        assert chain_of(read(data)) == tuple(chain)
    assert chain_of(read(sign_cose(PAYLOAD, signer=ISSUER, protected={X5CHAIN: b"leaf"}))) == (b"leaf",)
    assert chain_of(read(sign_cose(PAYLOAD, signer=ISSUER))) == ()


@pytest.mark.parametrize("value", ["leaf", 1, None, ["leaf"], [b"leaf", None], {"a": b"leaf"}, {}])
def test_other_chains_are_refused(value: Any) -> None:
    sign1 = read(signed(b"\xa1\x01\x26", {X5CHAIN: value}))
    with pytest.raises(WarifuError) as caught:
        chain_of(sign1)
    assert caught.value.code == "bad_x5chain"


def test_unprotected_values_are_looked_at() -> None:
    assert refused(cbor2.dumps([b"\xa1\x01\x26", {4: 1.5}, PAYLOAD, bytes(64)])) == "cbor_value_not_allowed"


def test_a_key_is_read_back() -> None:
    key = cose_key(ISSUER.public_key)
    assert key_from_cose(key) == ISSUER.public_key
    assert key_from_cose(key | {2: b"kid", 3: ES256, 4: [2]}) == ISSUER.public_key
    assert cose_key_bytes(ISSUER.public_key) == cbor_encode(key)


@pytest.mark.parametrize(
    "change",
    [
        {1: 1},
        {1: "EC2"},
        {1: None},
        {-1: 2},
        {-1: True},
        {-1: 8},
        {-4: bytes(32)},
        {3: -35},
        {3: []},
        {3: "ES256"},
        {-2: b""},
        {-2: bytes(31)},
        {-2: bytes(33)},
        {-3: True},
        {-3: None},
        {-3: bytes(32)},
        {-2: "x" * 32},
    ],
)
def test_other_keys_are_refused(change: dict[int, Any]) -> None:
    with pytest.raises(WarifuError) as caught:
        key_from_cose(cose_key(ISSUER.public_key) | change)
    assert caught.value.code == "bad_cose_key"


@pytest.mark.parametrize("obj", [None, [], b"", "", 1, {}])
def test_what_is_no_key_is_refused(obj: Any) -> None:
    with pytest.raises(WarifuError):
        key_from_cose(obj)


def foreign_case(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    case = json.loads((folder / "cose-wg" / name).read_text("utf-8"))
    return case["input"], bytes.fromhex(case["output"]["cbor"])


def foreign_key(given_: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    key = given_["sign0"]["key"]
    if "x" in key:
        return key_from_jwk({name: key[name] for name in ("kty", "crv", "x", "y")})
    x, y = bytes.fromhex(key["x_hex"]), bytes.fromhex(key["y_hex"])
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)


@pytest.mark.parametrize(
    "name",
    [
        "sign1-tests/sign-pass-02.json",
        "sign1-tests/sign-pass-03.json",
        "ecdsa-examples/ecdsa-sig-01.json",
        "CWT/A_3.json",
        "RFC8152/Appendix_C_2_1.json",
    ],
)
def test_published_signatures_verify(foreign_vectors: Path, name: str) -> None:
    given_, data = foreign_case(foreign_vectors, name)
    external_aad = bytes.fromhex(given_["sign0"].get("external", ""))
    verify_sign1(read(data), foreign_key(given_), external_aad=external_aad)
    case = json.loads((foreign_vectors / "cose-wg" / name).read_text("utf-8"))
    sign1 = read(data)
    to_be_signed = signature_structure(sign1.protected_bytes, sign1.payload or b"", external_aad=external_aad)
    assert to_be_signed.hex() == case["intermediates"]["ToBeSign_hex"].lower()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sign1-tests/sign-fail-01.json", "cbor_tag_not_allowed"),
        ("sign1-tests/sign-fail-02.json", "bad_signature"),
        ("sign1-tests/sign-fail-03.json", "alg_not_allowed"),
        ("sign1-tests/sign-fail-04.json", "alg_not_allowed"),
        ("sign1-tests/sign-fail-06.json", "bad_signature"),
        ("sign1-tests/sign-fail-07.json", "bad_signature"),
        ("sign1-tests/sign-pass-01.json", "alg_not_allowed"),  # verifies by RFC 9052; we read alg from the protected header alone
        ("ecdsa-examples/ecdsa-sig-04.json", "alg_not_allowed"),
        ("CWT/A_4.json", "cose_mac_not_accepted"),
        ("CWT/A_5.json", "cbor_tag_not_allowed"),
        ("CWT/A_6.json", "cbor_tag_not_allowed"),
        ("CWT/A_7.json", "cose_mac_not_accepted"),
    ],
)
def test_published_refusals(foreign_vectors: Path, name: str, code: str) -> None:
    given_, data = foreign_case(foreign_vectors, name)
    key = foreign_key(given_) if "sign0" in given_ else ISSUER.public_key
    with pytest.raises(WarifuError) as caught:
        verify_sign1(read(data), key)
    assert caught.value.code == code


def test_the_published_key_and_signature_of_isomdl(foreign_vectors: Path) -> None:
    folder = foreign_vectors / "isomdl" / "definitions"
    assert key_from_cose(cbor_decode(bytes.fromhex((folder / "cose_key" / "ec_p256.cbor").read_text("ascii"))))
    data = bytes.fromhex((folder / "cose" / "sign1" / "serialized.cbor").read_text("ascii"))
    secret = int((folder / "cose" / "sign1" / "secret_key").read_text("ascii"), 16)
    verify_sign1(read(data), ec.derive_private_key(secret, ec.SECP256R1()).public_key())
