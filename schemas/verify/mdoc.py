"""The numbered steps for ISO mdoc: a DeviceResponse as presented, an IssuerSigned on receipt (ISO/IEC 18013-5 9.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import WarifuError
from schemas.formats.cose import verify_sign1
from schemas.formats.mdoc import (
    UnverifiedDocument,
    UnverifiedIssuerSigned,
    ValidityInfo,
    check_device_signature,
    check_digests,
    check_doc_type,
    parse_device_response,
    parse_issuer_signed,
)
from schemas.trust import Anchors, SignerIdentity, TrustPurpose, check_chain
from schemas.verify.checks import (
    check_begun,
    check_ends_with_signer,
    check_expected_holder,
    check_holder_relation,
    check_issued_within_signer,
    check_not_ended,
    check_stated_municipality,
    check_type,
    expectation,
)
from schemas.verify.policy import MSO_MDOC, Expected, Policy, Verified
from schemas.verify.status import CWT_LIST, StatusSource
from schemas.verify.steps import Step, Trace
from schemas.verify.withdrawal import withdrawal

MUNICIPALITY_ELEMENT: Final = "issuing_municipality_code"
HOLDER_ELEMENT: Final = "holder_relation"
_CLAUSE_TYPE: Final = "ISO/IEC 18013-5 9.3.1"
_CLAUSE_VALIDITY: Final = "ISO/IEC 18013-5 9.3.1"


def verify_mdoc(
    data: bytes,
    *,
    presented: bool,
    expected: Expected,
    anchors: Anchors,
    status: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> Verified:
    """Run steps 1 to 10 on a DeviceResponse (``presented``) or an IssuerSigned.

    Raises:
        Refusal, UndeterminedRefusal: with the report; see :func:`schemas.verify.verify_presented`.
    """
    trace = Trace()
    try:
        document = parse_device_response(data).documents[0] if presented else None  # 1
        issuer_signed = document.issuer_signed if document is not None else parse_issuer_signed(data)
        mso = issuer_signed.mso
        trace.step = Step.TYPE  # 2
        if document is not None:
            check_doc_type(document)
        doc_type = check_type(mso.doc_type, expected.types, clause=_CLAUSE_TYPE)
        trace.step = Step.CHAIN  # 3
        signer = check_chain(issuer_signed.chain_der, anchors=anchors, purpose=TrustPurpose.ISSUER, at=at)
        trace.step = Step.ISSUER_SIGNATURE  # 4
        verify_sign1(issuer_signed.issuer_auth, signer.public_key)
        trace.step = Step.ISSUER_BINDING  # 5
        check_issuer(issuer_signed, signer, trace)
        trace.step = Step.DIGESTS  # 6
        claims = check_digests(issuer_signed)
        trace.step = Step.VALIDITY  # 7
        check_validity(mso.validity, signer, policy, at)
        trace.step = Step.KEY_BINDING  # 8
        holder_key = check_device(document, mso.device_key, expected, trace)
        trace.step = Step.HOLDER  # 9
        check_holder_relation(claims.get(doc_type, {}).get(HOLDER_ELEMENT), policy.holder_relations)
        trace.step = Step.STATUS  # 10
        outcome = withdrawal(trace, mso.status, media_type=CWT_LIST, signer=signer, source=status, policy=policy, at=at)
    except WarifuError as error:
        raise trace.refusal(error) from error
    return Verified(
        format=MSO_MDOC,
        type=doc_type,
        claims=claims,
        issuer=signer.issuer_uris[0] if signer.issuer_uris else signer.organization,
        municipality=signer.municipality,
        valid_until=mso.validity.valid_until,
        status=outcome,
        holder_key=holder_key,
        report=trace.report(),
        signer=signer,
    )


def check_issuer(issuer_signed: UnverifiedIssuerSigned, signer: SignerIdentity, trace: Trace) -> None:
    """Step 5: the element that names the municipality is there and names the signer's.

    Its digest is checked in the next step; until then this decides nothing but an early end.
    """
    if signer.anchor.profile == "foreign":
        trace.skip(Step.ISSUER_BINDING, "foreign_profile")
        return
    check_stated_municipality(stated_municipality(issuer_signed), signer)


def stated_municipality(issuer_signed: UnverifiedIssuerSigned) -> object:
    """Return the municipality element of the docType's own namespace; None where it is absent or there twice."""
    items = issuer_signed.namespaces.get(issuer_signed.mso.doc_type, ())
    stated = [item.element_value for item in items if item.element_identifier == MUNICIPALITY_ELEMENT]
    return stated[0] if len(stated) == 1 else None


def check_validity(validity: ValidityInfo, signer: SignerIdentity, policy: Policy, at: datetime) -> None:
    """Step 7: signed, validFrom and validUntil against the clock and against the signer's certificate (B09)."""
    check_issued_within_signer(validity.signed, signer)
    check_begun(validity.signed, at, policy.skew, clause=_CLAUSE_VALIDITY)
    check_begun(validity.valid_from, at, policy.skew, clause=_CLAUSE_VALIDITY)
    check_not_ended(validity.valid_until, at, clause=_CLAUSE_VALIDITY)
    if signer.anchor.profile == "strict":
        check_ends_with_signer(validity.valid_until, signer)


def check_device(
    document: UnverifiedDocument | None, device_key: ec.EllipticCurvePublicKey, expected: Expected, trace: Trace
) -> ec.EllipticCurvePublicKey | None:
    """Step 8: the device signed for this session, or on receipt: the credential is bound to the expected key."""
    check_expected_holder(device_key, expected.holder_key)
    if expected.key_binding == "none":
        if document is not None or expected.holder_key is None:
            trace.skip(Step.KEY_BINDING, "key_binding_not_required")
        return device_key if document is None else None
    if document is None:
        return device_key
    check_for_session(document, expected)
    return device_key


def check_for_session(document: UnverifiedDocument, expected: Expected) -> None:
    """The device signature covers the session that the verifier itself remembers (B02, B03)."""
    session_transcript = expectation(expected.session_transcript, "session transcript")
    check_device_signature(document, session_transcript=session_transcript)
