"""Reading the members of a JSON object, each with a typed refusal that names the member and never its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas.errors import WarifuError

MAX_TEXT: Final = 4096
_ABSENT: Final = object()


class Members:
    """A view of one JSON object whose readers raise one error code.

    Args:
        obj: the object that was parsed; anything but a mapping is refused.
        code: the error code of every refusal made here.
        what: the object's name in messages, such as ``credential offer``.
        clause: where the rule stands.
    """

    def __init__(self, obj: object, *, code: str, what: str, clause: str = "") -> None:
        self._code, self._what, self._clause = code, what, clause
        if not isinstance(obj, dict):
            raise self.refusal("is not a JSON object")
        self.raw: dict[str, Any] = obj

    def refusal(self, problem: str, *, hint: str = "") -> WarifuError:
        """Return the error for this object (not raised here)."""
        return WarifuError(self._code, f"the {self._what} {problem}", hint=hint, clause=self._clause, layer="parse")

    def has(self, name: str) -> bool:
        """Tell whether the member is present."""
        return name in self.raw

    def text(self, name: str, *, max_length: int = MAX_TEXT) -> str:
        """Return a required, non-empty text member."""
        value = self.raw.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= max_length:
            raise self.refusal(f"needs the text member {name} of 1 to {max_length} characters")
        return value

    def optional_text(self, name: str, *, max_length: int = MAX_TEXT) -> str | None:
        """Return a text member, or None where it is absent (``null`` is refused)."""
        return self.text(name, max_length=max_length) if name in self.raw else None

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """Return an integer member between ``low`` and ``high``; ``default`` where absent and a default is given."""
        value = self.raw.get(name, _ABSENT)
        if value is _ABSENT and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refusal(f"needs the integer member {name} between {low} and {high}")
        return value

    def boolean(self, name: str, *, default: bool | None = None) -> bool:
        """Return a boolean member; ``default`` where absent and a default is given."""
        value = self.raw.get(name, _ABSENT)
        if value is _ABSENT and default is not None:
            return default
        if not isinstance(value, bool):
            raise self.refusal(f"needs the boolean member {name}")
        return value

    def texts(self, name: str, *, max_items: int = 64, max_length: int = MAX_TEXT, min_items: int = 1) -> tuple[str, ...]:
        """Return a required array of non-empty texts."""
        value = self.raw.get(name)
        if not isinstance(value, list) or not min_items <= len(value) <= max_items:
            raise self.refusal(f"needs the array {name} of {min_items} to {max_items} items")
        if not all(isinstance(item, str) and 0 < len(item) <= max_length for item in value):
            raise self.refusal(f"holds something other than text in {name}")
        return tuple(value)

    def optional_texts(self, name: str, *, max_items: int = 64) -> tuple[str, ...]:
        """Return an array of texts, empty where it is absent; a present array must not be empty."""
        return self.texts(name, max_items=max_items) if name in self.raw else ()

    def object(self, name: str) -> dict[str, Any]:
        """Return a required object member."""
        value = self.raw.get(name)
        if not isinstance(value, dict):
            raise self.refusal(f"needs the object member {name}")
        return value

    def optional_object(self, name: str) -> dict[str, Any] | None:
        """Return an object member, or None where it is absent (``null`` is refused)."""
        return self.object(name) if name in self.raw else None

    def optional_objects(self, name: str, *, max_items: int = 256) -> tuple[Mapping[str, Any], ...]:
        """Return an array of objects, empty where it is absent; a present array must not be empty."""
        if name not in self.raw:
            return ()
        value = self.raw[name]
        if not isinstance(value, list) or not 0 < len(value) <= max_items or not all(isinstance(item, dict) for item in value):
            raise self.refusal(f"needs {name} to be an array of 1 to {max_items} objects")
        return tuple(value)

    def only(self, *names: str) -> None:
        """Refuse members other than ``names``: for messages whose both ends are ours."""
        if self.raw.keys() - set(names):
            raise self.refusal("holds a member that is not defined")
