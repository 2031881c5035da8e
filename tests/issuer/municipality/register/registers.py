"""What the register's tests share: a city, people to vary, events to apply, and what stands in the outbox."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from issuer.municipality.register.events import AppliedEvent, apply_event, read_event
from issuer.municipality.register.history import latest
from issuer.municipality.register.importing import enter_records
from issuer.municipality.register.personas import City, personas
from issuer.municipality.register.read import Municipality, own_register
from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.synthetic_numbers import individual_number, resident_code
from runtime.migrations import migrate
from runtime.store import begin, open_engine, read
from schemas.japan.dates import JapaneseDate

CITY = City("999997", "割符市", "東京都", date(2026, 4, 1))
AT = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
"""Noon of 2026-04-01 in Japan."""


def empty_register(url: str) -> sa.Engine:
    """Open, migrate and mark a store."""
    engine = open_engine(url)
    migrate(engine, "issuer.store.municipality")
    with begin(engine) as connection:
        own_register(connection, Municipality(CITY.code, CITY.name))
    return engine


def with_personas(connection: sa.Connection) -> None:
    """Enter the personas."""
    enter_records(connection, personas(CITY), at=AT)


def persona(resident_id: str) -> ResidentRecord:
    """Return one of the personas' records."""
    return next(record for record in personas(CITY) if record.resident_id == resident_id)


def current(engine: sa.Engine, resident_id: str) -> ResidentRecord:
    """Return the newest record of a person."""
    with read(engine) as connection:
        return latest(connection, [resident_id])[resident_id].record


def apply(engine: sa.Engine, at: datetime = AT, **event: Any) -> AppliedEvent:
    """Apply an event given as the keys of its file, on the day of ``at`` unless said otherwise."""
    content = {"event_id": "E-1", "event_date": "2026-04-01"} | event
    return apply_event(engine, read_event(json.dumps(content).encode()), at=at)


def outbox(engine: sa.Engine) -> list[dict[str, Any]]:
    """Return what waits in the outbox: topic, payload and due time, oldest first."""
    query = sa.text("SELECT topic, payload, due FROM outbox ORDER BY id")
    with read(engine) as connection:
        rows = connection.execute(query).all()
    return [{"topic": row.topic, "due": _instant(row.due), **json.loads(row.payload)} for row in rows]


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def changed(engine: sa.Engine) -> dict[str, set[str]]:
    """Return 宛名番号 → items over every ``record_changed`` entry that waits."""
    found: dict[str, set[str]] = {}
    for entry in outbox(engine):
        if entry["topic"] == "record_changed":
            for resident_id in entry["resident_ids"]:
                found.setdefault(resident_id, set()).update(entry["items"])
    return found


def newcomer(serial: int = 900, **more: Any) -> dict[str, Any]:
    """Return the items of somebody new, as an event file states them."""
    return {
        "resident_id": f"N-{serial}",
        "family_name": "新田",
        "given_name": "歩",
        "birth_date": "平成10年10月10日",
        "sex": "male",
        "domicile": "東京都隣町市元町一丁目２番地",
        "koseki_head": "新田\u3000歩",
        "individual_number": individual_number(CITY.code, serial),
        "resident_code": resident_code(CITY.code, serial),
    } | more


ADDRESS = {
    "address.prefecture": "東京都",
    "address.city": "割符市",
    "address.town": "港南",
    "address.block": "９９番１号",
}
NEW_HOME = {"postal_code": "9990007", "town": "関所前", "block": "９番９号", "building": None, "code": None}


def exact(text: str) -> JapaneseDate:
    """Return a date of the register."""
    return JapaneseDate.parse(text)
