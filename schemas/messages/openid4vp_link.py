"""The link or QR that starts a wallet: a client identifier and where its request object lies (OpenID4VP 1.0 5.10, RFC 9101 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from schemas.messages.openid4vp_request import check_endpoint, request_error


@dataclass(frozen=True, slots=True)
class RequestLink:
    """What a link or QR of a verifier holds; nothing in it is signed."""

    client_id: str
    request_uri: str
    request_uri_method: Literal["get", "post"]


def authorization_request_uri(base: str, *, client_id: str, request_uri: str) -> str:
    """Return the link that starts a wallet: ``base`` (such as ``haip-vp://`` or a wallet's https address) and the reference."""
    query = urlencode({"client_id": client_id, "request_uri": request_uri, "request_uri_method": "post"})
    return f"{base}{'&' if '?' in base else '?'}{query}"


def parse_authorization_request_uri(uri: str) -> RequestLink:
    """Read such a link; the base before the question mark is the caller's affair.

    Raises:
        WarifuError: ``request_malformed`` for a missing or repeated parameter, or a request URI that is not plain https.
    """
    pairs = parse_qsl(urlsplit(uri).query, keep_blank_values=True, max_num_fields=20)
    values = dict(pairs)
    if len(values) != len(pairs):
        raise request_error("request_malformed", "a parameter of the link is repeated", "RFC 6749 3.1")
    method = values.get("request_uri_method", "get")
    if method not in ("get", "post") or not values.get("client_id"):
        raise request_error("request_malformed", "the link names no client or an unknown method", "OpenID4VP 5.10")
    return RequestLink(values["client_id"], check_endpoint(values.get("request_uri")), cast('Literal["get", "post"]', method))
