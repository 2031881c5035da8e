"""The one error type of the project.

Every refusal carries a stable ``code`` for programs, a ``message`` for the log reader, a ``hint`` that says what to do
next, the ``clause`` the rule comes from and the ``layer`` at which the input failed.  None of them ever contains
personal data: a value that was wrong is named by its place, not repeated.
"""

from __future__ import annotations

from typing import Literal

Layer = Literal["parse", "digest", "signature", "key-binding", "chain", "validity", "status", "query", "policy", "protocol", "store", ""]


class WarifuError(Exception):
    """A refusal with a stable code.

    Attributes:
        code: stable snake_case identifier, part of the public interface.
        message: one English sentence without personal data.
        hint: what the reader can do about it; may be empty.
        clause: where the rule stands, such as ``RFC 9901 7.1``.
        layer: which layer of the input was at fault.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", clause: str = "", layer: Layer = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.clause = clause
        self.layer: Layer = layer

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class UndeterminedError(WarifuError):
    """Neither yes nor no: something needed for the decision, such as a status list, could not be had."""
