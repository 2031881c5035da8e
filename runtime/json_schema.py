"""The part of JSON Schema 2020-12 that our vector files use, so that the commands need no further package.

A keyword outside :data:`KEYWORDS` is an error of the schema: nothing is skipped in silence.  Tests compare the verdicts
with the ``jsonschema`` package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.errors import WarifuError

ANNOTATIONS: Final = frozenset(("$schema", "$id", "$comment", "$defs", "title", "description", "examples"))
_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
}
Schema = Mapping[str, Any] | bool


def check_schema(value: object, schema: Schema, *, root: Mapping[str, Any] | None = None, place: str = "") -> None:
    """Check ``value`` against ``schema``.

    Args:
        value: parsed JSON.
        schema: a schema object, or true or false.
        root: the document that ``$ref: "#/$defs/…"`` points into; ``schema`` where absent.
        place: JSON Pointer of ``value``, for messages.

    Raises:
        WarifuError: ``schema_mismatch`` naming place and keyword, ``schema_invalid`` for a keyword not supported.
    """
    if isinstance(schema, bool):
        _require(schema, "false", place)
        return
    top = root if root is not None else schema
    for keyword, argument in schema.items():
        if keyword in ANNOTATIONS:
            continue
        check = _CHECKS.get(keyword)
        if check is None:
            raise WarifuError("schema_invalid", f"the schema keyword {keyword} is not supported", layer="parse")
        check(value, argument, schema, top, place)


KeywordCheck = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any], str], None]


def _require(condition: bool, keyword: str, place: str) -> None:
    if not condition:
        raise WarifuError("schema_mismatch", f"{place or 'the file'} does not satisfy {keyword}", layer="parse")


def _type(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
    names = [argument] if isinstance(argument, str) else argument
    _require(any(_TYPES[name](value) for name in names), "type", place)


def same_json(one: object, other: object) -> bool:
    """Tell whether two parsed JSON values are the same; true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return type(one) is type(other) and one == other


def _enum(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
    _require(any(same_json(value, item) for item in argument), "enum", place)


def _const(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
    _require(same_json(value, argument), "const", place)


def _required(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
    if isinstance(value, dict):
        for name in argument:
            _require(name in value, "required", f"{place}/{name}")


def _properties(value: Any, argument: Any, _schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    if isinstance(value, dict):
        for name, inner in argument.items():
            if name in value:
                check_schema(value[name], inner, root=root, place=f"{place}/{name}")


def _additional(value: Any, argument: Any, schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    if isinstance(value, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            _require(argument is not False, "additionalProperties", f"{place}/{name}")
            check_schema(value[name], argument, root=root, place=f"{place}/{name}")


def _items(value: Any, argument: Any, _schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            check_schema(item, argument, root=root, place=f"{place}/{index}")


def _reference(value: Any, argument: Any, _schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    prefix, name = "#/$defs/", str(argument)
    if not name.startswith(prefix) or name.removeprefix(prefix) not in root.get("$defs", {}):
        raise WarifuError("schema_invalid", "a $ref points outside of $defs", layer="parse")
    check_schema(value, root["$defs"][name.removeprefix(prefix)], root=root, place=place)


def _fits(value: Any, schema: Schema, root: Mapping[str, Any], place: str) -> bool:
    try:
        check_schema(value, schema, root=root, place=place)
    except WarifuError as error:
        if error.code != "schema_mismatch":
            raise
        return False
    return True


def _any_of(value: Any, argument: Any, _schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    _require(any(_fits(value, inner, root, place) for inner in argument), "anyOf", place)


def _one_of(value: Any, argument: Any, _schema: Mapping[str, Any], root: Mapping[str, Any], place: str) -> None:
    _require(sum(_fits(value, inner, root, place) for inner in argument) == 1, "oneOf", place)


def _pattern(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
    _require(not isinstance(value, str) or re.search(argument, value) is not None, "pattern", place)


def _bound(keyword: str, kinds: type | tuple[type, ...], holds: Callable[[Any, Any], bool]) -> KeywordCheck:
    def check(value: Any, argument: Any, _schema: Mapping[str, Any], _root: Mapping[str, Any], place: str) -> None:
        _require(not isinstance(value, kinds) or isinstance(value, bool) or holds(value, argument), keyword, place)

    return check


_CHECKS: Final[Mapping[str, KeywordCheck]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "$ref": _reference,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "pattern": _pattern,
    "minimum": _bound("minimum", (int, float), lambda v, n: v >= n),
    "maximum": _bound("maximum", (int, float), lambda v, n: v <= n),
    "minItems": _bound("minItems", list, lambda v, n: len(v) >= n),
    "maxItems": _bound("maxItems", list, lambda v, n: len(v) <= n),
    "minLength": _bound("minLength", str, lambda v, n: len(v) >= n),
    "maxLength": _bound("maxLength", str, lambda v, n: len(v) <= n),
}
KEYWORDS: Final = ANNOTATIONS | _CHECKS.keys()
