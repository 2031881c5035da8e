"""Forgetting what no longer has effect."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from issuer.store.front import access_token, deferred, grant, notification, offer, request
from runtime import single_use
from runtime.store import begin


def purge(engine: sa.Engine, *, at: datetime) -> None:
    """Delete rows whose time is over; tokens and requests of an ended grant go with it."""
    with begin(engine) as connection:
        for table in (offer, access_token, request, deferred, notification, grant):
            connection.execute(sa.delete(table).where(table.c.expires_at <= at))
        single_use.purge(connection, at)
