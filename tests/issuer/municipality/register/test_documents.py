"""What the documents tell testers and municipalities is what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from issuer.municipality.register.csv_file import columns
from issuer.municipality.register.events import read_event
from issuer.municipality.register.items import Item
from issuer.municipality.register.personas import personas
from issuer.municipality.register.record import ITEMS
from tests.issuer.municipality.register.registers import CITY, persona

DOCS = Path(__file__).parents[4] / "docs"
FORMAT = (DOCS / "import-format.md").read_text("utf-8")
PERSONAS = (DOCS / "personas.md").read_text("utf-8")


def test_the_header_is_documented_column_by_column() -> None:
    documented = re.findall(r"^\| `([a-z0-9_.]+)` \| [^|]+ \| (?:yes|Japanese|foreign)? *\|", FORMAT, re.MULTILINE)
    assert documented == list(columns())


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_an_item_is_documented_with_label_need_and_choices(item: Item) -> None:
    needed = {"always": "yes", "japanese": "Japanese", "foreign": "foreign", "optional": ""}[item.needed]
    row = next(line for line in FORMAT.splitlines() if line.startswith(f"| `{item.name}` |"))
    assert [cell.strip() for cell in row.split("|")[2:4]] == [item.label, needed]
    assert all(f"`{code}` {label}" in row for code, label in item.choices.items())


def test_the_examples_of_events_are_read() -> None:
    examples = re.findall(r"```json\n(.*?)\n```", FORMAT, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        assert read_event(example.encode()).type == json.loads(example)["type"]


@pytest.mark.parametrize("resident_id", [f"P-{number:02d}" for number in range(1, 11)])
def test_a_persona_is_documented_with_name_birth_and_address(resident_id: str) -> None:
    record = persona(resident_id)
    row = next(line for line in PERSONAS.splitlines() if line.startswith(f"| `{resident_id}` |"))
    assert record.birth_date is not None
    assert record.full_name in row
    assert record.birth_date.text in row
    assert f"{record.address_town}{record.address_block}" in row
    assert (record.address_building or "") in row


def test_everyone_of_the_four_generations_is_documented() -> None:
    for record in personas(CITY):
        if record.household_id == "H-P-10":
            assert record.birth_date is not None
            assert f"| `{record.resident_id}` | {record.relationship} | {record.full_name} | {record.birth_date.text}" in PERSONAS
