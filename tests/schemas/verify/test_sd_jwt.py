"""SD-JWT VC with key binding: what must never be accepted, one defect at a time (threat rows A01, A04–A06, A08–A10, A17–A31)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import public_jwk, sign_jwt
from schemas.formats.sdjwt import digest_of
from schemas.trust import Anchors, SigningIdentity, TrustAnchor, TrustPurpose
from schemas.verify import ANY_TYPE, Policy, Step
from tests.schemas.verify.attempts import NEVER_ASKED, WORLD, attempt, refused
from tests.world import signer_for
from tests.world.credentials import BASIC_FOUR, LIFE, PATHS, RESIDENT_RECORD
from tests.world.status import status_tokens

HOLDER = WORLD.holder()
CREDENTIAL = WORLD.sd_jwt()
PRESENTED = WORLD.present_sd_jwt(CREDENTIAL)
EPOCH = int(WORLD.at.timestamp())


def changed(**changes: Any) -> str:
    """A presentation of a credential that was issued otherwise."""
    return WORLD.present_sd_jwt(WORLD.sd_jwt(**changes))


def bound(claims: dict[str, Any], *, typ: str = "kb+jwt", signer: Any = HOLDER, text: str = "") -> str:
    """The sample presentation with a key binding of the test's own; None takes a claim away."""
    unbound = text or PRESENTED[: PRESENTED.rindex("~") + 1]
    usual = {"iat": EPOCH, "aud": WORLD.audience, "nonce": WORLD.nonce, "sd_hash": digest_of(unbound)}
    return unbound + sign_jwt(typ, {name: value for name, value in (usual | claims).items() if value is not None}, signer)


def test_a_good_presentation_is_accepted() -> None:
    verified = attempt(PRESENTED)
    assert verified.type == RESIDENT_RECORD.vct
    assert verified.format == "dc+sd-jwt"
    assert verified.claims["birthdate"] == "1974-05-03"
    assert verified.claims["address"] == {"prefecture": "架空県"}
    assert "given_name" not in verified.claims
    assert not {"cnf", "status", "_sd", "_sd_alg"} & verified.claims.keys()
    assert verified.issuer == "https://warifu.example/999997"
    assert verified.municipality == "999997"
    assert verified.holder_key == HOLDER.public_key
    assert verified.status == "valid"
    assert verified.signer.anchor == WORLD.warifu.anchor
    assert {line.result for line in verified.report} == {"passed"}
    assert len(verified.report) == 10


def test_names_come_out_code_point_by_code_point() -> None:
    assert attempt(PRESENTED).claims["family_name"] == RESIDENT_RECORD.sample()["family_name"]


# -- 1 parse ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "~", "a~b", "....~", PRESENTED.split("~")[0], "{}", "\ud800~", "é~"])
def test_what_is_no_sd_jwt(text: str) -> None:
    assert refused(text, status=NEVER_ASKED)[0] == Step.PARSE


def test_json_serialisation() -> None:
    """A06."""
    protected, payload, signature = CREDENTIAL.split("~")[0].split(".")
    text = json.dumps({"payload": payload, "protected": protected, "signature": signature, "header": {"disclosures": []}})
    assert refused(text)[0] == Step.PARSE
    assert refused(text + "~")[0] == Step.PARSE


