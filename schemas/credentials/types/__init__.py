"""The credential types: one module each, and its name in ``DEFINITIONS``."""

from __future__ import annotations

from typing import Final

from schemas.credentials.credential_type import TypeDefinition
from schemas.credentials.types.basic_four import BASIC_FOUR
from schemas.credentials.types.resident_record import RESIDENT_RECORD

DEFINITIONS: Final[tuple[TypeDefinition, ...]] = (RESIDENT_RECORD, BASIC_FOUR)
