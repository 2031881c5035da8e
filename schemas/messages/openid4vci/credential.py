"""Credential, deferred and notification messages, for both sides (OpenID4VCI 1.0 8, 9 and 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json
from schemas.formats.jose import key_from_jwk
from schemas.messages.members import Members

MAX_PROOFS: Final = 20
MAX_REQUEST_BYTES: Final = 64 * 1024
MAX_RESPONSE_BYTES: Final = 4 * 1024 * 1024
RESPONSE_ALG: Final = "ECDH-ES"
RESPONSE_ENCS: Final = ("A128GCM", "A256GCM")
EVENTS: Final = ("credential_accepted", "credential_failure", "credential_deleted")
_CLAUSE: Final = "OpenID4VCI 1.0 8.2"

ContentEncryption = Literal["A128GCM", "A256GCM"]
Event = Literal["credential_accepted", "credential_failure", "credential_deleted"]


@dataclass(frozen=True, slots=True)
class ResponseEncryption:
    """The wallet's key and algorithm for the response: ``jwk`` is a public P-256 key, ``alg`` is ECDH-ES."""

    jwk: Mapping[str, Any]
    enc: ContentEncryption

    def to_json(self) -> dict[str, Any]:
        """Return the ``credential_response_encryption`` object (8.2)."""
        return {"jwk": dict(self.jwk), "enc": self.enc}


def parse_response_encryption(obj: object) -> ResponseEncryption:
    """Read ``credential_response_encryption``.

    Raises:
        WarifuError: ``invalid_encryption_parameters`` for another key, algorithm or content encryption, or for ``zip``.
    """
    members = Members(obj, code="invalid_encryption_parameters", what="response encryption", clause=_CLAUSE)
    jwk = members.object("jwk")
    if jwk.get("alg") != RESPONSE_ALG or jwk.get("use", "enc") != "enc":
        raise members.refusal("needs a key whose alg is ECDH-ES", hint="set alg in the jwk")
    if members.has("zip"):
        raise members.refusal("asks for compression, which is not supported", hint="leave zip out")
    try:
        key_from_jwk(jwk)
    except WarifuError as error:
        raise members.refusal("needs a public P-256 key") from error
    enc = members.text("enc")
    if enc not in RESPONSE_ENCS:
        raise members.refusal("needs A128GCM or A256GCM")
    return ResponseEncryption(jwk, "A128GCM" if enc == "A128GCM" else "A256GCM")


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """A credential request; exactly one of ``configuration_id`` and ``credential_identifier`` is set."""

    configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: tuple[str, ...] = ()
    response_encryption: ResponseEncryption | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the request body (8.2): ``proofs.jwt`` holds one key proof a copy."""
        body: dict[str, Any] = {}
        if self.configuration_id is not None:
            body["credential_configuration_id"] = self.configuration_id
        if self.credential_identifier is not None:
            body["credential_identifier"] = self.credential_identifier
        if self.proofs:
            body["proofs"] = {"jwt": list(self.proofs)}
        if self.response_encryption is not None:
            body["credential_response_encryption"] = self.response_encryption.to_json()
        return body


def parse_credential_request(body: bytes) -> CredentialRequest:
    """Read a credential request; unknown members are ignored (8.2).

    Raises:
        WarifuError: ``invalid_credential_request``, ``invalid_proof`` (missing, several types, another type, more than
            20), ``invalid_encryption_parameters``, or an encoding error of strict JSON.
    """
    request = Members(
        parse_json(body, max_bytes=MAX_REQUEST_BYTES), code="invalid_credential_request", what="credential request", clause=_CLAUSE
    )
    if request.has("credential_configuration_id") == request.has("credential_identifier"):
        raise request.refusal("needs exactly one of credential_configuration_id and credential_identifier")
    encryption = request.optional_object("credential_response_encryption")
    return CredentialRequest(
        configuration_id=request.optional_text("credential_configuration_id", max_length=256),
        credential_identifier=request.optional_text("credential_identifier", max_length=256),
        proofs=_parse_proofs(request),
        response_encryption=None if encryption is None else parse_response_encryption(encryption),
    )


def _parse_proofs(request: Members) -> tuple[str, ...]:
    """Read ``proofs``: an object with the one member ``jwt``; the singular ``proof`` of older drafts counts as missing."""
    if not request.has("proofs"):
        raise WarifuError("invalid_proof", "the request holds no proofs", hint="send proofs.jwt", clause=_CLAUSE, layer="protocol")
    proofs = Members(request.raw["proofs"], code="invalid_proof", what="proofs object", clause=_CLAUSE)
    if set(proofs.raw) != {"jwt"}:
        raise proofs.refusal("needs exactly one proof type, jwt")
    return proofs.texts("jwt", max_items=MAX_PROOFS, max_length=8192)


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """Credentials in the order the issuer chose: a wallet finds the key of each by its binding, not by position."""

    credentials: tuple[str, ...]
    notification_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the response body (8.3)."""
        body: dict[str, Any] = {"credentials": [{"credential": text} for text in self.credentials]}
        return body if self.notification_id is None else {**body, "notification_id": self.notification_id}


