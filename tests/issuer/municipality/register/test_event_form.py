"""The event file is strict: nothing unknown, nothing missing, nothing repeated in a message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from issuer.municipality.register.events import EventRefusedError, read_event
from issuer.municipality.register.events.form import json_schema
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import NEW_HOME, newcomer

MOVE = {"event_id": "E-1", "type": "move-within", "event_date": "2026-04-01", "residents": ["P-01"], "address": NEW_HOME}
DEATH = {"event_id": "E-1", "type": "death", "event_date": "2026-04-01", "resident": "P-01"}


def _read(content: Any) -> Any:
    return read_event(json.dumps(content).encode())


@pytest.mark.parametrize("content", [MOVE, DEATH, MOVE | {"filed_on": "2026-04-01", "relationships": {"P-02": "世帯主"}}])
def test_a_right_file_is_read_and_fits_the_schema(content: dict[str, Any]) -> None:
    assert _read(content).event_id == "E-1"
    jsonschema.validate(content, json_schema())


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (MOVE | {"type": "teleport"}, ""),
        ({key: value for key, value in MOVE.items() if key != "type"}, ""),
        (MOVE | {"moon": 1}, "moon"),
        (MOVE | {"address": NEW_HOME | {"city": "他市"}}, "address.city"),
        ({key: value for key, value in MOVE.items() if key != "address"}, "address"),
        (MOVE | {"event_id": "a b"}, "event_id"),
        (MOVE | {"event_id": ""}, "event_id"),
        (MOVE | {"event_date": "2026/04/01"}, "event_date"),
        (MOVE | {"event_date": "2026-02-30"}, "event_date"),
        (MOVE | {"event_date": 20260401}, "event_date"),
        (MOVE | {"residents": []}, "residents"),
        (MOVE | {"residents": ["p-01"]}, "residents.0"),
        (MOVE | {"residents": ["P-01", "P-01"]}, ""),
        (MOVE | {"household": "H-P-01"}, ""),
        ({key: value for key, value in MOVE.items() if key != "residents"}, ""),
        (DEATH | {"residents": ["P-01"]}, "residents"),
    ],
)
def test_a_wrong_file_is_refused_by_place(content: dict[str, Any], place: str) -> None:
    with pytest.raises(EventRefusedError) as refused:
        _read(content)
    assert refused.value.code == "event_invalid"
    assert place in {fault.item for fault in refused.value.faults}


def test_messages_do_not_repeat_values() -> None:
    for content in (MOVE | {"type": "秘密"}, MOVE | {"event_id": "秘密"}, MOVE | {"event_date": "秘密"}, MOVE | {"residents": ["秘密"]}):
        with pytest.raises(EventRefusedError) as refused:
            _read(content)
        assert "秘密" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"event_id":"a","event_id":"b"}', b"\xff", b'"x"'])
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(WarifuError):
        read_event(data)


def test_the_published_schema_is_that_of_the_program() -> None:
    published = Path(__file__).parents[4] / "docs" / "schemas" / "register-event.schema.json"
    assert json.loads(published.read_text("utf-8")) == json_schema()


def test_the_schema_names_the_items_that_an_event_may_touch() -> None:
    birth = {"event_id": "E-1", "type": "birth", "event_date": "2026-04-01", "household": "H-P-01", "person": newcomer()}
    jsonschema.validate(birth, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(birth | {"person": newcomer(status="dead")}, json_schema())
