"""OpenID for Verifiable Credential Issuance 1.0: the messages of the pre-authorized code flow, built and read for both sides.

| module        | messages |
|---|---|
| addresses     | issuer identifier, inserted well-known paths |
| offer         | credential offer, its link |
| metadata      | issuer metadata, authorization server metadata |
| signed_metadata | issuer metadata under the issuer's signature |
| configuration | one kind of credential inside the metadata |
| token         | token request and response, nonce, errors |
| credential    | credential, deferred and notification messages, response encryption |
"""

from schemas.messages.openid4vci.addresses import (
    AUTHORIZATION_SERVER_METADATA,
    ISSUER_METADATA,
    check_https_url,
    check_issuer_identifier,
    well_known_url,
)
from schemas.messages.openid4vci.configuration import MSO_MDOC, SD_JWT_VC, CredentialConfiguration, build_configuration
from schemas.messages.openid4vci.credential import (
    MAX_PROOFS,
    CredentialAnswer,
    CredentialRequest,
    DeferredIssuance,
    DeferredRequest,
    IssuedCredentials,
    Notification,
    ResponseEncryption,
    credential_request,
    parse_credential_answer,
    parse_credential_request,
    parse_deferred_request,
    parse_notification,
    parse_response_encryption,
)
from schemas.messages.openid4vci.metadata import (
    MAX_METADATA_BYTES,
    AuthorizationServerMetadata,
    IssuerMetadata,
    parse_authorization_server_metadata,
    parse_issuer_metadata,
    read_issuer_metadata,
)
from schemas.messages.openid4vci.offer import (
    PRE_AUTHORIZED_GRANT,
    CredentialOffer,
    OfferReference,
    TxCode,
    offer_link,
    parse_offer,
    parse_offer_link,
)
from schemas.messages.openid4vci.signed_metadata import (
    SIGNED_METADATA_MEDIA_TYPE,
    UnverifiedSignedMetadata,
    build_signed_metadata,
    check_signed_metadata,
    parse_signed_metadata,
)
from schemas.messages.openid4vci.token import (
    ErrorAnswer,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenRequest,
    TokenResponse,
    nonce_response,
    parse_error_answer,
    parse_nonce_response,
    parse_token_request,
    parse_token_response,
)

__all__ = [
    "AUTHORIZATION_SERVER_METADATA",
    "ISSUER_METADATA",
    "MAX_METADATA_BYTES",
    "MAX_PROOFS",
    "MSO_MDOC",
    "PRE_AUTHORIZED_GRANT",
    "SD_JWT_VC",
    "SIGNED_METADATA_MEDIA_TYPE",
    "AuthorizationServerMetadata",
    "CredentialAnswer",
    "CredentialConfiguration",
    "CredentialOffer",
    "CredentialRequest",
    "DeferredIssuance",
    "DeferredRequest",
    "ErrorAnswer",
    "IssuedCredentials",
    "IssuerMetadata",
    "Notification",
    "OfferReference",
    "PreAuthorizedTokenRequest",
    "RefreshTokenRequest",
    "ResponseEncryption",
    "TokenRequest",
    "TokenResponse",
    "TxCode",
    "UnverifiedSignedMetadata",
    "build_configuration",
    "build_signed_metadata",
    "check_https_url",
    "check_issuer_identifier",
    "check_signed_metadata",
    "credential_request",
    "nonce_response",
    "offer_link",
    "parse_authorization_server_metadata",
    "parse_credential_answer",
    "parse_credential_request",
    "parse_deferred_request",
    "parse_error_answer",
    "parse_issuer_metadata",
    "parse_nonce_response",
    "parse_notification",
    "parse_offer",
    "parse_offer_link",
    "parse_response_encryption",
    "parse_signed_metadata",
    "parse_token_request",
    "parse_token_response",
    "read_issuer_metadata",
    "well_known_url",
]
