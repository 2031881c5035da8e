"""What the cities issue: one resident in both formats, every field open to change so that a test can break one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.credentials import CredentialType, catalogue
from schemas.formats.encoding import b64url_encode
from schemas.formats.jose import Signer, public_jwk
from schemas.formats.mdoc import ValidityInfo, seal_issuer_signed
from schemas.formats.sdjwt import seal_sd_jwt
from schemas.formats.status_list import StatusReference
from schemas.trust import SigningIdentity
from tests.world.actors import City, day

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
RESIDENT_RECORD = CATALOGUE.by_name("resident-record")
BASIC_FOUR = CATALOGUE.by_name("basic-four")
LIFE = timedelta(days=14)

#: What the sample presentation of a resident record shows; four disclosures, the address among them.
PATHS: tuple[tuple[str, ...], ...] = (("family_name",), ("birthdate",), ("address", "prefecture"))
#: The same of an mdoc, with the elements that the wallet always releases.
RELEASED: dict[str, tuple[str, ...]] = {
    "org.iso.23220.1": ("family_name_unicode", "birth_date"),
    RESIDENT_RECORD.doctype: ("certified_on", "issuing_municipality_code", "issuing_municipality_name", "resident_prefecture"),
}


def content_of(kind: CredentialType, city: City, at: datetime) -> dict[str, Any]:
    """Return the type's sample as a resident of ``city`` would have it certified today."""
    certified = {"certified_on": day(at).date().isoformat(), "issuing_municipality.code": city.code, "issuing_municipality.name": city.name}
    return kind.sample() | certified


def salts(seed: str) -> Iterator[str]:
    """Yield salts of 128 bits that depend on ``seed`` alone."""
    return (b64url_encode(block[:16]) for block in randoms(f"salt {seed}"))


def randoms(seed: str) -> Iterator[bytes]:
    """Yield blocks of 32 bytes that depend on ``seed`` alone."""
    number = 0
    while True:
        yield hashlib.sha256(f"{seed} {number}".encode()).digest()
        number += 1


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` without those that a test took away."""
    return {name: value for name, value in values.items() if value is not None}


@dataclass
class SdJwtRecipe:
    """An SD-JWT VC of a city.

    Attributes:
        content: replaces items of the content by dotted name; None takes one away.
        payload: replaces claims of the signed payload likewise.
        header: replaces header parameters likewise.
        disclosable: what can be disclosed one by one; the type's paths where None.
        identity: signs; the city's document signer where None.
        signer: the key alone, where it is not to match the certificate.
    """

    city: City
    at: datetime
    holder_key: ec.EllipticCurvePublicKey
    kind: CredentialType = RESIDENT_RECORD
    index: int = 4242
    content: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    disclosable: Collection[tuple[str, ...]] | None = None
    identity: SigningIdentity | None = None
    signer: Signer | None = None

    def seal(self) -> str:
        """Return the credential with all its disclosures."""
        identity = self.identity or self.city.document_signer
        content = without_none(content_of(self.kind, self.city, self.at) | dict(self.content))
        return seal_sd_jwt(
            without_none(self.registered() | self.kind.to_sd_jwt_claims(content) | dict(self.payload)),
            disclosable=self.kind.disclosable if self.disclosable is None else self.disclosable,
            digest_counts=self.kind.digest_counts_sd_jwt,
            salts=salts(f"{self.city.code} {self.index}"),
            header=without_none({"x5c": identity.x5c} | dict(self.header)),
            signer=self.signer or identity.signer,
        )

    def registered(self) -> dict[str, Any]:
        """Return the claims that SD-JWT VC registers."""
        today = day(self.at)
        return {
            "iss": self.city.issuer,
            "vct": self.kind.vct,
            "iat": int(today.timestamp()),
            "exp": int((today + LIFE).timestamp()),
            "cnf": {"jwk": public_jwk(self.holder_key)},
            "status": {"status_list": {"idx": self.index, "uri": self.city.status_uri("jwt")}},
        }


@dataclass
class MdocRecipe:
    """An IssuerSigned of a city; as :class:`SdJwtRecipe`, and ``elements`` replaces single elements by namespace."""

    city: City
    at: datetime
    holder_key: ec.EllipticCurvePublicKey
    kind: CredentialType = RESIDENT_RECORD
    index: int = 4242
    content: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    doc_type: str = ""
    signed: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    status: StatusReference | Literal["none"] | None = None
    identity: SigningIdentity | None = None
    signer: Signer | None = None
    chain_der: Sequence[bytes] | None = None

    def seal(self) -> bytes:
        """Return the credential with all its items."""
        identity = self.identity or self.city.document_signer
        today = day(self.at)
        reference = self.status or StatusReference(self.city.status_uri("cwt"), self.index)
        return seal_issuer_signed(
            self.doc_type or self.kind.doctype,
            self.namespaces(),
            device_key=self.holder_key,
            validity=ValidityInfo(self.signed or today, self.valid_from or today, self.valid_until or today + LIFE),
            status=None if reference == "none" else reference,
            randoms=randoms(f"random {self.city.code} {self.index}"),
            digest_counts=self.kind.digest_counts_mdoc,
            signer=self.signer or identity.signer,
            chain_der=identity.chain_der if self.chain_der is None else self.chain_der,
        )

    def namespaces(self) -> dict[str, dict[str, Any]]:
        """Return the elements by namespace."""
        content = without_none(content_of(self.kind, self.city, self.at) | dict(self.content))
        namespaces = self.kind.to_mdoc(content)
        for namespace, changes in self.elements.items():
            namespaces[namespace] = without_none(namespaces.get(namespace, {}) | dict(changes))
        return namespaces
