"""What the public side of a municipality and its inner side say to each other.

The inner side is always the client: it registers offers, pulls jobs, brings results and publishes status lists.  Both
ends are ours, so members that are not defined are refused.  Times travel as whole seconds since 1970.

| request | body |
|---|---|
| ``PUT /internal/v1/offers/{offer_id}`` | :class:`OfferRegistration` (``DELETE`` withdraws it) |
| ``GET /internal/v1/jobs?wait=SECONDS`` | answers ``{"jobs": [IssuanceJob …]}`` |
| ``POST /internal/v1/jobs/{job_id}/result`` | :data:`JobResult`; 410 where nobody waits any more: revoke what was reserved |
| ``PUT /internal/v1/status/{name}`` | the list's own bytes and media type |
| ``GET /internal/v1/metadata`` | answers the issuer metadata, unsigned |
| ``PUT /internal/v1/metadata`` | the same metadata, signed by the inner side |
| ``POST /internal/v1/handles/{subject_handle}/revoke`` | empty |
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, parse_json
from schemas.messages.members import Members
from schemas.messages.openid4vci.credential import MAX_PROOFS, IssuedCredentials, ResponseEncryption, parse_response_encryption
from schemas.messages.openid4vci.offer import InputMode

INTERNAL_PREFIX: Final = "/internal/v1"
MAX_JOB_BYTES: Final = 1024 * 1024
MAX_RESULT_BYTES: Final = 4 * 1024 * 1024
RESULT_ERRORS: Final = frozenset(
    {"credential_request_denied", "invalid_proof", "invalid_nonce", "unknown_credential_configuration", "invalid_encryption_parameters"}
)
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{16,128}\Z")
_MAX_TIME: Final = 253_402_300_799  # the end of year 9999


def new_identifier(random: bytes) -> str:
    """Return an opaque identifier (offer, job, handle, transaction) from at least 16 random bytes."""
    if len(random) < 16:
        raise WarifuError("identifier_too_short", "an identifier needs at least 128 random bits", clause="", layer="protocol")
    return b64url_encode(random)


def check_identifier(text: str, *, what: str = "identifier") -> str:
    """Return ``text`` if it is an opaque identifier: 16 to 128 characters of base64url; raises ``bad_identifier``."""
    if _IDENTIFIER.match(text) is None:
        raise WarifuError("bad_identifier", f"the {what} is not 16 to 128 characters of base64url", layer="parse")
    return text


def hash_code(code: str) -> str:
    """Return base64url SHA-256 of a pre-authorized code or token, the only form in which the front keeps it."""
    return b64url_encode(hashlib.sha256(code.encode("utf-8")).digest())


# A transaction code has few digits: the hash is slow, so that a stolen store does not give it away within its five minutes.
_SCRYPT_LOG_N: Final = 14
_SCRYPT = re.compile(r"scrypt\$(\d{1,2})\$8\$1\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})\Z")


def hash_tx_code(tx_code: str, *, salt: bytes) -> str:
    """Return ``scrypt$14$8$1$salt$hash`` of a transaction code.

    Args:
        tx_code: what the resident will type.
        salt: 16 random bytes.
    """
    digest = _scrypt(tx_code, salt, _SCRYPT_LOG_N)
    return f"scrypt${_SCRYPT_LOG_N}$8$1${b64url_encode(salt)}${b64url_encode(digest)}"


def tx_code_matches(tx_code: str, stored: str) -> bool:
    """Tell whether ``tx_code`` is the one behind ``stored``; raises ``bad_tx_code_hash`` where that cannot be read."""
    match = _SCRYPT.match(stored)
    if match is None or not 10 <= int(match[1]) <= 17:
        raise WarifuError("bad_tx_code_hash", "the stored hash of the transaction code cannot be read", layer="store")
    return hmac.compare_digest(_scrypt(tx_code, b64url_decode(match[2]), int(match[1])), b64url_decode(match[3]))


def _scrypt(text: str, salt: bytes, log_n: int) -> bytes:
    return hashlib.scrypt(text.encode("utf-8"), salt=salt, n=1 << log_n, r=8, p=1, maxmem=256 * 1024 * 1024, dklen=32)


@dataclass(frozen=True, slots=True)
class TxCodeRule:
    """The transaction code as the front knows it: its slow hash and its shape."""

    hash: str
    length: int
    input_mode: InputMode = "numeric"

    def to_json(self) -> dict[str, Any]:
        """Return the ``tx_code`` object of an offer registration."""
        return {"hash": self.hash, "length": self.length, "input_mode": self.input_mode}


@dataclass(frozen=True, slots=True)
class OfferRegistration:
    """An offer as the front learns of it: no code in the clear, no person but an opaque handle.

    ``code_hash`` is :func:`hash_code` of the pre-authorized code.
    """

    configuration_ids: tuple[str, ...]
    code_hash: str
    expires_at: datetime
    subject_handle: str
    tx_code: TxCodeRule | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the body of ``PUT /internal/v1/offers/{offer_id}``."""
        return {
            "configuration_ids": list(self.configuration_ids),
            "code_hash": self.code_hash,
            "tx_code": None if self.tx_code is None else self.tx_code.to_json(),
            "expires_at": int(self.expires_at.timestamp()),
            "subject_handle": self.subject_handle,
        }


