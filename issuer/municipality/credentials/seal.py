"""Building, checking and signing one reserved copy (docs/issuance-cycle.md, steps 5 to 8)."""

from __future__ import annotations

import secrets
from datetime import datetime

from issuer.municipality.credentials.profile import Profile
from issuer.municipality.credentials.reserve import Attestation, Reservation
from schemas.credentials import check_special_request, refuse_numbers
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import public_jwk, x5c_header
from schemas.formats.mdoc import ValidityInfo, randoms_from, seal_issuer_signed
from schemas.formats.sdjwt import salts_from, seal_sd_jwt
from schemas.trust import Anchors, SigningIdentity
from schemas.verify import Expected, Policy, verify_issued

HOLDER_RELATION = "holder_relation"


def seal(reservation: Reservation, profile: Profile, identity: SigningIdentity, *, anchors: Anchors, at: datetime) -> str:
    """Return one signed copy, verified as a wallet would verify it before storing.

    The text is the compact SD-JWT VC, or base64url of IssuerSigned (OpenID4VCI 1.0 A.2.4, A.3.4).

    Raises:
        WarifuError: whatever speaks against signing or against what was signed; the caller revokes the reservation.
    """
    check_before_signing(reservation, profile, identity)
    if reservation.attestation.format == "dc+sd-jwt":
        sealed = _seal_sd_jwt(reservation, profile, identity)
        check_after_signing(sealed, reservation, anchors, at)
        return sealed
    issuer_signed = _seal_mdoc(reservation, identity)
    check_after_signing(issuer_signed, reservation, anchors, at)
    return b64url_encode(issuer_signed)


def check_before_signing(reservation: Reservation, profile: Profile, identity: SigningIdentity) -> None:
    """Refuse what must never reach the key.

    No status, another profile, a life beyond the signer's, forbidden numbers, items that nobody asked for, and a holder's
    relation where it could be withheld.
    """
    attestation = reservation.attestation
    check_has_status(reservation, profile)
    check_profile_reserved(reservation, profile)
    check_signer_lasts(reservation, identity)
    refuse_numbers(attestation.content)
    check_special_request(attestation.type, attestation.content, requested=attestation.special_requests)
    check_relation_stays(attestation)


def check_has_status(reservation: Reservation, profile: Profile) -> None:
    """Refuse a copy without a status of ours: nobody could ever revoke it (C24)."""
    if not reservation.status.uri.startswith(f"{profile.issuer}/status/"):
        raise WarifuError(
            "status_missing", "a credential without a status list of ours is never signed", clause="HAIP 1.0 6.1", layer="status"
        )


def check_profile_reserved(reservation: Reservation, profile: Profile) -> None:
    """Refuse a profile that changed since the copy was reserved (C26)."""
    if reservation.profile_hash != profile.hash:
        raise WarifuError("profile_changed", "the profile changed between reservation and signature", hint="ask again", layer="policy")


def check_signer_lasts(reservation: Reservation, identity: SigningIdentity) -> None:
    """Refuse a copy that would outlive the certificate of its signer (A29)."""
    if reservation.attestation.window.end > identity.chain[0].not_valid_after_utc:
        raise WarifuError(
            "signer_ends_first", "the credential would outlive its signer", hint="rotate the document signer: keys rotate", layer="validity"
        )


def check_relation_stays(attestation: Attestation) -> None:
    """Refuse an mdoc whose holder is not its subject: no element of an mdoc is always released, so that the holder could
    leave the relation out and pass as the subject (design 4)."""
    if attestation.format == "mso_mdoc" and HOLDER_RELATION in attestation.content:
        raise WarifuError(
            "holder_relation_not_in_mdoc",
            "an mdoc cannot keep its holder from withholding the relation to the subject",
            hint="issue the SD-JWT VC, which always discloses it",
            clause="design 4",
            layer="policy",
        )


def check_after_signing(sealed: str | bytes, reservation: Reservation, anchors: Anchors, at: datetime) -> None:
    """Verify what was signed as the wallet will, and that it is bound to the key that was proven (C19)."""
    attestation = reservation.attestation
    name = attestation.type.vct if attestation.format == "dc+sd-jwt" else attestation.type.doctype
    expected = Expected(
        types=frozenset({name}), key_binding="none", nonce=None, audience=None, session_transcript=None, holder_key=reservation.holder_key
    )
    verify_issued(sealed, format=attestation.format, expected=expected, anchors=anchors, status=None, policy=Policy(status="none"), at=at)


def _seal_sd_jwt(reservation: Reservation, profile: Profile, identity: SigningIdentity) -> str:
    attestation, kind = reservation.attestation, reservation.attestation.type
    claims = {
        "iss": profile.issuer,
        "vct": kind.vct,
        "iat": int(attestation.window.start.timestamp()),
        "exp": int(attestation.window.end.timestamp()),
        "cnf": {"jwk": public_jwk(reservation.holder_key)},
        "status": {"status_list": {"idx": reservation.status.index, "uri": reservation.status.uri}},
        **kind.to_sd_jwt_claims(attestation.content),
    }
    header = {"typ": "dc+sd-jwt", "x5c": x5c_header(identity.chain_der)}
    return seal_sd_jwt(
        claims,
        disclosable=kind.disclosable,
        digest_counts=kind.digest_counts_sd_jwt,
        salts=salts_from(secrets.token_bytes),
        header=header,
        signer=identity.signer,
    )


def _seal_mdoc(reservation: Reservation, identity: SigningIdentity) -> bytes:
    attestation, kind = reservation.attestation, reservation.attestation.type
    window = attestation.window
    return seal_issuer_signed(
        kind.doctype,
        kind.to_mdoc(attestation.content),
        device_key=reservation.holder_key,
        validity=ValidityInfo(signed=window.start, valid_from=window.start, valid_until=window.end),
        status=reservation.status,
        randoms=randoms_from(secrets.token_bytes),
        digest_counts=kind.digest_counts_mdoc,
        signer=identity.signer,
        chain_der=identity.chain_der,
    )
