"""Receiving: from an offer or a refresh token to stored copies.  Nothing is stored that was not verified, or by halves.

A fetch ends in one of three ways.  All that came is good: it is stored, also where the issuer refused one of several
credentials.  Something that came is refused by us: nothing of the fetch is stored.  The issuer went away in between: only
the right to fetch is stored, and ``refresh`` goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.errors import UndeterminedError, WarifuError
from schemas.messages.openid4vci import (
    CredentialOffer,
    DeferredIssuance,
    IssuedCredentials,
    Notification,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
)
from schemas.messages.openid4vci.credential import Event
from schemas.trust import Anchors
from wallet.receive.answers import IssuerRefusedError
from wallet.receive.checking import Batch, check_batch
from wallet.receive.client import Access, IssuanceClient
from wallet.receive.issuers import check_configurations, check_issuer_trusted, check_offer
from wallet.vault.entries import Grant, HolderKey, Pending, StoredCopy
from wallet.vault.vault import Vault

#: Copies of each type and format that one fetch brings.
DEFAULT_COPIES = 3
#: What is set aside for one copy with its key: two and a half times what our own types take on average.
BYTES_PER_COPY = 24 * 1024


@dataclass(frozen=True, slots=True)
class Receiver:
    """What receiving needs besides the vault."""

    client: IssuanceClient
    anchors: Anchors
    now: Callable[[], datetime]
    copies: int = DEFAULT_COPIES
    encrypted: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one fetch.

    Attributes:
        copies: those stored.
        pending: what the issuer deferred; ``access`` asks for it again.
        refused: what the issuer refused, by configuration id.
    """

    grant_id: str
    access: Access
    copies: tuple[StoredCopy, ...] = ()
    pending: tuple[Pending, ...] = ()
    refused: tuple[tuple[str, IssuerRefusedError], ...] = ()

    def joined(self, later: Received) -> Received:
        """Return both in one; what is pending is what the later one says."""
        return Received(self.grant_id, later.access, (*self.copies, *later.copies), later.pending, (*self.refused, *later.refused))

    def something(self) -> Received:
        """Return this, unless nothing came of it but refusals; then the first of them is raised."""
        if self.refused and not self.copies and not self.pending:
            raise self.refused[0][1]
        return self


