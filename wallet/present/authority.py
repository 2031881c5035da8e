"""Key identifiers of the authorities above a credential, for ``trusted_authorities`` (OpenID4VP 1.0 6.1.1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509

from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import x5c_chain


def authority_keys_of(source: Mapping[str, Any] | Sequence[bytes]) -> frozenset[str]:
    """Return the authority key identifiers of a chain, base64url, from a JWS header with ``x5c`` or from DER bytes."""
    chain = x5c_chain(dict(source)) if isinstance(source, Mapping) else source
    return frozenset(key for der in chain for key in _authority_key(x509.load_der_x509_certificate(der)))


def _authority_key(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return []
    return [b64url_encode(extension.key_identifier)] if extension.key_identifier else []
