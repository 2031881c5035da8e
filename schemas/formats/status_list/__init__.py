"""Token Status List (draft-ietf-oauth-status-list): reference, list and signed token, as JWT and CWT.

==============  ===========================================================
``reference``   what a credential says: address and index
``bits``        the list: 1, 2, 4 or 8 bits an entry, zlib around it
``token``       the list under a signature
==============  ===========================================================

Who may sign a list, how fresh it must be and what a status means is decided in :mod:`schemas.verify`.
"""

from schemas.formats.status_list.bits import MAX_DECODED_BYTES, StatusBits
from schemas.formats.status_list.reference import StatusReference
from schemas.formats.status_list.token import (
    CWT_MEDIA_TYPE,
    JWT_MEDIA_TYPE,
    MAX_TOKEN_BYTES,
    UnverifiedStatusToken,
    parse_status_token,
    seal_status_cwt,
    seal_status_jwt,
    verify_status_token,
)

__all__ = [
    "CWT_MEDIA_TYPE",
    "JWT_MEDIA_TYPE",
    "MAX_DECODED_BYTES",
    "MAX_TOKEN_BYTES",
    "StatusBits",
    "StatusReference",
    "UnverifiedStatusToken",
    "parse_status_token",
    "seal_status_cwt",
    "seal_status_jwt",
    "verify_status_token",
]
