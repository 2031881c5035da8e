"""Published status lists: static files that only ever move forward.

The front does not hold the key that could make a list; it checks that the bytes are a list of the name they are put
under and newer than what stands there, writes them in one step, and serves them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.files import exclusive, private_directory, write_atomic
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.formats.status_list import parse_status_token

MEDIA_TYPES: Final = {"jwt": "application/statuslist+jwt", "cwt": "application/statuslist+cwt"}
MAX_LIST_BYTES: Final = 32 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.(jwt|cwt)\Z")


@dataclass(frozen=True, slots=True)
class Published:
    """One list as it is served."""

    body: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class PublishedLists:
    """The folder of published lists; ``base_url`` is the address under which they are served."""

    folder: Path
    base_url: str

    def read(self, name: str) -> Published:
        """Return the list ``name``; raises ``status_list_unknown``."""
        media_type = media_type_of(name)
        try:
            body = (self.folder / name).read_bytes()
        except OSError as error:
            raise _unknown() from error
        return Published(body, media_type, f'"{b64url_encode(hashlib.sha256(body).digest()[:16])}"')

    def publish(self, name: str, body: bytes, media_type: str) -> None:
        """Replace the list ``name``; the same bytes again change nothing.

        Raises:
            WarifuError: ``status_list_unknown`` for a name that cannot be, ``wrong_media_type``, ``status_list_misplaced``
                where the token names another address, ``status_list_not_newer``, ``status_list_shrank``, an error of
                :func:`schemas.formats.status_list.parse_status_token`, or of the file system.
        """
        if media_type != media_type_of(name):
            raise WarifuError("wrong_media_type", "the media type does not fit the name of the list", clause="Token Status List 8.1")
        check_placed(uri_of(body, media_type), f"{self.base_url}/{name}")
        private_directory(self.folder)
        with exclusive(self.folder / f".{name}.lock", wait=True):
            current = self._current(name)
            if current == body:
                return
            if current is not None:
                check_newer(issued_at(body, media_type), issued_at(current, media_type))
                check_keeps(entries_of(current, media_type), entries_of(body, media_type))
            write_atomic(self.folder / name, body)

    def _current(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None


def media_type_of(name: str) -> str:
    """Return the media type of a list by its name; raises ``status_list_unknown`` for a name that cannot be."""
    match = _NAME.match(name)
    if match is None:
        raise _unknown()
    return MEDIA_TYPES[match[1]]


def issued_at(body: bytes, media_type: str) -> int:
    """Return ``iat`` of a list in whole seconds."""
    return int(parse_status_token(body, media_type=media_type, max_bytes=MAX_LIST_BYTES).iat.timestamp())


def uri_of(body: bytes, media_type: str) -> str:
    """Return the address that a list names as its own."""
    return parse_status_token(body, media_type=media_type, max_bytes=MAX_LIST_BYTES).uri


def entries_of(body: bytes, media_type: str) -> bytes:
    """Return the entries of a list, unpacked."""
    return parse_status_token(body, media_type=media_type, max_bytes=MAX_LIST_BYTES).decode(max_decoded=MAX_LIST_BYTES).data


def check_placed(uri: str, address: str) -> None:
    """A list is served at the address that it names, so that one list never stands for another (threat E02)."""
    if uri != address:
        raise WarifuError(
            "status_list_misplaced",
            "the list names another address than the one it is put at",
            hint="compare the issuer of the inner side's config.toml with the front's public_url",
            clause="Token Status List 5.1",
        )


def check_newer(iat: int, current: int) -> None:
    """A list is never replaced by an older one, whoever brings it (threats E07, E17)."""
    if iat <= current:
        raise WarifuError(
            "status_list_not_newer",
            "a list of the same time or newer is published already",
            hint="sign the list again",
            clause="design 4",
            layer="policy",
        )


def check_keeps(current: bytes, new: bytes) -> None:
    """A revocation that was published is never taken back, not even by an inner side restored from a backup (threats E14, E17)."""
    if len(new) != len(current) or int.from_bytes(current, "little") & ~int.from_bytes(new, "little"):
        raise WarifuError(
            "status_list_shrank",
            "the new list would take back a published revocation",
            hint="the inner side's store is older than what it published: see Restoring in docs/operations.md",
            clause="design 4",
            layer="policy",
        )


def _unknown() -> WarifuError:
    return WarifuError(
        "status_list_unknown",
        "there is no such status list",
        hint="take the address from the credential; a list is published at the next tick after its first copy",
        clause="Token Status List 8.2",
        layer="protocol",
    )
