"""The entries of a vault: holder keys, one-time copies, rights to fetch, what is still on its way, what was shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec

from runtime.signers import MemorySigner
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import jwk_thumbprint

Format = Literal["dc+sd-jwt", "mso_mdoc"]


@dataclass(frozen=True, slots=True)
class HolderKey:
    """One private key; as holder key it is shared by the i-th copies of every type and serves one presentation (design 4).

    Attributes:
        thumbprint: RFC 7638 thumbprint, base64url.
        secret: the private number, base64url.
        shown_at: when a verifier first saw it; whoever sees it again can link the two.
    """

    thumbprint: str
    secret: str = field(repr=False)
    shown_at: str | None = None

    @classmethod
    def fresh(cls) -> HolderKey:
        """Return a new P-256 key."""
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_numbers().private_value.to_bytes(32, "big")
        return cls(b64url_encode(jwk_thumbprint(key.public_key())), b64url_encode(secret))

    def signer(self) -> MemorySigner:
        """Return the key as signer."""
        return MemorySigner(ec.derive_private_key(int.from_bytes(b64url_decode(self.secret), "big"), ec.SECP256R1()))


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """One received copy, verified before it was stored.

    Attributes:
        credential: compact SD-JWT VC, or base64url IssuerSigned.
        grant_id: which right to fetch it came from.
        shown_at: when it was presented; a one-time copy is not shown twice unless asked for.
    """

    copy_id: str
    grant_id: str
    configuration_id: str
    format: Format
    type: str
    issuer: str
    municipality: str
    holder_key: str
    credential: str = field(repr=False)
    received_at: str = ""
    valid_until: str = ""
    shown_at: str | None = None

    def valid_at(self, at: datetime) -> bool:
        """Tell whether the copy has not yet expired."""
        return datetime.fromisoformat(self.valid_until) > at


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to fetch: a refresh token bound to a DPoP key, at one issuer; without a token the right has ended."""

    grant_id: str
    issuer: str
    configuration_ids: tuple[str, ...]
    dpop_key: HolderKey
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """A credential that the issuer deferred (OpenID4VCI 1.0 9): what is needed to ask for it again.

    Attributes:
        keys: thumbprints of the holder keys that were proven; what comes is bound to them.
        interval: seconds that the issuer wants between two questions.
    """

    transaction_id: str = field(repr=False)
    grant_id: str
    configuration_id: str
    keys: tuple[str, ...]
    asked_at: str
    interval: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of the history: to whom, for what, which claims; the values are not repeated."""

    at: str
    verifier: str
    client_id: str
    purpose: str
    outcome: str
    copies: tuple[str, ...]
    claims: tuple[str, ...]
