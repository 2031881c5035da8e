"""The issuing cycle (docs/issuance-cycle.md): from one job of the front to credentials, or to a refusal and no trace.

1 authenticate · 2 read the register · 3 decide what may be attested · 4 reserve and commit · 5 build · 6 check ·
7 sign · 8 verify · 9 commit · 10 hand over.  Whatever was reserved and is not handed over is revoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from issuer.municipality import audit
from issuer.municipality.credentials.attest import attest
from issuer.municipality.credentials.profile import Profile, configuration, validity_window
from issuer.municipality.credentials.reserve import Attestation, Reservation, Subject, mark, reserve, revoke_copies
from issuer.municipality.credentials.seal import seal
from issuer.municipality.register import read_record
from issuer.store.municipality.issuing import credential_copy, subject_handle
from runtime.store import begin, read
from schemas.credentials import SpecialRequest
from schemas.errors import WarifuError
from schemas.messages.jobs import IssuanceJob
from schemas.messages.key_proof import check_key_proof
from schemas.trust import Anchors, SigningIdentity

MAX_PROOFS = 20
#: How long a request may have waited at the front (deferred issuance) before its proofs count as old.
JOB_LIFE = timedelta(days=7)
CLOCK_SKEW = timedelta(minutes=1)
WORKER = "issuing-worker"


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the cycle works with: the store, the profile, the signer of credentials and its own anchor to check against."""

    engine: sa.Engine
    profile: Profile
    signer: SigningIdentity
    anchors: Anchors


@dataclass(frozen=True, slots=True)
class Sealed:
    """Signed copies that wait for hand-over."""

    credential_ids: tuple[str, ...]
    credentials: tuple[str, ...]


class BadProofError(WarifuError):
    """A key proof that does not hold; ``code`` is that of the check, and the wallet hears ``invalid_proof``."""

    def __init__(self, cause: WarifuError) -> None:
        super().__init__(cause.code, cause.message, hint=cause.hint, clause=cause.clause, layer=cause.layer)


def issue(workshop: Workshop, job: IssuanceJob, *, at: datetime) -> Sealed:
    """Run steps 1 to 9 for one job.

    Raises:
        WarifuError: ``invalid_proof``, ``handle_unknown``, ``issuance_refused``, ``record_struck``, ``key_used_twice`` and
            what building and checking refuse; in every case all that was reserved is revoked before it is raised.
    """
    check_job_for_us(job, workshop.profile.issuer)
    check_job_recent(job, at)
    keys = proven_keys(job)
    with begin(workshop.engine) as connection:
        _revoke_earlier(connection, job.idempotency_key, at)
        attestation = _attestation(connection, workshop.profile, job, at)
        reservations = reserve(connection, workshop.profile, attestation, keys, idempotency_key=job.idempotency_key, at=at)
        for one in reservations:
            audit.record(connection, at=at, actor=WORKER, action="copy_reserved", subject=one.credential_id)
    ids = tuple(one.credential_id for one in reservations)
    try:
        credentials = tuple(seal(one, workshop.profile, workshop.signer, anchors=workshop.anchors, at=at) for one in reservations)
        check_same_subject(workshop.engine, job, reservations)
    except Exception:
        # Also what nobody foresaw must not leave a signed copy alive; the exception itself goes on to the caller.
        withdraw(workshop, ids, at=at)
        raise
    with begin(workshop.engine) as connection:
        mark(connection, ids, state="signed", at=at)
    return Sealed(ids, credentials)


def handed_over(workshop: Workshop, sealed: Sealed, *, at: datetime) -> None:
    """Step 10: note that the front took the copies."""
    with begin(workshop.engine) as connection:
        mark(connection, sealed.credential_ids, state="delivered", at=at)
        for credential_id in sealed.credential_ids:
            audit.record(connection, at=at, actor=WORKER, action="copy_delivered", subject=credential_id)


def withdraw(workshop: Workshop, credential_ids: Sequence[str], *, at: datetime) -> None:
    """Revoke copies that were reserved and not handed over."""
    with begin(workshop.engine) as connection:
        revoke_copies(connection, list(credential_ids), at=at)
        for credential_id in credential_ids:
            audit.record(connection, at=at, actor=WORKER, action="copy_withdrawn", subject=credential_id)


