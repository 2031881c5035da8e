"""What happens to a session: created, bound to a browser, answered once, confirmed, read once, swept up.

Three secrets keep a same-device session together (threat D01): the browser's cookie, the state inside the signed request,
and the response code that only the wallet's browser brings back.  A request forwarded to somebody else ends in a browser
without the cookie, and then nobody gets the result.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from runtime import single_use
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import public_jwk
from verifier.purposes import Purpose, snapshot
from verifier.sessions.session import Flow, Session, session_expired, session_of, session_unknown
from verifier.store.tables import sessions

LIFETIME: Final = {"same-device": timedelta(minutes=5), "cross-device": timedelta(minutes=2)}
RESULT_LIFETIME: Final = timedelta(minutes=2)
TRACE_LIFETIME: Final = timedelta(hours=1)
RESPONSE_KIND: Final = "openid4vp-response"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just created."""

    id: str
    request_id: str
    expires_at: datetime


def create_session(connection: sa.Connection, *, purpose: Purpose, flow: Flow, actor: str, at: datetime) -> NewSession:
    """Store a new pending session and return its handles; every secret has 256 bits, the encryption key is fresh.

    Args:
        actor: who asked, as the audit names it; only the same actor can read the result.
    """
    identifier, request_id, expires_at = _secret(), _secret(), at + LIFETIME[flow]
    encrypted = purpose.response_mode == "direct_post.jwt"
    row = {
        "id": identifier,
        "request_id": request_id,
        "response_secret": _secret(),
        "actor": actor,
        "flow": flow,
        "purpose": snapshot(purpose),
        "nonce": _secret(),
        "state": _secret(),
        "encryption_key": dump_json(_fresh_key()) if encrypted else None,
        "status": "pending",
        "created_at": at,
        "expires_at": expires_at,
    }
    connection.execute(sessions.insert().values(row))
    return NewSession(identifier, request_id, expires_at)


def _secret() -> str:
    return b64url_encode(secrets.token_bytes(32))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _fresh_key() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = b64url_encode(key.private_numbers().private_value.to_bytes(32, "big"))
    return {**public_jwk(key.public_key()), "kid": secrets.token_hex(8), "alg": "ECDH-ES", "use": "enc", "d": private}


def bind_browser(connection: sa.Connection, session_id: str, at: datetime) -> tuple[Session, str]:
    """Bind a same-device session to the first browser that opens it and return the secret for its cookie.

    Raises:
        WarifuError: ``session_unknown``, ``session_expired``, ``session_bound`` for every later browser.
    """
    secret = _secret()
    row = _row(connection, session_id)
    if row.flow != "same-device":
        raise session_unknown()
    unbound = sessions.update().where(sessions.c.id == session_id, sessions.c.browser_hash.is_(None), sessions.c.status == "pending")
    if at >= row.expires_at:
        raise session_expired()
    if connection.execute(unbound.values(browser_hash=_hash(secret))).rowcount != 1:
        raise WarifuError(
            "session_bound", "the request was opened in a browser before", hint="start again", clause="OpenID4VP 14.2", layer="protocol"
        )
    return session_of(row), secret


def record_answer(connection: sa.Connection, session: Session, result: dict[str, Any], at: datetime) -> str | None:
    """Record the outcome of the one answer; of parallel answers exactly one gets here.

    Args:
        result: outcome and reports by query id; claims in it live until they are read or two minutes are over.

    Returns:
        the response code for the redirect of a same-device session, else None.

    Raises:
        WarifuError: ``replayed`` where the session has been answered before (threats A18, D03).
    """
    code = _secret() if session.flow == "same-device" else None
    single_use.consume(connection, RESPONSE_KIND, session.id, expires_at=session.expires_at + TRACE_LIFETIME)
    _leave_pending(connection, session.id, "answered", result=dump_json(result), code=code, ends=at + RESULT_LIFETIME)
    return code


def record_decline(connection: sa.Connection, session: Session, error: str, at: datetime) -> str | None:
    """Record that the wallet declined; returns and raises as :func:`record_answer`."""
    code = _secret() if session.flow == "same-device" else None
    single_use.consume(connection, RESPONSE_KIND, session.id, expires_at=session.expires_at + TRACE_LIFETIME)
    _leave_pending(connection, session.id, "declined", result=dump_json({"error": error}), code=code, ends=at + RESULT_LIFETIME)
    return code