@pytest.mark.parametrize("format_", ["vc+sd-jwt", "jwt_vc_json", "", "MSO_MDOC"])
def test_unknown_format(format_: str) -> None:
    from schemas.verify import Refusal, verify_presented

    with pytest.raises(Refusal) as error:
        verify_presented(
            PRESENTED, format=format_, expected=WORLD.expected(), anchors=WORLD.anchors, status=None, policy=WORLD.policy, at=WORLD.at
        )
    assert error.value.code == "format_not_supported"


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256", "RS256", "ES384", "EdDSA", "", None, ["ES256"]])
def test_algorithms(alg: Any) -> None:
    """A01, A02: one algorithm, decided before any key is loaded."""
    head, payload, _ = CREDENTIAL.split("~")[0].split(".")
    header = json.loads(b64url_decode(head)) | {"alg": alg}
    for signature in ("", b64url_encode(bytes(64))):
        token = f"{b64url_encode(json.dumps(header).encode())}.{payload}.{signature}"
        assert refused(CREDENTIAL.replace(CREDENTIAL.split("~")[0], token)) == (Step.PARSE, "alg_not_allowed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwk", public_jwk(signer_for("attacker").public_key)),
        ("jku", "https://attacker.example/jwks"),
        ("x5u", "https://attacker.example/chain"),
        ("crit", ["exp"]),
        ("b64", False),
        ("zip", "DEF"),
    ],
)
def test_header_injection(name: str, value: Any) -> None:
    """A04, A05: a key that the token brings along is nobody's key."""
    for signer in (None, signer_for("attacker")):
        credential = WORLD.sd_jwt(header={name: value}, signer=signer)
        assert refused(credential, key_binding="none", status=NEVER_ASKED) == (Step.PARSE, "header_not_allowed")


# -- 2 type ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vct",
    [
        "https://catalogue.example/resident-record/2",
        "https://catalogue.example/resident-record/1/",
        "https://catalogue.example/Resident-Record/1",
        "https://catalogue.example/resident‐record/1",
        "https://ｃatalogue.example/resident-record/1",
        "https://catalogue.example/resident-record/1#",
        "HTTPS://catalogue.example/resident-record/1",
        "*",
    ],
)
def test_look_alike_types(vct: str) -> None:
    """A31: compared code point by code point."""
    assert refused(changed(payload={"vct": vct}), status=NEVER_ASKED) == (Step.TYPE, "type_not_accepted")


@pytest.mark.parametrize("vct", [None, 7, [RESIDENT_RECORD.vct], {}, ""])
def test_a_type_is_a_text(vct: Any) -> None:
    assert refused(changed(payload={"vct": vct})) == (Step.TYPE, "type_missing")
    assert refused(changed(payload={"vct": vct}), types=ANY_TYPE) == (Step.TYPE, "type_missing")


def test_metadata_confers_no_trust() -> None:
    """A31: what a type extends or is also known as does not count."""
    other = {"vct": BASIC_FOUR.vct, "aka_vcts": [RESIDENT_RECORD.vct], "extends": RESIDENT_RECORD.vct}
    assert refused(changed(payload=other)) == (Step.TYPE, "type_not_accepted")


def test_any_type_is_said_by_name() -> None:
    assert attempt(changed(payload={"vct": "https://other.example/x"}), types=ANY_TYPE).type == "https://other.example/x"
    assert refused(PRESENTED, types=frozenset()) == (Step.TYPE, "type_not_accepted")


# -- 3 chain, 4 issuer signature -------------------------------------------------------------------------------------


def test_nobody_is_trusted_without_anchors() -> None:
    assert refused(PRESENTED, anchors=Anchors([]), status=NEVER_ASKED) == (Step.CHAIN, "chain_untrusted")


@pytest.mark.parametrize("x5c", [None, [], "MII=", ["!"], [7], [""] * 2])
def test_a_chain_is_there_and_readable(x5c: Any) -> None:
    assert refused(changed(header={"x5c": x5c}), status=NEVER_ASKED)[0] == Step.CHAIN


def test_root_in_x5c() -> None:
    """A27."""
    identity = WORLD.warifu.document_signer
    with_root = SigningIdentity(identity.signer, (*identity.chain, WORLD.warifu.root.certificate))
    assert refused(changed(identity=with_root)) == (Step.CHAIN, "anchor_in_chain")


@pytest.mark.parametrize("purpose", [TrustPurpose.STATUS, TrustPurpose.METADATA, TrustPurpose.READER])
def test_a_signer_of_another_purpose(purpose: TrustPurpose) -> None:
    """A28: the status signer of the same city signs no credential."""
    identity = WORLD.warifu.signing_identity(purpose)
    assert refused(changed(identity=identity)) == (Step.CHAIN, "extended_key_usage_mismatch")


