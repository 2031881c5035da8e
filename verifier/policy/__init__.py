"""Who is trusted, what a purpose demands, and the decision with its report."""

from verifier.policy.anchors import add_anchor, load_anchors
from verifier.policy.answers import AnswerContext, SessionResult, decide_answers
from verifier.policy.decision import Decision, Outcome, decide, policy_of

__all__ = [
    "AnswerContext",
    "Decision",
    "Outcome",
    "SessionResult",
    "add_anchor",
    "decide",
    "decide_answers",
    "load_anchors",
    "policy_of",
]
