"""What a verifier demands and what it gets: expectations, policy values, the verified credential.

None of these is read from what was presented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.trust import SignerIdentity
from schemas.verify.steps import Report

Format = Literal["dc+sd-jwt", "mso_mdoc"]
SD_JWT_VC: Final = "dc+sd-jwt"
MSO_MDOC: Final = "mso_mdoc"
#: Put this where any type will do; an empty set accepts none.
ANY_TYPE: Final = frozenset({"*"})

StatusOutcome = Literal["valid", "absent", "undetermined", "skipped"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for in this one transaction.

    Attributes:
        types: acceptable ``vct`` or ``docType`` values, compared exactly; :data:`ANY_TYPE` for any.
        key_binding: ``required`` by default in every role; ``none`` for a credential that is looked at, not presented.
        nonce: the transaction's, for the key binding of an SD-JWT.
        audience: the full client identifier, or ``origin:`` and the origin.
        session_transcript: encoded SessionTranscript, rebuilt from the verifier's own session, for an mdoc.
        holder_key: the only key that the credential may be bound to, where it is known beforehand.
    """

    types: frozenset[str]
    key_binding: Literal["required", "none"]
    nonce: str | None = None
    audience: str | None = None
    session_transcript: bytes | None = None
    holder_key: ec.EllipticCurvePublicKey | None = None

    def __post_init__(self) -> None:
        """A word that is not understood must not mean "none" (``ValueError``: a mistake of the caller)."""
        _check_word(self.key_binding, {"required", "none"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the purpose demands beyond the transaction.

    Attributes:
        status: ``required``, ``if-present``, or ``none`` to leave step 10 out; an anchor may be stricter or, where it is
            told so by name, more lenient.
        max_status_age: greatest age of a copy of the list, counted by the source from when it was fetched.
        holder_relations: accepted values of ``holder_relation`` (parent, guardian, agent); none by default.
        accept_undetermined_status: accept although the status could not be had; never the default.
        skew: how far a clock may be ahead of ours.
        key_binding_max_age: how old a key binding may be.
    """

    status: Literal["required", "if-present", "none"]
    max_status_age: timedelta | None = None
    holder_relations: frozenset[str] = frozenset()
    accept_undetermined_status: bool = False
    skew: timedelta = timedelta(seconds=60)
    key_binding_max_age: timedelta = timedelta(seconds=300)

    def __post_init__(self) -> None:
        """A word that is not understood must not mean "none" (``ValueError``: a mistake of the caller)."""
        _check_word(self.status, {"required", "if-present", "none"})


def _check_word(word: str, known: set[str]) -> None:
    if word not in known:
        raise ValueError(f"one of {sorted(known)} is expected")


@dataclass(frozen=True, slots=True)
class Verified:
    """A credential that passed every step; its existence is the acceptance.

    Attributes:
        type: ``vct`` or ``docType``.
        claims: what was disclosed: nested by name for SD-JWT VC, without ``cnf``, ``status`` and digests; by namespace
            for an mdoc. Personal data: never to be logged.
        issuer: ``iss``, or the URI of the signer's certificate, or else its organisation.
        municipality: six digits, certified and stated alike; None for foreign credentials.
        valid_until: end of validity, aware; None where a foreign credential names none.
        status: ``valid``; ``absent`` where none was demanded; ``undetermined`` and ``skipped`` where policy allowed it.
        holder_key: the key the presentation was signed with, or that the credential is bound to.
        report: steps 1 to 10.
        signer: who signed, under which anchor.
    """

    format: Format
    type: str
    claims: dict[str, Any]
    issuer: str
    municipality: str | None
    valid_until: datetime | None
    status: StatusOutcome
    holder_key: ec.EllipticCurvePublicKey | None
    report: Report
    signer: SignerIdentity