def test_an_anchor_for_status_is_none_for_credentials() -> None:
    only_status = TrustAnchor(
        purposes=frozenset({TrustPurpose.STATUS}), certificate=WORLD.warifu.root.certificate, municipality=WORLD.warifu.code
    )
    assert refused(PRESENTED, anchors=Anchors([only_status])) == (Step.CHAIN, "chain_untrusted")


def test_expired_signer() -> None:
    """A29."""
    identity = WORLD.warifu.signing_identity(TrustPurpose.ISSUER, not_after=WORLD.at - timedelta(seconds=1))
    assert refused(changed(identity=identity)) == (Step.CHAIN, "certificate_expired")


def test_another_key_than_the_certified_one() -> None:
    assert refused(changed(signer=signer_for("attacker")), status=NEVER_ASKED) == (Step.ISSUER_SIGNATURE, "bad_signature")


def other_signatures() -> list[bytes]:
    """A26: forms of an ECDSA signature that are none here."""
    good = b64url_decode(CREDENTIAL.split("~")[0].rsplit(".", 1)[1])
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    zero, over = bytes(32), order.to_bytes(32, "big")
    return [encode_dss_signature(r, s), b"", good[:63], good + b"\0", zero + good[32:], good[:32] + zero, zero * 2, over + good[32:],
            good[:32] + over, good[32:] + good[:32], b"\0" + good[:63]]  # fmt: skip


@pytest.mark.parametrize("signature", other_signatures(), ids=lambda signature: f"{len(signature)} bytes")
def test_forms_of_signatures(signature: bytes) -> None:
    issuer_jwt, rest = CREDENTIAL.split("~", 1)
    forged = f"{issuer_jwt.rsplit('.', 1)[0]}.{b64url_encode(signature)}"
    assert refused(WORLD.present_sd_jwt(f"{forged}~{rest}")) == (Step.ISSUER_SIGNATURE, "bad_signature")


# -- 5 issuer binding ------------------------------------------------------------------------------------------------


def test_one_city_signs_for_another() -> None:
    """A28: an authorised signer, but not for this."""
    tonari = WORLD.tonari.document_signer
    assert refused(changed(identity=tonari), status=NEVER_ASKED) == (Step.ISSUER_BINDING, "issuer_mismatch")
    claims = {"iss": WORLD.tonari.issuer}
    assert refused(changed(identity=tonari, payload=claims)) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


@pytest.mark.parametrize("iss", [None, "", 7, "https://warifu.example/999997/", "https://warifu.example", "https://WARIFU.example/999997"])
def test_issuer_identifier(iss: Any) -> None:
    assert refused(changed(payload={"iss": iss})) == (Step.ISSUER_BINDING, "issuer_mismatch")


@pytest.mark.parametrize("stated", [None, "999997", {}, {"name": "割符市"}, {"code": "999989"}, {"code": 999997}, ["999997"]])
def test_issuing_municipality(stated: Any) -> None:
    presented = changed(payload={"issuing_municipality": stated})
    assert refused(presented) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


@pytest.mark.parametrize("hidden", [("issuing_municipality",), ("issuing_municipality", "code")])
def test_the_municipality_is_not_a_matter_of_disclosure(hidden: tuple[str, ...]) -> None:
    """Design 4: always disclosed, hence never in a disclosure, not even one that is shown."""
    credential = WORLD.sd_jwt(disclosable=[hidden])
    for paths in ([], [hidden]):
        presented = WORLD.present_sd_jwt(credential, paths)
        assert refused(presented) == (Step.ISSUER_BINDING, "issuing_municipality_mismatch")


# -- 6 digests -------------------------------------------------------------------------------------------------------


