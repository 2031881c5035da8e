"""Receiving: from an offer or a refresh token to stored copies.  Nothing is stored that was not verified (threat row D21)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runtime.signers import MemorySigner
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import jwk_thumbprint
from schemas.messages.openid4vci import (
    CredentialOffer,
    DeferredIssuance,
    IssuedCredentials,
    Notification,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenResponse,
)
from schemas.trust import Anchors
from schemas.verify import Expected, Policy, StatusLists, Verified, verify_issued
from wallet.receive.client import IssuanceClient, IssuerEndpoints
from wallet.vault.content import Format, Grant, HolderKey, StoredCopy, VaultContent

#: Copies of each type and format that one fetch brings.
DEFAULT_COPIES = 3


@dataclass(frozen=True, slots=True)
class Receiver:
    """What receiving needs besides the vault."""

    client: IssuanceClient
    anchors: Anchors
    now: Callable[[], datetime]
    copies: int = DEFAULT_COPIES
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one fetch: copies stored, and configurations that the issuer deferred."""

    grant_id: str
    copies: tuple[StoredCopy, ...]
    deferred: tuple[str, ...] = ()


def accept_offer(receiver: Receiver, offer: CredentialOffer, content: VaultContent, *, tx_code: str | None) -> Received:
    """Redeem an offer and put what it brings into ``content``; the caller saves.

    Raises:
        WarifuError: ``offer_without_code``, ``tx_code_needed``, ``issuer_not_trusted``, ``code_refused`` and whatever
            speaks against a received credential; then ``content`` is unchanged.
    """
    if offer.pre_authorized_code is None:
        raise WarifuError(
            "offer_without_code", "the offer has no pre-authorized code", hint="ask for another offer", clause="OpenID4VCI 1.0 4.1.1"
        )
    if offer.tx_code is not None and not tx_code:
        raise WarifuError("tx_code_needed", "the offer needs a transaction code", hint="enter the code you were told, or use --tx-code-fd")
    endpoints = receiver.client.endpoints(offer.credential_issuer)
    grant = Grant(secrets.token_hex(8), offer.credential_issuer, offer.configuration_ids, HolderKey.fresh())
    request = PreAuthorizedTokenRequest(offer.pre_authorized_code, tx_code if offer.tx_code is not None else None)
    token = receiver.client.token(endpoints.token_endpoint, request, dpop_key=grant.dpop_key.signer())
    return _fetch(receiver, endpoints, grant, token, content)


def refresh(receiver: Receiver, grant: Grant, content: VaultContent, keep: Callable[[], None]) -> Received:
    """Fetch new copies by the grant's refresh token and forget the old ones that they replace.

    Args:
        keep: saves the vault; called as soon as the rotated refresh token is known, so that it is never lost.

    Raises:
        WarifuError: ``no_refresh_token``, ``token_refused`` where the right has ended, and as :func:`accept_offer`.
    """
    if grant.refresh_token is None:
        raise WarifuError("no_refresh_token", "this credential cannot be renewed", hint="ask the municipality for a new offer")
    endpoints = receiver.client.endpoints(grant.issuer)
    token = receiver.client.token(endpoints.token_endpoint, RefreshTokenRequest(grant.refresh_token), dpop_key=grant.dpop_key.signer())
    content.grants[grant.grant_id] = replace(grant, refresh_token=token.refresh_token or grant.refresh_token)
    keep()
    old = [copy.copy_id for copy in content.copies.values() if copy.grant_id == grant.grant_id]
    received = _fetch(receiver, endpoints, content.grants[grant.grant_id], token, content)
    renewed = {copy.configuration_id for copy in received.copies}
    for copy_id in old:
        if content.copies[copy_id].configuration_id in renewed:
            content.drop(copy_id)
    return received


def _fetch(receiver: Receiver, endpoints: IssuerEndpoints, grant: Grant, token: TokenResponse, content: VaultContent) -> Received:
    keys = [HolderKey.fresh() for _ in range(max(1, min(receiver.copies, endpoints.metadata.batch_size)))]
    signers = {key.thumbprint: key.signer() for key in keys}
    copies: list[StoredCopy] = []
    deferred: list[str] = []
    for configuration_id in grant.configuration_ids:
        issued = receiver.client.credentials(
            endpoints,
            configuration_id,
            list(signers.values()),
            access_token=token.access_token,
            dpop_key=grant.dpop_key.signer(),
            encrypted=receiver.encrypted,
        )
        if isinstance(issued, DeferredIssuance):
            deferred.append(configuration_id)
            continue
        copies += _checked(receiver, endpoints=endpoints, grant=grant, configuration_id=configuration_id, issued=issued, signers=signers)
        _notify(receiver, endpoints, grant, token, issued)
    for key in keys:
        content.keys[key.thumbprint] = key
    content.copies.update({copy.copy_id: copy for copy in copies})
    content.grants[grant.grant_id] = replace(grant, refresh_token=token.refresh_token or grant.refresh_token)
    return Received(grant.grant_id, tuple(copies), tuple(deferred))


