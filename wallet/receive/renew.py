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
from wallet.vault.entries import Grant, Pending, StoredCopy
from wallet.vault.vault import Vault

Tell = Callable[[int, float], None]


def refresh(receiver: Receiver, grant: Grant, vault: Vault) -> Received:
    """Fetch what is awaited and new copies of everything else that the grant opens; old copies are then forgotten.

    Raises:
        WarifuError: ``no_refresh_token``, ``grant_ended``, and as :func:`wallet.receive.accept.accept_offer`.
    """
    access = open_access(receiver, grant, vault)
    grant = vault.content.grants[grant.grant_id]
    awaited = collect(receiver, access, grant, vault)
    dealt_with = {copy.configuration_id for copy in awaited.copies} | {entry.configuration_id for entry in awaited.pending}
    others = [name for name in grant.configuration_ids if name not in dealt_with]
    if not others:
        return awaited
    fetched = fetch(receiver, access, grant, vault, others)
    return Received(grant.grant_id, (*awaited.copies, *fetched.copies), (*awaited.pending, *fetched.pending), access)


def collect(receiver: Receiver, access: Access, grant: Grant, vault: Vault) -> Received:
    """Ask once for everything that the issuer deferred to this grant; what has come is stored.

    Raises:
        IssuerRefusedError: where the issuer finally refuses; that credential is no longer awaited.
    """
    copies: list[StoredCopy] = []
    waiting: list[Pending] = []
    for entry in [entry for entry in vault.content.pending if entry.grant_id == grant.grant_id]:
        harvest = _ask_again(receiver, access, grant, entry, vault)
        copies += harvest.copies
        waiting += harvest.pending
    return Received(grant.grant_id, tuple(copies), tuple(waiting), access)


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
        _settle(vault, grant, entry, harvest)
        if error.error != "invalid_transaction_id":
            raise
        return harvest  # the issuer has forgotten: it is asked anew, with fresh keys
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
    access = received.access
    while received.pending and access is not None and (left := (until - receiver.now()).total_seconds()) > 0:
        tell(len(received.pending), left)
        pause(min(max(entry.interval for entry in received.pending), left))
        grant = vault.content.grants[received.grant_id]
        try:
            more = collect(receiver, access, grant, vault)
        except UndeterminedError:
            continue  # away for a moment; the time that was given decides
        except IssuerRefusedError as error:
            if error.error != "invalid_token":
                raise
            access = open_access(receiver, grant, vault)
            continue
        received = Received(grant.grant_id, (*received.copies, *more.copies), more.pending, access)
    return received
