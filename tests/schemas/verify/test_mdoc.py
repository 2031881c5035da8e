"""DeviceResponse and IssuerSigned: what must never be accepted, one defect at a time (threat rows B01–B10, B19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.formats.cose import sign_cose
from schemas.formats.mdoc import openid4vp_session_transcript
from schemas.formats.mdoc.session_transcript import device_authentication_bytes
from schemas.formats.status_list import StatusReference
from schemas.trust import Anchors, TrustPurpose
from schemas.verify import ANY_TYPE, Policy, Step
from tests.schemas.verify.attempts import NEVER_ASKED, WORLD, attempt, refused
from tests.world import signer_for
from tests.world.credentials import BASIC_FOUR, LIFE, RELEASED, RESIDENT_RECORD

COMMON = "org.iso.23220.1"
DOCTYPE = RESIDENT_RECORD.doctype
HOLDER = WORLD.holder()
CREDENTIAL = WORLD.mdoc()
PRESENTED = WORLD.present_mdoc(CREDENTIAL)


def changed(**changes: Any) -> bytes:
    """A presentation of a credential that was issued otherwise."""
    return WORLD.present_mdoc(WORLD.mdoc(**changes))


def tampered(change: Callable[[dict[str, Any]], None], data: bytes = PRESENTED) -> bytes:
    """The sample response with its only document changed by ``change``."""
    response = cbor2.loads(data)
    change(response["documents"][0])
    return cbor2.dumps(response)


def items(document: dict[str, Any], namespace: str = COMMON) -> list[Any]:
    listed: list[Any] = document["issuerSigned"]["nameSpaces"][namespace]
    return listed


def set_item(document: dict[str, Any], member: str, value: Any, *, namespace: str = COMMON, position: int = 0) -> None:
    """Replace a member of an item, keeping the order of the others."""
    item = cbor2.loads(items(document, namespace)[position].value)
    items(document, namespace)[position] = cbor2.CBORTag(24, cbor2.dumps(item | {member: value}))


def issuer_auth(document: dict[str, Any]) -> list[Any]:
    auth: list[Any] = document["issuerSigned"]["issuerAuth"]
    return auth


def resigned(document: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> None:
    """Change the security object and sign it again with the city's own key."""
    mso = cbor2.loads(cbor2.loads(issuer_auth(document)[2]).value)
    change(mso)
    payload = cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(mso)))
    signer = WORLD.warifu.document_signer
    document["issuerSigned"]["issuerAuth"] = cbor2.loads(sign_cose(payload, signer=signer.signer, unprotected={33: signer.chain_der[0]}))


def test_a_good_response_is_accepted() -> None:
    verified = attempt(PRESENTED)
    assert verified.type == DOCTYPE
    assert verified.format == "mso_mdoc"
    assert {namespace: set(elements) for namespace, elements in verified.claims.items()} == {
        namespace: set(names) for namespace, names in RELEASED.items()
    }
    assert verified.issuer == "https://warifu.example/999997"
    assert verified.municipality == "999997"
    assert verified.holder_key == HOLDER.public_key
    assert verified.status == "valid"
    assert verified.valid_until == WORLD.at.replace(hour=0) + LIFE
    assert {line.result for line in verified.report} == {"passed"}


def test_text_form_is_base64url() -> None:
    from schemas.formats.encoding import b64url_encode
    from schemas.verify import Refusal, verify_presented

    given_: dict[str, Any] = {"expected": WORLD.expected(), "anchors": WORLD.anchors, "status": WORLD.status(), "policy": WORLD.policy}
    text = b64url_encode(PRESENTED)
    assert verify_presented(text, format="mso_mdoc", at=WORLD.at, **given_).type == DOCTYPE
    for bad in (text + "=", text[:-1] + "+", " " + text, ""):
        with pytest.raises(Refusal) as error:
            verify_presented(bad, format="mso_mdoc", at=WORLD.at, **given_)
        assert error.value.report[0].result == "failed"
    with pytest.raises(Refusal) as error:
        verify_presented(PRESENTED, format="dc+sd-jwt", at=WORLD.at, **given_)
    assert error.value.code == "format_not_supported"


