"""Status lists as a verifier sees them: who may sign them, how long they count, what an index says.

``check_status_list`` is the one home of these checks, used by every source of lists; step 10 (:func:`check_status`)
is the one home of the decision.  Unknown is never "not revoked" (threat row E03): what could not be had is undetermined,
what speaks against itself is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.status_list import StatusBits, StatusReference, parse_status_token, verify_status_token
from schemas.trust import Anchors, SignerIdentity, TrustAnchor, TrustPurpose, check_chain, check_path_times
from schemas.trust.anchors import DEFAULT_LIST_BYTES
from schemas.verify.policy import Policy, StatusOutcome

JWT_LIST: Final = "application/statuslist+jwt"
CWT_LIST: Final = "application/statuslist+cwt"
MAX_LIST_LIFE: Final = timedelta(hours=24)
_SKEW: Final = timedelta(seconds=60)
#: Four certificates of 8 KiB, in base64 twice over in a JWT, and the rest of the claims.
_AROUND_A_LIST: Final = 64 * 1024
_NO_END: Final = datetime.max.replace(tzinfo=UTC)
_CLAUSE: Final = "Token Status List 8.3"


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A status list whose signature, signer and times have been checked.

    Attributes:
        uri: where it stands, equal to its ``sub``.
        exp: end of use; the end of time where a foreign list names none.
        ttl: how long a copy may be kept before asking again, as the issuer wishes; None where it does not say.
        bits: the decoded list.
        signer: who signed it.
    """

    uri: str
    iat: datetime
    exp: datetime
    ttl: timedelta | None
    bits: StatusBits
    signer: SignerIdentity


class StatusSource(Protocol):
    """Where step 10 gets its lists from."""

    def token_for(
        self, ref: StatusReference, *, media_type: str, anchor: TrustAnchor, at: datetime, max_age: timedelta | None
    ) -> VerifiedStatusList:
        """Return the list that ``ref`` names, checked by :func:`check_status_list` and fresh enough.

        Args:
            ref: URI and index; the URI lies at an origin of ``anchor``.
            media_type: the form that the credential's format demands.
            anchor: of the credential's issuer.
            max_age: greatest age of the copy, where the purpose sets one.

        Raises:
            UndeterminedError: where no usable list can be had.
            WarifuError: where the list at hand speaks against itself.
        """
        ...


def check_status_list(
    body: bytes,
    *,
    media_type: str,
    uri: str,
    anchors: Anchors,
    at: datetime,
    newest_iat: datetime | None = None,
    issuer: TrustAnchor | None = None,
) -> VerifiedStatusList:
    """Check one status list token from outside to inside; its bits are unpacked last.

    Args:
        body: the token as fetched.
        media_type: :data:`JWT_LIST` or :data:`CWT_LIST`.
        uri: where it was fetched from, as the credential spells it.
        anchors: those with the purpose ``STATUS`` are asked.
        newest_iat: greatest ``iat`` seen for this URI; an older list is refused.
        issuer: anchor of the credential's issuer, where known already; step 10 compares in any case.

    Raises:
        WarifuError: ``status_list_mismatch`` (E02), a chain error or ``bad_signature`` (E01), ``status_signer_mismatch``,
            ``status_list_from_future``, ``status_list_without_end``, ``status_list_lives_too_long``,
            ``status_list_rollback`` (E07), or what the reader of the format raises (E05).
        UndeterminedError: ``status_list_expired``.
    """
    longest = max((anchor.max_list_bytes for anchor in anchors.for_purpose(TrustPurpose.STATUS)), default=DEFAULT_LIST_BYTES)
    token = parse_status_token(body, media_type=media_type, max_bytes=max_token_bytes(longest))
    check_list_subject(token.uri, uri)
    signer = check_chain(token.chain_der, anchors=anchors, purpose=TrustPurpose.STATUS, at=at)
    verify_status_token(token, signer.public_key)
    if issuer is not None:
        check_status_signer(signer, issuer, uri)
    exp = token.exp or _NO_END
    check_list_times(token.iat, token.exp, signer.anchor, at)
    check_rollback(token.iat, newest_iat)
    return VerifiedStatusList(uri, token.iat, exp, token.ttl, token.decode(max_decoded=signer.anchor.max_list_bytes), signer)


def max_token_bytes(max_list_bytes: int) -> int:
    """Return the greatest size of a token around a list of ``max_list_bytes`` (E05).

    A list that does not shrink grows by base64url twice over in a JWT, to 16/9; certificates and other claims come to that.
    """
    return max_list_bytes * 16 // 9 + _AROUND_A_LIST


def check_list_subject(subject: str, uri: str) -> None:
    """The list is the one that the credential names, not another of the same issuer (E02)."""
    if subject != uri:
        raise _refuse("status_list_mismatch", "the status list was published for another address", clause="Token Status List 8.3")


def check_list_times(iat: datetime, exp: datetime | None, anchor: TrustAnchor, at: datetime) -> None:
    """The list was issued by now and has not expired; ours never live longer than a day (E07)."""
    if iat > at + _SKEW:
        raise _refuse("status_list_from_future", "the status list is dated in the future", clause="Token Status List 5.1")
    if exp is not None:
        check_list_current(exp, at)
    if anchor.profile == "strict":
        check_list_life(iat, exp)


def check_list_current(exp: datetime, at: datetime) -> None:
    """An expired list tells nothing about today (E03)."""
    if at >= exp:
        raise _undetermined("status_list_expired", "the status list has expired", hint="fetch it again")


