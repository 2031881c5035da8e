"""The two documents by which wallets find their way (OpenID4VCI 1.0 12.2, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from issuer.front.settings import FrontSettings
from schemas.messages.openid4vci import PRE_AUTHORIZED_GRANT
from schemas.messages.openid4vci.credential import RESPONSE_ALG, RESPONSE_ENCS
from schemas.messages.openid4vci.token import REFRESH_GRANT


def issuer_metadata(
    settings: FrontSettings, configurations: Mapping[str, Mapping[str, Any]], *, request_key: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the credential issuer metadata.

    Args:
        settings: who the issuer is.
        configurations: by configuration id, from :func:`schemas.messages.openid4vci.build_configuration`.
        request_key: public JWK with ``kid``, ``alg`` and ``use`` for encrypted requests.
    """
    encs = list(RESPONSE_ENCS)
    return {
        "credential_issuer": settings.public_url,
        "credential_endpoint": settings.endpoint("credential"),
        "nonce_endpoint": settings.endpoint("nonce"),
        "deferred_credential_endpoint": settings.endpoint("deferred_credential"),
        "notification_endpoint": settings.endpoint("notification"),
        "credential_request_encryption": {
            "jwks": {"keys": [dict(request_key)]},
            "enc_values_supported": encs,
            "encryption_required": False,
        },
        "credential_response_encryption": {
            "alg_values_supported": [RESPONSE_ALG],
            "enc_values_supported": encs,
            "encryption_required": False,
        },
        "batch_credential_issuance": {"batch_size": settings.batch_size},
        "display": [{"name": settings.name_ja, "locale": "ja-JP"}, {"name": settings.name_en, "locale": "en"}],
        "credential_configurations_supported": {name: dict(entry) for name, entry in configurations.items()},
    }


def authorization_server_metadata(settings: FrontSettings, configuration_ids: list[str]) -> dict[str, Any]:
    """Return the authorization server metadata; the issuer is its own authorization server.

    There is no authorization endpoint, so the only response type is the registered value ``none``.
    """
    return {
        "issuer": settings.public_url,
        "token_endpoint": settings.endpoint("token"),
        "response_types_supported": ["none"],
        "grant_types_supported": [PRE_AUTHORIZED_GRANT, REFRESH_GRANT],
        "token_endpoint_auth_methods_supported": ["none"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "scopes_supported": configuration_ids,
        "pre-authorized_grant_anonymous_access_supported": True,
    }
