"""Credential issuer metadata and authorization server metadata as a wallet reads them (OpenID4VCI 1.0 12.2, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json
from schemas.messages.members import Members
from schemas.messages.openid4vci.addresses import check_https_url, check_issuer_identifier
from schemas.messages.openid4vci.configuration import CredentialConfiguration, parse_configuration

MAX_METADATA_BYTES: Final = 1024 * 1024
_CLAUSE: Final = "OpenID4VCI 1.0 12.2.4"


@dataclass(frozen=True, slots=True)
class RequestEncryption:
    """Keys and algorithms for encrypted credential requests; ``keys`` are public JWKs with ``kid``."""

    keys: tuple[Mapping[str, Any], ...]
    enc_values: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class ResponseEncryptionSupport:
    """What the issuer can do when a wallet asks for an encrypted response."""

    alg_values: tuple[str, ...]
    enc_values: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class IssuerMetadata:
    """Credential issuer metadata; ``authorization_servers`` is empty where the issuer is its own."""

    credential_issuer: str
    credential_endpoint: str
    configurations: Mapping[str, CredentialConfiguration]
    authorization_servers: tuple[str, ...] = ()
    nonce_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    notification_endpoint: str | None = None
    request_encryption: RequestEncryption | None = None
    response_encryption: ResponseEncryptionSupport | None = None
    batch_size: int = 1
    display: tuple[Mapping[str, Any], ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def parse_issuer_metadata(data: bytes | str, *, expected_issuer: str) -> IssuerMetadata:
    """Read issuer metadata fetched for ``expected_issuer``.

    Raises:
        WarifuError: ``issuer_mismatch`` where ``credential_issuer`` is not byte for byte the expected one (threat C07),
            ``bad_issuer_metadata`` for anything malformed, or an encoding error of strict JSON.
    """
    return read_issuer_metadata(parse_json(data, max_bytes=MAX_METADATA_BYTES), expected_issuer=expected_issuer)


def read_issuer_metadata(document: object, *, expected_issuer: str) -> IssuerMetadata:
    """Read issuer metadata from parsed JSON; raises as :func:`parse_issuer_metadata`."""
    metadata = Members(document, code="bad_issuer_metadata", what="issuer metadata", clause=_CLAUSE)
    issuer = check_issuer_identifier(metadata.text("credential_issuer"), code="bad_issuer_metadata")
    check_same_issuer(issuer, expected_issuer, clause="OpenID4VCI 1.0 12.2.1")
    configurations = {
        name: parse_configuration(name, value) for name, value in metadata.object("credential_configurations_supported").items()
    }
    return IssuerMetadata(
        credential_issuer=issuer,
        credential_endpoint=_endpoint(metadata, "credential_endpoint"),
        configurations=configurations,
        authorization_servers=tuple(
            check_issuer_identifier(url, code="bad_issuer_metadata") for url in metadata.optional_texts("authorization_servers")
        ),
        nonce_endpoint=_optional_endpoint(metadata, "nonce_endpoint"),
        deferred_credential_endpoint=_optional_endpoint(metadata, "deferred_credential_endpoint"),
        notification_endpoint=_optional_endpoint(metadata, "notification_endpoint"),
        request_encryption=_request_encryption(metadata),
        response_encryption=_response_encryption(metadata),
        batch_size=_batch_size(metadata),
        display=metadata.optional_objects("display"),
        raw=metadata.raw,
    )


def check_same_issuer(named: str, expected: str, *, clause: str) -> None:
    """Check that a document speaks for the issuer it was fetched for, compared as text (threat C07)."""
    if named != expected:
        raise WarifuError(
            "issuer_mismatch",
            "the metadata names another issuer than the one it was fetched for",
            hint="do not use this issuer: its metadata is wrong or was replaced",
            clause=clause,
            layer="protocol",
        )


def _endpoint(metadata: Members, name: str) -> str:
    url = metadata.text(name)
    check_https_url(url, what=name, code="bad_issuer_metadata")
    return url


def _optional_endpoint(metadata: Members, name: str) -> str | None:
    return _endpoint(metadata, name) if metadata.has(name) else None


def _batch_size(metadata: Members) -> int:
    obj = metadata.optional_object("batch_credential_issuance")
    return 1 if obj is None else _members(obj, "batch_credential_issuance").integer("batch_size", low=2, high=1_000_000)


def _request_encryption(metadata: Members) -> RequestEncryption | None:
    obj = metadata.optional_object("credential_request_encryption")
    if obj is None:
        return None
    block = _members(obj, "credential_request_encryption")
    jwks = _members(block.object("jwks"), "jwks")
    keys = jwks.optional_objects("keys", max_items=32)
    if not keys:
        raise jwks.refusal("holds no keys")
    kids = [_members(key, "request encryption key").text("kid") for key in keys]
    if len(set(kids)) != len(kids):
        raise jwks.refusal("uses one kid for two keys")
    for key in keys:
        _members(key, "request encryption key").text("kty")
    return RequestEncryption(keys, block.texts("enc_values_supported"), block.boolean("encryption_required"))


def _response_encryption(metadata: Members) -> ResponseEncryptionSupport | None:
    obj = metadata.optional_object("credential_response_encryption")
    if obj is None:
        return None
    block = _members(obj, "credential_response_encryption")
    return ResponseEncryptionSupport(
        block.texts("alg_values_supported"), block.texts("enc_values_supported"), block.boolean("encryption_required")
    )


def _members(obj: object, what: str) -> Members:
    return Members(obj, code="bad_issuer_metadata", what=what, clause=_CLAUSE)


@dataclass(frozen=True, slots=True)
class AuthorizationServerMetadata:
    """What a wallet of the pre-authorized code flow needs to know about the authorization server."""

    issuer: str
    token_endpoint: str
    grant_types: tuple[str, ...]
    dpop_algs: tuple[str, ...]
    anonymous_access: bool
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def parse_authorization_server_metadata(data: bytes | str, *, expected_issuer: str) -> AuthorizationServerMetadata:
    """Read authorization server metadata fetched for ``expected_issuer``.

    Raises:
        WarifuError: ``issuer_mismatch``, ``bad_server_metadata``, or an encoding error of strict JSON (RFC 8414 3.3).
    """
    parsed = parse_json(data, max_bytes=MAX_METADATA_BYTES)
    server = Members(parsed, code="bad_server_metadata", what="authorization server metadata", clause="RFC 8414 2")
    issuer = check_issuer_identifier(server.text("issuer"), code="bad_server_metadata")
    check_same_issuer(issuer, expected_issuer, clause="RFC 8414 3.3")
    endpoint = server.text("token_endpoint")
    check_https_url(endpoint, what="token_endpoint", code="bad_server_metadata")
    return AuthorizationServerMetadata(
        issuer=issuer,
        token_endpoint=endpoint,
        grant_types=server.optional_texts("grant_types_supported") or ("authorization_code", "implicit"),
        dpop_algs=server.optional_texts("dpop_signing_alg_values_supported"),
        anonymous_access=server.boolean("pre-authorized_grant_anonymous_access_supported", default=False),
        raw=server.raw,
    )
