"""Type metadata of SD-JWT VC: reading, extending, and holding a credential against it (SD-JWT VC, type metadata).

Nothing is fetched here: the caller hands over the documents, from a local bundle or a pinned place.  That one type extends
another says nothing about who may issue it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json_object
from schemas.formats.sdjwt.disclosure import ARRAY_DIGEST, DIGESTS, Disclosure
from schemas.formats.sdjwt.resolve import locate
from schemas.formats.sdjwt.selection import ClaimPointer

MAX_EXTENDED_TYPES: Final = 8
SD_VALUES: Final = ("always", "allowed", "never")
_SVG_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_HASH: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?", re.ASCII)
_NOT_DISCLOSED: Final = object()


@dataclass(frozen=True, slots=True)
class ClaimMetadata:
    """What a type says about the claims at one path.

    Attributes:
        path: names, indexes, and ``None`` for every element of an array.
        sd: ``always``, ``allowed`` or ``never``; ``None`` where the document is silent, which means ``allowed``.
        mandatory: whether the issuer has to include it; ``None`` where the document is silent, which means no.
        display: labels by locale, as in the document; ``None`` where it is silent.
        svg_id: placeholder in SVG templates, if any.
    """

    path: ClaimPointer
    sd: str | None = None
    mandatory: bool | None = None
    display: tuple[Mapping[str, Any], ...] | None = None
    svg_id: str | None = None


@dataclass(frozen=True, slots=True)
class TypeMetadata:
    """One document, or several combined."""

    vct: str
    extends: str | None
    extends_integrity: str | None
    display: tuple[Mapping[str, Any], ...] | None
    claims: tuple[ClaimMetadata, ...]


def parse_type_metadata(document: bytes, *, vct: str, integrity: str | None = None) -> TypeMetadata:
    """Read one type metadata document; properties that are not known are ignored.

    Args:
        document: the octets as retrieved.
        vct: the type that referred to it, in a credential or by ``extends``; compared exactly.
        integrity: ``vct#integrity`` or ``extends#integrity``, where there is one.

    Raises:
        WarifuError: ``integrity_mismatch``, ``vct_mismatch``, ``bad_type_metadata`` or a JSON error.
    """
    check_integrity(document, integrity)
    members = parse_json_object(document)
    check_vct(members.get("vct"), vct)
    claims = tuple(_claim(item) for item in _list(members.get("claims", []), "claims"))
    check_unique([claim.path for claim in claims], "path")
    check_unique([claim.svg_id for claim in claims if claim.svg_id is not None], "svg_id")
    display = _display(members["display"], ("locale", "name")) if "display" in members else None
    return TypeMetadata(vct, _text(members, "extends"), _text(members, "extends#integrity"), display, claims)


def combine_type_metadata(chain: Sequence[TypeMetadata]) -> TypeMetadata:
    """Return what holds for the first type of ``chain``, each of which extends the next.

    Raises:
        WarifuError: ``type_chain_broken`` where one does not extend the next, the last extends another, a type occurs
            twice or there are more than eight; ``type_weakened`` where a type takes back what it extends.
    """
    check_type_chain(chain)
    combined = chain[-1]
    for extending in reversed(chain[:-1]):
        combined = _extend(combined, extending)
    return combined


def _extend(base: TypeMetadata, extending: TypeMetadata) -> TypeMetadata:
    own = {claim.path: claim for claim in extending.claims}
    inherited = [_override(claim, own.pop(claim.path)) if claim.path in own else claim for claim in base.claims]
    claims = (*inherited, *own.values())
    check_unique([claim.svg_id for claim in claims if claim.svg_id is not None], "svg_id")
    return replace(extending, display=base.display if extending.display is None else extending.display, claims=claims)


def _override(base: ClaimMetadata, own: ClaimMetadata) -> ClaimMetadata:
    check_not_weakened(base, own)
    return ClaimMetadata(
        base.path,
        base.sd if own.sd is None else own.sd,
        base.mandatory if own.mandatory is None else own.mandatory,
        base.display if own.display is None else own.display,
        base.svg_id if own.svg_id is None else own.svg_id,
    )


def check_against_type(metadata: TypeMetadata, payload: Mapping[str, Any], disclosures: Sequence[Disclosure], *, complete: bool) -> None:
    """Hold a credential against its type.

    Args:
        metadata: combined with what it extends.
        payload: the issuer's, with its digests.
        disclosures: those at hand.
        complete: whether these are all of the credential, as for its holder; only then is a missing claim an error.

    Raises:
        WarifuError: layer ``policy``: ``claim_not_as_typed`` for a path that meets another kind of value or a claim that is
            selectively disclosable against the type, or the reverse; ``mandatory_claim_missing``; and what
            :func:`schemas.formats.sdjwt.resolve.resolve` raises.
    """
    locate(payload, disclosures)
    by_digest = {disclosure.digest: disclosure for disclosure in disclosures}
    for claim in metadata.claims:
        found = list(_selected(payload, claim.path, by_digest))
        for disclosable in found:
            check_disclosability(claim, disclosable=disclosable)
        if complete:
            check_mandatory(claim, found)


def _selected(payload: Mapping[str, Any], path: ClaimPointer, by_digest: Mapping[str, Disclosure]) -> Iterator[bool]:
    """Yield for each claim at ``path`` whether it is itself behind a digest, counting arrays as they were issued."""
    selection: list[tuple[Any, bool]] = [(payload, False)]
    for step in path:
        known = [value for value, _ in selection if value is not _NOT_DISCLOSED]
        selection = [member for value in known for member in _members(value, step, by_digest)]
    return (disclosable for _, disclosable in selection)


def _members(value: Any, step: str | int | None, by_digest: Mapping[str, Disclosure]) -> list[tuple[Any, bool]]:
    if isinstance(step, str) and isinstance(value, Mapping):
        hidden = [by_digest[digest] for digest in value.get(DIGESTS, ()) if digest in by_digest]
        clear = [(value[step], False)] if step in value and step != DIGESTS else []
        return clear + [(disclosure.value, True) for disclosure in hidden if disclosure.name == step]
    if not isinstance(step, str) and isinstance(value, list):
        elements = [_element(element, by_digest) for element in value]
        return elements if step is None else elements[step : step + 1]
    raise _not_as_typed("a path of the type meets a value of another kind")


def _element(element: Any, by_digest: Mapping[str, Disclosure]) -> tuple[Any, bool]:
    if not isinstance(element, Mapping) or ARRAY_DIGEST not in element:
        return element, False
    disclosure = by_digest.get(element[ARRAY_DIGEST])
    return (_NOT_DISCLOSED if disclosure is None else disclosure.value), True


# -- checks ----------------------------------------------------------------------------------------------------------------


def check_integrity(document: bytes, integrity: str | None) -> None:
    """Compare ``document`` with the strongest hashes of ``integrity`` (W3C SRI 3); raises ``integrity_mismatch``."""
    if integrity is None:
        return
    hashes = [match.groups() for text in integrity.split() if (match := _HASH.fullmatch(text)) is not None]
    strongest = max((algorithm for algorithm, _ in hashes), default="")
    for algorithm, expected in hashes:
        if algorithm == strongest and hmac.compare_digest(hashlib.new(algorithm, document).digest(), _standard(expected)):
            return
    raise WarifuError(
        "integrity_mismatch",
        "the document is not the one that was referred to",
        hint="fetch it again, or refer to what is published",
        clause="SD-JWT VC, integrity of referenced documents",
        layer="policy",
    )


def _standard(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""  # a broken hash matches nothing


def check_vct(found: object, expected: str) -> None:
    """Refuse a document of another type; equal means equal code points (``vct_mismatch``)."""
    if found != expected:
        raise WarifuError(
            "vct_mismatch", "the document describes another type", clause="SD-JWT VC, retrieving type metadata", layer="policy"
        )


def check_unique(values: Sequence[Any], name: str) -> None:
    """Refuse a path or ``svg_id`` that is described twice (``bad_type_metadata``)."""
    if len(set(values)) != len(values):
        raise _bad(f"{name} occurs twice")


def check_type_chain(chain: Sequence[TypeMetadata]) -> None:
    """Refuse a chain with a gap, an open end, a circle or more than eight types (``type_chain_broken``)."""
    followed = [type_.extends for type_ in chain] == [*(type_.vct for type_ in chain[1:]), None]
    if not chain or not followed or len({type_.vct for type_ in chain}) != len(chain) or len(chain) > MAX_EXTENDED_TYPES:
        raise WarifuError(
            "type_chain_broken",
            "the types do not extend one another in one line of at most eight",
            clause="SD-JWT VC, circular extends",
            layer="policy",
        )


def check_not_weakened(base: ClaimMetadata, own: ClaimMetadata) -> None:
    """Refuse a type that changes ``always`` or ``never``, or makes a mandatory claim optional (``type_weakened``)."""
    changed = base.sd in ("always", "never") and own.sd not in (None, base.sd)
    if changed or (base.mandatory and own.mandatory is False):
        raise WarifuError(
            "type_weakened",
            "a type takes back what the type it extends promises",
            clause="SD-JWT VC, extending claim metadata",
            layer="policy",
        )


def check_disclosability(claim: ClaimMetadata, *, disclosable: bool) -> None:
    """Refuse a claim that is selectively disclosable against its type, or the reverse (``claim_not_as_typed``)."""
    if (claim.sd == "always" and not disclosable) or (claim.sd == "never" and disclosable):
        raise _not_as_typed("a claim is selectively disclosable against its type, or the reverse")


def check_mandatory(claim: ClaimMetadata, found: Sequence[bool]) -> None:
    """Refuse a credential that lacks a claim its type asks for (``mandatory_claim_missing``)."""
    if claim.mandatory and not found:
        raise WarifuError(
            "mandatory_claim_missing",
            "the credential lacks a claim that its type asks for",
            clause="SD-JWT VC, claim metadata",
            layer="policy",
        )


# -- parts of a document -----------------------------------------------------------------------------------------------------


def _claim(item: Any) -> ClaimMetadata:
    if not isinstance(item, dict):
        raise _bad("a claim is described by something else than an object")
    sd, mandatory, svg_id = item.get("sd"), item.get("mandatory"), _text(item, "svg_id")
    if "sd" in item and sd not in SD_VALUES:
        raise _bad("sd is neither always nor allowed nor never")
    if "mandatory" in item and not isinstance(mandatory, bool):
        raise _bad("mandatory is no boolean")
    if svg_id is not None and _SVG_ID.fullmatch(svg_id) is None:
        raise _bad("svg_id is not made of letters, digits and underscores")
    display = _display(item["display"], ("locale", "label")) if "display" in item else None
    return ClaimMetadata(_path(item.get("path")), sd, mandatory, display, svg_id)


def _path(value: Any) -> ClaimPointer:
    steps = _list(value, "path")
    if not steps or any(type(step) not in (str, int, type(None)) or (type(step) is int and step < 0) for step in steps):
        raise _bad("a path is not made of texts, nulls and non-negative integers")
    return tuple(steps)


def _display(value: Any, required: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    entries = _list(value, "display")
    if not all(isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in required) for entry in entries):
        raise _bad("an entry of display lacks a text")
    return tuple(entries)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(f"{name} is no array")
    return value


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if name in members and not isinstance(value, str):
        raise _bad(f"{name} is no text")
    return value


def _bad(message: str) -> WarifuError:
    return WarifuError("bad_type_metadata", message, clause="SD-JWT VC, type metadata format", layer="parse")


def _not_as_typed(message: str) -> WarifuError:
    return WarifuError("claim_not_as_typed", message, clause="SD-JWT VC, claim metadata", layer="policy")
