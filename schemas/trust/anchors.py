"""Trust anchors: who is trusted, for what, and under which rules.

An anchor never trusts "in general": it names its purposes, the municipality it may speak for, the certificate profile
its signers must follow and where their status lists live.  These are settings of whoever verifies; nothing that is
presented can change them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Literal, overload

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import WarifuError
from schemas.formats.jose import jwk_thumbprint

DEFAULT_LIST_BYTES: Final = 256 * 1024
MAX_LIST_BYTES: Final = 32 * 1024 * 1024
_MUNICIPALITY = re.compile(r"[0-9]{6}\Z")
_ORIGIN = re.compile(r"https://[a-z0-9.\-]+(:[0-9]{1,5})?\Z|https://\[[0-9a-f:]+\](:[0-9]{1,5})?\Z")

Profile = Literal["strict", "foreign"]
StatusPolicy = Literal["required", "if-present"]


class TrustPurpose(Enum):
    """What a signer under an anchor may sign; one key never serves two purposes."""

    ISSUER = "issuer"
    STATUS = "status"
    READER = "reader"
    ATTESTER = "attester"
    METADATA = "metadata"


#: Purposes of a municipality: its signers carry the municipality code in their certificates.
MUNICIPAL_PURPOSES: Final = frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS, TrustPurpose.METADATA})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrustAnchor:
    """One trusted certificate or key and the rules that hold under it.

    Attributes:
        purposes: what its signers may sign.
        certificate: the root that chains must end in; with ``pinned`` the signer's own certificate.
        jwk: a P-256 key that signs directly, without any certificate (test vectors, development).
        pinned: ``certificate`` is the signer itself; no chain is built and no extended key usage demanded.
        municipality: six digits; required where a municipality signs under the strict profile.
        profile: ``strict`` for our own certificates, ``foreign`` for ISO 18013-5 and other ecosystems.
        status_policy: overrides the policy of the request, where given.
        status_origins: origins (``https://host[:port]``) that status lists of this anchor may be fetched from.
        max_list_bytes: bound on one decoded status list, at most 32 MiB.
    """

    purposes: frozenset[TrustPurpose]
    certificate: x509.Certificate | None = None
    jwk: ec.EllipticCurvePublicKey | None = None
    pinned: bool = False
    municipality: str | None = None
    profile: Profile = "strict"
    status_policy: StatusPolicy | None = None
    status_origins: frozenset[str] = frozenset()
    max_list_bytes: int = DEFAULT_LIST_BYTES
    key: tuple[object, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse an anchor that says too little or too much (``bad_anchor``)."""
        if (self.certificate is None) == (self.jwk is None):
            raise _bad_anchor("it must hold either a certificate or a key")
        if type(self.pinned) is not bool or type(self.max_list_bytes) is not int or not isinstance(self.municipality, str | None):
            raise _bad_anchor("a setting is of the wrong type")
        if not self.purposes or not self.purposes <= frozenset(TrustPurpose):
            raise _bad_anchor("it names no purpose, or one that is not known")
        if self.profile not in {"strict", "foreign"} or self.status_policy not in {None, "required", "if-present"}:
            raise _bad_anchor("its profile or status policy is not known")
        if self.municipality is not None and _MUNICIPALITY.match(self.municipality) is None:
            raise _bad_anchor("its municipality code is not six digits")
        if (
            self.profile == "strict"
            and self.municipality is None
            and self.purposes & MUNICIPAL_PURPOSES
            and not self.pinned
            and not self.jwk
        ):
            raise _bad_anchor("under the strict profile a municipal anchor must name its municipality")
        if not 0 < self.max_list_bytes <= MAX_LIST_BYTES:
            raise _bad_anchor("its bound on status lists is not between 1 byte and 32 MiB")
        if any(not isinstance(origin, str) or _ORIGIN.match(origin) is None for origin in self.status_origins):
            raise _bad_anchor("a status origin is not of the form https://host[:port] in lower case")
        object.__setattr__(self, "key", self._identity())

    def _identity(self) -> tuple[object, ...]:
        return (
            self.certificate.public_bytes(Encoding.DER) if self.certificate is not None else b"",
            jwk_thumbprint(self.jwk) if self.jwk is not None else b"",
            self.purposes,
            self.pinned,
            self.municipality,
            self.profile,
            self.status_policy,
            self.status_origins,
            self.max_list_bytes,
        )

    def __eq__(self, other: object) -> bool:
        """Equal where every setting is equal."""
        return isinstance(other, TrustAnchor) and self.key == other.key

    def __hash__(self) -> int:
        """Hash of all settings."""
        return hash(self.key)


def _bad_anchor(reason: str) -> WarifuError:
    return WarifuError(
        "bad_anchor",
        f"the trust anchor cannot be used: {reason}",
        hint="correct the anchor's settings",
        clause="design 3",
        layer="policy",
    )


class Anchors(Sequence[TrustAnchor]):
    """An immutable set of anchors, hashable at no cost so that checked chains can be cached under it."""

    __slots__ = ("_anchors", "_by_purpose", "_hash")

    def __init__(self, anchors: Iterable[TrustAnchor]) -> None:
        self._anchors = tuple(anchors)
        self._by_purpose = {p: tuple(a for a in self._anchors if p in a.purposes) for p in TrustPurpose}
        self._hash = hash(self._anchors)

    def for_purpose(self, purpose: TrustPurpose) -> tuple[TrustAnchor, ...]:
        """Return the anchors whose signers may serve ``purpose``; possibly none, and then nothing is trusted."""
        return self._by_purpose[purpose]

    @overload
    def __getitem__(self, index: int) -> TrustAnchor: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[TrustAnchor, ...]: ...
    def __getitem__(self, index: int | slice) -> TrustAnchor | tuple[TrustAnchor, ...]:
        return self._anchors[index]

    def __len__(self) -> int:
        return len(self._anchors)

    def __iter__(self) -> Iterator[TrustAnchor]:
        return iter(self._anchors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Anchors) and self._anchors == other._anchors

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Anchors({len(self._anchors)})"


def check_time_argument(at: datetime) -> None:
    """A naive time is a mistake of the caller (``ValueError``)."""
    if at.tzinfo is None:
        raise ValueError("a time zone aware datetime is required")
