"""A whole answer: every presentation verified, then checked against its query (step 11), then the answer as a whole.

One decision stands over all of them.  Where it is not "accepted", no claim of any presentation leaves (threat A37).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.credentials import Catalogue
from schemas.errors import WarifuError
from schemas.formats.mdoc import openid4vp_session_transcript
from schemas.messages.dcql import MSO_MDOC, CredentialQuery
from schemas.messages.dcql_answer import Answer, check_answer, check_answer_shape, check_credential, part_claims
from schemas.trust import Anchors
from schemas.verify import Expected, StatusSource, StepResult, Verified, with_query
from verifier.policy.decision import Decision, Outcome, accepted, decide, policy_of, rejected, without_claims
from verifier.purposes import Purpose


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What binds an answer to its request; all from the verifier's own session, nothing from the answer.

    Attributes:
        encryption_thumbprint: RFC 7638 thumbprint of the key that the response was encrypted to; None in clear.
    """

    client_id: str
    nonce: str
    response_uri: str
    encryption_thumbprint: bytes | None

    def transcript(self) -> bytes:
        """Return the encoded SessionTranscript (OpenID4VP B.2.6.1)."""
        return openid4vp_session_transcript(
            client_id=self.client_id, nonce=self.nonce, jwk_thumbprint=self.encryption_thumbprint, response_uri=self.response_uri
        )


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The decision over a whole answer and the decisions it is made of, by query id."""

    outcome: Outcome
    code: str
    results: Mapping[str, tuple[Decision, ...]]

    def document(self) -> dict[str, Any]:
        """Return the JSON form that a session keeps until it is read."""
        results = {identifier: [decision.document() for decision in decisions] for identifier, decisions in self.results.items()}
        return {"outcome": self.outcome, "code": self.code, "results": results}


def decide_answers(
    vp_token: Mapping[str, Sequence[str]],
    *,
    purpose: Purpose,
    context: AnswerContext,
    catalogue: Catalogue,
    anchors: Anchors,
    status: StatusSource,
    at: datetime,
) -> SessionResult:
    """Decide on an answer; pure, may be called again with a fuller status source."""
    try:
        check_answer_shape(purpose.query, {name: len(items) for name, items in vp_token.items()})
    except WarifuError as error:
        return SessionResult("rejected", error.code, {})
    decisions: dict[str, tuple[Decision, ...]] = {}
    for identifier, presentations in vp_token.items():
        credential = purpose.query.credential(identifier)
        decisions[identifier] = tuple(
            _decide_one(text, credential, purpose=purpose, context=context, catalogue=catalogue, anchors=anchors, status=status, at=at)
            for text in presentations
        )
    return _together(decisions, purpose, catalogue)


def _decide_one(
    text: str,
    credential: CredentialQuery,
    *,
    purpose: Purpose,
    context: AnswerContext,
    catalogue: Catalogue,
    anchors: Anchors,
    status: StatusSource,
    at: datetime,
) -> Decision:
    mdoc = credential.format == MSO_MDOC
    expected = Expected(
        types=credential.types,
        key_binding="required" if credential.require_cryptographic_holder_binding else "none",
        nonce=context.nonce,
        audience=context.client_id,
        session_transcript=context.transcript() if mdoc else None,
    )
    decision = decide(text, format=credential.format, expected=expected, anchors=anchors, status=status, policy=policy_of(purpose), at=at)
    return decision if decision.verified is None else query_step(decision.verified, credential, catalogue)


def query_step(verified: Verified, credential: CredentialQuery, catalogue: Catalogue) -> Decision:
    """Step 11: the credential is what was asked for; what was not asked for is left out and named (threats D11, D13)."""
    answer = answer_of(verified, catalogue)
    kept, excess = part_claims(credential, answer)
    decision = accepted(verified, kept, with_query(verified.report))
    try:
        check_credential(credential, answer)
    except WarifuError as error:
        return rejected(error, with_query(verified.report, error))
    if excess:
        *steps, last = decision.steps
        noted = StepResult(
            last.step, last.name, last.result, "over_disclosed", "OpenID4VP 6.4.1", "claims that were not asked for were dropped"
        )
        return accepted(verified, kept, (*steps, noted))
    return decision


def answer_of(verified: Verified, catalogue: Catalogue) -> Answer:
    """Return a verified credential as the query sees it; which claims are always open is the catalogue's knowledge."""
    return Answer(
        verified.format,
        verified.type,
        verified.claims,
        holder_bound=verified.holder_key is not None,
        always_disclosed=always_disclosed(verified, catalogue),
        authority_key_ids=verified.signer.authority_key_ids,
    )


def always_disclosed(verified: Verified, catalogue: Catalogue) -> frozenset[tuple[str, ...]]:
    """Return the paths of a catalogue type that are disclosed in every presentation; none for a foreign type."""
    for known in catalogue.types:
        if verified.format == MSO_MDOC and verified.type == known.doctype:
            return known.always_elements
        if verified.format != MSO_MDOC and verified.type == known.vct:
            return known.always
    return frozenset()


def _together(decisions: Mapping[str, tuple[Decision, ...]], purpose: Purpose, catalogue: Catalogue) -> SessionResult:
    """The answer is accepted where every presentation is and the query as a whole is satisfied; else no claim leaves."""
    every = [decision for group in decisions.values() for decision in group]
    outcome, code = _worst(every)
    if outcome == "accepted":
        answers = {
            name: [answer_of(decision.verified, catalogue) for decision in group if decision.verified is not None]
            for name, group in decisions.items()
        }
        try:
            check_answer(purpose.query, answers)
            if purpose.same_holder:
                _check_same_holder(every)
        except WarifuError as error:
            outcome, code = "rejected", error.code
    if outcome == "accepted":
        return SessionResult(outcome, code, decisions)
    return SessionResult(outcome, code, {name: tuple(without_claims(decision) for decision in group) for name, group in decisions.items()})


def _check_same_holder(decisions: Sequence[Decision]) -> None:
    """Credentials shown together are one holder's, not two people's put together (threat D14)."""
    keys = [decision.verified.holder_key for decision in decisions if decision.verified is not None]
    if any(key != keys[0] for key in keys):
        raise WarifuError(
            "answer_different_holders",
            "the credentials of the answer are bound to different keys",
            hint="present copies that share a key",
            clause="OpenID4VP 14.6",
            layer="policy",
        )


def _worst(decisions: Sequence[Decision]) -> tuple[Outcome, str]:
    for outcome in ("rejected", "undetermined"):
        for decision in decisions:
            if decision.outcome == outcome:
                return decision.outcome, decision.code
    return "accepted", ""
