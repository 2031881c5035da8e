"""Pulling jobs from the front, answering each, and never leaving a copy alive that nobody received."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from issuer.municipality.credentials.cycle import BadProofError, Sealed, Workshop, handed_over, issue, withdraw
from issuer.municipality.frontier import Front
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jwe import encrypt_jwe
from schemas.messages.jobs import RESULT_ERRORS, EncryptedResponse, IssuanceJob, JobError, JobResult
from schemas.messages.openid4vci import IssuedCredentials

#: Every refusal that concerns a person has one text, so that nothing can be learned from it (design 4, threat row F15).
DENIED = JobError("credential_request_denied", "この証明書はこの方法では交付できません。市民課窓口へお越しください。")


def work(workshop: Workshop, front: Front, *, now: Callable[[], datetime], wait: int) -> int:
    """Pull the waiting jobs once and answer them all; returns how many were answered."""
    jobs = front.jobs(wait=wait)
    for job in jobs:
        answer_job(workshop, front, job, at=now())
    return len(jobs)


def answer_job(workshop: Workshop, front: Front, job: IssuanceJob, *, at: datetime) -> None:
    """Issue for one job and hand the result over; a result that nobody takes is withdrawn.

    Raises:
        WarifuError: where the front could not be reached or the store failed; what was signed is then revoked.
    """
    try:
        sealed = issue(workshop, job, at=at)
    except WarifuError as error:
        if error.layer == "store":
            raise  # our own trouble is no refusal: the job waits at the front until the store is well again
        front.post_result(job.job_id, _refusal(error))
        return
    try:
        front.post_result(job.job_id, _result(job, sealed))
    except WarifuError as error:
        withdraw(workshop, sealed.credential_ids, at=at)
        if error.code != "nobody_waits":
            raise
        return
    handed_over(workshop, sealed, at=at)


def _refusal(error: WarifuError) -> JobError:
    if isinstance(error, BadProofError) or error.code == "key_used_twice":
        return JobError("invalid_proof", error.message)
    if error.layer in ("protocol", "signature", "parse") and error.code in RESULT_ERRORS:
        return JobError(error.code, error.message)
    if error.clause.startswith("OpenID4VCI 1.0 F"):
        return JobError("invalid_proof", error.message)
    return DENIED


def _result(job: IssuanceJob, sealed: Sealed) -> JobResult:
    issued = IssuedCredentials(sealed.credentials, job.notification_id)
    encryption = job.response_encryption
    if encryption is None:
        return issued
    return EncryptedResponse(encrypt_jwe(dump_json(issued.to_json()), recipient=dict(encryption.jwk), enc=encryption.enc))
