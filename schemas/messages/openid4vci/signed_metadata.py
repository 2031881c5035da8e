"""Issuer metadata under a signature, so that whoever stands between issuer and wallet cannot change it (OpenID4VCI 1.0 12.2.3).

All members of the unsigned document stand at the top level of the JWT, beside ``sub`` (the issuer that they are about),
``iat``, ``exp`` and ``iss`` (who says so).  The signer's certificate is of purpose ``METADATA`` and names the issuer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.jose import UnverifiedJws, parse_jws, sign_jwt, verify_jws, x5c_chain
from schemas.formats.numeric_date import from_numeric_date, to_numeric_date
from schemas.messages.openid4vci.metadata import MAX_METADATA_BYTES, IssuerMetadata, check_same_issuer, read_issuer_metadata
from schemas.trust import Anchors, SignerIdentity, SigningIdentity, TrustPurpose, check_chain

SIGNED_METADATA_TYP: Final = "openidvci-issuer-metadata+jwt"
SIGNED_METADATA_MEDIA_TYPE: Final = "application/jwt"
#: What the JWT adds to the document; no issuer has members of these names.
ABOUT_THE_STATEMENT: Final = frozenset({"iss", "sub", "iat", "exp"})
CLOCK_SKEW: Final = timedelta(seconds=60)
_CLAUSE: Final = "OpenID4VCI 1.0 12.2.3"


@dataclass(frozen=True, slots=True)
class UnverifiedSignedMetadata:
    """Signed metadata whose signature, signer and times have not been checked.

    Attributes:
        subject: ``sub``, the issuer that the document is about.
        issued_at: ``iat``.
        expires_at: ``exp``, None where the statement names no end.
        attester: ``iss``, None where the statement does not say who makes it.
        document: the metadata without the claims about the statement itself.
        chain_der: certificates of the signer, leaf first; empty where there are none.
        jws: the signature's parts.
    """

    subject: str
    issued_at: datetime
    expires_at: datetime | None
    attester: str | None
    document: Mapping[str, Any]
    chain_der: tuple[bytes, ...]
    jws: UnverifiedJws


def build_signed_metadata(document: Mapping[str, Any], *, identity: SigningIdentity, issued_at: datetime, expires_at: datetime) -> str:
    """Return issuer metadata as signed JWT, ``x5c`` in its header, the root left out.

    Args:
        document: the unsigned metadata, every member of it.
        identity: a signer of purpose ``METADATA`` whose certificate names the issuer.
        issued_at: aware.
        expires_at: aware; the front serves it until then.

    Raises:
        WarifuError: ``bad_signed_metadata`` where the document has a member of a name that the JWT needs itself.
    """
    if not ABOUT_THE_STATEMENT.isdisjoint(document):
        raise _malformed("the document holds a member of a name that the signed form needs itself")
    issuer = document["credential_issuer"]
    about = {"iss": issuer, "sub": issuer, "iat": to_numeric_date(issued_at), "exp": to_numeric_date(expires_at)}
    return sign_jwt(SIGNED_METADATA_TYP, {**about, **document}, identity.signer, header={"x5c": identity.x5c})


def parse_signed_metadata(token: bytes | str) -> UnverifiedSignedMetadata:
    """Read signed metadata; nothing of it may be believed yet.

    Raises:
        WarifuError: what :func:`schemas.formats.jose.parse_jws` raises, ``bad_x5c``, ``bad_signed_metadata``,
            ``bad_numeric_date``, or ``issuer_mismatch`` where ``sub`` and ``credential_issuer`` are not the same text.
    """
    jws = parse_jws(_text(token), typ=SIGNED_METADATA_TYP, max_bytes=MAX_METADATA_BYTES)
    claims = jws.claims()
    subject, attester = claims.get("sub"), claims.get("iss")
    if not isinstance(subject, str) or not (attester is None or isinstance(attester, str)):
        raise _malformed("it does not say in sub whom it is about, or iss is no text")
    check_subject(subject, claims.get("credential_issuer"))
    return UnverifiedSignedMetadata(
        subject=subject,
        issued_at=from_numeric_date(claims.get("iat"), "iat"),
        expires_at=from_numeric_date(claims["exp"], "exp") if "exp" in claims else None,
        attester=attester,
        document={name: value for name, value in claims.items() if name not in ABOUT_THE_STATEMENT},
        chain_der=x5c_chain(jws.header),
        jws=jws,
    )


def _text(token: bytes | str) -> str:
    if isinstance(token, str):
        return token
    if not token.isascii():
        raise _malformed("it is no JWT")
    return token.decode("ascii")


def verify_signed_metadata(signed: UnverifiedSignedMetadata, key: ec.EllipticCurvePublicKey) -> None:
    """Check the signature with ``key``, which the caller took from a checked chain; raises ``bad_signature``."""
    verify_jws(signed.jws, key)


def check_signed_metadata(token: bytes | str, *, expected_issuer: str, anchors: Anchors, at: datetime) -> IssuerMetadata:
    """Return the metadata of ``expected_issuer`` that a trusted metadata signer of it has signed.

    Args:
        token: the JWT as fetched.
        expected_issuer: the issuer that it was fetched for.
        anchors: who may certify the signer; only those of purpose ``METADATA`` count.
        at: the time of the check, aware.

    Raises:
        WarifuError: what :func:`parse_signed_metadata` and :func:`schemas.trust.check_chain` raise, ``bad_signature``,
            ``issuer_mismatch``, ``metadata_signer_mismatch``, ``metadata_not_yet_valid``, ``metadata_expired``,
            ``metadata_without_end``, or what the metadata's own form is refused for.
    """
    signed = parse_signed_metadata(token)
    signer = check_chain(signed.chain_der, anchors=anchors, purpose=TrustPurpose.METADATA, at=at)
    verify_signed_metadata(signed, signer.public_key)
    check_same_issuer(signed.subject, expected_issuer, clause=_CLAUSE)
    check_certified_for(expected_issuer, signer)
    check_attester(signed.attester, signer)
    check_issued(signed.issued_at, at)
    check_not_ended(signed.expires_at, signer, at)
    return read_issuer_metadata(dict(signed.document), expected_issuer=expected_issuer)


def check_subject(subject: str, credential_issuer: object) -> None:
    """The statement is about the issuer that its document describes (12.2.3; threats C07, C28)."""
    if subject != credential_issuer:
        raise WarifuError(
            "issuer_mismatch",
            "the signed metadata is about another issuer than it describes",
            hint="do not use this issuer: its metadata is wrong or was mixed with another's",
            clause=_CLAUSE,
            layer="protocol",
        )


def check_certified_for(issuer: str, signer: SignerIdentity) -> None:
    """The signer's certificate names the issuer; a city that signs for itself does not sign for its neighbour (A28)."""
    if signer.certificate is not None and issuer not in signer.issuer_uris:
        raise _signer_mismatch("the metadata was signed with a certificate that does not name the issuer")


