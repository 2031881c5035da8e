"""Disclosures: one salted claim or array element each, known to the signature by its digest alone (RFC 9901 4.2)."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, parse_json

DIGESTS: Final = "_sd"
ARRAY_DIGEST: Final = "..."
ALGORITHM: Final = "_sd_alg"
SHA_256: Final = "sha-256"
RESERVED_NAMES: Final = frozenset({DIGESTS, ARRAY_DIGEST, ALGORITHM})
PROTECTED_CLAIMS: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "iat"})
MAX_DISCLOSURES: Final = 512
_TEXT: Final = frozenset({str})


class Disclosure(NamedTuple):
    """One disclosure as it was received.

    Attributes:
        text: the base64url text, over which the digest is taken and never over the JSON behind it (RFC 9901 4.2.3).
        digest: SHA-256 of ``text``, base64url.
        name: claim name, or ``None`` where it discloses an array element.
        value: the claim's value; may hold digests of its own.
    """

    text: str
    digest: str
    name: str | None
    value: Any


def digest_of(text: str) -> str:
    """Return the base64url SHA-256 over the ASCII of a disclosure (RFC 9901 4.2.3)."""
    return b64url_encode(hashlib.sha256(text.encode("ascii")).digest())


def parse_disclosure(text: str) -> Disclosure:
    """Read one disclosure.

    Raises:
        WarifuError: ``bad_disclosure`` unless it is a JSON array ``[salt, name, value]`` or ``[salt, value]`` with texts for
            salt and name, or an encoding error.
    """
    elements = parse_json(b64url_decode(text))
    check_shape(elements)
    return Disclosure(text, digest_of(text), elements[1] if len(elements) == 3 else None, elements[-1])


def check_shape(elements: Any) -> None:
    """Refuse anything but ``[salt, name, value]`` and ``[salt, value]`` with texts for salt and name (``bad_disclosure``)."""
    if type(elements) is not list or len(elements) not in (2, 3) or not _TEXT.issuperset(map(type, elements[:-1])):
        raise WarifuError(
            "bad_disclosure",
            "a disclosure is not an array of a salt, a name and a value, or of a salt and a value",
            hint="send each disclosure as it was issued",
            clause="RFC 9901 4.2.1, 4.2.2",
            layer="parse",
        )


def reserved_name() -> WarifuError:
    """Return the error for a claim named ``_sd``, ``_sd_alg`` or ``...`` (not raised here)."""
    return WarifuError(
        "reserved_claim_name",
        "a claim bears a name that SD-JWT keeps for itself",
        hint="_sd, _sd_alg and ... are no claim names",
        clause="RFC 9901 4.2.1, 7.1",
        layer="digest",
    )


def protected_claim(name: str) -> WarifuError:
    """Return the error for a claim that must stand in the clear under the signature (not raised here)."""
    return WarifuError(
        "protected_claim_disclosed",
        f"{name} may not come from a disclosure",
        hint="claims that decide on validity are always signed in the clear",
        clause="SD-JWT VC 2.2.2.3, RFC 9901 9.7",
        layer="digest",
    )
