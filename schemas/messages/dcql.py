"""Digital Credentials Query Language: what a verifier asks for (OpenID4VP 1.0, sections 6 and 7).

A query is read strictly and with limits before anything acts on it, for a wallet receives it from strangers.  Members that
the specification does not define are ignored, as its extension rule wants; members that it does define are checked in full.
What a query is made of stands in ``schemas.messages.dcql_query``, checking an answer in ``schemas.messages.dcql_answer``;
matching stored credentials is the wallet's (``wallet.match``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import check_depth, dump_json, parse_json_object, too_large
from schemas.messages.dcql_query import (
    MSO_MDOC,
    SD_JWT_VC,
    ClaimQuery,
    CredentialQuery,
    CredentialSet,
    PathComponent,
    Query,
    QueryPath,
    Scalar,
    TrustedAuthority,
    query_error,
)

__all__ = [
    "MAX_CLAIMS",
    "MAX_CREDENTIALS",
    "MAX_DEPTH",
    "MAX_OPTIONS",
    "MAX_QUERY_BYTES",
    "MSO_MDOC",
    "SD_JWT_VC",
    "ClaimQuery",
    "CredentialQuery",
    "CredentialSet",
    "PathComponent",
    "Query",
    "QueryPath",
    "Scalar",
    "TrustedAuthority",
    "check_path",
    "parse_query",
]

MAX_QUERY_BYTES: Final = 16 * 1024
MAX_CREDENTIALS: Final = 8
MAX_CLAIMS: Final = 64
MAX_OPTIONS: Final = 32
MAX_DEPTH: Final = 8

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")


def parse_query(source: bytes | str | Mapping[str, Any]) -> Query:
    """Read a DCQL query.

    Args:
        source: JSON text, or the object that an enclosing parser has already read strictly.

    Raises:
        WarifuError: ``query_malformed`` where a member is missing or of the wrong shape, ``query_too_complex`` above the
            limits (8 credentials, 64 claims each, depth 8), ``too_large`` above 16 KiB, or a JSON error.
    """
    document = parse_json_object(source, max_bytes=MAX_QUERY_BYTES) if isinstance(source, bytes | str) else source
    _check_limits(document)
    entries = _array(document, "credentials", "OpenID4VP 6", limit=MAX_CREDENTIALS)
    credentials = tuple(_credential(_object(entry, "credentials", "OpenID4VP 6.1")) for entry in entries)
    _check_unique([credential.id for credential in credentials], "credential query ids", "OpenID4VP 6.1")
    sets: tuple[CredentialSet, ...] = ()
    if "credential_sets" in document:
        raw_sets = _array(document, "credential_sets", "OpenID4VP 6.2", limit=MAX_OPTIONS)
        known = {credential.id for credential in credentials}
        sets = tuple(_credential_set(_object(entry, "credential_sets", "OpenID4VP 6.2"), known) for entry in raw_sets)
    return Query(credentials, sets)


def _check_limits(document: Mapping[str, Any]) -> None:
    """Refuse a query that is too large or nests too deep, before its content is walked (threat D10)."""
    try:
        check_depth(document, limit=MAX_DEPTH)
    except WarifuError as error:
        raise query_error("query_too_complex", f"the query nests deeper than {MAX_DEPTH} levels", "OpenID4VP 14.5") from error
    if len(dump_json(document)) > MAX_QUERY_BYTES:
        raise too_large(MAX_QUERY_BYTES, clause="OpenID4VP 14.5")


def _credential(entry: Mapping[str, Any]) -> CredentialQuery:
    clause = "OpenID4VP 6.1"
    identifier = _identifier(entry.get("id"), clause)
    format_id = _text(entry.get("format"), "format", clause)
    meta = _object(entry.get("meta"), "meta", clause)
    claims: tuple[ClaimQuery, ...] = ()
    if "claims" in entry:
        raw_claims = _array(entry, "claims", "OpenID4VP 6.3", limit=MAX_CLAIMS)
        claims = tuple(_claim(_object(item, "claims", "OpenID4VP 6.3"), format_id) for item in raw_claims)
        _check_unique([claim.path for claim in claims], "claim paths", "OpenID4VP 6.4.1")
        _check_unique([claim.id for claim in claims if claim.id is not None], "claim ids", "OpenID4VP 6.3")
    return CredentialQuery(
        identifier,
        format_id,
        dict(meta),
        vct_values=_texts(meta, "vct_values", "OpenID4VP B.3.5") if format_id == SD_JWT_VC else (),
        doctype_value=_text(meta.get("doctype_value"), "doctype_value", "OpenID4VP B.2.3") if format_id == MSO_MDOC else None,
        claims=claims,
        claim_sets=_claim_sets(entry, claims),
        multiple=_flag(entry, "multiple", default=False),
        require_cryptographic_holder_binding=_flag(entry, "require_cryptographic_holder_binding", default=True),
        trusted_authorities=_authorities(entry),
    )


def _claim(entry: Mapping[str, Any], format_id: str) -> ClaimQuery:
    clause = "OpenID4VP 6.3"
    path = check_path(_array(entry, "path", clause, limit=MAX_DEPTH))
    if format_id == MSO_MDOC and (len(path) != 2 or not all(isinstance(component, str) for component in path)):
        raise query_error("query_malformed", "a path into an mdoc is a namespace and an element, two strings", "OpenID4VP 7.2")
    values: tuple[Scalar, ...] | None = None
    if "values" in entry:
        raw = _array(entry, "values", clause, limit=MAX_CLAIMS)
        if not all(isinstance(value, str | int) for value in raw):
            raise query_error("query_malformed", "values are strings, integers or booleans", clause)
        values = tuple(raw)
    identifier = _identifier(entry["id"], clause) if "id" in entry else None
    retain = _flag(entry, "intent_to_retain", default=False) if "intent_to_retain" in entry else None
    return ClaimQuery(path, identifier, values, retain)


def check_path(components: Sequence[Any]) -> QueryPath:
    """Return a claims path pointer after checking its components (OpenID4VP 7).

    Raises:
        WarifuError: ``query_malformed`` where it is empty or holds anything but strings, nulls and non-negative integers.
    """
    if not components:
        raise query_error("query_malformed", "a claims path pointer is not empty", "OpenID4VP 7")
    for component in components:
        integer = isinstance(component, int) and not isinstance(component, bool) and component >= 0
        if not (component is None or isinstance(component, str) or integer):
            raise query_error("query_malformed", "a path component is a string, null or a non-negative integer", "OpenID4VP 7")
    return tuple(components)


def _claim_sets(entry: Mapping[str, Any], claims: Sequence[ClaimQuery]) -> tuple[tuple[str, ...], ...]:
    if "claim_sets" not in entry:
        return ()
    clause = "OpenID4VP 6.1"
    if any(claim.id is None for claim in claims) or not claims:
        raise query_error("query_malformed", "with claim_sets every claim has an id", "OpenID4VP 6.3")
    known = {claim.id for claim in claims}
    raw = _array(entry, "claim_sets", clause, limit=MAX_OPTIONS)
    return tuple(_references(option, known, "claim_sets", clause) for option in raw)


def _credential_set(entry: Mapping[str, Any], known: set[str]) -> CredentialSet:
    clause = "OpenID4VP 6.2"
    raw = _array(entry, "options", clause, limit=MAX_OPTIONS)
    options = tuple(_references(option, known, "options", clause) for option in raw)
    return CredentialSet(options, _flag(entry, "required", default=True))


def _references(option: object, known: set[str] | set[str | None], name: str, clause: str) -> tuple[str, ...]:
    if not isinstance(option, list) or not option or len(option) > MAX_CLAIMS or not all(isinstance(item, str) for item in option):
        raise query_error("query_malformed", f"an entry of {name} is a non-empty array of ids", clause)
    if not set(option) <= known:
        raise query_error("query_malformed", f"an entry of {name} names an id that the query does not define", clause)
    return tuple(option)


def _authorities(entry: Mapping[str, Any]) -> tuple[TrustedAuthority, ...]:
    if "trusted_authorities" not in entry:
        return ()
    clause = "OpenID4VP 6.1.1"
    items = [_object(item, "trusted_authorities", clause) for item in _array(entry, "trusted_authorities", clause, limit=MAX_CREDENTIALS)]
    return tuple(TrustedAuthority(_text(item.get("type"), "type", clause), _texts(item, "values", clause)) for item in items)


def _array(entry: Mapping[str, Any], name: str, clause: str, *, limit: int) -> list[Any]:
    value = entry.get(name)
    if not isinstance(value, list) or not value:
        raise query_error("query_malformed", f"{name} is a non-empty array", clause)
    if len(value) > limit:
        raise query_error("query_too_complex", f"{name} has more than {limit} entries", clause)
    return value


def _object(value: object, name: str, clause: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise query_error("query_malformed", f"{name} holds an object", clause)
    return value


def _text(value: object, name: str, clause: str) -> str:
    if not isinstance(value, str) or not value:
        raise query_error("query_malformed", f"{name} is a non-empty string", clause)
    return value


def _texts(entry: Mapping[str, Any], name: str, clause: str) -> tuple[str, ...]:
    return tuple(_text(value, name, clause) for value in _array(entry, name, clause, limit=MAX_OPTIONS))


def _flag(entry: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise query_error("query_malformed", f"{name} is a boolean", "OpenID4VP 6")
    return value


def _identifier(value: object, clause: str) -> str:
    if not isinstance(value, str) or _ID.match(value) is None:
        raise query_error("query_malformed", "an id is made of letters, digits, hyphen and underscore", clause)
    return value


def _check_unique(values: Sequence[object], what: str, clause: str) -> None:
    if len(set(values)) != len(values):
        raise query_error("query_malformed", f"{what} are unique", clause)
