"""What others published, through the whole function: SD-JWT VC draft, Token Status List draft, ISO/IEC 18013-5 Annex D."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode
from schemas.formats.jose import key_from_jwk
from schemas.trust import Anchors, TrustAnchor, TrustPurpose
from schemas.verify import (
    ANY_TYPE,
    CWT_LIST,
    JWT_LIST,
    Expected,
    Policy,
    Refusal,
    Step,
    Verified,
    check_status_list,
    verify_issued,
    verify_presented,
)

SECOND = timedelta(seconds=1)


def bare_key(jwk: Any) -> Anchors:
    purposes = frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS})
    public = {name: value for name, value in jwk.items() if name in {"kty", "crv", "x", "y"}}
    return Anchors([TrustAnchor(purposes=purposes, jwk=key_from_jwk(public), profile="foreign")])


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def expected_of(text: str, claims: dict[str, Any]) -> tuple[Expected, datetime]:
    """Return what a published presentation was made for, and when it can be verified."""
    types, key_binding = frozenset({claims["vct"]}), text.rsplit("~", 1)[1]
    if not key_binding:
        return Expected(types=types, key_binding="none"), moment(claims.get("iat", 1683000000) + 60)
    stated = json.loads(b64url_decode(key_binding.split(".")[1]))
    return Expected(types=types, key_binding="required", nonce=stated["nonce"], audience=stated["aud"]), moment(stated["iat"])


def verify_vector(text: str, expected: Expected, anchors: Anchors, at: datetime) -> Verified:
    """Verify without regard to the status."""
    return verify_presented(text, format="dc+sd-jwt", expected=expected, anchors=anchors, status=None, policy=Policy(status="none"), at=at)


def test_sd_jwt_vc_draft(foreign_vectors: Path) -> None:
    """Five SD-JWT VCs of the draft, two with key binding: accepted, and refused once a character changes."""
    published = json.loads((foreign_vectors / "sd-jwt-vc" / "vectors.json").read_text("utf-8"))
    anchors = bare_key(published["issuer_jwk"])
    assert len(published["vectors"]) == 5
    for vector in published["vectors"]:
        text, claims = vector["value"], vector["processed_payload"]
        expected, at = expected_of(text, claims)
        verified = verify_vector(text, expected, anchors, at)
        wanted = {name: value for name, value in claims.items() if name not in {"cnf", "status"}}
        assert {name: value for name, value in verified.claims.items() if name != "cnf"} == wanted
        assert verified.report[Step.ISSUER_BINDING - 1].result == "skipped"
        for position in range(0, len(text), max(1, len(text) // 25)):
            other = "A" if text[position] != "A" else "B"
            with pytest.raises(WarifuError):
                verify_vector(text[:position] + other + text[position + 1 :], expected, anchors, at)


@pytest.fixture
def annex_d(foreign_vectors: Path) -> dict[str, Any]:
    """The device response of Annex D and its signer, which is pinned because its root was never published."""
    folder = foreign_vectors / "iso18013-5-annexD"
    signer = x509.load_pem_x509_certificate((folder / "ds_cert.pem").read_bytes())
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=signer, pinned=True, profile="foreign")
    return {
        "presentation": (folder / "device_response.cbor").read_bytes(),
        "format": "mso_mdoc",
        "expected": Expected(types=frozenset({"org.iso.18013.5.1.mDL"}), key_binding="none"),
        "anchors": Anchors([anchor]),
        "status": None,
        "policy": Policy(status="if-present"),
        "at": datetime(2021, 1, 1, tzinfo=UTC),
    }


def test_annex_d_issuer_part(annex_d: dict[str, Any]) -> None:
    verified = verify_presented(**annex_d)
    assert verified.claims["org.iso.18013.5.1"]["family_name"] == "Doe"
    assert len(verified.claims["org.iso.18013.5.1"]) == 6
    assert verified.status == "absent"
    assert verified.valid_until == datetime(2021, 10, 1, 13, 30, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "step", "code"),
    [
        ({"at": datetime(2021, 10, 1, 13, 30, 3, tzinfo=UTC)}, Step.CHAIN, "certificate_expired"),
        ({"at": datetime(2020, 9, 30, 23, 59, 59, tzinfo=UTC)}, Step.CHAIN, "certificate_not_yet_valid"),
        ({"at": datetime(2020, 10, 1, 12, 0, tzinfo=UTC)}, Step.VALIDITY, "not_yet_valid"),
        ({"anchors": Anchors([])}, Step.CHAIN, "chain_untrusted"),
        ({"policy": Policy(status="required")}, Step.STATUS, "status_missing"),
        ({"expected": Expected(types=ANY_TYPE, key_binding="required")}, Step.KEY_BINDING, "expectation_missing"),
        (
            {"expected": Expected(types=ANY_TYPE, key_binding="required", session_transcript=b"\x83\xf6\xf6\xf6")},
            Step.KEY_BINDING,
            "device_mac_not_accepted",
        ),
    ],
)
def test_annex_d_refused(annex_d: dict[str, Any], change: dict[str, Any], step: Step, code: str) -> None:
    with pytest.raises(Refusal) as error:
        verify_presented(**(annex_d | change))
    assert error.value.code == code
    assert error.value.report[step - 1].result == "failed"


def test_annex_d_every_part_counts(annex_d: dict[str, Any]) -> None:
    """No byte of the issuer's part can change; the device's part is not looked at without a session."""
    data = annex_d["presentation"]
    end = data.index(b"deviceSigned")
    for position in range(0, end, 23):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(WarifuError):
            verify_presented(**(annex_d | {"presentation": bytes(changed)}))


def test_annex_d_is_refused_under_the_strict_profile(annex_d: dict[str, Any], foreign_vectors: Path) -> None:
    """Nothing foreign passes by being pinned: step 5 asks for a municipality."""
    pinned = annex_d["anchors"][0].certificate
    strict = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=pinned, pinned=True, municipality="999997")
    with pytest.raises(Refusal) as error:
        verify_presented(**(annex_d | {"anchors": Anchors([strict])}))
    assert error.value.code == "issuing_municipality_mismatch"
    assert foreign_vectors.is_dir()


def test_token_status_list_draft(foreign_vectors: Path) -> None:
    """The draft's JWT and CWT lists, its statuses, its bounds, and another address."""
    published = json.loads((foreign_vectors / "token-status-list" / "status_list_tokens.json").read_text("utf-8"))
    bodies = {
        JWT_LIST: published["status_list_jwt"]["token"].encode(),
        CWT_LIST: bytes.fromhex(published["status_list_cwt"]["cwt_hex"]),
    }
    for media_type, body in bodies.items():
        anchors = bare_key(published["key_jwk"])
        at, uri = moment(1686920170 + 60), "https://example.com/statuslists/1"
        checked = check_status_list(body, media_type=media_type, uri=uri, anchors=anchors, at=at)
        assert checked.bits.get(0) == 1
        with pytest.raises(WarifuError) as error:
            checked.bits.get(16)
        assert error.value.code == "status_index_out_of_bounds"
        with pytest.raises(WarifuError) as error:
            check_status_list(body, media_type=media_type, uri=uri + "0", anchors=anchors, at=at)
        assert error.value.code == "status_list_mismatch"
        with pytest.raises(WarifuError) as error:
            check_status_list(body[:-1] + bytes([body[-1] ^ 1]), media_type=media_type, uri=uri, anchors=anchors, at=at)


def test_a_credential_of_the_draft_on_receipt(foreign_vectors: Path) -> None:
    published = json.loads((foreign_vectors / "sd-jwt-vc" / "vectors.json").read_text("utf-8"))
    issued = next(vector for vector in published["vectors"] if vector["value"].endswith("~") and "cnf" in vector["processed_payload"])
    claims = issued["processed_payload"]
    verified = verify_issued(
        issued["value"],
        format="dc+sd-jwt",
        expected=Expected(types=ANY_TYPE, key_binding="required", holder_key=key_from_jwk(claims["cnf"]["jwk"])),
        anchors=bare_key(published["issuer_jwk"]),
        status=None,
        policy=Policy(status="if-present"),
        at=moment(claims["iat"]) + SECOND,
    )
    assert verified.type == claims["vct"]
