"""Tokens: bound to the wallet's key, short-lived, kept as hashes, and dead at once when their handle is revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from issuer.front.offers import Redeemed, redeem
from issuer.store.front import access_token, deferred, grant, offer, refresh_token
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.messages.jobs import hash_code, new_identifier
from schemas.messages.openid4vci import PreAuthorizedTokenRequest, RefreshTokenRequest, TokenResponse

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Grant:
    """The right behind a valid access token, and the hash of that token."""

    grant_id: str
    subject_handle: str
    configuration_ids: tuple[str, ...]
    token_hash: str


@dataclass(frozen=True, slots=True)
class TokenMint:
    """Lives and randomness of new tokens; ``random(n)`` gives n random bytes."""

    access_life: timedelta
    grant_life: timedelta
    random: RandomBytes

    def token(self) -> str:
        """Return a fresh token of 256 random bits."""
        return new_identifier(self.random(32))


def exchange_code(engine: sa.Engine, request: PreAuthorizedTokenRequest, *, jkt: str, mint: TokenMint, at: datetime) -> TokenResponse:
    """Redeem a pre-authorized code for tokens bound to ``jkt``, all in one transaction.

    Raises:
        WarifuError: the codes of :func:`issuer.front.offers.redeem`, ``tx_code_wrong`` (counted).
    """
    response: TokenResponse | None = None
    with begin(engine) as connection:
        outcome = redeem(connection, request.code, request.tx_code, at=at)
        if isinstance(outcome, Redeemed):
            response = _open_grant(connection, outcome, jkt=jkt, mint=mint, at=at)
    if response is None:
        raise outcome  # type: ignore[misc]  # a Redeemed has always made a response
    return response


def _open_grant(connection: sa.Connection, redeemed: Redeemed, *, jkt: str, mint: TokenMint, at: datetime) -> TokenResponse:
    grant_id = new_identifier(mint.random(16))
    row = {
        "grant_id": grant_id,
        "subject_handle": redeemed.subject_handle,
        "configuration_ids": list(redeemed.configuration_ids),
        "jkt": jkt,
        "generation": 0,
        "expires_at": at + mint.grant_life,
    }
    connection.execute(sa.insert(grant).values(row))
    return _issue(connection, grant_id, redeemed.configuration_ids, generation=0, mint=mint, at=at)


def _issue(
    connection: sa.Connection, grant_id: str, configuration_ids: tuple[str, ...], *, generation: int, mint: TokenMint, at: datetime
) -> TokenResponse:
    access, refresh = mint.token(), mint.token()
    connection.execute(sa.insert(access_token).values(token_hash=hash_code(access), grant_id=grant_id, expires_at=at + mint.access_life))
    connection.execute(
        sa.insert(refresh_token).values(token_hash=hash_code(refresh), grant_id=grant_id, generation=generation, superseded=False)
    )
    seconds = int(mint.access_life.total_seconds())
    return TokenResponse(access, expires_in=seconds, refresh_token=refresh, scope=" ".join(configuration_ids))


def refresh(engine: sa.Engine, request: RefreshTokenRequest, *, jkt: str, mint: TokenMint, at: datetime) -> TokenResponse:
    """Exchange a refresh token for new tokens; the old one works once more only while the new one is unused.

    A wallet whose answer was lost sends the same token again: it gets a third one, and the lost one dies.  Any other
    second use means that two parties hold the token, and the whole grant dies (RFC 9700 4.14.2).

    Raises:
        WarifuError: ``refresh_token_unknown``, ``refresh_token_reused``, ``grant_revoked``, ``grant_expired``,
            ``token_bound_to_other_key``.
    """
    response: TokenResponse | None = None
    with begin(engine) as connection:
        row = connection.execute(
            sa.select(refresh_token, *_grant_columns())
            .join(grant, grant.c.grant_id == refresh_token.c.grant_id)
            .where(refresh_token.c.token_hash == hash_code(request.refresh_token))
            .with_for_update()
        ).mappings().one_or_none()  # fmt: skip
        if row is None:
            raise WarifuError("refresh_token_unknown", "the refresh token is not known", hint="ask for a new offer", clause="RFC 6749 6")
        check_grant_alive(row, at)
        check_token_key(row["jkt"], jkt)
        reused = row["superseded"] or row["generation"] < row["grant_generation"] - 1
        if reused:
            _revoke_grants(connection, grant.c.grant_id == row["grant_id"], at)
        else:
            response = _rotate(connection, row, mint=mint, at=at)
    if response is None:
        raise WarifuError(
            "refresh_token_reused",
            "the refresh token was used before; every token of this offer is dead now",
            hint="ask for a new offer",
            clause="RFC 9700 4.14.2",
            layer="protocol",
        )
    return response


def _grant_columns() -> list[sa.Label[object] | sa.Column[object]]:
    return [
        grant.c.subject_handle,
        grant.c.configuration_ids,
        grant.c.jkt,
        grant.c.generation.label("grant_generation"),
        grant.c.expires_at.label("grant_expires_at"),
        grant.c.revoked_at,
    ]


def _rotate(connection: sa.Connection, row: sa.RowMapping, *, mint: TokenMint, at: datetime) -> TokenResponse:
    generation = row["generation"] + 1
    same_generation = (refresh_token.c.grant_id == row["grant_id"]) & (refresh_token.c.generation == generation)
    connection.execute(sa.update(refresh_token).where(same_generation).values(superseded=True))
    connection.execute(sa.update(grant).where(grant.c.grant_id == row["grant_id"]).values(generation=generation))
    return _issue(connection, row["grant_id"], tuple(row["configuration_ids"]), generation=generation, mint=mint, at=at)


def authenticate(engine: sa.Engine, token: str, *, jkt: str, at: datetime) -> Grant:
    """Return the grant behind an access token presented with a proof by the key ``jkt``.

    Raises:
        WarifuError: ``access_token_unknown``, ``access_token_expired``, ``grant_revoked``, ``grant_expired``,
            ``token_bound_to_other_key``.
    """
    token_hash = hash_code(token)
    query = (
        sa.select(access_token, *_grant_columns())
        .join(grant, grant.c.grant_id == access_token.c.grant_id)
        .where(access_token.c.token_hash == token_hash)
    )
    with read(engine) as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise WarifuError("access_token_unknown", "the access token is not known", hint="get a new one", clause="RFC 6750 3.1")
    check_token_fresh(row["expires_at"], at)
    check_grant_alive(row, at)
    check_token_key(row["jkt"], jkt)
    return Grant(row["grant_id"], row["subject_handle"], tuple(row["configuration_ids"]), token_hash)


def check_token_fresh(expires_at: datetime, at: datetime) -> None:
    """An access token lives five minutes at most (C29)."""
    if at >= expires_at:
        raise WarifuError("access_token_expired", "the access token has expired", hint="use the refresh token", clause="RFC 6750 3.1")


def check_grant_alive(row: sa.RowMapping, at: datetime) -> None:
    """A grant ends with its time, or when the inner side revokes its handle."""
    if row["revoked_at"] is not None:
        raise WarifuError("grant_revoked", "the right behind the token was withdrawn", hint="ask for a new offer", clause="RFC 6750 3.1")
    if at >= row["grant_expires_at"]:
        raise WarifuError("grant_expired", "the right behind the token has ended", hint="ask for a new offer", clause="RFC 6750 3.1")


def check_token_key(bound: str, jkt: str) -> None:
    """A token is good only with the key it was given to (RFC 9449 6)."""
    if bound != jkt:
        raise WarifuError(
            "token_bound_to_other_key",
            "the token belongs to another key",
            hint="sign DPoP with the key of the token request",
            clause="RFC 9449 6",
        )


def revoke_handle(engine: sa.Engine, subject_handle: str, *, at: datetime) -> None:
    """Let everything of a handle die: offers, access and refresh tokens, deferred requests."""
    with begin(engine) as connection:
        grants = sa.select(grant.c.grant_id).where(grant.c.subject_handle == subject_handle)
        connection.execute(sa.delete(offer).where(offer.c.subject_handle == subject_handle))
        connection.execute(sa.delete(deferred).where(deferred.c.grant_id.in_(grants)))
        _revoke_grants(connection, grant.c.subject_handle == subject_handle, at)


def _revoke_grants(connection: sa.Connection, which: sa.ColumnElement[bool], at: datetime) -> None:
    connection.execute(sa.update(grant).where(which, grant.c.revoked_at.is_(None)).values(revoked_at=at))
