"""Status lists that a sound implementation would not publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.formats.cbor import cbor_decode, cbor_encode
from schemas.formats.encoding import b64url_encode
from schemas.formats.status_list import StatusBits
from schemas.verify import CWT_LIST
from tests.vectors.forge_mdoc import sign1
from tests.vectors.people import WARIFU
from tests.vectors.registry import Given
from tests.vectors.scene import AT, INDEX, anchor, token

SIGNER = WARIFU.status_signer.signer


class Packed(StatusBits):
    """A list whose compressed form is given."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        super().__init__(b"\0")
        self.packed = packed

    def compress(self, *, strategy: int = 0) -> bytes:
        """Return what was given."""
        return self.packed


def given(text: str | bytes, encoding: str = "jwt", **changes: Any) -> Given:
    """Return what a case about a list says."""
    binary = {} if encoding == "jwt" else {"media_type": CWT_LIST}
    body = b64url_encode(text) if isinstance(text, bytes) else text
    return {"input": body, "at": AT, "anchors": [anchor()], "uri": WARIFU.status_uri(encoding), **binary, "index": INDEX, **changes}


def jwt_list(**changes: Any) -> str:
    return token("jwt", **changes).body.decode("ascii")


def cwt_list(**changes: Any) -> bytes:
    return token("cwt", **changes).body


def cwt_edited(*, protected: Mapping[int, Any] | None = None, claims: Mapping[int, Any] | None = None, head: bytes = b"\xd2") -> bytes:
    """Return the city's CWT list with header and claims replaced, signed anew, behind ``head`` in place of tag 18."""
    protected_bytes, unprotected, payload, _ = cbor_decode(cwt_list()[1:])
    header = cbor_decode(protected_bytes) | dict(protected or {})
    body = cbor_decode(payload) | dict(claims or {})
    return head + cbor_encode(sign1(cbor_encode(header), unprotected, cbor_encode(body), SIGNER))


def zeros(count: int) -> bytes:
    """Return ``count`` zero bytes, 1 and a multiple of 258, in zlib format: run by run, one fixed block (RFC 1951 3.2.6)."""
    runs, rest = divmod(count - 1, 258)
    assert rest == 0
    text = "1" + "10" + "00110000" + ("11000101" + "00000") * runs + "0000000"
    data = bytes(int(text[start : start + 8][::-1].ljust(1, "0"), 2) for start in range(0, len(text), 8))
    return b"\x78\x01" + data + ((count % 65521 << 16) + 1).to_bytes(4, "big")