def _leave_pending(connection: sa.Connection, session_id: str, status: str, *, result: bytes, code: str | None, ends: datetime) -> None:
    values = {
        "status": status,
        "result": result,
        "encryption_key": None,
        "response_code_hash": None if code is None else _hash(code),
        "expires_at": ends,
    }
    connection.execute(sessions.update().where(sessions.c.id == session_id, sessions.c.status == "pending").values(values))


def confirm_return(connection: sa.Connection, response_code: str, cookie: str | None, at: datetime) -> Session:
    """Take the browser back after the wallet: response code once, and only with the cookie of the same session.

    Raises:
        WarifuError: ``session_unknown`` for a code that is unknown or used, ``session_expired``, and
            ``return_in_other_session`` (HAIP 5.1); the result is then destroyed, which the caller must commit.
    """
    row = connection.execute(sa.select(sessions).where(sessions.c.response_code_hash == _hash(response_code))).one_or_none()
    if row is None:
        raise session_unknown()
    if at >= row.expires_at:
        raise session_expired()
    used = sessions.update().where(sessions.c.id == row.id, sessions.c.response_code_hash == row.response_code_hash)
    try:
        _check_same_browser(row.browser_hash, cookie)
    except WarifuError:
        connection.execute(used.values(response_code_hash=None, status="foreign_return", result=None))
        raise
    status = "returned" if row.status == "answered" else row.status
    if connection.execute(used.values(response_code_hash=None, status=status)).rowcount != 1:
        raise session_unknown()
    return session_of(row)


def _check_same_browser(browser_hash: bytes | None, cookie: str | None) -> None:
    """The redirect came back to the browser that started (HAIP 5.1, threat D01)."""
    if browser_hash is None or cookie is None or not hmac.compare_digest(bytes(browser_hash), _hash(cookie)):
        raise WarifuError(
            "return_in_other_session",
            "the answer came back in another browser than the one that asked",
            hint="start again, and scan no code that somebody sent you",
            clause="HAIP 5.1",
            layer="protocol",
        )


def read_result(connection: sa.Connection, session_id: str, actor: str, at: datetime) -> dict[str, Any]:
    """Return a session's status and, once there, its result; reading it deletes the claims from the store.

    Returns:
        ``{"session", "status", …}``; with status ``answered`` also ``outcome`` and ``results``; with ``read`` the same
        without claims.

    Raises:
        WarifuError: ``session_unknown`` also where the session is another actor's, ``session_expired``.
    """
    row = _row(connection, session_id)
    _check_actor(row.actor, actor)
    if at >= row.expires_at or row.status == "expired":
        raise session_expired()
    waiting = row.flow == "same-device" and row.status == "answered"
    if waiting or row.result is None:
        return {"session": session_id, "status": "awaiting_return" if waiting else row.status}
    result = parse_json_object(row.result, max_bytes=len(row.result))
    if row.status in ("declined", "read"):
        return {"session": session_id, "status": row.status, **result}
    emptied = sessions.update().where(sessions.c.id == session_id, sessions.c.status == row.status)
    taken = connection.execute(emptied.values(status="read", result=dump_json(without_claims(result)))).rowcount == 1
    return {"session": session_id, "status": "answered", **(result if taken else without_claims(result))}


def _check_actor(owner: str, actor: str) -> None:
    """Only who asked may read; another actor learns not even that the session exists (threat D05)."""
    if owner != actor:
        raise session_unknown()


def without_claims(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result whose reports hold no claims."""
    results = {
        identifier: [{name: value for name, value in report.items() if name != "claims"} for report in reports]
        for identifier, reports in result.get("results", {}).items()
    }
    return {**result, "results": results}


def purge_sessions(connection: sa.Connection, at: datetime) -> int:
    """Delete results, keys and nonces of ended sessions, and an hour later the rows; returns how many ended."""
    ended = sessions.update().where(sessions.c.expires_at <= at, sessions.c.status != "expired")
    emptied = {"status": "expired", "result": None, "encryption_key": None, "nonce": "", "response_code_hash": None, "browser_hash": None}
    count = connection.execute(ended.values(emptied)).rowcount
    connection.execute(sessions.delete().where(sessions.c.expires_at <= at - TRACE_LIFETIME))
    single_use.purge(connection, at)
    return count


def _row(connection: sa.Connection, session_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(sessions).where(sessions.c.id == session_id)).one_or_none()
    if row is None:
        raise session_unknown()
    return row
