"""The numbered steps for SD-JWT VC with and without key binding (RFC 9901 7, SD-JWT VC 2.4, HAIP 1.0 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.jose import verify_jws, x5c_chain
from schemas.formats.numeric_date import from_numeric_date
from schemas.formats.sdjwt import UnverifiedSdJwt, check_key_binding, confirmation_key, parse_sd_jwt, resolve
from schemas.trust import Anchors, SignerIdentity, TrustPurpose, check_chain
from schemas.verify.checks import (
    check_begun,
    check_ends_with_signer,
    check_expected_holder,
    check_holder_relation,
    check_issued_within_signer,
    check_issuer_uri,
    check_not_ended,
    check_stated_municipality,
    check_type,
    expectation,
    stated_code,
)
from schemas.verify.policy import SD_JWT_VC, Expected, Policy, Verified
from schemas.verify.status import JWT_LIST, StatusSource, status_claim
from schemas.verify.steps import Step, Trace
from schemas.verify.withdrawal import withdrawal

_CLAUSE_VCT: Final = "SD-JWT VC 2.2.2.1"
_PLUMBING: Final = ("cnf", "status")


def verify_sd_jwt(
    text: str,
    *,
    presented: bool,
    expected: Expected,
    anchors: Anchors,
    status: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> Verified:
    """Run steps 1 to 10; ``presented`` tells a presentation from a credential on receipt.

    Raises:
        Refusal, UndeterminedRefusal: with the report; see :func:`schemas.verify.verify_presented`.
    """
    trace = Trace()
    try:
        sd_jwt = parse_sd_jwt(text)  # 1
        payload = sd_jwt.payload
        trace.step = Step.TYPE  # 2
        vct = check_type(payload.get("vct"), expected.types, clause=_CLAUSE_VCT)
        trace.step = Step.CHAIN  # 3
        chain_der = x5c_chain(sd_jwt.issuer_jwt.header)
        signer = check_chain(chain_der, anchors=anchors, purpose=TrustPurpose.ISSUER, at=at)
        trace.step = Step.ISSUER_SIGNATURE  # 4
        verify_jws(sd_jwt.issuer_jwt, signer.public_key)
        trace.step = Step.ISSUER_BINDING  # 5
        check_issuer(payload, signer, trace)
        trace.step = Step.DIGESTS  # 6
        claims = resolve(payload, sd_jwt.disclosures)
        trace.step = Step.VALIDITY  # 7
        valid_until = check_validity(payload, signer, policy, at)
        trace.step = Step.KEY_BINDING  # 8
        binding = check_binding if presented else check_bound
        holder_key = binding(sd_jwt, expected, policy, at, trace)
        trace.step = Step.HOLDER  # 9
        check_holder_relation(claims.get("holder_relation"), policy.holder_relations)
        trace.step = Step.STATUS  # 10
        outcome = withdrawal(trace, status_claim(payload), media_type=JWT_LIST, signer=signer, source=status, policy=policy, at=at)
    except WarifuError as error:
        raise trace.refusal(error) from error
    for name in _PLUMBING:
        claims.pop(name, None)
    issuer = payload.get("iss")
    return Verified(
        format=SD_JWT_VC,
        type=vct,
        claims=claims,
        issuer=issuer if isinstance(issuer, str) else signer.organization,
        municipality=signer.municipality,
        valid_until=valid_until,
        status=outcome,
        holder_key=holder_key,
        report=trace.report(),
        signer=signer,
    )


def check_issuer(payload: Mapping[str, Any], signer: SignerIdentity, trace: Trace) -> None:
    """Step 5: issuer identifier and municipality in the signed payload are those certified for the signer."""
    if signer.anchor.profile == "foreign":
        trace.skip(Step.ISSUER_BINDING, "foreign_profile")
        return
    check_issuer_uri(payload.get("iss"), signer)
    check_stated_municipality(stated_code(payload), signer)


def check_validity(payload: Mapping[str, Any], signer: SignerIdentity, policy: Policy, at: datetime) -> datetime | None:
    """Step 7: ``iat``, ``nbf`` and ``exp`` against the clock and against the signer's certificate (A29)."""
    strict = signer.anchor.profile == "strict"
    if strict:
        check_times_present(payload)
    for name in ("iat", "nbf"):
        if name in payload:
            moment = from_numeric_date(payload[name], name, layer="validity")
            check_begun(moment, at, policy.skew, clause="RFC 7519 4.1.5, 4.1.6")
            if name == "iat":
                check_issued_within_signer(moment, signer)
    if "exp" not in payload:
        return None
    valid_until = from_numeric_date(payload["exp"], "exp", layer="validity")
    check_not_ended(valid_until, at, clause="RFC 7519 4.1.4")
    if strict:
        check_ends_with_signer(valid_until, signer)
    return valid_until


def check_times_present(payload: Mapping[str, Any]) -> None:
    """Our credentials always say when they were issued and when they end."""
    if "iat" not in payload or "exp" not in payload:
        raise WarifuError("validity_missing", "the credential names no iat or no exp", clause="HAIP 1.0 6.1", layer="validity")


def check_binding(
    sd_jwt: UnverifiedSdJwt, expected: Expected, policy: Policy, at: datetime, trace: Trace
) -> ec.EllipticCurvePublicKey | None:
    """Step 8 for a presentation: the holder signed for this transaction, or no key binding is there where none is due."""
    if expected.key_binding == "none":
        check_unbound(sd_jwt)
        trace.skip(Step.KEY_BINDING, "key_binding_not_required")
        return None
    nonce, audience = expectation(expected.nonce, "nonce"), expectation(expected.audience, "audience")
    holder_key = confirmation_key(sd_jwt.payload)
    check_expected_holder(holder_key, expected.holder_key)
    check_key_binding(
        sd_jwt,
        holder_key=holder_key,
        nonce=nonce,
        audience=audience,
        at=at,
        max_age=policy.key_binding_max_age,
        skew=policy.skew,
    )
    return holder_key


def check_bound(
    sd_jwt: UnverifiedSdJwt, expected: Expected, _policy: Policy, _at: datetime, trace: Trace
) -> ec.EllipticCurvePublicKey | None:
    """Step 8 for a credential on receipt: bound to the expected key, and not presented by anybody yet (RFC 9901 7.2)."""
    check_unbound(sd_jwt)
    if expected.key_binding == "none" and expected.holder_key is None:
        trace.skip(Step.KEY_BINDING, "key_binding_not_required")
        # Which key it is bound to is told all the same: a wallet finds by it which of its keys a copy belongs to.
        return confirmation_key(sd_jwt.payload) if "cnf" in sd_jwt.payload else None
    holder_key = confirmation_key(sd_jwt.payload)
    check_expected_holder(holder_key, expected.holder_key)
    return holder_key


def check_unbound(sd_jwt: UnverifiedSdJwt) -> None:
    """Where an SD-JWT is expected, nothing follows the last tilde (RFC 9901 7.2, 7.3)."""
    if sd_jwt.key_binding is not None:
        raise WarifuError(
            "key_binding_unexpected", "there is a key binding where none was asked for", clause="RFC 9901 7.3", layer="key-binding"
        )
