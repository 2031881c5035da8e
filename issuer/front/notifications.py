"""What wallets tell about what they were given (OpenID4VCI 1.0 11)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from issuer.front.tokens import Grant
from issuer.store.front import notification
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.messages.openid4vci import Notification


def record_notification(engine: sa.Engine, grant: Grant, said: Notification, *, at: datetime) -> None:
    """Keep the event; the same call again changes nothing, the description is not kept.

    Raises:
        WarifuError: ``notification_unknown`` for an id that was not given to this grant (threat C18).
    """
    with begin(engine) as connection:
        query = sa.select(notification.c.grant_id).where(notification.c.notification_id == said.notification_id)
        check_notified_grant(connection.execute(query).scalar_one_or_none(), grant)
        same = (notification.c.notification_id == said.notification_id) & (notification.c.event.is_distinct_from(said.event))
        connection.execute(sa.update(notification).where(same).values(event=said.event, event_at=at))


def check_notified_grant(grant_id: str | None, grant: Grant) -> None:
    """Unknown ids and ids of others get one answer."""
    if grant_id != grant.grant_id:
        raise WarifuError("notification_unknown", "the notification id is not valid", clause="OpenID4VCI 1.0 11.3", layer="protocol")
