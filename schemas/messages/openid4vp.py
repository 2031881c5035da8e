"""OpenID4VP 1.0 in one import: links (``openid4vp_link``), requests (``openid4vp_request``) and responses (``openid4vp_response``)."""

from schemas.messages.openid4vp_link import RequestLink, authorization_request_uri, parse_authorization_request_uri
from schemas.messages.openid4vp_request import (
    CLIENT_ID_PREFIX,
    CONTENT_ENCRYPTIONS,
    MAX_REQUEST_LIFETIME,
    REQUEST_MEDIA_TYPE,
    REQUEST_TYP,
    STATIC_AUDIENCE,
    AuthorizationRequest,
    RequestParameters,
    ResponseMode,
    build_request_object,
    check_endpoint,
    client_id_for,
    parse_request_object,
)
from schemas.messages.openid4vp_response import (
    ResponseKey,
    WalletDeclinedError,
    build_error_response,
    build_response,
    parse_response,
    parse_vp_token,
)

__all__ = [
    "CLIENT_ID_PREFIX",
    "CONTENT_ENCRYPTIONS",
    "MAX_REQUEST_LIFETIME",
    "REQUEST_MEDIA_TYPE",
    "REQUEST_TYP",
    "STATIC_AUDIENCE",
    "AuthorizationRequest",
    "RequestLink",
    "RequestParameters",
    "ResponseKey",
    "ResponseMode",
    "WalletDeclinedError",
    "authorization_request_uri",
    "build_error_response",
    "build_request_object",
    "build_response",
    "check_endpoint",
    "client_id_for",
    "parse_authorization_request_uri",
    "parse_request_object",
    "parse_response",
    "parse_vp_token",
]