# -- 1 parse ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\xa0",
        b"\x80",
        PRESENTED + b"\x00",
        CREDENTIAL,
        cbor2.dumps(cbor2.loads(PRESENTED) | {"status": 10}),
        cbor2.dumps(cbor2.loads(PRESENTED) | {"version": "2.0"}),
        cbor2.dumps(cbor2.loads(PRESENTED) | {"documents": []}),
        cbor2.dumps(cbor2.loads(PRESENTED) | {"documents": cbor2.loads(PRESENTED)["documents"] * 2}),
        cbor2.dumps(cbor2.CBORTag(28, cbor2.loads(PRESENTED))),
    ],
)
def test_what_is_no_response_with_one_document(response: bytes) -> None:
    """B11–B14, B19: one document a response."""
    assert refused(response, status=NEVER_ASKED)[0] == Step.PARSE


def test_digest_algorithm() -> None:
    """B10."""
    for name in ("SHA-512", "SHA-1", "MD5", "sha-256", "", None, 256):
        response = tampered(lambda d, name=name: resigned(d, lambda mso: mso.update(digestAlgorithm=name)))  # type: ignore[misc]  # bound now
        assert refused(response) == (Step.PARSE, "digest_algorithm_not_allowed")


# -- 2 type ----------------------------------------------------------------------------------------------------------


def test_three_names_of_the_type() -> None:
    """B04: response, security object and request agree."""
    assert refused(tampered(lambda d: d.update(docType=BASIC_FOUR.doctype))) == (Step.TYPE, "doc_type_mismatch")
    assert refused(PRESENTED, types=frozenset({BASIC_FOUR.doctype})) == (Step.TYPE, "type_not_accepted")
    assert refused(PRESENTED, types=frozenset()) == (Step.TYPE, "type_not_accepted")
    assert refused(PRESENTED, types=frozenset({DOCTYPE.upper(), DOCTYPE + " "})) == (Step.TYPE, "type_not_accepted")
    both = tampered(lambda d: (d.update(docType="other.1"), resigned(d, lambda mso: mso.update(docType="other.1"))))  # type: ignore[arg-type, func-returns-value]  # two changes in one
    assert refused(both, status=NEVER_ASKED) == (Step.TYPE, "type_not_accepted")
    assert attempt(PRESENTED, types=ANY_TYPE).type == DOCTYPE


# -- 3 chain, 4 issuer signature -------------------------------------------------------------------------------------


def test_no_default_trust() -> None:
    """B07: a chain is not believed for being there."""
    assert refused(PRESENTED, anchors=Anchors([]), status=NEVER_ASKED) == (Step.CHAIN, "chain_untrusted")


def test_chain_is_demanded() -> None:
    for value in ({}, {33: []}):
        response = tampered(lambda d, value=value: issuer_auth(d).__setitem__(1, value))  # type: ignore[misc]  # bound now
        assert refused(response) == (Step.CHAIN, "chain_missing")
    for junk in (b"", "x", [b"\x30"], [7]):
        response = tampered(lambda d, junk=junk: issuer_auth(d).__setitem__(1, {33: junk}))  # type: ignore[misc]  # bound now
        assert refused(response)[0] in {Step.PARSE, Step.CHAIN}


@pytest.mark.parametrize("purpose", [TrustPurpose.STATUS, TrustPurpose.METADATA])
def test_a_signer_of_another_purpose(purpose: TrustPurpose) -> None:
    """B08."""
    assert refused(changed(identity=WORLD.warifu.signing_identity(purpose))) == (Step.CHAIN, "extended_key_usage_mismatch")


def test_root_as_signer() -> None:
    """B08: the authority itself signs no credential, and is not sent along."""
    root = WORLD.warifu.root
    from cryptography.hazmat.primitives.serialization import Encoding

    der = root.certificate.public_bytes(Encoding.DER)
    assert refused(changed(signer=root.signer, chain_der=[der])) == (Step.CHAIN, "leaf_self_signed")
    identity = WORLD.warifu.document_signer
    assert refused(changed(chain_der=[*identity.chain_der, der])) == (Step.CHAIN, "anchor_in_chain")


def test_another_key_than_the_certified_one() -> None:
    assert refused(changed(signer=signer_for("attacker")), status=NEVER_ASKED) == (Step.ISSUER_SIGNATURE, "bad_signature")


