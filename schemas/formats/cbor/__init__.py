"""CBOR, read strictly and written deterministically (RFC 8949).

cbor2 does the decoding under our own limits: one item and nothing behind it, definite lengths, unique keys that are
integers or text, a handful of tags, bounded depth, size and number of items.  Lengths need not be the shortest, since
mdocs in the field carry longer ones; whatever is hashed or signed is therefore kept as received, and
:func:`split_map` and :func:`split_array` find it again.  No foreign exception leaves this module.
"""

from schemas.formats.cbor.reading import cbor_decode, cbor_decode_for_reader
from schemas.formats.cbor.splitting import split_array, split_map
from schemas.formats.cbor.tags import TAG_ENCODED, TAG_FULL_DATE, TAG_MAC0, TAG_SIGN1, TAG_TDATE, CBORTag
from schemas.formats.cbor.tree import check_keys, check_tree, embedded_content
from schemas.formats.cbor.writing import cbor_encode, embedded_head, encode_bytes, encode_embedded, encode_text, head, tdate_text

__all__ = [
    "TAG_ENCODED",
    "TAG_FULL_DATE",
    "TAG_MAC0",
    "TAG_SIGN1",
    "TAG_TDATE",
    "CBORTag",
    "cbor_decode",
    "cbor_decode_for_reader",
    "cbor_encode",
    "check_keys",
    "check_tree",
    "embedded_content",
    "embedded_head",
    "encode_bytes",
    "encode_embedded",
    "encode_text",
    "head",
    "split_array",
    "split_map",
    "tdate_text",
]
