"""The register of test vectors: one generator a case, each with the one defect that it can also leave out.

A generator of a refusing case takes ``broken``: True gives what is written to the file, False its repaired twin, which
must be accepted.  Its docstring quotes the clause that the case speaks of.  An accepting one takes nothing and returns
what is given and, where claims come out, which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Given = dict[str, Any]
Broken = Callable[[bool], Given]
Sound = Callable[[], tuple[Given, Any]]


@dataclass(frozen=True, slots=True)
class Vector:
    """One case.

    Attributes:
        id: ``<kind>/<name>``, also the path of its file.
        clause: where the rule stands.
        why: what is wrong with it, or what it shows, in one line.
        expect: as in the file, without claims.
        place: where in the input the defect sits; no two cases share kind, code and place.
        generator: the function that was registered.
    """

    id: str
    clause: str
    why: str
    expect: dict[str, str]
    place: str
    generator: Callable[..., Any]

    @property
    def kind(self) -> str:
        """The kind, which says who consumes the case."""
        return self.id.partition("/")[0]

    @property
    def accepting(self) -> bool:
        """Tell whether the case is to be accepted."""
        return self.expect["outcome"] == "accept"

    def document(self) -> dict[str, Any]:
        """Return the content of the case's file."""
        given, claims = self.generator() if self.accepting else (self.generator(True), None)
        expect: dict[str, Any] = dict(self.expect) if claims is None else {**self.expect, "claims": claims}
        head = {"id": self.id, "kind": self.kind, "clause": self.clause, "why": self.why, "features": []}
        return {**head, "given": given, "expect": expect}

    def repaired(self) -> dict[str, Any]:
        """Return the content of the twin without the defect, which is stored nowhere."""
        return {**self.document(), "given": self.generator(False), "expect": {"outcome": "accept"}}


VECTORS: Final[dict[str, Vector]] = {}


def _register(vector: Vector) -> None:
    if vector.id in VECTORS:
        raise ValueError(f"{vector.id} is registered twice")
    if not (vector.generator.__doc__ or "").strip():
        raise ValueError(f"{vector.id} quotes no clause")
    VECTORS[vector.id] = vector


def accepts(identifier: str, clause: str, why: str) -> Callable[[Sound], Sound]:
    """Register a case that is to be accepted."""

    def register(generator: Sound) -> Sound:
        _register(Vector(identifier, clause, why, {"outcome": "accept"}, "", generator))
        return generator

    return register


def rejects(identifier: str, clause: str, why: str, *, layer: str, code: str, place: str) -> Callable[[Broken], Broken]:
    """Register a case that is to be refused in ``layer`` with ``code``, for a defect at ``place``."""
    return _refusing(identifier, clause, why, {"outcome": "reject", "layer": layer, "code": code}, place)


def undetermined(identifier: str, clause: str, why: str, *, code: str, place: str) -> Callable[[Broken], Broken]:
    """Register a case in which a status that is needed cannot be had."""
    return _refusing(identifier, clause, why, {"outcome": "undetermined", "layer": "status", "code": code}, place)


def _refusing(identifier: str, clause: str, why: str, expect: dict[str, str], place: str) -> Callable[[Broken], Broken]:
    def register(generator: Broken) -> Broken:
        _register(Vector(identifier, clause, why, expect, place, generator))
        return generator

    return register
