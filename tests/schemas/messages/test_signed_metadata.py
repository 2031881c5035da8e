"""Signed issuer metadata: by the city's metadata signer, about the city alone, in its time (OpenID4VCI 1.0 12.2.3; A28, C07, C28)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import parse_jws, sign_jwt, x5c_header
from schemas.messages import openid4vci as vci
from schemas.messages.openid4vci.signed_metadata import SIGNED_METADATA_TYP, verify_signed_metadata
from schemas.trust import Anchors, SigningIdentity, Subject, TrustAnchor, TrustPurpose
from tests.world import AT, World

WORLD = World()
CITY, NEIGHBOUR = WORLD.warifu, WORLD.tonari
ISSUER = CITY.issuer
SIGNER = CITY.metadata_signer
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": ISSUER,
    "iat": int(AT.timestamp()),
    "exp": int(AT.timestamp()) + 3600,
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/credential",
    "credential_configurations_supported": {},
}
DOCUMENT = {name: value for name, value in CLAIMS.items() if name not in ("iss", "sub", "iat", "exp")}


def token(*, identity: SigningIdentity = SIGNER, typ: str = SIGNED_METADATA_TYP, without: tuple[str, ...] = (), **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if name not in without}
    return sign_jwt(typ, claims, identity.signer, header={"x5c": identity.x5c})


def anchors(**changes: Any) -> Anchors:
    values: dict[str, Any] = {
        "certificate": CITY.root.certificate,
        "municipality": CITY.code,
        "purposes": frozenset({TrustPurpose.METADATA}),
    }
    return Anchors((TrustAnchor(**values | changes),))


def check(text: str | bytes, **changes: Any) -> vci.IssuerMetadata:
    return vci.check_signed_metadata(text, **{"expected_issuer": ISSUER, "anchors": anchors(), "at": AT, **changes})


def code_of(text: str | bytes, **changes: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        check(text, **changes)
    return caught.value.code


def test_what_is_signed_is_read_back_member_for_member() -> None:
    signed = vci.build_signed_metadata(DOCUMENT, identity=SIGNER, issued_at=AT, expires_at=AT + timedelta(days=2))

    jws = parse_jws(signed, typ="openidvci-issuer-metadata+jwt")
    assert jws.header == {"alg": "ES256", "typ": "openidvci-issuer-metadata+jwt", "x5c": x5c_header(SIGNER.chain_der)}
    assert len(jws.header["x5c"]) == 1, "the root stays out"
    about = {"iss": ISSUER, "sub": ISSUER, "iat": int(AT.timestamp()), "exp": int(AT.timestamp()) + 2 * 86400}
    assert jws.claims() == about | DOCUMENT
    read = check(signed)
    assert (read.credential_issuer, read.raw) == (ISSUER, DOCUMENT)
    assert vci.parse_signed_metadata(signed.encode()).document == DOCUMENT


@pytest.mark.parametrize("name", ["iss", "sub", "iat", "exp"])
def test_a_document_cannot_speak_for_the_statement(name: str) -> None:
    with pytest.raises(WarifuError) as caught:
        vci.build_signed_metadata({**DOCUMENT, name: "x"}, identity=SIGNER, issued_at=AT, expires_at=AT)
    assert caught.value.code == "bad_signed_metadata"


def test_a_change_on_the_way_is_seen() -> None:
    header, _, signature = token().split(".")
    changed = b64url_encode(json.dumps(CLAIMS | {"credential_endpoint": f"{ISSUER}/other"}).encode())
    assert code_of(f"{header}.{changed}.{signature}") == "bad_signature"


@pytest.mark.parametrize("typ", ["openid4vci-issuer-metadata+jwt", "JWT", "statuslist+jwt", "OPENIDVCI-ISSUER-METADATA+JWT"])
def test_a_token_of_another_lane_is_refused(typ: str) -> None:
    assert code_of(token(typ=typ)) == "wrong_typ"


@pytest.mark.parametrize("identity", [CITY.document_signer, CITY.status_signer, WORLD.bank.identity])
def test_only_a_metadata_signer_signs_metadata(identity: SigningIdentity) -> None:
    assert code_of(token(identity=identity)) in {"extended_key_usage_mismatch", "chain_untrusted"}


def test_an_anchor_of_other_purposes_does_not_count() -> None:
    others = frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS, TrustPurpose.ATTESTER})
    assert code_of(token(), anchors=anchors(purposes=others)) == "chain_untrusted"
    assert code_of(token(), anchors=Anchors(())) == "chain_untrusted"


def test_the_neighbour_city_does_not_sign_for_this_one() -> None:
    both = Anchors((CITY.anchor, NEIGHBOUR.anchor))
    theirs = token(identity=NEIGHBOUR.metadata_signer, iss=NEIGHBOUR.issuer)
    assert code_of(theirs, anchors=both) == "metadata_signer_mismatch"
    other_code = CITY.signing_identity(TrustPurpose.METADATA, subject=Subject("metadata signer", NEIGHBOUR.name, NEIGHBOUR.code))
    assert code_of(token(identity=other_code)) == "municipality_mismatch"


def test_a_certificate_for_another_address_does_not_count() -> None:
    elsewhere = CITY.signing_identity(TrustPurpose.METADATA, uris=[f"{CITY.origin}/999989"])
    assert code_of(token(identity=elsewhere, iss=f"{CITY.origin}/999989")) == "metadata_signer_mismatch"


def test_nobody_else_is_said_to_have_signed() -> None:
    assert code_of(token(iss="https://federation.example")) == "metadata_signer_mismatch"
    assert check(token(without=("iss",))).credential_issuer == ISSUER


@pytest.mark.parametrize("expected", [f"{ISSUER}/", CITY.origin, NEIGHBOUR.issuer])
def test_it_serves_the_issuer_that_it_was_fetched_for(expected: str) -> None:
    assert code_of(token(), expected_issuer=expected) == "issuer_mismatch"


@pytest.mark.parametrize("changes", [{"sub": NEIGHBOUR.issuer}, {"credential_issuer": NEIGHBOUR.issuer}])
def test_subject_and_document_are_about_one_issuer(changes: dict[str, Any]) -> None:
    assert code_of(token(**changes)) == "issuer_mismatch"
    with pytest.raises(WarifuError):
        vci.parse_signed_metadata(token(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": CLAIMS["iat"]}, "metadata_expired"),
        ({"exp": CLAIMS["iat"] - 1}, "metadata_expired"),
        ({"iat": CLAIMS["iat"] + 61}, "metadata_not_yet_valid"),
        ({"iat": "2026-04-01"}, "bad_numeric_date"),
        ({"exp": True}, "bad_numeric_date"),
        ({"sub": 1}, "bad_signed_metadata"),
        ({"iss": ["x"]}, "bad_signed_metadata"),
        ({"credential_endpoint": "http://warifu.example/x"}, "bad_issuer_metadata"),
    ],
)
def test_times_and_members_that_are_refused(changes: dict[str, Any], code: str) -> None:
    assert code_of(token(**changes)) == code


def test_the_issuers_clock_may_be_a_minute_ahead() -> None:
    assert check(token(iat=CLAIMS["iat"] + 60)).credential_issuer == ISSUER


@pytest.mark.parametrize(("name", "code"), [("iat", "bad_numeric_date"), ("exp", "metadata_without_end"), ("sub", "bad_signed_metadata")])
def test_what_is_needed(name: str, code: str) -> None:
    assert code_of(token(without=(name,))) == code


def test_a_foreign_issuer_may_leave_the_end_open() -> None:
    trusted = anchors(profile="foreign", certificate=SIGNER.certificate, pinned=True)
    assert check(token(without=("exp",)), anchors=trusted).credential_issuer == ISSUER


def test_a_bare_key_can_be_the_anchor() -> None:
    key = Anchors((TrustAnchor(purposes=frozenset({TrustPurpose.METADATA}), jwk=SIGNER.signer.public_key),))
    plain = sign_jwt(SIGNED_METADATA_TYP, CLAIMS, SIGNER.signer)
    assert check(plain, anchors=key).credential_issuer == ISSUER
    assert code_of(plain) == "chain_missing"


def test_the_root_stays_out_of_the_chain() -> None:
    with_root = SigningIdentity(SIGNER.signer, (*SIGNER.chain, CITY.root.certificate))
    assert code_of(token(identity=with_root)) == "anchor_in_chain"


@pytest.mark.parametrize("text", [b"", b"{}", b"a.b.c", "割符".encode(), b"\xff", "a.b", "a.b.c.d.e"])
def test_what_is_no_jwt(text: str | bytes) -> None:
    with pytest.raises(WarifuError):
        check(text)


def test_the_foreign_statement_verifies_with_its_key_and_is_not_trusted(foreign_vectors: Path) -> None:
    vector = json.loads((foreign_vectors / "openid4vci" / "signed_vectors.json").read_bytes())["signed_issuer_metadata"]
    signed = vci.parse_signed_metadata(vector["jwt"])
    certificate = x509.load_der_x509_certificate(signed.chain_der[0])
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)

    verify_signed_metadata(signed, key)
    about = ("sub", "iat", "exp", "iss")
    assert signed.document == {name: value for name, value in vector["payload"].items() if name not in about}
    assert vci.read_issuer_metadata(dict(signed.document), expected_issuer=signed.subject).configurations

    altered = vci.parse_signed_metadata(vector["jwt"][:-6] + "AAAAAA")
    with pytest.raises(WarifuError, match="signature"):
        verify_signed_metadata(altered, key)
    with pytest.raises(WarifuError, match="signature"):
        verify_signed_metadata(signed, SIGNER.signer.public_key)

    purpose = frozenset({TrustPurpose.METADATA})
    as_root = Anchors((TrustAnchor(purposes=purpose, certificate=certificate, profile="foreign"),))
    for trusted in (anchors(), as_root):
        assert code_of(vector["jwt"], expected_issuer=signed.subject, anchors=trusted) == "leaf_self_signed"
    pinned = Anchors((TrustAnchor(purposes=purpose, certificate=certificate, profile="foreign", pinned=True),))
    assert code_of(vector["jwt"], expected_issuer=signed.subject, anchors=pinned) == "metadata_signer_mismatch"