@dataclass(slots=True)
class Harvest:
    """What a fetch has brought so far, not yet stored."""

    copies: list[StoredCopy] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    refused: list[tuple[str, IssuerRefusedError]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def received(self, grant: Grant, access: Access) -> Received:
        """Return what was stored of this."""
        return Received(grant.grant_id, access, tuple(self.copies), tuple(self.pending), tuple(self.refused))


def accept_offer(receiver: Receiver, offer: CredentialOffer, vault: Vault, *, tx_code: str | None) -> Received:
    """Redeem an offer and store what it brings.

    Raises:
        WarifuError: ``offer_without_code``, ``tx_code_needed``, ``tx_code_malformed``, ``issuer_not_trusted``, what the
            metadata refuses, ``store_full``, ``token_refused``, ``credential_refused`` and whatever speaks against a received
            credential; the vault then is as it was.
        UndeterminedError: where the issuer cannot be reached; once the code is redeemed, the right to fetch is kept.
    """
    check_issuer_trusted(offer.credential_issuer, receiver.anchors)
    code = check_offer(offer, tx_code)
    endpoints = receiver.client.endpoints(
        offer.credential_issuer, anchors=receiver.anchors, authorization_server=offer.authorization_server
    )
    check_configurations(endpoints.metadata, offer.configuration_ids)
    check_room(receiver, vault, offer.configuration_ids)
    dpop_key = HolderKey.fresh()
    request = PreAuthorizedTokenRequest(code.code, code.tx_code)
    token = receiver.client.token(endpoints, request, dpop_key=dpop_key.signer())
    grant = Grant(secrets.token_hex(8), offer.credential_issuer, offer.configuration_ids, dpop_key, token.refresh_token)
    access = Access(endpoints, token.access_token, dpop_key.signer())
    try:
        return fetch(receiver, access, grant, vault, grant.configuration_ids).something()
    except UndeterminedError as error:
        if grant.refresh_token is None:
            raise
        vault.content.grants[grant.grant_id] = grant
        vault.save()
        raise UndeterminedError(
            error.code,
            f"{error.message}; the right to fetch is kept",
            hint="fetch what was offered with warifu-wallet refresh",
            clause=error.clause,
            layer=error.layer,
        ) from error


def check_room(receiver: Receiver, vault: Vault, configuration_ids: Sequence[str]) -> None:
    """Refuse to fetch what the disk has no room for, before a code is redeemed or a token used; raises ``store_full``."""
    vault.check_room(receiver.copies * len(configuration_ids) * BYTES_PER_COPY)


def fetch(receiver: Receiver, access: Access, grant: Grant, vault: Vault, configuration_ids: Sequence[str]) -> Received:
    """Ask for every configuration with one set of fresh keys, and store what comes, or nothing where any of it is bad."""
    copies = max(1, min(receiver.copies, access.endpoints.metadata.batch_size))
    keys = {key.thumbprint: key for key in (HolderKey.fresh() for _ in range(copies))}
    harvest = Harvest()
    for name in configuration_ids:
        _ask(receiver, access, batch_of(access, grant, name, keys), keys, harvest)
    if harvest.copies or harvest.pending:
        vault.content.keys |= keys
        vault.content.grants[grant.grant_id] = grant
        store(vault, grant, harvest)
        vault.content.drop_unused_keys(keys)
        vault.save()
        notify(receiver, access, harvest.notices, "credential_accepted")
    return harvest.received(grant, access)


def _ask(receiver: Receiver, access: Access, batch: Batch, keys: Mapping[str, HolderKey], harvest: Harvest) -> None:
    """Ask for one configuration; that the issuer refuses it does not keep the others from coming."""
    name = batch.configuration.id
    try:
        answer = receiver.client.credentials(access, name, [key.signer() for key in keys.values()], encrypted=receiver.encrypted)
    except IssuerRefusedError as error:
        harvest.refused.append((name, error))
        return
    if isinstance(answer, DeferredIssuance):
        at = receiver.now().isoformat()
        harvest.pending.append(Pending(answer.transaction_id, batch.grant_id, name, tuple(keys), at, answer.interval))
    else:
        take(receiver, access, batch, answer, harvest)


def batch_of(access: Access, grant: Grant, configuration_id: str, keys: Iterable[str]) -> Batch:
    """Return what the answer for a configuration has to be, bound to ``keys`` (thumbprints)."""
    return Batch(grant.grant_id, grant.issuer, access.endpoints.metadata.configurations[configuration_id], frozenset(keys))


def take(receiver: Receiver, access: Access, batch: Batch, answer: IssuedCredentials, harvest: Harvest) -> None:
    """Check what was issued and add it to the harvest; the issuer is told where it is refused."""
    notices = [answer.notification_id] if answer.notification_id is not None else []
    try:
        harvest.copies += check_batch(answer.credentials, batch, anchors=receiver.anchors, at=receiver.now())
    except WarifuError:
        notify(receiver, access, [*harvest.notices, *notices], "credential_failure")
        raise
    harvest.notices += notices


def store(vault: Vault, grant: Grant, harvest: Harvest) -> None:
    """Put a harvest into the vault's content; the copies that it replaces are forgotten."""
    renewed = {copy.configuration_id for copy in harvest.copies}
    mine = [copy for copy in vault.content.copies.values() if copy.grant_id == grant.grant_id]
    old = [copy.copy_id for copy in mine if copy.configuration_id in renewed]
    vault.content.copies |= {copy.copy_id: copy for copy in harvest.copies}
    vault.content.pending += harvest.pending
    for copy_id in old:
        vault.content.drop(copy_id)


def notify(receiver: Receiver, access: Access, notices: Sequence[str], event: Event) -> None:
    """Tell the issuer what became of its credentials; whether it hears it changes nothing for the holder (11)."""
    for notification_id in notices:
        with suppress(WarifuError):
            receiver.client.notify(access, Notification(notification_id, event))


def open_access(receiver: Receiver, grant: Grant, vault: Vault) -> Access:
    """Exchange the refresh token for an access token; the rotated refresh token is saved at once.

    Raises:
        WarifuError: ``issuer_not_trusted`` where the root was taken away since, ``no_refresh_token``, ``grant_ended``
            where the issuer ended the right (支援措置, 転出, death, loss); the grant then is marked as ended.
    """
    if grant.refresh_token is None:
        raise WarifuError("no_refresh_token", "this credential cannot be renewed", hint="ask the municipality for a new offer")
    check_issuer_trusted(grant.issuer, receiver.anchors)
    endpoints = receiver.client.endpoints(grant.issuer, anchors=receiver.anchors)
    check_room(receiver, vault, grant.configuration_ids)
    try:
        token = receiver.client.token(endpoints, RefreshTokenRequest(grant.refresh_token), dpop_key=grant.dpop_key.signer())
    except IssuerRefusedError as error:
        if error.error != "invalid_grant":
            raise
        vault.content.grants[grant.grant_id] = replace(grant, refresh_token=None)
        vault.save()
        raise WarifuError(
            "grant_ended",
            "the issuer has ended the right to renew this credential",
            hint="ask the municipality for a new offer",
            clause="RFC 6749 5.2",
            layer="protocol",
        ) from error
    vault.content.grants[grant.grant_id] = replace(grant, refresh_token=token.refresh_token or grant.refresh_token)
    vault.save()
    return Access(endpoints, token.access_token, grant.dpop_key.signer())
