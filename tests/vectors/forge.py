"""Writing what a sound implementation would not: tokens with any header, digests that lie, structures signed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import Signer
from schemas.formats.sdjwt import select_disclosures
from tests.vectors.registry import Given
from tests.vectors.scene import INDEX, SLIM, WORLD, around
from tests.world.credentials import PATHS

Edit = Callable[[dict[str, Any]], object]
Bytes = Callable[[bytes], bytes]
DOCUMENT_SIGNER: Final = WORLD.warifu.document_signer.signer
HOLDER: Final = WORLD.holder()


def same(_members: dict[str, Any]) -> None:
    """Change nothing."""


def set_to(**members: Any) -> Edit:
    """Return the edit that replaces members."""
    return lambda obj: obj.update(members)


def without(*names: str) -> Edit:
    """Return the edit that takes members away."""
    return lambda obj: [obj.pop(name) for name in names]


def compact(header: bytes, payload: bytes, signer: Signer | None) -> str:
    """Return a compact JWS over exactly these bytes; without a signer the signature is empty."""
    signed = f"{b64url_encode(header)}.{b64url_encode(payload)}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode('ascii'))) if signer else ''}"


def jwt(header: Mapping[str, Any], claims: Mapping[str, Any], signer: Signer | None) -> str:
    """Return a JWT whose header is taken as it is, ``alg`` included."""
    return compact(dump_json(dict(header)), dump_json(dict(claims)), signer)


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a JWT."""
    header, claims = (parse_json_object(b64url_decode(part)) for part in token.split(".")[:2])
    return header, claims


def resign(token: str, signer: Signer | None, *, header: Edit = same, claims: Edit = same) -> str:
    """Return a JWT with header and claims edited, signed anew."""
    head, body = parts_of(token)
    header(head)
    claims(body)
    return jwt(head, body, signer)


def resign_bytes(token: str, signer: Signer, *, header: Bytes = bytes, claims: Bytes = bytes) -> str:
    """As :func:`resign` on the JSON text itself, for what no parsed object can say."""
    head, body = (b64url_decode(part) for part in token.split(".")[:2])
    return compact(header(head), claims(body), signer)


def sealed(**changes: Any) -> str:
    """Return an SD-JWT VC of the sample resident with few items; ``changes`` as for ``SdJwtRecipe``, content on top."""
    content = SLIM | dict(changes.pop("content", {}))
    return WORLD.sd_jwt(**({"index": INDEX} | changes), content=content)


def reseal(credential: str, *, header: Edit = same, payload: Edit = same, signer: Signer | None = DOCUMENT_SIGNER) -> str:
    """Return an SD-JWT whose issuer's part was edited and signed anew."""
    issuer_part, rest = credential.split("~", 1)
    return f"{resign(issuer_part, signer, header=header, claims=payload)}~{rest}"


def reseal_bytes(credential: str, *, header: Bytes = bytes, payload: Bytes = bytes) -> str:
    """As :func:`reseal` on the JSON text."""
    issuer_part, rest = credential.split("~", 1)
    return f"{resign_bytes(issuer_part, DOCUMENT_SIGNER, header=header, claims=payload)}~{rest}"


def disclosure(*elements: Any) -> str:
    """Return the text of a disclosure."""
    return b64url_encode(dump_json(list(elements)))


def digest(text: str) -> str:
    """Return the digest of a disclosure's text."""
    return b64url_encode(hashlib.sha256(text.encode("ascii")).digest())


def with_disclosure(credential: str, text: str) -> str:
    """Return the credential with one disclosure more, which the issuer signed at the top level."""
    resealed = reseal(credential, payload=lambda payload: payload["_sd"].append(digest(text)))
    return f"{resealed}{text}~"


def selected(credential: str | None = None) -> str:
    """Return the sample's presentation before it is bound."""
    return select_disclosures(credential or sealed(), list(PATHS))


def bound(presentation: str, *, header: Edit = same, claims: Edit = same, signer: Signer | None = HOLDER) -> str:
    """Return a presentation with a key binding for the bank's request, edited."""
    head = {"typ": "kb+jwt", "alg": "ES256"}
    body = {"iat": int(WORLD.at.timestamp()), "aud": WORLD.audience, "nonce": WORLD.nonce, "sd_hash": digest(presentation)}
    header(head)
    claims(body)
    return presentation + jwt(head, body, signer)


def issued(credential: str, **changes: Any) -> Given:
    """Return what a case about a credential on receipt says."""
    return around(credential, "jwt", **changes)


def presented(presentation: str, **changes: Any) -> Given:
    """Return what a case about a presentation says."""
    return around(presentation, "jwt", **({"key_binding": "required", "nonce": WORLD.nonce, "audience": WORLD.audience} | changes))
