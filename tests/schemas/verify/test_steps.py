"""The report: numbers, names and results that others script against, equal in code, report and document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import UndeterminedError, WarifuError
from schemas.trust import Anchors
from schemas.verify import Policy, Refusal, Step, StepResult, query_refusal, with_query
from schemas.verify.steps import Trace
from tests.schemas.verify.attempts import NEVER_ASKED, WORLD, attempt, refusal, refused
from tests.world import signer_for

NAMES = ("parse", "type", "chain", "issuer-signature", "issuer-binding", "digests", "validity", "key-binding", "holder", "status", "query")


def test_numbers_and_names_are_stable() -> None:
    assert tuple(step.label for step in Step) == NAMES
    assert [step.value for step in Step] == list(range(1, 12))


def test_the_document_says_the_same() -> None:
    text = (Path(__file__).parents[3] / "docs" / "verification-steps.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| ([a-z-]+) \|", text, re.MULTILINE)
    assert rows == [(str(step.value), step.label) for step in Step]


def sd_jwt(**changes: Any) -> str:
    return WORLD.present_sd_jwt(WORLD.sd_jwt(**changes))


#: A presentation whose first defect lies in each step, with all later steps broken as well.
BROKEN: dict[Step, tuple[Any, dict[str, Any]]] = {
    Step.PARSE: ("x", {}),
    Step.TYPE: (sd_jwt(payload={"vct": "x", "iss": "x"}, signer=signer_for("attacker")), {"anchors": Anchors([])}),
    Step.CHAIN: (sd_jwt(payload={"iss": "x"}, signer=signer_for("attacker")), {"anchors": Anchors([])}),
    Step.ISSUER_SIGNATURE: (sd_jwt(payload={"iss": "x"}, signer=signer_for("attacker")), {}),
    Step.ISSUER_BINDING: (sd_jwt(payload={"iss": "x", "exp": 1}), {"nonce": "other"}),
    Step.VALIDITY: (sd_jwt(payload={"exp": 1, "holder_relation": "agent"}), {"nonce": "other"}),
    Step.KEY_BINDING: (sd_jwt(payload={"holder_relation": "agent"}), {"nonce": "other"}),
    Step.HOLDER: (sd_jwt(payload={"holder_relation": "agent", "status": None}), {}),
    Step.STATUS: (sd_jwt(payload={"status": None}), {}),
}


@pytest.mark.parametrize("step", BROKEN, ids=lambda step: step.label)
def test_the_first_defect_is_reported(step: Step) -> None:
    """And nothing is fetched for a credential that has any defect (E08)."""
    given, changes = BROKEN[step]
    assert refused(given, status=NEVER_ASKED, **changes)[0] == step


def test_layers_of_steps() -> None:
    layers = {step: refusal(given, status=NEVER_ASKED, **changes).layer for step, (given, changes) in BROKEN.items()}
    assert layers == {
        Step.PARSE: "parse",
        Step.TYPE: "policy",
        Step.CHAIN: "chain",
        Step.ISSUER_SIGNATURE: "signature",
        Step.ISSUER_BINDING: "chain",
        Step.VALIDITY: "validity",
        Step.KEY_BINDING: "key-binding",
        Step.HOLDER: "policy",
        Step.STATUS: "status",
    }


def test_refusals_are_equal_but_for_their_report() -> None:
    error = refusal(sd_jwt(signer=signer_for("attacker")))
    assert isinstance(error, Refusal)
    assert str(error) == "bad_signature: the signature does not verify"
    assert error.hint == error.report[3].hint


def test_skipped_is_not_passed() -> None:
    verified = attempt(sd_jwt(), policy=Policy(status="none"), status=NEVER_ASKED)
    assert verified.status == "skipped"
    assert verified.report[9] == StepResult(10, "status", "skipped", "status_not_checked")
    assert all(line.result == "passed" for line in verified.report[:9])


def test_the_verifier_adds_its_query() -> None:
    verified = attempt(sd_jwt())
    assert with_query(verified.report)[10] == StepResult(11, "query", "passed")
    error = WarifuError("answer_claim_missing", "a claim is missing", hint="ask again", clause="OpenID4VP 6.4", layer="parse")
    refusal_ = query_refusal(verified.report, error)
    assert refusal_.layer == "query"
    assert refusal_.report[10] == StepResult(11, "query", "failed", "answer_claim_missing", "OpenID4VP 6.4", "ask again")
    assert refusal_.report[:10] == verified.report


def test_an_error_without_layer_and_clause_gets_those_of_its_step() -> None:
    trace = Trace()
    trace.step = Step.DIGESTS
    found = trace.refusal(WarifuError("x", "y"))
    assert (found.layer, found.clause) == ("digest", "RFC 9901 7.1")
    assert found.report[5].clause == "RFC 9901 7.1"
    assert isinstance(trace.refusal(UndeterminedError("x", "y")), UndeterminedError)


def test_other_errors_are_not_swallowed() -> None:
    """A mistake of ours is no refusal of theirs."""
    with pytest.raises(ValueError, match="aware"):
        attempt(sd_jwt(), at=WORLD.at.replace(tzinfo=None))


def test_words_that_are_not_understood() -> None:
    """A37: nothing falls open because of a spelling."""
    for word in ("Required", "", "None", "optional"):
        with pytest.raises(ValueError, match="expected"):
            Policy(status=word)  # type: ignore[arg-type]  # the mistake in question
        with pytest.raises(ValueError, match="expected"):
            WORLD.expected(key_binding=word)
