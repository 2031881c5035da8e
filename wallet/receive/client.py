"""The wallet's side of OpenID4VCI 1.0: metadata, tokens, nonces, credentials, each one exchange with its errors made plain."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from runtime.fetcher import Fetched, GuardedFetcher
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import Signer, public_jwk
from schemas.formats.jwe import decrypt_jwe, encrypt_jwe
from schemas.messages.dpop import build_dpop
from schemas.messages.key_proof import build_key_proof
from schemas.messages.openid4vci import (
    CredentialAnswer,
    DeferredIssuance,
    DeferredRequest,
    IssuerMetadata,
    Notification,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    ResponseEncryption,
    TokenResponse,
    credential_request,
    parse_authorization_server_metadata,
    parse_credential_answer,
    parse_error_answer,
    parse_issuer_metadata,
    parse_nonce_response,
    parse_token_response,
    well_known_url,
)

JSON = "application/json"
JWT = "application/jwt"


@dataclass(frozen=True, slots=True)
class IssuerEndpoints:
    """What the wallet learned of an issuer, checked against the issuer it was fetched for (threat row C07)."""

    metadata: IssuerMetadata
    token_endpoint: str


class IssuanceClient:
    """Speaks to one issuer; holds no state but the DPoP nonce that the server gave."""

    def __init__(self, fetcher: GuardedFetcher, *, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._now = now
        self._dpop_nonce: str | None = None

    def endpoints(self, issuer: str) -> IssuerEndpoints:
        """Fetch issuer and authorization server metadata from the inserted well-known paths (OpenID4VCI 1.0 12.2.2)."""
        metadata = parse_issuer_metadata(self._get(well_known_url(issuer, "openid-credential-issuer")), expected_issuer=issuer)
        server = metadata.authorization_servers[0] if metadata.authorization_servers else issuer
        answer = self._get(well_known_url(server, "oauth-authorization-server"))
        return IssuerEndpoints(metadata, parse_authorization_server_metadata(answer, expected_issuer=server).token_endpoint)

    def _get(self, url: str) -> bytes:
        answer = self._fetcher.get(url, accept=JSON)
        if answer.status != 200:
            raise UndeterminedError("issuer_unreachable", f"the issuer answered {answer.status} for its metadata", hint="try again later")
        return answer.body

    def token(self, endpoint: str, request: PreAuthorizedTokenRequest | RefreshTokenRequest, *, dpop_key: Signer) -> TokenResponse:
        """Exchange a code or refresh token for an access token bound to ``dpop_key``.

        Raises:
            WarifuError: ``code_refused``, ``token_refused`` or what the exchange refuses.
        """
        answer = self._with_dpop("POST", endpoint, dpop_key, lambda headers: self._fetcher.post_form(endpoint, request.to_form(), headers))
        if answer.status == 200:
            return parse_token_response(answer.body)
        raise _refused(answer, "token_refused", _TOKEN_HINTS)

    def nonce(self, endpoint: str) -> str:
        """Fetch a fresh ``c_nonce`` (7.1)."""
        answer = self._fetcher.post(endpoint, b"", JSON)
        if answer.status != 200:
            raise _refused(answer, "nonce_refused", {})
        self._dpop_nonce = answer.headers.get("dpop-nonce", self._dpop_nonce)
        return parse_nonce_response(answer.body)

    def credentials(
        self,
        endpoints: IssuerEndpoints,
        configuration_id: str,
        keys: Sequence[Signer],
        *,
        access_token: str,
        dpop_key: Signer,
        encrypted: bool,
    ) -> CredentialAnswer:
        """Ask for one copy a key.

        Args:
            encrypted: ask for an encrypted response, unreadable to what stands between (8.2, 10); needs the issuer's
                support.

        Raises:
            WarifuError: ``credential_refused`` with the issuer's error name, or what the answer's parsing refuses.
        """
        metadata = endpoints.metadata
        if metadata.nonce_endpoint is None:
            raise WarifuError("no_nonce_endpoint", "the issuer has no nonce endpoint", clause="HAIP 1.0 4.1", layer="protocol")
        c_nonce = self.nonce(metadata.nonce_endpoint)
        proofs = [build_key_proof(key, audience=metadata.credential_issuer, nonce=c_nonce, iat=self._now()) for key in keys]
        response_key = _ResponseKey.fresh() if encrypted else None
        request = credential_request(configuration_id, proofs, response_encryption=response_key.encryption if response_key else None)
        body, media_type = self._sealed(metadata, dump_json(request.to_json()), encrypted)
        answer = self._resource(metadata.credential_endpoint, body, media_type, access_token, dpop_key)
        return _read_answer(answer, response_key, asked=len(keys))

    def deferred(
        self, endpoints: IssuerEndpoints, deferred: DeferredIssuance, *, asked: int, access_token: str, dpop_key: Signer
    ) -> CredentialAnswer:
        """Ask again after a deferred issuance (9.1)."""
        endpoint = endpoints.metadata.deferred_credential_endpoint
        if endpoint is None:
            raise WarifuError(
                "no_deferred_endpoint", "the issuer defers and has no endpoint to ask", clause="OpenID4VCI 1.0 9", layer="protocol"
            )
        body = dump_json(DeferredRequest(deferred.transaction_id).to_json())
        return _read_answer(self._resource(endpoint, body, JSON, access_token, dpop_key), None, asked=asked)

    def notify(self, endpoints: IssuerEndpoints, notification: Notification, *, access_token: str, dpop_key: Signer) -> None:
        """Tell the issuer what became of the credentials; an issuer that cannot hear it changes nothing (11)."""
        endpoint = endpoints.metadata.notification_endpoint
        if endpoint is not None:
            self._resource(endpoint, dump_json(notification.to_json()), JSON, access_token, dpop_key)

    def _sealed(self, metadata: IssuerMetadata, body: bytes, encrypted: bool) -> tuple[bytes, str]:
        """Encrypt the request where the response is to be encrypted, as 8.2 demands."""
        if not encrypted:
            return body, JSON
        support = metadata.request_encryption
        if support is None or metadata.response_encryption is None:
            raise WarifuError(
                "encryption_unsupported",
                "the issuer cannot encrypt",
                hint="accept without --encrypt",
                clause="OpenID4VCI 1.0 10",
                layer="protocol",
            )
        return encrypt_jwe(body, recipient=dict(support.keys[0]), enc="A256GCM").encode("ascii"), JWT

    def _resource(self, url: str, body: bytes, media_type: str, access_token: str, dpop_key: Signer) -> Fetched:
        def send(headers: dict[str, str]) -> Fetched:
            return self._fetcher.post(url, body, media_type, {**headers, "authorization": f"DPoP {access_token}"}, timeout=30.0)

        return self._with_dpop("POST", url, dpop_key, send, access_token)

    def _with_dpop(
        self, method: str, url: str, key: Signer, send: Callable[[dict[str, str]], Fetched], access_token: str | None = None
    ) -> Fetched:
        """Send with a DPoP proof, once more where the server wants its nonce in it (RFC 9449 8, 9)."""
        answer = send(self._dpop(method, url, key, access_token))
        nonce = answer.headers.get("dpop-nonce")
        if nonce and nonce != self._dpop_nonce:
            self._dpop_nonce = nonce
            if answer.status in (400, 401) and b"use_dpop_nonce" in answer.body + answer.headers.get("www-authenticate", "").encode():
                answer = send(self._dpop(method, url, key, access_token))
        return answer

    def _dpop(self, method: str, url: str, key: Signer, access_token: str | None) -> dict[str, str]:
        proof = build_dpop(
            key, method=method, url=url, iat=self._now(), jti=secrets.token_urlsafe(16), access_token=access_token, nonce=self._dpop_nonce
        )
        return {"dpop": proof}


@dataclass(frozen=True, slots=True)
class _ResponseKey:
    """A key for one encrypted response."""

    private: Mapping[str, str]
    encryption: ResponseEncryption

    @classmethod
    def fresh(cls) -> _ResponseKey:
        key = ec.generate_private_key(ec.SECP256R1())
        public = {**public_jwk(key.public_key()), "alg": "ECDH-ES", "use": "enc", "kid": secrets.token_urlsafe(8)}
        secret = b64url_encode(key.private_numbers().private_value.to_bytes(32, "big"))
        return cls({**public, "d": secret}, ResponseEncryption(public, "A256GCM"))


def _read_answer(answer: Fetched, key: _ResponseKey | None, *, asked: int) -> CredentialAnswer:
    if answer.status not in (200, 202):
        raise _refused(answer, "credential_refused", _CREDENTIAL_HINTS)
    if key is None or (answer.status == 202 and answer.content_type == JSON):
        return parse_credential_answer(answer.body, asked=asked)
    if answer.content_type != JWT:
        raise WarifuError(
            "response_not_encrypted",
            "the issuer answered in the clear although encryption was asked for",
            clause="OpenID4VCI 1.0 8.3",
            layer="protocol",
        )
    plain = decrypt_jwe(
        answer.body.decode("ascii", "replace"),
        key=dict(key.private),
        expected_kid=str(key.encryption.jwk["kid"]),
        max_bytes=4 * 1024 * 1024,
    )
    return parse_credential_answer(dump_json(parse_json_object(plain, max_bytes=4 * 1024 * 1024)), asked=asked)


_TOKEN_HINTS = {
    "invalid_grant": "the offer was used, has expired, or the transaction code is wrong: ask for a new offer",
    "invalid_request": "the offer may need a transaction code: see --tx-code-fd",
}
_CREDENTIAL_HINTS = {
    "credential_request_denied": "この証明書はこの方法では交付できません。市民課窓口へお越しください。",
    "invalid_nonce": "try again",
    "invalid_token": "ask the municipality for a new offer",
}


def _refused(answer: Fetched, code: str, hints: dict[str, str]) -> WarifuError:
    """Return the error for an answer that is no success: only the standard error name goes further, no foreign text."""
    if answer.status >= 500:
        return UndeterminedError("issuer_unreachable", f"the issuer answered {answer.status}", hint="try again later")
    try:
        name = parse_error_answer(answer.body).error
    except WarifuError:
        name = ""
    known = name if name.replace("_", "").isalpha() and name.isascii() and len(name) <= 64 else "unknown_error"
    return WarifuError(code, f"the issuer refused: {known}", hint=hints.get(known, ""), clause="OpenID4VCI 1.0", layer="protocol")
