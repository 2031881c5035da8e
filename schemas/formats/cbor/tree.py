"""What cbor2 cannot be told to refuse: kinds of keys and values, other tags, and too many items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.cbor.tags import TAG_ENCODED, TAG_MAC0, TAG_SIGN1, CBORTag, RefusedTag, bad_cbor
from schemas.formats.encoding import MAX_CBOR_ITEMS

_OPAQUE_TAGS: Final = frozenset((TAG_MAC0, TAG_SIGN1, TAG_ENCODED))
_KEY_KINDS: Final = frozenset((int, str))
_LEAF_KINDS: Final = frozenset((int, str, bytes, bool, NoneType, date, datetime))
_CONTAINER_KINDS: Final = frozenset((dict, list))
_NESTING_KINDS: Final = frozenset((dict, list, CBORTag))
_ALL_KINDS: Final = _LEAF_KINDS | _CONTAINER_KINDS


def check_tree(root: Any) -> None:
    """Check what cbor2 cannot be told to, the kinds of keys, values and tags, in all of ``root``.

    Raises:
        WarifuError: ``cbor_tag_not_allowed``, ``cbor_key_not_allowed`` or ``cbor_value_not_allowed``.
    """
    containers: list[Any] = [(root,)]
    for container in containers:  # grows while it is walked
        members: Any = container
        if type(container) is dict:
            check_keys(container)
            members = container.values()
        if not _LEAF_KINDS.issuperset(map(type, members)):
            containers += [member for member in members if type(member) in _CONTAINER_KINDS]
            _check_others(members, containers)


def check_keys(container: Mapping[Any, Any]) -> None:
    """Check that every key is an integer or text, exactly: ``True`` and ``1.0`` would equal 1; ``cbor_key_not_allowed``."""
    if not _KEY_KINDS.issuperset(map(type, container)):
        raise WarifuError(
            "cbor_key_not_allowed",
            "a map key is neither an integer nor text",
            hint="use int or tstr keys",
            clause="RFC 8949 5.6",
            layer="parse",
        )


def _check_others(members: Iterable[Any], containers: list[Any]) -> None:
    """Check the members that are neither leaf nor container; what a tag of COSE holds is walked like any container."""
    for member in members:
        kind = type(member)
        if kind is CBORTag:
            _check_tag(member)
            if member.tag != TAG_ENCODED:
                containers.append((member.value,))
        elif kind is RefusedTag:
            raise _tag_not_allowed()
        else:
            _check_kind(kind)


def _check_kind(kind: type) -> None:
    if kind not in _ALL_KINDS:
        raise WarifuError(
            "cbor_value_not_allowed",
            "a value is of a kind that is not accepted: floating point, undefined or an unassigned simple value",
            clause="RFC 8949 3.3",
            layer="parse",
        )


def _check_tag(tag: CBORTag) -> None:
    if tag.tag not in _OPAQUE_TAGS or (tag.tag == TAG_ENCODED and type(tag.value) is not bytes):
        raise _tag_not_allowed()


def check_count(root: Any) -> None:
    """Check the number of items in all of ``root``; raises ``too_many_items``."""
    level: list[Any] = [(root,)]
    count = 0
    while level:
        members = [member for container in level for member in (container.values() if type(container) is dict else container)]
        count += len(members)
        if count > MAX_CBOR_ITEMS:
            raise WarifuError("too_many_items", f"the input holds more than {MAX_CBOR_ITEMS} items", clause="RFC 8949 10", layer="parse")
        level = [(member.value,) if type(member) is CBORTag else member for member in members if type(member) in _NESTING_KINDS]


def embedded_content(obj: object) -> bytes:
    """Return the encoded item inside tag 24; raises ``bad_cbor`` where ``obj`` is anything else (RFC 8949 3.4.5.1)."""
    if type(obj) is not CBORTag or obj.tag != TAG_ENCODED or type(obj.value) is not bytes:
        raise bad_cbor("an encoded item in tag 24 was expected")
    return obj.value


def _tag_not_allowed() -> WarifuError:
    return WarifuError(
        "cbor_tag_not_allowed",
        "the input holds a tag that is not accepted",
        hint="only the tags 0, 17, 18, 24 and 1004 are read",
        clause="RFC 8949 3.4",
        layer="parse",
    )
