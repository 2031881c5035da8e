"""The request object of a session: signed anew at each fetch, always with the same content but for the wallet's nonce."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from schemas.errors import WarifuError
from schemas.messages.openid4vp import MAX_REQUEST_LIFETIME, RequestParameters, authorization_request_uri, build_request_object
from verifier.office import Office
from verifier.sessions import Session

REQUEST_PATH: Final = "/openid4vp/request"
RESPONSE_PATH: Final = "/openid4vp/response"
RETURN_PATH: Final = "/openid4vp/return"
START_PATH: Final = "/openid4vp/start"
DEFAULT_WALLET: Final = "haip-vp://"

_WALLET_NONCE = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}\Z")
_WALLET_URL = re.compile(r"(https://[^\s#]{1,1000}|haip-vp://|openid4vp://|[a-z][a-z0-9+.-]{1,30}://)\Z")


def response_uri(office: Office, session: Session) -> str:
    """Return where the wallet posts its answer; the path is a secret of this request (threat D04)."""
    return f"{office.public_url}{RESPONSE_PATH}/{session.response_secret}"


def request_object(office: Office, session: Session, *, at: datetime, wallet_nonce: str | None = None) -> str:
    """Return the signed request object of a pending session.

    Raises:
        WarifuError: ``wallet_nonce_malformed``; ``key_closed`` in a process that was not given the key.
    """
    if office.identity is None:
        raise WarifuError("key_closed", "this process cannot sign requests", hint="start serve with the passphrase")
    if wallet_nonce is not None and _WALLET_NONCE.match(wallet_nonce) is None:
        raise WarifuError(
            "wallet_nonce_malformed", "the wallet's nonce is too long or not URL-safe", clause="OpenID4VP 5.10.1", layer="protocol"
        )
    registration = office.registrations.get(session.purpose.name)
    parameters = RequestParameters(
        response_uri=response_uri(office, session),
        response_mode=session.purpose.response_mode,
        nonce=session.nonce,
        state=session.state,
        query=session.purpose.query,
        issued_at=at,
        expires_at=min(session.expires_at, at + MAX_REQUEST_LIFETIME),
        encryption_jwk=session.public_jwk,
        wallet_nonce=wallet_nonce,
        registrations=() if registration is None else (registration,),
    )
    return build_request_object(parameters, signer=office.identity.signer, chain_der=office.identity.chain_der)


def request_link(office: Office, request_id: str, *, wallet_url: str | None = None) -> str:
    """Return the link or QR content that starts a wallet.

    Args:
        wallet_url: a wallet's https address, or a custom scheme; ``haip-vp://`` where absent.

    Raises:
        WarifuError: ``wallet_url_refused`` for anything that could run or lead elsewhere (threat D17).
    """
    base = wallet_url or DEFAULT_WALLET
    if _WALLET_URL.match(base) is None or base.startswith(("http://", "javascript:", "data:", "file:")):
        raise WarifuError(
            "wallet_url_refused", "the wallet's address is neither https nor a custom scheme", hint="write https://… or haip-vp://"
        )
    return authorization_request_uri(base, client_id=office.client_id, request_uri=f"{office.public_url}{REQUEST_PATH}/{request_id}")
