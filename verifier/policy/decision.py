"""One presentation, one decision: accepted, rejected or undetermined, with the report of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from schemas.errors import WarifuError
from schemas.trust import Anchors
from schemas.verify import Expected, Policy, Refusal, StatusSource, StepResult, UndeterminedRefusal, Verified, verify_presented
from verifier.purposes import Purpose
from verifier.report import credential_document, report_document

Outcome = Literal["accepted", "rejected", "undetermined"]
Report: TypeAlias = tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the relying party gets to know about one presentation.

    Attributes:
        code: stable code of the refusal; empty where accepted.
        claims: only where accepted.
        credential: type, format, issuer, end of validity and status; only where accepted.
        verified: the verified credential, for the check against the query; not part of the report.
    """

    outcome: Outcome
    code: str
    steps: Report
    claims: Mapping[str, Any] | None = None
    credential: Mapping[str, Any] | None = None
    verified: Verified | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON form of design.md, section 5; ``claims`` and ``credential`` are there only when accepted."""
        return report_document(self.outcome, self.code, self.steps, self.claims, self.credential)


def decide(
    presentation: str | bytes,
    *,
    format: str,  # noqa: A002 - the protocols' own word
    expected: Expected,
    anchors: Anchors,
    status: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> Decision:
    """Verify one presentation and return the decision; a refusal is a value here, not an exception.

    Raises:
        WarifuError: only for a mistake of the caller, such as missing expectations.
    """
    try:
        verified = verify_presented(presentation, format=format, expected=expected, anchors=anchors, status=status, policy=policy, at=at)
    except UndeterminedRefusal as refusal:
        return Decision("undetermined", refusal.code, refusal.report)
    except Refusal as refusal:
        return Decision("rejected", refusal.code, refusal.report)
    return accepted(verified, verified.claims, verified.report)


def accepted(verified: Verified, claims: Mapping[str, Any], report: Report) -> Decision:
    """Return the decision for a verified credential, with the claims that may leave."""
    return Decision("accepted", "", report, claims, credential_document(verified), verified)


def rejected(error: WarifuError, report: Report) -> Decision:
    """Return a rejection by a step after verification; nothing of the credential is in it."""
    return Decision("rejected", error.code, report)


def without_claims(decision: Decision) -> Decision:
    """Return ``decision`` without claims, for an answer that is not accepted as a whole."""
    return replace(decision, claims=None, credential=None, verified=None)


@lru_cache(maxsize=256)
def policy_of(purpose: Purpose | None) -> Policy:
    """Return the policy of a purpose; without one the strict default: status required, holder is the subject."""
    if purpose is None:
        return Policy(status="required")
    return Policy(
        status="required",
        max_status_age=purpose.max_status_age,
        holder_relations=purpose.holder_relations,
        accept_undetermined_status=purpose.accept_undetermined_status,
    )