def test_tampered_disclosure() -> None:
    """A09: a disclosure that no digest names is refused, not dropped."""
    parts = PRESENTED.split("~")
    for index in range(1, len(parts) - 1):
        salt, *rest = json.loads(b64url_decode(parts[index]))
        other = b64url_encode(json.dumps([salt, rest[0], "x"]).encode())
        unbound = "~".join([*parts[:index], other, *parts[index + 1 : -1], ""])
        assert refused(bound({}, text=unbound), status=NEVER_ASKED) == (Step.DIGESTS, "unreferenced_disclosure")


def test_injected_disclosure() -> None:
    """A09, A10: neither a foreign disclosure nor one that overwrites."""
    parts = PRESENTED.split("~")
    for name in ("exp", "holder_relation", "nickname"):
        extra = b64url_encode(json.dumps(["AAAAAAAAAAAAAAAAAAAAAA", name, 1]).encode())
        unbound = "~".join([*parts[:-1], extra, ""])
        assert refused(bound({}, text=unbound))[0] == Step.DIGESTS


# -- 7 validity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_expiry(seconds: int) -> None:
    """RFC 7519 4.1.4: on the second it expires it has expired."""
    moment = WORLD.at + timedelta(seconds=seconds)
    presented = changed(payload={"exp": EPOCH})
    arguments: dict[str, Any] = {"at": moment, "policy": Policy(status="none")}
    if seconds < 0:
        assert attempt(presented, **arguments).valid_until == WORLD.at
    else:
        assert refused(presented, **arguments) == (Step.VALIDITY, "expired")


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize(("ahead", "accepted"), [(59, True), (60, True), (61, False)])
def test_not_yet(name: str, ahead: int, accepted: bool) -> None:
    presented = changed(payload={name: EPOCH + ahead})
    if accepted:
        attempt(presented)
    else:
        assert refused(presented, status=NEVER_ASKED) == (Step.VALIDITY, "not_yet_valid")


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_times_are_there(name: str) -> None:
    assert refused(changed(payload={name: None})) == (Step.VALIDITY, "validity_missing")


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", ["1775001600", True, [], {}, -1, 10**15, 1e300])
def test_times_are_numbers(name: str, value: Any) -> None:
    """A07: a time of another type is no time."""
    assert refused(changed(payload={name: value})) == (Step.VALIDITY, "bad_numeric_date")


@pytest.mark.parametrize(("seconds", "accepted"), [(-1, False), (0, True), (1, True)])
def test_issued_within_the_life_of_the_signer(seconds: int, accepted: bool) -> None:
    """A29: the first second of the signer's certificate."""
    identity = WORLD.warifu.signing_identity(TrustPurpose.ISSUER, not_before=WORLD.at - timedelta(hours=1))
    begin = int(identity.certificate.not_valid_before_utc.timestamp())
    presented = changed(identity=identity, payload={"iat": begin + seconds})
    if accepted:
        attempt(presented)
    else:
        assert refused(presented) == (Step.VALIDITY, "issued_outside_signer")


@pytest.mark.parametrize(("seconds", "accepted"), [(-1, True), (0, True), (1, False)])
def test_ends_with_its_signer(seconds: int, accepted: bool) -> None:
    """A29: the last second of the signer's certificate."""
    identity = WORLD.warifu.signing_identity(TrustPurpose.ISSUER, not_after=WORLD.at + timedelta(days=3))
    end = int(identity.certificate.not_valid_after_utc.timestamp())
    presented = changed(identity=identity, payload={"exp": end + seconds})
    if accepted:
        attempt(presented)
    else:
        assert refused(presented) == (Step.VALIDITY, "outlives_signer")


# -- 8 key binding ---------------------------------------------------------------------------------------------------


def test_key_binding_stripped() -> None:
    """A17: demanded by the request, whatever was sent."""
    unbound = PRESENTED[: PRESENTED.rindex("~") + 1]
    assert refused(unbound, status=NEVER_ASKED) == (Step.KEY_BINDING, "key_binding_missing")
    for text in (unbound + "~", unbound[:-1] + "~~", unbound + "..", unbound + " "):
        assert refused(text)[0] == Step.PARSE