def check_attester(attester: str | None, signer: SignerIdentity) -> None:
    """Whoever is said to make the statement is who signed it (A28)."""
    if attester is not None and signer.certificate is not None and attester not in signer.issuer_uris:
        raise _signer_mismatch("the metadata says that another party signed it than the certificate names")


def check_issued(issued_at: datetime, at: datetime) -> None:
    """The statement is not dated in the future; the issuer's clock may be ahead of ours by a minute."""
    if issued_at > at + CLOCK_SKEW:
        raise WarifuError(
            "metadata_not_yet_valid",
            "the signed metadata is dated in the future",
            hint="check the clocks",
            clause=_CLAUSE,
            layer="validity",
        )


def check_not_ended(expires_at: datetime | None, signer: SignerIdentity, at: datetime) -> None:
    """The statement still holds: one without an end could be shown for ever, so only foreign issuers may leave it out."""
    if expires_at is None:
        if signer.anchor.profile == "foreign":
            return
        raise WarifuError("metadata_without_end", "the signed metadata names no end", clause=_CLAUSE, layer="validity")
    if at >= expires_at:
        raise WarifuError(
            "metadata_expired", "the signed metadata has expired", hint="the issuer has to sign it again", clause=_CLAUSE, layer="validity"
        )


def _signer_mismatch(message: str) -> WarifuError:
    return WarifuError(
        "metadata_signer_mismatch",
        message,
        hint="certify the issuer identifier as subjectAltName URI of the metadata signer",
        clause=_CLAUSE,
        layer="chain",
    )


def _malformed(problem: str) -> WarifuError:
    return WarifuError(
        "bad_signed_metadata", f"the signed metadata cannot be used: {problem}", hint="sign it again", clause=_CLAUSE, layer="parse"
    )
