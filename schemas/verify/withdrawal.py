"""Step 10 within a verification: what policy makes of the answer about the status."""

from __future__ import annotations

from datetime import datetime

from schemas.errors import UndeterminedError
from schemas.trust import SignerIdentity
from schemas.verify.policy import Policy, StatusOutcome
from schemas.verify.status import StatusSource, check_status
from schemas.verify.steps import Step, Trace


def withdrawal(
    trace: Trace,
    claim: object,
    *,
    media_type: str,
    signer: SignerIdentity,
    source: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> StatusOutcome:
    """Return what is known of the status; only a policy that says so by name gets past an unknown one (E03)."""
    if policy.status == "none":
        trace.skip(Step.STATUS, "status_not_checked")
        return "skipped"
    try:
        outcome = check_status(claim, media_type=media_type, signer=signer, source=source, policy=policy, at=at)
    except UndeterminedError as error:
        check_undetermined(error, policy)
        trace.tolerate(Step.STATUS, error)
        return "undetermined"
    if outcome == "absent":
        trace.skip(Step.STATUS, "status_absent")
    return outcome


def check_undetermined(error: UndeterminedError, policy: Policy) -> None:
    """Unknown is refused unless the policy accepts it by name (E03)."""
    if not policy.accept_undetermined_status:
        raise error
