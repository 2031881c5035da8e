"""The issuer metadata as the inner side signed it: one file beside the published lists, served while it says what is true.

The front cannot make it, since it holds no key.  It takes what is newer, about its own issuer and equal to what it says
unsigned, and serves it until it ends or until the unsigned document is another, such as after an update of the front.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from runtime import logs
from runtime.files import exclusive, file_error, private_directory, write_atomic
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, parse_json
from schemas.messages.openid4vci import UnverifiedSignedMetadata, parse_signed_metadata

_CLAUSE = "OpenID4VCI 1.0 12.2.3"


@dataclass(frozen=True, slots=True)
class SignedMetadata:
    """The signed metadata of a front.

    Attributes:
        path: where the file stands.
        unsigned: the metadata that the front serves unsigned, in JSON.
    """

    path: Path
    unsigned: bytes

    def publish(self, body: bytes, *, at: datetime) -> None:
        """Replace the signed metadata; the same bytes again change nothing.

        Raises:
            WarifuError: ``signed_metadata_differs``, ``signed_metadata_ended``, ``signed_metadata_not_newer``, an error of
                :func:`schemas.messages.openid4vci.parse_signed_metadata`, or of the file system.
        """
        signed = parse_signed_metadata(body)
        check_says_the_same(signed, _document(self.unsigned))
        check_not_ended(signed, at)
        private_directory(self.path.parent)
        with exclusive(self.path.with_name(f".{self.path.name}.lock"), wait=True):
            current = self._stored()
            if current is not None and current.body == body:
                return
            if current is not None:
                check_newer(signed.issued_at, current.signed.issued_at)
            write_atomic(self.path, body)

    def current(self, *, at: datetime) -> bytes | None:
        """Return the signed metadata, or None where there is none that still says what the front says."""
        current = self._stored()
        if current is None or not _ends_after(current.signed, at) or current.signed.document != _document(self.unsigned):
            return None
        return current.body

    def _stored(self) -> _Stored | None:
        """Return what stands in the file; a file that no longer can be read is as good as none, and is replaced."""
        try:
            body = self.path.read_bytes()
            return _Stored(body, _read(body))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise file_error(error) from error
        except WarifuError as error:
            logs.warning("metadata.unreadable", code=error.code)
            return None


@dataclass(frozen=True, slots=True)
class _Stored:
    body: bytes
    signed: UnverifiedSignedMetadata


def check_says_the_same(signed: UnverifiedSignedMetadata, document: Mapping[str, Any]) -> None:
    """The signed metadata is that of this front, member for member, its issuer included (threats C07, C28)."""
    if signed.document != document:
        raise WarifuError(
            "signed_metadata_differs",
            "the signed metadata is not what this front says unsigned",
            hint="fetch it again and sign that",
            clause=_CLAUSE,
            layer="policy",
        )


def check_not_ended(signed: UnverifiedSignedMetadata, at: datetime) -> None:
    """What has ended, or has no end, is not taken."""
    if not _ends_after(signed, at):
        raise WarifuError(
            "signed_metadata_ended", "the signed metadata has ended or names no end", hint="sign it again", clause=_CLAUSE, layer="validity"
        )


def check_newer(issued_at: datetime, current: datetime) -> None:
    """Signed metadata is never replaced by an older one, whoever brings it."""
    if issued_at <= current:
        raise WarifuError(
            "signed_metadata_not_newer",
            "signed metadata of the same time or newer stands already",
            hint="sign it again",
            clause=_CLAUSE,
            layer="policy",
        )


def etag_of(body: bytes) -> str:
    """Return the entity tag of a document; the two forms never share one."""
    return f'"{b64url_encode(hashlib.sha256(body).digest()[:16])}"'


def prefers_signed(accept: str) -> bool:
    """Tell whether an ``Accept`` header asks for the signed form (RFC 9110 12.5.1).

    It must be named: ``*/*`` and an absent header get JSON, which every wallet reads (OpenID4VCI 1.0 12.2.2).  Where both
    are named alike, the signed one is better.
    """
    weights = dict(_weight(item) for item in accept.lower().split(","))
    signed = weights.get("application/jwt", 0.0)
    unsigned = weights.get("application/json", weights.get("application/*", weights.get("*/*", 0.0)))
    return signed > 0 and signed >= unsigned


def _weight(item: str) -> tuple[str, float]:
    """Return media type and weight of one item; a weight that cannot be read counts as none."""
    media_type, *parameters = [part.strip() for part in item.split(";")]
    texts = [text[2:].strip() for text in parameters if text.startswith("q=")]
    try:
        return media_type, float(texts[0]) if texts else 1.0
    except ValueError:
        return media_type, 0.0


def _ends_after(signed: UnverifiedSignedMetadata, at: datetime) -> bool:
    return signed.expires_at is not None and at < signed.expires_at


@lru_cache(maxsize=4)  # the same few documents are asked for by every wallet
def _read(body: bytes) -> UnverifiedSignedMetadata:
    return parse_signed_metadata(body)


@lru_cache(maxsize=4)
def _document(unsigned: bytes) -> Mapping[str, Any]:
    document: dict[str, Any] = parse_json(unsigned, max_bytes=len(unsigned))
    return document