def test_algorithm_in_the_unprotected_header() -> None:
    """B07: what is not signed names no algorithm."""

    def move(document: dict[str, Any]) -> None:
        auth = issuer_auth(document)
        auth[0] = b""
        auth[1] = auth[1] | {1: -7}

    assert refused(tampered(move)) == (Step.ISSUER_SIGNATURE, "alg_not_allowed")


@pytest.mark.parametrize("alg", [-35, -8, 5, "ES256", None, True])
def test_other_algorithms(alg: Any) -> None:
    response = tampered(lambda d: issuer_auth(d).__setitem__(0, cbor2.dumps({1: alg})))
    assert refused(response) == (Step.ISSUER_SIGNATURE, "alg_not_allowed")


def test_forms_of_signatures() -> None:
    for signature in (b"", bytes(64), b"\x30" + bytes(69)):
        response = tampered(lambda d, signature=signature: issuer_auth(d).__setitem__(3, signature))  # type: ignore[misc]  # bound now
        assert refused(response) == (Step.ISSUER_SIGNATURE, "bad_signature")


# -- 5 issuer binding ------------------------------------------------------------------------------------------------


def test_one_city_signs_for_another() -> None:
    """A28 for mdoc: the element names the municipality."""
    found = refused(changed(identity=WORLD.tonari.document_signer), status=NEVER_ASKED)
    assert found == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


def test_the_municipality_is_always_released() -> None:
    for kept in (["certified_on"], ["certified_on", "issuing_municipality_name"]):
        response = WORLD.present_mdoc(CREDENTIAL, {COMMON: ["birth_date"], DOCTYPE: kept})
        assert refused(response) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")
    elsewhere = changed(elements={DOCTYPE: {"issuing_municipality_code": 999997}})
    assert refused(elsewhere) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


def test_the_municipality_in_another_namespace_does_not_count() -> None:
    credential = WORLD.mdoc(identity=WORLD.tonari.document_signer, elements={COMMON: {"issuing_municipality_code": "999989", "sex": None}})
    response = WORLD.present_mdoc(credential, {COMMON: ["issuing_municipality_code"], DOCTYPE: ["issuing_municipality_code"]})
    assert refused(response) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


def test_a_forged_municipality_falls_with_its_digest() -> None:
    """Step 5 reads before step 6 proves; nothing gets past both."""
    released = {COMMON: ["birth_date"], DOCTYPE: ["issuing_municipality_code"]}
    response = WORLD.present_mdoc(WORLD.mdoc(identity=WORLD.tonari.document_signer), released)
    forged = tampered(lambda d: set_item(d, "elementValue", "999989", namespace=DOCTYPE), response)
    assert refused(forged) == (Step.DIGESTS, "digest_mismatch")


# -- 6 digests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("elementValue", "attacker", "digest_mismatch"),
        ("elementIdentifier", "given_name_unicode", "digest_mismatch"),
        ("random", bytes(32), "digest_mismatch"),
        ("digestID", 10_000, "digest_missing"),
    ],
)
def test_changed_items(member: str, value: Any, code: str) -> None:
    """B01, B05."""
    assert refused(tampered(lambda d: set_item(d, member, value)), status=NEVER_ASKED) == (Step.DIGESTS, code)


def test_forged_item_and_namespace() -> None:
    """B01, B05: what the issuer signed no digest for is not the issuer's."""
    item = cbor2.CBORTag(24, cbor2.dumps({"digestID": 0, "random": bytes(32), "elementIdentifier": "mayor", "elementValue": True}))
    extra = tampered(lambda d: d["issuerSigned"]["nameSpaces"].update({"forged": [item]}))
    assert refused(extra) == (Step.DIGESTS, "digest_missing")


def test_items_moved_and_doubled() -> None:
    """B05: a digest counts in its own namespace, and once."""
    doubled = tampered(lambda d: items(d).append(items(d)[0]))
    assert refused(doubled) == (Step.DIGESTS, "duplicate_item")
    moved = tampered(lambda d: items(d, DOCTYPE).append(items(d)[0]))
    assert refused(moved)[0] == Step.DIGESTS


