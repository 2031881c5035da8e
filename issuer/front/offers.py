"""Offers as the public side knows them: registered and withdrawn by the inner side, redeemed once by a wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from issuer.store.front import offer
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.messages.jobs import OfferRegistration, hash_code, tx_code_matches

MAX_TRIES: Final = 5
MAX_OFFER_LIFE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a redeemed offer gives a right to."""

    subject_handle: str
    configuration_ids: tuple[str, ...]


def register_offer(engine: sa.Engine, offer_id: str, registration: OfferRegistration, *, at: datetime) -> None:
    """Make an offer redeemable; the same registration again changes nothing.

    Raises:
        WarifuError: ``offer_life_too_long`` above five minutes (threat C01), ``offer_exists`` for another content under
            the same id or code.
    """
    check_offer_life(registration, at)
    rule = registration.tx_code
    row: dict[str, Any] = {
        "offer_id": offer_id,
        "code_hash": registration.code_hash,
        "configuration_ids": list(registration.configuration_ids),
        "tx_code_hash": None if rule is None else rule.hash,
        "subject_handle": registration.subject_handle,
        "expires_at": registration.expires_at,
    }
    clash = sa.select(offer).where((offer.c.offer_id == offer_id) | (offer.c.code_hash == registration.code_hash))
    with begin(engine) as connection:
        found = connection.execute(clash).mappings().all()
        if not found:
            connection.execute(sa.insert(offer).values(tries=0, **row))
        elif len(found) > 1 or any(found[0][name] != value for name, value in row.items()):
            raise WarifuError("offer_exists", "another offer has this id or code", hint="make a new offer", layer="protocol")


def check_offer_life(registration: OfferRegistration, at: datetime) -> None:
    """Refuse an offer that would live longer than five minutes (a minute of skew between the two machines is allowed)."""
    if registration.expires_at > at + MAX_OFFER_LIFE + timedelta(minutes=1):
        raise WarifuError(
            "offer_life_too_long",
            "an offer lives five minutes at most",
            hint="check both clocks",
            clause="OpenID4VCI 1.0 13.6",
            layer="policy",
        )


def withdraw_offer(engine: sa.Engine, offer_id: str) -> None:
    """Forget an offer; one that is unknown or gone already is no error."""
    with begin(engine) as connection:
        connection.execute(sa.delete(offer).where(offer.c.offer_id == offer_id))


def redeem(connection: sa.Connection, code: str, tx_code: str | None, *, at: datetime) -> Redeemed | WarifuError:
    """Check, count and consume in the caller's transaction, in this order (threats C01, C02, C03).

    A wrong transaction code must be counted although it is refused: it is therefore *returned*, so that the caller
    commits before raising it.

    Raises:
        WarifuError: ``code_unknown``, ``code_used``, ``code_expired``, ``tx_code_missing``, ``tx_code_unexpected``,
            ``tx_code_tries_exhausted``: nothing has changed then.
    """
    row = connection.execute(sa.select(offer).where(offer.c.code_hash == hash_code(code)).with_for_update()).mappings().one_or_none()
    if row is None:
        raise _not_redeemable("code_unknown", "the code is not known")
    check_unused(row["used_at"])
    check_not_expired(row["expires_at"], at)
    check_tx_code_given(row["tx_code_hash"] is not None, tx_code)
    wrong = _evaluate_tx_code(connection, row, tx_code)
    if wrong is not None:
        return wrong
    connection.execute(sa.update(offer).where(offer.c.offer_id == row["offer_id"]).values(used_at=at))
    return Redeemed(row["subject_handle"], tuple(row["configuration_ids"]))


def check_unused(used_at: datetime | None) -> None:
    """A code works once (C01)."""
    if used_at is not None:
        raise _not_redeemable("code_used", "the code was used already")


def check_not_expired(expires_at: datetime, at: datetime) -> None:
    """A code works for five minutes (C01)."""
    if at >= expires_at:
        raise _not_redeemable("code_expired", "the code has expired")


def check_tx_code_given(expected: bool, tx_code: str | None) -> None:
    """The transaction code must be there exactly where the offer has one (OpenID4VCI 1.0 6.3)."""
    if expected and tx_code is None:
        raise WarifuError("tx_code_missing", "a transaction code is needed", clause="OpenID4VCI 1.0 6.3", layer="protocol")
    if not expected and tx_code is not None:
        raise WarifuError("tx_code_unexpected", "the offer has no transaction code", clause="OpenID4VCI 1.0 6.3", layer="protocol")


def _evaluate_tx_code(connection: sa.Connection, row: sa.RowMapping, tx_code: str | None) -> WarifuError | None:
    """Return the error of a wrong code after counting it; the row is locked, so parallel guesses come one by one."""
    if tx_code is None or row["tx_code_hash"] is None:
        return None
    check_tries_left(row["tries"])
    try:
        check_tx_code(tx_code, row["tx_code_hash"])
    except WarifuError as wrong:
        connection.execute(sa.update(offer).where(offer.c.offer_id == row["offer_id"]).values(tries=offer.c.tries + 1))
        return wrong
    return None


def check_tries_left(tries: int) -> None:
    """Five codes are evaluated for one offer, right or wrong (C02)."""
    if tries >= MAX_TRIES:
        raise _not_redeemable("tx_code_tries_exhausted", "too many wrong transaction codes were tried")


def check_tx_code(tx_code: str, stored: str) -> None:
    """Compare with the stored slow hash (C02)."""
    if not tx_code_matches(tx_code, stored):
        raise WarifuError(
            "tx_code_wrong",
            "the transaction code is wrong",
            hint="type the code that was given to you",
            clause="OpenID4VCI 1.0 6.3",
            layer="protocol",
        )


def _not_redeemable(code: str, message: str) -> WarifuError:
    return WarifuError(code, message, hint="ask for a new offer", clause="OpenID4VCI 1.0 6.3", layer="protocol")
