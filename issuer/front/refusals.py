"""Refusals in the words of OAuth and OpenID4VCI: which error name, which HTTP status, which header.

The flows raise :class:`schemas.errors.WarifuError` with codes of their own; :func:`refused_as` says in which lane that
happened.  Failures of the store keep their code and are answered as 503: they are not the caller's fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from schemas.errors import WarifuError
from schemas.messages.openid4vci import ErrorAnswer


class Refusal(WarifuError):  # noqa: N818 - the word of the protocol
    """A refusal ready to be sent: ``error`` is the protocol's name, ``code`` stays ours, for logs and tests."""

    def __init__(self, error: str, cause: WarifuError, *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(cause.code, cause.message, hint=cause.hint, clause=cause.clause, layer=cause.layer)
        self.error = error
        self.status = status
        self.headers = dict(headers or {})

    def answer(self) -> ErrorAnswer:
        """Return the body."""
        text = f"{self.message} ({self.hint})" if self.hint else self.message
        return ErrorAnswer(self.error, text)


@contextmanager
def refused_as(
    error: str, *, status: int = 400, headers: Mapping[str, str] | None = None, by_code: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Turn every :class:`WarifuError` of the block into the refusal ``error``, except the store's own failures.

    Args:
        by_code: codes that have an error name of their own.
    """
    try:
        yield
    except Refusal:
        raise
    except WarifuError as failure:
        if failure.layer == "store":
            raise
        raise Refusal(by_code.get(failure.code, error), failure, status=status, headers=headers) from failure


def same_names(*names: str) -> Mapping[str, str]:
    """Return the map for ``by_code`` where our code is the protocol's own error name."""
    return {name: name for name in names}


def challenge(error: str = "") -> dict[str, str]:
    """Return the ``WWW-Authenticate`` header of a resource that wants a DPoP-bound token (RFC 9449 7.1)."""
    parts = [f'error="{error}"'] if error else []
    return {"WWW-Authenticate": "DPoP " + ", ".join([*parts, 'algs="ES256"'])}


def refuse(error: str, code: str, message: str, *, status: int = 400, hint: str = "", clause: str = "") -> Refusal:
    """Return a refusal (not raised here)."""
    return Refusal(error, WarifuError(code, message, hint=hint, clause=clause, layer="protocol"), status=status)