@dataclass(frozen=True, slots=True)
class DeferredIssuance:
    """Not yet: ask the deferred endpoint again after ``interval`` seconds."""

    transaction_id: str
    interval: int

    def to_json(self) -> dict[str, Any]:
        """Return the body of the 202 answer (8.3, 9.2)."""
        return {"transaction_id": self.transaction_id, "interval": self.interval}


CredentialAnswer = IssuedCredentials | DeferredIssuance


def parse_credential_answer(body: bytes, *, asked: int) -> CredentialAnswer:
    """Read the body of a 200 or 202 answer, already decrypted where it was encrypted.

    Args:
        body: JSON.
        asked: number of proofs sent; more credentials than that are refused.

    Raises:
        WarifuError: ``bad_credential_response``, or an encoding error of strict JSON.
    """
    parsed = parse_json(body, max_bytes=MAX_RESPONSE_BYTES)
    answer = Members(parsed, code="bad_credential_response", what="credential response", clause="OpenID4VCI 1.0 8.3")
    if answer.has("transaction_id") == answer.has("credentials"):
        raise answer.refusal("needs exactly one of credentials and transaction_id")
    if answer.has("transaction_id"):
        return DeferredIssuance(answer.text("transaction_id"), answer.integer("interval", low=1, high=31 * 86_400))
    items = answer.optional_objects("credentials", max_items=max(asked, 1))
    texts = [
        Members(item, code="bad_credential_response", what="credentials item").text("credential", max_length=1 << 20) for item in items
    ]
    return IssuedCredentials(tuple(texts), answer.optional_text("notification_id"))


@dataclass(frozen=True, slots=True)
class DeferredRequest:
    """A question after a deferred issuance (9.1)."""

    transaction_id: str
    response_encryption: ResponseEncryption | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the request body."""
        body: dict[str, Any] = {"transaction_id": self.transaction_id}
        if self.response_encryption is not None:
            body["credential_response_encryption"] = self.response_encryption.to_json()
        return body


def parse_deferred_request(body: bytes) -> DeferredRequest:
    """Read a deferred credential request; raises ``invalid_credential_request`` or ``invalid_encryption_parameters`` (9.1)."""
    parsed = parse_json(body, max_bytes=MAX_REQUEST_BYTES)
    request = Members(parsed, code="invalid_credential_request", what="deferred credential request", clause="OpenID4VCI 1.0 9.1")
    encryption = request.optional_object("credential_response_encryption")
    return DeferredRequest(
        request.text("transaction_id", max_length=256), None if encryption is None else parse_response_encryption(encryption)
    )


@dataclass(frozen=True, slots=True)
class Notification:
    """What became of issued credentials (11.1); the description is untrusted text."""

    notification_id: str
    event: Event
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the request body."""
        body: dict[str, Any] = {"notification_id": self.notification_id, "event": self.event}
        return body if self.description is None else {**body, "event_description": self.description}


def parse_notification(body: bytes) -> Notification:
    """Read a notification; unknown members are ignored; raises ``invalid_notification_request`` (11.3)."""
    parsed = parse_json(body, max_bytes=MAX_REQUEST_BYTES)
    request = Members(parsed, code="invalid_notification_request", what="notification", clause="OpenID4VCI 1.0 11.1")
    event = request.text("event")
    if event not in EVENTS:
        raise request.refusal("names an event that is not defined")
    description = request.optional_text("event_description")
    return Notification(request.text("notification_id", max_length=256), event, description)  # type: ignore[arg-type]  # checked above


def credential_request(
    configuration_id: str, proofs: Sequence[str], *, response_encryption: ResponseEncryption | None = None
) -> CredentialRequest:
    """Return the request that a wallet sends for one configuration and as many copies as there are proofs."""
    return CredentialRequest(configuration_id, None, tuple(proofs), response_encryption)
