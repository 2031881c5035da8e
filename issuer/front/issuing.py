"""From an accepted request to the wallet's answer: wait for the inner side, defer where it is away, read nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool

from issuer.front.deferral import defer, settle
from issuer.front.exchange import Waiter
from issuer.front.office import FrontOffice
from issuer.front.refusals import Refusal, refuse
from issuer.front.tokens import Grant
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jwe import encrypt_jwe
from schemas.messages.jobs import EncryptedResponse, IssuanceJob, JobError, JobResult
from schemas.messages.openid4vci import DeferredIssuance, IssuedCredentials, ResponseEncryption

Connected = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type and body of an answer to a credential request."""

    status: int
    media_type: str
    body: bytes


async def obtain(office: FrontOffice, grant: Grant, job: IssuanceJob, *, connected: Connected, transaction_id: str | None = None) -> Answer:
    """Wait for the credentials of ``job``; after ``deferred_after`` seconds answer 202.

    Args:
        connected: tells whether the wallet still holds the connection; a result that it cannot receive is refused, so
            that the inner side revokes it.
        transaction_id: of the deferred request that this is about, None for a first request.

    Raises:
        Refusal: what the inner side refused.
        WarifuError: ``result_unusable``, ``wallet_gone``, failures of the store.
    """
    waiter = office.exchange.enter(job)
    if waiter is None:
        return await _defer(office, grant, job, transaction_id)
    try:
        result = await office.exchange.wait(waiter, seconds=office.settings.deferred_after)
        if result is None:
            return await _defer(office, grant, job, transaction_id)
        return await _hand_over(office, job, result, waiter, connected=connected, transaction_id=transaction_id)
    finally:
        if not waiter.received.done():
            waiter.received.set_result(False)


async def _hand_over(
    office: FrontOffice, job: IssuanceJob, result: JobResult, waiter: Waiter, *, connected: Connected, transaction_id: str | None
) -> Answer:
    if transaction_id is not None:
        await run_in_threadpool(settle, office.engine, transaction_id)
    if isinstance(result, JobError):
        waiter.received.set_result(True)
        raise _denied(result)
    check_encrypted_as_asked(job, result)
    answer = _plain(job, result) if isinstance(result, IssuedCredentials) else Answer(200, "application/jwt", result.jwe.encode("ascii"))
    if not await connected():
        raise WarifuError("wallet_gone", "the wallet closed the connection before its answer was ready", layer="protocol")
    waiter.received.set_result(True)
    return answer


def check_encrypted_as_asked(job: IssuanceJob, result: IssuedCredentials | EncryptedResponse) -> None:
    """A response is encrypted exactly where the wallet asked for it: no downgrade on the way (threat C28)."""
    if isinstance(result, EncryptedResponse) != (job.response_encryption is not None):
        raise WarifuError("result_unusable", "the result is not protected as the wallet asked", clause="OpenID4VCI 1.0 8.3", layer="policy")


def _plain(job: IssuanceJob, result: IssuedCredentials) -> Answer:
    if len(result.credentials) > len(job.proofs):
        raise WarifuError("result_unusable", "the result holds more credentials than keys", clause="OpenID4VCI 1.0 8.3", layer="policy")
    body = IssuedCredentials(result.credentials, job.notification_id).to_json()
    return Answer(200, "application/json", dump_json(body))


def _denied(error: JobError) -> Refusal:
    return refuse(error.code, "issuance_refused", error.description or "the credential is not issued", clause="OpenID4VCI 1.0 8.3.1")


async def _defer(office: FrontOffice, grant: Grant, job: IssuanceJob, transaction_id: str | None) -> Answer:
    settings = office.settings
    if transaction_id is None:
        life = timedelta(hours=settings.deferred_hours)
        transaction_id = await run_in_threadpool(defer, office.engine, grant, job, life=life, random=office.random, at=office.now())
    return protect(202, DeferredIssuance(transaction_id, settings.deferred_interval).to_json(), job.response_encryption)


def protect(status: int, body: dict[str, Any], encryption: ResponseEncryption | None) -> Answer:
    """Return ``body`` as answer, encrypted where the wallet asked for it (OpenID4VCI 1.0 10)."""
    if encryption is None:
        return Answer(status, "application/json", dump_json(body))
    return Answer(status, "application/jwt", encrypt_jwe(dump_json(body), recipient=encryption.jwk, enc=encryption.enc).encode("ascii"))
