"""What the tests of SD-JWT are made of: one plain credential, and tools to make hostile ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import public_jwk, sign_jwt
from schemas.formats.sdjwt import SD_JWT_VC_TYP, ClaimPath, digest_of, parse_sd_jwt, resolve, seal_sd_jwt
from tests.schemas.formats.keys import AT, signer_for

ISSUER = signer_for("sd-jwt issuer")
HOLDER = signer_for("sd-jwt holder")
NONCE = "n-0S6_WzA2MjQ1Njc4OTAxMjM0NTY"
AUDIENCE = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"

CLAIMS: dict[str, Any] = {
    "iss": "https://warifu.example/999997",
    "vct": "https://catalogue.example/resident-record/1",
    "iat": 1775001600,
    "exp": 1776211200,
    "cnf": {"jwk": public_jwk(HOLDER.public_key)},
    "status": {"status_list": {"idx": 7, "uri": "https://warifu.example/999997/status/1.jwt"}},
    "certified_on": "2026-04-01",
    "family_name": "邉󠄂",
    "given_name": "花子",
    "birth_date": "1989-01-07",
    "nationalities": ["JP"],
    "address": {"prefecture": "割符県", "city": "割符市", "lines": {"first": "一番地", "second": "二号室"}},
}
DISCLOSABLE: frozenset[ClaimPath] = frozenset(
    {
        ("family_name",),
        ("given_name",),
        ("birth_date",),
        ("nationalities",),
        ("address",),
        ("address", "prefecture"),
        ("address", "city"),
        ("address", "lines", "second"),
    }
)
COUNTS: dict[ClaimPath, int] = {(): 8, ("address",): 4, ("address", "lines"): 3}


def salts(seed: str = "salts") -> Iterator[str]:
    """Yield endless texts of 128 bits, the same for the same seed."""
    number = 0
    while True:
        yield b64url_encode(hashlib.sha256(f"{seed} {number}".encode()).digest()[:16])
        number += 1


def sealed(claims: dict[str, Any] | None = None, **changes: Any) -> str:
    """Return the plain credential; keywords replace arguments of :func:`seal_sd_jwt`."""
    arguments = {"disclosable": DISCLOSABLE, "digest_counts": COUNTS, "salts": salts(), "header": {}, "signer": ISSUER} | changes
    return seal_sd_jwt(CLAIMS if claims is None else claims, **arguments)


def disclosure(*elements: Any) -> str:
    """Return any JSON array as a disclosure, well-formed or not."""
    return b64url_encode(dump_json(list(elements)))


def digest(text: str) -> str:
    return digest_of(text)


def crafted(
    payload: dict[str, Any], disclosures: Sequence[str] = (), *, typ: str = SD_JWT_VC_TYP, header: dict[str, Any] | None = None
) -> str:
    """Return ``payload`` signed as it is, with ``disclosures`` behind it: what a hostile or careless issuer can make."""
    return "~".join([sign_jwt(typ, payload, ISSUER, header=header), *disclosures, ""])


def resolved(text: str) -> dict[str, Any]:
    """Parse and resolve, as a verifier does after checking the signature."""
    sd_jwt = parse_sd_jwt(text)
    return resolve(sd_jwt.payload, sd_jwt.disclosures)


def refusal(call: Any, *arguments: Any, **keywords: Any) -> WarifuError:
    """Return the refusal that ``call`` raises; anything else, success included, fails the test."""
    with pytest.raises(WarifuError) as caught:
        call(*arguments, **keywords)
    return caught.value


__all__ = [
    "AT",
    "AUDIENCE",
    "CLAIMS",
    "COUNTS",
    "DISCLOSABLE",
    "HOLDER",
    "ISSUER",
    "NONCE",
    "crafted",
    "digest",
    "disclosure",
    "refusal",
    "resolved",
    "salts",
    "sealed",
]