@pytest.mark.parametrize("nonce", [None, "", "other", [WORLD.nonce], 7, {}, WORLD.nonce + " ", WORLD.nonce.upper()])
def test_nonce(nonce: Any) -> None:
    """A18: there, a text, and this transaction's."""
    assert refused(bound({"nonce": nonce}), status=NEVER_ASKED) == (Step.KEY_BINDING, "nonce_mismatch")


@pytest.mark.parametrize(
    "audience",
    [
        None,
        "",
        [WORLD.audience],
        7,
        WORLD.audience.removeprefix("x509_hash:"),
        WORLD.audience + "/",
        WORLD.audience.upper(),
        "x509_san_dns:verifier.example",
        "https://verifier.example",
        "https://verifier.example/response/1",
    ],
)
def test_audience(audience: Any) -> None:
    """A19: the full client identifier, exactly."""
    assert refused(bound({"aud": audience}), status=NEVER_ASKED) == (Step.KEY_BINDING, "audience_mismatch")


def test_disclosures_changed_after_binding() -> None:
    """A20: the holder signed for exactly these."""
    *parts, key_binding = PRESENTED.split("~")
    extra = WORLD.present_sd_jwt(CREDENTIAL, [*PATHS, ("given_name",)]).split("~")[1:-1]
    added = [text for text in extra if text not in parts]
    variants = [
        [parts[0], *reversed(parts[1:])],
        parts[:-1],
        [parts[0], *added, *parts[1:]],
    ]
    for variant in variants:
        code = refused("~".join([*variant, key_binding]))[1]
        assert code in {"sd_hash_mismatch", "unreferenced_disclosure"}
    assert refused("~".join([*variants[0], key_binding])) == (Step.KEY_BINDING, "sd_hash_mismatch")


def test_key_binding_of_another_presentation() -> None:
    other = WORLD.present_sd_jwt(CREDENTIAL, [("family_name",)])
    assert refused(PRESENTED[: PRESENTED.rindex("~") + 1] + other.rsplit("~", 1)[1]) == (Step.KEY_BINDING, "sd_hash_mismatch")


@pytest.mark.parametrize(("seconds", "code"), [(-301, "key_binding_too_old"), (-300, ""), (60, ""), (61, "key_binding_from_future")])
def test_age_of_the_key_binding(seconds: int, code: str) -> None:
    """A21: no stock of proofs made beforehand."""
    presented = bound({"iat": EPOCH + seconds})
    if code:
        assert refused(presented, status=NEVER_ASKED) == (Step.KEY_BINDING, code)
    else:
        attempt(presented)


def test_age_follows_the_policy() -> None:
    presented = bound({"iat": EPOCH - 20})
    assert refused(presented, policy=Policy(status="required", key_binding_max_age=timedelta(seconds=10)))[1] == "key_binding_too_old"


@pytest.mark.parametrize("iat", [None, "1775044800", True, [], -1])
def test_key_binding_names_its_time(iat: Any) -> None:
    assert refused(bound({"iat": iat})) == (Step.KEY_BINDING, "bad_numeric_date")


def test_key_binding_by_another_key() -> None:
    """A22."""
    assert refused(bound({}, signer=signer_for("attacker")), status=NEVER_ASKED) == (Step.KEY_BINDING, "key_binding_signature")
    assert refused(bound({}, signer=WORLD.warifu.document_signer.signer)) == (Step.KEY_BINDING, "key_binding_signature")


def jwk(**changes: Any) -> dict[str, Any]:
    key = public_jwk(HOLDER.public_key) | changes
    return {"jwk": {name: value for name, value in key.items() if value is not None}}


P384 = ec.derive_private_key(7, ec.SECP384R1()).public_key().public_numbers()