def reconcile(workshop: Workshop, *, at: datetime) -> int:
    """Revoke what a stopped process left reserved or signed and not delivered (G02); returns how many."""
    with begin(workshop.engine) as connection:
        left = connection.scalars(
            sa.select(credential_copy.c.credential_id).where(credential_copy.c.state.in_(("reserved", "signed")))
        ).all()
    withdraw(workshop, left, at=at)
    return len(left)


def check_job_for_us(job: IssuanceJob, issuer: str) -> None:
    """Refuse proofs that a wallet made for another issuer: the front does not decide whom they are addressed to (C15)."""
    if job.audience != issuer:
        raise WarifuError("wrong_audience", "the proofs are addressed to another issuer", clause="OpenID4VCI 1.0 F.1", layer="protocol")


def check_job_recent(job: IssuanceJob, at: datetime) -> None:
    """Refuse a request that is said to be older than a deferred one can be, or to come from the future (C13)."""
    if not at - JOB_LIFE <= job.received_at <= at + CLOCK_SKEW:
        raise WarifuError(
            "invalid_proof",
            "the request is too old, or dated ahead",
            hint="ask again; if it persists, compare the clocks of front and inner side",
            clause="OpenID4VCI 1.0 F.4",
            layer="protocol",
        )


def proven_keys(job: IssuanceJob) -> list[ec.EllipticCurvePublicKey]:
    """Check every proof again, since the front is not trusted with it; returns the keys in order (C14, C15).

    The proofs had to be fresh when the request came, which for a deferred job was a while ago.

    Raises:
        WarifuError: ``invalid_proof`` for none or more than 20, ``invalid_nonce`` for another nonce.
        BadProofError: a wrong audience, a bad signature, or whatever else speaks against a proof.
    """
    if not 1 <= len(job.proofs) <= MAX_PROOFS:
        raise WarifuError("invalid_proof", f"between 1 and {MAX_PROOFS} proofs are accepted", clause="OpenID4VCI 1.0 8.2", layer="protocol")
    keys = []
    for proof in job.proofs:
        try:
            key, nonce = check_key_proof(proof, audience=job.audience, at=job.received_at)
        except WarifuError as error:
            raise BadProofError(error) from error
        if nonce != job.nonce:
            raise WarifuError("invalid_nonce", "a proof names another nonce", clause="OpenID4VCI 1.0 8.3.1.2", layer="protocol")
        keys.append(key)
    return keys


def _attestation(connection: sa.Connection, profile: Profile, job: IssuanceJob, at: datetime) -> Attestation:
    handle = connection.execute(
        sa.select(subject_handle).where(subject_handle.c.handle == job.subject_handle, subject_handle.c.revoked_at.is_(None))
    ).first()
    if handle is None:
        raise WarifuError("handle_unknown", "the right to fetch has ended", hint="ask the municipality for a new offer", layer="policy")
    if job.configuration_id not in handle.configurations:
        raise WarifuError(
            "unknown_credential_configuration", "the offer does not hold this credential", clause="OpenID4VCI 1.0 8.3.1.2", layer="protocol"
        )
    kind, name = configuration(profile, job.configuration_id)
    record = read_record(connection, handle.resident_id, at=at)
    content = attest(kind, record, profile, special_items=handle.special_items, at=at)
    window = validity_window(profile, at=at, ends=content.ends)
    subject = Subject(handle.handle, handle.resident_id, record.record_version)
    requested = frozenset(map(SpecialRequest, handle.special_items))
    return Attestation(subject, kind, name, content.claims, content.items, window, requested)


def _revoke_earlier(connection: sa.Connection, idempotency_key: str, at: datetime) -> None:
    """A repeated request gets new copies; those of the first try may have been lost on the way and die (C22)."""
    earlier = connection.scalars(
        sa.select(credential_copy.c.credential_id).where(credential_copy.c.idempotency_key == idempotency_key)
    ).all()
    revoke_copies(connection, list(earlier), at=at)


def check_same_subject(engine: sa.Engine, job: IssuanceJob, reservations: Sequence[Reservation]) -> None:
    """Refuse to hand over unless every copy belongs to the resident behind the job's handle, read anew (C19)."""
    with read(engine) as connection:
        owner = connection.scalar(sa.select(subject_handle.c.resident_id).where(subject_handle.c.handle == job.subject_handle))
    if any(one.attestation.subject.resident_id != owner for one in reservations):
        raise WarifuError("subject_mixed_up", "a copy belongs to another resident than the one who asked", layer="policy")
