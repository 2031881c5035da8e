"""The event file: one JSON object for one 異動, nothing unknown in it; docs/import-format.md describes it.

Items stand under their register names with values as in CSV: text, ``true`` or ``false`` for flags, ``null`` for blank;
dates that may be unknown as text, their decided day under ``<item>_internal``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from issuer.municipality.register.check import Fault
from issuer.municipality.register.events.permitted import CORRECTABLE, NAME_ITEMS, PERSON_ITEMS, property_names
from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json_object

_CLAUSE: Final = "docs/import-format.md"


class EventRefusedError(WarifuError):
    """The event was not applied; ``faults`` names every place and reason, never a value."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        named = "; ".join(f"{fault.item or 'event'}: {fault.reason}" for fault in faults[:5])
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        super().__init__("event_invalid", named + more, hint="nothing was changed; mend the file", clause=_CLAUSE, layer="parse")
        self.faults = tuple(faults)


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != 10 or not value.isascii():
        raise ValueError("a day is written YYYY-MM-DD")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")])]
Identifier = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9A-Z-]{0,14}$")]
_Values = dict[str, StrictBool | StrictInt | StrictStr | None]


def _items(allowed: frozenset[str]) -> Any:
    return Field(min_length=1, max_length=100, json_schema_extra=property_names(allowed))


PersonItems = Annotated[_Values, _items(PERSON_ITEMS)]
Relationships = Annotated[dict[Identifier, StrictStr], Field(max_length=100)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Address(_Form):
    """Where people move to inside the municipality; prefecture and city stay as they are."""

    postal_code: str | None = None
    town: str
    block: str
    building: str | None = None
    code: str | None = None


class _Event(_Form):
    """What every event states: its key, when it happened, when it was filed, and 続柄 that change with it."""

    event_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
    event_date: Day
    filed_on: Day | None = None
    relationships: Relationships = {}


class _OfPeople(_Event):
    """An event of several people, named one by one, or of everyone in a household."""

    residents: Annotated[list[Identifier], Field(min_length=1, max_length=100)] | None = None
    household: Identifier | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.residents is None) == (self.household is None):
            raise ValueError("either residents or household is named")
        if self.residents is not None and len(set(self.residents)) != len(self.residents):
            raise ValueError("a resident is named twice")
        return self


class MoveWithin(_OfPeople):
    """転居: people get a new address; where only a part of a household moves, ``to_household`` says which they form or join."""

    type: Literal["move-within"]
    address: Address
    to_household: Identifier | None = None


class MoveIn(_Event):
    """転入: new residents, or former ones under their former 宛名番号, in a new or a standing household."""

    type: Literal["move-in"]
    household: Identifier
    from_abroad: StrictBool = False
    persons: Annotated[list[PersonItems], Field(min_length=1, max_length=100)]


class Birth(_Event):
    """出生: a child enters a standing household; address and the dates of entry follow from there."""

    type: Literal["birth"]
    household: Identifier
    person: PersonItems


class MoveOut(_OfPeople):
    """転出届: ``event_date`` is the 転出予定年月日; the record stands until then, or until the notice of 転入."""

    type: Literal["move-out"]
    destination: StrictStr
    abroad: StrictBool = False


class MoveOutCancel(_OfPeople):
    """転出取消: the plan is given up."""

    type: Literal["move-out-cancel"]


class MoveInNotice(_OfPeople):
    """転入通知 (法9条1項): the other municipality tells that people arrived there on ``event_date``."""

    type: Literal["move-in-notice"]


class Death(_Event):
    """死亡; ``death_date`` as the register writes it where the day is not known."""

    type: Literal["death"]
    resident: Identifier
    death_date: StrictStr | None = None


NameCause = Literal[
    "ex-officio-amendment",
    "minor-amendment",
    "former-name-entry",
    "former-name-change",
    "former-name-deletion",
    "alias-entry",
    "alias-deletion",
]


class NameChange(_Event):
    """氏名変更 (after a change in the family register), 旧氏 and 通称."""

    type: Literal["name-change"]
    resident: Identifier
    cause: NameCause = "ex-officio-amendment"
    items: Annotated[_Values, _items(NAME_ITEMS)]


class Correction(_Event):
    """軽微な修正, 職権修正, 誤記修正: any item but keys, state and household."""

    type: Literal["correction"]
    resident: Identifier
    cause: Literal["minor-amendment", "ex-officio-amendment", "error-correction"]
    items: Annotated[_Values, _items(CORRECTABLE)]


class HouseholdChange(_OfPeople):
    """世帯分離, 世帯合併, 世帯変更, 世帯主変更: people stay where they live and form or join a household."""

    type: Literal["household-change"]
    cause: Literal["household-split", "household-merger", "household-change", "householder-change"]
    to_household: Identifier | None = None


class SupportStart(_OfPeople):
    """支援措置 (or 仮支援措置) begins or is extended."""

    type: Literal["support-start"]
    state: Literal["provisional", "active"] = "active"
    until: Day | None = None


class SupportEnd(_OfPeople):
    """支援措置 ends."""

    type: Literal["support-end"]


RegisterChange = (
    MoveWithin
    | MoveIn
    | Birth
    | MoveOut
    | MoveOutCancel
    | MoveInNotice
    | Death
    | NameChange
    | Correction
    | HouseholdChange
    | SupportStart
    | SupportEnd
)

_ADAPTER: Final[TypeAdapter[RegisterChange]] = TypeAdapter(Annotated[RegisterChange, Field(discriminator="type")])


def read_event(data: bytes) -> RegisterChange:
    """Read an event file.

    Raises:
        WarifuError: what strict JSON refuses.
        EventRefusedError: ``event_invalid`` for unknown types and keys, missing keys and values of another form.
    """
    try:
        return _ADAPTER.validate_python(parse_json_object(data))
    except ValidationError as error:
        raise EventRefusedError([_fault(one) for one in error.errors(include_input=False, include_url=False)]) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the event file."""
    return _ADAPTER.json_schema()


def _fault(error: Any) -> Fault:
    """Name the place and, in our words or the rule's name, the reason: pydantic's own words may repeat the value."""
    place = ".".join(str(part) for part in error["loc"][1:])
    kind = str(error["type"])
    reason = str(error["ctx"]["error"]) if kind == "value_error" and "error" in error.get("ctx", {}) else _REASONS.get(kind, kind)
    return Fault(place, kind, reason)


_REASONS: Final = {
    "missing": "the key is missing",
    "extra_forbidden": "the key is not known",
    "union_tag_not_found": "the type is missing",
    "union_tag_invalid": "the type is not known",
    "string_pattern_mismatch": "the text has not the form that was expected",
}
