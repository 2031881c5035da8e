"""The JSON Schemas in docs say what commands and routes answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from tests.verifier.conftest import Desk
from tests.verifier.test_verify_call import call_of
from tests.world import World
from verifier.web.documentation import REPORT_SCHEMA

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    return document


def test_the_report_is_described_once() -> None:
    described = schema("verifier-report")
    assert {name: value for name, value in described.items() if name not in ("$schema", "title")} == REPORT_SCHEMA
    assert schema("verifier-result")["properties"]["results"]["additionalProperties"]["items"] == REPORT_SCHEMA


def test_answers_are_as_described(desk: Desk, world: World) -> None:
    jsonschema.validate(desk.back.post("/api/v1/verify", json=call_of(world)).json(), schema("verifier-report"))
    for flow in ("cross-device", "same-device"):
        created = desk.create(flow=flow)
        jsonschema.validate(created, schema("verifier-request"))
        jsonschema.validate(desk.result(created), schema("verifier-result"))
        desk.post(desk.request(created))
        for _ in range(2):
            jsonschema.validate(desk.result(created), schema("verifier-result"))
