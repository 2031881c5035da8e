"""Verification as a function: bytes, expectations, trust, status, policy and time in; a verified credential or a refusal out.

``docs/verification-steps.md`` numbers the steps, :mod:`schemas.verify.steps` holds the same numbers, and every report
speaks them.  Nothing here returns a bool, nothing reads a clock, and claims exist only on success.
"""

from schemas.verify.policy import ANY_TYPE, MSO_MDOC, SD_JWT_VC, Expected, Format, Policy, StatusOutcome, Verified
from schemas.verify.presented import verify_issued, verify_presented
from schemas.verify.status import (
    CWT_LIST,
    JWT_LIST,
    StatusSource,
    VerifiedStatusList,
    check_status_list,
    check_status_origin,
    origin_of,
)
from schemas.verify.status_lists import StatusLists, StatusToken
from schemas.verify.steps import Refusal, Report, Step, StepResult, UndeterminedRefusal, query_refusal, with_query

__all__ = [
    "ANY_TYPE",
    "CWT_LIST",
    "JWT_LIST",
    "MSO_MDOC",
    "SD_JWT_VC",
    "Expected",
    "Format",
    "Policy",
    "Refusal",
    "Report",
    "StatusLists",
    "StatusOutcome",
    "StatusSource",
    "StatusToken",
    "Step",
    "StepResult",
    "UndeterminedRefusal",
    "Verified",
    "VerifiedStatusList",
    "check_status_list",
    "check_status_origin",
    "origin_of",
    "query_refusal",
    "verify_issued",
    "verify_presented",
    "with_query",
]
