"""Who there is: cities with root and signers, relying parties with access certificates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from schemas.formats.jose import Signer
from schemas.trust import Authority, SigningIdentity, Subject, TrustAnchor, TrustPurpose, build_leaf, build_root

#: The time at which the world stands still.
AT = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class DeterministicSigner:
    """A P-256 key derived from a name, signing by RFC 6979, so that what the world makes never drifts."""

    private_key: ec.EllipticCurvePrivateKey
    public_key: ec.EllipticCurvePublicKey

    def sign(self, message: bytes) -> bytes:
        """Return r‖s over ``message``."""
        r, s = decode_dss_signature(self.private_key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@cache
def signer_for(name: str) -> DeterministicSigner:
    """Return the key that belongs to ``name``, the same in every run."""
    scalar = int.from_bytes(hashlib.sha512(f"warifu world {name}".encode()).digest(), "big") % (_ORDER - 1) + 1
    private = ec.derive_private_key(scalar, ec.SECP256R1())
    return DeterministicSigner(private, private.public_key())


def certificate_serial(name: str) -> int:
    """Return a serial number derived from ``name``."""
    return int.from_bytes(hashlib.sha256(f"serial {name}".encode()).digest()[:16], "big") | 1


def day(moment: datetime) -> datetime:
    """Return midnight (UTC) of ``moment``'s day, as credentials write their times."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class City:
    """A municipality: code, name, where it stands on the web; root, signers and anchor are made on first use."""

    code: str
    name: str
    host: str
    at: datetime = AT

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def issuer(self) -> str:
        """The issuer identifier."""
        return f"{self.origin}/{self.code}"

    def status_uri(self, encoding: str = "jwt", list_id: str = "1") -> str:
        """Where list ``list_id`` is published as ``jwt`` or ``cwt``."""
        return f"{self.issuer}/status/{list_id}.{encoding}"

    @cached_property
    def root(self) -> Authority:
        signer = signer_for(f"{self.code} root")
        certificate = build_root(
            subject=Subject(f"{self.name} Root", self.name, self.code),
            signer=signer,
            serial=certificate_serial(f"{self.code} root"),
            not_before=self.at - timedelta(days=365),
            not_after=self.at + timedelta(days=3650),
            alternative_uri=self.origin,
        )
        return Authority(certificate, signer)

    def signing_identity(self, purpose: TrustPurpose, **changes: object) -> SigningIdentity:
        """Return a signer for ``purpose``; ``changes`` replace arguments of ``build_leaf`` (and ``key`` its key's name)."""
        name = f"{self.code} {changes.pop('key', purpose.value)}"
        signer = signer_for(name)
        arguments: dict[str, object] = {
            "subject": Subject(f"{self.name} {purpose.value} signer", self.name, self.code),
            "public_key": signer.public_key,
            "issuer": self.root,
            "uris": [self.issuer],
            "serial": certificate_serial(name),
            "not_before": self.at - timedelta(hours=48),
            "not_after": self.at + timedelta(days=90),
            "crl_uri": f"{self.origin}/crl/1.crl",
        }
        return SigningIdentity(signer, (build_leaf(purpose, **(arguments | changes)),))  # type: ignore[arg-type]  # arguments by name

    @cached_property
    def document_signer(self) -> SigningIdentity:
        return self.signing_identity(TrustPurpose.ISSUER)

    @cached_property
    def status_signer(self) -> SigningIdentity:
        return self.signing_identity(TrustPurpose.STATUS)

    @cached_property
    def metadata_signer(self) -> SigningIdentity:
        return self.signing_identity(TrustPurpose.METADATA)

    @cached_property
    def anchor(self) -> TrustAnchor:
        """Trust in this city: its root, for its own municipality only."""
        return TrustAnchor(
            purposes=frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS, TrustPurpose.METADATA}),
            certificate=self.root.certificate,
            municipality=self.code,
            status_origins=frozenset({self.origin}),
        )


@dataclass(frozen=True)
class Party:
    """A relying party with an access certificate from the registrar."""

    name: str
    host: str
    registrar: Authority
    at: datetime = AT
    municipality: str | None = None

    @cached_property
    def identity(self) -> SigningIdentity:
        signer: Signer = signer_for(f"party {self.host}")
        leaf = build_leaf(
            TrustPurpose.READER,
            subject=Subject(f"{self.name} Verifier", self.name, self.municipality),
            public_key=signer.public_key,
            issuer=self.registrar,
            uris=[f"https://{self.host}"],
            dns_names=[self.host],
            serial=certificate_serial(f"party {self.host}"),
            not_before=self.at - timedelta(days=1),
            not_after=self.at + timedelta(days=365),
        )
        return SigningIdentity(signer, (leaf,))