def _notify(receiver: Receiver, endpoints: IssuerEndpoints, grant: Grant, token: TokenResponse, issued: IssuedCredentials) -> None:
    if issued.notification_id is not None:
        event = Notification(issued.notification_id, "credential_accepted")
        receiver.client.notify(endpoints, event, access_token=token.access_token, dpop_key=grant.dpop_key.signer())


def _checked(
    receiver: Receiver,
    *,
    endpoints: IssuerEndpoints,
    grant: Grant,
    configuration_id: str,
    issued: IssuedCredentials,
    signers: Mapping[str, MemorySigner],
) -> list[StoredCopy]:
    configuration = endpoints.metadata.configurations.get(configuration_id)
    if configuration is None or configuration.type is None:
        raise WarifuError(
            "configuration_unknown", "the offer names a credential that the issuer does not describe", clause="OpenID4VCI 1.0 4.1.1"
        )
    checked = [
        _verify(
            receiver,
            grant=grant,
            configuration_id=configuration_id,
            format_name=configuration.format,
            type_name=configuration.type,
            text=text,
            signers=signers,
        )
        for text in issued.credentials
    ]
    check_one_copy_a_key(checked, len(signers))
    return checked


def check_one_copy_a_key(copies: Sequence[StoredCopy], asked: int) -> None:
    """Every proven key got exactly one copy, in whatever order they came (OpenID4VCI 1.0 8.3)."""
    if len(copies) != asked or len({copy.holder_key for copy in copies}) != asked:
        raise WarifuError(
            "batch_incomplete", "the issuer did not send one copy for each key", clause="OpenID4VCI 1.0 8.3", layer="protocol"
        )


def _verify(
    receiver: Receiver,
    *,
    grant: Grant,
    configuration_id: str,
    format_name: str,
    type_name: str,
    text: str,
    signers: Mapping[str, MemorySigner],
) -> StoredCopy:
    credential: str | bytes = text if format_name == "dc+sd-jwt" else b64url_decode(text)
    at = receiver.now()
    expected = Expected(
        types=frozenset({type_name}), key_binding="none", nonce=None, audience=None, session_transcript=None, holder_key=None
    )
    verified = verify_issued(
        credential,
        format=_format(format_name),
        expected=expected,
        anchors=receiver.anchors,
        status=StatusLists((), anchors=receiver.anchors),
        policy=RECEIVING,
        at=at,
    )
    check_bound_to_us(verified, signers)
    check_issuer_of_offer(verified, grant.issuer)
    return StoredCopy(
        copy_id=secrets.token_hex(8),
        grant_id=grant.grant_id,
        configuration_id=configuration_id,
        format=_format(format_name),
        type=type_name,
        issuer=grant.issuer,
        municipality=verified.municipality or "",
        holder_key=_thumbprint(verified),
        credential=text,
        received_at=at.isoformat(),
        valid_until=verified.valid_until.isoformat() if verified.valid_until else "",
    )


#: A fresh copy's list may not be out yet; the status is the verifier's affair, the wallet checks all else.
RECEIVING = Policy(status="none")


def _format(name: str) -> Format:
    if name == "dc+sd-jwt":
        return "dc+sd-jwt"
    if name == "mso_mdoc":
        return "mso_mdoc"
    raise WarifuError("format_unsupported", "the issuer offers a format that this wallet does not know", layer="protocol")


def _thumbprint(verified: Verified) -> str:
    if verified.holder_key is None:
        raise WarifuError("holder_key_missing", "the credential is bound to no key", clause="HAIP 1.0 6.1", layer="key-binding")
    return b64url_encode(jwk_thumbprint(verified.holder_key))


def check_bound_to_us(verified: Verified, signers: Mapping[str, MemorySigner]) -> None:
    """The credential is bound to one of the keys that were proven just now, and to no other."""
    if _thumbprint(verified) not in signers:
        raise WarifuError(
            "holder_key_foreign", "the credential is bound to a key that is not ours", clause="OpenID4VCI 1.0 8.3", layer="key-binding"
        )


def check_issuer_of_offer(verified: Verified, issuer: str) -> None:
    """What came is signed by the issuer that offered it (threat row C07)."""
    if verified.issuer != issuer:
        raise WarifuError(
            "issuer_mismatch", "the credential names another issuer than the offer", clause="OpenID4VCI 1.0 14", layer="policy"
        )