def parse_offer_registration(body: bytes) -> OfferRegistration:
    """Read an offer registration; raises ``bad_offer_registration``, ``bad_identifier`` or an encoding error."""
    offer = Members(parse_json(body, max_bytes=64 * 1024), code="bad_offer_registration", what="offer registration")
    offer.only("configuration_ids", "code_hash", "tx_code", "expires_at", "subject_handle")
    ids = offer.texts("configuration_ids", max_items=16, max_length=256)
    if len(set(ids)) != len(ids):
        raise offer.refusal("names one configuration twice")
    code_hash = offer.text("code_hash", max_length=43)
    if len(b64url_decode(code_hash)) != 32:
        raise offer.refusal("needs code_hash to be a SHA-256 digest")
    rule = offer.raw.get("tx_code")
    return OfferRegistration(
        configuration_ids=ids,
        code_hash=code_hash,
        expires_at=_time(offer, "expires_at"),
        subject_handle=check_identifier(offer.text("subject_handle"), what="subject handle"),
        tx_code=None if rule is None else _parse_tx_code_rule(rule),
    )


def _parse_tx_code_rule(obj: object) -> TxCodeRule:
    rule = Members(obj, code="bad_offer_registration", what="tx_code rule")
    rule.only("hash", "length", "input_mode")
    stored = rule.text("hash", max_length=256)
    if _SCRYPT.match(stored) is None:
        raise rule.refusal("needs a scrypt hash")
    mode = rule.text("input_mode")
    if mode not in ("numeric", "text"):
        raise rule.refusal("has an input_mode other than numeric and text")
    return TxCodeRule(stored, rule.integer("length", low=4, high=64), "text" if mode == "text" else "numeric")


@dataclass(frozen=True, slots=True)
class IssuanceJob:
    """One credential request that the front has checked and the inner side decides.

    The inner side checks every proof again, at ``received_at`` (a deferred job is older than a proof may be), against
    ``audience`` and ``nonce``.  Under the same ``idempotency_key`` it revokes what it reserved before and issues anew.
    Where ``response_encryption`` is set it encrypts the whole response, with ``notification_id`` inside.
    """

    job_id: str
    subject_handle: str
    configuration_id: str
    proofs: tuple[str, ...]
    audience: str
    nonce: str
    idempotency_key: str
    received_at: datetime
    notification_id: str
    response_encryption: ResponseEncryption | None = None

    def to_json(self) -> dict[str, Any]:
        """Return one item of ``jobs``."""
        return {
            "job_id": self.job_id,
            "subject_handle": self.subject_handle,
            "configuration_id": self.configuration_id,
            "proofs": list(self.proofs),
            "audience": self.audience,
            "nonce": self.nonce,
            "idempotency_key": self.idempotency_key,
            "received_at": int(self.received_at.timestamp()),
            "notification_id": self.notification_id,
            "response_encryption": None if self.response_encryption is None else self.response_encryption.to_json(),
        }


_JOB_MEMBERS: Final = ("job_id", "subject_handle", "configuration_id", "proofs", "audience", "nonce", "idempotency_key", "received_at")