@pytest.mark.parametrize(
    "confirmation",
    [
        None,
        {},
        [],
        "jwk",
        {"kid": "1"},
        {"jkt": "abc"},
        {"jwk": None},
        {"jwk": {}},
        jwk(d="AAAA"),
        jwk(k="AAAA", kty="oct"),
        jwk(x5u="https://attacker.example"),
        jwk(crv="P-384"),
        jwk(alg="ES384"),
        jwk(x=None),
        jwk(y="A" * 43),
        jwk(crv="P-384", x=b64url_encode(P384.x.to_bytes(48, "big")), y=b64url_encode(P384.y.to_bytes(48, "big"))),
        {**jwk(), "jku": "https://attacker.example"},
    ],
)
def test_confirmation_key(confirmation: Any) -> None:
    """A22, A23: the holder's key stands in the signed payload, as a public P-256 JWK."""
    assert refused(changed(payload={"cnf": confirmation}), status=NEVER_ASKED)[0] == Step.KEY_BINDING


@pytest.mark.parametrize("missing", ["nonce", "audience"])
def test_nothing_is_bound_to_nothing(missing: str) -> None:
    """A18: a verifier that asks for no nonce of its own gets no answer."""
    for value in (None, ""):
        assert refused(PRESENTED, **{missing: value}) == (Step.KEY_BINDING, "expectation_missing")
        assert refused(bound({"aud" if missing == "audience" else missing: None}), **{missing: value})[1] == "expectation_missing"


def test_the_holder_may_be_known_beforehand() -> None:
    attempt(PRESENTED, holder_key=HOLDER.public_key)
    assert refused(PRESENTED, holder_key=WORLD.holder(1).public_key) == (Step.KEY_BINDING, "holder_key_mismatch")


def test_without_key_binding_by_name() -> None:
    unbound = PRESENTED[: PRESENTED.rindex("~") + 1]
    verified = attempt(unbound, key_binding="none", nonce=None, audience=None)
    assert verified.holder_key is None
    line = verified.report[Step.KEY_BINDING - 1]
    assert (line.result, line.code) == ("skipped", "key_binding_not_required")
    assert refused(PRESENTED, key_binding="none") == (Step.KEY_BINDING, "key_binding_unexpected")


def test_every_token_in_its_own_lane() -> None:
    """A08: tokens signed by the right keys, each for something else."""
    unbound = PRESENTED[: PRESENTED.rindex("~") + 1]
    for typ in ("JWT", "openid4vci-proof+jwt", "dpop+jwt", "oauth-authz-req+jwt", "dc+sd-jwt", "statuslist+jwt", "KB+JWT"):
        assert refused(bound({}, typ=typ)) == (Step.PARSE, "wrong_typ")
    status_list = status_tokens(WORLD.warifu, WORLD.at)[0].body.decode()
    proof = sign_jwt("openid4vci-proof+jwt", {"aud": WORLD.audience, "nonce": WORLD.nonce, "iat": EPOCH}, HOLDER)
    key_binding = PRESENTED.rsplit("~", 1)[1]
    for token in (status_list, proof, key_binding):
        assert refused(token + "~") == (Step.PARSE, "wrong_typ")
        assert refused(token + "~" + PRESENTED.split("~", 1)[1]) == (Step.PARSE, "wrong_typ")
    for token in (status_list, proof, CREDENTIAL.split("~")[0]):
        assert refused(unbound + token) == (Step.PARSE, "wrong_typ")
    for typ in ("vc+sd-jwt", "JWT", "kb+jwt", "application/dc+sd-jwt", "DC+SD-JWT"):
        assert refused(WORLD.sd_jwt(header={"typ": typ}), key_binding="none") == (Step.PARSE, "wrong_typ")


# -- 9 holder --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", ["parent", "guardian", "agent", 7, True, ["parent"], ""])
def test_holder_is_not_the_subject(relation: Any) -> None:
    """Design 4: refused unless the purpose accepts that relation."""
    presented = changed(payload={"holder_relation": relation})
    assert refused(presented, status=NEVER_ASKED) == (Step.HOLDER, "holder_relation_not_accepted")
    others = Policy(status="required", holder_relations=frozenset({"parent", "guardian", "agent"} - {str(relation)}))
    assert refused(presented, policy=others)[0] == Step.HOLDER


