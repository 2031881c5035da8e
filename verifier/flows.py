"""What commands and routes share: beginning a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runtime.store import begin
from schemas.errors import WarifuError
from verifier.office import Office
from verifier.purposes import Purpose
from verifier.requests import REQUEST_PATH, START_PATH, request_link
from verifier.sessions import Flow, create_session, purge_sessions


@dataclass(frozen=True, slots=True)
class CreatedRequest:
    """A request that waits for its wallet."""

    session: str
    flow: Flow
    link: str
    start_url: str | None
    request_uri: str
    expires_at: datetime

    def document(self) -> dict[str, Any]:
        """Return the members that ``request create --json`` and ``POST /api/v1/sessions`` answer."""
        return {
            "session": self.session,
            "flow": self.flow,
            "link": self.link,
            "start_url": self.start_url,
            "request_uri": self.request_uri,
            "expires_at": self.expires_at,
        }


def create_request(
    office: Office, purpose: Purpose, *, flow: Flow, actor: str, at: datetime, wallet_url: str | None = None
) -> CreatedRequest:
    """Begin a session and return its links; ended sessions are swept up on the way.

    Raises:
        WarifuError: ``cross_device_off`` where the configuration forbids that flow (threat D02), ``wallet_url_refused``.
    """
    if flow == "cross-device" and not office.cross_device:
        raise WarifuError("cross_device_off", "requests across devices are switched off", hint="use the same device", layer="policy")
    request_link(office, "", wallet_url=wallet_url)
    with begin(office.engine) as connection:
        purge_sessions(connection, at)
        new = create_session(connection, purpose=purpose, flow=flow, actor=actor, at=at)
    return CreatedRequest(
        session=new.id,
        flow=flow,
        link=request_link(office, new.request_id, wallet_url=wallet_url),
        start_url=f"{office.public_url}{START_PATH}/{new.id}" if flow == "same-device" else None,
        request_uri=f"{office.public_url}{REQUEST_PATH}/{new.request_id}",
        expires_at=new.expires_at,
    )
