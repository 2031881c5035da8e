"""The numbered steps of verification, their report, and the refusals that carry it (docs/verification-steps.md).

The numbers are stable: step 8 is key binding in every format, report and document.  A step that was not reached says so;
a step that the verifier chose to leave out is ``skipped`` and never ``passed``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, Literal

from schemas.errors import Layer, UndeterminedError, WarifuError

Outcome = Literal["passed", "failed", "undetermined", "not_reached", "skipped"]


class Step(IntEnum):
    """What is looked at, in this order: cheap before dear, and nothing is fetched before the signer is known."""

    PARSE = 1
    TYPE = 2
    CHAIN = 3
    ISSUER_SIGNATURE = 4
    ISSUER_BINDING = 5
    DIGESTS = 6
    VALIDITY = 7
    KEY_BINDING = 8
    HOLDER = 9
    STATUS = 10
    QUERY = 11

    @property
    def label(self) -> str:
        """The name in reports, such as ``issuer-signature``."""
        return self.name.lower().replace("_", "-")


#: Layer and clause of an error that names none itself.
_DEFAULTS: Final[dict[Step, tuple[Layer, str]]] = {
    Step.PARSE: ("parse", "RFC 9901 7.1"),
    Step.TYPE: ("policy", "SD-JWT VC 2.2.2.1"),
    Step.CHAIN: ("chain", "RFC 5280 6.1"),
    Step.ISSUER_SIGNATURE: ("signature", "RFC 9901 7.1"),
    Step.ISSUER_BINDING: ("chain", "SD-JWT VC 2.5"),
    Step.DIGESTS: ("digest", "RFC 9901 7.1"),
    Step.VALIDITY: ("validity", "RFC 7519 4.1"),
    Step.KEY_BINDING: ("key-binding", "RFC 9901 7.3"),
    Step.HOLDER: ("policy", "design 4"),
    Step.STATUS: ("status", "Token Status List 8.3"),
    Step.QUERY: ("query", "OpenID4VP 8.6"),
}
#: Steps that look into something of their own (a chain, a key binding, a list): whatever fails there is of their layer.
_OWN_LAYER: Final = frozenset({Step.CHAIN, Step.KEY_BINDING, Step.STATUS, Step.QUERY})


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of a report; ``code``, ``clause`` and ``hint`` speak where the step did not simply pass."""

    step: int
    name: str
    result: Outcome
    code: str = ""
    clause: str = ""
    hint: str = ""


Report = tuple[StepResult, ...]

_STEPS: Final = tuple(step for step in Step if step is not Step.QUERY)
_PASSED: Final = {step: StepResult(step.value, step.label, "passed") for step in Step}
_NOT_REACHED: Final = {step: StepResult(step.value, step.label, "not_reached") for step in Step}
_ALL_PASSED: Final = tuple(_PASSED[step] for step in _STEPS)


class Refusal(WarifuError):  # noqa: N818 - it is an answer, not a malfunction
    """Rejected; ``report`` says at which step and why. There are no claims."""

    def __init__(self, error: WarifuError, report: Report, layer: Layer, clause: str) -> None:
        super().__init__(error.code, error.message, hint=error.hint, clause=clause, layer=layer)
        self.report = report


class UndeterminedRefusal(UndeterminedError):  # noqa: N818 - as above
    """Neither accepted nor rejected: something needed could not be had. There are no claims."""

    def __init__(self, error: WarifuError, report: Report, layer: Layer, clause: str) -> None:
        super().__init__(error.code, error.message, hint=error.hint, clause=clause, layer=layer)
        self.report = report


class Trace:
    """Where a verification stands, and what was remarkable on the way."""

    __slots__ = ("_notes", "step")

    def __init__(self) -> None:
        self.step = Step.PARSE
        self._notes: dict[Step, StepResult] = {}

    def skip(self, step: Step, code: str) -> None:
        """Note that policy leaves ``step`` out."""
        self._notes[step] = replace(_PASSED[step], result="skipped", code=code)

    def tolerate(self, step: Step, error: WarifuError) -> None:
        """Note that ``step`` is undetermined and policy accepts that."""
        self._notes[step] = _result(step, "undetermined", error)

    def report(self) -> Report:
        """Return the report of an accepted credential."""
        if not self._notes:
            return _ALL_PASSED
        return tuple(self._notes.get(step) or _PASSED[step] for step in _STEPS)

    def refusal(self, error: WarifuError) -> Refusal | UndeterminedRefusal:
        """Return what to raise for ``error`` in the present step."""
        layer, clause = _layer_of(self.step, error)
        undetermined = isinstance(error, UndeterminedError)
        here = _result(self.step, "undetermined" if undetermined else "failed", error)
        done = tuple(self._notes.get(step) or _PASSED[step] for step in _STEPS if step < self.step)
        report = (*done, here, *(_NOT_REACHED[step] for step in _STEPS if step > self.step))
        return (UndeterminedRefusal if undetermined else Refusal)(error, report, layer, clause)


def _layer_of(step: Step, error: WarifuError) -> tuple[Layer, str]:
    layer, clause = _DEFAULTS[step]
    return layer if step in _OWN_LAYER else error.layer or layer, error.clause or clause


def _result(step: Step, outcome: Outcome, error: WarifuError) -> StepResult:
    return StepResult(step.value, step.label, outcome, error.code, error.clause or _DEFAULTS[step][1], error.hint)


def with_query(report: Report, error: WarifuError | None = None) -> Report:
    """Return ``report`` with step 11 added by whoever knows the query: passed, or failed by ``error``."""
    last = _PASSED[Step.QUERY] if error is None else _result(Step.QUERY, "failed", error)
    return (*report, last)


def query_refusal(report: Report, error: WarifuError) -> Refusal:
    """Return the refusal of a credential that verifies but does not answer the query."""
    layer, clause = _layer_of(Step.QUERY, error)
    return Refusal(error, with_query(report, error), layer, clause)
