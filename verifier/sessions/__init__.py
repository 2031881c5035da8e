"""One request and its one answer, from creation to the deletion of its claims."""

from verifier.sessions.lifecycle import (
    NewSession,
    bind_browser,
    confirm_return,
    create_session,
    purge_sessions,
    read_result,
    record_answer,
    record_decline,
)
from verifier.sessions.session import Flow, Session, SessionStatus, load_by_request, load_by_response

__all__ = [
    "Flow",
    "NewSession",
    "Session",
    "SessionStatus",
    "bind_browser",
    "confirm_return",
    "create_session",
    "load_by_request",
    "load_by_response",
    "purge_sessions",
    "read_result",
    "record_answer",
    "record_decline",
]
