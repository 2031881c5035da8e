"""What a vault holds: holder keys, one-time copies, the right to fetch new ones, and the history of what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from runtime.signers import MemorySigner
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import jwk_thumbprint

MAX_CONTENT_BYTES = 48 * 1024 * 1024
Format = Literal["dc+sd-jwt", "mso_mdoc"]


@dataclass(frozen=True, slots=True)
class HolderKey:
    """One private holder key; the i-th copies of every type share it, nothing else does (design 4)."""

    thumbprint: str
    secret: str = field(repr=False)

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

    def fresh_at(self, at: datetime) -> bool:
        """Tell whether the copy is still valid and was never shown."""
        return self.shown_at is None and datetime.fromisoformat(self.valid_until) > at


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to fetch: a refresh token bound to a DPoP key, at one issuer."""

    grant_id: str
    issuer: str
    configuration_ids: tuple[str, ...]
    dpop_key: HolderKey
    refresh_token: str | None = field(default=None, repr=False)


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


@dataclass(slots=True)
class VaultContent:
    """Everything inside the seal."""

    keys: dict[str, HolderKey] = field(default_factory=dict)
    copies: dict[str, StoredCopy] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    history: list[Shown] = field(default_factory=list)

    def copy(self, copy_id: str) -> StoredCopy:
        """Return the copy whose id begins with ``copy_id``; raises ``copy_unknown`` where none or several do."""
        found = [copy for identifier, copy in self.copies.items() if identifier.startswith(copy_id)] if copy_id else []
        if len(found) != 1:
            raise WarifuError("copy_unknown", "no single copy has this id", hint="warifu-wallet list shows the ids", layer="store")
        return found[0]

    def drop(self, copy_id: str) -> None:
        """Forget a copy, and its key where no other copy uses it."""
        gone = self.copies.pop(copy_id)
        if all(copy.holder_key != gone.holder_key for copy in self.copies.values()):
            self.keys.pop(gone.holder_key, None)

    def to_bytes(self) -> bytes:
        """Return the content as JSON."""
        return dump_json(
            {
                "keys": [_plain(key) for key in self.keys.values()],
                "copies": [_plain(copy) for copy in self.copies.values()],
                "grants": [{**_plain(grant), "dpop_key": _plain(grant.dpop_key)} for grant in self.grants.values()],
                "history": [_plain(entry) for entry in self.history],
            }
        )


def read_content(data: bytes) -> VaultContent:
    """Read what :meth:`VaultContent.to_bytes` wrote; raises ``vault_damaged`` for another shape."""
    try:
        document = parse_json_object(data, max_bytes=MAX_CONTENT_BYTES)
        keys = [HolderKey(**entry) for entry in document["keys"]]
        copies = [StoredCopy(**entry) for entry in document["copies"]]
        grants = [_grant(entry) for entry in document["grants"]]
        history = [Shown(**{**entry, "copies": tuple(entry["copies"]), "claims": tuple(entry["claims"])}) for entry in document["history"]]
    except (KeyError, TypeError) as error:
        raise WarifuError("vault_damaged", "the vault's content has another shape than this version writes", layer="parse") from error
    return VaultContent(
        {key.thumbprint: key for key in keys},
        {copy.copy_id: copy for copy in copies},
        {grant.grant_id: grant for grant in grants},
        history,
    )


def _grant(entry: Mapping[str, Any]) -> Grant:
    return Grant(**{**entry, "configuration_ids": tuple(entry["configuration_ids"]), "dpop_key": HolderKey(**entry["dpop_key"])})


def _plain(entry: HolderKey | StoredCopy | Grant | Shown) -> dict[str, Any]:
    return {item.name: getattr(entry, item.name) for item in fields(entry)}
