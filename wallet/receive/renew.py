"""Later: new copies for old ones, and what the issuer had deferred (OpenID4VCI 1.0 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from schemas.errors import UndeterminedError
from schemas.messages.openid4vci import DeferredIssuance
from wallet.receive.accept import Harvest, Received, Receiver, batch_of, fetch, notify, open_access, store, take
from wallet.receive.answers import IssuerRefusedError
from wallet.receive.client import Access
from wallet.receive.issuers import check_configurations
from wallet.vault.entries import Grant, Pending
from wallet.vault.vault import Vault

Tell = Callable[[int, float], None]


def refresh(receiver: Receiver, grant: Grant, vault: Vault) -> Received:
    """Fetch what is awaited and new copies of everything else that the grant opens; old copies are then forgotten.

    Raises:
        WarifuError: ``no_refresh_token``, ``grant_ended``, and as :func:`wallet.receive.accept.accept_offer`.
    """
    access = open_access(receiver, grant, vault)
    check_configurations(access.endpoints.metadata, grant.configuration_ids)
    grant = vault.content.grants[grant.grant_id]
    received = collect(receiver, access, grant, vault)
    dealt_with = {
        *(copy.configuration_id for copy in received.copies),
        *(entry.configuration_id for entry in received.pending),
        *(name for name, _ in received.refused),
    }
    others = [name for name in grant.configuration_ids if name not in dealt_with]
    if others:
        fetched = fetch(receiver, access, grant, vault, others)
        received = received.joined(replace(fetched, pending=(*received.pending, *fetched.pending)))
    return received.something()


def collect(receiver: Receiver, access: Access, grant: Grant, vault: Vault) -> Received:
    """Ask once for everything that the issuer deferred to this grant; what has come is stored.

    What the issuer finally refuses is no longer awaited.

    Raises:
        IssuerRefusedError: where the access token is no longer good.
    """
    every = Harvest()
    for entry in [entry for entry in vault.content.pending if entry.grant_id == grant.grant_id]:
        harvest = _ask_again(receiver, access, grant, entry, vault)
        every.copies += harvest.copies
        every.pending += harvest.pending
        every.refused += harvest.refused
    return every.received(grant, access)


def _ask_again(receiver: Receiver, access: Access, grant: Grant, entry: Pending, vault: Vault) -> Harvest:
    harvest = Harvest()
    try:
        answer = receiver.client.deferred(access, entry.transaction_id, asked=len(entry.keys), encrypted=receiver.encrypted)
        if isinstance(answer, DeferredIssuance):
            harvest.pending.append(replace(entry, transaction_id=answer.transaction_id, interval=answer.interval))
        else:
            take(receiver, access, batch_of(access, grant, entry.configuration_id, entry.keys), answer, harvest)
    except IssuerRefusedError as error:
        if error.error == "invalid_token":
            raise  # nothing was said about the credential
        if error.error != "invalid_transaction_id":  # that one the issuer has forgotten: it can be asked for anew
            harvest.refused.append((entry.configuration_id, error))
    _settle(vault, grant, entry, harvest)
    notify(receiver, access, harvest.notices, "credential_accepted")
    return harvest


def _settle(vault: Vault, grant: Grant, entry: Pending, harvest: Harvest) -> None:
    """Put what was learned of an awaited credential in its place, in one step."""
    vault.content.pending.remove(entry)
    store(vault, grant, harvest)
    vault.content.drop_unused_keys(entry.keys)
    vault.save()


def await_deferred(
    receiver: Receiver, vault: Vault, received: Received, *, until: datetime, pause: Callable[[float], None], tell: Tell
) -> Received:
    """Ask again at the issuer's interval until everything has come or ``until`` has passed.

    Args:
        pause: waits so many seconds.
        tell: called before each pause with the number of credentials awaited and the seconds left.
    """
    while received.pending and (left := (until - receiver.now()).total_seconds()) > 0:
        tell(len(received.pending), left)
        pause(min(max(entry.interval for entry in received.pending), left))
        grant = vault.content.grants[received.grant_id]
        try:
            received = received.joined(collect(receiver, received.access, grant, vault))
        except UndeterminedError:
            continue  # away for a moment; the time that was given decides
        except IssuerRefusedError:
            received = replace(received, access=open_access(receiver, grant, vault))
    return received
