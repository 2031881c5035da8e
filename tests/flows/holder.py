"""A resident with a wallet: accepts offers and answers relying parties as the command line would, without a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from issuer.municipality.offers import MadeOffer
from schemas.messages.openid4vci import CredentialOffer, parse_offer_link
from schemas.messages.openid4vp import AuthorizationRequest
from schemas.trust import Anchors
from tests.flows.town import CATALOGUE, Town
from verifier.flows import CreatedRequest
from wallet.present import present as presenting
from wallet.present.consent import Consent, asker_of, describe, restrict
from wallet.present.requests import Shower, fetch_request
from wallet.receive.accept import Received, Receiver, accept_offer
from wallet.receive.client import IssuanceClient
from wallet.receive.renew import refresh
from wallet.vault.content import VaultContent
from wallet.vault.vault import VAULT_FILE, Vault

PASSPHRASE = b"correct horse battery staple"


@dataclass
class Holder:
    """An open wallet in a town."""

    town: Town
    home: Path
    vault: Vault
    anchors: Anchors | None = None
    encrypted: bool = True
    copies: int = 3

    @property
    def content(self) -> VaultContent:
        return self.vault.content

    @property
    def receiver(self) -> Receiver:
        client = IssuanceClient(self.town.fetcher(), now=self.town.clock)
        anchors = self.anchors if self.anchors is not None else self.town.anchors
        return Receiver(client, anchors, self.town.clock, copies=self.copies, encrypted=self.encrypted)

    @property
    def shower(self) -> Shower:
        return Shower(self.town.fetcher(), self.anchors if self.anchors is not None else self.town.anchors, self.town.clock)

    def accept(self, made: MadeOffer, tx_code: str | None = None) -> Received:
        """Redeem an offer while the inner side is at work."""
        offer = parse_offer_link(made.link)
        assert isinstance(offer, CredentialOffer)
        with self.town.issuing():
            return accept_offer(self.receiver, offer, self.vault, tx_code=tx_code or made.tx_code)

    def refresh(self) -> Received:
        """Renew the only grant."""
        (grant,) = self.content.grants.values()
        with self.town.issuing():
            return refresh(self.receiver, grant, self.vault)

    def read(self, request: CreatedRequest) -> AuthorizationRequest:
        return fetch_request(self.shower, request.link)

    def consent(self, asked: AuthorizationRequest, *, disclose: Sequence[str] = (), language: str = "ja", **choice: Any) -> Consent:
        """Return the screen for a request."""
        asker = asker_of(asked, anchors=self.shower.anchors, language=language, at=self.town.clock())
        chosen = presenting.choose(asked, self.content, at=self.town.clock(), **{"reuse": False, **choice})
        consent = describe(asker, chosen, catalogue=CATALOGUE, language=language)
        return restrict(consent, disclose) if disclose else consent

    def answer(self, asked: AuthorizationRequest, consent: Consent) -> presenting.Answered:
        """Show what was agreed to."""
        at = self.town.clock()
        tokens = presenting.build_presentations(asked, consent.leaving, self.content.keys, at=at)
        self.content.mark_shown([one.copy.copy_id for one in consent.leaving], at)
        return presenting.send(self.shower, asked, tokens)

    def show(self, request: CreatedRequest, **choice: Any) -> presenting.Answered:
        """Read a request, agree and answer."""
        asked = self.read(request)
        return self.answer(asked, self.consent(asked, **choice))

    def file(self) -> bytes:
        """The vault's bytes on disk."""
        return (self.home / VAULT_FILE).read_bytes()