# -- 7 validity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_expiry(seconds: int) -> None:
    """B09."""
    response = changed(valid_until=WORLD.at)
    arguments: dict[str, Any] = {"at": WORLD.at + timedelta(seconds=seconds), "policy": Policy(status="none")}
    if seconds < 0:
        attempt(response, **arguments)
    else:
        assert refused(response, **arguments) == (Step.VALIDITY, "expired")


@pytest.mark.parametrize("name", ["signed", "valid_from"])
@pytest.mark.parametrize(("ahead", "accepted"), [(60, True), (61, False)])
def test_not_yet(name: str, ahead: int, accepted: bool) -> None:
    response = changed(**{name: WORLD.at + timedelta(seconds=ahead)})
    if accepted:
        attempt(response)
    else:
        assert refused(response, status=NEVER_ASKED) == (Step.VALIDITY, "not_yet_valid")


def test_signed_within_the_life_of_the_signer() -> None:
    """B09, A29: one second on either side of both ends."""
    identity = WORLD.warifu.signing_identity(
        TrustPurpose.ISSUER, not_before=WORLD.at - timedelta(hours=1), not_after=WORLD.at + timedelta(days=1)
    )
    begin, end = identity.certificate.not_valid_before_utc, identity.certificate.not_valid_after_utc
    second = timedelta(seconds=1)
    attempt(changed(identity=identity, signed=begin, valid_until=end))
    assert refused(changed(identity=identity, signed=begin - second, valid_until=end)) == (Step.VALIDITY, "issued_outside_signer")
    assert refused(changed(identity=identity, signed=begin, valid_until=end + second)) == (Step.VALIDITY, "outlives_signer")


# -- 8 key binding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device_auth", "code"),
    [
        ({}, "device_auth_missing"),
        ({"deviceSignature": None}, "device_auth_missing"),
        ({"deviceSignature": None, "deviceMac": None}, "device_auth_ambiguous"),
        ({"deviceMac": [b"\xa1\x01\x05", {}, None, bytes(32)]}, "device_mac_not_accepted"),
        ({"deviceSignature": []}, "bad_cose"),
        ({"deviceSignature": b""}, "bad_cose"),
        ({"deviceSignature": [b"\xa1\x01\x26", {}, None, b""]}, "bad_device_signature"),
        ({"deviceSignature": [b"\xa1\x01\x26", {}, b"", bytes(64)]}, "cose_payload_misplaced"),
    ],
)
def test_device_signature_is_demanded(device_auth: Any, code: str) -> None:
    """B02: absent in any spelling is absent."""
    response = tampered(lambda d: d["deviceSigned"].update(deviceAuth=device_auth))
    assert refused(response, status=NEVER_ASKED) == (Step.KEY_BINDING, code)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x509_hash:other"},
        {"nonce": "other"},
        {"jwk_thumbprint": bytes(32)},
        {"response_uri": "https://verifier.example/response/2"},
    ],
)
def test_session_of_another_request(change: dict[str, Any]) -> None:
    """B03: each of the four inputs counts."""
    own: dict[str, Any] = {
        "client_id": WORLD.audience, "nonce": WORLD.nonce, "jwk_thumbprint": None, "response_uri": WORLD.response_uri
    }  # fmt: skip
    other = openid4vp_session_transcript(**(own | change))
    assert refused(PRESENTED, session_transcript=other) == (Step.KEY_BINDING, "bad_device_signature")
    assert refused(WORLD.present_mdoc(CREDENTIAL, session_transcript=other)) == (Step.KEY_BINDING, "bad_device_signature")
    attempt(WORLD.present_mdoc(CREDENTIAL, session_transcript=other), session_transcript=other)


def test_nothing_is_bound_to_nothing() -> None:
    for missing in (None, b""):
        assert refused(PRESENTED, session_transcript=missing) == (Step.KEY_BINDING, "expectation_missing")


def test_signed_by_another_device() -> None:
    response = with_device_elements({}, signer=signer_for("attacker"))
    assert refused(response, status=NEVER_ASKED) == (Step.KEY_BINDING, "bad_device_signature")


def with_device_elements(elements: dict[str, Any], *, signer: Any = HOLDER) -> bytes:
    """A response in which the holder asserts elements, signed for this session."""
    encoded = cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(elements)))
    payload = device_authentication_bytes(WORLD.session_transcript, DOCTYPE, encoded)
    signature = cbor2.loads(sign_cose(payload, signer=signer, detached=True))
    signed = {"nameSpaces": cbor2.loads(encoded), "deviceAuth": {"deviceSignature": signature}}
    return tampered(lambda d: d.update(deviceSigned=signed))


