"""DeviceResponse as presented: the session that the device signed for."""

from __future__ import annotations

from typing import Any

from schemas.formats.encoding import b64url_encode
from schemas.formats.mdoc import dc_api_session_transcript, openid4vp_session_transcript
from tests.vectors.forge_mdoc import (
    presented,
    presented_given,
)
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD

K = "mdoc-device-response"
THUMBPRINT = bytes(range(32))


def for_session(transcript: bytes) -> Given:
    """Return a presentation for the bank's session, judged by a verifier whose session was ``transcript``."""
    return presented_given(presented(), session_transcript=b64url_encode(transcript))


def handover(**changes: Any) -> bytes:
    """Return the transcript of the bank's session with members replaced."""
    session = {"client_id": WORLD.audience, "nonce": WORLD.nonce, "jwk_thumbprint": None, "response_uri": WORLD.response_uri}
    return openid4vp_session_transcript(**(session | changes))


@rejects(
    f"{K}/another-nonce",
    "OpenID4VP B.2.6.1",
    "signed for another transaction",
    layer="key-binding",
    code="bad_device_signature",
    place="session/nonce",
)
def another_nonce(broken: bool) -> Given:
    """OpenID4VP B.2.6.1: "The second element MUST be the value of the `nonce` request parameter." """
    return for_session(handover(nonce="another-transaction-0123456789" if broken else WORLD.nonce))


@rejects(
    f"{K}/another-verifier",
    "OpenID4VP B.2.6.1",
    "signed for another verifier",
    layer="key-binding",
    code="bad_device_signature",
    place="session/client_id",
)
def another_verifier(broken: bool) -> Given:
    """OpenID4VP B.2.6.1: "The first element MUST be the `client_id` request parameter. If applicable, this includes the Client
    Identifier Prefix."
    """
    own = WORLD.audience.removeprefix("x509_hash:") if broken else WORLD.audience
    return for_session(handover(client_id=own))


@rejects(
    f"{K}/another-response-uri",
    "OpenID4VP B.2.6.1",
    "signed for an answer to another address",
    layer="key-binding",
    code="bad_device_signature",
    place="session/response_uri",
)
def another_response_uri(broken: bool) -> Given:
    """OpenID4VP B.2.6.1: "The fourth element MUST be either the `redirect_uri` or `response_uri` request parameter, depending on
    which is present, as determined by the Response Mode."
    """
    return for_session(handover(response_uri="https://verifier.example/response/2" if broken else WORLD.response_uri))


@rejects(
    f"{K}/another-encryption-key",
    "OpenID4VP B.2.6.1",
    "signed for an unencrypted answer where encryption was demanded",
    layer="key-binding",
    code="bad_device_signature",
    place="session/jwk_thumbprint",
)
def another_encryption_key(broken: bool) -> Given:
    """OpenID4VP B.2.6.1: "the third element MUST be the JWK SHA-256 Thumbprint as defined in RFC 7638, encoded as a Byte String,
    of the Verifier's public key used to encrypt the response. Otherwise, the third element MUST be `null`."
    """
    demanded = handover(jwk_thumbprint=THUMBPRINT)
    response = presented(session_transcript=handover() if broken else demanded)
    return presented_given(response, session_transcript=b64url_encode(demanded))


@rejects(
    f"{K}/another-handover",
    "OpenID4VP B.2.6",
    "signed for the Digital Credentials API",
    layer="key-binding",
    code="bad_device_signature",
    place="session/handover",
)
def another_handover(broken: bool) -> Given:
    """OpenID4VP B.2.6.1: "The first element MUST be the string `OpenID4VPHandover`." """
    browser = dc_api_session_transcript(origin="https://verifier.example", nonce=WORLD.nonce, jwk_thumbprint=None)
    return for_session(browser if broken else handover())
