"""Issuer identifiers, endpoints and the well-known paths that are inserted between host and path."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from schemas.errors import WarifuError

ISSUER_METADATA: Final = "openid-credential-issuer"
AUTHORIZATION_SERVER_METADATA: Final = "oauth-authorization-server"
MAX_URL: Final = 2048


def check_https_url(url: str, *, what: str, code: str = "bad_url", query_allowed: bool = True) -> SplitResult:
    """Return the parts of an https URL with a host and without userinfo or fragment.

    Raises:
        WarifuError: ``code`` for every other text, including http and texts with spaces or control characters.
    """
    problem = _url_problem(url, query_allowed=query_allowed)
    if problem:
        raise WarifuError(
            code, f"the {what} {problem}", hint="use an absolute https address", clause="OpenID4VCI 1.0 12.2.1", layer="parse"
        )
    return urlsplit(url)


def _url_problem(url: str, *, query_allowed: bool) -> str:
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "is too long or holds characters that an address cannot have"
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        return "is no address"
    if parts.scheme != "https" or not parts.hostname or not port_ok:
        return "is not an https address"
    if parts.username is not None or parts.password is not None or "#" in url:
        return "holds userinfo or a fragment"
    if not query_allowed and "?" in url:
        return "holds a query"
    return ""


def check_issuer_identifier(url: str, *, code: str = "bad_issuer_identifier") -> str:
    """Return ``url`` if it can be a Credential Issuer Identifier: https, no query, no fragment (12.2.1)."""
    check_https_url(url, what="issuer identifier", code=code, query_allowed=False)
    return url


def well_known_url(issuer: str, name: str) -> str:
    """Return where the metadata ``name`` of ``issuer`` lies: the well-known part goes between host and path.

    ``https://host/999997`` and ``openid-credential-issuer`` give
    ``https://host/.well-known/openid-credential-issuer/999997`` (OpenID4VCI 1.0 12.2.2, RFC 8414 3.1).

    Raises:
        WarifuError: ``bad_issuer_identifier``.
    """
    parts = check_https_url(issuer, what="issuer identifier", code="bad_issuer_identifier", query_allowed=False)
    return f"https://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"
