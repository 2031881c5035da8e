"""The wallet's side of OpenID4VCI 1.0: metadata, tokens, nonces, credentials, each one exchange with its errors made plain."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from runtime.fetcher import Fetched, GuardedFetcher
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jose import Signer
from schemas.formats.jwe import encrypt_jwe
from schemas.messages.dpop import build_dpop
from schemas.messages.key_proof import build_key_proof
from schemas.messages.openid4vci import (
    CredentialAnswer,
    DeferredRequest,
    IssuerMetadata,
    Notification,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenResponse,
    check_signed_metadata,
    credential_request,
    parse_authorization_server_metadata,
    parse_issuer_metadata,
    parse_nonce_response,
    parse_token_response,
    well_known_url,
)
from schemas.trust import Anchors
from wallet.receive.answers import JSON, JWT, MAX_ANSWER_BYTES, IssuerRefusedError, ResponseKey, read_answer, refusal, request_key_of
from wallet.receive.issuers import IssuerEndpoints, Statement, authorization_server_of, check_own_endpoints, metadata_anchors

#: An issuer may take its time before it answers or defers.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Access:
    """An access token, the key it is bound to, and where it is good."""

    endpoints: IssuerEndpoints
    token: str = field(repr=False)
    dpop_key: Signer = field(repr=False)


class IssuanceClient:
    """Speaks to issuers; holds no state but the DPoP nonce that the server gave."""

    def __init__(self, fetcher: GuardedFetcher, *, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._now = now
        self._dpop_nonce: str | None = None

    def endpoints(self, issuer: str, *, anchors: Anchors, authorization_server: str | None = None) -> IssuerEndpoints:
        """Fetch issuer and authorization server metadata from the inserted well-known paths (OpenID4VCI 1.0 12.2.2).

        Args:
            anchors: whom the wallet trusts; where one certifies the issuer's metadata signers, the signed form is asked for.
            authorization_server: the one that the offer names, where it does.

        Raises:
            WarifuError: ``issuer_mismatch``, ``endpoint_elsewhere``, ``authorization_server_unknown`` (threat row C07),
                or what the metadata's parsing and signature are refused for.
            UndeterminedError: ``issuer_unreachable`` and what the fetcher raises.
        """
        metadata, statement = self._issuer_metadata(issuer, metadata_anchors(issuer, anchors))
        check_own_endpoints(issuer, endpoints_of(metadata))
        server = authorization_server_of(metadata, authorization_server)
        answer = self._get(well_known_url(server, "oauth-authorization-server"), JSON)
        token_endpoint = parse_authorization_server_metadata(answer.body, expected_issuer=server).token_endpoint
        check_own_endpoints(server, [token_endpoint])
        return IssuerEndpoints(metadata, token_endpoint, statement)

    def _issuer_metadata(self, issuer: str, anchors: Anchors) -> tuple[IssuerMetadata, Statement]:
        """Fetch the metadata, signed where the signature could be checked and the issuer signs (12.2.3, C28)."""
        answer = self._get(well_known_url(issuer, "openid-credential-issuer"), f"{JWT}, {JSON}" if anchors else JSON)
        if answer.content_type == JWT:
            return check_signed_metadata(answer.body, expected_issuer=issuer, anchors=anchors, at=self._now()), "signed"
        return parse_issuer_metadata(answer.body, expected_issuer=issuer), "unsigned" if anchors else "not-asked"

    def _get(self, url: str, accept: str) -> Fetched:
        answer = self._fetcher.get(url, accept=accept)
        if answer.status != 200:
            raise UndeterminedError("issuer_unreachable", f"the issuer answered {answer.status} for its metadata", hint="try again later")
        return answer

    def token(
        self, endpoints: IssuerEndpoints, request: PreAuthorizedTokenRequest | RefreshTokenRequest, *, dpop_key: Signer
    ) -> TokenResponse:
        """Exchange a code or refresh token for an access token bound to ``dpop_key``.

        Raises:
            WarifuError: ``token_refused`` or what the exchange refuses.
        """
        url = endpoints.token_endpoint
        answer = self._with_dpop(url, dpop_key, lambda headers: self._fetcher.post_form(url, request.to_form(), headers))
        if answer.status == 200:
            return parse_token_response(answer.body)
        raise refusal(answer, "token_refused")

    def nonce(self, endpoint: str) -> str:
        """Fetch a fresh ``c_nonce`` (7.1)."""
        answer = self._fetcher.post(endpoint, b"", JSON)
        if answer.status != 200:
            raise refusal(answer, "nonce_refused")
        self._dpop_nonce = answer.headers.get("dpop-nonce", self._dpop_nonce)
        return parse_nonce_response(answer.body)

    def credentials(self, access: Access, configuration_id: str, keys: Sequence[Signer], *, encrypted: bool) -> CredentialAnswer:
        """Ask for one copy a key; once more where the nonce had run out (8.3.1.2).

        Args:
            encrypted: ask for an encrypted response, unreadable to what stands between (8.2, 10); needs the issuer's
                support.

        Raises:
            WarifuError: ``credential_refused`` with the issuer's error name, or what the answer's parsing refuses.
        """
        nonce_endpoint = access.endpoints.metadata.nonce_endpoint
        if nonce_endpoint is None:
            raise WarifuError("no_nonce_endpoint", "the issuer has no nonce endpoint", clause="HAIP 1.0 4.1", layer="protocol")
        try:
            return self._credentials(access, configuration_id, keys, self.nonce(nonce_endpoint), encrypted=encrypted)
        except IssuerRefusedError as error:
            if error.error != "invalid_nonce":
                raise
            return self._credentials(access, configuration_id, keys, self.nonce(nonce_endpoint), encrypted=encrypted)

    def _credentials(
        self, access: Access, configuration_id: str, keys: Sequence[Signer], c_nonce: str, *, encrypted: bool
    ) -> CredentialAnswer:
        metadata = access.endpoints.metadata
        proofs = [build_key_proof(key, audience=metadata.credential_issuer, nonce=c_nonce, iat=self._now()) for key in keys]
        response_key = ResponseKey.fresh() if encrypted else None
        request = credential_request(configuration_id, proofs, response_encryption=response_key.encryption if response_key else None)
        answer = self._ask(access, metadata.credential_endpoint, request.to_json(), encrypted=encrypted)
        return read_answer(answer, response_key, asked=len(keys))

    def deferred(self, access: Access, transaction_id: str, *, asked: int, encrypted: bool) -> CredentialAnswer:
        """Ask again after a deferred issuance (9.1); encryption is asked for anew."""
        endpoint = access.endpoints.metadata.deferred_credential_endpoint
        if endpoint is None:
            raise WarifuError(
                "no_deferred_endpoint", "the issuer defers and has no endpoint to ask", clause="OpenID4VCI 1.0 9", layer="protocol"
            )
        response_key = ResponseKey.fresh() if encrypted else None
        request = DeferredRequest(transaction_id, response_key.encryption if response_key else None)
        return read_answer(self._ask(access, endpoint, request.to_json(), encrypted=encrypted), response_key, asked=asked)

    def notify(self, access: Access, notification: Notification) -> None:
        """Tell the issuer what became of the credentials, where it has an ear for it (11); its answer changes nothing."""
        endpoint = access.endpoints.metadata.notification_endpoint
        if endpoint is not None:
            self._resource(access, endpoint, dump_json(notification.to_json()), JSON)

    def _ask(self, access: Access, url: str, body: Mapping[str, object], *, encrypted: bool) -> Fetched:
        """Send a request; encrypted itself where the response is to be, as 8.2 demands."""
        content = dump_json(dict(body))
        if not encrypted:
            return self._resource(access, url, content, JSON)
        key = request_key_of(access.endpoints.metadata)
        return self._resource(access, url, encrypt_jwe(content, recipient=key, enc="A256GCM").encode("ascii"), JWT)

    def _resource(self, access: Access, url: str, body: bytes, media_type: str) -> Fetched:
        def send(headers: dict[str, str]) -> Fetched:
            sent = {**headers, "authorization": f"DPoP {access.token}"}
            return self._fetcher.post(url, body, media_type, sent, timeout=PATIENCE, max_bytes=MAX_ANSWER_BYTES)

        return self._with_dpop(url, access.dpop_key, send, access.token)

    def _with_dpop(self, url: str, key: Signer, send: Callable[[dict[str, str]], Fetched], access_token: str | None = None) -> Fetched:
        """Send with a DPoP proof, once more where the server wants its nonce in it (RFC 9449 8, 9)."""
        answer = send(self._dpop(url, key, access_token))
        nonce = answer.headers.get("dpop-nonce")
        if nonce and nonce != self._dpop_nonce:
            self._dpop_nonce = nonce
            if answer.status in (400, 401) and b"use_dpop_nonce" in answer.body + answer.headers.get("www-authenticate", "").encode():
                answer = send(self._dpop(url, key, access_token))
        return answer

    def _dpop(self, url: str, key: Signer, access_token: str | None) -> dict[str, str]:
        jti = secrets.token_urlsafe(16)
        proof = build_dpop(key, method="POST", url=url, iat=self._now(), jti=jti, access_token=access_token, nonce=self._dpop_nonce)
        return {"dpop": proof}


def endpoints_of(metadata: IssuerMetadata) -> list[str | None]:
    """Return every endpoint that an issuer's metadata names."""
    return [
        metadata.credential_endpoint,
        metadata.nonce_endpoint,
        metadata.deferred_credential_endpoint,
        metadata.notification_endpoint,
    ]
