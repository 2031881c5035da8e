"""A session as it lies in the store, and the ways to find one: each by a secret of its own (threats D01, D04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

import sqlalchemy as sa

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json_object
from schemas.messages.openid4vp import ResponseKey
from verifier.purposes import Purpose, purpose_from_snapshot
from verifier.store.tables import sessions

Flow = Literal["same-device", "cross-device"]
SessionStatus = Literal["pending", "answered", "returned", "declined", "foreign_return", "read", "expired"]

SECRET_LENGTH: Final = 43


@dataclass(frozen=True, slots=True)
class Session:
    """One request to one wallet.

    Attributes:
        id: handle of the relying party's back office; useless without a key of the same actor.
        request_id: part of the request URI, known to whoever sees the link.
        response_secret: part of the response URI, known to whoever has read the signed request.
        purpose: the purpose as it was when the session began.
        key: decryption key of this request alone; gone once it was answered.
    """

    id: str
    request_id: str
    response_secret: str
    actor: str
    flow: Flow
    purpose: Purpose
    nonce: str
    state: str
    key: ResponseKey | None
    public_jwk: dict[str, Any] | None
    browser_bound: bool
    status: SessionStatus
    created_at: datetime
    expires_at: datetime


def load_by_request(connection: sa.Connection, request_id: str, at: datetime) -> Session:
    """Return the pending session behind a request URI; it may be fetched again and again while it lives.

    Raises:
        WarifuError: ``session_unknown``, ``session_expired`` or ``session_answered``.
    """
    return _pending(_row(connection, sessions.c.request_id, request_id), at)


def load_by_response(connection: sa.Connection, response_secret: str, at: datetime) -> Session:
    """Return the pending session behind a response URI; raises as :func:`load_by_request`."""
    return _pending(_row(connection, sessions.c.response_secret, response_secret), at)


def _row(connection: sa.Connection, column: sa.Column[str], secret: str) -> sa.Row[Any]:
    found = None
    if len(secret) == SECRET_LENGTH and secret.isascii():
        found = connection.execute(sa.select(sessions).where(column == secret)).one_or_none()
    if found is None:
        raise session_unknown()
    return found


def _pending(row: sa.Row[Any], at: datetime) -> Session:
    _check_alive(row.expires_at, at)
    _check_pending(row.status)
    return session_of(row)


def _check_alive(expires_at: datetime, at: datetime) -> None:
    """Refuse a session past its end, whether or not it has been swept up yet."""
    if at >= expires_at:
        raise session_expired()


def _check_pending(status: str) -> None:
    """Refuse a session that has had its one answer (threats A18, D03)."""
    if status != "pending":
        raise WarifuError(
            "session_answered",
            "the request has been answered already",
            hint="ask the relying party for a new request",
            clause="OpenID4VP 14.1",
            layer="protocol",
        )


def session_of(row: sa.Row[Any]) -> Session:
    """Return the typed form of a row."""
    key, public = None, None
    if row.encryption_key is not None:
        private = parse_json_object(row.encryption_key)
        public = {name: value for name, value in private.items() if name != "d"}
        key = ResponseKey({name: private[name] for name in ("kty", "crv", "x", "y", "d")}, private["kid"])
    return Session(
        id=row.id,
        request_id=row.request_id,
        response_secret=row.response_secret,
        actor=row.actor,
        flow=cast("Flow", row.flow),
        purpose=purpose_from_snapshot(row.purpose),
        nonce=row.nonce,
        state=row.state,
        key=key,
        public_jwk=public,
        browser_bound=row.browser_hash is not None,
        status=cast("SessionStatus", row.status),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def session_unknown() -> WarifuError:
    """Return the error for a handle that names no session, or one of another actor (not raised here)."""
    return WarifuError("session_unknown", "there is no such session", hint="create a new request", layer="protocol")


def session_expired() -> WarifuError:
    """Return the error for a session past its end (not raised here)."""
    return WarifuError("session_expired", "the session has ended", hint="create a new request", layer="protocol")
