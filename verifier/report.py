"""The report of a decision as JSON (design.md, section 5), and as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from schemas.formats.encoding import b64url_encode
from schemas.verify import Report, StepResult, Verified


def report_document(
    outcome: str, code: str, steps: Report, claims: Mapping[str, Any] | None = None, credential: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the report; ``claims`` and ``credential`` are given only where the outcome is ``accepted``."""
    written = [_step_document(item) for item in steps]
    document: dict[str, Any] = {"outcome": outcome, "code": code, "steps": written}
    if claims is not None and credential is not None:
        document |= {"claims": plain(claims), "credential": dict(credential)}
    return document


@lru_cache(maxsize=256)
def _step_document(item: StepResult) -> Mapping[str, Any]:
    """Return one step; most reports are made of the same eleven."""
    return {"step": item.step, "name": item.name, "result": item.result, "code": item.code, "clause": item.clause, "hint": item.hint}


def credential_document(verified: Verified) -> dict[str, Any]:
    """Return what a report says about an accepted credential besides its claims."""
    return {
        "type": verified.type,
        "format": verified.format,
        "issuer": verified.issuer,
        "municipality": verified.municipality,
        "valid_until": None if verified.valid_until is None else verified.valid_until.isoformat(),
        "status": verified.status,
    }


_PLAIN = frozenset({str, int, bool, float, type(None)})


def plain(value: Any) -> Any:
    """Return claims in JSON types: dates as ISO text, byte strings as base64url."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return b64url_encode(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value


def report_lines(document: Mapping[str, Any]) -> list[str]:
    """Return a report as lines: one for each step, the outcome, what was disclosed."""
    lines = []
    for step in document["steps"]:
        note = f"  {step['code']}" if step["code"] else ""
        lines.append(f"{step['step']:>3}  {step['name']:<17} {step['result']}{note}")
    outcome = document["outcome"]
    lines.append(outcome if not document["code"] else f"{outcome}: {document['code']}")
    hint = next((step["hint"] for step in document["steps"] if step["result"] in ("failed", "undetermined") and step["hint"]), "")
    if hint and outcome != "accepted":
        lines.append(f"hint: {hint}")
    for name, value in document.get("credential", {}).items():
        lines.append(f"  {name}: {value}")
    lines += _claim_lines(document.get("claims", {}), "  ")
    return lines


def _claim_lines(claims: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in claims.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *_claim_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines
