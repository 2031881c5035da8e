"""From digests back to claims: every rule of RFC 9901 7.1, each in a function of its own.

The walk copies the signed payload, puts in what the disclosures reveal and drops the digests that nothing reveals.
Nothing here looks at a signature; the caller has checked it before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import MAX_DEPTH
from schemas.formats.sdjwt.disclosure import (
    ALGORITHM,
    ARRAY_DIGEST,
    DIGESTS,
    PROTECTED_CLAIMS,
    RESERVED_NAMES,
    SHA_256,
    Disclosure,
    protected_claim,
    reserved_name,
)

ClaimPath = tuple[str, ...]
Place = tuple[str | int, ...]
_CLAUSE: Final = "RFC 9901 7.1"
_TEXT: Final = frozenset({str})
_SCALARS: Final = frozenset({str, int, bool, float, type(None)})
_NO_NAMES: Final = frozenset({ALGORITHM, ARRAY_DIGEST})
_PLUMBING: Final = frozenset({DIGESTS, ARRAY_DIGEST})


def resolve(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    """Return the claims that ``payload`` and ``disclosures`` together reveal, without ``_sd``, ``_sd_alg`` and ``...``.

    Raises:
        WarifuError: layer ``digest``; one code for each rule: ``sd_alg_not_allowed``, ``duplicate_disclosure``,
            ``duplicate_digest``, ``bad_digest_list``, ``wrong_disclosure_shape``, ``reserved_claim_name``,
            ``protected_claim_disclosed``, ``claim_collision``, ``nested_too_deep``, ``unreferenced_disclosure``.
    """
    return locate(payload, disclosures)[0]


def locate(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> tuple[dict[str, Any], dict[str, Place]]:
    """As :func:`resolve`, and where each disclosure, by its digest, puts its claim."""
    check_digest_algorithm(payload)
    check_disclosures_unique(disclosures)
    walk = _Walk({disclosure.digest: disclosure for disclosure in disclosures})
    claims = walk.root(payload)
    check_unreferenced(disclosures, walk.places)
    return claims, walk.places


class _Walk:
    """One pass over a payload; ``places`` fills with the disclosures that were used."""

    __slots__ = ("_by_digest", "_seen", "places")

    def __init__(self, by_digest: dict[str, Disclosure]) -> None:
        self._by_digest = by_digest
        self._seen: set[str] = set()
        self.places: dict[str, Place] = {}

    def root(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        check_protected_closed(payload)
        return self._object({name: value for name, value in payload.items() if name != ALGORITHM}, (), 1)

    def _value(self, value: Any, path: Place, depth: int) -> Any:
        if type(value) is dict:
            if depth < MAX_DEPTH and _SCALARS.issuperset(map(type, value.values())) and RESERVED_NAMES.isdisjoint(value):
                return value.copy()  # nothing in it to be checked or replaced
            return self._object(value, path, depth + 1)
        if type(value) is list:
            return self._array(value, path, depth + 1)
        return value

    def _object(self, node: dict[str, Any], path: Place, depth: int) -> dict[str, Any]:
        check_nesting(depth)
        check_claim_names(node)
        claims = {
            name: self._value(value, (*path, name), depth) if type(value) in (dict, list) else value
            for name, value in node.items()
            if name != DIGESTS
        }
        if DIGESTS in node:
            for disclosure in self._take(digest_list(node[DIGESTS])):
                self._put(disclosure, claims, path, depth)
        return claims

    def _put(self, disclosure: Disclosure, claims: dict[str, Any], path: Place, depth: int) -> None:
        check_claim_shape(disclosure)
        name = disclosure.name or ""
        check_disclosed_name(name)
        check_protected(name, path)
        check_collision(name, claims)
        place = (*path, name)
        self.places[disclosure.digest] = place
        claims[name] = self._value(disclosure.value, place, depth)

    def _array(self, node: list[Any], path: Place, depth: int) -> list[Any]:
        check_nesting(depth)
        elements: list[Any] = []
        for element in node:
            place = (*path, len(elements))
            if type(element) is not dict or ARRAY_DIGEST not in element:
                elements.append(self._value(element, place, depth))
                continue
            for disclosure in self._take([array_digest(element)]):
                check_element_shape(disclosure)
                self.places[disclosure.digest] = place
                elements.append(self._value(disclosure.value, place, depth))
        return elements

    def _take(self, digests: list[str]) -> list[Disclosure]:
        """Return the disclosures behind ``digests``, those that were sent."""
        check_digests_unique(digests, self._seen)
        self._seen.update(digests)
        return [self._by_digest[digest] for digest in digests if digest in self._by_digest]


def check_digest_algorithm(payload: Mapping[str, Any]) -> None:
    """Accept ``sha-256``, spelt exactly so, or no ``_sd_alg`` at all, which means the same (RFC 9901 4.1.1)."""
    if payload.get(ALGORITHM, SHA_256) != SHA_256:
        raise WarifuError(
            "sd_alg_not_allowed",
            "only sha-256 is accepted for digests",
            hint="issue with _sd_alg sha-256",
            clause="HAIP 1.0 8",
            layer="digest",
        )


def check_disclosures_unique(disclosures: Iterable[Disclosure]) -> None:
    """Refuse a disclosure that was sent twice (``duplicate_disclosure``, RFC 9901 4)."""
    texts = [disclosure.text for disclosure in disclosures]
    if len(set(texts)) != len(texts):
        raise _refuse("duplicate_disclosure", "a disclosure was sent twice", "send each disclosure once")


def check_digests_unique(digests: Sequence[str], seen: Set[str]) -> None:
    """Refuse a digest that stands in the payload or in disclosed values more than once, disclosed or not."""
    if len(set(digests)) != len(digests) or not seen.isdisjoint(digests):
        raise _refuse("duplicate_digest", "a digest occurs more than once", "each digest stands for one claim")


def digest_list(value: Any) -> list[str]:
    """Return the value of ``_sd``, an array of texts; raises ``bad_digest_list`` for anything else."""
    if type(value) is not list or not _TEXT.issuperset(map(type, value)):
        raise _refuse("bad_digest_list", "_sd is not an array of texts", "put the digests into an array")
    return value


def array_digest(element: dict[str, Any]) -> str:
    """Return the digest of ``{"...": digest}``; raises ``bad_digest_list`` where it has other keys or is no text."""
    digest = element[ARRAY_DIGEST]
    if len(element) != 1 or type(digest) is not str:
        raise _refuse("bad_digest_list", "an array digest is not an object with the one key ...", "keep other keys out of it")
    return digest


def check_claim_shape(disclosure: Disclosure) -> None:
    """Refuse a disclosure without a claim name where ``_sd`` refers to it (``wrong_disclosure_shape``)."""
    if disclosure.name is None:
        raise _wrong_shape()


def check_element_shape(disclosure: Disclosure) -> None:
    """Refuse a disclosure with a claim name where an array element is due (``wrong_disclosure_shape``)."""
    if disclosure.name is not None:
        raise _wrong_shape()


def check_claim_names(node: Mapping[str, Any]) -> None:
    """Refuse ``...`` and a nested ``_sd_alg`` as names of claims (``reserved_claim_name``); ``_sd`` is read as digests."""
    if not _NO_NAMES.isdisjoint(node):
        raise reserved_name()


def check_disclosed_name(name: str) -> None:
    """Refuse a disclosure that names its claim like the plumbing of SD-JWT (``reserved_claim_name``)."""
    if name in RESERVED_NAMES:
        raise reserved_name()


def check_protected(name: str, path: Place) -> None:
    """Refuse a disclosure that brings a claim deciding on validity at the top level (``protected_claim_disclosed``)."""
    if not path and name in PROTECTED_CLAIMS:
        raise protected_claim(name)


def check_protected_closed(payload: Mapping[str, Any]) -> None:
    """Refuse digests inside the claims that decide on validity, such as ``cnf`` and ``status``, at any depth."""
    for name in PROTECTED_CLAIMS.intersection(payload):
        stack = [payload[name]]
        for item in stack:  # grows while it is walked
            if type(item) is dict:
                if not _PLUMBING.isdisjoint(item):
                    raise protected_claim(name)
                stack += item.values()
            elif type(item) is list:
                stack += item


def check_collision(name: str, claims: Mapping[str, Any]) -> None:
    """Refuse a disclosure of a claim that the same object already holds (``claim_collision``)."""
    if name in claims:
        raise _refuse("claim_collision", "a disclosed claim is already there at its level", "a claim stands in one place only")


def check_nesting(depth: int) -> None:
    """Refuse claims that nest deeper than 16 levels once disclosed (``nested_too_deep``)."""
    if depth > MAX_DEPTH:
        raise _refuse("nested_too_deep", f"the disclosed claims nest deeper than {MAX_DEPTH} levels", "issue flatter claims")


def check_unreferenced(disclosures: Sequence[Disclosure], places: Mapping[str, Place]) -> None:
    """Refuse disclosures that no digest refers to: an altered one must not vanish in silence (``unreferenced_disclosure``)."""
    if any(disclosure.digest not in places for disclosure in disclosures):
        raise _refuse("unreferenced_disclosure", "a disclosure belongs to no digest", "send the disclosures of this credential, unaltered")


def _wrong_shape() -> WarifuError:
    return _refuse(
        "wrong_disclosure_shape",
        "a disclosure has the wrong number of elements for its place",
        "three for a claim, two for an array element",
    )


def _refuse(code: str, message: str, hint: str) -> WarifuError:
    return WarifuError(code, message, hint=hint, clause=_CLAUSE, layer="digest")
