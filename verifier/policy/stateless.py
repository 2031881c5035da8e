"""``POST /api/v1/verify``: one call, one presentation, one decision; nothing is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from schemas.credentials import Catalogue
from schemas.errors import WarifuError
from schemas.formats.encoding import MAX_CBOR_BYTES, b64url_decode
from schemas.messages.dcql import MSO_MDOC, SD_JWT_VC
from schemas.trust import Anchors
from schemas.verify import Expected, StatusSource, Step, StepResult
from verifier.policy.answers import query_step
from verifier.policy.decision import Decision, decide, policy_of
from verifier.purposes import Purpose

MAX_PRESENTATION: Final = 256 * 1024
MAX_TRANSCRIPT: Final = 16 * 1024
_MEMBERS: Final = frozenset({"format", "presentation", "nonce", "audience", "session_transcript", "purpose", "at"})
_NO_QUERY: Final = StepResult(
    Step.QUERY.value, Step.QUERY.label, "skipped", "no_purpose", "OpenID4VP 8.6", "name a purpose to have it checked"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A well-formed call; ``at`` is None where the caller leaves the time to the server."""

    format: str
    presentation: str
    nonce: str | None
    audience: str | None
    session_transcript: bytes | None
    purpose: str | None
    at: datetime | None


def parse_call(document: Mapping[str, Any]) -> Call:
    """Read a call.

    Raises:
        WarifuError: ``call_malformed`` or ``format_unsupported``; ``not_a_presentation`` where the text can be none.
    """
    for name in document:
        if name not in _MEMBERS:
            raise _malformed("the call has a member that is not known")
    format_id = document.get("format")
    if format_id not in (SD_JWT_VC, MSO_MDOC):
        raise WarifuError(
            "format_unsupported", "the format is not verified here", hint="dc+sd-jwt or mso_mdoc", clause="design 5", layer="protocol"
        )
    call = Call(
        format_id,
        _presentation(document.get("presentation"), format_id),
        _text(document, "nonce"),
        _text(document, "audience"),
        _transcript(document.get("session_transcript")),
        _text(document, "purpose"),
        _instant(document.get("at")),
    )
    _check_binding_given(call)
    return call


def _check_binding_given(call: Call) -> None:
    """What the holder must have signed is the caller's to say; without it nothing would be bound (threats A17 to A19)."""
    if call.format == SD_JWT_VC and (call.nonce is None or call.audience is None):
        raise _malformed("an SD-JWT VC is verified with the nonce and the audience of its request")
    if call.format == MSO_MDOC and call.session_transcript is None:
        raise _malformed("an mdoc is verified with the session transcript of its request")


def _presentation(value: object, format_id: str) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_PRESENTATION and value.isascii():
        if format_id == SD_JWT_VC and "~" in value and value.count(".", 0, value.index("~")) == 2:
            return value
        if format_id == MSO_MDOC and _is_base64url(value):
            return value
    raise WarifuError(
        "not_a_presentation",
        "the text is no presentation of this format",
        hint="send it as the wallet did",
        clause="OpenID4VP B",
        layer="parse",
    )


def _is_base64url(text: str) -> bool:
    try:
        b64url_decode(text, max_bytes=MAX_CBOR_BYTES)
    except WarifuError:
        return False
    return True


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= 2048):
        raise _malformed(f"{name} is a short text")
    return value


def _transcript(value: object) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _malformed("session_transcript is base64url text")
    return b64url_decode(value, max_bytes=MAX_TRANSCRIPT)


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise _malformed("at is an instant with its zone, as RFC 3339 writes it")
    return instant.astimezone(UTC)


def decide_call(
    call: Call, *, purpose: Purpose | None, catalogue: Catalogue, anchors: Anchors, status: StatusSource, at: datetime
) -> Decision:
    """Decide on a call; pure, may be called again with a fuller status source.

    Without a purpose the types of the catalogue are accepted under the strict default policy; with one its types, its
    policy and its query (step 11).
    """
    expected = Expected(
        types=_types(purpose, catalogue),
        key_binding="required",
        nonce=call.nonce,
        audience=call.audience,
        session_transcript=call.session_transcript,
    )
    decision = decide(
        call.presentation, format=call.format, expected=expected, anchors=anchors, status=status, policy=policy_of(purpose), at=at
    )
    if decision.verified is None:
        return decision
    if purpose is None:
        return Decision("accepted", "", (*decision.steps, _NO_QUERY), decision.claims, decision.credential)
    return _check_purpose(decision, purpose, catalogue)


@lru_cache(maxsize=256)
def _types(purpose: Purpose | None, catalogue: Catalogue) -> frozenset[str]:
    if purpose is not None:
        return purpose.types
    return frozenset(name for known in catalogue.types for name in (known.vct, known.doctype))


def _check_purpose(decision: Decision, purpose: Purpose, catalogue: Catalogue) -> Decision:
    """Step 11 against the purpose's queries of this format and type: one of them has to be answered."""
    verified = decision.verified
    assert verified is not None
    candidates = [item for item in purpose.query.credentials if item.format == verified.format and verified.type in item.types]
    results = [query_step(verified, credential, catalogue) for credential in candidates]
    return next((result for result in results if result.outcome == "accepted"), results[0])


def _malformed(message: str) -> WarifuError:
    return WarifuError("call_malformed", message, hint="compare the call with the documentation", clause="design 5", layer="protocol")
