"""異動事由: why a register entry was written, struck out or changed (STD 1.2.2).

The standard's numeric codes were not found published; ``code`` is this platform's own stable name.  There is no 転居取消:
a mistaken move is taken back by 異動の取消し(修正), itself an event, since history is never overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.errors import WarifuError


class EventEffect(StrEnum):
    """What an event does to the entry."""

    ENTER = "記載"
    STRIKE = "消除"
    AMEND = "修正"


@dataclass(frozen=True, slots=True)
class RegisterEvent:
    """One cause of change.

    Attributes:
        code: stable name in files and interfaces; unique.
        name: as the standard prints it.  改製 and 再製 stand under two effects.
        effect: what it does to the entry.
        english: for display.
    """

    code: str
    name: str
    effect: EventEffect
    english: str


def _rows(effect: EventEffect, rows: tuple[tuple[str, str, str], ...]) -> tuple[RegisterEvent, ...]:
    return tuple(RegisterEvent(code, name, effect, english) for code, name, english in rows)


EVENTS: Final[tuple[RegisterEvent, ...]] = (
    *_rows(
        EventEffect.ENTER,
        (
            ("domestic-move-in", "国内転入", "moved in from another municipality"),
            ("move-in-from-abroad", "国外転入等", "moved in from abroad"),
            ("birth", "出生", "birth"),
            ("ex-officio-entry-naturalisation", "職権記載(帰化等)", "entered ex officio (naturalisation)"),
            ("ex-officio-entry-loss-of-nationality", "職権記載(国籍喪失)", "entered ex officio (loss of nationality)"),
            ("ex-officio-entry", "職権記載", "entered ex officio"),
            ("rewritten-entry", "改製", "rewritten (new entry)"),
            ("restored-entry", "再製", "restored (new entry)"),
            ("cancellation-entry", "異動の取消し(増)", "cancellation of an event (entry restored)"),
        ),
    ),
    *_rows(
        EventEffect.STRIKE,
        (
            ("domestic-move-out", "国内転出", "moved out to another municipality"),
            ("move-out-abroad", "国外転出", "moved abroad"),
            ("death", "死亡", "death"),
            ("ex-officio-strike-naturalisation", "職権消除(帰化等)", "struck ex officio (naturalisation)"),
            ("ex-officio-strike-loss-of-nationality", "職権消除(国籍喪失)", "struck ex officio (loss of nationality)"),
            ("ex-officio-strike", "職権消除", "struck ex officio"),
            ("rewritten-strike", "改製", "rewritten (old entry)"),
            ("restored-strike", "再製", "restored (old entry)"),
            ("cancellation-strike", "異動の取消し(減)", "cancellation of an event (entry withdrawn)"),
        ),
    ),
    *_rows(
        EventEffect.AMEND,
        (
            ("move-within", "転居", "moved within the municipality"),
            ("minor-amendment", "軽微な修正", "minor amendment"),
            ("ex-officio-amendment", "職権修正", "amended ex officio"),
            ("error-correction", "誤記修正", "correction of an error"),
            ("individual-number-change-request", "個人番号の変更請求", "individual number changed on request"),
            ("individual-number-ex-officio-amendment", "個人番号の職権修正", "individual number amended ex officio"),
            ("individual-number-ex-officio-entry", "個人番号の職権記載", "individual number entered ex officio"),
            ("resident-code-change-request", "住民票コードの変更請求", "resident code changed on request"),
            ("resident-code-ex-officio-entry", "住民票コードの職権記載", "resident code entered ex officio"),
            ("household-split", "世帯分離", "household split"),
            ("household-merger", "世帯合併", "households merged"),
            ("household-change", "世帯変更", "changed household"),
            ("householder-change", "世帯主変更", "householder changed"),
            ("former-name-entry", "旧氏の記載", "former family name entered"),
            ("former-name-change", "旧氏の変更", "former family name changed"),
            ("former-name-deletion", "旧氏の削除", "former family name deleted"),
            ("alias-entry", "通称の記載", "alias entered"),
            ("alias-deletion", "通称の削除", "alias deleted"),
            ("cancellation-amendment", "異動の取消し(修正)", "cancellation of an event (amendment undone)"),
        ),
    ),
)

_BY_CODE: Final = {event.code: event for event in EVENTS}
_BY_NAME: Final = {(event.effect, event.name): event for event in EVENTS}


def event_by_code(code: str) -> RegisterEvent:
    """Return the event of a stable code.

    Raises:
        WarifuError: ``unknown_event``.
    """
    event = _BY_CODE.get(code)
    if event is None:
        raise _unknown()
    return event


def event_by_name(effect: EventEffect, name: str) -> RegisterEvent:
    """Return the event of a printed name under one effect.

    Raises:
        WarifuError: ``unknown_event``.
    """
    event = _BY_NAME.get((effect, name))
    if event is None:
        raise _unknown()
    return event


def _unknown() -> WarifuError:
    return WarifuError(
        "unknown_event", "the cause of change is not in the table", hint="name an event of the table", clause="STD 1.2.2", layer="parse"
    )
