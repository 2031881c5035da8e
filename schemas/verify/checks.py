"""Checks that both formats share; each a function of its own, so that removing one is seen to break something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.trust import SignerIdentity
from schemas.verify.policy import ANY_TYPE

Given = TypeVar("Given", str, bytes)


def check_type(found: object, types: frozenset[str], *, clause: str) -> str:
    """Return the credential's type, which must be one of those asked for, code point by code point (A31, B04)."""
    if not isinstance(found, str) or not found:
        raise WarifuError("type_missing", "the credential names no type", clause=clause, layer="parse")
    check_type_expected(found, types, clause=clause)
    return found


def check_type_expected(found: str, types: frozenset[str], *, clause: str) -> None:
    """No look-alike, no parent type, no alias stands in for the type that was asked for (A31)."""
    if found not in types and types != ANY_TYPE:
        raise WarifuError(
            "type_not_accepted",
            "the credential is of another type than was asked for",
            hint="present a credential of the type in the request",
            clause=clause,
            layer="policy",
        )


def check_issuer_uri(issuer: object, signer: SignerIdentity) -> None:
    """``iss`` is one of the URIs certified for the signer (A28)."""
    if issuer not in signer.issuer_uris:
        raise WarifuError(
            "issuer_mismatch",
            "iss is not among the URIs of the signer's certificate",
            hint="certify the issuer identifier as subjectAltName URI",
            clause="SD-JWT VC 2.5",
            layer="chain",
        )


def check_stated_municipality(stated: object, signer: SignerIdentity) -> None:
    """The municipality that the credential states is the one certified for its signer (A28)."""
    if not isinstance(stated, str) or stated != signer.municipality:
        raise WarifuError(
            "issuing_municipality_mismatch",
            "the credential names no issuing municipality, or another than its signer's",
            hint="the code of the issuing municipality is always disclosed",
            clause="design 4",
            layer="chain",
        )


def check_issued_within_signer(issued: datetime, signer: SignerIdentity) -> None:
    """The credential was signed while the signer's certificate was valid (A29, B09)."""
    start, end = signer.leaf_window
    if not start <= issued <= end:
        raise WarifuError(
            "issued_outside_signer",
            "the credential is dated outside the life of its signer's certificate",
            clause="RFC 5280 4.1.2.5, ISO/IEC 18013-5 9.3.1",
            layer="validity",
        )


def check_ends_with_signer(until: datetime, signer: SignerIdentity) -> None:
    """The credential does not outlive its signer's certificate (A29)."""
    if until > signer.leaf_window[1]:
        raise WarifuError(
            "outlives_signer", "the credential outlives its signer's certificate", clause="RFC 5280 4.1.2.5", layer="validity"
        )


def check_begun(begin: datetime, at: datetime, skew: timedelta, *, clause: str) -> None:
    """The credential is valid already; the issuer's clock may be ahead of ours by ``skew``."""
    if begin > at + skew:
        raise WarifuError("not_yet_valid", "the credential is not valid yet", clause=clause, layer="validity")


def check_not_ended(until: datetime, at: datetime, *, clause: str) -> None:
    """The credential is still valid: on its last second it no longer is, and no clock is given credit."""
    if at >= until:
        raise WarifuError("expired", "the credential has expired", hint="refresh it", clause=clause, layer="validity")


def check_holder_relation(relation: object, accepted: frozenset[str]) -> None:
    """Whoever presents for another may do so only where the policy says so (design 4)."""
    if relation is None:
        return
    if not isinstance(relation, str) or relation not in accepted:
        raise WarifuError(
            "holder_relation_not_accepted",
            "the credential is held by another than its subject, which this purpose does not accept",
            hint="the subject presents in person, or the purpose names the relation",
            clause="design 4",
            layer="policy",
        )


def check_expected_holder(found: ec.EllipticCurvePublicKey | None, expected: ec.EllipticCurvePublicKey | None) -> None:
    """The credential is bound to the key that was proven, where that key is known beforehand (C19, D21)."""
    if expected is not None and found != expected:
        raise WarifuError(
            "holder_key_mismatch",
            "the credential is bound to another key than expected",
            hint="ask for the credential again",
            clause="OpenID4VCI 1.0 8.3",
            layer="key-binding",
        )


def expectation(value: Given | None, name: str) -> Given:
    """Return what the verifier expects; refuses to check a binding against nothing (``expectation_missing``).

    A verifier without a nonce or a session of its own accepts any replay (A18).
    """
    if not value:
        raise WarifuError(
            "expectation_missing",
            f"key binding is required, but the verifier gave no {name}",
            hint="pass what the request said",
            clause="OpenID4VP 14.1",
            layer="key-binding",
        )
    return value


def stated_code(container: Mapping[str, object]) -> object:
    """Return the code in the always disclosed ``issuing_municipality`` of an SD-JWT VC, None where it is not there."""
    stated = container.get("issuing_municipality")
    return stated.get("code") if isinstance(stated, Mapping) else None
