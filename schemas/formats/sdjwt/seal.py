"""Sealing: claims become disclosures and sorted digests under the issuer's signature (RFC 9901 5, 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_bytes, b64url_json, dump_json
from schemas.formats.jose import Signer, sign_jws
from schemas.formats.sdjwt.disclosure import ALGORITHM, DIGESTS, PROTECTED_CLAIMS, RESERVED_NAMES, SHA_256, protected_claim, reserved_name
from schemas.formats.sdjwt.resolve import ClaimPath
from schemas.formats.sdjwt.token import SD_JWT_VC_TYP

MIN_SALT_CHARACTERS: Final = 22  # 128 bits in base64url
_SALT_BYTES: Final = 18
_SALT_CHARACTERS: Final = 24
_SALTS_PER_BLOCK: Final = 64
_SCALARS: Final = frozenset({str, int, bool, float, type(None)})
_ARRAYS: Final = (list, tuple)
_NO_NAMES: Final[frozenset[str]] = frozenset()


def seal_sd_jwt(
    claims: Mapping[str, Any],
    *,
    disclosable: Collection[ClaimPath],
    digest_counts: Mapping[ClaimPath, int],
    salts: Iterator[str],
    header: Mapping[str, Any],
    signer: Signer,
) -> str:
    """Return ``claims`` as an issuer-signed SD-JWT with all its disclosures, ending with a tilde.

    Args:
        claims: JSON values; nested dicts may hold disclosable claims of their own.
        disclosable: paths of the claims to be disclosed one by one; a path that ``claims`` does not hold is no error, so
            that a type can name all it knows.  A nested path beneath a disclosable one discloses recursively (RFC 9901 6.3).
        digest_counts: number of digests in ``_sd`` for each object, ``()`` for the top level, reached with decoys, so that
            the number of digests says nothing about the person; an object without an entry gets no decoys.
        salts: fresh texts of at least 128 bits in base64url, one for each disclosure and decoy.
        header: ``x5c`` and what else belongs there; ``typ`` is ``dc+sd-jwt`` unless given, ``alg`` is ES256.
        signer: the document signer's key.

    Raises:
        WarifuError: ``reserved_claim_name``, ``protected_claim_disclosed``, ``digest_count_too_small``, ``weak_salt``,
            ``salts_exhausted`` or ``not_serialisable``.
    """
    paths = frozenset(disclosable)
    check_disclosable(paths)
    sealing = _Sealing(paths, digest_counts, salts)
    payload = sealing.object(claims, ())
    payload[ALGORITHM] = SHA_256
    check_salts(sealing.used_salts)
    issuer_jwt = sign_jws({"typ": SD_JWT_VC_TYP, **header}, dump_json(payload), signer)
    return f"{issuer_jwt}~{b'~'.join([*sealing.disclosures, b'']).decode('ascii')}"


def salts_from(random_bytes: Callable[[int], bytes]) -> Iterator[str]:
    """Yield endless fresh salts of 144 bits, drawn in blocks, since each draw asks the system.

    Args:
        random_bytes: returns that many bytes from the system's generator, such as :func:`secrets.token_bytes`.
    """
    while True:
        block = b64url_bytes(random_bytes(_SALT_BYTES * _SALTS_PER_BLOCK)).decode("ascii")
        yield from [block[start : start + _SALT_CHARACTERS] for start in range(0, len(block), _SALT_CHARACTERS)]


class _Sealing:
    """One credential in the making."""

    __slots__ = ("_digest_counts", "_hidden", "_opened", "_salts", "disclosures", "used_salts")

    def __init__(self, disclosable: frozenset[ClaimPath], digest_counts: Mapping[ClaimPath, int], salts: Iterator[str]) -> None:
        self._digest_counts = digest_counts
        self._hidden = by_parent(disclosable)
        self._opened = by_parent(objects_within(disclosable, frozenset(digest_counts)))
        self._salts = salts
        self.disclosures: list[bytes] = []
        self.used_salts: list[str] = []

    def object(self, claims: Mapping[str, Any], path: ClaimPath) -> dict[str, Any]:
        """Return the object with its disclosable members replaced by digests."""
        check_claim_names(claims)
        clear: dict[str, Any] = {}
        hidden: list[tuple[str, Any]] = []
        hidden_names, opened_names = self._hidden.get(path, _NO_NAMES), self._opened.get(path, _NO_NAMES)
        for name, value in claims.items():
            if name in opened_names:
                value = self._open(value, (*path, name))  # noqa: PLW2901 - the sealed form takes its place
            elif type(value) not in _SCALARS:
                check_nested_names(value)
            if name in hidden_names:
                hidden.append((name, value))
            else:
                clear[name] = value
        decoys = self._decoys(path, len(hidden))
        if hidden or decoys:
            clear[DIGESTS] = _digests(self._disclose(hidden) + decoys)
        return clear

    def _open(self, value: Any, place: ClaimPath) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise WarifuError(
                "not_an_object",
                "claims are to be disclosed one by one inside a value that is no object",
                hint="make the paths of the credential type agree with its claims",
                clause="RFC 9901 4.2.1",
            )
        return self.object(value, place)

    def _disclose(self, hidden: Sequence[tuple[str, Any]]) -> list[bytes]:
        salts = self._draw(len(hidden))
        disclosures = b64url_json([(salt, name, value) for salt, (name, value) in zip(salts, hidden, strict=True)])
        self.disclosures += disclosures
        return disclosures

    def _decoys(self, path: ClaimPath, count: int) -> list[bytes]:
        """Return what stands in for disclosures that are not there: salts, whose digests look like any other."""
        missing = self._digest_counts.get(path, count) - count
        if missing == 0:
            return []
        if missing < 0:
            raise WarifuError(
                "digest_count_too_small",
                "an object holds more disclosable claims than its fixed number of digests",
                hint="raise the digest count of the credential type",
                clause="RFC 9901 10.4",
            )
        return [salt.encode("ascii") for salt in self._draw(missing)]

    def _draw(self, count: int) -> list[str]:
        salts = list(islice(self._salts, count))
        if len(salts) != count:
            raise WarifuError("salts_exhausted", "there are fewer salts than disclosures and decoys", hint="pass an endless iterator")
        self.used_salts += salts
        return salts


def _digests(hidden: Sequence[bytes]) -> list[str]:
    """Return the SHA-256 digests of ``hidden`` as sorted base64url texts of 43 characters, encoded in one pass.

    A byte of zero behind each makes it 33 bytes or 44 characters, of which the last is dropped; the 43rd carries the
    same bits as without it.
    """
    digests = b"\0".join([hashlib.sha256(text).digest() for text in hidden])
    text = b64url_bytes(digests + b"\0").decode("ascii")
    return sorted([text[start : start + 43] for start in range(0, len(text), 44)])


@lru_cache(maxsize=64)
def objects_within(disclosable: frozenset[ClaimPath], counted: frozenset[ClaimPath]) -> frozenset[ClaimPath]:
    """Return the paths of all objects below the top level that hold digests, or lie on the way to one that does."""
    parents = [path[:-1] for path in disclosable]
    return frozenset(path[:length] for path in (*parents, *counted) for length in range(1, len(path) + 1))


@lru_cache(maxsize=128)
def by_parent(paths: frozenset[ClaimPath]) -> dict[ClaimPath, frozenset[str]]:
    """Return, for each object that holds one of ``paths``, the names of these members."""
    names: dict[ClaimPath, set[str]] = {}
    for path in paths:
        names.setdefault(path[:-1], set()).add(path[-1])
    return {parent: frozenset(members) for parent, members in names.items()}


@lru_cache(maxsize=64)
def check_disclosable(paths: frozenset[ClaimPath]) -> None:
    """Refuse to hide a claim that decides on validity (``protected_claim_disclosed``); an empty path names no claim."""
    for path in paths:
        if not path or path[0] in PROTECTED_CLAIMS:
            raise protected_claim(path[0] if path else "the top level")


def check_claim_names(claims: Mapping[str, Any]) -> None:
    """Refuse a claim named like the plumbing of SD-JWT (``reserved_claim_name``)."""
    if not RESERVED_NAMES.isdisjoint(claims):
        raise reserved_name()


def check_nested_names(value: Any) -> None:
    """Refuse reserved names at any depth of a value that is sealed whole (``reserved_claim_name``)."""
    stack = [value]
    for item in stack:  # grows while it is walked
        members: Iterable[Any] = item if isinstance(item, _ARRAYS) else ()
        if type(item) is dict:
            check_claim_names(item)
            members = item.values()
        if not _SCALARS.issuperset(map(type, members)):
            stack += [member for member in members if type(member) not in _SCALARS]


def check_salts(salts: Sequence[str]) -> None:
    """Refuse salts below 128 bits and a salt used twice in one credential (``weak_salt``, RFC 9901 9.3)."""
    if len(set(salts)) != len(salts) or min(map(len, salts), default=MIN_SALT_CHARACTERS) < MIN_SALT_CHARACTERS:
        raise WarifuError(
            "weak_salt", "a salt is too short or was used twice", hint="draw 16 fresh random bytes for each", clause="RFC 9901 9.3"
        )
