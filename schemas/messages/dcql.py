"""Digital Credentials Query Language: what a verifier asks for (OpenID4VP 1.0, sections 6 and 7).

A query is read strictly and with limits before anything acts on it, for a wallet receives it from strangers.  Members that
the specification does not define are ignored, as its extension rule wants; members that it does define are checked in full.
Matching stored credentials is the wallet's (``wallet.match``); checking an answer is in ``schemas.messages.dcql_answer``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from schemas.errors import WarifuError
from schemas.formats.encoding import check_depth, dump_json, parse_json_object, too_large

SD_JWT_VC: Final = "dc+sd-jwt"
MSO_MDOC: Final = "mso_mdoc"

MAX_QUERY_BYTES: Final = 16 * 1024
MAX_CREDENTIALS: Final = 8
MAX_CLAIMS: Final = 64
MAX_OPTIONS: Final = 32
MAX_DEPTH: Final = 8

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")

PathComponent: TypeAlias = str | int | None
QueryPath: TypeAlias = tuple[PathComponent, ...]
Scalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class ClaimQuery:
    """One wanted claim: its path, and where given the only values that help."""

    path: QueryPath
    id: str | None = None
    values: tuple[Scalar, ...] | None = None
    intent_to_retain: bool | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON form (OpenID4VP 6.3)."""
        members = {"id": self.id, "path": list(self.path), "values": _list(self.values), "intent_to_retain": self.intent_to_retain}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """A kind of authority and its acceptable identifiers, such as ``aki`` (OpenID4VP 6.1.1)."""

    type: str
    values: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"type": self.type, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class CredentialQuery:
    """One wanted credential (OpenID4VP 6.1).

    ``vct_values`` is filled for ``dc+sd-jwt``, ``doctype_value`` for ``mso_mdoc``; for any other format both are empty
    and nothing of ours matches.
    """

    id: str
    format: str
    meta: Mapping[str, Any]
    vct_values: tuple[str, ...] = ()
    doctype_value: str | None = None
    claims: tuple[ClaimQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    multiple: bool = False
    require_cryptographic_holder_binding: bool = True
    trusted_authorities: tuple[TrustedAuthority, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The acceptable ``vct`` or ``docType`` values."""
        return frozenset(self.vct_values) if self.doctype_value is None else frozenset({self.doctype_value})

    def alternatives(self) -> tuple[tuple[ClaimQuery, ...], ...]:
        """Return the sets of claims of which one suffices, in the verifier's order of preference (OpenID4VP 6.4.1)."""
        if not self.claim_sets:
            return (self.claims,)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(tuple(by_id[name] for name in names) for names in self.claim_sets)

    def document(self) -> dict[str, Any]:
        """Return the JSON form; members at their default are left out."""
        result: dict[str, Any] = {"id": self.id, "format": self.format, "meta": dict(self.meta)}
        if self.multiple:
            result["multiple"] = True
        if not self.require_cryptographic_holder_binding:
            result["require_cryptographic_holder_binding"] = False
        if self.trusted_authorities:
            result["trusted_authorities"] = [authority.document() for authority in self.trusted_authorities]
        if self.claims:
            result["claims"] = [claim.document() for claim in self.claims]
        if self.claim_sets:
            result["claim_sets"] = [list(names) for names in self.claim_sets]
        return result


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """Alternatives of credential queries of which one suffices (OpenID4VP 6.2)."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        members: dict[str, Any] = {"options": [list(option) for option in self.options]}
        return members if self.required else {**members, "required": False}


@dataclass(frozen=True, slots=True)
class Query:
    """A whole DCQL query."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSet, ...] = ()

    def credential(self, identifier: str) -> CredentialQuery:
        """Return the credential query of that id; raises ``query_id_unknown``."""
        for credential in self.credentials:
            if credential.id == identifier:
                return credential
        raise _error("query_id_unknown", "no credential query has this id", "OpenID4VP 8.1")

    def document(self) -> dict[str, Any]:
        """Return the JSON form that :func:`parse_query` reads."""
        result: dict[str, Any] = {"credentials": [credential.document() for credential in self.credentials]}
        if self.credential_sets:
            result["credential_sets"] = [entry.document() for entry in self.credential_sets]
        return result


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
        raise _error("query_too_complex", f"the query nests deeper than {MAX_DEPTH} levels", "OpenID4VP 14.5") from error
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
        raise _error("query_malformed", "a path into an mdoc is a namespace and an element, two strings", "OpenID4VP 7.2")
    values: tuple[Scalar, ...] | None = None
    if "values" in entry:
        raw = _array(entry, "values", clause, limit=MAX_CLAIMS)
        if not all(isinstance(value, str | int) for value in raw):
            raise _error("query_malformed", "values are strings, integers or booleans", clause)
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
        raise _error("query_malformed", "a claims path pointer is not empty", "OpenID4VP 7")
    for component in components:
        integer = isinstance(component, int) and not isinstance(component, bool) and component >= 0
        if not (component is None or isinstance(component, str) or integer):
            raise _error("query_malformed", "a path component is a string, null or a non-negative integer", "OpenID4VP 7")
    return tuple(components)


def _claim_sets(entry: Mapping[str, Any], claims: Sequence[ClaimQuery]) -> tuple[tuple[str, ...], ...]:
    if "claim_sets" not in entry:
        return ()
    clause = "OpenID4VP 6.1"
    if any(claim.id is None for claim in claims) or not claims:
        raise _error("query_malformed", "with claim_sets every claim has an id", "OpenID4VP 6.3")
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
        raise _error("query_malformed", f"an entry of {name} is a non-empty array of ids", clause)
    if not set(option) <= known:
        raise _error("query_malformed", f"an entry of {name} names an id that the query does not define", clause)
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
        raise _error("query_malformed", f"{name} is a non-empty array", clause)
    if len(value) > limit:
        raise _error("query_too_complex", f"{name} has more than {limit} entries", clause)
    return value


def _object(value: object, name: str, clause: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _error("query_malformed", f"{name} holds an object", clause)
    return value


def _text(value: object, name: str, clause: str) -> str:
    if not isinstance(value, str) or not value:
        raise _error("query_malformed", f"{name} is a non-empty string", clause)
    return value


def _texts(entry: Mapping[str, Any], name: str, clause: str) -> tuple[str, ...]:
    return tuple(_text(value, name, clause) for value in _array(entry, name, clause, limit=MAX_OPTIONS))


def _flag(entry: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise _error("query_malformed", f"{name} is a boolean", "OpenID4VP 6")
    return value


def _identifier(value: object, clause: str) -> str:
    if not isinstance(value, str) or _ID.match(value) is None:
        raise _error("query_malformed", "an id is made of letters, digits, hyphen and underscore", clause)
    return value


def _check_unique(values: Sequence[object], what: str, clause: str) -> None:
    if len(set(values)) != len(values):
        raise _error("query_malformed", f"{what} are unique", clause)


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _error(code: str, message: str, clause: str) -> WarifuError:
    return WarifuError(code, message, hint="correct the DCQL query", clause=clause, layer="query")
