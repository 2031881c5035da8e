"""Who is trusted, what a purpose demands, and the decision with its report."""

from verifier.policy.anchors import ANCHOR_FOLDER, anchor_files, anchor_of, load_anchors, parse_purposes, read_certificate
from verifier.policy.answers import AnswerContext, SessionResult, decide_answers
from verifier.policy.decision import Decision, Outcome, decide, policy_of

__all__ = [
    "ANCHOR_FOLDER",
    "AnswerContext",
    "Decision",
    "Outcome",
    "SessionResult",
    "anchor_files",
    "anchor_of",
    "decide",
    "decide_answers",
    "load_anchors",
    "parse_purposes",
    "policy_of",
    "read_certificate",
]
