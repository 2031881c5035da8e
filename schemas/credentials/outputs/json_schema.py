"""JSON Schema 2020-12 of the claims that remain when an SD-JWT VC of a type has been verified and processed."""

from __future__ import annotations

from typing import Any, Final

from schemas.credentials.claims import ClaimDefinition, Kind
from schemas.credentials.credential_type import CredentialType
from schemas.credentials.values import MAX_TEXT

DAY_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
APPROXIMATE_PATTERN: Final = "^(?:XXXX-XX-XX|[0-9]{4}(?:-(?:[0-9]{2}|XX)(?:-(?:[0-9]{2}|XX))?)?[~?]?(?:/[0-9]{4}-[0-9]{2}-[0-9]{2}[~?]?)?)$"

_NUMERIC_DATE: Final = {"type": "integer", "minimum": 0}
_REGISTERED: Final[dict[str, Any]] = {
    "iss": {"type": "string", "format": "uri"},
    "iat": _NUMERIC_DATE,
    "nbf": _NUMERIC_DATE,
    "exp": _NUMERIC_DATE,
    "cnf": {"type": "object", "properties": {"jwk": {"type": "object"}}, "required": ["jwk"]},
    "status": {
        "type": "object",
        "properties": {
            "status_list": {
                "type": "object",
                "properties": {"idx": {"type": "integer", "minimum": 0}, "uri": {"type": "string", "format": "uri"}},
                "required": ["idx", "uri"],
            }
        },
        "required": ["status_list"],
    },
}


def json_schema(kind: CredentialType) -> dict[str, Any]:
    """Return the schema; every selectively disclosable claim is optional, nothing unknown is admitted."""
    properties: dict[str, Any] = {"vct": {"const": kind.vct}, **_REGISTERED}
    for claim in kind.sd_jwt_claims:
        _place(properties, kind, claim)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind.vct}/claims.schema.json",
        "title": kind.definition.label.en,
        "description": kind.definition.description.en,
        "type": "object",
        "properties": properties,
        "required": ["vct", *_required(kind)],
        "additionalProperties": False,
    }


def _place(properties: dict[str, Any], kind: CredentialType, claim: ClaimDefinition) -> None:
    group, _, leaf = claim.name.rpartition(".")
    if group:
        title, description = kind.definition.objects[group]
        holder = properties.setdefault(
            group,
            {"title": title.en, "description": description.en, "type": "object", "properties": {}, "additionalProperties": False},
        )
        if claim.mandatory:
            holder.setdefault("required", []).append(leaf)
        properties = holder["properties"]
    properties[leaf] = value_schema(claim)


def _required(kind: CredentialType) -> list[str]:
    return list(dict.fromkeys(claim.path[0] for claim in kind.sd_jwt_claims if claim.mandatory))


def value_schema(claim: ClaimDefinition) -> dict[str, Any]:
    """Return the schema of one claim's value in an SD-JWT VC."""
    schema: dict[str, Any] = {"title": claim.label.en, "description": claim.description.en}
    if claim.choices:
        return schema | {"enum": list(claim.choices)}
    if claim.kind is Kind.TEXT:
        pattern = {"pattern": f"^(?:{claim.pattern})$"} if claim.pattern else {}
        return schema | {"type": "string", "minLength": 1, "maxLength": MAX_TEXT} | pattern
    return schema | _OTHER_KINDS[claim.kind]


_OTHER_KINDS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.DATE: {"type": "string", "format": "date", "pattern": DAY_PATTERN},
    Kind.APPROXIMATE_DATE: {"type": "string", "pattern": APPROXIMATE_PATTERN},
    Kind.BOOL: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
}
