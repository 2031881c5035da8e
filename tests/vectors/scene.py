"""What the cases play in: the declared world, its status lists in a form that no zlib changes, and what stands around an input."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.credentials import CredentialType
from schemas.formats.encoding import b64url_encode
from schemas.formats.status_list import StatusBits
from schemas.trust import Authority, TrustPurpose
from schemas.verify import JWT_LIST, StatusToken
from tests.vectors.registry import Given
from tests.world import City, World
from tests.world.credentials import RESIDENT_RECORD, content_of, without_none
from tests.world.status import status_token

WORLD: Final = World()
AT: Final = "2026-04-01T12:00:00Z"
INDEX: Final = 742
LIST_SIZE: Final = 1024
ISSUER: Final = WORLD.warifu.issuer


class StoredBits(StatusBits):
    """A list whose zlib stream holds one stored block, hence the same bytes whichever zlib is installed."""

    __slots__ = ()

    def compress(self, *, strategy: int = zlib.Z_RLE) -> bytes:
        """Return the list in zlib format, not made any shorter (RFC 1951 3.2.4)."""
        data = self.data
        return b"\x78\x01\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data + struct.pack(">I", zlib.adler32(data))


def bits(revoked: Collection[int] = (), *, width: int = 1, value: int = 1) -> StoredBits:
    """Return a list of 1,024 entries in which ``revoked`` bear ``value``."""
    made = StoredBits.new(LIST_SIZE, width=width)
    for index in revoked:
        made.set(index, value)
    return made


def token(encoding: str, *, city: City = WORLD.warifu, **changes: Any) -> StatusToken:
    """Return the list of ``city``; ``changes`` replace ``bits uri iat exp ttl identity signer chain_der fetched_at``."""
    return status_token(city, encoding, WORLD.at, **({"bits": bits()} | changes))


def entry(one: StatusToken) -> Given:
    """Return a list as the member ``status`` of a case holds it."""
    body = one.body.decode("ascii") if one.media_type == JWT_LIST else b64url_encode(one.body)
    fetched = {} if one.fetched_at is None else {"fetched_at": instant(one.fetched_at - WORLD.at)}
    return {"uri": one.uri, "media_type": one.media_type, "body": body, **fetched}


def instant(after: timedelta = timedelta(0)) -> str:
    """Return the world's time, moved by ``after``, as RFC 3339 text."""
    return (WORLD.at + after).strftime("%Y-%m-%dT%H:%M:%SZ")


def pem(authority: Authority) -> str:
    """Return the certificate of an authority as PEM."""
    return authority.certificate.public_bytes(Encoding.PEM).decode("ascii")


def anchor(city: City = WORLD.warifu) -> Given:
    """Return trust in a city's root."""
    return {"purpose": TrustPurpose.ISSUER.value, "pem": pem(city.root)}


READER: Final[Given] = {"purpose": TrustPurpose.READER.value, "pem": pem(WORLD.registrar)}


def around(given_input: str, encoding: str, kind: CredentialType = RESIDENT_RECORD, **changes: Any) -> Given:
    """Return what every case about a credential says beside its input; ``None`` takes a member away."""
    given = {
        "input": given_input,
        "at": AT,
        "anchors": [anchor()],
        "types": [kind.vct if encoding == "jwt" else kind.doctype],
        "status_policy": "required",
        "status": [entry(token(encoding))],
    }
    return without_none({**given, **changes})


def content(kind: CredentialType = RESIDENT_RECORD, **changes: Any) -> dict[str, Any]:
    """Return what the city certifies of the sample resident; dots in names are written ``__``."""
    replaced = {name.replace("__", "."): value for name, value in changes.items()}
    return without_none(content_of(kind, WORLD.warifu, WORLD.at) | replaced)


def person(variant: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that turn the sample resident into ``variant``: everything else is taken away."""
    own = {"certified_on", "issuing_municipality.code", "issuing_municipality.name"}
    gone = {name: None for name in RESIDENT_RECORD.sample() if name not in own}
    return {**gone, **{name: value for name, value in variant.items() if name not in own}}


_KEPT: Final = frozenset(
    {
        *("name", "family_name", "former_family_name", "birthdate", "birth_date_text", "certified_on", "issuing_municipality.code"),
        *("issuing_municipality.name", "address.prefecture", "address.municipality", "address.town", "address.street_address"),
    }
)
#: Leaves of the sample resident only her names, birth and address, so that files stay short; decoys hide the rest.
SLIM: Final[dict[str, Any]] = {name: None for name in RESIDENT_RECORD.sample() if name not in _KEPT}