def check_list_life(iat: datetime, exp: datetime | None) -> None:
    """A list that lives long lets an old copy hide a revocation (E07)."""
    if exp is None:
        raise _refuse("status_list_without_end", "the status list names no exp", clause="Token Status List 5.1")
    if exp - iat > MAX_LIST_LIFE:
        raise _refuse("status_list_lives_too_long", "the status list lives longer than 24 hours", clause="Token Status List 13.7")


def check_rollback(iat: datetime, newest_iat: datetime | None) -> None:
    """A list that is older than one already seen may hide a revocation (E07)."""
    if newest_iat is not None and iat < newest_iat:
        raise _refuse("status_list_rollback", "a newer status list has been seen at this address", clause="Token Status List 13.7")


def check_status_signer(signer: SignerIdentity, issuer: TrustAnchor, uri: str) -> None:
    """The list's signer speaks for the issuer of the credential: same municipality, or same foreign anchor (E01)."""
    if signer.anchor == issuer:
        return
    same_municipality = issuer.municipality is not None and signer.municipality == issuer.municipality
    same_foreign_domain = issuer.municipality is None and signer.municipality is None and origin_of(uri) in signer.anchor.status_origins
    if not (same_municipality or same_foreign_domain):
        raise _refuse("status_signer_mismatch", "the status list was signed by another authority than the credential's", clause=_CLAUSE)


def origin_of(uri: str) -> str:
    """Return ``https://host[:port]`` of ``uri`` in lower case."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}".lower()


def check_status(
    claim: object,
    *,
    media_type: str,
    signer: SignerIdentity,
    source: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> StatusOutcome:
    """Step 10: the credential has not been withdrawn.

    Args:
        claim: the ``status`` claim of the verified credential, None where it has none.
        signer: the credential's.

    Raises:
        WarifuError: ``status_missing``, ``status_origin_not_allowed``, ``status_revoked``, ``status_suspended``,
            ``status_value_unknown``, ``status_index_out_of_bounds``, ``status_signer_mismatch``,
            ``status_list_mismatch``, or what the source raises.
        UndeterminedError: where the status could not be had.
    """
    if claim is None:
        check_status_absent(signer.anchor.status_policy or policy.status)
        return "absent"
    reference = read_reference(claim)
    check_status_origin(reference.uri, signer.anchor)
    if source is None:
        raise _undetermined("status_unavailable", "no status list was given", hint="give the list, or where to fetch it from")
    found = source.token_for(reference, media_type=media_type, anchor=signer.anchor, at=at, max_age=policy.max_status_age)
    check_list_subject(found.uri, reference.uri)
    check_status_signer(found.signer, signer.anchor, reference.uri)
    check_path_times(found.signer, at)
    check_list_current(found.exp, at)
    check_status_value(found.bits.get(reference.index))
    return "valid"


def check_status_absent(demanded: str) -> None:
    """A credential that cannot be withdrawn is accepted only where that was said by name (E04)."""
    if demanded != "if-present":
        raise _refuse("status_missing", "the credential carries no status", hint="issue with a status list", clause="HAIP 1.0 6.1")


def read_reference(claim: object) -> StatusReference:
    """Return the reference to a status list; other mechanisms are refused, not ignored (E04)."""
    if not isinstance(claim, Mapping) or "status_list" not in claim:
        raise _refuse("status_mechanism_unknown", "the credential's status is not a status list", clause="Token Status List 6.1")
    return StatusReference.from_claim(claim["status_list"])


def check_status_origin(uri: str, anchor: TrustAnchor) -> None:
    """The list lies where the issuer's anchor says its lists lie; nothing else is ever fetched (E08)."""
    if origin_of(uri) not in anchor.status_origins:
        raise _refuse(
            "status_origin_not_allowed",
            "the status list lies at an origin that the anchor does not name",
            hint="add the origin to the anchor, if it is the issuer's",
            clause="Token Status List 8.3, 11.4",
        )


def check_status_value(value: int) -> None:
    """Only VALID is valid (Token Status List 7.1)."""
    if value == 0:
        return
    code, text = {1: ("status_revoked", "has been revoked"), 2: ("status_suspended", "is suspended")}.get(
        value, ("status_value_unknown", "has a status that is not known here")
    )
    raise _refuse(code, f"the credential {text}", hint="ask the holder to refresh it", clause="Token Status List 7.1")


def check_freshness(found: VerifiedStatusList, fetched_at: datetime, at: datetime, max_age: timedelta | None) -> None:
    """A copy counts for its ttl after fetching, or for the shorter time that the purpose sets (E07)."""
    limits = [limit for limit in (found.ttl, max_age) if limit is not None]
    if limits and at - fetched_at > min(limits):
        raise _undetermined("status_list_stale", "the copy of the status list is too old", hint="fetch it again")


def _refuse(code: str, message: str, *, clause: str, hint: str = "") -> WarifuError:
    return WarifuError(code, message, hint=hint, clause=clause, layer="status")


def _undetermined(code: str, message: str, *, hint: str) -> UndeterminedError:
    return UndeterminedError(code, message, hint=hint, clause=_CLAUSE, layer="status")


def status_claim(container: Mapping[str, Any]) -> object:
    """Return the ``status`` claim, None where there is none; a null is a claim that says nothing and is refused."""
    if "status" not in container:
        return None
    claim: object = container["status"]
    return claim if claim is not None else ()
