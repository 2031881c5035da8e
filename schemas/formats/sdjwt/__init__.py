"""SD-JWT (RFC 9901) in the profile of SD-JWT VC and HAIP 1.0: compact form, ES256, SHA-256.

==================  =======================================================================
``seal``            issuer: claims → disclosures and digests under a signature
``token``           reading the compact form
``resolve``         disclosures → claims, all rules of RFC 9901 7.1
``selection``       holder: which disclosures reveal which claims
``key_binding``     holder signs, verifier checks (RFC 9901 7.3)
``type_metadata``   what a type says about its claims, and holding a credential against it
==================  =======================================================================

A verifier calls, in this order, :func:`parse_sd_jwt`, the check of the issuer's signature, :func:`resolve`,
:func:`confirmation_key` and :func:`check_key_binding`.
"""

from schemas.formats.sdjwt.disclosure import PROTECTED_CLAIMS, RESERVED_NAMES, Disclosure, digest_of, parse_disclosure
from schemas.formats.sdjwt.key_binding import bind_key, check_key_binding, confirmation_key
from schemas.formats.sdjwt.resolve import ClaimPath, Place, locate, resolve
from schemas.formats.sdjwt.seal import salts_from, seal_sd_jwt
from schemas.formats.sdjwt.selection import ClaimPointer, select_disclosures
from schemas.formats.sdjwt.token import KEY_BINDING_TYP, SD_JWT_VC_TYP, UnverifiedSdJwt, parse_sd_jwt
from schemas.formats.sdjwt.type_metadata import ClaimMetadata, TypeMetadata, check_against_type, combine_type_metadata, parse_type_metadata

__all__ = [
    "KEY_BINDING_TYP",
    "PROTECTED_CLAIMS",
    "RESERVED_NAMES",
    "SD_JWT_VC_TYP",
    "ClaimMetadata",
    "ClaimPath",
    "ClaimPointer",
    "Disclosure",
    "Place",
    "TypeMetadata",
    "UnverifiedSdJwt",
    "bind_key",
    "check_against_type",
    "check_key_binding",
    "combine_type_metadata",
    "confirmation_key",
    "digest_of",
    "locate",
    "parse_disclosure",
    "parse_sd_jwt",
    "parse_type_metadata",
    "resolve",
    "salts_from",
    "seal_sd_jwt",
    "select_disclosures",
]
