"""Credential requests: what the front checks before the inner side hears of them.

The front checks the token's right, every key proof and the nonce, so that only sound requests cost the inner side
anything; the inner side checks the proofs again and decides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.front.nonces import NonceMint
from issuer.front.refusals import Refusal, challenge, refuse, refused_as
from issuer.front.tokens import Grant, RandomBytes
from issuer.store.front import notification, request
from runtime import single_use
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import jwk_thumbprint
from schemas.messages.jobs import IssuanceJob, new_identifier
from schemas.messages.key_proof import KeyProof, check_key_proof
from schemas.messages.openid4vci import CredentialRequest

RETRY_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RequestDesk:
    """Accepts credential requests for one issuer.

    Attributes:
        issuer: credential issuer identifier, the audience of every proof.
        configuration_ids: what can be had here at all.
        batch_size: most proofs in one request.
    """

    engine: sa.Engine
    issuer: str
    configuration_ids: frozenset[str]
    batch_size: int
    nonces: NonceMint
    random: RandomBytes

    def accept(self, grant: Grant, asked: CredentialRequest, *, at: datetime) -> IssuanceJob:
        """Return the job of a sound request; its nonce is spent now, unless the very same request came before.

        Raises:
            Refusal: ``unknown_credential_configuration``, ``unknown_credential_identifier``, ``insufficient_scope`` (403),
                ``invalid_proof``, ``invalid_nonce``.
            WarifuError: failures of the store.
        """
        configuration_id = self._configuration(grant, asked)
        with refused_as("invalid_proof"):
            nonce = check_proofs(asked.proofs, audience=self.issuer, at=at, batch_size=self.batch_size)
        request_hash = hash_request(grant.token_hash, asked)
        received_at, notification_id = self._spend_nonce(grant, request_hash, nonce, at)
        return IssuanceJob(
            job_id=new_identifier(self.random(16)),
            subject_handle=grant.subject_handle,
            configuration_id=configuration_id,
            proofs=asked.proofs,
            audience=self.issuer,
            nonce=nonce,
            idempotency_key=request_hash,
            received_at=received_at,
            notification_id=notification_id,
            response_encryption=asked.response_encryption,
        )

    def _configuration(self, grant: Grant, asked: CredentialRequest) -> str:
        if asked.configuration_id is None:
            raise refuse(
                "unknown_credential_identifier",
                "unknown_credential_identifier",
                "no credential identifiers are given out here",
                hint="send credential_configuration_id",
                clause="OpenID4VCI 1.0 8.2",
            )
        if asked.configuration_id not in self.configuration_ids:
            raise refuse(
                "unknown_credential_configuration",
                "unknown_credential_configuration",
                "the credential configuration is not known",
                hint="read the issuer metadata",
                clause="OpenID4VCI 1.0 8.3.1.2",
            )
        check_scope(asked.configuration_id, grant)
        return asked.configuration_id

    def _spend_nonce(self, grant: Grant, request_hash: str, nonce: str, at: datetime) -> tuple[datetime, str]:
        """Spend the nonce and remember the request, in one transaction; a retry changes nothing (threats C13, C22)."""
        with begin(self.engine) as connection:
            known = _accepted_before(connection, request_hash)
            if known is not None:
                return known
            try:
                with refused_as("invalid_nonce"):
                    spend(connection, nonce, expires_at=self.nonces.expiry(nonce, at=at))
            except Refusal:
                known = _accepted_before(connection, request_hash)  # its twin may have come first, in another worker
                if known is None:
                    raise
                return known
            notification_id = new_identifier(self.random(16))
            owner = {"grant_id": grant.grant_id, "notification_id": notification_id, "expires_at": at + RETRY_LIFE}
            connection.execute(sa.insert(request).values(request_hash=request_hash, received_at=at, **owner))
            connection.execute(sa.insert(notification).values(**owner))
            return at, notification_id


def _accepted_before(connection: sa.Connection, request_hash: str) -> tuple[datetime, str] | None:
    """Return when the very same request was accepted first, and its notification id."""
    row = connection.execute(sa.select(request).where(request.c.request_hash == request_hash)).mappings().one_or_none()
    return None if row is None else (row["received_at"], row["notification_id"])


def check_scope(configuration_id: str, grant: Grant) -> None:
    """A token opens what its offer named and nothing else; raises ``insufficient_scope`` (RFC 6750 3.1)."""
    if configuration_id not in grant.configuration_ids:
        failure = WarifuError(
            "insufficient_scope", "the token is not for this credential", hint="ask for another offer", clause="RFC 6750 3.1"
        )
        with refused_as("insufficient_scope", status=403, headers=challenge("insufficient_scope")):
            raise failure


def check_proofs(proofs: tuple[str, ...], *, audience: str, at: datetime, batch_size: int) -> str:
    """Check every proof of a request and return their one nonce.

    Raises:
        WarifuError: ``too_many_proofs``, ``proofs_missing``, ``proof_nonces_differ``, ``proof_key_repeated`` or the codes
            of :func:`schemas.messages.key_proof.check_key_proof`.
    """
    if not 0 < len(proofs) <= batch_size:
        code = "too_many_proofs" if proofs else "proofs_missing"
        raise WarifuError(code, f"between 1 and {batch_size} key proofs are accepted", clause="OpenID4VCI 1.0 8.2", layer="protocol")
    checked = [check_key_proof(proof, audience=audience, at=at) for proof in proofs]
    check_distinct_keys(checked)
    check_one_nonce(checked)
    return checked[0].nonce


def check_distinct_keys(checked: list[KeyProof]) -> None:
    """One copy a key: the same key twice in a batch would make two copies linkable (threat C16)."""
    if len({jwk_thumbprint(proof.public_key) for proof in checked}) != len(checked):
        raise WarifuError(
            "proof_key_repeated", "one key is proven twice", hint="make a key for every copy", clause="OpenID4VCI 1.0 8.2", layer="protocol"
        )


def check_one_nonce(checked: list[KeyProof]) -> None:
    """All proofs of a request answer the same nonce (OpenID4VCI 1.0 8.2)."""
    if len({proof.nonce for proof in checked}) != 1:
        raise WarifuError(
            "proof_nonces_differ",
            "the key proofs hold different nonces",
            hint="use one nonce",
            clause="OpenID4VCI 1.0 8.2",
            layer="protocol",
        )


def spend(connection: sa.Connection, nonce: str, *, expires_at: datetime) -> None:
    """Use up ``nonce``; raises ``replayed`` where that happened before (threat C13)."""
    single_use.consume(connection, "c_nonce", nonce, expires_at=expires_at)


def hash_request(token_hash: str, asked: CredentialRequest) -> str:
    """Return the name of a request under which it may be repeated: token, configuration and proofs (threat C22)."""
    text = dump_json([token_hash, asked.configuration_id, list(asked.proofs)])
    return b64url_encode(hashlib.sha256(text).digest())
