"""Calling the verifier in tests: everything as it should be, but for what the test changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from schemas.errors import UndeterminedError, WarifuError
from schemas.trust import Anchors
from schemas.verify import Policy, Refusal, Step, UndeterminedRefusal, Verified, verify_issued, verify_presented
from tests.world import World

WORLD = World()
UNCHANGED: Any = object()


def attempt(
    given: str | bytes,
    *,
    issued: bool = False,
    anchors: Anchors | None = None,
    status: Any = UNCHANGED,
    policy: Policy | None = None,
    at: datetime | None = None,
    **expected: Any,
) -> Verified:
    """Verify a presentation, or with ``issued`` a credential, as the bank would; ``expected`` changes what it asked for."""
    verify = verify_issued if issued else verify_presented
    return verify(
        given,
        format="dc+sd-jwt" if isinstance(given, str) else "mso_mdoc",
        expected=WORLD.expected(**expected),
        anchors=WORLD.anchors if anchors is None else anchors,
        status=WORLD.status() if status is UNCHANGED else status,
        policy=policy or WORLD.policy,
        at=at or WORLD.at,
    )


def refusal(given: str | bytes, **changes: Any) -> Refusal | UndeterminedRefusal:
    """Return the refusal, after looking at what every refusal must be."""
    with pytest.raises(WarifuError) as raised:
        attempt(given, **changes)
    error = raised.value
    assert isinstance(error, Refusal | UndeterminedRefusal)
    assert isinstance(error, UndeterminedError) == isinstance(error, UndeterminedRefusal)
    assert error.code
    assert error.layer
    assert error.clause
    assert not hasattr(error, "claims")
    results = [line.result for line in error.report]
    assert [line.step for line in error.report] == [step.value for step in Step if step is not Step.QUERY]
    stop = "undetermined" if isinstance(error, UndeterminedError) else "failed"
    here = results.index(stop)
    assert set(results[:here]) <= {"passed", "skipped"}
    assert set(results[here + 1 :]) <= {"not_reached"}
    assert (error.report[here].code, error.report[here].hint) == (error.code, error.hint)
    return error


def refused(given: str | bytes, **changes: Any) -> tuple[Step, str]:
    """Return step and code of the refusal."""
    error = refusal(given, **changes)
    failed = [line for line in error.report if line.result in {"failed", "undetermined"}]
    return Step(failed[0].step), error.code


class NeverAsked:
    """A status source that fails the test when it is asked: nothing may be fetched for this presentation."""

    def token_for(self, *_given: Any, **_named: Any) -> Any:
        pytest.fail("the status source was asked for an unverified credential")


NEVER_ASKED: Any = NeverAsked()
