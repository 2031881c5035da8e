"""The OpenAPI description of ``POST /api/v1/verify``, kept beside the route that FastAPI does not see."""

from __future__ import annotations

from typing import Any, Final

_STEP: Final = {
    "type": "object",
    "properties": {
        "step": {"type": "integer", "minimum": 1, "maximum": 11},
        "name": {"type": "string"},
        "result": {"enum": ["passed", "failed", "undetermined", "not_reached", "skipped"]},
        "code": {"type": "string"},
        "clause": {"type": "string"},
        "hint": {"type": "string"},
    },
    "required": ["step", "name", "result", "code", "clause", "hint"],
    "additionalProperties": False,
}
REPORT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "outcome": {"enum": ["accepted", "rejected", "undetermined"]},
        "code": {"type": "string"},
        "steps": {"type": "array", "items": _STEP},
        "claims": {"type": "object"},
        "credential": {
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "format": {"enum": ["dc+sd-jwt", "mso_mdoc"]},
                "issuer": {"type": "string"},
                "municipality": {"type": ["string", "null"]},
                "valid_until": {"type": ["string", "null"], "format": "date-time"},
                "status": {"enum": ["valid", "absent", "undetermined", "skipped"]},
            },
            "required": ["type", "format", "issuer", "municipality", "valid_until", "status"],
            "additionalProperties": False,
        },
    },
    "required": ["outcome", "code", "steps"],
    "additionalProperties": False,
}
CALL_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "format": {"enum": ["dc+sd-jwt", "mso_mdoc"]},
        "presentation": {"type": "string", "maxLength": 262144},
        "nonce": {"type": "string"},
        "audience": {"type": "string"},
        "session_transcript": {"type": "string", "description": "base64url, for mso_mdoc"},
        "purpose": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
    },
    "required": ["format", "presentation"],
    "additionalProperties": False,
}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


VERIFY_OPERATION: Final[dict[str, Any]] = {
    "post": {
        "summary": "Verify one presentation; stateless",
        "operationId": "verify",
        "requestBody": {"required": True, "content": _content(CALL_SCHEMA)},
        "responses": {
            "200": {"description": "accepted", "content": _content(REPORT_SCHEMA)},
            "422": {"description": "rejected", "content": _content(REPORT_SCHEMA)},
            "503": {"description": "undetermined, or overload as application/problem+json", "content": _content(REPORT_SCHEMA)},
            "400": {"description": "no presentation, or a malformed call"},
            "401": {"description": "no key, or an unknown one"},
            "413": {"description": "too large"},
        },
    }
}