def test_what_the_device_says_is_no_claim() -> None:
    """B06: the holder invents an address."""
    assert attempt(with_device_elements({})).type == DOCTYPE
    response = with_device_elements({COMMON: {"resident_address_unicode": "elsewhere"}})
    assert refused(response) == (Step.KEY_BINDING, "device_elements_not_authorised")


def test_authorised_device_elements_are_no_claims_either() -> None:
    def allow(document: dict[str, Any]) -> None:
        resigned(document, lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"nameSpaces": [COMMON]}))

    response = tampered(allow, with_device_elements({COMMON: {"resident_address_unicode": "elsewhere"}}))
    assert "resident_address_unicode" not in attempt(response).claims[COMMON]


def test_the_holder_may_be_known_beforehand() -> None:
    attempt(PRESENTED, holder_key=HOLDER.public_key)
    assert refused(PRESENTED, holder_key=WORLD.holder(1).public_key) == (Step.KEY_BINDING, "holder_key_mismatch")


def test_without_key_binding_by_name() -> None:
    verified = attempt(PRESENTED, key_binding="none", session_transcript=None)
    assert verified.holder_key is None
    line = verified.report[Step.KEY_BINDING - 1]
    assert (line.result, line.code) == ("skipped", "key_binding_not_required")


# -- 9 holder --------------------------------------------------------------------------------------------------------


def test_holder_is_not_the_subject() -> None:
    credential = WORLD.mdoc(elements={DOCTYPE: {"holder_relation": "parent"}})
    released = {DOCTYPE: ["issuing_municipality_code", "holder_relation"]}
    response = WORLD.present_mdoc(credential, released)
    assert refused(response, status=NEVER_ASKED) == (Step.HOLDER, "holder_relation_not_accepted")
    policy = Policy(status="required", holder_relations=frozenset({"parent"}))
    assert attempt(response, policy=policy).claims[DOCTYPE]["holder_relation"] == "parent"


# -- on receipt ------------------------------------------------------------------------------------------------------


def test_a_received_credential() -> None:
    verified = attempt(CREDENTIAL, issued=True, holder_key=HOLDER.public_key)
    assert verified.claims == WORLD_CLAIMS
    assert verified.holder_key == HOLDER.public_key
    attempt(CREDENTIAL, issued=True, key_binding="none", holder_key=HOLDER.public_key)
    assert attempt(CREDENTIAL, issued=True, key_binding="none").holder_key == HOLDER.public_key


WORLD_CLAIMS = RESIDENT_RECORD.to_mdoc(RESIDENT_RECORD.sample())


def test_a_received_credential_for_somebody_else() -> None:
    for key_binding in ("required", "none"):
        found = refused(CREDENTIAL, issued=True, key_binding=key_binding, holder_key=WORLD.holder(1).public_key)
        assert found == (Step.KEY_BINDING, "holder_key_mismatch")


def test_a_response_is_no_credential() -> None:
    assert refused(PRESENTED, issued=True)[0] == Step.PARSE
    assert refused(CREDENTIAL)[0] == Step.PARSE


# -- all of it -------------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, len(PRESENTED) - 1), flip=st.integers(1, 255))
def test_no_byte_can_change(position: int, flip: int) -> None:
    """B01 and all others: whatever one byte becomes, nothing else is ever accepted, and only our own errors leave.

    The unprotected header is not signed; only its certificate chain is read, and that must lead to the same key.
    """
    data = bytearray(PRESENTED)
    data[position] ^= flip
    refused(bytes(data), status=NEVER_ASKED)


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(max_size=100))
def test_junk(junk: bytes) -> None:
    refused(junk, status=NEVER_ASKED)


def test_status_reference_of_the_security_object() -> None:
    other = StatusReference(WORLD.warifu.status_uri("cwt"), 7)
    assert attempt(changed(status=other), status=WORLD.status([4242])).status == "valid"
    assert refused(changed(status=other), status=WORLD.status([7])) == (Step.STATUS, "status_revoked")