def jobs_to_json(jobs: Sequence[IssuanceJob]) -> dict[str, Any]:
    """Return the answer of ``GET /internal/v1/jobs``."""
    return {"jobs": [job.to_json() for job in jobs]}


def parse_jobs(body: bytes) -> tuple[IssuanceJob, ...]:
    """Read the answer of ``GET /internal/v1/jobs``; raises ``bad_job``, ``bad_identifier`` or an encoding error."""
    answer = Members(parse_json(body, max_bytes=MAX_RESULT_BYTES), code="bad_job", what="job answer")
    answer.only("jobs")
    jobs = answer.raw.get("jobs")
    if not isinstance(jobs, list) or len(jobs) > 64:
        raise answer.refusal("needs an array of at most 64 jobs")
    return tuple(parse_job(job) for job in jobs)


def parse_job(obj: object) -> IssuanceJob:
    """Read one job; raises ``bad_job`` or ``bad_identifier``."""
    job = Members(obj, code="bad_job", what="issuance job")
    job.only(*_JOB_MEMBERS, "notification_id", "response_encryption")
    encryption = job.raw.get("response_encryption")
    return IssuanceJob(
        job_id=check_identifier(job.text("job_id"), what="job id"),
        subject_handle=check_identifier(job.text("subject_handle"), what="subject handle"),
        configuration_id=job.text("configuration_id", max_length=256),
        proofs=job.texts("proofs", max_items=MAX_PROOFS, max_length=8192),
        audience=job.text("audience"),
        nonce=job.text("nonce", max_length=512),
        idempotency_key=check_identifier(job.text("idempotency_key"), what="idempotency key"),
        received_at=_time(job, "received_at"),
        notification_id=check_identifier(job.text("notification_id"), what="notification id"),
        response_encryption=None if encryption is None else parse_response_encryption(encryption),
    )


def _time(members: Members, name: str) -> datetime:
    return datetime.fromtimestamp(members.integer(name, low=0, high=_MAX_TIME), UTC)


@dataclass(frozen=True, slots=True)
class EncryptedResponse:
    """A whole credential response, encrypted to the wallet; the front cannot read it."""

    jwe: str

    def to_json(self) -> dict[str, Any]:
        """Return the result body."""
        return {"encrypted_response": self.jwe}


@dataclass(frozen=True, slots=True)
class JobError:
    """The inner side refuses; ``code`` is an OpenID4VCI error name, ``description`` holds no personal data."""

    code: str
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the result body."""
        return {"error": {"code": self.code, "description": self.description}}


JobResult = IssuedCredentials | EncryptedResponse | JobError


def result_to_json(result: JobResult) -> dict[str, Any]:
    """Return the body of ``POST /internal/v1/jobs/{job_id}/result``."""
    return {"response": result.to_json()} if isinstance(result, IssuedCredentials) else result.to_json()


def parse_result(body: bytes) -> JobResult:
    """Read a job result; raises ``bad_job_result`` or an encoding error."""
    result = Members(parse_json(body, max_bytes=MAX_RESULT_BYTES), code="bad_job_result", what="job result")
    if len(result.raw) != 1:
        raise result.refusal("needs exactly one of response, encrypted_response and error")
    if result.has("encrypted_response"):
        return EncryptedResponse(result.text("encrypted_response", max_length=MAX_RESULT_BYTES))
    if result.has("error"):
        error = Members(result.raw["error"], code="bad_job_result", what="job error")
        error.only("code", "description")
        return JobError(_error_code(error), error.text("description", max_length=512) if error.raw.get("description") else "")
    response = Members(result.object("response"), code="bad_job_result", what="job response")
    response.only("credentials", "notification_id")
    items = [
        Members(item, code="bad_job_result", what="credential") for item in response.optional_objects("credentials", max_items=MAX_PROOFS)
    ]
    if not items:
        raise response.refusal("holds no credentials")
    return IssuedCredentials(
        tuple(item.text("credential", max_length=1 << 20) for item in items), response.optional_text("notification_id")
    )


def _error_code(error: Members) -> str:
    code = error.text("code", max_length=64)
    if code not in RESULT_ERRORS:
        raise error.refusal("names an error that a wallet would not understand")
    return code