def test_accepted_relation() -> None:
    presented = changed(payload={"holder_relation": "guardian"})
    policy = Policy(status="required", holder_relations=frozenset({"guardian"}))
    assert attempt(presented, policy=policy).claims["holder_relation"] == "guardian"


# -- on receipt ------------------------------------------------------------------------------------------------------


def test_a_received_credential() -> None:
    verified = attempt(CREDENTIAL, issued=True, holder_key=HOLDER.public_key)
    assert verified.holder_key == HOLDER.public_key
    assert verified.claims["given_name"] == RESIDENT_RECORD.sample()["given_name"]
    by_no_key = attempt(CREDENTIAL, issued=True, key_binding="none")
    assert by_no_key.holder_key == HOLDER.public_key
    assert by_no_key.report[Step.KEY_BINDING - 1].result == "skipped"
    assert attempt(WORLD.sd_jwt(payload={"cnf": None}), issued=True, key_binding="none").holder_key is None
    assert attempt(CREDENTIAL, issued=True, key_binding="none", holder_key=HOLDER.public_key).holder_key == HOLDER.public_key


def test_a_received_credential_for_somebody_else() -> None:
    """C19, D21: bound to the key that was proven, whatever else is right."""
    for key_binding in ("required", "none"):
        found = refused(CREDENTIAL, issued=True, key_binding=key_binding, holder_key=WORLD.holder(1).public_key)
        assert found == (Step.KEY_BINDING, "holder_key_mismatch")
    assert refused(WORLD.sd_jwt(payload={"cnf": None}), issued=True) == (Step.KEY_BINDING, "cnf_missing")


def test_a_received_credential_is_not_presented_yet() -> None:
    """RFC 9901 7.2."""
    assert refused(PRESENTED, issued=True, holder_key=HOLDER.public_key) == (Step.KEY_BINDING, "key_binding_unexpected")


# -- all of it -------------------------------------------------------------------------------------------------------

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~= "


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, len(PRESENTED) - 1), character=st.sampled_from(ALPHABET))
def test_no_character_can_change(position: int, character: str) -> None:
    """Whatever one character becomes: refused, by our own error, and nothing fetched."""
    if PRESENTED[position] != character:
        refused(PRESENTED[:position] + character + PRESENTED[position + 1 :], status=NEVER_ASKED)


@settings(max_examples=100, deadline=None)
@given(junk=st.text(max_size=200))
def test_junk(junk: str) -> None:
    refused(junk, status=NEVER_ASKED)
    refused(junk + "~" + PRESENTED.split("~", 1)[1], status=NEVER_ASKED)


@settings(max_examples=60, deadline=None)
@given(chosen=st.sets(st.sampled_from(["family_name", "given_name", "birthdate", "sex", "name_kana", "age_over_18", "relationship"])))
def test_exactly_what_was_disclosed_comes_out(chosen: set[str]) -> None:
    verified = attempt(WORLD.present_sd_jwt(CREDENTIAL, [(name,) for name in sorted(chosen)]))
    fixed = {"iss", "vct", "iat", "exp", "certified_on", "issuing_municipality"}
    assert verified.claims.keys() - fixed == chosen


def test_errors_name_no_person() -> None:
    """House rule: a value that was wrong is named by its place."""
    from schemas.errors import WarifuError

    for given_ in (
        changed(payload={"issuing_municipality": {"code": "葛󠄀子"}}),
        changed(payload={"iss": "葛󠄀子"}),
        PRESENTED.replace("e", "f"),
    ):
        with pytest.raises(WarifuError) as error:
            attempt(given_)
        assert "葛" not in f"{error.value} {error.value.hint} {error.value.report}"  # type: ignore[attr-defined]  # a Refusal


def test_life_is_fourteen_days() -> None:
    assert attempt(PRESENTED).valid_until == WORLD.at.replace(hour=0) + LIFE
