"""The world itself: who is trusted, what was issued, what is presented."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.formats.encoding import b64url_encode
from schemas.formats.mdoc import openid4vp_session_transcript, present_device_response
from schemas.formats.sdjwt import bind_key, select_disclosures
from schemas.trust import Anchors, Authority, SigningIdentity, Subject, TrustAnchor, TrustPurpose, build_leaf, build_root
from schemas.verify import Expected, Policy, StatusLists, StatusToken
from tests.world.actors import AT, City, DeterministicSigner, Party, certificate_serial, signer_for
from tests.world.credentials import PATHS, RELEASED, RESIDENT_RECORD, MdocRecipe, SdJwtRecipe
from tests.world.status import status_tokens


@dataclass
class World:
    """Two cities, a registrar, a relying party and holders at one point in time.

    ``sd_jwt()`` and ``mdoc()`` issue, ``present_sd_jwt`` and ``present_mdoc`` present, ``expected()``, ``policy`` and
    ``status()`` are what a verifier hands to ``schemas.verify``.
    """

    at: datetime = AT
    nonce: str = "n-0S6_WzA2MjQ1Njc4OTAxMjM0NTY"
    warifu: City = field(default_factory=lambda: City("999997", "割符市", "warifu.example"))
    tonari: City = field(default_factory=lambda: City("999989", "隣町市", "tonari.example"))

    @property
    def cities(self) -> tuple[City, City]:
        return (self.warifu, self.tonari)

    @cached_property
    def registrar(self) -> Authority:
        """The root under which relying parties and registrations are certified."""
        signer = signer_for("registrar root")
        certificate = build_root(
            subject=Subject("Registrar Root", "割符登録局"),
            signer=signer,
            serial=certificate_serial("registrar root"),
            not_before=self.at - timedelta(days=365),
            not_after=self.at + timedelta(days=3650),
        )
        return Authority(certificate, signer)

    @cached_property
    def registrar_signer(self) -> SigningIdentity:
        """The registrar's signer of registrations."""
        signer = signer_for("registrar attester")
        leaf = build_leaf(
            TrustPurpose.ATTESTER,
            subject=Subject("Registrar Attester", "割符登録局"),
            public_key=signer.public_key,
            issuer=self.registrar,
            uris=["https://registrar.example"],
            serial=certificate_serial("registrar attester"),
            not_before=self.at - timedelta(days=1),
            not_after=self.at + timedelta(days=365),
        )
        return SigningIdentity(signer, (leaf,))

    @cached_property
    def bank(self) -> Party:
        """A relying party."""
        return Party("割符銀行", "verifier.example", self.registrar, self.at)

    @cached_property
    def city_hall(self) -> Party:
        """The city of 999997 as a relying party."""
        return Party("割符市", "hall.example", self.registrar, self.at, self.warifu.code)

    @cached_property
    def anchors(self) -> Anchors:
        """Both cities: what a verifier of resident records trusts."""
        return Anchors([city.anchor for city in self.cities])

    @cached_property
    def registrar_anchor(self) -> TrustAnchor:
        purposes = frozenset({TrustPurpose.READER, TrustPurpose.ATTESTER})
        return TrustAnchor(purposes=purposes, certificate=self.registrar.certificate)

    @cached_property
    def reader_anchors(self) -> Anchors:
        """The registrar: what a wallet trusts when somebody asks."""
        return Anchors([self.registrar_anchor])

    @cached_property
    def audience(self) -> str:
        """The bank's client identifier (OpenID4VP 5.9.3)."""
        leaf = self.bank.identity.certificate.public_bytes(Encoding.DER)
        return f"x509_hash:{b64url_encode(hashlib.sha256(leaf).digest())}"

    @property
    def response_uri(self) -> str:
        return f"https://{self.bank.host}/response/1"

    def holder(self, copy: int = 0, resident: str = "hanako") -> DeterministicSigner:
        """The holder key of the ``copy``-th copies of a resident's credentials."""
        return signer_for(f"holder {resident} {copy}")

    # -- what is issued ------------------------------------------------------------------------------------------

    def sd_jwt(self, city: City | None = None, **changes: Any) -> str:
        """Issue an SD-JWT VC; ``changes`` are fields of :class:`SdJwtRecipe`."""
        return SdJwtRecipe(city or self.warifu, self.at, self.holder().public_key, **changes).seal()

    def mdoc(self, city: City | None = None, **changes: Any) -> bytes:
        """Issue an IssuerSigned; ``changes`` are fields of :class:`MdocRecipe`."""
        return MdocRecipe(city or self.warifu, self.at, self.holder().public_key, **changes).seal()

    # -- what is presented ---------------------------------------------------------------------------------------

    def present_sd_jwt(self, credential: str | None = None, paths: Iterable[tuple[str, ...]] = PATHS, **key_binding: Any) -> str:
        """Disclose ``paths`` and bind them to the bank's request; keywords replace ``nonce audience iat signer``."""
        chosen = select_disclosures(credential or self.sd_jwt(), list(paths))
        binding = {"nonce": self.nonce, "audience": self.audience, "iat": self.at, "signer": self.holder()} | key_binding
        return bind_key(chosen, **binding)

    @cached_property
    def session_transcript(self) -> bytes:
        """The transcript of the bank's request without encryption (OpenID4VP B.2.6.1)."""
        return openid4vp_session_transcript(client_id=self.audience, nonce=self.nonce, jwk_thumbprint=None, response_uri=self.response_uri)

    def present_mdoc(self, credential: bytes | None = None, elements: Mapping[str, Collection[str]] | None = None, **changes: Any) -> bytes:
        """Return a DeviceResponse; keywords replace ``doc_type session_transcript device``."""
        arguments = {"doc_type": RESIDENT_RECORD.doctype, "session_transcript": self.session_transcript, "device": self.holder()} | changes
        return present_device_response(credential or self.mdoc(), elements=elements or RELEASED, **arguments)

    # -- what a verifier brings along ----------------------------------------------------------------------------

    def expected(self, **changes: Any) -> Expected:
        """What the bank asked for."""
        given: dict[str, Any] = {
            "types": frozenset({RESIDENT_RECORD.vct, RESIDENT_RECORD.doctype}),
            "key_binding": "required",
            "nonce": self.nonce,
            "audience": self.audience,
            "session_transcript": self.session_transcript,
            "holder_key": None,
        }
        return Expected(**(given | changes))

    @property
    def policy(self) -> Policy:
        """Status required, nobody presents for another."""
        return Policy(status="required")

    def status_tokens(self, revoked: Collection[int] = (), city: City | None = None, **changes: Any) -> tuple[StatusToken, ...]:
        """Both encodings of the city's list 1, with ``revoked`` indexes set."""
        return status_tokens(city or self.warifu, self.at, revoked, **changes)

    def status(self, revoked: Collection[int] = (), **changes: Any) -> StatusLists:
        """A source over the lists of both cities; ``revoked`` concerns the first."""
        tokens = [*self.status_tokens(revoked, **changes), *self.status_tokens((), self.tonari)]
        return StatusLists(tokens, anchors=self.anchors)
