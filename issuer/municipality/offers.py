"""Offers: the right of one resident to fetch certain credentials, made by staff and redeemed at the front."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.municipality import audit
from issuer.municipality.credentials.attest import check_may_be_issued, requested_specials
from issuer.municipality.credentials.profile import Profile, configuration
from issuer.municipality.frontier import Front
from issuer.municipality.register import read_record
from issuer.store.municipality.issuing import subject_handle
from runtime.store import begin
from schemas.messages.jobs import OfferRegistration, TxCodeRule, hash_code, hash_tx_code, new_identifier
from schemas.messages.openid4vci import CredentialOffer, TxCode, offer_link

#: Offers live five minutes (threat row C01).
OFFER_LIFE = timedelta(minutes=5)
TX_CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class MadeOffer:
    """What staff hand over: the link, and the transaction code by another channel."""

    offer_id: str
    link: str
    tx_code: str | None
    expires_at: datetime
    configuration_ids: tuple[str, ...]


def create_offer(
    engine: sa.Engine,
    front: Front,
    profile: Profile,
    *,
    resident_id: str,
    configuration_ids: Sequence[str],
    special_items: Collection[str],
    with_tx_code: bool,
    actor: str,
    at: datetime,
) -> MadeOffer:
    """Make an offer and tell the front of it; commits only when the front has taken it.

    Args:
        resident_id: 宛名番号 of the resident whose record the offer opens.
        configuration_ids: which credentials may be fetched.
        special_items: items that the law leaves out unless specially requested (特別の請求).
        with_tx_code: whether a six-digit code must be typed besides.

    Raises:
        WarifuError: ``resident_unknown``, ``record_struck``, ``issuance_refused``, ``unknown_credential_configuration``
            or what the front answers.
    """
    for configuration_id in configuration_ids:
        configuration(profile, configuration_id)
    offer_id, handle = new_identifier(secrets.token_bytes(16)), new_identifier(secrets.token_bytes(24))
    code = secrets.token_urlsafe(32)
    tx_code = f"{secrets.randbelow(10**TX_CODE_DIGITS):0{TX_CODE_DIGITS}d}" if with_tx_code else None
    registration = _registration(handle, code, tx_code, configuration_ids, at + OFFER_LIFE)
    with begin(engine) as connection:
        view = read_record(connection, resident_id, at=at)
        check_may_be_issued(view)
        requested_specials(view, special_items)
        right = {"resident_id": resident_id, "configurations": list(configuration_ids), "special_items": sorted(special_items)}
        connection.execute(sa.insert(subject_handle).values(handle=handle, actor=actor, created_at=at, **right))
        audit.record(connection, at=at, actor=actor, action="offer_created", subject=handle)
        front.put_offer(offer_id, registration)
    rule = TxCode(length=TX_CODE_DIGITS) if tx_code else None
    offer = CredentialOffer(profile.issuer, tuple(configuration_ids), pre_authorized_code=code, tx_code=rule)
    return MadeOffer(offer_id, offer_link(offer), tx_code, registration.expires_at, tuple(configuration_ids))


def _registration(handle: str, code: str, tx_code: str | None, configuration_ids: Sequence[str], expires_at: datetime) -> OfferRegistration:
    rule = TxCodeRule(hash_tx_code(tx_code, salt=secrets.token_bytes(16)), TX_CODE_DIGITS) if tx_code else None
    return OfferRegistration(
        configuration_ids=tuple(configuration_ids),
        code_hash=hash_code(code),
        expires_at=expires_at,
        subject_handle=handle,
        tx_code=rule,
    )
